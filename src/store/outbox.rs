//! Notices waiting to be sent, sealed with the person's key: written, claimed by one node at a time, and marked.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, EventId, Seconds, Timestamp};
use crate::notifications::Notice;

/// A notice as it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub account: AccountId,
    /// What it says.
    pub notice: String,
    /// The sealed [`crate::notifications::Message`].
    pub sealed: Vec<u8>,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
}

/// How long a claim holds, in seconds: longer than the slowest server takes for a handful. A node that died with mail in
/// its hand leaves it to the others after that.
const CLAIM: Seconds = 15 * 60;

/// How long mail that went out is remembered, in seconds.
const REMEMBERED: Seconds = 30 * 24 * 3600;

/// Writes a notice in the same transaction as the change it tells about.
pub async fn insert(
    w: &mut Writer,
    id: &EventId,
    account: &AccountId,
    notice: Notice,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO outbox (id, account, notice, sealed, created_at, next_at) VALUES ($1, $2, $3, $4, $5, $5)"
    )
    .bind(id.as_str())
    .bind(account.as_str())
    .bind(notice.as_str())
    .bind(sealed)
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// Whether anything is due: a look that writes nothing.
pub async fn is_due(store: &Store, now: Timestamp) -> Result<bool, Error> {
    let found = sql!(
        "SELECT 1 FROM outbox
         WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= $1 AND claimed_until <= $1 LIMIT 1"
    )
    .bind(now)
    .optional(store)
    .await?;
    Ok(found.is_some())
}

/// Claims what is due, oldest first; of many nodes at once each mail goes to one.
pub async fn claim(w: &mut Writer, most: i64, now: Timestamp) -> Result<Vec<OutboxRow>, Error> {
    let mut rows: Vec<OutboxRow> = sql!(
        "UPDATE outbox SET claimed_until = $2, attempts = attempts + 1
         WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= $1 AND claimed_until <= $1
           AND id IN (SELECT id FROM outbox
                      WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= $1 AND claimed_until <= $1
                      ORDER BY next_at, id LIMIT $3)
         RETURNING id, account, notice, sealed, created_at, attempts, sent_at, dead_at"
    )
    .bind(now)
    .bind(now.plus(CLAIM))
    .bind(most)
    .all(w)
    .await?
    .iter()
    .map(read)
    .collect::<Result<_, _>>()?;
    rows.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(rows)
}

/// Notes that a mail was handed over. `false` when somebody else did, or the person was erased meanwhile.
pub async fn sent(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!("UPDATE outbox SET sent_at = $2, claimed_until = 0 WHERE id = $1 AND sent_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(w)
        .await?;
    Ok(changed == 1)
}

/// Lets go of a claimed mail; it is due again at `next_at`.
pub async fn again(w: &mut Writer, id: &str, next_at: Timestamp) -> Result<(), Error> {
    sql!("UPDATE outbox SET next_at = $2, claimed_until = 0 WHERE id = $1 AND sent_at IS NULL")
        .bind(id)
        .bind(next_at)
        .execute(w)
        .await?;
    Ok(())
}

/// Gives a mail up for good. `false` when it was given up or sent before, or the person was erased meanwhile.
pub async fn bury(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE outbox SET dead_at = $2, claimed_until = 0 WHERE id = $1 AND sent_at IS NULL AND dead_at IS NULL"
    )
    .bind(id)
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// How many mails wait.
pub async fn waiting(store: &Store) -> Result<u32, Error> {
    let row =
        sql!("SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL").one(store).await?;
    Ok(u32::try_from(row.get::<i64>(0)?).unwrap_or(u32::MAX))
}

/// Forgets mail that went out, or was given up, long ago.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM outbox WHERE sent_at < $1 OR dead_at < $1").bind(now.plus(-REMEMBERED)).execute(w).await
}

/// The newest notices, newest first.
pub async fn newest(store: &Store, limit: i64) -> Result<Vec<OutboxRow>, Error> {
    let rows = sql!(
        "SELECT id, account, notice, sealed, created_at, attempts, sent_at, dead_at
         FROM outbox ORDER BY created_at DESC, id DESC LIMIT $1"
    )
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<OutboxRow, Error> {
    Ok(OutboxRow {
        id: row.get(0)?,
        account: AccountId::from_text(row.get::<String>(1)?),
        notice: row.get(2)?,
        sealed: row.get(3)?,
        created_at: row.get(4)?,
        attempts: row.get(5)?,
        sent_at: row.get(6)?,
        dead_at: row.get(7)?,
    })
}

/// At most `limit` notices to one person, the newest first.
pub async fn of_account(
    store: &Store,
    account: &AccountId,
    limit: i64,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let rows =
        sql!("SELECT id, sealed FROM outbox WHERE account = $1 ORDER BY created_at DESC, id DESC LIMIT $2")
            .bind(account.as_str())
            .bind(limit)
            .all(store)
            .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
