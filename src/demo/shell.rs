//! What surrounds every answer: the headers, the one host name the app answers to, the style sheet and the icon.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::url::Url;

use super::Settings;

/// The app's own address and the policy that follows from it.
pub(super) struct Shell {
    origin: String,
    authority: String,
    policy: HeaderValue,
}

impl Shell {
    /// Chromium applies `form-action` to the redirects after a form, so the issuer's origin stands in it.
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let origin = Url::parse(&settings.origin).context("the demo app's origin is no URL")?;
        anyhow::ensure!(
            origin.origin().ascii_serialization() == settings.origin,
            "the demo app's origin is a scheme, a host and a port, and nothing more: {}",
            settings.origin
        );
        let issuer = Url::parse(&settings.issuer).context("the issuer is no URL")?;
        let issuer = issuer.origin().ascii_serialization();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; \
             frame-ancestors 'none'; base-uri 'none'"
        );
        Ok(Self {
            authority: origin.authority().to_owned(),
            origin: origin.origin().ascii_serialization(),
            policy: policy.parse()?,
        })
    }

    /// Cookies belong to a host name: under another one (`127.0.0.1` for `localhost`) no sign-in would come back.
    fn is_elsewhere(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::HOST)
            .is_none_or(|host| !host.as_bytes().eq_ignore_ascii_case(self.authority.as_bytes()))
    }
}

/// Sends strays to the app's own address and sets the security headers on every answer.
pub(super) async fn wrap(State(shell): State<Arc<Shell>>, request: Request, next: Next) -> Response {
    let mut response = if !shell.is_elsewhere(request.headers()) {
        next.run(request).await
    } else if matches!(*request.method(), Method::GET | Method::HEAD) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        Redirect::temporary(&format!("{}{path}", shell.origin)).into_response()
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, shell.policy.clone());
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const FIXED: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// The clinic's look, light and dark.
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// The clinic's sign: a leaf over water.
pub(super) async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg"))
}
