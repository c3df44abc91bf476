//! What machines asked for once, by a key of their own.
//!
//! Whoever holds a request marks it inside each change that is made for it ([`holding`]), so that it is known of every request
//! whether anything was done; a change for one that somebody else holds by now is rolled back.

use super::{Error, Store, Target, Writer, sql};
use crate::base::{ClientId, Digest, Timestamp};

/// A request as it is begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The digest of its key.
    pub key: Digest,
    /// The digest of what was sent.
    pub body: Digest,
    /// Who begins it: an id of this one attempt.
    pub holder: String,
}

/// A request that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose.
    pub client: ClientId,
    /// The digest of its key.
    pub key: Digest,
    /// Who holds it.
    pub holder: String,
}

/// A request of a key that is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// The digest of what was sent.
    pub body: Digest,
    /// The answer, sealed; none while it is under way, or when it broke off.
    pub answer: Option<Vec<u8>>,
    /// Whether a change was made for it.
    pub changed: bool,
    /// Who holds it; nobody where it was begun before requests were held.
    pub holder: Option<String>,
    /// Since when.
    pub begun_at: Timestamp,
}

tokio::task_local! {
    /// The request whose work runs in this task.
    static HELD: (Store, Held);
}

/// Runs the work of a request: each of its changes of this store marks it, or is rolled back where somebody else holds it by
/// now.
pub async fn holding<T>(store: &Store, held: Held, work: impl Future<Output = T>) -> T {
    HELD.scope((store.clone(), held), work).await
}

/// The request that is being worked on here, if a change of this store is one of its own: data keys are kept elsewhere.
pub(super) fn held(store: &Store) -> Option<Held> {
    HELD.try_with(|(of, held)| of.is(store).then(|| held.clone())).ok().flatten()
}

/// Marks a request inside a change made for it; `false` where somebody else holds it.
pub(super) async fn mark(w: &mut Writer, held: &Held) -> Result<bool, Error> {
    let marked =
        sql!("UPDATE machine_requests SET changed = TRUE WHERE client = $1 AND key = $2 AND holder = $3")
            .bind(held.client.as_str())
            .bind(held.key)
            .bind(held.holder.as_str())
            .execute(w)
            .await?;
    Ok(marked == 1)
}

/// Begins a request; `false` when the key is taken. One statement: of any number at once, one begins.
pub async fn begin(w: &mut Writer, client: &ClientId, new: &Begun, now: Timestamp) -> Result<bool, Error> {
    let inserted = sql!(
        "INSERT INTO machine_requests (client, key, body, begun_at, holder) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (client, key) DO NOTHING"
    )
    .bind(client.as_str())
    .bind(new.key)
    .bind(new.body)
    .bind(now)
    .bind(new.holder.as_str())
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// Takes a request over from a holder who let it lie since `before` without any change; `false` when somebody was faster,
/// or there was one.
pub async fn take_over(
    w: &mut Writer,
    client: &ClientId,
    new: &Begun,
    from: &str,
    (before, now): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let taken = sql!(
        "UPDATE machine_requests SET holder = $5, begun_at = $7
         WHERE client = $1 AND key = $2 AND body = $3 AND holder = $4 AND begun_at <= $6
             AND answer IS NULL AND NOT changed"
    )
    .bind(client.as_str())
    .bind(new.key)
    .bind(new.body)
    .bind(from)
    .bind(new.holder.as_str())
    .bind(before)
    .bind(now)
    .execute(w)
    .await?;
    Ok(taken == 1)
}

/// What is known of a key.
pub async fn find<'t>(
    target: impl Into<Target<'t>>,
    client: &ClientId,
    key: Digest,
) -> Result<Option<Known>, Error> {
    let row = sql!(
        "SELECT body, answer, changed, holder, begun_at FROM machine_requests WHERE client = $1 AND key = $2"
    )
    .bind(client.as_str())
    .bind(key)
    .optional(target)
    .await?;
    row.map(|row| {
        Ok(Known {
            body: row.get(0)?,
            answer: row.get(1)?,
            changed: row.get(2)?,
            holder: row.get(3)?,
            begun_at: row.get(4)?,
        })
    })
    .transpose()
}

/// Keeps the answer of a request.
pub async fn answered(w: &mut Writer, held: &Held, answer: &[u8]) -> Result<(), Error> {
    sql!(
        "UPDATE machine_requests SET answer = $4
         WHERE client = $1 AND key = $2 AND holder = $3 AND answer IS NULL"
    )
    .bind(held.client.as_str())
    .bind(held.key)
    .bind(held.holder.as_str())
    .bind(answer.to_vec())
    .execute(w)
    .await?;
    Ok(())
}

/// Forgets a request that was refused.
pub async fn forget(w: &mut Writer, held: &Held) -> Result<(), Error> {
    sql!("DELETE FROM machine_requests WHERE client = $1 AND key = $2 AND holder = $3 AND answer IS NULL")
        .bind(held.client.as_str())
        .bind(held.key)
        .bind(held.holder.as_str())
        .execute(w)
        .await?;
    Ok(())
}

/// Forgets a request that broke off before any change was made for it; one with a change stays.
pub async fn forget_unchanged(w: &mut Writer, held: &Held) -> Result<(), Error> {
    sql!(
        "DELETE FROM machine_requests
         WHERE client = $1 AND key = $2 AND holder = $3 AND answer IS NULL AND NOT changed"
    )
    .bind(held.client.as_str())
    .bind(held.key)
    .bind(held.holder.as_str())
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
