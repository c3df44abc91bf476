//! The token endpoint.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;

use super::allow_origin;
use crate::flows::token;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let endpoint = caller.cx.issuer.join(paths::TOKEN);
    let authorization = authorization(&headers);
    let mut response = match token::redeem(&caller.cx, authorization.as_deref(), &form, &endpoint).await {
        Ok(tokens) => answers::json(200, &tokens),
        Err(why) => answers::denied(&why),
    };
    allow_origin(&caller, form.get("client_id"), &mut response).await;
    response
}

/// The `Authorization` header; several, or one that is no text, count as a malformed one.
pub(super) fn authorization(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    match (all.next(), all.next()) {
        (None, _) => None,
        (Some(one), None) => Some(one.to_str().unwrap_or("malformed").to_owned()),
        (Some(_), Some(_)) => Some("malformed".to_owned()),
    }
}
