//! Discovery and keys: public, cacheable, any origin.

use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::Response;

use crate::web::caller::AppCaller;
use crate::web::{Web, answers};

pub(super) async fn document(State(web): State<Web>) -> Response {
    public(answers::plain(200, "application/json", web.discovery.clone()), "public, max-age=300")
}

pub(super) async fn jwks(caller: AppCaller) -> Response {
    match caller.cx.signing.ring(&caller.cx).await {
        Ok(ring) => {
            public(answers::plain(200, "application/json", ring.published().to_owned()), "public, max-age=60")
        }
        Err(why) => answers::json_error(&why.into()),
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
