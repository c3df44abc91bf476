//! What machines send: a JSON body, a query, an id in the path. Whatever is not as described is a problem that names the
//! member.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query as AxumQuery, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::Machine;
use super::problem::Problem;
use crate::audit::Kind;
use crate::web::Web;
use crate::web::form::LIMIT;

/// A JSON body, as it is described.
pub struct Json<T>(pub T);

/// The query, as it is described.
pub struct Query<T>(pub T);

/// The ids of the path; what has another alphabet is nobody's.
pub struct Id(pub String);

/// Two ids of the path.
pub struct Pair(pub String, pub String);

/// Whether a body is of a type.
pub(super) fn is_media(headers: &HeaderMap, wanted: &str) -> bool {
    let mut all = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return false };
    let media = one.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    media.trim().eq_ignore_ascii_case(wanted)
}

/// A body of a type, bounded.
pub(super) async fn read(
    machine: &Machine,
    headers: &HeaderMap,
    body: Body,
    media: &str,
    limit: usize,
) -> Result<Bytes, Response> {
    if !is_media(headers, media) {
        return Err(refuse(machine, Problem::new("VS-4150", format!("Send {media}."))));
    }
    bounded(machine, body, limit).await
}

/// A body of at most so many bytes: no more of it is read.
pub(super) async fn bounded(machine: &Machine, body: Body, limit: usize) -> Result<Bytes, Response> {
    let read = to_bytes(body, limit).await;
    read.map_err(|_| refuse(machine, Problem::new("VS-4130", format!("Send at most {limit} bytes."))))
}

fn refuse(machine: &Machine, problem: Problem) -> Response {
    if let crate::flows::admin::Who::Client(client) = &machine.who {
        machine.cx.note(Kind::InputRefused, Some(&client.id));
    }
    machine.problem(&problem)
}

impl<T: DeserializeOwned> FromRequest<Web> for Json<T> {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let machine = Machine::from_request_parts(&mut parts, web).await?;
        let bytes = read(&machine, &parts.headers, body, "application/json", LIMIT).await?;
        let value = parse(&bytes).map_err(|text| refuse(&machine, Problem::new("VS-4001", text)))?;
        Ok(Self(value))
    }
}

/// Reads JSON; the text of a refusal begins with the member it is about.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "The body is not UTF-8.".to_owned())?;
    if text.contains("\\u0000") {
        return Err("The body holds a NUL character.".to_owned());
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|why| {
        let path = why.path().to_string();
        if path == "." { why.inner().to_string() } else { format!("{path}: {}", why.inner()) }
    })?;
    reader.end().map_err(|why| why.to_string())?;
    Ok(value)
}

impl<T: DeserializeOwned> FromRequestParts<Web> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        let machine = Machine::from_request_parts(parts, web).await?;
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(refuse(&machine, Problem::new("VS-4000", "The query holds a NUL character.")));
        }
        match AxumQuery::<T>::try_from_uri(&parts.uri) {
            Ok(AxumQuery(value)) => Ok(Self(value)),
            Err(why) => {
                let text =
                    std::error::Error::source(&why).map_or_else(|| why.to_string(), ToString::to_string);
                Err(refuse(&machine, Problem::new("VS-4000", format!("The query: {text}."))))
            }
        }
    }
}

fn is_plain(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

async fn nothing_there(parts: &mut Parts, web: &Web) -> Response {
    match Machine::from_request_parts(parts, web).await {
        Ok(machine) => refuse(&machine, Problem::not_found()),
        Err(refused) => refused,
    }
}

impl FromRequestParts<Web> for Id {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        match Path::<String>::from_request_parts(parts, web).await {
            Ok(Path(id)) if is_plain(&id) => Ok(Self(id)),
            _ => Err(nothing_there(parts, web).await),
        }
    }
}

impl FromRequestParts<Web> for Pair {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        match Path::<(String, String)>::from_request_parts(parts, web).await {
            Ok(Path((one, other))) if is_plain(&one) && is_plain(&other) => Ok(Self(one, other)),
            _ => Err(nothing_there(parts, web).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading is tried")]
        inner: Inner,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tried")]
        name: String,
    }

    #[test]
    fn a_refused_body_names_the_member() {
        let why = |text: &str| parse::<Outer>(text.as_bytes()).unwrap_err();
        assert!(parse::<Outer>(br#"{"inner":{"name":"x"}}"#).is_ok());
        assert!(why(r#"{"inner":{"name":7}}"#).starts_with("inner.name: "));
        assert!(why(r#"{"inner":{"name":"x","nme":"y"}}"#).contains("nme"));
        assert!(why(r#"{"inner":{}}"#).starts_with("inner: missing field `name`"));
        assert!(why(r#"{"inner":{"name":"x"},"inner":{"name":"y"}}"#).contains("duplicate"));
        assert!(why(r#"{"inner":{"name":"\u0000"}}"#).contains("NUL"));
        assert!(why(r#"{"inner":{"name":"x"}} {}"#).contains("trailing"));
        assert!(parse::<Outer>(&[0xff]).unwrap_err().contains("UTF-8"));
    }
}
