//! The protocol endpoints, one file each, same names as the flows.

mod authorize;
mod ciba;
mod device;
mod discovery;
mod introspect;
mod logout;
mod par;
mod register;
mod revoke;
mod token;
mod userinfo;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};

use super::caller::AppCaller;
use super::{Web, answers, paths};
use crate::flows::client_auth::Asked;
use crate::flows::dpop;
use crate::keys::ClientCertificate;
use crate::oidc::authorize::RawRequest;

/// How long a refused script's origin is looked up when something is away already.
const BRIEFLY: Duration = Duration::from_millis(250);

/// Mounts the endpoints.
pub fn routes() -> Router<Web> {
    routes_of_apps()
        .route(paths::OPENID_CONFIGURATION, get(discovery::document).options(discovery::preflight))
        .route(paths::OAUTH_METADATA, get(discovery::document).options(discovery::preflight))
        .route(paths::JWKS, get(discovery::jwks).options(discovery::preflight))
        .route(paths::AUTHORIZE, get(authorize::get).post(authorize::post))
        .route(paths::LOGOUT, get(logout::get).post(logout::post))
        .route(paths::LOGOUT_CONFIRM, post(logout::confirm))
        .route(paths::REGISTER, post(register::post))
        .route("/register/{id}", get(register::read).put(register::change).delete(register::remove))
}

/// What apps call themselves.
pub fn routes_of_apps() -> Router<Web> {
    Router::new()
        .route(paths::PAR, post(par::post).options(cors_preflight))
        .route(paths::DEVICE_AUTHORIZATION, post(device::post).options(cors_preflight))
        .route(paths::CIBA, post(ciba::post))
        .route(paths::TOKEN, post(token::post).options(cors_preflight))
        .route(paths::USERINFO, get(userinfo::get).post(userinfo::post).options(cors_preflight))
        .route(paths::INTROSPECT, post(introspect::post))
        .route(paths::REVOKE, post(revoke::post).options(cors_preflight))
}

/// The header of a nonce for proofs (RFC 9449 §8).
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// What a client's request to an endpoint brought beside its form.
struct Brought {
    authorization: Option<String>,
    endpoints: Vec<String>,
    dpop: dpop::Sent,
    certificate: Option<Arc<ClientCertificate>>,
}

impl Brought {
    fn to(caller: &AppCaller, path: &str, headers: &HeaderMap) -> Self {
        let mut endpoints = urls(caller, paths::TOKEN);
        endpoints.extend(urls(caller, path));
        endpoints.dedup();
        Self {
            authorization: authorization(headers),
            endpoints,
            dpop: proofs(caller, "POST", path, headers),
            certificate: caller.certificate.clone(),
        }
    }

    fn asked<'a>(&'a self, form: &'a RawRequest) -> Asked<'a> {
        let authorization = self.authorization.as_deref();
        Asked {
            authorization,
            form,
            endpoints: &self.endpoints,
            dpop: &self.dpop,
            certificate: self.certificate.as_deref(),
        }
    }
}

/// The proofs of a key that came with a request, and what they must have been made for.
fn proofs(caller: &AppCaller, method: &'static str, path: &str, headers: &HeaderMap) -> dpop::Sent {
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or("malformed").to_owned();
    dpop::Sent {
        proofs: headers.get_all("dpop").iter().map(text).collect(),
        method,
        urls: urls(caller, path),
    }
}

/// Where an endpoint is reached: at the issuer, and where clients connect with certificates.
fn urls(caller: &AppCaller, path: &str) -> Vec<String> {
    let certified = caller.cx.config.mtls_origin().map(|origin| format!("{origin}{path}"));
    [caller.cx.issuer.join(path)].into_iter().chain(certified).collect()
}

/// The `Authorization` header; several, or one that is no text, count as a malformed one.
fn authorization(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    match (all.next(), all.next()) {
        (None, _) => None,
        (Some(one), None) => Some(one.to_str().unwrap_or("malformed").to_owned()),
        (Some(_), Some(_)) => Some("malformed".to_owned()),
    }
}

/// Gives whoever proves a key the nonce of its next proof.
async fn with_nonce(caller: &AppCaller, sent: &dpop::Sent, mut response: Response) -> Response {
    // While the session store is away there is none, and asking again would take as long as the answer did.
    if sent.is_tried()
        && response.status() != StatusCode::SERVICE_UNAVAILABLE
        && let Some(nonce) = dpop::nonce(&caller.cx).await
    {
        answers::put(&mut response, DPOP_NONCE, &nonce);
    }
    response
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
    put(headers, axum::http::header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, dpop");
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
        super::answers::put(response, ACCESS_CONTROL_EXPOSE_HEADERS, "dpop-nonce, www-authenticate");
    }
}
