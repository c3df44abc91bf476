//! The registration endpoint of apps, and each app's own registration below it. JSON in and out, whatever is wrong.

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::authorization;
use crate::audit::Kind;
use crate::base::{ClientId, text};
use crate::flows::register::{self, Refusal};
use crate::oidc::{Code, Error};
use crate::web::answers;
use crate::web::caller::AppCaller;
use crate::web::form::LIMIT;

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, body: Body) -> Response {
    let document = match document(&caller, &headers, body).await {
        Ok(document) => document,
        Err(refused) => return *refused,
    };
    answered(201, register::register(&caller.cx, authorization(&headers).as_deref(), &document).await)
}

pub(super) async fn read(caller: AppCaller, Path(id): Path<String>, headers: HeaderMap) -> Response {
    answered(200, register::read(&caller.cx, authorization(&headers).as_deref(), &client(&id)).await)
}

pub(super) async fn change(
    caller: AppCaller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let document = match document(&caller, &headers, body).await {
        Ok(document) => document,
        Err(refused) => return *refused,
    };
    let (shown, id) = (authorization(&headers), client(&id));
    answered(200, register::change(&caller.cx, shown.as_deref(), &id, &document).await)
}

pub(super) async fn remove(caller: AppCaller, Path(id): Path<String>, headers: HeaderMap) -> Response {
    match register::remove(&caller.cx, authorization(&headers).as_deref(), &client(&id)).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => refused(&why),
    }
}

/// An app's id; one of another length is nobody's.
fn client(id: &str) -> ClientId {
    ClientId::from_text(if id.len() <= 128 { id } else { "" })
}

/// The body, as an object.
async fn document(caller: &AppCaller, headers: &HeaderMap, body: Body) -> Result<Value, Box<Response>> {
    let broken = |status: u16, why: &str| {
        caller.cx.note(Kind::InputRefused, None);
        Box::new(error(status, "invalid_client_metadata", why))
    };
    let media = headers.get(CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(broken(400, "The body must be application/json."));
    }
    let Ok(bytes) = to_bytes(body, LIMIT).await else {
        return Err(broken(413, "The body is larger than 65536 bytes."));
    };
    let document: Option<Value> = serde_json::from_slice(&bytes).ok().filter(Value::is_object);
    document.ok_or_else(|| broken(400, "The body must be a JSON object."))
}

fn answered(status: u16, result: Result<Map<String, Value>, Refusal>) -> Response {
    match result {
        Ok(answer) => answers::json(status, &answer),
        Err(why) => refused(&why),
    }
}

fn error(status: u16, code: &str, why: &str) -> Response {
    answers::json(status, &json!({ "error": code, "error_description": text::error_text(why) }))
}

fn refused(why: &Refusal) -> Response {
    let said = why.to_string();
    match why {
        Refusal::Off => error(404, "access_denied", &said),
        Refusal::Unauthorized(shown) => {
            let wrong =
                Error::new(Code::InvalidToken, "The token does not count here.", "registration_token");
            answers::bearer_error(shown.then_some(&wrong), false)
        }
        Refusal::Forbidden(_) => error(403, "access_denied", &said),
        Refusal::Invalid(invalid) => error(400, invalid.code(), &said),
        Refusal::Statement(true) => error(400, "unapproved_software_statement", &said),
        Refusal::Statement(false) => error(400, "invalid_software_statement", &said),
        Refusal::TooOften(wait) => {
            let mut response = error(429, "temporarily_unavailable", &said);
            answers::put(&mut response, RETRY_AFTER, &wait.to_string());
            response
        }
        Refusal::Unavailable => answers::json_error(&Error::new(Code::TemporarilyUnavailable, said, "store")),
    }
}
