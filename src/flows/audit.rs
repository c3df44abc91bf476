//! The audit trail as auditors use it: proved whole, searched page by page, looked at one by one, and taken elsewhere.
//!
//! Whoever reads it stands somewhere in the tree of organisations: events of other places do not exist for them, and
//! what belongs to no clinic is the root's. Whoever reads it is in it: a search and a copy are events of their own, with
//! what was asked for.

mod copies;
mod leave;
mod standing;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{AdminActor, Refused, Who, authorise, reason_context};
use super::{About, Cx, accounts, keys};
use crate::audit::chain::Revoked;
use crate::audit::sentence::{Names, sentence, why};
use crate::audit::{Actor, Event, Kind};
use crate::base::{AccountId, ClientId, EventId, OrganisationId, Seconds, Timestamp};
use crate::duties::{Action, Path};
use crate::keys::KeyUse;
use crate::store;
use crate::store::audit as rows;
pub use crate::store::audit::{Filter, Linked, Verdict};
use crate::store::organisations;
pub use copies::{Copy, Format, Signed, json_of};
pub use leave::Copies;
pub use standing::{Sealed, Standing};

/// Searches of the trail that run at once on a node.
static READERS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

/// Examines every chain and every checkpoint, and names the first row that is not as it was linked. `tell` hears how
/// many events were examined so far.
pub async fn verify(cx: &Cx, tell: &(dyn Fn(u64) + Send + Sync)) -> Result<Verdict, store::Error> {
    let ring = cx.signing.ring(cx).await?;
    let ever = keys::ever(cx).await?;
    let check =
        |kid: &str, body: &[u8], signature: &[u8]| keys::is_witnessed(&ring, &ever, kid, body, signature);
    rows::verify_telling(&cx.store, &check, tell).await
}

/// The newest event; for the health of the installation, which reads nothing of what it says.
pub async fn newest(cx: &Cx) -> Result<Option<Event>, store::Error> {
    Ok(rows::list(&cx.store, &Filter::default(), 1).await?.pop())
}

/// Where a page begins or ends; the next one begins behind it.
pub type Place = (Timestamp, EventId);

/// A page of the trail, the newest first.
#[derive(Debug)]
pub struct Page {
    /// What matches.
    pub events: Vec<Event>,
    /// Where older events begin, if there are any: `Filter::after` of the next page.
    pub older: Option<Place>,
    /// Where younger ones begin, if there are any: `Filter::before` of the page before.
    pub younger: Option<Place>,
}

/// A page of events that match, at the actor's place of the tree. That it was read, and what was asked for, is recorded
/// before anything is shown: once for a search, however many of its pages are turned.
pub async fn search(cx: &Cx, actor: &AdminActor, filter: &Filter, limit: i64) -> Result<Page, Refused> {
    actor.is_for(Action::AuditRead)?;
    let filter = bounded(actor, filter.clone())?;
    // Whoever reads the trail takes turns: most of a node's connections are for people who sign in.
    let _turn = READERS.acquire().await.map_err(|_| Refused::Unavailable)?;
    record_reading(cx, actor, asked(&filter)).await?;
    let mut found = rows::list(&cx.store, &filter, limit.saturating_add(1)).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    let backwards = filter.before.is_some();
    if more && backwards {
        found.remove(0);
    }
    found.truncate(usize::try_from(limit).unwrap_or_default());
    let place = |event: Option<&Event>| event.map(|event| (event.at, event.id.clone()));
    let (first, last) = (place(found.first()), place(found.last()));
    Ok(Page {
        older: last.filter(|_| more || backwards),
        younger: first.filter(|_| if backwards { more } else { filter.after.is_some() }),
        events: found,
    })
}

/// One event at the actor's place, and how it stands in its chain, examined now.
pub async fn look(cx: &Cx, actor: &AdminActor, id: &EventId) -> Result<(Event, Standing), Refused> {
    actor.is_for(Action::AuditRead)?;
    let (event, linked) = rows::find(&cx.store, id).await?.ok_or(Refused::NotFound)?;
    if *actor.place() != Path::root() {
        let at = organisations::find(&cx.store, &event.organisation).await?;
        if !at.is_some_and(|at| actor.place().covers(&at.path)) {
            return Err(Refused::NotFound);
        }
    }
    record_reading(cx, actor, json!({ "event": id })).await?;
    let standing = standing::examine(cx, &event, linked).await?;
    Ok((event, standing))
}

