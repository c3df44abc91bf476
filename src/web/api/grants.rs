//! Who holds which duty. Duties are given and taken by people alone.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Machine;
use super::input::Id;
use super::page::Page;
use super::problem::Problem;
use super::shown::organisation;
use crate::duties::Duty;
use crate::flows::admin::duties::{self, Holder};
use crate::web::answers;

/// A duty somebody holds.
#[derive(Serialize, ToSchema)]
pub(super) struct Grant {
    /// Its id.
    id: String,
    /// Who holds it.
    person: String,
    /// Their name, unless their data are gone.
    name: Option<String>,
    /// What they are charged with.
    duty: Duty,
    /// Where, and below.
    organisation: String,
    /// When it was granted.
    #[schema(format = DateTime)]
    granted_at: String,
}

/// A duty to be granted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is described, and refused to machines")]
pub(super) struct NewGrant {
    /// Who.
    person: String,
    /// What they will be charged with.
    duty: Duty,
    /// Why.
    #[schema(min_length = 5, max_length = 500)]
    reason: String,
}

impl From<&Holder> for Grant {
    fn from(held: &Holder) -> Self {
        Self {
            id: held.grant.id.0.clone(),
            person: held.grant.account.to_string(),
            name: held.account.as_ref().map(|account| account.display_name().to_owned()),
            duty: held.grant.duty,
            organisation: held.grant.organisation.to_string(),
            granted_at: held.grant.granted_at.to_rfc3339(),
        }
    }
}

/// Who holds which duty at one organisation itself.
#[utoipa::path(
    get,
    path = "/api/admin/v1/organisations/{id}/grants",
    tag = "duties",
    operation_id = "list_grants",
    params(("id" = String, Path, description = "The organisation.")),
    responses((status = 200, description = "All of them.", body = Page<Grant>))
)]
pub(super) async fn list(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let actor = machine.at(&organisation(&id)).await?;
    let held = machine.done(duties::holders(&machine.cx, &actor).await)?;
    Ok(answers::json(200, &Page { items: held.iter().map(Grant::from).collect(), next: None }))
}

/// Grant a duty. A machine may not: a person does, with a sign-in of the last minutes, at the console.
#[utoipa::path(
    post,
    path = "/api/admin/v1/organisations/{id}/grants",
    tag = "duties",
    operation_id = "create_grant",
    params(("id" = String, Path, description = "The organisation.")),
    request_body = NewGrant,
    responses((status = 403))
)]
pub(super) async fn grant(machine: Machine) -> Response {
    machine.problem(&Problem::forbidden(None))
}

/// Take a duty back. A machine may not: a person does, with a sign-in of the last minutes, at the console.
#[utoipa::path(
    delete,
    path = "/api/admin/v1/grants/{id}",
    tag = "duties",
    operation_id = "remove_grant",
    params(("id" = String, Path, description = "The grant.")),
    responses((status = 403))
)]
pub(super) async fn revoke(machine: Machine) -> Response {
    machine.problem(&Problem::forbidden(None))
}
