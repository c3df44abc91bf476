//! `/scim/v2/Users`: joiners, leavers and their names.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Path, RawQuery, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::path::Filter;
use super::say::{self, Wrong};
use super::user;
use crate::base::AccountId;
use crate::duties::Action;
use crate::flows::admin::scim::{self as flow, Kept, Sought};
use crate::oidc::authorize::RawRequest;
use crate::web::Web;
use crate::web::admin::shown;
use crate::web::api::Machine;
use crate::web::form::LIMIT as LONGEST;

/// Most resources of a page, and how many it has unless another number is asked for.
pub(super) const MOST: i64 = 200;

/// The parameters of a query; one that comes twice counts for nothing.
pub(super) struct Asked(RawRequest);

impl Asked {
    pub(super) fn parse(query: Option<&str>) -> Result<Self, Wrong> {
        let wrong = |_| Wrong::bad("invalidValue", "The query cannot be read.");
        RawRequest::parse(query.unwrap_or_default()).map(Self).map_err(wrong)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// How many resources are skipped, and how many are wanted (RFC 7644 §3.4.2.4).
    pub(super) fn place(&self) -> Result<(i64, i64), Wrong> {
        let number = |name: &str, usual: i64| match self.get(name) {
            None => Ok(usual),
            Some(text) => text
                .parse::<i64>()
                .map_err(|_| Wrong::bad("invalidValue", format!("{name} must be a whole number."))),
        };
        let start = number("startIndex", 1)?.max(1);
        Ok((start - 1, number("count", MOST)?.clamp(0, MOST)))
    }

    pub(super) fn project(&self, resource: Value) -> Value {
        user::projected(resource, self.get("attributes"), self.get("excludedAttributes"))
    }
}

fn sought(filter: Option<&str>) -> Result<Sought, Wrong> {
    let Some(filter) = filter else { return Ok(Sought::Everybody) };
    let filter = Filter::parse(filter)?;
    let text = || filter.value.as_str().map(str::to_owned);
    let found = match (filter.attribute.as_str(), &filter.value) {
        ("active", Value::Bool(active)) => Some(Sought::Active(*active)),
        ("active", Value::String(word)) if word.eq_ignore_ascii_case("true") => Some(Sought::Active(true)),
        ("active", Value::String(word)) if word.eq_ignore_ascii_case("false") => Some(Sought::Active(false)),
        ("username", _) => text().map(Sought::Username),
        ("externalid", _) => text().map(Sought::External),
        ("emails" | "emails.value", _) => text().map(Sought::Email),
        ("id", _) => text().map(Sought::Id),
        _ => None,
    };
    found.ok_or_else(|| {
        Wrong::bad("invalidFilter", "Only userName, externalId, emails.value, active and id can be compared.")
    })
}

pub(super) async fn list(machine: Machine, RawQuery(query): RawQuery) -> Response {
    let read = Asked::parse(query.as_deref()).and_then(|asked| {
        let (place, sought) = (asked.place()?, sought(asked.get("filter"))?);
        Ok((asked, place, sought))
    });
    let (asked, place, sought) = match read {
        Ok(read) => read,
        Err(wrong) => return wrong.say(),
    };
    match flow::search(&machine.cx, &machine.who, &sought, place).await {
        Ok((people, total)) => {
            let shown: Vec<Value> =
                people.iter().map(|kept| asked.project(user::resource(&machine.cx, kept))).collect();
            say::list(&shown, total, place.0 + 1)
        }
        Err(why) => say::not_done(&why),
    }
}

fn id(text: &str) -> AccountId {
    AccountId::from_text(shown::plain_id(text))
}

pub(super) async fn get(
    machine: Machine,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let asked = match Asked::parse(query.as_deref()) {
        Ok(asked) => asked,
        Err(wrong) => return wrong.say(),
    };
    match flow::get(&machine.cx, &machine.who, machine.action, &id(&name)).await {
        Ok((_, kept)) => {
            let resource = user::resource(&machine.cx, &kept);
            let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
            if known.is_some_and(|known| lists(known, user::version(&resource))) {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            say::resource(200, &asked.project(resource))
        }
        Err(why) => say::not_done(&why),
    }
}

/// Whether a header names this version, or any.
fn lists(header: &str, version: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.trim() == "*" || header.split(',').any(|tag| opaque(tag) == opaque(version))
}

/// A body that is not too long.
pub(super) struct Sent(Bytes);

impl FromRequest<Web> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Response> {
        let read = to_bytes(request.into_body(), LONGEST).await;
        read.map(Self).map_err(|_| Wrong::plain(413, format!("Send at most {LONGEST} bytes.")).say())
    }
}

/// The body as JSON.
fn document(headers: &HeaderMap, body: &Bytes) -> Result<Value, Wrong> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !["application/scim+json", "application/json"].contains(&media.as_str()) {
        return Err(Wrong::plain(415, "Send application/scim+json."));
    }
    serde_json::from_slice(body).map_err(|_| Wrong::bad("invalidSyntax", "The body is no JSON."))
}

