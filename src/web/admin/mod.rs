//! The administrators' console: `/admin/…`. One file per resource; each route stands once, in [`mounts`], with the
//! action it is about.
//!
//! The guard before every handler finds out who asks, sends whoever is not signed in as administrators must be to a
//! sign-in, and refuses whose duties never allow the action. The handler asks [`crate::flows::admin::authorise`] for
//! its place, because every use case takes what that answers.

mod activity;
mod again;
mod app_scopes;
mod app_tools;
mod approvals;
mod apps;
mod client_tokens;
mod guard;
mod imports;
mod invitations;
mod keys;
mod models;
mod organisations;
mod overview;
mod people;
mod policies;
mod recoveries;
mod reminders;
pub mod shown;
mod upload;
mod webhooks;

pub use guard::{Admin, AdminForm, Console, Mount};

use axum::Router;
use axum::response::Response;

use super::caller::Caller;
use super::{Web, answers, error, paths};
use crate::duties::Action;
use crate::flows::PageError;
use crate::flows::admin::Refused;

/// Mounts the console.
pub fn routes(web: Web) -> Router<Web> {
    mounts(web).into_router().route("/admin", axum::routing::get(to_overview))
}

/// Every route of the console and the action it is about. A page that is missing here does not exist.
pub fn mounts(web: Web) -> Console {
    Console::new(web)
        .get(paths::ADMIN, Action::OverviewRead, overview::show)
        .get(paths::ADMIN_ACTIVITY, Action::AuditRead, activity::list)
        .post("/admin/activity/export", Action::AuditExport, activity::export)
        .get("/admin/activity/keys", Action::AuditExport, activity::keys)
        .get("/admin/activity/{id}", Action::AuditRead, activity::show)
        .get(paths::ADMIN_AGAIN, Action::OverviewRead, again::show)
        .get(paths::ADMIN_APPS, Action::ClientRead, apps::all)
        .get("/admin/apps/new", Action::ClientCreate, apps::ask)
        .post("/admin/apps/new", Action::ClientCreate, apps::create)
        .get(paths::ADMIN_CLIENT_TOKENS, Action::ClientRead, client_tokens::list)
        .post(paths::ADMIN_CLIENT_TOKENS, Action::ClientToken, client_tokens::create)
        .post("/admin/apps/tokens/kept", Action::ClientToken, client_tokens::kept)
        .post("/admin/apps/tokens/{id}/revoke", Action::ClientToken, client_tokens::revoke)
        .get("/admin/apps/{id}", Action::ClientRead, apps::show)
        .post("/admin/apps/{id}", Action::ClientChange, apps::change)
        .post("/admin/apps/{id}/scopes", Action::ClientEmpower, app_scopes::change)
        .post("/admin/apps/{id}/stage", Action::ClientChange, apps::set_stage)
        .get("/admin/apps/{id}/state", Action::ClientDisable, apps::ask_state)
        .post("/admin/apps/{id}/state", Action::ClientDisable, apps::set_state)
        .post("/admin/apps/{id}/secrets", Action::ClientSecret, apps::add_secret)
        .post("/admin/apps/{id}/remove-secret", Action::ClientSecret, apps::remove_secret)
        .get("/admin/apps/{id}/code", Action::ClientRead, app_tools::code)
        .post("/admin/apps/{id}/code", Action::ClientRead, app_tools::kept)
        .get("/admin/apps/{id}/watch", Action::ClientRead, app_tools::watched)
        .post("/admin/apps/{id}/watch", Action::ClientChange, app_tools::set_watched)
        .get("/admin/apps/{id}/try", Action::ClientRead, app_tools::attempts)
        .post("/admin/apps/{id}/try", Action::ClientChange, app_tools::begin)
        .get(paths::ADMIN_KEYS, Action::KeyRead, keys::list)
        .get("/admin/keys/{kid}/revoke", Action::KeyRevoke, keys::ask_revoke)
        .post("/admin/keys/{kid}/revoke", Action::KeyRevoke, keys::revoke)
        .get(paths::ADMIN_PEOPLE, Action::AccountList, people::list)
        .get("/admin/people/invite", Action::AccountInvite, invitations::ask)
        .post("/admin/people/invite", Action::AccountInvite, invitations::invite)
        .get("/admin/people/remind", Action::AccountRemind, reminders::ask)
        .post("/admin/people/remind", Action::AccountRemind, reminders::remind_some)
        .get("/admin/people/import", Action::ImportRun, imports::ask)
        .post("/admin/people/import", Action::ImportRun, imports::bring)
        .get(paths::ADMIN_IMPORTS, Action::ImportRead, imports::list)
        .get("/admin/people/imports/{id}", Action::ImportRead, imports::show)
        .get("/admin/people/imports/{id}/errors", Action::ImportRead, imports::errors)
        .post("/admin/people/imports/{id}/apply", Action::ImportRun, imports::apply)
        .post("/admin/people/imports/{id}/cancel", Action::ImportRun, imports::cancel)
        .get("/admin/people/{id}", Action::AccountRead, people::show)
        .get("/admin/people/{id}/suspend", Action::AccountSuspend, people::ask_suspend)
        .post("/admin/people/{id}/suspend", Action::AccountSuspend, people::suspend)
        .get("/admin/people/{id}/enable", Action::AccountEnable, people::ask_enable)
        .post("/admin/people/{id}/enable", Action::AccountEnable, people::enable)
        .get("/admin/people/{id}/erase", Action::AccountErase, people::ask_erase)
        .post("/admin/people/{id}/erase", Action::AccountErase, people::erase)
        .post("/admin/people/{id}/end-sessions", Action::AccountEndSessions, people::end_sessions)
        .post("/admin/people/{id}/end-session", Action::AccountEndSessions, people::end_session)
        .post("/admin/people/{id}/resend", Action::AccountInvite, invitations::resend)
        .post("/admin/people/{id}/revoke", Action::AccountInvite, invitations::revoke)
        .post("/admin/people/{id}/letter", Action::AccountInvite, invitations::letter)
        .post("/admin/people/{id}/remind", Action::AccountRemind, reminders::remind)
        .post("/admin/people/{id}/stop-recovery", Action::RecoveryStop, recoveries::stop)
        .post("/admin/people/{id}/close-request", Action::RecoveryStop, recoveries::close)
        .get(paths::ADMIN_RECOVERIES, Action::RecoveryStop, recoveries::list)
        .get("/admin/people/{id}/reset", Action::FactorsResetRequest, approvals::ask_reset)
        .post("/admin/people/{id}/reset", Action::FactorsResetRequest, approvals::reset)
        .get(paths::ADMIN_APPROVALS, Action::ApprovalRead, approvals::list)
        .get("/admin/approvals/{id}", Action::ApprovalRead, approvals::show)
        .get("/admin/approvals/{id}/decide", Action::ApprovalDecide, approvals::ask_decide)
        .post("/admin/approvals/{id}/decide", Action::ApprovalDecide, approvals::decide)
        .post("/admin/approvals/{id}/withdraw", Action::ApprovalRead, approvals::withdraw)
        .post("/admin/approvals/{id}/carry-out", Action::FactorsResetRequest, approvals::carry_out)
        .get(paths::ADMIN_ORGANISATIONS, Action::OrganisationRead, organisations::list)
        .post(paths::ADMIN_ORGANISATIONS, Action::OrganisationCreate, organisations::create)
        .get("/admin/organisations/{id}", Action::OrganisationRead, organisations::show)
        .post("/admin/organisations/{id}", Action::OrganisationChange, organisations::rename)
        .get("/admin/organisations/{id}/grant", Action::DutyGrant, organisations::ask_grant)
        .post("/admin/organisations/{id}/grant", Action::DutyGrant, organisations::grant)
        .get("/admin/grants/{id}/revoke", Action::DutyRevoke, organisations::ask_revoke)
        .post("/admin/grants/{id}/revoke", Action::DutyRevoke, organisations::revoke)
        .get(paths::ADMIN_POLICIES, Action::PolicyRead, policies::show)
        .post(paths::ADMIN_POLICIES, Action::PolicyChange, policies::apply)
        .post("/admin/policies/weaken", Action::PolicyWeaken, policies::weaken)
        .get("/admin/policies/roles/{role}", Action::PolicyChange, policies::ask_role)
        .post("/admin/policies/roles/{role}", Action::PolicyChange, policies::role)
        .get(paths::ADMIN_POLICY_APPS, Action::PolicyChange, policies::ask_app)
        .post(paths::ADMIN_POLICY_APPS, Action::PolicyChange, policies::app)
        .get("/admin/policies/simulate", Action::PolicyRead, policies::simulate)
        .post("/admin/policies/versions/{version}", Action::PolicyChange, policies::again)
        .get(paths::ADMIN_WEBHOOKS, Action::WebhookRead, webhooks::list)
        .post(paths::ADMIN_WEBHOOKS, Action::WebhookChange, webhooks::create)
        .get("/admin/webhooks/{id}", Action::WebhookRead, webhooks::show)
        .post("/admin/webhooks/{id}", Action::WebhookChange, webhooks::change)
        .post("/admin/webhooks/{id}/state", Action::WebhookChange, webhooks::set_state)
        .post("/admin/webhooks/{id}/secrets", Action::WebhookChange, webhooks::add_secret)
        .post("/admin/webhooks/{id}/secret-kept", Action::WebhookChange, webhooks::secret_kept)
        .post("/admin/webhooks/{id}/remove-secret", Action::WebhookChange, webhooks::remove_secret)
        .post("/admin/webhooks/{id}/send-again", Action::WebhookChange, webhooks::send_again)
        .get("/admin/webhooks/{id}/remove", Action::WebhookChange, webhooks::ask_remove)
        .post("/admin/webhooks/{id}/remove", Action::WebhookChange, webhooks::remove)
}

async fn to_overview() -> Response {
    answers::redirect(paths::ADMIN)
}

/// The answer to a refusal that is not the form's own.
pub(super) async fn refused(caller: &Caller, back: &str, why: Refused) -> Response {
    match why {
        Refused::SignIn { fresh } => guard::sign_in(caller, back, fresh).await,
        Refused::Forbidden
        | Refused::OutOfSight(_)
        | Refused::Oneself
        | Refused::TwoPeople
        | Refused::LastOwner => error::problem(caller, 403, "VS-4031", None),
        Refused::NotFound => error::of(caller, &PageError::NotFound),
        Refused::Bad(_) | Refused::Reason(_) => error::problem(caller, 400, "VS-4000", None),
        Refused::Already | Refused::UnderWay => error::problem(caller, 409, "VS-4090", None),
        Refused::TooOften | Refused::Busy => error::problem(caller, 429, "VS-4290", None),
        Refused::Unavailable => error::of(caller, &PageError::Unavailable),
    }
}
