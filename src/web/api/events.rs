//! The trail: a search, one event, and copies. Each is in the trail itself.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Machine;
use super::input::{Id, Query};
use super::page::{Limit, List, Page};
use super::problem::Problem;
use super::shown::{app, organisation, person};
use crate::audit::{Event as Found, Kind, Outcome, Severity};
use crate::base::{EventId, Timestamp};
use crate::flows::admin::AdminActor;
use crate::flows::audit::{self, Copy, Filter, Format, Signed, Told};
use crate::web::{answers, copies};

/// Most characters of a filter.
const LONGEST: usize = 200;

/// What happened.
#[derive(Serialize, ToSchema)]
pub(super) struct Event {
    /// Its id.
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What, as a stable word.
    kind: Kind,
    /// How loud it is.
    severity: Severity,
    /// How it ended.
    outcome: Outcome,
    /// Where.
    organisation: String,
    /// Who did it: `account:…`, `client:…`, `host:…`, `system` or `anonymous`.
    actor: String,
    /// Whom it is about.
    person: Option<String>,
    /// The app it is about, or went through.
    app: Option<String>,
    /// The session.
    session: Option<String>,
    /// The network it came from.
    network: Option<String>,
    /// The reference of the request.
    request: Option<String>,
    /// Why it was refused, as a stable word.
    reason: Option<String>,
    /// More, by the kind.
    #[schema(value_type = Option<Object>)]
    detail: Option<serde_json::Value>,
    /// All of it in words, with the names of whom the client may see.
    sentence: String,
}

/// How a copy is written.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CopyFormat {
    /// JSON, one object a line.
    #[default]
    Ndjson,
    /// For spreadsheets; no cell is a formula.
    Csv,
    /// The whole trail, as a file that proves itself; for clients of the root, without any filter.
    Signed,
}

/// What is copied.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// How it is written.
    #[serde(default)]
    #[param(inline)]
    format: CopyFormat,
    /// About this person.
    person: Option<String>,
    /// Of this kind.
    kind: Option<Kind>,
    /// By this actor, as events name them.
    #[param(max_length = 200)]
    actor: Option<String>,
    /// About this app, or through it.
    app: Option<String>,
    /// That ended so.
    outcome: Option<Outcome>,
    /// Of the request with this reference.
    #[param(max_length = 200)]
    request: Option<String>,
    /// Of this organisation.
    organisation: Option<String>,
    /// Not before this moment, or this day.
    from: Option<String>,
    /// Before this moment, or this day.
    until: Option<String>,
}

/// What is searched for.
#[derive(Default, Deserialize, IntoParams, Serialize)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// About this person.
    person: Option<String>,
    /// Of this kind.
    kind: Option<Kind>,
    /// By this actor, as events name them.
    #[param(max_length = 200)]
    actor: Option<String>,
    /// About this app, or through it.
    app: Option<String>,
    /// That ended so.
    outcome: Option<Outcome>,
    /// Of the request with this reference.
    #[param(max_length = 200)]
    request: Option<String>,
    /// Of this organisation.
    organisation: Option<String>,
    /// Not before this moment, or this day.
    from: Option<String>,
    /// Before this moment, or this day.
    until: Option<String>,
    /// From `next` of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
    /// Items of the page.
    #[serde(default, skip_serializing)]
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

fn event(told: Told) -> Event {
    let Told { event, sentence, .. } = told;
    let Found { id, at, kind, outcome, organisation, actor, account, client, session, network, .. } = event;
    Event {
        id: id.to_string(),
        at: at.to_rfc3339(),
        severity: kind.severity(),
        kind,
        outcome,
        organisation: organisation.to_string(),
        actor: actor.to_text(),
        person: account.map(|id| id.to_string()),
        app: client.map(|id| id.to_string()),
        session: session.map(|id| id.to_string()),
        network,
        request: event.request,
        reason: event.reason,
        detail: event.detail,
        sentence,
    }
}

