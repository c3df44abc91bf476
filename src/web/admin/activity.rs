//! The trail: searched, looked at event by event, and taken elsewhere.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Admin, AdminForm, shown};
use crate::audit::{Actor, Event, Group, Kind, Outcome};
use crate::base::{AccountId, ClientId, EventId, OrganisationId, Timestamp};
use crate::duties::{Action, Organisation, Path as Branch};
use crate::flows::accounts;
use crate::flows::admin::{self, AdminActor, Refused, organisations};
use crate::flows::audit::{self, Copy, Filter, Format, Page, Signed, Standing, Told};
use crate::oidc::authorize::RawRequest;
use crate::web::pages::admin::activity::{
    ActivityError, ActivityPage, EventLine, EventPage, ExportForm, Fact, FactWord, GroupWord, KindGroup,
    OutcomeWord, StandingWord, Typed,
};
use crate::web::pages::admin::people::{EVERY, Filter as Choice};
use crate::web::pages::render;
use crate::web::{answers, copies, paths};

/// Events a page.
const SHOWN: i64 = 50;

/// What is asked for, as it was typed.
struct Asked {
    organisation: String,
    kind: String,
    outcome: String,
    typed: Typed,
    younger: Option<audit::Place>,
    older: Option<audit::Place>,
}

impl Asked {
    fn read(given: &RawRequest) -> Self {
        let text =
            |name: &str| given.get(name).unwrap_or_default().trim().chars().take(254).collect::<String>();
        Self {
            organisation: text("organisation"),
            kind: text("kind"),
            outcome: text("outcome"),
            typed: Typed {
                person: text("person"),
                by: text("by"),
                app: text("app"),
                reference: text("reference"),
                from: text("from"),
                to: text("to"),
            },
            younger: cursor(given.get("younger")),
            older: cursor(given.get("older")),
        }
    }

    /// The filters that say something.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let Typed { person, by, app, reference, from, to } = &self.typed;
        let all = [
            ("organisation", &self.organisation),
            ("kind", &self.kind),
            ("outcome", &self.outcome),
            ("person", person),
            ("by", by),
            ("app", app),
            ("reference", reference),
            ("from", from),
            ("to", to),
        ];
        all.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.clone()))
            .collect()
    }

    /// The address of the list with these filters, from a place on.
    fn address(&self, from: Option<(&str, &audit::Place)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            query.append_pair(name, &value);
        }
        if let Some((direction, (at, id))) = from {
            query.append_pair(direction, &format!("{}.{id}", at.micros()));
        }
        format!("{}?{}", paths::ADMIN_ACTIVITY, query.finish())
    }
}

/// The events about an app, at its organisation.
pub(super) fn of_app(organisation: &OrganisationId, app: &ClientId) -> String {
    listed(organisation, "app", app.as_str())
}

/// The list at an organisation, with one filter.
fn listed(organisation: &OrganisationId, name: &str, value: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("organisation", organisation.as_str()).append_pair(name, value);
    format!("{}?{}", paths::ADMIN_ACTIVITY, query.finish())
}

/// A place from the address; what cannot be read is none.
fn cursor(text: Option<&str>) -> Option<audit::Place> {
    let (at, id) = text?.split_once('.')?;
    let id = shown::plain_id(id);
    Some((Timestamp::from_micros(at.parse().ok()?), EventId::from_text(id))).filter(|_| !id.is_empty())
}

/// Where the reader looks: the organisation they name, or the highest they may see.
async fn placed(admin: &Admin, asked: &Asked) -> Result<AdminActor, Refused> {
    if !asked.organisation.is_empty() {
        return admin.at(&shown::organisation(&asked.organisation)).await;
    }
    let highest = admin.who.places(admin.action).into_iter().min_by_key(Branch::depth);
    let highest = highest.and_then(|place| place.ids().last()).unwrap_or_else(OrganisationId::root);
    admin.at(&highest).await
}

