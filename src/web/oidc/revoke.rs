//! The revocation endpoint.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{Brought, allow_origin};
use crate::flows::revocation;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let brought = Brought::to(&caller, paths::REVOKE, &headers);
    let mut response = match revocation::revoke(&caller.cx, &brought.asked(&form)).await {
        Ok(()) => answers::json(200, &serde_json::json!({})),
        Err(why) => answers::denied(&why),
    };
    allow_origin(&caller, form.get("client_id"), &mut response).await;
    response
}
