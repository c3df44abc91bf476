//! What an export needs to prove itself elsewhere: checkpoints in their order, and each chain's rows as they were linked.

use super::Stored;
use crate::base::{Digest, Timestamp};
use crate::store::{Error, Store, sql};

/// A checkpoint as it is stored: its place, what is signed, by which key, the signature.
pub type Signed = (i64, String, String, Vec<u8>);

/// Checkpoints behind a place.
pub async fn checkpoints(store: &Store, after: i64, limit: i64) -> Result<Vec<Signed>, Error> {
    let rows =
        sql!("SELECT seq, body, kid, signature FROM audit_checkpoints WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(after)
            .bind(limit)
            .all(store)
            .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).collect()
}

/// Checkpoints signed since a moment, behind a place.
pub async fn checkpoints_since(
    store: &Store,
    at: Timestamp,
    after: i64,
    limit: i64,
) -> Result<Vec<Signed>, Error> {
    let rows = sql!(
        "SELECT seq, body, kid, signature FROM audit_checkpoints WHERE at >= $1 AND seq > $2 ORDER BY seq LIMIT $3"
    )
    .bind(at)
    .bind(after)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).collect()
}

/// Every chain there is.
pub async fn chains(store: &Store) -> Result<Vec<String>, Error> {
    let rows = sql!("SELECT id FROM audit_chains ORDER BY id").all(store).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Rows of a chain behind a place, as they are stored, with their place and the chain's hash up to them.
pub async fn linked(
    store: &Store,
    chain: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Digest, Stored)>, Error> {
    let rows = sql!(
        "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason,
             detail, sealed, seq, hash
         FROM events WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"
    )
    .bind(chain)
    .bind(after)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((row.get(14)?, row.get(15)?, Stored::read(row)?))).collect()
}
