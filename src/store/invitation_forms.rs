//! Forms that invited somebody: each counts once.

use super::{Error, Store, Writer, sql};
use crate::base::{AccountId, Digest, Seconds, Timestamp};

/// How long a form is remembered.
const REMEMBERED: Seconds = 86_400;

/// Spends a form on the account it makes; `Conflict` when it was spent.
pub async fn spend(w: &mut Writer, form: Digest, account: &AccountId, now: Timestamp) -> Result<(), Error> {
    sql!("INSERT INTO invitation_forms (form, account, at) VALUES ($1, $2, $3)")
        .bind(form)
        .bind(account.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Whom a form invited.
pub async fn find(store: &Store, form: Digest) -> Result<Option<AccountId>, Error> {
    let row = sql!("SELECT account FROM invitation_forms WHERE form = $1").bind(form).optional(store).await?;
    row.map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).transpose()
}

/// Forgets forms that nobody sends again.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM invitation_forms WHERE at < $1").bind(now.plus(-REMEMBERED)).execute(w).await
}
