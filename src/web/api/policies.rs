//! What is asked of people: the policy in force, its versions, and what it would ask of one person. A client changes it for the
//! better, or sideways; what asks less takes two people at the console.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Machine;
use super::input::{Id, Json, Query};
use super::page::{Asked, List, Page, stale, tagged, version};
use super::problem::Problem;
use super::shown::{app, created, person};
use crate::base::{Acr, OrganisationId, Role};
use crate::duties::{Action, Reason};
use crate::factors::FactorKind;
use crate::flows::admin;
use crate::flows::clients::list as apps;
use crate::flows::policies::{self, Approval, Refused as NotChanged, Version as Found};
use crate::policy::Need;
use crate::policy::rules::{Change, Rules};
use crate::web::answers;

/// The policy in force. Apps' own rules are told to clients of the root alone.
#[derive(Serialize, ToSchema)]
pub(super) struct Policy {
    /// Its version; 0 are the rules it came with.
    version: i64,
    /// What it asks.
    #[schema(value_type = Object)]
    rules: Rules,
}

/// A version of the policy.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyVersion {
    /// Its number.
    version: i64,
    /// What it asks.
    #[schema(value_type = Object)]
    rules: Rules,
    /// Who made it.
    actor: String,
    /// Why.
    reason: String,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
    /// What it changed of the version before it.
    changes: Vec<PolicyMember>,
}

/// A member that changed.
#[derive(Serialize, ToSchema)]
struct PolicyMember {
    /// Which.
    member: String,
    /// As it was.
    before: String,
    /// As it is.
    after: String,
    /// Whether it asks less.
    weaker: bool,
}

/// A policy that is to be in force.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPolicyVersion {
    /// The version it changes: the newest one, or 0 while there is none.
    #[schema(minimum = 0)]
    base: i64,
    /// All it asks, as `rules` of a version says it.
    #[schema(value_type = Object)]
    rules: serde_json::Value,
    /// Why, in words.
    #[schema(min_length = 5, max_length = 500)]
    reason: String,
}

/// A policy that is only looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyWish {
    /// The version it would change: the newest one, or 0 while there is none.
    #[schema(minimum = 0)]
    base: i64,
    /// All it would ask, as `rules` of a version says it.
    #[schema(value_type = Object)]
    rules: serde_json::Value,
}

/// What a policy would change.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyPreview {
    /// What it would change of the version it is made from.
    changes: Vec<PolicyMember>,
    /// Whether any of it asks less, so that two people decide.
    weaker: bool,
}

/// What a sign-in would ask.
#[derive(Serialize, ToSchema)]
pub(super) struct Simulation {
    /// The person.
    person: String,
    /// Their role.
    role: Role,
    /// The app.
    app: Option<String>,
    /// The level that would have to be reached.
    acr: Acr,
    /// What they would be asked first, with nothing proved.
    first: NextStep,
    /// What would come after they proved everything they have.
    then: NextStep,
    /// The version of the policy that says so.
    version: i64,
}

/// What would be asked next.
#[derive(Serialize, ToSchema)]
struct NextStep {
    /// `in`: nothing; `prove`: one of the ways; `enrol`: a further way; `stuck`: nothing leads on.
    #[schema(pattern = "^(in|prove|enrol|stuck)$")]
    step: &'static str,
    /// The ways.
    ways: Vec<FactorKind>,
}

/// Whose sign-in is tried, and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Tried {
    /// The person's id.
    person: String,
    /// The app's client_id; none for our own pages.
    app: Option<String>,
}

impl From<Change> for PolicyMember {
    fn from(change: Change) -> Self {
        Self { member: change.member, before: change.before, after: change.after, weaker: change.weaker }
    }
}

