//! The layers around every route: a reference, security headers, a panic's page, a time limit, one log line.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::api::problem::{self, Problem};
use super::caller::{Caller, Reference};
use super::{Web, answers, error, paths, scim};
use crate::base::crockford;
use crate::flows::PageError;
use crate::telemetry;

/// How long a request may take before it is answered 503.
const LONGEST: Duration = Duration::from_secs(10);

/// Puts the layers around the routes.
pub fn apply(router: Router<Web>, web: Web) -> Router<Web> {
    router
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            tracing::error!("a handler panicked");
            answers::plain(503, "text/plain; charset=utf-8", "Something went wrong on our side. Try again.")
        }))
        .layer(from_fn_with_state(web, around))
}

async fn around(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let _under_way = web.under_way.token();
    let started = Instant::now();
    let reference = reference(&web);
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| label(path.as_str()));
    let method = request.method().clone();
    let told = Told::by(request.uri().path());
    request.extensions_mut().insert(Reference(reference.clone()));
    let mut response = if request.uri().path().contains("%00") {
        // No name here holds a NUL byte, and no database takes one.
        match &told {
            Told::Problem(path) => {
                problem::write(&web.services.issuer, path, &reference, &Problem::not_found())
            }
            Told::Scim => scim::say::not_found(),
            Told::Page => nowhere(&web, request).await,
        }
    } else {
        tokio::time::timeout(LONGEST, next.run(request)).await.unwrap_or_else(|_| too_slow())
    };
    if is_broken(&response) {
        response = match &told {
            Told::Problem(path) => {
                problem::write(&web.services.issuer, path, &reference, &Problem::unavailable())
            }
            Told::Scim => scim::say::unavailable(),
            Told::Page => response,
        };
    }
    headers(&mut response, web.services.issuer.is_https(), &reference);
    let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
    telemetry::http_request(route, status, seconds);
    tracing::info!(%method, route, status, ms = seconds * 1000.0, request = reference, "answered");
    response
}

/// How whoever asks at an address is told that something is wrong.
enum Told {
    /// As a problem, which names the path.
    Problem(String),
    /// As an error of SCIM's.
    Scim,
    /// As a page.
    Page,
}

impl Told {
    fn by(path: &str) -> Self {
        if path.starts_with("/api/") {
            Self::Problem(path.to_owned())
        } else if path.strip_prefix(paths::SCIM).is_some_and(|rest| rest.is_empty() || rest.starts_with("/"))
        {
            Self::Scim
        } else {
            Self::Page
        }
    }
}

/// Whether a handler left no answer of its own: it panicked, or took too long.
fn is_broken(response: &Response) -> bool {
    let plain =
        response.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/"));
    response.status() == StatusCode::SERVICE_UNAVAILABLE && plain
}

async fn nowhere(web: &Web, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Ok(caller) = Caller::from_request_parts(&mut parts, web).await;
    error::of(&caller, &PageError::NotFound)
}

fn too_slow() -> Response {
    let mut response =
        answers::plain(503, "text/plain; charset=utf-8", "This took too long. Try again.").into_response();
    answers::put(&mut response, axum::http::header::RETRY_AFTER, "5");
    response
}

/// Route labels come from the router's own table, so their number is bounded.
fn label(route: &str) -> &'static str {
    use std::collections::HashMap;
    use std::sync::{Mutex, OnceLock};
    static LABELS: OnceLock<Mutex<HashMap<String, &'static str>>> = OnceLock::new();
    let Ok(mut labels) = LABELS.get_or_init(Mutex::default).lock() else { return "none" };
    if let Some(label) = labels.get(route) {
        return label;
    }
    let label: &'static str = Box::leak(route.to_owned().into_boxed_str());
    labels.insert(route.to_owned(), label);
    label
}

/// Eight letters and digits without those that look alike, in two groups.
fn reference(web: &Web) -> String {
    let mut out = String::with_capacity(9);
    for (i, byte) in web.services.entropy.bytes::<8>().into_iter().enumerate() {
        if i == 4 {
            out.push('-');
        }
        out.push(crockford::letter(u128::from(byte)));
    }
    out
}

/// What every answer carries. Values are fixed, so that nothing is parsed or copied.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), \
             geolocation=(), payment=(), usb=()",
        ),
    ),
];
/// The policy of what is no page of ours.
const NOTHING: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

fn headers(response: &mut Response, https: bool, reference: &str) {
    answers::put(response, HeaderName::from_static("x-request-id"), reference);
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
}
