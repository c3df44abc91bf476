//! Signing keys, their private halves sealed under the master key.

use super::{Error, Store, Writer, sql};
use crate::base::Timestamp;
use crate::keys::{Algorithm, KeyState};

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
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
        "SELECT kid, algorithm, state, sealed, created_at, state_since FROM signing_keys ORDER BY created_at, kid"
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
        "INSERT INTO signing_keys (kid, algorithm, state, sealed, created_at, state_since)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(key.kid.as_str())
    .bind(key.algorithm.as_str())
    .bind(key.state.as_str())
    .bind(key.sealed.as_slice())
    .bind(key.created_at)
    .bind(key.state_since)
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

/// Whether an unretired key of the algorithm exists, asked inside the change that would add one.
pub async fn has_live(w: &mut Writer, algorithm: Algorithm, state: KeyState) -> Result<bool, Error> {
    let row = sql!("SELECT kid FROM signing_keys WHERE algorithm = $1 AND state = $2")
        .bind(algorithm.as_str())
        .bind(state.as_str())
        .optional(w)
        .await?;
    Ok(row.is_some())
}

/// Deletes a key that can no longer verify anything.
pub async fn delete(w: &mut Writer, kid: &str) -> Result<(), Error> {
    sql!("DELETE FROM signing_keys WHERE kid = $1 AND state = 'retired'").bind(kid).execute(w).await?;
    Ok(())
}
