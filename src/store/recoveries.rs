//! Recoveries that wait out their cooling-off: one for a person at a time, ended by its person, by a cancel or by time.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, Timestamp};
use crate::duties::Path;

/// A recovery as it is kept.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// Immutable id.
    pub id: String,
    /// Whose it is.
    pub account: AccountId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When the cooling-off is over.
    pub ready_at: Timestamp,
    /// When it ended, however.
    pub ended_at: Option<Timestamp>,
    /// How: `done`, `cancelled`, `expired`.
    pub ended_why: Option<String>,
}

/// Begins a recovery, unless one waits or one was cancelled after `cancelled_since`: `false` then.
pub async fn begin(w: &mut Writer, new: &Recovery, cancelled_since: Timestamp) -> Result<bool, Error> {
    let begun = sql!(
        "INSERT INTO recoveries (id, account, asked_at, ready_at)
         SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
           SELECT 1 FROM recoveries WHERE account = $2
           AND (ended_at IS NULL OR (ended_why = 'cancelled' AND ended_at > $5)))"
    )
    .bind(new.id.as_str())
    .bind(new.account.as_str())
    .bind(new.asked_at)
    .bind(new.ready_at)
    .bind(cancelled_since)
    .execute(w)
    .await?;
    Ok(begun == 1)
}

/// Ends the recovery that waits, if one does: `false` when none did.
pub async fn end(w: &mut Writer, account: &AccountId, why: &str, now: Timestamp) -> Result<bool, Error> {
    let ended =
        sql!("UPDATE recoveries SET ended_at = $2, ended_why = $3 WHERE account = $1 AND ended_at IS NULL")
            .bind(account.as_str())
            .bind(now)
            .bind(why)
            .execute(w)
            .await?;
    Ok(ended > 0)
}

/// Whether one waits.
pub async fn waits(store: &Store, account: &AccountId) -> Result<bool, Error> {
    let row = sql!("SELECT 1 FROM recoveries WHERE account = $1 AND ended_at IS NULL")
        .bind(account.as_str())
        .optional(store)
        .await?;
    Ok(row.is_some())
}

/// Takes a recovery whose cooling-off is over for telling its person; of several nodes one does.
pub async fn tell(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let told =
        sql!("UPDATE recoveries SET told_at = $2 WHERE id = $1 AND told_at IS NULL AND ended_at IS NULL")
            .bind(id)
            .bind(now)
            .execute(w)
            .await?;
    Ok(told == 1)
}

/// Recoveries whose cooling-off is over and whose people do not know it yet.
pub async fn due(store: &Store, now: Timestamp, limit: i64) -> Result<Vec<Recovery>, Error> {
    let rows = sql!(
        "SELECT id, account, asked_at, ready_at, ended_at, ended_why FROM recoveries
         WHERE ended_at IS NULL AND told_at IS NULL AND ready_at <= $1 ORDER BY ready_at, id LIMIT $2"
    )
    .bind(now)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Recoveries that wait at and below a place, the oldest first.
pub async fn waiting(store: &Store, place: &Path, limit: i64) -> Result<Vec<Recovery>, Error> {
    let rows = sql!(
        "SELECT r.id, r.account, r.asked_at, r.ready_at, r.ended_at, r.ended_why FROM recoveries r
         WHERE r.ended_at IS NULL AND (SELECT o.path FROM accounts a JOIN organisations o ON o.id = a.organisation
             WHERE a.id = r.account) LIKE $1
         ORDER BY r.asked_at, r.id LIMIT $2"
    )
    .bind(format!("{}%", place.as_str()))
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Ends recoveries that nobody finished after they were told of.
pub async fn expire(w: &mut Writer, told_before: Timestamp, now: Timestamp) -> Result<u64, Error> {
    sql!(
        "UPDATE recoveries SET ended_at = $2, ended_why = 'expired' WHERE ended_at IS NULL AND told_at <= $1"
    )
    .bind(told_before)
    .bind(now)
    .execute(w)
    .await
}

/// The newest recovery of a person.
pub async fn newest(store: &Store, account: &AccountId) -> Result<Option<Recovery>, Error> {
    let row = sql!(
        "SELECT id, account, asked_at, ready_at, ended_at, ended_why FROM recoveries
         WHERE account = $1 ORDER BY asked_at DESC, id DESC LIMIT 1"
    )
    .bind(account.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Recovery, Error> {
    Ok(Recovery {
        id: row.get(0)?,
        account: AccountId::from_text(row.get::<String>(1)?),
        asked_at: row.get(2)?,
        ready_at: row.get(3)?,
        ended_at: row.get(4)?,
        ended_why: row.get(5)?,
    })
}
