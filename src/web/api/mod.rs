//! The administrators' API for machines: `/api/admin/v1/…`, with bearer tokens and JSON. One file per resource; each
//! route stands once, in [`mounts`], with the action it is about, and is described where it is written.
//!
//! Handlers call the same use cases as the console. Whatever is not done is a problem (RFC 9457), never a page.

#![expect(clippy::result_large_err, reason = "a refusal is an answer, made once and sent")]

mod approvals;
mod apps;
mod client_tokens;
mod describe;
mod events;
mod grants;
mod guard;
mod imports;
mod input;
mod invitations;
mod once;
mod organisations;
mod overview;
mod page;
mod people;
mod policies;
pub mod problem;
mod read;
mod reminders;
mod shown;
mod table;
mod uploads;
mod webhooks;
mod words;

pub use guard::{Machine, Takes, guarded};
pub use table::{Api, Mount};
pub use uploads::Uploads;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use utoipa_axum::routes;

use self::problem::{Problem, say};
use super::caller::{AppCaller, Caller};
use super::{Web, answers, paths};
use crate::duties::Action;

/// Mounts the API.
pub fn routes(web: Web) -> Router<Web> {
    let (router, document) = mounts(web).into_parts();
    let reading = read::read(&serde_json::to_value(&document).unwrap_or_default());
    let document = Bytes::from(document.to_json().unwrap_or_default());
    router
        .route(paths::API_DOCUMENT, get(async move || described(document.clone())))
        .route(paths::API_PAGE, get(async move |caller: Caller| read::page(&caller, &reading)))
        .route("/api", axum::routing::any(not_found))
        .route("/api/", axum::routing::any(not_found))
        .route("/api/{*rest}", axum::routing::any(not_found))
        .method_not_allowed_fallback(other_method)
}

/// Every route of the API and the action it is about. A route that is missing here does not exist.
pub fn mounts(web: Web) -> Api {
    Api::new(web)
        .mount(Action::OverviewRead, routes!(overview::get))
        .mount(Action::OrganisationRead, routes!(organisations::list))
        .create(Action::OrganisationCreate, routes!(organisations::create))
        .mount(Action::OrganisationRead, routes!(organisations::get))
        .mount(Action::OrganisationChange, routes!(organisations::change))
        .mount(Action::DutyRead, routes!(grants::list))
        .create(Action::DutyGrant, routes!(grants::grant))
        .mount(Action::DutyRevoke, routes!(grants::revoke))
        .mount(Action::AccountList, routes!(people::list))
        .create(Action::AccountInvite, routes!(invitations::invite))
        .mount(Action::AccountRead, routes!(people::get))
        .mount(Action::AccountInvite, routes!(invitations::resend))
        .mount(Action::AccountInvite, routes!(invitations::revoke))
        .mount(Action::AccountInvite, routes!(invitations::letter))
        .mount(Action::AccountRemind, routes!(reminders::remind))
        .create(Action::AccountRemind, routes!(reminders::remind_some))
        .mount(Action::AccountSuspend, routes!(people::suspend))
        .mount(Action::AccountEnable, routes!(people::enable))
        .mount(Action::AccountEndSessions, routes!(people::end_sessions))
        .create(Action::FactorsResetRequest, routes!(approvals::ask_reset))
        .mount(Action::ImportRead, routes!(imports::list))
        .create_large(Action::ImportRun, imports::LARGEST, routes!(imports::stage))
        .mount_large(Action::ImportRun, imports::LARGEST, routes!(imports::preview))
        .mount(Action::ImportRead, routes!(imports::get))
        .mount(Action::ImportRun, routes!(imports::apply))
        .mount(Action::ImportRun, routes!(imports::cancel))
        .mount(Action::ApprovalRead, routes!(approvals::list))
        .mount(Action::ApprovalRead, routes!(approvals::get))
        .mount(Action::ApprovalDecide, routes!(approvals::decide))
        .mount(Action::ClientRead, routes!(apps::list))
        .create(Action::ClientCreate, routes!(apps::create))
        .mount(Action::ClientRead, routes!(apps::get))
        .mount(Action::ClientRead, routes!(apps::logouts))
        .mount(Action::ClientChange, routes!(apps::change))
        .mount(Action::ClientChange, routes!(apps::set_stage))
        .mount(Action::ClientDisable, routes!(apps::disable))
        .mount(Action::ClientDisable, routes!(apps::enable))
        .create(Action::ClientSecret, routes!(apps::add_secret))
        .mount(Action::ClientSecret, routes!(apps::remove_secret))
        .mount(Action::ClientRead, routes!(client_tokens::list))
        .create(Action::ClientToken, routes!(client_tokens::create))
        .mount(Action::ClientToken, routes!(client_tokens::revoke))
        .mount(Action::PolicyRead, routes!(policies::current))
        .mount(Action::PolicyRead, routes!(policies::versions))
        .create(Action::PolicyChange, routes!(policies::create))
        .mount(Action::PolicyRead, routes!(policies::one))
        .mount(Action::PolicyRead, routes!(policies::preview))
        .mount(Action::PolicyRead, routes!(policies::simulate))
        .mount(Action::AuditRead, routes!(events::list))
        .mount(Action::AuditExport, routes!(events::export))
        .mount(Action::AuditRead, routes!(events::get))
        .mount(Action::WebhookRead, routes!(webhooks::list))
        .create(Action::WebhookChange, routes!(webhooks::create))
        .mount(Action::WebhookRead, routes!(webhooks::get))
        .mount(Action::WebhookChange, routes!(webhooks::change))
        .mount(Action::WebhookChange, routes!(webhooks::enable))
        .mount(Action::WebhookChange, routes!(webhooks::disable))
        .create(Action::WebhookChange, routes!(webhooks::add_secret))
        .mount(Action::WebhookChange, routes!(webhooks::remove_secret))
        .mount(Action::WebhookRead, routes!(webhooks::deliveries))
        .mount(Action::WebhookChange, routes!(webhooks::send_again))
        .mount(Action::WebhookChange, routes!(webhooks::remove))
}

/// The description, as it was made when the program began.
fn described(document: Bytes) -> Response {
    answers::plain(200, "application/json", document)
}

async fn not_found(caller: AppCaller, request: Request) -> Response {
    say(&caller.cx, request.uri().path(), &Problem::not_found())
}

/// Another method: the router adds which ones there are.
async fn other_method(caller: AppCaller, method: Method, request: Request) -> Response {
    let detail = format!("There is no {method} here; the header Allow names what there is.");
    say(&caller.cx, request.uri().path(), &Problem::new("VS-4050", detail))
}
