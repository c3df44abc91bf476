//! Lists of people brought from elsewhere: looked at, brought, begun, stopped.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Machine;
use super::input::{Id, Query, read};
use super::page::{Asked, List, Page};
use super::problem::Problem;
use super::shown::{created, import};
use crate::base::{ImportId, Role, Timestamp};
use crate::flows::imports::{self, Job, Options, Refused};
use crate::identity::roster::{Fault as Found, Limits, State};
use crate::web::{Web, answers};

/// Largest list, in bytes.
pub(super) const LARGEST: usize = Limits::USUAL.bytes;
/// Faulty rows told; the console has a sheet of all.
const FAULTS: usize = 200;

/// A list of people.
#[derive(Serialize, ToSchema)]
pub(super) struct Import {
    /// Its id.
    id: String,
    /// Where its people belong.
    organisation: String,
    /// Who brought it, as events name them.
    actor: String,
    /// Where it stands.
    state: State,
    /// Rows.
    total: i64,
    /// Rows that were looked at.
    done: i64,
    /// People who were created.
    created: i64,
    /// Rows of people who came before.
    skipped: i64,
    /// Rows that failed.
    failed: i64,
    /// When it was brought.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was over.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// What is wrong with it, the first rows.
    faults: Vec<RowFault>,
}

/// What is wrong with a row.
#[derive(Serialize, ToSchema)]
struct RowFault {
    /// The line of the list, from 1.
    line: u64,
    /// The column, where it is one cell's.
    column: Option<&'static str>,
    /// What is wrong.
    what: String,
    /// How to mend it.
    fix: String,
}

/// What a list would do.
#[derive(Serialize, ToSchema)]
pub(super) struct ImportPreview {
    /// Rows.
    total: usize,
    /// People who would be created.
    create: usize,
    /// Rows of people who came before.
    unchanged: usize,
    /// Rows whose username or address somebody else has.
    conflicts: usize,
    /// Rows with something wrong in them.
    errors: usize,
    /// Of those to be created: to be sent a link.
    to_invite: usize,
    /// Of those to be created: with neither a password nor a link.
    without_a_way_in: usize,
    /// What is wrong, the first rows.
    faults: Vec<RowFault>,
}

/// Where the people of a list belong.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Brought {
    /// Where they belong; the client's own organisation where nothing is said.
    organisation: Option<String>,
    /// The role of whoever's row names none.
    role: Option<Role>,
}

/// A list as CSV.
pub(super) struct Csv(Bytes);

impl FromRequest<Web> for Csv {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let machine = Machine::from_request_parts(&mut parts, web).await?;
        let bytes = read(&machine, &parts.headers, body, "text/csv", LARGEST).await?;
        Ok(Self(bytes))
    }
}

fn fault(found: Found) -> RowFault {
    let column = found.column.map(|column| column.as_str());
    RowFault { line: found.line, column, what: found.what, fix: found.fix }
}

fn options(brought: &Brought) -> Options {
    Options { role: brought.role, ..Options::default() }
}

impl Machine {
    fn import_refused(&self, why: Refused) -> Response {
        match why {
            Refused::Unreadable(why) => self.problem(&Problem::new("VS-4000", format!("{why}."))),
            Refused::Admin(why) => self.refuse(&why),
            Refused::Unknown => {
                self.problem(&Problem::new("VS-4090", "The list was begun or stopped before, or is gone."))
            }
            Refused::TooMany => self.problem(&Problem::new(
                "VS-4090",
                "Other lists of this organisation wait; begin them or throw them away first.",
            )),
            Refused::Store(why) => self.refuse(&why.into()),
        }
    }

    async fn shows_import(&self, job: Job, faults: Vec<Found>) -> Import {
        Import {
            id: job.id.to_string(),
            organisation: job.organisation.to_string(),
            actor: job.actor,
            state: job.state,
            total: job.total,
            done: job.done,
            created: job.created,
            skipped: job.skipped,
            failed: job.failed,
            created_at: job.created_at.to_rfc3339(),
            ended_at: job.ended_at.map(|at| at.to_rfc3339()),
            faults: faults.into_iter().map(fault).collect(),
        }
    }
}

/// The lists of the last days, the newest first, without what is wrong with them.
#[utoipa::path(
    get,
    path = "/api/admin/v1/imports",
    tag = "imports",
    operation_id = "list_imports",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<Import>))
)]
pub(super) async fn list(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    let list = List::of("imports", &());
    let after = list.place(&machine, asked.cursor.as_deref())?;
    let after = after.as_deref().and_then(place);
    let most = asked.limit.rows().saturating_add(1);
    let jobs = imports::list_after(&machine.cx, &machine.who, after.as_ref(), most).await;
    let mut jobs = machine.done(jobs)?;
    let more = jobs.len() > asked.limit.items();
    jobs.truncate(asked.limit.items());
    let last = jobs.last().filter(|_| more);
    let next = last.map(|last| list.cursor(&machine, &format!("{} {}", last.created_at.micros(), last.id)));
    let mut items = Vec::new();
    for job in jobs {
        items.push(machine.shows_import(job, Vec::new()).await);
    }
    Ok(answers::json(200, &Page { items, next }))
}

