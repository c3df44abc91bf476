//! The administrators' API for machines: `/api/admin/v1/…`, with bearer tokens and JSON. One file per resource; each
//! route stands once, in [`mounts`], with the action it is about, and is described where it is written.
//!
//! Handlers call the same use cases as the console. Whatever is not done is a problem (RFC 9457), never a page.

mod guard;
mod organisations;
pub mod problem;
mod table;

pub use guard::{Machine, guarded};
pub use table::{Api, Mount};

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use utoipa_axum::routes;

use self::problem::{Problem, say};
use super::Web;
use super::caller::AppCaller;
use crate::duties::Action;

/// Mounts the API.
pub fn routes(web: Web) -> Router<Web> {
    mounts(web)
        .into_router()
        .route("/api", axum::routing::any(not_found))
        .route("/api/{*rest}", axum::routing::any(not_found))
        .method_not_allowed_fallback(other_method)
}

/// Every route of the API and the action it is about. A route that is missing here does not exist.
pub fn mounts(web: Web) -> Api {
    Api::new(web)
        .mount(Action::OrganisationRead, routes!(organisations::list))
        .mount(Action::OrganisationRead, routes!(organisations::get))
}

async fn not_found(caller: AppCaller, request: Request) -> Response {
    say(&caller.cx, request.uri().path(), &Problem::not_found())
}

/// Another method: the router adds which ones there are.
async fn other_method(caller: AppCaller, method: Method, request: Request) -> Response {
    let detail = format!("There is no {method} here; the header Allow names what there is.");
    say(&caller.cx, request.uri().path(), &Problem::new("VS-4050", detail))
}
