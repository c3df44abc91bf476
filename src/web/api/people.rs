//! People: the list, one of them, and what is done for them.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Machine;
use super::input::{Id, Json, Query};
use super::page::{Limit, List, Page, tagged, version};
use super::problem::Problem;
use super::shown::{nothing, organisation, person};
use crate::base::Role;
use crate::duties::Reason;
use crate::factors::FactorKind;
use crate::flows::account::Way as Held;
use crate::flows::admin::enrolments::{self, Entry};
use crate::flows::admin::people;
use crate::identity::{Account, State};
use crate::policy::Arms;
use crate::policy::enrolment::{Stage, Strongest, strongest};
use crate::web::answers;

/// A person.
#[derive(Serialize, ToSchema)]
pub(super) struct Person {
    /// The id.
    pub id: String,
    /// What they type to sign in.
    username: String,
    /// How they are called.
    name: String,
    /// Their address.
    email: Option<String>,
    /// What the account is for.
    role: Role,
    /// Whether they may sign in.
    state: State,
    /// Where they belong.
    organisation: String,
    /// How far they have come.
    stage: Option<Stage>,
    /// Their strongest way to sign in.
    strongest: Option<Strongest>,
    /// When the account was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A person, with what stands between them and being ready.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonInFull {
    /// The person.
    #[serde(flatten)]
    person: Person,
    /// What is missing, the next thing first.
    missing: Vec<&'static str>,
    /// Their ways to sign in, without their secrets.
    ways: Vec<Way>,
}

/// A way to sign in.
#[derive(Serialize, ToSchema)]
struct Way {
    /// What it is.
    kind: FactorKind,
    /// What its person calls it.
    label: String,
    /// When it was bound.
    #[schema(format = DateTime)]
    added_at: String,
    /// When it was last used.
    #[schema(format = DateTime)]
    used_at: Option<String>,
    /// Whether it is switched off after too many failures.
    switched_off: bool,
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Because {
    /// Why, in words: kept sealed in the trail.
    #[schema(min_length = 5, max_length = 500)]
    reason: String,
}

/// What a list is asked for.
#[derive(Deserialize, IntoParams, Serialize)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Words of names, a username or an address: whole words, or their first three to six letters.
    #[param(max_length = 100)]
    q: Option<String>,
    /// How far they have come.
    stage: Option<Stage>,
    /// What their accounts are for.
    role: Option<Role>,
    /// Whether they may sign in.
    state: Option<State>,
    /// Their strongest way.
    strongest: Option<Strongest>,
    /// At or below this organisation.
    organisation: Option<String>,
    /// From `next` of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
    /// Items of the page.
    #[serde(default, skip_serializing)]
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

impl Person {
    fn of(account: &Account, stage: Option<Stage>, strongest: Option<Strongest>) -> Self {
        Self {
            id: account.id.to_string(),
            username: account.profile.username.clone(),
            name: account.display_name().to_owned(),
            email: account.profile.email.clone(),
            role: account.role,
            state: account.state,
            organisation: account.organisation.to_string(),
            stage,
            strongest,
            created_at: account.created_at.to_rfc3339(),
        }
    }
}

impl From<&Entry> for Person {
    fn from(entry: &Entry) -> Self {
        Self::of(&entry.account, Some(entry.stage), Some(entry.strongest))
    }
}

impl From<&Account> for Person {
    fn from(account: &Account) -> Self {
        Self::of(account, None, None)
    }
}

impl From<&Held> for Way {
    fn from(way: &Held) -> Self {
        Self {
            kind: way.kind,
            label: way.label.clone(),
            added_at: way.added.to_rfc3339(),
            used_at: way.used.map(|at| at.to_rfc3339()),
            switched_off: way.disabled,
        }
    }
}

/// The people the client reaches, the newest first.
#[utoipa::path(
    get,
    path = "/api/admin/v1/people",
    tag = "people",
    operation_id = "list_people",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<Person>), (status = 404))
)]
pub(super) async fn list(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    let list = List::of("people", &asked);
    let before = list.place(&machine, asked.cursor.as_deref())?;
    let query = asked.q.clone().unwrap_or_default();
    if query.chars().count() > 100 {
        return Err(machine.problem(&Problem::new("VS-4000", "q: at most 100 characters.")));
    }
    let wanted = enrolments::Asked {
        query,
        stage: asked.stage,
        role: asked.role,
        state: asked.state,
        strongest: asked.strongest,
        organisation: asked.organisation.as_deref().map(organisation),
        before: before.and_then(|place| place.parse().ok()),
        limit: Some(asked.limit.items()),
    };
    let found = machine.done(enrolments::list(&machine.cx, &machine.who, &wanted).await)?;
    if found.too_short {
        return Err(machine.problem(&Problem::new("VS-4000", "q: give a word to look for.")));
    }
    let page = Page {
        next: found.next.map(|number| list.cursor(&machine, &number.to_string())),
        items: found.people.iter().map(Person::from).collect(),
    };
    Ok(answers::json(200, &page))
}

/// One person.
#[utoipa::path(
    get,
    path = "/api/admin/v1/people/{id}",
    tag = "people",
    operation_id = "get_person",
    params(("id" = String, Path, description = "The person.")),
    responses(
        (status = 200, description = "The person.", body = PersonInFull, headers(("ETag" = String))),
        (status = 304, description = "The client has this version.")
    )
)]
pub(super) async fn get(machine: Machine, headers: HeaderMap, Id(id): Id) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    let seen = machine.done(people::see(&machine.cx, &actor, &account).await)?;
    let enabled = seen.ways.iter().filter(|way| !way.disabled).map(|way| way.kind).collect();
    let strongest = Some(strongest(&Arms { enabled, ..Arms::default() }));
    let shown = PersonInFull {
        person: Person::of(&account, Some(seen.stage()), strongest),
        missing: seen.missing.iter().map(|missing| missing.as_str()).collect(),
        ways: seen.ways.iter().map(Way::from).collect(),
    };
    Ok(tagged(&headers, &version(&shown), &shown))
}

/// Stop somebody from signing in; everything they have open ends.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/suspend",
    tag = "people",
    operation_id = "suspend_person",
    params(("id" = String, Path, description = "The person.")),
    request_body = Because,
    responses((status = 204, description = "They sign in no more."), (status = 409))
)]
pub(super) async fn suspend(
    machine: Machine,
    Id(id): Id,
    Json(because): Json<Because>,
) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    let reason = machine.done(Reason::parse(&because.reason))?;
    machine.done(people::suspend(&machine.cx, &actor, &account, &reason).await)?;
    Ok(nothing())
}

/// Let somebody sign in again.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/enable",
    tag = "people",
    operation_id = "enable_person",
    params(("id" = String, Path, description = "The person.")),
    request_body = Because,
    responses((status = 204, description = "They may sign in."), (status = 409))
)]
pub(super) async fn enable(
    machine: Machine,
    Id(id): Id,
    Json(because): Json<Because>,
) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    let reason = machine.done(Reason::parse(&because.reason))?;
    machine.done(people::enable(&machine.cx, &actor, &account, &reason).await)?;
    Ok(nothing())
}

/// End everything somebody has open.
#[utoipa::path(
    post,
    path = "/api/admin/v1/people/{id}/end-sessions",
    tag = "people",
    operation_id = "end_sessions",
    params(("id" = String, Path, description = "The person.")),
    responses((status = 204, description = "Nothing of theirs is open."))
)]
pub(super) async fn end_sessions(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let (actor, account) = machine.about(&person(&id)).await?;
    machine.done(people::end_sessions(&machine.cx, &actor, &account).await)?;
    Ok(nothing())
}
