//! The introspection endpoint.

use axum::http::HeaderMap;
use axum::response::Response;

use super::Brought;
use crate::flows::introspection;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let brought = Brought::to(&caller, paths::INTROSPECT, &headers);
    match introspection::answer(&caller.cx, &brought.asked(&form)).await {
        Ok(answer) => answers::json(200, &answer),
        Err(why) => answers::denied(&why),
    }
}
