//! The internal listener: alive, ready, metrics.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::{Web, answers};
use crate::telemetry::Metrics;

/// What the internal listener's handlers get.
#[derive(Clone)]
pub struct Inside {
    /// The services to ask.
    pub web: Web,
    /// The recorder to render.
    pub metrics: Metrics,
}

/// The internal listener.
pub fn router(inside: Inside) -> Router {
    Router::new()
        .route("/healthz", get(|| async { answers::plain(200, "text/plain", "ok\n") }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(inside)
}

/// Ready when nothing is wrong with any part; the body lists the parts.
async fn ready(State(inside): State<Inside>) -> Response {
    let services = &inside.web.services;
    let parts = crate::flows::upkeep::readiness(services).await;
    let ready = parts.iter().all(|(_, word)| *word == "ok");
    let body: serde_json::Map<_, _> =
        parts.into_iter().map(|(name, word)| (name.to_owned(), word.into())).collect();
    answers::json(if ready { 200 } else { 503 }, &body)
}

async fn metrics(State(inside): State<Inside>) -> Response {
    answers::plain(200, "text/plain; version=0.0.4; charset=utf-8", inside.metrics.render())
}
