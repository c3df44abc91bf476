//! What waits for a second person. A machine sees it, and is neither the first nor the second.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Query};
use super::page::{Asked, List, Page};
use super::problem::Problem;
use crate::base::Timestamp;
use crate::duties::{Approval as Found, ApprovalKind, ApprovalState, Duty, Handing, IdentityCheck};
use crate::flows::admin::approvals;
use crate::web::answers;

/// A request that takes two people. Why it was made is for whoever decides.
#[derive(Serialize, ToSchema)]
pub(super) struct Approval {
    /// Its id.
    id: String,
    /// What is asked for.
    kind: ApprovalKind,
    /// Where.
    organisation: String,
    /// Whom it is about.
    person: String,
    /// Who asked.
    requester: String,
    /// Who decided.
    decider: Option<String>,
    /// What became of it.
    state: ApprovalState,
    /// For a reset: the kinds of ways to sign in that go.
    kinds: Vec<String>,
    /// For a reset: how it was checked who it is.
    checked: Option<IdentityCheck>,
    /// For a reset: how the person gets back in.
    handing: Option<Handing>,
    /// For a duty: which.
    duty: Option<Duty>,
    /// When it was asked.
    #[schema(format = DateTime)]
    asked_at: String,
    /// Until when it counts.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is described, and refused to machines")]
pub(super) struct Decision {
    /// Whether it is agreed to.
    agrees: bool,
}

/// A reset of somebody's ways to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is described, and refused to machines")]
pub(super) struct NewReset {
    /// The kinds that go.
    kinds: Vec<String>,
    /// Why, and what was seen.
    #[schema(min_length = 5, max_length = 500)]
    reason: String,
}

impl From<&Found> for Approval {
    fn from(found: &Found) -> Self {
        Self {
            id: found.id.clone(),
            kind: found.kind,
            organisation: found.organisation.to_string(),
            person: found.account.to_string(),
            requester: found.requester.to_string(),
            decider: found.decider.as_ref().map(ToString::to_string),
            state: found.state,
            kinds: found.wanted.kinds.clone(),
            checked: found.wanted.checked,
            handing: found.wanted.handing,
            duty: found.wanted.duty,
            asked_at: found.asked_at.to_rfc3339(),
            expires_at: found.expires_at.to_rfc3339(),
        }
    }
}

/// What is under way where the client reaches, oldest first.
#[utoipa::path(
    get,
    path = "/api/admin/v1/approvals",
    tag = "approvals",
    operation_id = "list_approvals",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<Approval>))
)]
pub(super) async fn list(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    let list = List::of("approvals", &());
    let after = list.place(&machine, asked.cursor.as_deref())?;
    let after = after.as_deref().and_then(|place| {
        let (at, id) = place.split_once(' ')?;
        Some((Timestamp::from_micros(at.parse().ok()?), id.to_owned()))
    });
    let rows = asked.limit.rows();
    let queue = approvals::queue(&machine.cx, &machine.who, after.as_ref(), rows).await;
    let queue = machine.done(queue)?;
    let next = queue.next.map(|(at, id)| list.cursor(&machine, &format!("{} {id}", at.micros())));
    let items = queue.shown.iter().map(|shown| Approval::from(&shown.approval)).collect();
    Ok(answers::json(200, &Page::<Approval> { items, next }))
}

/// One request.
#[utoipa::path(
    get,
    path = "/api/admin/v1/approvals/{id}",
    tag = "approvals",
    operation_id = "get_approval",
    params(("id" = String, Path, description = "The request.")),
    responses((status = 200, description = "The request.", body = Approval))
)]
pub(super) async fn get(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let seen = approvals::see(&machine.cx, &machine.who, machine.action, &id).await;
    let (_, shown) = machine.done(seen)?;
    Ok(answers::json(200, &Approval::from(&shown.approval)))
}

/// Decide. A machine may not: it is no second person.
#[utoipa::path(
    post,
    path = "/api/admin/v1/approvals/{id}/decision",
    tag = "approvals",
    operation_id = "decide_approval",
    params(("id" = String, Path, description = "The request.")),
    request_body = Decision,
    responses((status = 403))
)]
pub(super) async fn decide(machine: Machine) -> Response {
    machine.problem(&Problem::forbidden(None))
}

/// Ask for a reset of somebody's ways to sign in. A machine may not: it is no first person either.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/resets",
    tag = "approvals",
    operation_id = "create_reset",
    params(("id" = String, Path, description = "The person.")),
    request_body = NewReset,
    responses((status = 403))
)]
pub(super) async fn ask_reset(machine: Machine) -> Response {
    machine.problem(&Problem::forbidden(None))
}