impl Machine {
    /// The answer where a policy was not changed.
    fn policy_refused(&self, why: NotChanged) -> Response {
        match why {
            NotChanged::Rules(bad) => self.problem(&Problem::new("VS-4000", format!("rules: {bad}"))),
            NotChanged::Unchanged => self.problem(&Problem::new("VS-4090", "Nothing would change.")),
            NotChanged::Stale(_) => stale(self),
            NotChanged::Weaker(changes) => {
                let members: Vec<String> = changes.into_iter().map(|change| change.member).collect();
                let detail = format!(
                    "This asks less of people than before: {}. Two people decide that at the console; a client is \
                     neither of them.",
                    members.join(", ")
                );
                self.problem(&Problem::new("VS-4032", detail))
            }
            NotChanged::Admin(why) => self.refuse(&why),
            NotChanged::Store(why) => self.refuse(&why.into()),
        }
    }
}

impl From<Found> for PolicyVersion {
    fn from(found: Found) -> Self {
        Self {
            version: found.number,
            rules: found.rules,
            actor: found.actor,
            reason: found.reason,
            created_at: found.created_at.to_rfc3339(),
            changes: found.changes.into_iter().map(PolicyMember::from).collect(),
        }
    }
}

fn step(need: &Need) -> NextStep {
    let (step, ways) = match need {
        Need::Met(_) => ("in", Vec::new()),
        Need::Prove(ways) => ("prove", ways.clone()),
        Need::Enrol(ways) => ("enrol", ways.clone()),
        Need::Stuck => ("stuck", Vec::new()),
    };
    NextStep { step, ways }
}

/// The policy in force.
#[utoipa::path(
    get,
    path = "/api/admin/v1/policies/current",
    tag = "policies",
    operation_id = "get_policy",
    responses(
        (status = 200, description = "The policy.", body = Policy, headers(("ETag" = String))),
        (status = 304, description = "The client has this version.")
    )
)]
pub(super) async fn current(machine: Machine, headers: HeaderMap) -> Result<Response, Response> {
    let current = machine.done(machine.cx.policies.current(&machine.cx).await)?;
    let mut policy = Policy { version: current.version, rules: current.rules.clone() };
    // Which apps there are elsewhere is not told.
    if !machine.who.may_at(Action::PolicyRead, &crate::duties::Path::root()) {
        policy.rules.apps.clear();
    }
    Ok(tagged(&headers, &version(&policy), &policy))
}

/// The versions, the newest first. They are the whole installation's.
#[utoipa::path(
    get,
    path = "/api/admin/v1/policies/versions",
    tag = "policies",
    operation_id = "list_policy_versions",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<PolicyVersion>), (status = 404))
)]
pub(super) async fn versions(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    machine.at(&OrganisationId::root()).await?;
    let list = List::of("policies", &());
    let before = list.place(&machine, asked.cursor.as_deref())?;
    let before = before.and_then(|place| place.parse().ok()).unwrap_or(i64::MAX);
    let most = asked.limit.rows();
    let mut found = machine.done(policies::history(&machine.cx, before, most.saturating_add(1)).await)?;
    let more = found.len() > asked.limit.items();
    found.truncate(asked.limit.items());
    let next = found.last().filter(|_| more).map(|last| list.cursor(&machine, &last.number.to_string()));
    Ok(answers::json(
        200,
        &Page { items: found.into_iter().map(PolicyVersion::from).collect::<Vec<_>>(), next },
    ))
}

/// One version.
#[utoipa::path(
    get,
    path = "/api/admin/v1/policies/versions/{version}",
    tag = "policies",
    operation_id = "get_policy_version",
    params(("version" = i64, Path, description = "Its number.")),
    responses((status = 200, description = "The version.", body = PolicyVersion))
)]
pub(super) async fn one(machine: Machine, Id(number): Id) -> Result<Response, Response> {
    machine.at(&OrganisationId::root()).await?;
    let missing = || machine.problem(&Problem::not_found());
    let number = number.parse::<i64>().ok().filter(|n| *n < i64::MAX).ok_or_else(missing)?;
    let found = machine.done(policies::history(&machine.cx, number.saturating_add(1), 1).await)?;
    let found = found.into_iter().find(|found| found.number == number).ok_or_else(missing)?;
    Ok(answers::json(200, &PolicyVersion::from(found)))
}

