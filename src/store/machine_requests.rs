//! What machines asked for once, by a key of their own.

use super::{Error, Store, Target, Writer, sql};
use crate::base::{ClientId, Digest, Timestamp};

/// A request as it was begun.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// The digest of its key.
    pub key: Digest,
    /// The digest of what was sent.
    pub body: Digest,
}

/// A request of a key that is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// The digest of what was sent.
    pub body: Digest,
    /// The answer, sealed; none while it is under way, or when it broke off.
    pub answer: Option<Vec<u8>>,
}

/// Begins a request; `false` when the key is taken. One statement: of any number at once, one begins.
pub async fn begin(w: &mut Writer, client: &ClientId, new: Begun, now: Timestamp) -> Result<bool, Error> {
    let inserted = sql!(
        "INSERT INTO machine_requests (client, key, body, begun_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (client, key) DO NOTHING"
    )
    .bind(client.as_str())
    .bind(new.key)
    .bind(new.body)
    .bind(now)
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// What is known of a key.
pub async fn find<'t>(
    target: impl Into<Target<'t>>,
    client: &ClientId,
    key: Digest,
) -> Result<Option<Known>, Error> {
    let row = sql!("SELECT body, answer FROM machine_requests WHERE client = $1 AND key = $2")
        .bind(client.as_str())
        .bind(key)
        .optional(target)
        .await?;
    row.map(|row| Ok(Known { body: row.get(0)?, answer: row.get(1)? })).transpose()
}

/// Keeps the answer of a request.
pub async fn answered(w: &mut Writer, client: &ClientId, key: Digest, answer: &[u8]) -> Result<(), Error> {
    sql!("UPDATE machine_requests SET answer = $3 WHERE client = $1 AND key = $2 AND answer IS NULL")
        .bind(client.as_str())
        .bind(key)
        .bind(answer.to_vec())
        .execute(w)
        .await?;
    Ok(())
}

/// Forgets a request that changed nothing.
pub async fn forget(w: &mut Writer, client: &ClientId, key: Digest) -> Result<(), Error> {
    sql!("DELETE FROM machine_requests WHERE client = $1 AND key = $2 AND answer IS NULL")
        .bind(client.as_str())
        .bind(key)
        .execute(w)
        .await?;
    Ok(())
}

/// Forgets the request of one key, where it is older than `before`.
pub async fn forget_old(
    w: &mut Writer,
    client: &ClientId,
    key: Digest,
    before: Timestamp,
) -> Result<(), Error> {
    sql!("DELETE FROM machine_requests WHERE client = $1 AND key = $2 AND begun_at < $3")
        .bind(client.as_str())
        .bind(key)
        .bind(before)
        .execute(w)
        .await?;
    Ok(())
}

/// How many requests are kept of a client; for tests and limits.
pub async fn count(store: &Store, client: &ClientId) -> Result<i64, Error> {
    sql!("SELECT COUNT(*) FROM machine_requests WHERE client = $1")
        .bind(client.as_str())
        .one(store)
        .await?
        .get(0)
}

/// Forgets what is older than `before`.
pub async fn sweep(w: &mut Writer, before: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM machine_requests WHERE begun_at < $1").bind(before).execute(w).await
}
