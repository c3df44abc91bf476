//! The token endpoint.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{Brought, allow_origin, with_nonce};
use crate::flows::token;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let brought = Brought::to(&caller, paths::TOKEN, &headers);
    let response = match token::redeem(&caller.cx, &brought.asked(&form)).await {
        Ok(tokens) => answers::json(200, &tokens),
        Err(why) => answers::denied(&why),
    };
    let mut response = with_nonce(&caller, &brought.dpop, response).await;
    allow_origin(&caller, form.get("client_id"), &mut response).await;
    response
}
