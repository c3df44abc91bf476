//! Webhooks and their deliveries: written in the change their event tells of, claimed by one node at a time, and marked.

use super::{Error, Row, Store, Target, Writer, sql};
use crate::audit::{Actor, Event, Kind, Outcome, Topic};
use crate::base::{AccountId, ClientId, EventId, OrganisationId, Seconds, Timestamp};
use crate::duties::Path;
use crate::notifications::webhook::{Address, Delivery, HookId, HookState, Standing, Stopped, Told, Webhook};

/// Most hooks of an organisation, so that an event is not written out hundreds of times.
pub const MOST: i64 = 20;

/// How long a claim holds, in seconds: longer than an attempt may take. A node that died with one in its hand leaves it to
/// the others after that.
const CLAIM: Seconds = 2 * 60;

/// How long what arrived, or was given up, is remembered, in seconds.
const REMEMBERED: Seconds = 30 * 24 * 3600;

/// A sealed secret of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// Its id.
    pub id: String,
    /// The sealed text.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

// ---- hooks

/// Topics between spaces, so that one is found as a word.
fn topics(topics: &[Topic]) -> String {
    topics.iter().fold(" ".to_owned(), |text, topic| text + topic.as_str() + " ")
}

/// What stands in the column of sealed addresses.
fn sealed(address: &Address) -> Option<Vec<u8>> {
    match address {
        Address::Sealed(sealed) => Some(sealed.clone()),
        Address::Plain(_) => None,
    }
}

/// What stands in the column of plain ones: nothing beside a sealed one, which a program from before takes for an address that
/// cannot be called now.
fn plain(address: &Address) -> &str {
    match address {
        Address::Sealed(_) => "",
        Address::Plain(url) => url,
    }
}

fn read(row: &Row) -> Result<Webhook, Error> {
    let topics: String = row.get(3)?;
    let sealed: Option<Vec<u8>> = row.get(7)?;
    let keeper: Option<String> = row.get(8)?;
    let stopped: Option<String> = row.get(9)?;
    let state = row.parse(4, HookState::parse)?;
    Ok(Webhook {
        id: HookId(row.get(0)?),
        organisation: OrganisationId::from_text(row.get::<String>(1)?),
        address: match sealed {
            Some(sealed) => Address::Sealed(sealed),
            None => Address::Plain(row.get(2)?),
        },
        topics: topics.split_whitespace().filter_map(Topic::parse).collect(),
        // Of a hook from before nobody knows who registered it: the host answers for it.
        keeper: keeper
            .map_or_else(|| Some(Actor::Host(String::new())), |keeper| Actor::parse(&keeper))
            .ok_or_else(|| Error::corrupt("webhook.keeper"))?,
        // A program from before that switches a hook on leaves the word.
        stopped: stopped.as_deref().and_then(Stopped::parse).filter(|_| state == HookState::Off),
        state,
        failing_since: row.get(5)?,
        created_at: row.get(6)?,
    })
}

