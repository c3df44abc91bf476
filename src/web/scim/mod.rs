//! SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2`: a directory tells of joiners and leavers. Each route stands once, in
//! [`mounts`], with the action it is about, behind the guard of the administrators' API.

mod about;
mod groups;
pub mod path;
pub mod say;
pub mod user;
mod users;

use axum::Router;
use axum::response::Response;
use axum::routing::{MethodRouter, any, delete, get, patch, post, put};

use super::api::{Takes, guarded};
use super::{Web, paths};
use crate::duties::Action;

/// A route of SCIM: what the table test walks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, as the router knows it.
    pub path: String,
    /// What it is about.
    pub action: Action,
}

/// SCIM's routes, gathered one by one.
pub struct Scim {
    web: Web,
    router: Router<Web>,
    mounts: Vec<Mount>,
}

impl Scim {
    fn mount(mut self, method: &'static str, path: &str, action: Action, handler: MethodRouter<Web>) -> Self {
        self.mounts.push(Mount { method, path: path.to_owned(), action });
        let handler = guarded(&self.web, action, say::problem, Takes::USUAL, handler);
        self.router = self.router.route(path, handler);
        self
    }

    /// Every route, in order.
    pub fn list(&self) -> &[Mount] {
        &self.mounts
    }
}

/// Mounts SCIM.
pub fn routes(web: Web) -> Router<Web> {
    mounts(web)
        .router
        .route(paths::SCIM, any(not_found))
        .route(&format!("{}/{{*rest}}", paths::SCIM), any(not_found))
        .method_not_allowed_fallback(other_method)
}

/// Every route of SCIM and the action it is about. A route that is missing here does not exist.
pub fn mounts(web: Web) -> Scim {
    let (user, group) = (format!("{}/{{id}}", paths::SCIM_USERS), format!("{}/{{id}}", paths::SCIM_GROUPS));
    let (kind, schema) = (format!("{}/{{id}}", paths::SCIM_TYPES), format!("{}/{{id}}", paths::SCIM_SCHEMAS));
    Scim { web, router: Router::new(), mounts: Vec::new() }
        .mount("GET", paths::SCIM_CONFIG, Action::OrganisationRead, get(about::config))
        .mount("GET", paths::SCIM_TYPES, Action::OrganisationRead, get(about::all_types))
        .mount("GET", &kind, Action::OrganisationRead, get(about::one_type))
        .mount("GET", paths::SCIM_SCHEMAS, Action::OrganisationRead, get(about::all_schemas))
        .mount("GET", &schema, Action::OrganisationRead, get(about::one_schema))
        .mount("GET", paths::SCIM_USERS, Action::AccountList, get(users::list))
        .mount("POST", paths::SCIM_USERS, Action::AccountInvite, post(users::create))
        .mount("GET", &user, Action::AccountRead, get(users::get))
        .mount("PUT", &user, Action::AccountInvite, put(users::replace))
        .mount("PATCH", &user, Action::AccountInvite, patch(users::patch))
        .mount("DELETE", &user, Action::AccountSuspend, delete(users::remove))
        .mount("GET", paths::SCIM_GROUPS, Action::AccountList, get(groups::list))
        .mount("POST", paths::SCIM_GROUPS, Action::AccountInvite, post(groups::refuse))
        .mount("GET", &group, Action::AccountList, get(groups::get))
        .mount("PUT", &group, Action::AccountInvite, put(groups::refuse))
        .mount("PATCH", &group, Action::AccountInvite, patch(groups::refuse))
        .mount("DELETE", &group, Action::AccountInvite, delete(groups::refuse))
}

async fn not_found() -> Response {
    say::not_found()
}

/// Another method: the router adds which ones there are.
async fn other_method() -> Response {
    say::Wrong::plain(405, "There is no such method here; the header Allow names what there is.").say()
}
