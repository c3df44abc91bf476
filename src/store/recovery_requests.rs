//! People who asked their clinic to help them back in. The number to call is sealed with the person's key.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, OrganisationId, Timestamp};
use crate::duties::Path;
use crate::keys::seal::DataKey;

/// A request as it is kept.
#[derive(Clone, Debug)]
pub struct RecoveryRequest {
    /// Immutable id.
    pub id: String,
    /// Who asked, or was named by whoever asked.
    pub account: AccountId,
    /// The person's clinic.
    pub organisation: OrganisationId,
    /// Whether the password was proved: else it may have been anybody.
    pub proved: bool,
    /// When it was asked.
    pub asked_at: Timestamp,
    sealed: Option<Vec<u8>>,
}

fn context(id: &str) -> String {
    format!("recovery_request.{id}")
}

impl RecoveryRequest {
    /// A new request, with the number to call sealed.
    pub fn new(
        id: String,
        account: AccountId,
        organisation: OrganisationId,
        proved: bool,
        call: Option<(&str, &DataKey)>,
        asked_at: Timestamp,
    ) -> Self {
        let sealed = call.map(|(number, key)| key.seal(&context(&id), number.as_bytes()));
        Self { id, account, organisation, proved, asked_at, sealed }
    }

    /// The number to call, if one was given. Whoever typed it may not be the person: compare it with the one on file.
    pub fn call(&self, key: &DataKey) -> Result<Option<String>, Error> {
        let Some(sealed) = &self.sealed else { return Ok(None) };
        let plain = key.open(&context(&self.id), sealed).map_err(|_| Error::corrupt("recovery_request"))?;
        Ok(String::from_utf8(plain.expose().clone()).ok())
    }
}

/// Keeps a request in place of an open one of the same person; `true` when there was none.
pub async fn ask(w: &mut Writer, new: &RecoveryRequest) -> Result<bool, Error> {
    // Whoever proved nothing puts their number in nobody's place who did.
    let before = sql!(
        "UPDATE recovery_requests SET closed_at = $2, closed_why = 'asked_again'
         WHERE account = $1 AND closed_at IS NULL AND (proved = FALSE OR $3)"
    )
    .bind(new.account.as_str())
    .bind(new.asked_at)
    .bind(new.proved)
    .execute(&mut *w)
    .await?;
    let kept = sql!(
        "INSERT INTO recovery_requests (id, account, organisation, proved, sealed, asked_at)
         SELECT $1, $2, $3, $4, $5, $6
         WHERE NOT EXISTS (SELECT 1 FROM recovery_requests WHERE account = $2 AND closed_at IS NULL)"
    )
    .bind(new.id.as_str())
    .bind(new.account.as_str())
    .bind(new.organisation.as_str())
    .bind(new.proved)
    .bind(new.sealed.clone())
    .bind(new.asked_at)
    .execute(w)
    .await?;
    Ok(before == 0 && kept == 1)
}

/// Closes the open request of a person: `false` when there is none.
pub async fn close(w: &mut Writer, account: &AccountId, why: &str, now: Timestamp) -> Result<bool, Error> {
    let closed = sql!(
        "UPDATE recovery_requests SET closed_at = $2, closed_why = $3 WHERE account = $1 AND closed_at IS NULL"
    )
    .bind(account.as_str())
    .bind(now)
    .bind(why)
    .execute(w)
    .await?;
    Ok(closed > 0)
}

/// Open requests, the oldest first, behind a place.
pub async fn open(
    store: &Store,
    after: Option<(Timestamp, String)>,
    limit: i64,
) -> Result<Vec<RecoveryRequest>, Error> {
    let (at, id) = after.unwrap_or((Timestamp::from_micros(i64::MIN), String::new()));
    let rows = sql!(
        "SELECT id, account, organisation, proved, sealed, asked_at FROM recovery_requests
         WHERE closed_at IS NULL AND (asked_at > $1 OR (asked_at = $1 AND id > $2)) ORDER BY asked_at, id LIMIT $3"
    )
    .bind(at)
    .bind(id)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Open requests of people at and below a place, the oldest first.
pub async fn open_at(store: &Store, place: &Path, limit: i64) -> Result<Vec<RecoveryRequest>, Error> {
    let rows = sql!(
        "SELECT r.id, r.account, r.organisation, r.proved, r.sealed, r.asked_at
         FROM recovery_requests r
         WHERE r.closed_at IS NULL AND (SELECT o.path FROM accounts a JOIN organisations o ON o.id = a.organisation
             WHERE a.id = r.account) LIKE $1
         ORDER BY r.asked_at, r.id LIMIT $2"
    )
    .bind(format!("{}%", place.as_str()))
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// The open request of a person.
pub async fn of_account(store: &Store, account: &AccountId) -> Result<Option<RecoveryRequest>, Error> {
    let row = sql!(
        "SELECT id, account, organisation, proved, sealed, asked_at FROM recovery_requests
         WHERE account = $1 AND closed_at IS NULL ORDER BY asked_at DESC LIMIT 1"
    )
    .bind(account.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<RecoveryRequest, Error> {
    Ok(RecoveryRequest {
        id: row.get(0)?,
        account: AccountId::from_text(row.get::<String>(1)?),
        organisation: OrganisationId::from_text(row.get::<String>(2)?),
        proved: row.get(3)?,
        sealed: row.get(4)?,
        asked_at: row.get(5)?,
    })
}