/// Registers a hook; `false` where its organisation has as many as it may.
pub async fn insert(w: &mut Writer, hook: &Webhook) -> Result<bool, Error> {
    // Whoever registers at the same organisation at once takes turns at its row.
    sql!("UPDATE organisations SET updated_at = updated_at WHERE id = $1")
        .bind(hook.organisation.as_str())
        .execute(&mut *w)
        .await?;
    let inserted = sql!(
        "INSERT INTO webhooks (id, organisation, url, address, topics, state, created_at, keeper)
         SELECT $1, $2, $8, $3, $4, $5, $6, $9 WHERE (SELECT COUNT(*) FROM webhooks WHERE organisation = $2) < $7"
    )
    .bind(hook.id.0.as_str())
    .bind(hook.organisation.as_str())
    .bind(sealed(&hook.address))
    .bind(topics(&hook.topics))
    .bind(hook.state.as_str())
    .bind(hook.created_at)
    .bind(MOST)
    .bind(plain(&hook.address))
    .bind(hook.keeper.to_text())
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// A hook by its id.
pub async fn find<'t>(target: impl Into<Target<'t>>, id: &HookId) -> Result<Option<Webhook>, Error> {
    let row = sql!(
        "SELECT id, organisation, url, topics, state, failing_since, created_at, address, keeper, stopped
         FROM webhooks WHERE id = $1"
    )
    .bind(id.0.as_str())
    .optional(target)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The hooks at a place of the tree and below it, oldest first, each with its own place.
pub async fn below(store: &Store, place: &Path) -> Result<Vec<(Webhook, Path)>, Error> {
    // Ids hold no wildcards.
    let rows = sql!(
        "SELECT h.id, h.organisation, h.url, h.topics, h.state, h.failing_since, h.created_at, h.address,
             h.keeper, h.stopped, o.path
         FROM webhooks h JOIN organisations o ON o.id = h.organisation
         WHERE o.path LIKE $1 ORDER BY h.created_at, h.id LIMIT 1000"
    )
    .bind(format!("{}%", place.as_str()))
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((read(row)?, Path::from_text(row.get::<String>(10)?)))).collect()
}

/// Changes where a hook is told, of what, and who answers for it; `false` when there is none.
pub async fn change(
    w: &mut Writer,
    id: &HookId,
    (to, chosen): (&Address, &[Topic]),
    keeper: &Actor,
) -> Result<bool, Error> {
    let changed = sql!("UPDATE webhooks SET url = $2, address = $3, topics = $4, keeper = $5 WHERE id = $1")
        .bind(id.0.as_str())
        .bind(plain(to))
        .bind(sealed(to))
        .bind(topics(chosen))
        .bind(keeper.to_text())
        .execute(w)
        .await?;
    Ok(changed == 1)
}

/// Hooks whose address is not sealed yet.
pub async fn unsealed(store: &Store, most: i64) -> Result<Vec<(HookId, String)>, Error> {
    let rows = sql!("SELECT id, url FROM webhooks WHERE address IS NULL ORDER BY id LIMIT $1")
        .bind(most)
        .all(store)
        .await?;
    rows.iter().map(|row| Ok((HookId(row.get(0)?), row.get(1)?))).collect()
}

/// Keeps the sealed address in place of the plain one it was made of.
pub async fn seal(w: &mut Writer, id: &HookId, url: &str, address: &[u8]) -> Result<(), Error> {
    sql!("UPDATE webhooks SET url = '', address = $3 WHERE id = $1 AND url = $2 AND address IS NULL")
        .bind(id.0.as_str())
        .bind(url)
        .bind(address)
        .execute(w)
        .await?;
    Ok(())
}

/// Switches a hook on, and who answers for it from now on, or off; forgets its failures. `false` when it is so already.
pub async fn set_state(w: &mut Writer, id: &HookId, keeper: Option<&Actor>) -> Result<bool, Error> {
    let state = if keeper.is_some() { HookState::On } else { HookState::Off };
    let changed = sql!(
        "UPDATE webhooks SET state = $2, failing_since = NULL, stopped = NULL, keeper = COALESCE($3, keeper)
         WHERE id = $1 AND state <> $2"
    )
    .bind(id.0.as_str())
    .bind(state.as_str())
    .bind(keeper.map(Actor::to_text))
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Switches a hook off because whoever keeps it may not any more; `false` when it is off, or somebody else's by now.
pub async fn stop(w: &mut Writer, hook: &Webhook, why: Stopped) -> Result<bool, Error> {
    let stopped = sql!(
        "UPDATE webhooks SET state = 'off', failing_since = NULL, stopped = $3
         WHERE id = $1 AND state = 'on' AND keeper = $2"
    )
    .bind(hook.id.0.as_str())
    .bind(hook.keeper.to_text())
    .bind(why.as_str())
    .execute(w)
    .await?;
    Ok(stopped == 1)
}

/// Removes a hook, its secrets and what waits for it; `false` when there is none.
pub async fn remove(w: &mut Writer, id: &HookId) -> Result<bool, Error> {
    sql!("DELETE FROM webhook_deliveries WHERE hook = $1").bind(id.0.as_str()).execute(&mut *w).await?;
    sql!("DELETE FROM webhook_secrets WHERE hook = $1").bind(id.0.as_str()).execute(&mut *w).await?;
    let removed = sql!("DELETE FROM webhooks WHERE id = $1").bind(id.0.as_str()).execute(w).await?;
    Ok(removed == 1)
}

// ---- secrets

/// The secrets of a hook, oldest first.
pub async fn secrets<'t>(target: impl Into<Target<'t>>, id: &HookId) -> Result<Vec<SecretRow>, Error> {
    let rows = sql!(
        "SELECT id, sealed, created_at FROM webhook_secrets WHERE hook = $1 ORDER BY created_at, id LIMIT 10"
    )
    .bind(id.0.as_str())
    .all(target)
    .await?;
    let secret = |row: &Row| Ok(SecretRow { id: row.get(0)?, sealed: row.get(1)?, created_at: row.get(2)? });
    rows.iter().map(secret).collect()
}

