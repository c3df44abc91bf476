//! Versions of the policy. They only grow: a version follows the one it was made from, or it is not written.

use super::{Error, Row, Store, Writer, sql};
use crate::base::Timestamp;

/// One version as it is stored.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    /// 1 is the first that was written; 0 stands for the ready-made rules.
    pub version: i64,
    /// The rules as JSON.
    pub document: String,
    /// Who made it, as events name actors.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Timestamp,
}

/// The version in force, if any was ever written.
pub async fn newest(store: &Store) -> Result<Option<PolicyRow>, Error> {
    let row = sql!(
        "SELECT version, document, actor, reason, created_at FROM policies ORDER BY version DESC LIMIT 1"
    )
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

/// One version.
pub async fn find(store: &Store, version: i64) -> Result<Option<PolicyRow>, Error> {
    let row = sql!("SELECT version, document, actor, reason, created_at FROM policies WHERE version = $1")
        .bind(version)
        .optional(store)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Up to `limit` versions before one, newest first.
pub async fn before(store: &Store, version: i64, limit: i64) -> Result<Vec<PolicyRow>, Error> {
    let rows = sql!(
        "SELECT version, document, actor, reason, created_at FROM policies
         WHERE version < $1 ORDER BY version DESC LIMIT $2"
    )
    .bind(version)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Writes the version that follows `row.version - 1`; `Conflict` when somebody else's did.
pub async fn insert(w: &mut Writer, row: &PolicyRow) -> Result<(), Error> {
    let written = sql!(
        "INSERT INTO policies (version, document, actor, reason, created_at)
         SELECT CAST($1 AS BIGINT), $2, $3, $4, CAST($5 AS BIGINT)
         WHERE COALESCE((SELECT MAX(version) FROM policies), 0) = CAST($1 AS BIGINT) - 1"
    )
    .bind(row.version)
    .bind(row.document.as_str())
    .bind(row.actor.as_str())
    .bind(row.reason.as_str())
    .bind(row.created_at)
    .execute(w)
    .await?;
    if written == 1 { Ok(()) } else { Err(Error::Conflict) }
}

fn read(row: &Row) -> Result<PolicyRow, Error> {
    Ok(PolicyRow {
        version: row.get(0)?,
        document: row.get(1)?,
        actor: row.get(2)?,
        reason: row.get(3)?,
        created_at: row.get(4)?,
    })
}