/// As [`look`], of an event by its id alone: at the organisation it belongs to.
pub async fn see(cx: &Cx, who: &Who, id: &EventId) -> Result<(AdminActor, Event, Standing), Refused> {
    let found = rows::find(&cx.store, id).await?;
    // What does not exist is refused as what lies elsewhere.
    let place = found.map_or_else(|| OrganisationId::from_text(""), |(event, _)| event.organisation.clone());
    let actor = authorise(cx, who, Action::AuditRead, &place).await?;
    let (event, standing) = look(cx, &actor, id).await?;
    Ok((actor, event, standing))
}

/// The reason an administrator gave for what an event tells of, unless the person it is about was erased.
pub async fn reason(cx: &Cx, actor: &AdminActor, event: &Event) -> Result<Option<String>, Refused> {
    actor.is_for(Action::AuditRead)?;
    let (Some(account), Some(sealed)) = (&event.account, &event.sealed) else { return Ok(None) };
    let Some(key) = cx.vault.find(account, cx.now).await? else { return Ok(None) };
    let opened = key.open(&reason_context(event), sealed).ok();
    Ok(opened.map(|plain| String::from_utf8_lossy(plain.expose()).into_owned()))
}

/// A search that was recorded is not recorded again for so long.
const SAME_SEARCH: Seconds = 15 * 60;
/// As many different searches are remembered.
const SEARCHES: i64 = 50;

async fn record_reading(cx: &Cx, actor: &AdminActor, asked: Value) -> Result<(), Refused> {
    let event = actor.event(cx, Kind::AuditRead).with(asked);
    let known = Filter {
        actor: Some(event.actor.to_text()),
        kinds: vec![Kind::AuditRead],
        from: Some(cx.now.plus(-SAME_SEARCH)),
        ..Filter::default()
    };
    let said = rows::list(&cx.store, &known, SEARCHES).await?;
    let same = |other: &Event| {
        (&other.detail, &other.session, &other.organisation)
            == (&event.detail, &event.session, &event.organisation)
    };
    if !said.iter().any(same) {
        cx.record(event).await?;
    }
    Ok(())
}

/// The filter within the actor's place of the tree: nothing else exists for them.
fn bounded(actor: &AdminActor, mut filter: Filter) -> Result<Filter, Refused> {
    if *actor.place() == Path::root() {
        return Ok(filter);
    }
    filter.within = match filter.within.take() {
        Some(within) if !actor.place().covers(&within) => return Err(Refused::NotFound),
        Some(within) => Some(within),
        None => Some(actor.place().clone()),
    };
    Ok(filter)
}

/// What was asked for, as the trail keeps it.
fn asked(filter: &Filter) -> Value {
    let mut asked = json!({
        "account": filter.account,
        "kinds": (!filter.kinds.is_empty()).then_some(&filter.kinds),
        "actor": filter.actor,
        "client": filter.client,
        "outcome": filter.outcome,
        "network": filter.network,
        "request": filter.request,
        "organisation": filter.organisation,
        "within": filter.within.as_ref().map(Path::as_str),
        "from": filter.from.map(Timestamp::to_rfc3339),
        "until": filter.until.map(Timestamp::to_rfc3339),
    });
    if let Some(members) = asked.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    asked
}

/// An event in words, with the names of whom the reader may look at.
#[derive(Debug)]
pub struct Told {
    /// The event.
    pub event: Event,
    /// As a sentence.
    pub sentence: String,
    /// Why it was refused, in words where there are any.
    pub why: Option<&'static str>,
    /// Whose account it is about; absent where the reader may not look at them.
    pub person: Option<String>,
    /// The person who did it; as above.
    pub actor: Option<String>,
    /// The app; as above.
    pub app: Option<String>,
}

/// Puts events into words. Names are those the reader may look at; everybody else is called by an id.
pub async fn told(cx: &Cx, actor: &AdminActor, events: Vec<Event>) -> Result<Vec<Told>, Refused> {
    let mut known = Known::default();
    let mut out = Vec::with_capacity(events.len());
    for event in events {
        let person = match &event.account {
            Some(id) => known.person(cx, actor, id).await?,
            None => None,
        };
        let by = match &event.actor {
            Actor::Account(id) => known.person(cx, actor, id).await?,
            Actor::Client(id) => known.app(cx, actor, id).await?,
            Actor::Host(_) | Actor::System | Actor::Anonymous => None,
        };
        let app = match &event.client {
            Some(id) => known.app(cx, actor, id).await?,
            None => None,
        };
        let names = Names { actor: by.as_deref(), person: person.as_deref(), app: app.as_deref() };
        out.push(Told {
            sentence: sentence(&event, &names),
            why: event.reason.as_deref().and_then(why),
            person,
            actor: by.filter(|_| matches!(event.actor, Actor::Account(_))),
            app,
            event,
        });
    }
    Ok(out)
}