pub(super) async fn create(
    machine: Machine,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Sent(body): Sent,
) -> Response {
    let read = Asked::parse(query.as_deref())
        .and_then(|asked| Ok((asked, user::fields(&document(&headers, &body)?, None)?)));
    let (asked, fields) = match read {
        Ok(read) => read,
        Err(wrong) => return wrong.say(),
    };
    let actor = match machine.at(&machine.place_of(None)).await {
        Ok(actor) => actor,
        Err(refused) => return refused,
    };
    match flow::create(&machine.cx, &actor, &fields).await {
        Ok(kept) => say::resource(201, &asked.project(user::resource(&machine.cx, &kept))),
        Err(why) => say::not_done(&why),
    }
}

/// The person behind a path, if it is the version that was asked for.
async fn asked_for(machine: &Machine, name: &str, headers: &HeaderMap) -> Result<Kept, Response> {
    let found = flow::get(&machine.cx, &machine.who, machine.action, &id(name)).await;
    let (_, kept) = found.map_err(|why| say::not_done(&why))?;
    let wanted = headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
    match wanted.is_none_or(|wanted| lists(wanted, user::version(&user::resource(&machine.cx, &kept)))) {
        true => Ok(kept),
        false => Err(say::changed()),
    }
}

async fn changed(machine: &Machine, kept: &Kept, wanted: &flow::Fields, query: Option<&str>) -> Response {
    let asked = match Asked::parse(query) {
        Ok(asked) => asked,
        Err(wrong) => return wrong.say(),
    };
    match flow::change(&machine.cx, &machine.who, kept, wanted).await {
        Ok(kept) => say::resource(200, &asked.project(user::resource(&machine.cx, &kept))),
        Err(why) => say::not_done(&why),
    }
}

pub(super) async fn replace(
    machine: Machine,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Sent(body): Sent,
) -> Response {
    let kept = match asked_for(&machine, &name, &headers).await {
        Ok(kept) => kept,
        Err(refused) => return refused,
    };
    let before = flow::Fields::of(&kept);
    match document(&headers, &body).and_then(|document| user::fields(&document, Some(&before))) {
        Ok(wanted) => changed(&machine, &kept, &wanted, query.as_deref()).await,
        Err(wrong) => wrong.say(),
    }
}

pub(super) async fn patch(
    machine: Machine,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Sent(body): Sent,
) -> Response {
    let kept = match asked_for(&machine, &name, &headers).await {
        Ok(kept) => kept,
        Err(refused) => return refused,
    };
    let before = flow::Fields::of(&kept);
    match document(&headers, &body).and_then(|document| user::patched(&before, &document)) {
        Ok(wanted) => changed(&machine, &kept, &wanted, query.as_deref()).await,
        Err(wrong) => wrong.say(),
    }
}

pub(super) async fn remove(machine: Machine, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let kept = match asked_for(&machine, &name, &headers).await {
        Ok(kept) => kept,
        Err(refused) => return refused,
    };
    let left = async {
        let (actor, kept) =
            flow::get(&machine.cx, &machine.who, Action::AccountSuspend, &kept.account.id).await?;
        flow::leave(&machine.cx, &actor, &kept).await
    };
    match left.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => say::not_done(&why),
    }
}