/// Put a policy in force as the version after the one it changes. What asks less than before is refused: two people decide that
/// at the console.
#[utoipa::path(
    post,
    path = "/api/admin/v1/policies/versions",
    tag = "policies",
    operation_id = "create_policy_version",
    request_body = NewPolicyVersion,
    responses(
        (status = 201, description = "It is in force, with what it changed.", body = PolicyVersion,
            headers(("Location" = String))),
        (status = 409), (status = 412)
    )
)]
pub(super) async fn create(
    machine: Machine,
    Json(new): Json<NewPolicyVersion>,
) -> Result<Response, Response> {
    let actor = machine.at(&OrganisationId::root()).await?;
    let reason = machine.done(Reason::parse(&new.reason))?;
    let document = new.rules.to_string();
    let put = policies::change(&machine.cx, &actor, new.base, &document, &reason, Approval::None).await;
    let number = put.map_err(|why| machine.policy_refused(why))?;
    let found = machine.done(policies::history(&machine.cx, number.saturating_add(1), 1).await)?;
    let missing = || machine.problem(&Problem::unavailable());
    let found = found.into_iter().find(|found| found.number == number).ok_or_else(missing)?;
    Ok(created(&format!("policies/versions/{number}"), &PolicyVersion::from(found)))
}

/// What a policy would change, and whether any of it asks less. Nothing is changed.
#[utoipa::path(
    post,
    path = "/api/admin/v1/policies/preview",
    tag = "policies",
    operation_id = "preview_policy",
    request_body = PolicyWish,
    responses(
        (status = 200, description = "What it would change.", body = PolicyPreview),
        (status = 409), (status = 412)
    )
)]
pub(super) async fn preview(machine: Machine, Json(wish): Json<PolicyWish>) -> Result<Response, Response> {
    machine.at(&OrganisationId::root()).await?;
    let seen = policies::preview(&machine.cx, wish.base, &wish.rules.to_string()).await;
    let changes = seen.map_err(|why| machine.policy_refused(why))?;
    let weaker = changes.iter().any(|change| change.weaker);
    let changes = changes.into_iter().map(PolicyMember::from).collect();
    Ok(answers::json(200, &PolicyPreview { changes, weaker }))
}

/// What a sign-in of one person would ask. Nothing is changed.
#[utoipa::path(
    get,
    path = "/api/admin/v1/policies/simulation",
    tag = "policies",
    operation_id = "simulate_policy",
    params(Tried),
    responses((status = 200, description = "What would be asked.", body = Simulation), (status = 404))
)]
pub(super) async fn simulate(machine: Machine, Query(tried): Query<Tried>) -> Result<Response, Response> {
    let cx = &machine.cx;
    let about = admin::authorise_about(cx, &machine.who, Action::AccountRead, &person(&tried.person)).await;
    let (_, account) = machine.done_as(about, Action::AccountRead)?;
    let app = tried.app.as_deref().map(app);
    if let Some(app) = &app {
        let found = apps::authorised(cx, &machine.who, Action::ClientRead, app).await;
        machine.done_as(found, Action::ClientRead)?;
    }
    let answer = machine.done(policies::simulate(cx, &account.id, app.as_ref(), None).await)?;
    let answer = answer.ok_or_else(|| machine.problem(&Problem::not_found()))?;
    let shown = Simulation {
        person: account.id.to_string(),
        role: answer.role,
        app: app.map(|app| app.to_string()),
        acr: answer.acr,
        first: step(&answer.first),
        then: step(&answer.then),
        version: answer.version,
    };
    Ok(answers::json(200, &shown))
}
