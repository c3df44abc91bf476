//! Pages of a list: how many, where the next begins, and versions of what was read.
//!
//! A cursor is sealed for one client and one list with its filters; anything else is none.

use axum::http::HeaderMap;
use axum::http::header::{ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Machine;
use super::problem::Problem;
use crate::base::{Digest, secret};
use crate::keys::seal::derive_mac;
use crate::web::answers;

/// Items of a page where nothing is said.
const USUAL: usize = 50;
/// Most items of a page.
const MOST: usize = 200;
/// Bytes of a cursor's seal.
const SEAL: usize = 16;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last.
    pub next: Option<String>,
}

/// How many items were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "usize")]
pub(super) struct Limit(usize);

impl Default for Limit {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl TryFrom<usize> for Limit {
    type Error = &'static str;

    fn try_from(asked: usize) -> Result<Self, Self::Error> {
        if (1..=MOST).contains(&asked) { Ok(Self(asked)) } else { Err("limit is a number from 1 to 200") }
    }
}

impl Limit {
    /// As a number of items.
    pub(super) fn items(self) -> usize {
        self.0
    }

    /// As the store counts.
    pub(super) fn rows(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

/// A page of a list without filters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// From `next` of the page before.
    pub cursor: Option<String>,
    /// Items of the page.
    #[serde(default)]
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    pub limit: Limit,
}

/// A list with its filters, as cursors are bound to it.
pub(super) struct List(String);

impl List {
    /// The list of this name with these filters.
    pub(super) fn of(name: &str, filters: &impl Serialize) -> Self {
        Self(format!("{name} {}", serde_json::to_string(filters).unwrap_or_default()))
    }

    fn seal(&self, machine: &Machine, place: &[u8]) -> Vec<u8> {
        let who = machine.who.actor().to_text();
        let list = Digest::of(&self.0);
        let mac = derive_mac(&machine.cx.csrf_key, &[b"cursor", who.as_bytes(), list.as_bytes(), place]);
        mac.iter().take(SEAL).copied().collect()
    }

    /// The cursor of a place in the list.
    pub(super) fn cursor(&self, machine: &Machine, place: &str) -> String {
        URL_SAFE_NO_PAD.encode([self.seal(machine, place.as_bytes()), place.as_bytes().to_vec()].concat())
    }

    /// The place of a cursor that was made for this client and this list.
    pub(super) fn place(&self, machine: &Machine, cursor: Option<&str>) -> Result<Option<String>, Response> {
        let Some(cursor) = cursor else { return Ok(None) };
        let opened = || {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (seal, place) = bytes.split_at_checked(SEAL)?;
            secret::same_bytes(&self.seal(machine, place), seal).then_some(())?;
            String::from_utf8(place.to_vec()).ok()
        };
        let detail = "Take a cursor from `next` of this list, with the same filters, or begin without one.";
        opened().map(Some).ok_or_else(|| machine.problem(&Problem::new("VS-4002", detail)))
    }
}

/// The version of something, as a strong entity tag.
pub(super) fn tag(version: &Digest) -> String {
    let text = version.to_base64url();
    format!("\"{}\"", text.get(..22).unwrap_or(&text))
}

/// The version of a value by what it says.
pub(super) fn version(value: &impl Serialize) -> Digest {
    Digest::of(serde_json::to_string(value).unwrap_or_default())
}

/// A value with its tag, or 304 where the client has it.
pub(super) fn tagged(headers: &HeaderMap, version: &Digest, value: &impl Serialize) -> Response {
    let tag = tag(version);
    let known = named(headers, IF_NONE_MATCH, &tag);
    let mut response = match known {
        true => axum::response::IntoResponse::into_response(axum::http::StatusCode::NOT_MODIFIED),
        false => answers::json(200, value),
    };
    answers::put(&mut response, ETAG, &tag);
    response
}

/// Insists that the client names the version it wants to change, and that it is the one of now.
pub(super) fn unchanged(machine: &Machine, headers: &HeaderMap, version: &Digest) -> Result<(), Response> {
    if !headers.contains_key(IF_MATCH) {
        let detail = "Send If-Match with the ETag of the version you looked at.";
        return Err(machine.problem(&Problem::new("VS-4280", detail)));
    }
    match named(headers, IF_MATCH, &tag(version)) {
        true => Ok(()),
        false => Err(stale(machine)),
    }
}

/// Somebody changed it meanwhile.
pub(super) fn stale(machine: &Machine) -> Response {
    machine.problem(&Problem::new("VS-4120", "Look at it again, and decide again."))
}

/// Whether a list of tags names one, compared strongly (RFC 9110 §8.8.3.2).
fn named(headers: &HeaderMap, name: HeaderName, tag: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == tag || one == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_strongly_and_in_lists() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MATCH, text.parse().unwrap());
            named(&headers, IF_MATCH, "\"a\"")
        };
        assert!(of("\"a\"") && of("\"b\", \"a\"") && of("*"));
        assert!(!of("W/\"a\"") && !of("a") && !of("\"b\""));
    }

    #[test]
    fn a_limit_is_a_number_from_1_to_200() {
        assert_eq!(Limit::default().items(), 50);
        assert!(Limit::try_from(0).is_err() && Limit::try_from(201).is_err());
        assert_eq!(Limit::try_from(200).unwrap().rows(), 200);
    }
}
