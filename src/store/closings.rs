//! Accounts whose person asked to close them.

use super::{Error, Store, Writer, sql};
use crate::base::{AccountId, Seconds, Timestamp};

/// How long the person may change their mind, in seconds.
pub const UNDO: Seconds = 7 * 24 * 3600;
/// Nobody keeps an account in the last minute: another node's clock may say that it is over.
const LAST_MINUTE: Seconds = 60;

/// Begins the closing of an account; `false` when it began before.
pub async fn ask(w: &mut Writer, account: &AccountId, now: Timestamp) -> Result<bool, Error> {
    let asked = sql!(
        "INSERT INTO closings (account, asked_at, due_at) VALUES ($1, $2, $3) ON CONFLICT (account) DO NOTHING"
    )
    .bind(account.as_str())
    .bind(now)
    .bind(now.plus(UNDO))
    .execute(w)
    .await?;
    Ok(asked == 1)
}

/// Ends the closing of an account; `false` when there is none, or it is too late.
pub async fn keep(w: &mut Writer, account: &AccountId, now: Timestamp) -> Result<bool, Error> {
    let kept = sql!("DELETE FROM closings WHERE account = $1 AND due_at > $2")
        .bind(account.as_str())
        .bind(now.plus(LAST_MINUTE))
        .execute(w)
        .await?;
    Ok(kept == 1)
}

/// When an account will be erased; `None` where nobody asked to close it.
pub async fn due_at(store: &Store, account: &AccountId) -> Result<Option<Timestamp>, Error> {
    let row =
        sql!("SELECT due_at FROM closings WHERE account = $1").bind(account.as_str()).optional(store).await?;
    row.map(|row| row.get(0)).transpose()
}

/// At most `limit` accounts whose time is over.
pub async fn due(store: &Store, now: Timestamp, limit: i64) -> Result<Vec<AccountId>, Error> {
    let rows = sql!("SELECT account FROM closings WHERE due_at <= $1 ORDER BY due_at, account LIMIT $2")
        .bind(now)
        .bind(limit)
        .all(store)
        .await?;
    rows.iter().map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).collect()
}
