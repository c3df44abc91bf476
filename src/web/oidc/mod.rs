//! The protocol endpoints, one file each, same names as the flows.

mod authorize;
mod discovery;
mod introspect;
mod logout;
mod revoke;
mod token;
mod userinfo;

use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};

use super::caller::AppCaller;
use super::{Web, paths};

/// How long a refused script's origin is looked up when something is away already.
const BRIEFLY: Duration = Duration::from_millis(250);

/// Mounts the endpoints.
pub fn routes() -> Router<Web> {
    Router::new()
        .route(paths::OPENID_CONFIGURATION, get(discovery::document).options(discovery::preflight))
        .route(paths::OAUTH_METADATA, get(discovery::document).options(discovery::preflight))
        .route(paths::JWKS, get(discovery::jwks).options(discovery::preflight))
        .route(paths::AUTHORIZE, get(authorize::get).post(authorize::post))
        .route(paths::TOKEN, post(token::post).options(cors_preflight))
        .route(paths::USERINFO, get(userinfo::get).post(userinfo::post).options(cors_preflight))
        .route(paths::INTROSPECT, post(introspect::post))
        .route(paths::REVOKE, post(revoke::post).options(cors_preflight))
        .route(paths::LOGOUT, get(logout::get).post(logout::post))
        .route(paths::LOGOUT_CONFIRM, post(logout::confirm))
}

/// Answers a preflight of a browser app: its own origin, no credentials.
async fn cors_preflight(caller: AppCaller) -> axum::response::Response {
    let mut response = super::answers::plain(204, "text/plain", "");
    allow_origin(&caller, None, &mut response).await;
    let headers = response.headers_mut();
    let put = |headers: &mut axum::http::HeaderMap, name, value: &str| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    let methods = [Method::GET, Method::POST].map(|m| m.to_string()).join(", ");
    put(headers, axum::http::header::ACCESS_CONTROL_ALLOW_METHODS, &methods);
    put(headers, axum::http::header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
    put(headers, axum::http::header::ACCESS_CONTROL_MAX_AGE, "600");
    response
}

/// Names the caller's origin when a registered client (the given one, else any) has it among its redirect URIs.
async fn allow_origin(caller: &AppCaller, client_id: Option<&str>, response: &mut axum::response::Response) {
    let Some(origin) = caller.origin.as_deref().filter(|o| *o != "null") else { return };
    let asked = crate::flows::clients::is_app_origin(&caller.cx, client_id, origin);
    let allowed = match response.status() {
        // Where the database itself is away, the look-up would double the wait.
        StatusCode::SERVICE_UNAVAILABLE => {
            tokio::time::timeout(BRIEFLY, asked).await.unwrap_or(Ok(false)).unwrap_or(false)
        }
        _ => asked.await.unwrap_or(false),
    };
    if allowed {
        super::answers::put(response, axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        super::answers::put(response, axum::http::header::VARY, "origin");
    }
}
