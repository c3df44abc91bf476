//! One-time links: kept by digest, spent by one guarded statement.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, Digest, Timestamp};
use crate::identity::{Link, LinkKind};

/// Keeps a link that was drawn.
pub async fn insert(
    w: &mut Writer,
    digest: Digest,
    kind: LinkKind,
    account: &AccountId,
    about: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO links (digest, kind, account, about, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)"
    )
    .bind(digest)
    .bind(kind.as_str())
    .bind(account.as_str())
    .bind(about)
    .bind(now)
    .bind(now.plus(kind.lifetime()))
    .execute(w)
    .await?;
    Ok(())
}

/// A link of this kind by its digest, whatever became of it; a link of another kind is unknown.
pub async fn find(
    store: &Store,
    digest: Digest,
    kind: LinkKind,
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    let row = sql!(
        "SELECT kind, account, about, created_at, expires_at, spent_at, revoked_at
         FROM links WHERE digest = $1 AND kind = $2"
    )
    .bind(digest)
    .bind(kind.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(|row| read(row, now)).transpose()
}

/// Spends a link; of 64 at once one gets it. `None` when it is unknown, spent, revoked, expired or of another kind.
pub async fn spend(
    w: &mut Writer,
    digest: Digest,
    kind: LinkKind,
    now: Timestamp,
) -> Result<Option<AccountId>, Error> {
    let row = sql!(
        "UPDATE links SET spent_at = $3
         WHERE digest = $1 AND kind = $2 AND spent_at IS NULL AND revoked_at IS NULL AND expires_at > $3
         RETURNING account"
    )
    .bind(digest)
    .bind(kind.as_str())
    .bind(now)
    .optional(w)
    .await?;
    row.map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).transpose()
}

/// Whether a link still works, inside the change that rests on it without spending it.
pub async fn is_open(w: &mut Writer, digest: Digest, kind: LinkKind, now: Timestamp) -> Result<bool, Error> {
    let row = sql!(
        "SELECT 1 FROM links
         WHERE digest = $1 AND kind = $2 AND spent_at IS NULL AND revoked_at IS NULL AND expires_at > $3"
    )
    .bind(digest)
    .bind(kind.as_str())
    .bind(now)
    .optional(w)
    .await?;
    Ok(row.is_some())
}

/// Takes back every open link of a kind that a person has; says how many there were.
pub async fn revoke(
    w: &mut Writer,
    account: &AccountId,
    kind: LinkKind,
    now: Timestamp,
) -> Result<u64, Error> {
    sql!(
        "UPDATE links SET revoked_at = $3
         WHERE account = $1 AND kind = $2 AND spent_at IS NULL AND revoked_at IS NULL"
    )
    .bind(account.as_str())
    .bind(kind.as_str())
    .bind(now)
    .execute(w)
    .await
}

/// The newest link of a kind that a person was sent.
pub async fn newest(
    store: &Store,
    account: &AccountId,
    kind: LinkKind,
    now: Timestamp,
) -> Result<Option<Link>, Error> {
    let row = sql!(
        "SELECT kind, account, about, created_at, expires_at, spent_at, revoked_at
         FROM links WHERE account = $1 AND kind = $2 ORDER BY created_at DESC, digest LIMIT 1"
    )
    .bind(account.as_str())
    .bind(kind.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(|row| read(row, now)).transpose()
}

/// How long a link is remembered after its time, so that its page can say what became of it, in seconds.
const REMEMBERED: i64 = 30 * 24 * 3600;

/// Forgets links that ended long ago.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM links WHERE expires_at < $1").bind(now.plus(-REMEMBERED)).execute(w).await
}

fn read(row: &Row, now: Timestamp) -> Result<Link, Error> {
    let expires_at: Timestamp = row.get(4)?;
    Ok(Link {
        kind: LinkKind::parse(&row.get::<String>(0)?).ok_or_else(|| Error::corrupt("link.kind"))?,
        account: AccountId::from_text(row.get::<String>(1)?),
        about: row.get(2)?,
        created_at: row.get(3)?,
        expires_at,
        standing: Link::standing(expires_at, row.get(5)?, row.get(6)?, now),
    })
}
