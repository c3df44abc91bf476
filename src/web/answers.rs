//! Answers: pages with their policy, redirects, protocol JSON.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, PRAGMA, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::caller::Caller;
use super::cookies;
use super::pages::form_post::FormPostPage;
use super::pages::render;
use crate::base::{Token, url};
use crate::flows::client_auth::Denied;
use crate::keys::dpop;
use crate::oidc::authorize::Answer;
use crate::oidc::{Code, Error};

/// What every page may do: our own styles, scripts and images, forms to us and to the app named.
pub fn policy(form_action: Option<&str>) -> String {
    let app = form_action.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'{app}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// An HTML page; `form_action` names the app whose redirect may follow a form.
pub fn page(status: u16, html: String, form_action: Option<&str>) -> Response {
    let mut response = plain(status, "text/html; charset=utf-8", html);
    put(&mut response, CONTENT_SECURITY_POLICY, &policy(form_action));
    no_store(&mut response);
    response
}

/// As [`page`], of a page that holds frames of these origins and of no other.
pub fn page_with_frames(status: u16, html: String, mut origins: Vec<String>) -> Response {
    let mut response = page(status, html, None);
    origins.sort_unstable();
    origins.dedup();
    if !origins.is_empty() {
        let frames = format!("{}; frame-src {}", policy(None), origins.join(" "));
        put(&mut response, CONTENT_SECURITY_POLICY, &frames);
    }
    response
}

/// 303: the only redirect, so that a form is never sent on (RFC 9700 §4.12).
pub fn redirect(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    put(&mut response, LOCATION, to);
    no_store(&mut response);
    response
}

/// JSON that nobody stores.
pub fn json(status: u16, value: &impl Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    let mut response = plain(status, "application/json", body);
    no_store(&mut response);
    response
}

/// An answer in a JWT of this media type that nobody stores.
pub fn jwt(token: String, media: &'static str) -> Response {
    let mut response = plain(200, media, token);
    no_store(&mut response);
    response
}

/// A protocol error with the status of its code.
pub fn json_error(error: &Error) -> Response {
    json_error_with(error.code.status(), error)
}

/// A protocol error with another status.
pub fn json_error_with(status: u16, error: &Error) -> Response {
    let body = serde_json::json!({ "error": error.code, "error_description": error.description });
    let mut response = json(status, &body);
    if status == 503 {
        put(&mut response, RETRY_AFTER, "2");
    }
    response
}

/// A refused client: 401 names the scheme when the client tried it (RFC 6749 §5.2).
pub fn denied(denied: &Denied) -> Response {
    let mut response = json_error(&denied.error);
    if denied.by_header && response.status() == StatusCode::UNAUTHORIZED {
        put(&mut response, WWW_AUTHENTICATE, "Basic realm=\"vouchsafe\"");
    }
    response
}

/// A refused access token (RFC 6750 §3, RFC 9449 §7.1), by the scheme it was or should be shown by; without a token the
/// challenge names no error.
pub fn bearer_error(error: Option<&Error>, as_bound: bool) -> Response {
    let scheme = match as_bound || error.is_some_and(|error| error.detail == "bound_token") {
        true => format!(
            "DPoP realm=\"vouchsafe\", algs=\"{}\"",
            dpop::ALGORITHMS.map(|one| one.as_str()).join(" ")
        ),
        false => "Bearer realm=\"vouchsafe\"".to_owned(),
    };
    let Some(error) = error else {
        let mut response = json(401, &serde_json::json!({ "error": "invalid_token" }));
        put(&mut response, WWW_AUTHENTICATE, &scheme);
        return response;
    };
    // A proof is part of how a token is shown (RFC 9449 §7.1): without a good one there is no access.
    let status = match error.code {
        Code::InvalidDpopProof | Code::UseDpopNonce => 401,
        code => code.status(),
    };
    let mut response = json_error_with(status, error);
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        let text = format!("{scheme}, error=\"{}\", error_description=\"{}\"", error.code, error.description);
        put(&mut response, WWW_AUTHENTICATE, &text);
    }
    response
}

/// The answer of a sign-in to its app, with the session's new cookie.
pub fn to_app(caller: &Caller, answer: &Answer, session: Option<&Token>) -> Response {
    let mut response = match answer {
        Answer::Redirect(url) => redirect(url),
        Answer::FormPost { action, fields } => {
            let shell = caller.shell("/", caller.browser_csrf());
            let page_ = FormPostPage { shell, action: action.clone(), fields: fields.clone() };
            page(200, render(&page_), url::form_action_source(action).as_deref())
        }
    };
    set_session(caller, &mut response, session);
    response
}

/// Sets the session cookie, where it changed, and the browser cookie, where there was none.
pub fn set_session(caller: &Caller, response: &mut Response, session: Option<&Token>) {
    let https = caller.cx.issuer.is_https();
    if let Some(token) = session {
        cookies::set(response, &cookies::session_name(https), token, https);
    }
    if let Some(token) = &caller.new_browser {
        cookies::set_browser(response, token, https);
    }
}

/// Takes the session cookie back after a sign-out, and gives the browser its new one.
pub fn clear_session(caller: &Caller, response: &mut Response, browser: Option<&Token>) {
    let https = caller.cx.issuer.is_https();
    cookies::clear(response, &cookies::session_name(https), https);
    if let Some(token) = browser {
        cookies::set_browser(response, token, https);
    }
}

/// A body of a type, with a status.
pub fn plain(status: u16, media: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    put(&mut response, CONTENT_TYPE, media);
    response
}

/// Sets a header; a value that is none (it cannot come from outside) is left out.
pub fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn no_store(response: &mut Response) {
    put(response, CACHE_CONTROL, "no-store");
    put(response, PRAGMA, "no-cache");
}
