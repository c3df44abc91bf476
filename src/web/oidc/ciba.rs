//! The endpoint where apps ask for people who are elsewhere (CIBA Core 1.0 §7). No browser calls it: its apps keep a secret.

use axum::http::HeaderMap;
use axum::response::Response;

use super::Brought;
use crate::flows::ciba;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let brought = Brought::to(&caller, paths::CIBA, &headers);
    match ciba::begin(&caller.cx, &brought.asked(&form)).await {
        Ok(begun) => answers::json(200, &begun),
        Err(why) => answers::denied(&why),
    }
}
