//! The introspection endpoint.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;

use super::Brought;
use crate::flows::introspection::{self, Answer};
use crate::oidc::introspection::MEDIA_TYPE;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let brought = Brought::to(&caller, paths::INTROSPECT, &headers);
    match introspection::answer(&caller.cx, &brought.asked(&form), wants_jwt(&headers)).await {
        Ok(Answer::Plain(answer)) => answers::json(200, &answer),
        Ok(Answer::Jwt(jwt)) => answers::jwt(jwt, MEDIA_TYPE),
        Err(why) => answers::denied(&why),
    }
}

/// Whether the client asks for a JWT (RFC 9701 §4).
fn wants_jwt(headers: &HeaderMap) -> bool {
    let listed = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types =
        listed.flat_map(|list| list.split(',')).map(|one| one.split(';').next().unwrap_or_default().trim());
    types.any(|media| media.eq_ignore_ascii_case(MEDIA_TYPE))
}
