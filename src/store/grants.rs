//! Who holds which duty where. A revoked grant keeps its row.

use super::{Error, Row, Store, Target, Writer, sql};
use crate::base::{AccountId, OrganisationId, Timestamp};
use crate::duties::{Duty, Grant, GrantId, Path};

fn read(row: &Row) -> Result<Grant, Error> {
    Ok(Grant {
        id: GrantId(row.get(0)?),
        account: AccountId::from_text(row.get::<String>(1)?),
        duty: Duty::parse(&row.get::<String>(2)?).ok_or_else(|| Error::corrupt("grant.duty"))?,
        organisation: OrganisationId::from_text(row.get::<String>(3)?),
        path: Path::from_text(row.get::<String>(4)?),
        granted_by: row.get(5)?,
        granted_at: row.get(6)?,
    })
}

/// What somebody holds, oldest first.
pub async fn of_account<'t>(target: impl Into<Target<'t>>, account: &AccountId) -> Result<Vec<Grant>, Error> {
    let rows = sql!(
        "SELECT g.id, g.account, g.duty, g.organisation, o.path, g.granted_by, g.granted_at
         FROM grants g JOIN organisations o ON o.id = g.organisation
         WHERE g.account = $1 AND g.revoked_at IS NULL ORDER BY g.granted_at, g.id"
    )
    .bind(account.as_str())
    .all(target)
    .await?;
    rows.iter().map(read).collect()
}

/// Holds what somebody is charged with until the end of the change: whoever takes it back waits.
pub async fn hold(w: &mut Writer, account: &AccountId) -> Result<(), Error> {
    sql!("UPDATE grants SET granted_at = granted_at WHERE account = $1 AND revoked_at IS NULL")
        .bind(account.as_str())
        .execute(w)
        .await?;
    Ok(())
}

/// A grant in force, by its id.
pub async fn find(store: &Store, id: &GrantId) -> Result<Option<Grant>, Error> {
    let row = sql!(
        "SELECT g.id, g.account, g.duty, g.organisation, o.path, g.granted_by, g.granted_at
         FROM grants g JOIN organisations o ON o.id = g.organisation
         WHERE g.id = $1 AND g.revoked_at IS NULL"
    )
    .bind(id.0.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Who holds what at an organisation itself, oldest first.
pub async fn at(store: &Store, organisation: &OrganisationId) -> Result<Vec<Grant>, Error> {
    let rows = sql!(
        "SELECT g.id, g.account, g.duty, g.organisation, o.path, g.granted_by, g.granted_at
         FROM grants g JOIN organisations o ON o.id = g.organisation
         WHERE g.organisation = $1 AND g.revoked_at IS NULL ORDER BY g.granted_at, g.id LIMIT 500"
    )
    .bind(organisation.as_str())
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Grants a duty; `false` when it is held already, or the account is gone.
pub async fn insert(w: &mut Writer, grant: &Grant) -> Result<bool, Error> {
    let inserted = sql!(
        "INSERT INTO grants (id, account, duty, organisation, granted_by, granted_at)
         SELECT $1, a.id, $3, $4, $5, $6 FROM accounts a WHERE a.id = $2
         ON CONFLICT (account, duty, organisation) WHERE revoked_at IS NULL DO NOTHING"
    )
    .bind(grant.id.0.as_str())
    .bind(grant.account.as_str())
    .bind(grant.duty.as_str())
    .bind(grant.organisation.as_str())
    .bind(grant.granted_by.as_str())
    .bind(grant.granted_at)
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// Takes a duty back; `false` when somebody did already.
pub async fn revoke(w: &mut Writer, id: &GrantId, by: &str, now: Timestamp) -> Result<bool, Error> {
    let revoked =
        sql!("UPDATE grants SET revoked_by = $2, revoked_at = $3 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id.0.as_str())
            .bind(by)
            .bind(now)
            .execute(w)
            .await?;
    Ok(revoked == 1)
}

/// Takes back whatever somebody holds, when they are erased.
pub async fn revoke_all(w: &mut Writer, account: &AccountId, by: &str, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE grants SET revoked_by = $2, revoked_at = $3 WHERE account = $1 AND revoked_at IS NULL")
        .bind(account.as_str())
        .bind(by)
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Whether an owner of the root remains who may act, if `leaving` no longer could. Changes that ask this take turns:
/// of two owners who remove each other at once, one stays.
pub async fn an_owner_remains(w: &mut Writer, leaving: &AccountId, now: Timestamp) -> Result<bool, Error> {
    let is_owner = sql!(
        "SELECT 1 FROM grants g JOIN accounts a ON a.id = g.account
         WHERE g.account = $1 AND g.duty = 'owner' AND g.organisation = 'root' AND g.revoked_at IS NULL
           AND a.state = 'active'"
    );
    if is_owner.bind(leaving.as_str()).optional(&mut *w).await?.is_none() {
        return Ok(true);
    }
    sql!("UPDATE organisations SET updated_at = $1 WHERE id = 'root'").bind(now).execute(&mut *w).await?;
    let other = sql!(
        "SELECT 1 FROM grants g JOIN accounts a ON a.id = g.account
         WHERE g.account <> $1 AND g.duty = 'owner' AND g.organisation = 'root' AND g.revoked_at IS NULL
           AND a.state = 'active' LIMIT 1"
    );
    Ok(other.bind(leaving.as_str()).optional(w).await?.is_some())
}

/// Owners of the root who may act, at most so many.
pub async fn some_owners(store: &Store, most: i64) -> Result<Vec<AccountId>, Error> {
    let rows = sql!(
        "SELECT DISTINCT g.account FROM grants g JOIN accounts a ON a.id = g.account
         WHERE g.duty = 'owner' AND g.organisation = 'root' AND g.revoked_at IS NULL AND a.state = 'active'
         ORDER BY g.account LIMIT $1"
    );
    rows.bind(most).all(store).await?.iter().map(|row| row.get(0)).collect()
}

/// How many owners of the root may act.
pub async fn owners(store: &Store) -> Result<i64, Error> {
    let row = sql!(
        "SELECT COUNT(DISTINCT g.account) FROM grants g JOIN accounts a ON a.id = g.account
         WHERE g.duty = 'owner' AND g.organisation = 'root' AND g.revoked_at IS NULL AND a.state = 'active'"
    );
    row.one(store).await?.get(0)
}