/// The filter, and everything that is wrong with what was typed.
async fn filter(admin: &Admin, asked: &Asked) -> Result<(Filter, Vec<ActivityError>), Refused> {
    let mut wrong = Vec::new();
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let kinds = match (asked.kind.as_str(), Group::parse(&asked.kind), Kind::parse(&asked.kind)) {
        ("", ..) => Vec::new(),
        (_, Some(group), _) => group.kinds(),
        (_, None, Some(kind)) => vec![kind],
        (_, None, None) => {
            wrong.push(ActivityError::Kind);
            Vec::new()
        }
    };
    let outcome = Outcome::parse(&asked.outcome);
    if outcome.is_none() && !asked.outcome.is_empty() {
        wrong.push(ActivityError::Outcome);
    }
    let account = match person(admin, &asked.typed.person).await? {
        Found::Somebody(id) => Some(id),
        Found::NotAsked => None,
        Found::Nobody => {
            wrong.push(ActivityError::Person);
            None
        }
    };
    let actor = match Actor::parse(&asked.typed.by) {
        Some(actor) => Some(actor.to_text()),
        None => match person(admin, &asked.typed.by).await? {
            Found::Somebody(id) => Some(Actor::Account(id).to_text()),
            Found::NotAsked => None,
            Found::Nobody => {
                wrong.push(ActivityError::By);
                None
            }
        },
    };
    let zone = shown::zone(admin);
    let (from, until) = (begins(&asked.typed.from, &zone), ends(&asked.typed.to, &zone));
    if from.is_none() && !asked.typed.from.is_empty() {
        wrong.push(ActivityError::From);
    }
    if until.is_none() && !asked.typed.to.is_empty() {
        wrong.push(ActivityError::To);
    }
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        wrong.push(ActivityError::Order);
    }
    let filter = Filter {
        account,
        kinds,
        actor,
        client: text(&asked.typed.app).map(ClientId::from_text),
        outcome,
        request: text(&asked.typed.reference),
        from,
        until,
        after: asked.older.clone(),
        before: asked.younger.clone(),
        ..Filter::default()
    };
    Ok((filter, wrong))
}

/// Whom a filter names.
enum Found {
    NotAsked,
    Somebody(AccountId),
    Nobody,
}

/// By id whoever it is, because their events are looked for at the reader's place alone; by name only whom the reader
/// may look at, so that nobody is told who else there is.
async fn person(admin: &Admin, typed: &str) -> Result<Found, Refused> {
    if typed.is_empty() {
        return Ok(Found::NotAsked);
    }
    let cx = &admin.caller.cx;
    if uuid::Uuid::parse_str(typed).is_ok() {
        return Ok(Found::Somebody(AccountId::from_text(typed)));
    }
    let found = accounts::find(cx, typed).await?;
    let id = found.map_or_else(|| AccountId::from_text(""), |found| found.id);
    match admin::authorise_about(cx, &admin.who, Action::AccountRead, &id).await {
        Ok((_, account)) => Ok(Found::Somebody(account.id)),
        Err(Refused::NotFound | Refused::Forbidden) => Ok(Found::Nobody),
        Err(why) => Err(why),
    }
}

/// The beginning of a day in the reader's zone, or a moment.
fn begins(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    let Ok(day) = typed.parse::<Date>() else { return moment(typed) };
    let begin = day.to_zoned_datetime(zone.clone()).ok()?;
    Some(Timestamp::from_micros(begin.timestamp().as_microsecond()))
}

/// The end of a day in the reader's zone, or a moment.
fn ends(typed: &str, zone: &TimeZone) -> Option<Timestamp> {
    match typed.parse::<Date>() {
        Ok(day) => begins(&day.tomorrow().ok()?.to_string(), zone),
        Err(_) => moment(typed),
    }
}

fn moment(typed: &str) -> Option<Timestamp> {
    Timestamp::parse(typed).filter(|_| typed.contains('T'))
}