fn moment(machine: &Machine, name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Response> {
    let Some(text) = text else { return Ok(None) };
    let detail = || format!("{name}: write a moment as 2026-11-23T14:45:00Z, or a day as 2026-11-23.");
    Timestamp::parse(text).map(Some).ok_or_else(|| machine.problem(&Problem::new("VS-4000", detail())))
}

/// The place of a cursor: when, and which event.
fn place(text: &str) -> Option<(Timestamp, EventId)> {
    let (at, id) = text.split_once(' ')?;
    Some((Timestamp::from_micros(at.parse().ok()?), EventId::from_text(id)))
}

impl Asked {
    /// What is asked for, as the trail is searched.
    fn filter(&self, machine: &Machine) -> Result<Filter, Response> {
        // What is asked for stands in the trail.
        let texts = [&self.person, &self.actor, &self.app, &self.request, &self.organisation];
        if texts.into_iter().flatten().any(|text| text.len() > LONGEST) {
            let detail = format!("A filter has at most {LONGEST} characters.");
            return Err(machine.problem(&Problem::new("VS-4000", detail)));
        }
        Ok(Filter {
            account: self.person.as_deref().map(person),
            kinds: self.kind.into_iter().collect(),
            actor: self.actor.clone(),
            client: self.app.as_deref().map(app),
            outcome: self.outcome,
            request: self.request.clone(),
            organisation: self.organisation.as_deref().map(organisation),
            from: moment(machine, "from", self.from.as_deref())?,
            until: moment(machine, "until", self.until.as_deref())?,
            ..Filter::default()
        })
    }
}

impl From<Wanted> for Asked {
    fn from(wanted: Wanted) -> Self {
        let Wanted { person, kind, actor, app, outcome, request, organisation, from, until, .. } = wanted;
        Self { person, kind, actor, app, outcome, request, organisation, from, until, ..Self::default() }
    }
}

impl Machine {
    /// The trail is looked at from where the client stands.
    async fn stands(&self) -> Result<AdminActor, Response> {
        self.at(&self.place_of(None)).await
    }
}

/// What happened at the client's organisation and below, the newest first. The search is in the trail itself.
#[utoipa::path(
    get,
    path = "/api/admin/v1/events",
    tag = "events",
    operation_id = "list_events",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<Event>))
)]
pub(super) async fn list(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    let list = List::of("events", &asked);
    let after = list.place(&machine, asked.cursor.as_deref())?;
    let filter = Filter { after: after.as_deref().and_then(place), ..asked.filter(&machine)? };
    let actor = machine.stands().await?;
    let found = machine.done(audit::search(&machine.cx, &actor, &filter, asked.limit.rows()).await)?;
    let next = found.older.map(|(at, id)| list.cursor(&machine, &format!("{} {id}", at.micros())));
    let told = machine.done(audit::told(&machine.cx, &actor, found.events).await)?;
    Ok(answers::json(200, &Page { items: told.into_iter().map(event).collect::<Vec<_>>(), next }))
}

/// A copy of what happened at the client's organisation and below, the newest first, of any length. Taking it is in the trail
/// itself. An answer that breaks off is not whole; it does when the client may not read any more. Two run at once for an organisation.
#[utoipa::path(
    get,
    path = "/api/admin/v1/events/export",
    tag = "events",
    operation_id = "export_events",
    params(Wanted),
    responses((status = 200, description = "The copy.", content(
        (String = "application/x-ndjson"), (String = "text/csv; charset=utf-8")
    )))
)]
pub(super) async fn export(machine: Machine, Query(wanted): Query<Wanted>) -> Result<Response, Response> {
    let format = match wanted.format {
        CopyFormat::Ndjson => Format::Ndjson,
        CopyFormat::Csv => Format::Csv,
        CopyFormat::Signed => {
            let actor = machine.stands().await?;
            let copy = machine.done(Signed::begin(&machine.cx, &actor).await)?;
            return Ok(copies::signed(machine.cx, copy));
        }
    };
    let filter = Asked::from(wanted).filter(&machine)?;
    let actor = machine.stands().await?;
    let copy = machine.done(Copy::begin(&machine.cx, &actor, filter, format).await)?;
    Ok(copies::copy(machine.cx, copy, format))
}

/// One event.
#[utoipa::path(
    get,
    path = "/api/admin/v1/events/{id}",
    tag = "events",
    operation_id = "get_event",
    params(("id" = String, Path, description = "The event.")),
    responses((status = 200, description = "The event.", body = Event))
)]
pub(super) async fn get(machine: Machine, Id(id): Id) -> Result<Response, Response> {
    let actor = machine.stands().await?;
    let looked = audit::look(&machine.cx, &actor, &EventId::from_text(id)).await;
    let (found, _) = machine.done(looked)?;
    let told = machine.done(audit::told(&machine.cx, &actor, vec![found]).await)?;
    let told = told.into_iter().next().ok_or_else(|| machine.problem(&Problem::not_found()))?;
    Ok(answers::json(200, &event(told)))
}