/// Adds a secret; `false` where the hook has `most` of them, or is gone.
pub async fn add_secret(w: &mut Writer, id: &HookId, new: &SecretRow, most: i64) -> Result<bool, Error> {
    // Two who add one at once take turns at the hook's row.
    let held = sql!("UPDATE webhooks SET state = state WHERE id = $1").bind(id.0.as_str());
    if held.execute(&mut *w).await? == 0 {
        return Ok(false);
    }
    let added = sql!(
        "INSERT INTO webhook_secrets (id, hook, sealed, created_at)
         SELECT $1, $2, $3, $4 WHERE (SELECT COUNT(*) FROM webhook_secrets WHERE hook = $2) < $5"
    )
    .bind(new.id.as_str())
    .bind(id.0.as_str())
    .bind(new.sealed.as_slice())
    .bind(new.created_at)
    .bind(most)
    .execute(w)
    .await?;
    Ok(added == 1)
}

/// Removes a secret; `false` where there is none, or it is the last.
pub async fn remove_secret(w: &mut Writer, id: &HookId, secret: &str) -> Result<bool, Error> {
    sql!("UPDATE webhooks SET state = state WHERE id = $1").bind(id.0.as_str()).execute(&mut *w).await?;
    let removed = sql!(
        "DELETE FROM webhook_secrets WHERE hook = $1 AND id = $2
             AND (SELECT COUNT(*) FROM webhook_secrets WHERE hook = $1) > 1"
    )
    .bind(id.0.as_str())
    .bind(secret)
    .execute(w)
    .await?;
    Ok(removed == 1)
}

// ---- deliveries

/// Whether hooks may be told of this event at all.
pub(super) fn topic(event: &Event) -> Option<Topic> {
    event.kind.topic().filter(|_| event.outcome == Outcome::Ok)
}

/// Writes a delivery for each hook that is told of the event, inside the change that has just recorded it: the trail says
/// to which organisation it belongs.
pub(super) async fn tell(w: &mut Writer, event: &Event) -> Result<(), Error> {
    let Some(topic) = topic(event) else { return Ok(()) };
    sql!(
        "INSERT INTO webhook_deliveries (hook, event, kind, organisation, account, client, at, next_at)
         SELECT h.id, e.id, e.kind, e.organisation, e.account, e.client, e.at, e.at
         FROM events e
         JOIN organisations o ON o.id = e.organisation
         JOIN webhooks h ON h.state = 'on' AND h.topics LIKE $2
         JOIN organisations hers ON hers.id = h.organisation AND o.path LIKE hers.path || '%'
         WHERE e.id = $1
         ON CONFLICT DO NOTHING"
    )
    .bind(event.id.as_str())
    .bind(format!("% {topic} %"))
    .execute(w)
    .await?;
    Ok(())
}

