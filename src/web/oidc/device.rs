//! The endpoint where devices ask for a code (RFC 8628 §3.1).

use axum::http::HeaderMap;
use axum::response::Response;

use super::{Brought, allow_origin};
use crate::flows::device;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let brought = Brought::to(&caller, paths::DEVICE_AUTHORIZATION, &headers);
    let mut response = match device::begin(&caller.cx, &brought.asked(&form)).await {
        Ok(begun) => answers::json(200, &begun),
        Err(why) => answers::denied(&why),
    };
    allow_origin(&caller, form.get("client_id"), &mut response).await;
    response
}
