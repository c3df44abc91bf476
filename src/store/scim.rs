//! Whom a directory keeps by SCIM, and its pages of people.

use super::accounts::SealedAccount;
use super::{Error, Row, Store, Target, Writer, sql};
use crate::base::{AccountId, ClientId, Digest, Timestamp};
use crate::duties::Path;

/// What a directory said about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its own id of them, sealed.
    pub external: Option<Vec<u8>>,
    /// When it said that they left.
    pub left_at: Option<Timestamp>,
}

/// An id of a directory's own, as it is looked up and as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// A keyed digest, of client and id.
    pub digest: Digest,
    /// The id, sealed with the person's key.
    pub sealed: Vec<u8>,
}

/// What a directory said about somebody, if it said anything.
pub async fn known<'t>(
    target: impl Into<Target<'t>>,
    client: &ClientId,
    account: &AccountId,
) -> Result<Known, Error> {
    let row = sql!("SELECT sealed, left_at FROM scim_people WHERE client = $1 AND account = $2")
        .bind(client.as_str())
        .bind(account.as_str())
        .optional(target)
        .await?;
    let Some(row) = row else { return Ok(Known::default()) };
    Ok(Known { external: row.get(0)?, left_at: row.get(1)? })
}

/// Whom a directory knows by an id of its own.
pub async fn find(store: &Store, client: &ClientId, external: Digest) -> Result<Option<AccountId>, Error> {
    let row = sql!("SELECT account FROM scim_people WHERE client = $1 AND external = $2")
        .bind(client.as_str())
        .bind(external)
        .optional(store)
        .await?;
    row.map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).transpose()
}

/// Keeps the directory's id of somebody who is there (again); `Conflict` when it is somebody else's.
pub async fn keep(
    w: &mut Writer,
    client: &ClientId,
    account: &AccountId,
    external: Option<&External>,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO scim_people (client, account, external, sealed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (client, account) DO UPDATE SET external = $3, sealed = $4, left_at = NULL"
    )
    .bind(client.as_str())
    .bind(account.as_str())
    .bind(external.map(|external| external.digest))
    .bind(external.map(|external| external.sealed.clone()))
    .execute(w)
    .await?;
    Ok(())
}

/// Notes that the directory let somebody go.
pub async fn leave(
    w: &mut Writer,
    client: &ClientId,
    account: &AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO scim_people (client, account, left_at) VALUES ($1, $2, $3)
         ON CONFLICT (client, account) DO UPDATE SET external = NULL, sealed = NULL, left_at = $3"
    )
    .bind(client.as_str())
    .bind(account.as_str())
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// People at a place and below it whom the directory did not let go, oldest first; `active` narrows them to those who may
/// sign in or are invited, or to the others.
pub async fn page(
    store: &Store,
    client: &ClientId,
    place: &Path,
    active: Option<bool>,
    (skipped, limit): (i64, i64),
) -> Result<Vec<SealedAccount>, Error> {
    let rows = sql!(
        "SELECT a.id, a.organisation, a.role, a.state, a.sealed, a.valid_after, a.created_at, a.reset_at
         FROM enrolments e
         JOIN accounts a ON a.id = e.account
         JOIN organisations o ON o.id = e.organisation
         LEFT JOIN scim_people s ON s.client = $1 AND s.account = e.account
         WHERE o.path LIKE $2 AND s.left_at IS NULL
             AND (CAST($3 AS BOOLEAN) IS NULL OR (e.state <> 'disabled') = $3)
         ORDER BY e.number, e.account LIMIT $4 OFFSET $5"
    )
    .bind(client.as_str())
    // Ids hold no wildcards.
    .bind(format!("{}%", place.as_str()))
    .bind(active)
    .bind(limit)
    .bind(skipped)
    .all(store)
    .await?;
    rows.iter().map(|row: &Row| SealedAccount::read_from(row, 0)).collect()
}

/// How many people at a place and below it the directory let go; by whether they may sign in.
pub async fn gone(store: &Store, client: &ClientId, place: &Path) -> Result<(i64, i64), Error> {
    let row = sql!(
        "SELECT COUNT(CASE WHEN e.state <> 'disabled' THEN 1 END), COUNT(CASE WHEN e.state = 'disabled' THEN 1 END)
         FROM scim_people s
         JOIN enrolments e ON e.account = s.account
         JOIN organisations o ON o.id = e.organisation
         WHERE s.client = $1 AND s.left_at IS NOT NULL AND o.path LIKE $2"
    )
    .bind(client.as_str())
    .bind(format!("{}%", place.as_str()))
    .one(store)
    .await?;
    Ok((row.get(0)?, row.get(1)?))
}
