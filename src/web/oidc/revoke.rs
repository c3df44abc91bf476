//! The revocation endpoint.

use axum::http::HeaderMap;
use axum::response::Response;

use super::allow_origin;
use super::token::authorization;
use crate::flows::revocation;
use crate::web::caller::AppCaller;
use crate::web::form::AppForm;
use crate::web::{answers, paths};

pub(super) async fn post(caller: AppCaller, headers: HeaderMap, AppForm(form): AppForm) -> Response {
    let endpoint = caller.cx.issuer.join(paths::TOKEN);
    let revoked = revocation::revoke(&caller.cx, authorization(&headers).as_deref(), &form, &endpoint).await;
    let mut response = match revoked {
        Ok(()) => answers::json(200, &serde_json::json!({})),
        Err(why) => answers::denied(&why),
    };
    allow_origin(&caller, form.get("client_id"), &mut response).await;
    response
}
