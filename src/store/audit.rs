//! The audit trail as rows: recorded inside the change they tell of, linked later, never edited.

use super::{Error, Row, Stmt, Store, Writer, sql, webhooks};
use crate::audit::chain::Row as Stored;
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{AccountId, ClientId, Digest, EventId, OrganisationId, Timestamp};
use crate::duties::Path;

mod proof;
mod sealer;
mod search;
mod verdict;

pub use proof::{Signed, chains, checkpoints, checkpoints_since, linked};
pub use sealer::{Sealer, Sign};
pub use search::list;
pub use verdict::{Bad, Check, Verdict, verify, verify_telling};

/// Which events are wanted; everything left out matches all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About this account.
    pub account: Option<AccountId>,
    /// Of one of these kinds; none is any.
    pub kinds: Vec<Kind>,
    /// Done by this actor, as it is stored: `account:…`, `host:…`.
    pub actor: Option<String>,
    /// About this app, or through it.
    pub client: Option<ClientId>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// From this network, as it is stored.
    pub network: Option<String>,
    /// Of the request with this reference.
    pub request: Option<String>,
    /// Of this clinic.
    pub organisation: Option<OrganisationId>,
    /// Of the clinics at or below this place of the tree.
    pub within: Option<Path>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// Older than this event, the last of the page before.
    pub after: Option<(Timestamp, EventId)>,
    /// Younger than this event, the first of the page behind; `after` says nothing then.
    pub before: Option<(Timestamp, EventId)>,
}

impl Writer {
    /// Records `event` with the change it tells of, and what hooks are told of it: all are committed, or none is.
    pub async fn record(&mut self, event: &Event) -> Result<(), Error> {
        let process = self.process();
        insertion(event, process).execute(&mut *self).await?;
        webhooks::tell(self, event).await
    }
}

impl Store {
    /// Records an event that stands for itself: nothing else changes with it.
    pub async fn record(&self, event: &Event) -> Result<(), Error> {
        if webhooks::topic(event).is_some() {
            return self
                .write(event.clone(), |w, event| Box::pin(async move { w.record(event).await }))
                .await;
        }
        let process = self.process_name();
        insertion(event, process).insert_alone(self).await
    }
}

fn insertion(event: &Event, process: String) -> Stmt {
    let statement = match event.placed || (event.account.is_none() && event.client.is_none()) {
        true => sql!(
            "INSERT INTO events (id, at, kind, outcome, organisation, actor, account, client, session, network,
                 request, reason, detail, sealed, process)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        ),
        // Where nobody said whose it is, it is the clinic's that the person, or else the app, belongs to now.
        false => sql!(
            "INSERT INTO events (id, at, kind, outcome, organisation, actor, account, client, session, network,
                 request, reason, detail, sealed, process)
             VALUES ($1, $2, $3, $4,
                 COALESCE((SELECT a.organisation FROM accounts a WHERE a.id = $7),
                          (SELECT c.organisation FROM clients c WHERE c.id = $8), $5),
                 $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        ),
    };
    Stored::of(event).bind(statement).bind(process)
}

/// An event by its id, and where it stands in which chain with which hash; nothing of that while it is not linked.
pub async fn find(store: &Store, id: &EventId) -> Result<Option<(Event, Option<Linked>)>, Error> {
    let row = sql!(
        "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason,
             detail, sealed, chain, seq, hash
         FROM events WHERE id = $1"
    )
    .bind(id.as_str())
    .optional(store)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let linked = match (row.get(14)?, row.get(15)?, row.get(16)?) {
        (Some(chain), Some(seq), Some(hash)) => Some(Linked { chain, seq, hash }),
        _ => None,
    };
    Ok(Some((Stored::read(&row)?.event()?, linked)))
}

/// Where an event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The chain.
    pub chain: String,
    /// Its place there, from 1.
    pub seq: i64,
    /// The chain's hash up to it.
    pub hash: Digest,
}

/// At most `limit` events about one person since a moment, the newest first, behind the last of the page before.
pub async fn of_account(
    store: &Store,
    account: &AccountId,
    from: Timestamp,
    after: Option<&(Timestamp, EventId)>,
    limit: i64,
) -> Result<Vec<Event>, Error> {
    let (at, id) = after.map_or((Timestamp::from_micros(i64::MAX), ""), |(at, id)| (*at, id.as_str()));
    let rows = sql!(
        "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason,
             detail, sealed
         FROM events WHERE account = $1 AND at >= $2 AND (at < $3 OR (at = $3 AND id < $4))
         ORDER BY at DESC, id DESC LIMIT $5"
    )
    .bind(account.as_str())
    .bind(from)
    .bind(at)
    .bind(id)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Stored::read(row)?.event()).collect()
}

impl Stored {
    fn of(event: &Event) -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            id: event.id.to_string(),
            at: event.at.micros(),
            kind: text(event.kind.as_str()),
            outcome: text(event.outcome.as_str()),
            organisation: event.organisation.to_string(),
            actor: event.actor.to_text(),
            account: event.account.as_ref().map(ToString::to_string),
            client: event.client.as_ref().map(ToString::to_string),
            session: event.session.as_ref().map(ToString::to_string),
            network: event.network.clone(),
            request: event.request.clone(),
            reason: event.reason.clone(),
            detail: event.detail.as_ref().map(ToString::to_string),
            sealed: event.sealed.clone(),
        }
    }

    fn bind(self, statement: Stmt) -> Stmt {
        let statement = statement.bind(self.id).bind(self.at).bind(self.kind).bind(self.outcome);
        let statement = statement.bind(self.organisation).bind(self.actor).bind(self.account);
        let statement = statement.bind(self.client).bind(self.session).bind(self.network);
        statement.bind(self.request).bind(self.reason).bind(self.detail).bind(self.sealed)
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            kind: row.get(2)?,
            outcome: row.get(3)?,
            organisation: row.get(4)?,
            actor: row.get(5)?,
            account: row.get(6)?,
            client: row.get(7)?,
            session: row.get(8)?,
            network: row.get(9)?,
            request: row.get(10)?,
            reason: row.get(11)?,
            detail: row.get(12)?,
            sealed: row.get(13)?,
        })
    }

    fn event(self) -> Result<Event, Error> {
        let strange = |what| Error::Corrupt(format!("event {} has a strange {what}", self.id));
        let detail = self.detail.as_deref().map(serde_json::from_str).transpose();
        Ok(Event {
            kind: Kind::parse(&self.kind).ok_or_else(|| strange("kind"))?,
            outcome: Outcome::parse(&self.outcome).ok_or_else(|| strange("outcome"))?,
            actor: Actor::parse(&self.actor).ok_or_else(|| strange("actor"))?,
            detail: detail.map_err(|_| strange("detail"))?,
            at: Timestamp::from_micros(self.at),
            organisation: OrganisationId::from_text(self.organisation),
            placed: true,
            account: self.account.map(AccountId::from_text),
            client: self.client.map(ClientId::from_text),
            session: self.session.map(crate::base::SessionId::from_text),
            network: self.network,
            request: self.request,
            reason: self.reason,
            sealed: self.sealed,
            id: EventId::from_text(self.id),
        })
    }
}

/// How many events are recorded and not linked into a chain yet.
pub async fn unlinked(store: &Store) -> Result<u32, Error> {
    let row = sql!("SELECT COUNT(*) FROM events WHERE hash IS NULL").one(store).await?;
    Ok(u32::try_from(row.get::<i64>(0)?).unwrap_or(u32::MAX))
}