/// The place of a cursor: when a list was brought, and which.
fn place(text: &str) -> Option<(Timestamp, ImportId)> {
    let (at, id) = text.split_once(' ')?;
    Some((Timestamp::from_micros(at.parse().ok()?), ImportId::from_text(id)))
}

/// One list, and how far it is.
#[utoipa::path(
    get,
    path = "/api/admin/v1/imports/{id}",
    tag = "imports",
    operation_id = "get_import",
    params(("id" = String, Path, description = "The list.")),
    responses((status = 200, description = "The list.", body = Import), (status = 409))
)]
pub(super) async fn get(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let found = imports::authorise(&machine.cx, &machine.who, machine.action, &import(&id)).await;
    let (actor, job) = machine.done(found)?;
    let faults = imports::faults(&machine.cx, &actor, &job.id, FAULTS).await;
    let faults = faults.map_err(|why| machine.import_refused(why))?;
    Ok(answers::json(200, &machine.shows_import(job, faults).await))
}

/// Look at a list: nothing is kept.
#[utoipa::path(
    post,
    path = "/api/admin/v1/imports/preview",
    tag = "imports",
    operation_id = "preview_import",
    params(Brought),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What would happen.", body = ImportPreview))
)]
pub(super) async fn preview(
    machine: Machine,
    Query(brought): Query<Brought>,
    Csv(bytes): Csv,
) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(brought.organisation.as_deref())).await?;
    let seen = imports::preview(&machine.cx, &actor, &bytes, &options(&brought)).await;
    let seen = seen.map_err(|why| machine.import_refused(why))?;
    let shown = ImportPreview {
        total: seen.total,
        create: seen.create,
        unchanged: seen.unchanged,
        conflicts: seen.conflicts,
        errors: seen.errors,
        to_invite: seen.to_invite,
        without_a_way_in: seen.without_a_way_in,
        faults: seen.faults.into_iter().take(FAULTS).map(fault).collect(),
    };
    Ok(answers::json(200, &shown))
}

/// Bring a list: it waits an hour for somebody to begin it.
#[utoipa::path(
    post,
    path = "/api/admin/v1/imports",
    tag = "imports",
    operation_id = "create_import",
    params(Brought),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, description = "It waits.", body = Import, headers(("Location" = String))))
)]
pub(super) async fn stage(
    machine: Machine,
    Query(brought): Query<Brought>,
    Csv(bytes): Csv,
) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(brought.organisation.as_deref())).await?;
    let staged = imports::stage(&machine.cx, &actor, &bytes, &options(&brought)).await;
    let (id, seen) = staged.map_err(|why| machine.import_refused(why))?;
    let job = imports::status(&machine.cx, &actor, &id).await;
    let job = job.map_err(|why| machine.import_refused(why))?;
    let faults = seen.faults.into_iter().take(FAULTS).collect();
    Ok(created(&format!("imports/{id}"), &machine.shows_import(job, faults).await))
}

/// Begin a list: its people are created in the background.
#[utoipa::path(
    post,
    path = "/api/admin/v1/imports/{id}/apply",
    tag = "imports",
    operation_id = "apply_import",
    params(("id" = String, Path, description = "The list.")),
    responses((status = 200, description = "It is begun.", body = Import), (status = 409))
)]
pub(super) async fn apply(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let found = imports::authorise(&machine.cx, &machine.who, machine.action, &import(&id)).await;
    let (actor, job) = machine.done(found)?;
    let begun = imports::apply(&machine.cx, &actor, &job.id).await;
    begun.map_err(|why| machine.import_refused(why))?;
    let job = imports::status(&machine.cx, &actor, &job.id).await;
    let job = job.map_err(|why| machine.import_refused(why))?;
    Ok(answers::json(200, &machine.shows_import(job, Vec::new()).await))
}

/// Stop a list; whoever was created stays.
#[utoipa::path(
    post,
    path = "/api/admin/v1/imports/{id}/cancel",
    tag = "imports",
    operation_id = "cancel_import",
    params(("id" = String, Path, description = "The list.")),
    responses((status = 200, description = "It is stopped.", body = Import), (status = 409))
)]
pub(super) async fn cancel(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let found = imports::authorise(&machine.cx, &machine.who, machine.action, &import(&id)).await;
    let (actor, job) = machine.done(found)?;
    let stopped = imports::cancel(&machine.cx, &actor, &job.id).await;
    if !stopped.map_err(|why| machine.import_refused(why))? {
        return Err(machine.import_refused(Refused::Unknown));
    }
    let job = imports::status(&machine.cx, &actor, &job.id).await;
    let job = job.map_err(|why| machine.import_refused(why))?;
    Ok(answers::json(200, &machine.shows_import(job, Vec::new()).await))
}
