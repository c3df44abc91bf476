//! The overview: how far people have come, from kept counts.

use std::collections::BTreeMap;

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Machine;
use crate::base::Role;
use crate::flows::admin::enrolments;
use crate::policy::enrolment::Stage;
use crate::web::answers;

/// How many people reached the stages, at the client's organisation and below.
#[derive(Serialize, ToSchema)]
pub(super) struct Overview {
    /// The stages, the first one first.
    funnel: Vec<Step>,
    /// People by their strongest way to sign in.
    strongest: BTreeMap<&'static str, i64>,
    /// People who may not sign in; they are in no stage.
    suspended: i64,
}

/// One stage.
#[derive(Serialize, ToSchema)]
struct Step {
    /// Which.
    stage: Stage,
    /// How many are there, or beyond.
    reached: i64,
    /// The same, by role.
    by_role: BTreeMap<&'static str, i64>,
}

/// How far people have come.
#[utoipa::path(
    get,
    path = "/api/admin/v1/overview",
    tag = "overview",
    operation_id = "get_overview",
    responses((status = 200, description = "The counts.", body = Overview))
)]
pub(super) async fn get(machine: Machine) -> Result<Response, Response> {
    let funnel = machine.done(enrolments::funnel(&machine.cx, &machine.who).await)?;
    let by_role = |stage: Stage| {
        let of = |role: &Role| (role.as_str(), funnel.reached(stage, Some(*role)));
        Role::ALL.iter().map(of).collect()
    };
    let step = |stage: &Stage| Step {
        stage: *stage,
        reached: funnel.reached(*stage, None),
        by_role: by_role(*stage),
    };
    let overview = Overview {
        funnel: Stage::ALL.iter().map(step).collect(),
        strongest: funnel.strongest.iter().map(|(way, people)| (way.as_str(), *people)).collect(),
        suspended: funnel.suspended,
    };
    Ok(answers::json(200, &overview))
}
