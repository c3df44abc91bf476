//! Small things several resources share: ids from outside, answers after something was made or done.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::base::{AccountId, ClientId, ImportId, OrganisationId};
use crate::web::{answers, paths};

/// An id of another alphabet is nobody's.
pub(super) fn plain(id: &str) -> &str {
    let plain = id.len() <= 128 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if plain { id } else { "" }
}

/// An organisation's id.
pub(super) fn organisation(id: &str) -> OrganisationId {
    OrganisationId::from_text(plain(id))
}

/// A person's id.
pub(super) fn person(id: &str) -> AccountId {
    AccountId::from_text(plain(id))
}

/// An app's id.
pub(super) fn app(id: &str) -> ClientId {
    ClientId::from_text(plain(id))
}

/// A list's id.
pub(super) fn import(id: &str) -> ImportId {
    ImportId::from_text(plain(id))
}

/// 201, with where it is; `rest` is the path below the API's own.
pub(super) fn created(rest: &str, value: &impl Serialize) -> Response {
    let mut response = answers::json(201, value);
    answers::put(&mut response, LOCATION, &format!("{}/{rest}", paths::API));
    response
}

/// 204: it is done, and there is nothing to say.
pub(super) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