fn read_delivery(row: &Row) -> Result<Delivery, Error> {
    let (next, done, dead): (Timestamp, Option<Timestamp>, Option<Timestamp>) =
        (row.get(7)?, row.get(8)?, row.get(9)?);
    let standing = match (done, dead) {
        (Some(at), _) => Standing::Done(at),
        (None, Some(at)) => Standing::Dead(at),
        (None, None) => Standing::Waits(next),
    };
    Ok(Delivery {
        told: Told {
            event: EventId::from_text(row.get::<String>(0)?),
            kind: row.parse(1, Kind::parse)?,
            organisation: OrganisationId::from_text(row.get::<String>(2)?),
            account: row.get::<Option<String>>(3)?.map(AccountId::from_text),
            client: row.get::<Option<String>>(4)?.map(ClientId::from_text),
            at: row.get(5)?,
        },
        attempts: row.get(6)?,
        standing,
        status: row.get::<Option<i64>>(10)?.and_then(|status| u16::try_from(status).ok()),
        failure: row.get(11)?,
    })
}

/// Hooks looked at in one go.
const HOOKS: usize = 100;

/// The hooks for which something is due, those that wait longest first, and so many more than usual: a look that writes
/// nothing.
pub async fn due(store: &Store, now: Timestamp, more: usize) -> Result<Vec<Webhook>, Error> {
    let rows = sql!(
        "SELECT h.id, h.organisation, h.url, h.topics, h.state, h.failing_since, h.created_at, h.address,
             h.keeper, h.stopped
         FROM webhooks h
         WHERE h.state = 'on' AND EXISTS (SELECT 1 FROM webhook_deliveries d
             WHERE d.hook = h.id AND d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= $1
                 AND d.claimed_until <= $1)
         ORDER BY (SELECT MIN(d.next_at) FROM webhook_deliveries d
             WHERE d.hook = h.id AND d.done_at IS NULL AND d.dead_at IS NULL AND d.claimed_until <= $1), h.id
         LIMIT $2"
    )
    .bind(now)
    .bind(i64::try_from(HOOKS.saturating_add(more)).unwrap_or(i64::MAX))
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Claims what is due for a hook, oldest first; of many nodes at once each delivery goes to one. What this program cannot
/// read is claimed as well and left out, so that it stands in nobody's way until the claim is over.
pub async fn claim(w: &mut Writer, hook: &HookId, most: i64, now: Timestamp) -> Result<Vec<Delivery>, Error> {
    let mut rows: Vec<Delivery> = sql!(
        "UPDATE webhook_deliveries SET claimed_until = $3, attempts = attempts + 1
         WHERE hook = $1 AND done_at IS NULL AND dead_at IS NULL AND next_at <= $2 AND claimed_until <= $2
           AND event IN (SELECT d.event FROM webhook_deliveries d
                         WHERE d.hook = $1 AND d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= $2
                             AND d.claimed_until <= $2
                         ORDER BY d.next_at, d.event LIMIT $4)
         RETURNING event, kind, organisation, account, client, at, attempts, next_at, done_at, dead_at, status,
             failure"
    )
    .bind(hook.0.as_str())
    .bind(now)
    .bind(now.plus(CLAIM))
    .bind(most)
    .all(w)
    .await?
    .iter()
    .filter_map(|row| read_delivery(row).ok())
    .collect();
    rows.sort_by(|a, b| (a.told.at, &a.told.event).cmp(&(b.told.at, &b.told.event)));
    Ok(rows)
}

/// What the other side said, for the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The status code, where there was an answer.
    pub status: Option<u16>,
    /// A word where it does not count.
    pub failure: Option<&'static str>,
}