// ---- the list

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let given = RawRequest::parse(query.as_deref().unwrap_or_default());
    let asked = Asked::read(&given.unwrap_or_else(|_| RawRequest::from_pairs(Vec::new())));
    match searched(&admin, &asked).await {
        Ok(page) => answers::page(if page.errors.is_empty() { 200 } else { 400 }, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn searched(admin: &Admin, asked: &Asked) -> Result<ActivityPage, Refused> {
    let cx = &admin.caller.cx;
    let actor = placed(admin, asked).await?;
    let (filter, wrong) = filter(admin, asked).await?;
    if !wrong.is_empty() {
        return draw(admin, asked, &actor, (Vec::new(), None, None), wrong).await;
    }
    let Page { events, older, younger } = audit::search(cx, &actor, &filter, SHOWN).await?;
    let told = audit::told(cx, &actor, events).await?;
    draw(admin, asked, &actor, (told, younger, older), wrong).await
}

type Drawn = (Vec<Told>, Option<audit::Place>, Option<audit::Place>);

async fn draw(
    admin: &Admin,
    asked: &Asked,
    actor: &AdminActor,
    (events, younger, older): Drawn,
    errors: Vec<ActivityError>,
) -> Result<ActivityPage, Refused> {
    let cx = &admin.caller.cx;
    let zone = shown::zone(admin);
    let places = organisations::visible(cx, &admin.who, Action::AuditRead).await?;
    let place = places.iter().find(|place| place.id == *actor.organisation());
    let paged = asked.younger.is_some() || asked.older.is_some();
    let export = admin
        .who
        .may_at(Action::AuditExport, actor.place())
        .then(|| ExportForm { fields: asked.fields(), signed: *actor.place() == Branch::root() });
    Ok(ActivityPage {
        frame: shown::frame(admin, paths::ADMIN_ACTIVITY),
        place: place.map(|place| place.name.clone()).unwrap_or_default(),
        filters: choices(admin, asked, actor, &places),
        groups: groups(&asked.kind),
        typed: asked.typed.clone(),
        errors,
        events: events.iter().map(|told| line(told, &zone)).collect(),
        zone: shown::when_in(&zone, cx.now).zone(),
        narrowed: !asked.fields().is_empty(),
        younger: younger.map(|place| asked.address(Some(("younger", &place)))),
        older: older.map(|place| asked.address(Some(("older", &place)))),
        newest: paged.then(|| asked.address(None)),
        export,
    })
}

fn choices(admin: &Admin, asked: &Asked, actor: &AdminActor, places: &[Organisation]) -> Vec<Choice> {
    let shell = shown::frame(admin, paths::ADMIN_ACTIVITY).shell;
    let mut out = Vec::new();
    if places.len() > 1 {
        let choice = |o: &Organisation| (o.id.to_string(), o.name.clone(), o.id == *actor.organisation());
        out.push(Choice {
            name: "organisation",
            label: "admin-filter-organisation",
            choices: places.iter().map(choice).collect(),
        });
    }
    let mut outcomes = vec![(String::new(), shell.t(EVERY), asked.outcome.is_empty())];
    outcomes.extend(
        Outcome::ALL
            .iter()
            .map(|each| (each.to_string(), shell.t(outcome(*each).key()), asked.outcome == each.as_str())),
    );
    out.push(Choice { name: "outcome", label: "admin-activity-outcome", choices: outcomes });
    out
}

fn groups(chosen: &str) -> Vec<KindGroup> {
    let kinds =
        |group: &Group| group.kinds().into_iter().map(|k| (k.as_str(), k.as_str() == chosen)).collect();
    let group = |group: &Group| KindGroup {
        word: word(*group),
        all: (group.as_str(), group.as_str() == chosen),
        kinds: kinds(group),
    };
    Group::ALL.iter().map(group).collect()
}

fn word(group: Group) -> GroupWord {
    match group {
        Group::SignIn => GroupWord::SignIn,
        Group::Factors => GroupWord::Factors,
        Group::Enrolment => GroupWord::Enrolment,
        Group::Accounts => GroupWord::Accounts,
        Group::Tokens => GroupWord::Tokens,
        Group::Apps => GroupWord::Apps,
        Group::Administration => GroupWord::Administration,
        Group::Installation => GroupWord::Installation,
    }
}

fn outcome(outcome: Outcome) -> OutcomeWord {
    match outcome {
        Outcome::Ok => OutcomeWord::Ok,
        Outcome::Refused => OutcomeWord::Refused,
        Outcome::Failed => OutcomeWord::Failed,
    }
}

fn line(told: &Told, zone: &TimeZone) -> EventLine {
    EventLine {
        url: format!("{}/{}", paths::ADMIN_ACTIVITY, told.event.id),
        sentence: told.sentence.clone(),
        at: shown::when_in(zone, told.event.at),
        kind: told.event.kind.as_str(),
        outcome: outcome(told.event.outcome),
    }
}

// ---- one event

pub(super) async fn show(admin: Admin, Path(id): Path<String>) -> Response {
    let drawn = async {
        let cx = &admin.caller.cx;
        let id = EventId::from_text(shown::plain_id(&id));
        let (actor, event, standing) = audit::see(cx, &admin.who, &id).await?;
        let reason = audit::reason(cx, &actor, &event).await?;
        let told = audit::told(cx, &actor, vec![event]).await?.pop().ok_or(Refused::NotFound)?;
        Ok::<_, Refused>(event_page(&admin, &actor, &told, standing, reason))
    };
    match drawn.await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

fn event_page(
    admin: &Admin,
    actor: &AdminActor,
    told: &Told,
    standing: Standing,
    reason: Option<String>,
) -> EventPage {
    let zone = shown::zone(admin);
    let event = &told.event;
    let (standing, link, seal, wrong) = match standing {
        Standing::Unlinked => (StandingWord::Unlinked, None, None, None),
        Standing::Unsealed(link) => (StandingWord::Unsealed, Some(link), None, None),
        Standing::Sealed(link, seal) => (StandingWord::Sealed, Some(link), Some(seal), None),
        Standing::Far(link, seal) => (StandingWord::Far, Some(link), Some(seal), None),
        Standing::Broken(link, why) => (StandingWord::Broken, Some(link), None, Some(why)),
    };
    let because = event.reason.as_ref().map(|word| match told.why {
        Some(why) => format!(
            "{}{}. ({word})",
            why.get(..1).unwrap_or_default().to_uppercase(),
            why.get(1..).unwrap_or_default()
        ),
        None => word.clone(),
    });
    EventPage {
        frame: shown::frame(admin, paths::ADMIN_ACTIVITY),
        sentence: told.sentence.clone(),
        at: shown::when_in(&zone, event.at),
        outcome: outcome(event.outcome),
        why: because,
        reason,
        facts: facts(admin, actor, told),
        standing,
        wrong,
        link: link.map(|link| (link.chain, link.seq)),
        seal: seal.map(|seal| (seal.checkpoint, shown::when_in(&zone, seal.at), seal.kid)),
        examined: shown::when_in(&zone, admin.caller.cx.now),
        raw: serde_json::to_string_pretty(&audit::json_of(event)).unwrap_or_default(),
        back: paths::ADMIN_ACTIVITY.to_owned(),
    }
}

/// What an event names, each with the way to it where the reader may go there.
fn facts(admin: &Admin, actor: &AdminActor, told: &Told) -> Vec<Fact> {
    let event = &told.event;
    let others = |name: &str, value: &str| Some(listed(actor.organisation(), name, value));
    let fact =
        |word, value: String, url: Option<String>, others: Option<String>| Fact { word, value, url, others };
    let kind = event.kind.as_str();
    let mut out = vec![
        fact(FactWord::Kind, kind.to_owned(), None, others("kind", kind)),
        fact(FactWord::Severity, event.kind.severity().to_string(), None, None),
    ];
    let page_of = |id: &AccountId| format!("{}/{id}", paths::ADMIN_PEOPLE);
    let by = event.actor.to_text();
    let by_page = match (&event.actor, &told.actor) {
        (Actor::Account(id), Some(_)) => Some(page_of(id)),
        _ => None,
    };
    out.push(fact(
        FactWord::By,
        told.actor.clone().unwrap_or_else(|| by.clone()),
        by_page,
        others("by", &by),
    ));
    if let Some(id) = &event.account {
        let url = told.person.as_ref().map(|_| page_of(id));
        let name = told.person.clone().unwrap_or_else(|| id.to_string());
        out.push(fact(FactWord::Person, name, url, others("person", id.as_str())));
    }
    if let Some(id) = &event.client {
        let url = told.app.as_ref().map(|_| format!("{}/{id}", paths::ADMIN_APPS));
        let name = told.app.clone().unwrap_or_else(|| id.to_string());
        out.push(fact(FactWord::App, name, url, others("app", id.as_str())));
    }
    let place = event.organisation.to_string();
    let at = admin.who.may_at(Action::OrganisationRead, actor.place());
    out.push(fact(
        FactWord::Organisation,
        place,
        at.then(|| super::organisations::at(&event.organisation)),
        None,
    ));
    if let Some(id) = approval(event) {
        let url = admin.who.may_at(Action::ApprovalRead, actor.place());
        let url = url.then(|| format!("{}/{id}", paths::ADMIN_APPROVALS));
        out.push(fact(FactWord::Approval, id.to_owned(), url, None));
    }
    let rest = [
        (FactWord::Session, event.session.as_ref().map(ToString::to_string), None),
        (FactWord::Network, event.network.clone(), None),
        (FactWord::Reference, event.request.clone(), Some("reference")),
    ];
    for (word, value, filter) in rest {
        if let Some(value) = value {
            let others = filter.and_then(|name| others(name, &value));
            out.push(fact(word, value, None, others));
        }
    }
    out
}

/// The request for a second person that an event tells of.
fn approval(event: &Event) -> Option<&str> {
    let id = event.detail.as_ref()?.get("approval")?.as_str()?;
    Some(shown::plain_id(id)).filter(|id| !id.is_empty())
}

// ---- copies

pub(super) async fn keys(admin: Admin) -> Response {
    let cx = &admin.caller.cx;
    match audit::public_keys(cx).await {
        Ok(keys) => copies::file("application/json", "vouchsafe-keys.json", Body::from(keys.to_string())),
        Err(why) => admin.refuse(why.into()).await,
    }
}

pub(super) async fn export(AdminForm { admin, form }: AdminForm) -> Response {
    let asked = Asked { younger: None, older: None, ..Asked::read(&form) };
    match exported(&admin, &asked, form.get("format").unwrap_or_default()).await {
        Ok(Ok(file)) => file,
        Ok(Err(page)) => answers::page(400, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn exported(
    admin: &Admin,
    asked: &Asked,
    format: &str,
) -> Result<Result<Response, ActivityPage>, Refused> {
    let cx = admin.caller.cx.clone();
    let actor = placed(admin, asked).await?;
    let format = match format {
        "ndjson" => Format::Ndjson,
        "csv" => Format::Csv,
        "signed" => {
            let copy = Signed::begin(&cx, &actor).await?;
            return Ok(Ok(copies::signed(cx, copy)));
        }
        _ => return Err(Refused::Bad("format")),
    };
    let (filter, wrong) = filter(admin, asked).await?;
    if !wrong.is_empty() {
        return Ok(Err(draw(admin, asked, &actor, (Vec::new(), None, None), wrong).await?));
    }
    let copy = Copy::begin(&cx, &actor, filter, format).await?;
    Ok(Ok(copies::copy(cx, copy, format)))
}
