//! Discovery and keys: public, cacheable, any origin.

use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::Response;

use crate::web::caller::Caller;
use crate::web::{Web, answers, error};

pub(super) async fn document(State(web): State<Web>) -> Response {
    public(answers::plain(200, "application/json", web.discovery.to_string()), "public, max-age=300")
}

pub(super) async fn jwks(caller: Caller) -> Response {
    match caller.cx.signing.ring(&caller.cx).await {
        Ok(ring) => {
            let body = serde_json::to_string(&ring.public_jwks()).unwrap_or_default();
            public(answers::plain(200, "application/json", body), "public, max-age=60")
        }
        Err(why) => error::of(&caller, &why.into()),
    }
}

pub(super) async fn preflight() -> Response {
    let mut response = public(answers::plain(204, "text/plain", ""), "public, max-age=600");
    answers::put(&mut response, ACCESS_CONTROL_ALLOW_METHODS, "GET");
    response
}

fn public(mut response: Response, caching: &str) -> Response {
    answers::put(&mut response, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    answers::put(&mut response, CACHE_CONTROL, caching);
    response
}
