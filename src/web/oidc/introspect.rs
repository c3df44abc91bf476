//! The introspection endpoint.

use axum::http::HeaderMap;
use axum::response::Response;

use super::token::authorization;
use crate::flows::introspection;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let endpoint = caller.cx.issuer.join(paths::TOKEN);
    match introspection::answer(&caller.cx, authorization(&headers).as_deref(), &form, &endpoint).await {
        Ok(answer) => answers::json(200, &answer),
        Err(why) => answers::denied(&why),
    }
}
