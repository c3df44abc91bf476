//! How SCIM says things (RFC 7644 §3.12): resources and lists as `application/scim+json`, refusals as its error message.

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use axum::response::Response;
use serde_json::{Value, json};

use crate::flows::Cx;
use crate::flows::admin::Refused;
use crate::flows::admin::scim::NotDone;
use crate::web::answers;
use crate::web::api::problem::Problem;

const MEDIA: &str = "application/scim+json";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A refusal of SCIM's own: status, its word (RFC 7644 table 9) where there is one, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The status.
    pub status: u16,
    /// The word.
    pub kind: Option<&'static str>,
    /// What is wrong.
    pub detail: String,
}

impl Wrong {
    /// 400 with a word.
    pub fn bad(kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status: 400, kind: Some(kind), detail: detail.into() }
    }

    /// A status without a word.
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into() }
    }

    /// As a response.
    pub fn say(&self) -> Response {
        let mut body =
            json!({ "schemas": [ERROR], "status": self.status.to_string(), "detail": self.detail });
        if let (Some(kind), Some(members)) = (self.kind, body.as_object_mut()) {
            members.insert("scimType".to_owned(), kind.into());
        }
        media(self.status, &body)
    }
}

fn media(status: u16, body: &Value) -> Response {
    let mut response = answers::json(status, body);
    answers::put(&mut response, CONTENT_TYPE, MEDIA);
    response
}

/// A problem of the guard, as SCIM says it.
pub fn problem(_: &Cx, _: &str, problem: &Problem) -> Response {
    let kind = (problem.code == "VS-4290").then_some("tooMany");
    let mut response = Wrong { status: problem.status(), kind, detail: problem.detail.clone() }.say();
    for (name, value) in &problem.headers {
        answers::put(&mut response, name.clone(), value);
    }
    response
}

/// Why nothing was done.
pub fn not_done(why: &NotDone) -> Response {
    match why {
        NotDone::Refused(Refused::Forbidden | Refused::Oneself | Refused::LastOwner) => {
            let detail = "This person holds a duty. Only people change or suspend them, at the console.";
            Wrong::plain(403, detail).say()
        }
        NotDone::Refused(Refused::NotFound) => not_found(),
        NotDone::Refused(Refused::Unavailable) => unavailable(),
        NotDone::Refused(Refused::TooOften) => {
            let detail =
                "Too many names were looked for within an hour. Wait, or ask whoever runs the service.";
            Wrong { kind: Some("tooMany"), ..Wrong::plain(429, detail) }.say()
        }
        NotDone::Refused(other) => Wrong::plain(409, other.to_string()).say(),
        NotDone::Taken => Wrong { kind: Some("uniqueness"), ..Wrong::plain(409, why.to_string()) }.say(),
        NotDone::Value(text) => Wrong::bad("invalidValue", text.clone()).say(),
        NotDone::Fixed(_) => Wrong::bad("mutability", why.to_string()).say(),
        NotDone::Changed => changed(),
    }
}

/// A store is away, or it took too long.
pub fn unavailable() -> Response {
    let mut response = Wrong::plain(503, "Something this service needs is away. Try again soon.").say();
    answers::put(&mut response, RETRY_AFTER, "5");
    response
}

/// Nothing there, or nothing this client may know of.
pub fn not_found() -> Response {
    Wrong::plain(404, "There is no such resource within the client's organisation.").say()
}

/// Another version than the one that was asked for.
pub fn changed() -> Response {
    Wrong::plain(412, "It was changed meanwhile. Read it, and try again.").say()
}

/// One resource, with its version and address.
pub fn resource(status: u16, resource: &Value) -> Response {
    let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut response = media(status, resource);
    if let Some(version) = text("/meta/version") {
        answers::put(&mut response, ETAG, &version);
    }
    if let Some(location) = text("/meta/location") {
        answers::put(&mut response, LOCATION, &location);
    }
    response
}

/// A page of resources; `start` counts from 1.
pub fn list(resources: &[Value], total: i64, start: i64) -> Response {
    let body = json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    media(200, &body)
}

/// Something that is no resource of a store.
pub fn document(document: &Value) -> Response {
    media(200, document)
}
