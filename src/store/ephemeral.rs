//! The table behind the embedded ephemeral store: guarded single statements, opaque values.
//!
//! A row lives until `expires_at`; version 0 means that it was spent and only its note is left.

use super::{Error, Store, Writer, sql};
use crate::base::{Digest, Timestamp};

/// Where a value is kept: its key space and the digest of its id.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The key space's word.
    pub space: &'static str,
    /// The digest of the id.
    pub id: Digest,
}

/// A value to keep, sealed already.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Random and positive; compared by [`swap`].
    pub version: i64,
    /// The sealed value.
    pub value: Vec<u8>,
    /// What is left when the value is taken.
    pub note: Vec<u8>,
    /// When it is as good as gone.
    pub expires_at: Timestamp,
}

/// What [`take`] found.
#[derive(Clone, Debug)]
pub enum Spent {
    /// The value, for this caller alone.
    Now(Vec<u8>),
    /// Somebody was faster; the note.
    Before(Vec<u8>),
    /// Nothing is there.
    Unknown,
}

/// Keeps `kept`, whatever was there.
pub async fn put(w: &mut Writer, place: Place, kept: &Kept) -> Result<(), Error> {
    sql!(
        "INSERT INTO ephemeral (space, id, version, value, note, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (space, id) DO UPDATE SET version = excluded.version, value = excluded.value,
             note = excluded.note, expires_at = excluded.expires_at"
    )
    .bind(place.space)
    .bind(place.id)
    .bind(kept.version)
    .bind(&kept.value)
    .bind(&kept.note)
    .bind(kept.expires_at)
    .execute(w)
    .await
    .map(|_| ())
}

/// Keeps `kept` unless something unexpired is there, spent or not; answers whether it did.
pub async fn put_new(w: &mut Writer, place: Place, kept: &Kept, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!(
        "INSERT INTO ephemeral (space, id, version, value, note, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (space, id) DO UPDATE SET version = excluded.version, value = excluded.value,
             note = excluded.note, expires_at = excluded.expires_at
         WHERE ephemeral.expires_at <= $7"
    )
    .bind(place.space)
    .bind(place.id)
    .bind(kept.version)
    .bind(&kept.value)
    .bind(&kept.note)
    .bind(kept.expires_at)
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// The version and value of what is there, neither spent nor expired.
pub async fn get(store: &Store, place: Place, now: Timestamp) -> Result<Option<(i64, Vec<u8>)>, Error> {
    let row = sql!(
        "SELECT version, value FROM ephemeral WHERE space = $1 AND id = $2 AND version > 0 AND expires_at > $3"
    )
    .bind(place.space)
    .bind(place.id)
    .bind(now)
    .optional(store)
    .await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Replaces the value if its version is still `version`; the note stays.
pub async fn swap(
    w: &mut Writer,
    place: Place,
    version: i64,
    kept: &Kept,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE ephemeral SET version = $1, value = $2, expires_at = $3
         WHERE space = $4 AND id = $5 AND version = $6 AND version > 0 AND expires_at > $7"
    )
    .bind(kept.version)
    .bind(&kept.value)
    .bind(kept.expires_at)
    .bind(place.space)
    .bind(place.id)
    .bind(version)
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Moves the end of what is there; false when it is spent or gone.
pub async fn touch(
    w: &mut Writer,
    place: Place,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE ephemeral SET expires_at = $1
         WHERE space = $2 AND id = $3 AND version > 0 AND expires_at > $4"
    )
    .bind(expires_at)
    .bind(place.space)
    .bind(place.id)
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Forgets what is there, a tombstone too; answers whether something unspent and unexpired was.
pub async fn remove(w: &mut Writer, place: Place, now: Timestamp) -> Result<bool, Error> {
    let row = sql!("DELETE FROM ephemeral WHERE space = $1 AND id = $2 RETURNING version, expires_at")
        .bind(place.space)
        .bind(place.id)
        .optional(w)
        .await?;
    let Some(row) = row else { return Ok(false) };
    Ok(row.get::<i64>(0)? > 0 && row.get::<Timestamp>(1)? > now)
}

/// Spends what is there: one caller gets the value, later ones the note until `tombstone` microseconds after the
/// value would have expired.
pub async fn take(w: &mut Writer, place: Place, tombstone: i64, now: Timestamp) -> Result<Spent, Error> {
    let row = sql!(
        "UPDATE ephemeral SET version = 0, expires_at = expires_at + $1
         WHERE space = $2 AND id = $3 AND version > 0 AND expires_at > $4 RETURNING value"
    )
    .bind(tombstone)
    .bind(place.space)
    .bind(place.id)
    .bind(now)
    .optional(&mut *w)
    .await?;
    if let Some(row) = row {
        return Ok(Spent::Now(row.get(0)?));
    }
    let note =
        sql!("SELECT note FROM ephemeral WHERE space = $1 AND id = $2 AND version = 0 AND expires_at > $3")
            .bind(place.space)
            .bind(place.id)
            .bind(now)
            .optional(w)
            .await?;
    note.map_or(Ok(Spent::Unknown), |row| Ok(Spent::Before(row.get(0)?)))
}

/// Adds one to a counter; its window begins with the first count and ends at `ends_at`.
pub async fn count(w: &mut Writer, place: Place, ends_at: Timestamp, now: Timestamp) -> Result<i64, Error> {
    let empty: &[u8] = &[];
    sql!(
        "INSERT INTO ephemeral (space, id, version, value, note, expires_at) VALUES ($1, $2, 1, $3, $3, $4)
         ON CONFLICT (space, id) DO UPDATE SET
             version = CASE WHEN ephemeral.expires_at <= $5 THEN 1 ELSE ephemeral.version + 1 END,
             expires_at = CASE WHEN ephemeral.expires_at <= $5 THEN excluded.expires_at
                 ELSE ephemeral.expires_at END
         RETURNING version"
    )
    .bind(place.space)
    .bind(place.id)
    .bind(empty)
    .bind(ends_at)
    .bind(now)
    .one(w)
    .await?
    .get(0)
}

/// Takes one back from a running counter, never below zero.
pub async fn uncount(w: &mut Writer, place: Place, now: Timestamp) -> Result<(), Error> {
    sql!(
        "UPDATE ephemeral SET version = version - 1
         WHERE space = $1 AND id = $2 AND expires_at > $3 AND version > 0"
    )
    .bind(place.space)
    .bind(place.id)
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// Removes at most `limit` rows that have expired and answers how many.
pub async fn sweep(w: &mut Writer, limit: i64, now: Timestamp) -> Result<u64, Error> {
    sql!(
        "DELETE FROM ephemeral WHERE (space, id) IN
         (SELECT space, id FROM ephemeral WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"
    )
    .bind(now)
    .bind(limit)
    .execute(w)
    .await
}
