//! The layers around every route: a reference, security headers, a panic's page, a time limit, one log line.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::caller::Reference;
use super::{Web, answers};
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
    let started = Instant::now();
    let reference = reference(&web);
    let route =
        request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |p| p.as_str().to_owned());
    let method = request.method().clone();
    request.extensions_mut().insert(Reference(reference.clone()));
    let mut response = match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => too_slow(),
    };
    headers(&mut response, web.services.issuer.is_https(), &reference);
    let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
    telemetry::http_request(route_label(&route), status, seconds);
    tracing::info!(%method, route, status, ms = seconds * 1000.0, request = reference, "answered");
    response
}

fn too_slow() -> Response {
    let mut response =
        answers::plain(503, "text/plain; charset=utf-8", "This took too long. Try again.").into_response();
    answers::put(&mut response, axum::http::header::RETRY_AFTER, "5");
    response
}

/// Route labels come from the router's own table, so their number is bounded.
fn route_label(route: &str) -> &'static str {
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
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut out = String::with_capacity(9);
    for (i, byte) in web.services.entropy.bytes::<8>().into_iter().enumerate() {
        if i == 4 {
            out.push('-');
        }
        out.push(char::from(ALPHABET.get(usize::from(byte) % 32).copied().unwrap_or(b'0')));
    }
    out
}

fn headers(response: &mut Response, https: bool, reference: &str) {
    answers::put(response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    answers::put(response, X_FRAME_OPTIONS, "DENY");
    answers::put(response, REFERRER_POLICY, "no-referrer");
    answers::put(response, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    answers::put(response, HeaderName::from_static("x-request-id"), reference);
    answers::put(
        response,
        HeaderName::from_static("permissions-policy"),
        "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), \
         geolocation=(), payment=(), usb=()",
    );
    if https {
        answers::put(response, STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    let csp = axum::http::header::CONTENT_SECURITY_POLICY;
    if !response.headers().contains_key(&csp) {
        answers::put(
            response,
            csp,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        );
    }
}