/// Names that were looked up once.
#[derive(Default)]
struct Known {
    people: BTreeMap<AccountId, Option<String>>,
    apps: BTreeMap<ClientId, Option<String>>,
    places: BTreeMap<OrganisationId, Option<Path>>,
}

impl Known {
    async fn person(
        &mut self,
        cx: &Cx,
        actor: &AdminActor,
        id: &AccountId,
    ) -> Result<Option<String>, Refused> {
        if let Some(name) = self.people.get(id) {
            return Ok(name.clone());
        }
        let found = accounts::find_by_id(cx, id).await?;
        let name = match found {
            Some(account) if self.may(cx, actor, Action::AccountRead, &account.organisation).await? => {
                Some(account.display_name().to_owned())
            }
            _ => None,
        };
        self.people.insert(id.clone(), name.clone());
        Ok(name)
    }

    async fn app(&mut self, cx: &Cx, actor: &AdminActor, id: &ClientId) -> Result<Option<String>, Refused> {
        if let Some(name) = self.apps.get(id) {
            return Ok(name.clone());
        }
        let found = cx.clients.find(cx, id).await?;
        let name = match found {
            Some(client) if self.may(cx, actor, Action::ClientRead, &client.organisation).await? => {
                Some(client.shown_name().to_owned())
            }
            _ => None,
        };
        self.apps.insert(id.clone(), name.clone());
        Ok(name)
    }

    async fn may(
        &mut self,
        cx: &Cx,
        actor: &AdminActor,
        action: Action,
        at: &OrganisationId,
    ) -> Result<bool, Refused> {
        if !self.places.contains_key(at) {
            let found = organisations::find(&cx.store, at).await?;
            self.places.insert(at.clone(), found.map(|found| found.path));
        }
        let place = self.places.get(at).and_then(Option::as_ref);
        Ok(place.is_some_and(|place| actor.who().may_at(action, place)))
    }
}

/// The public halves of the keys there ever were that may have signed checkpoints, as a key set: what an auditor keeps to
/// examine copies with. Each says what it was made for, its state, and of one that others may know, where the trail
/// says so.
pub async fn public_keys(cx: &Cx) -> Result<Value, store::Error> {
    let ring = cx.signing.ring(cx).await?;
    let mut all: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for (kid, known) in keys::ever(cx).await? {
        if let Some(key) = known.public() {
            let state = if known.revoked().is_some() { "revoked" } else { "removed" };
            all.insert(kid, marked(key, known.usage(), state, known.revoked()));
        }
    }
    for key in ring.keys().iter().filter(|key| key.usage != KeyUse::Access) {
        all.insert(key.kid().to_owned(), marked(json!(key.jwk()), key.usage, key.state.as_str(), None));
    }
    Ok(json!({ "keys": all.into_values().collect::<Vec<_>>() }))
}

/// The member of a printed key that says what it was made for.
const USE: &str = "vouchsafe_use";
/// The member that says where it stands in its life.
const STATE: &str = "vouchsafe_state";
/// The member that says where the trail tells that others may know it.
const REVOKED: &str = "vouchsafe_revoked";

fn marked(mut key: Value, usage: KeyUse, state: &str, revoked: Option<&Revoked>) -> Value {
    if let Some(members) = key.as_object_mut() {
        members.insert(USE.to_owned(), usage.as_str().into());
        members.insert(STATE.to_owned(), state.into());
        if let Some(revoked) = revoked {
            members.insert(REVOKED.to_owned(), json!(revoked));
        }
    }
    key
}

/// Whether a key as [`public_keys`] printed it counts for a checkpoint: it does unless others may have known it.
pub fn counts_for(key: &Value, body: &[u8]) -> bool {
    match key.get(REVOKED) {
        None => key.get(STATE).and_then(Value::as_str) != Some("revoked"),
        Some(revoked) => Revoked::deserialize(revoked).is_ok_and(|revoked| revoked.spares(body)),
    }
}
