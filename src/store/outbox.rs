//! Notices waiting to be sent, sealed with the person's key.

use super::{Error, Store, Writer, sql};
use crate::base::{AccountId, EventId, Timestamp};
use crate::notifications::Notice;

/// A notice as it waits.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub account: AccountId,
    /// What it says.
    pub notice: String,
    /// The sealed [`crate::notifications::Message`].
    pub sealed: Vec<u8>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Writes a notice in the same transaction as the change it tells about.
pub async fn insert(
    w: &mut Writer,
    id: &EventId,
    account: &AccountId,
    notice: Notice,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    sql!("INSERT INTO outbox (id, account, notice, sealed, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id.as_str())
        .bind(account.as_str())
        .bind(notice.as_str())
        .bind(sealed)
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// The newest notices, newest first.
pub async fn newest(store: &Store, limit: i64) -> Result<Vec<OutboxRow>, Error> {
    let rows =
        sql!("SELECT id, account, notice, sealed, created_at FROM outbox ORDER BY created_at DESC, id DESC LIMIT $1")
            .bind(limit)
            .all(store)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(OutboxRow {
                id: row.get(0)?,
                account: AccountId::from_text(row.get::<String>(1)?),
                notice: row.get(2)?,
                sealed: row.get(3)?,
                created_at: row.get(4)?,
            })
        })
        .collect()
}
