//! Signing keys, their private halves sealed under the master key.

use super::{Error, Store, Writer, sql, turns};
use crate::base::Timestamp;
use crate::keys::{Algorithm, KeyState, KeyUse, Slot};

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// What it signs, and nothing else.
    pub usage: KeyUse,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Next, active or retired.
    pub state: KeyState,
    /// PKCS#8, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is in its state.
    pub state_since: Timestamp,
}

/// Every key, oldest first.
pub async fn list(store: &Store) -> Result<Vec<KeyRow>, Error> {
    let rows = sql!(
        "SELECT kid, algorithm, state, sealed, created_at, state_since, used_for FROM signing_keys
         ORDER BY created_at, kid"
    )
    .all(store)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(KeyRow {
                kid: row.get(0)?,
                algorithm: Algorithm::parse(&row.get::<String>(1)?)
                    .ok_or_else(|| Error::corrupt("key.algorithm"))?,
                state: KeyState::parse(&row.get::<String>(2)?).ok_or_else(|| Error::corrupt("key.state"))?,
                sealed: row.get(3)?,
                created_at: row.get(4)?,
                state_since: row.get(5)?,
                usage: KeyUse::parse(&row.get::<String>(6)?).ok_or_else(|| Error::corrupt("key.used_for"))?,
            })
        })
        .collect()
}

/// When the oldest key that is kept was made.
pub async fn first(store: &Store) -> Result<Option<Timestamp>, Error> {
    sql!("SELECT MIN(created_at) FROM signing_keys").one(store).await?.get(0)
}

/// Adds a key.
pub async fn insert(w: &mut Writer, key: &KeyRow) -> Result<(), Error> {
    sql!(
        "INSERT INTO signing_keys (kid, algorithm, state, sealed, created_at, state_since, used_for)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(key.kid.as_str())
    .bind(key.algorithm.as_str())
    .bind(key.state.as_str())
    .bind(key.sealed.as_slice())
    .bind(key.created_at)
    .bind(key.state_since)
    .bind(key.usage.as_str())
    .execute(w)
    .await?;
    Ok(())
}

/// Moves a key from one state to another; `false` when somebody else did, so that two nodes rotate once.
pub async fn advance(
    w: &mut Writer,
    kid: &str,
    from: KeyState,
    to: KeyState,
    now: Timestamp,
) -> Result<bool, Error> {
    let moved = sql!("UPDATE signing_keys SET state = $3, state_since = $4 WHERE kid = $1 AND state = $2")
        .bind(kid)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(moved == 1)
}

/// Waits until nobody else changes the keys, and keeps others waiting until this change is done.
pub async fn take_turn(w: &mut Writer, now: Timestamp) -> Result<(), Error> {
    turns::take(w, "signing", now).await
}

/// Whether a slot has a key in this state, asked inside the change that would add one.
pub async fn has_live(w: &mut Writer, slot: Slot, state: KeyState) -> Result<bool, Error> {
    let row = sql!("SELECT kid FROM signing_keys WHERE used_for = $1 AND algorithm = $2 AND state = $3")
        .bind(slot.usage.as_str())
        .bind(slot.algorithm.as_str())
        .bind(state.as_str())
        .optional(w)
        .await?;
    Ok(row.is_some())
}

/// Deletes a key that can no longer verify anything; `false` where it is gone or signs.
pub async fn delete_retired(w: &mut Writer, kid: &str) -> Result<bool, Error> {
    let gone = sql!("DELETE FROM signing_keys WHERE kid = $1 AND state = 'retired'").bind(kid);
    Ok(gone.execute(w).await? == 1)
}

/// Deletes a key whatever its state; `false` when it is gone.
pub async fn delete(w: &mut Writer, kid: &str) -> Result<bool, Error> {
    Ok(sql!("DELETE FROM signing_keys WHERE kid = $1").bind(kid).execute(w).await? == 1)
}