/// Notes that a delivery arrived, and that its hook works.
pub async fn done(
    w: &mut Writer,
    hook: &HookId,
    event: &EventId,
    said: Said,
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "UPDATE webhook_deliveries SET done_at = $3, claimed_until = 0, status = $4, failure = NULL
         WHERE hook = $1 AND event = $2 AND done_at IS NULL"
    )
    .bind(hook.0.as_str())
    .bind(event.as_str())
    .bind(now)
    .bind(said.status.map(i64::from))
    .execute(&mut *w)
    .await?;
    sql!("UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL")
        .bind(hook.0.as_str())
        .execute(w)
        .await?;
    Ok(())
}

/// Lets go of a claimed delivery; it is due again at `next_at`, or given up where that is nothing.
pub async fn again(
    w: &mut Writer,
    hook: &HookId,
    event: &EventId,
    said: Said,
    (now, next_at): (Timestamp, Option<Timestamp>),
) -> Result<(), Error> {
    sql!(
        "UPDATE webhook_deliveries
         SET next_at = COALESCE($3, next_at), dead_at = CASE WHEN CAST($3 AS BIGINT) IS NULL THEN CAST($4 AS BIGINT) ELSE NULL END,
             claimed_until = 0, status = $5, failure = $6
         WHERE hook = $1 AND event = $2 AND done_at IS NULL AND dead_at IS NULL"
    )
    .bind(hook.0.as_str())
    .bind(event.as_str())
    .bind(next_at)
    .bind(now)
    .bind(said.status.map(i64::from))
    .bind(said.failure.map(str::to_owned))
    .execute(w)
    .await?;
    Ok(())
}

/// Notes that a hook fails, and switches it off where it has failed since `since` or longer, or at once where that is
/// nothing. `true` when this switched it off.
pub async fn fails(
    w: &mut Writer,
    hook: &HookId,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Error> {
    sql!("UPDATE webhooks SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL AND state = 'on'")
        .bind(hook.0.as_str())
        .bind(now)
        .execute(&mut *w)
        .await?;
    let off =
        sql!("UPDATE webhooks SET state = 'failing' WHERE id = $1 AND state = 'on' AND failing_since <= $2")
            .bind(hook.0.as_str())
            .bind(since.unwrap_or(now))
            .execute(w)
            .await?;
    Ok(off == 1)
}

/// The newest deliveries of a hook, newest first; what this program cannot read is left out.
pub async fn newest(store: &Store, hook: &HookId, limit: i64) -> Result<Vec<Delivery>, Error> {
    let rows = sql!(
        "SELECT event, kind, organisation, account, client, at, attempts, next_at, done_at, dead_at, status, failure
         FROM webhook_deliveries WHERE hook = $1 ORDER BY at DESC, event DESC LIMIT $2"
    )
    .bind(hook.0.as_str())
    .bind(limit)
    .all(store)
    .await?;
    Ok(rows.iter().filter_map(|row| read_delivery(row).ok()).collect())
}

/// Makes a delivery due now, as if it had never been tried; `false` when there is none, or it is under way.
pub async fn send_again(
    w: &mut Writer,
    hook: &HookId,
    event: &EventId,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE webhook_deliveries SET done_at = NULL, dead_at = NULL, attempts = 0, next_at = $3
         WHERE hook = $1 AND event = $2 AND claimed_until <= $3"
    )
    .bind(hook.0.as_str())
    .bind(event.as_str())
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Forgets what ended, or could not be sent for as long because its hook is off.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM webhook_deliveries WHERE at < $1 AND claimed_until <= $2")
        .bind(now.plus(-REMEMBERED))
        .bind(now)
        .execute(w)
        .await
}

/// How many deliveries wait for hooks that are on.
pub async fn waiting(store: &Store) -> Result<u32, Error> {
    let row = sql!(
        "SELECT COUNT(*) FROM webhook_deliveries d JOIN webhooks h ON h.id = d.hook
         WHERE h.state = 'on' AND d.done_at IS NULL AND d.dead_at IS NULL"
    )
    .one(store)
    .await?;
    Ok(u32::try_from(row.get::<i64>(0)?).unwrap_or(u32::MAX))
}
