//! Factors of accounts. Payloads are sealed with the person's key; what must never be forgotten is in columns.

use super::{Error, Row, Store, Writer, enrolments, sql};
use crate::base::{AccountId, Digest, FactorId, Timestamp};
use crate::factors::FactorKind;
use crate::factors::model::{Aaguid, Model};
use crate::keys::seal::DataKey;

/// A factor as it is stored.
#[derive(Clone, Debug)]
pub struct FactorRow {
    /// Immutable id.
    pub id: FactorId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is.
    pub kind: FactorKind,
    /// The last TOTP step that was accepted.
    pub last_step: Option<i64>,
    /// Grows with each change of the payload; guards updates.
    pub version: i64,
    /// When it was bound.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// When it was disabled after too many failures.
    pub disabled_at: Option<Timestamp>,
    /// When a link in a mail set it, until the person next proves a second factor.
    pub mailed_at: Option<Timestamp>,
    /// It holds a hash made elsewhere; this one costs as much and is nobody's.
    pub foreign_cost: Option<String>,
    /// What model of key it is, as far as it was told.
    pub model: Model,
    /// The report that takes its model out of use. Never stored: whoever reads the metadata says so.
    pub distrusted: Option<&'static str>,
    sealed: Vec<u8>,
}

/// A factor about to be bound.
#[derive(Clone, Debug)]
pub struct NewFactor {
    /// Its id.
    pub id: FactorId,
    /// What it is.
    pub kind: FactorKind,
    /// Sealed payload.
    pub sealed: Vec<u8>,
    /// Digest of the WebAuthn credential id: unique over everybody.
    pub credential: Option<Digest>,
    /// The TOTP step that bound it, so that it is not accepted again.
    pub last_step: Option<i64>,
    /// What model of key it is.
    pub model: Model,
}

/// Marks a password as made elsewhere: `cost` is a hash that costs as much.
pub async fn came_from_elsewhere(w: &mut Writer, id: &FactorId, cost: &str) -> Result<(), Error> {
    sql!("UPDATE factors SET foreign_cost = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(cost)
        .execute(w)
        .await?;
    Ok(())
}

/// What a wrong password costs whoever stands at this place among the names' digests, or next behind it: `None` for
/// a hash of ours. Asked of known and unknown names alike.
pub async fn cost_near(store: &Store, name: Digest) -> Result<Option<String>, Error> {
    let row = sql!(
        "SELECT f.foreign_cost FROM identifiers i JOIN factors f ON f.account = i.account AND f.kind = 'password'
         WHERE i.digest >= $1 ORDER BY i.digest LIMIT 1"
    )
    .bind(name)
    .optional(store)
    .await?;
    row.map_or(Ok(None), |row| row.get(0))
}

/// Seals a payload for one factor; the context holds its id, so that payloads cannot be swapped.
pub fn seal<T: serde::Serialize>(payload: &T, id: &FactorId, key: &DataKey) -> Result<Vec<u8>, Error> {
    let plain = serde_json::to_vec(payload).map_err(|_| Error::corrupt("factor.payload"))?;
    Ok(key.seal(&context(id), &plain))
}

fn context(id: &FactorId) -> String {
    format!("factor.{id}")
}

impl FactorRow {
    /// Whether it may prove anything: not switched off, and not of a model that is out of use.
    pub fn is_usable(&self) -> bool {
        self.disabled_at.is_none() && self.distrusted.is_none()
    }

    /// Unseals the payload.
    pub fn open<T: serde::de::DeserializeOwned>(&self, key: &DataKey) -> Result<T, Error> {
        let plain =
            key.open(&context(&self.id), &self.sealed).map_err(|_| Error::corrupt("factor.payload"))?;
        serde_json::from_slice(plain.expose()).map_err(|_| Error::corrupt("factor.payload"))
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: FactorId::from_text(row.get::<String>(0)?),
            account: AccountId::from_text(row.get::<String>(1)?),
            kind: FactorKind::parse(&row.get::<String>(2)?).ok_or_else(|| Error::corrupt("factor.kind"))?,
            sealed: row.get(3)?,
            last_step: row.get(4)?,
            version: row.get(5)?,
            created_at: row.get(6)?,
            last_used_at: row.get(7)?,
            disabled_at: row.get(8)?,
            foreign_cost: row.get(9)?,
            mailed_at: row.get(10)?,
            model: model(row, 11)?,
            distrusted: None,
        })
    }
}

/// The model in two columns from this one on; what cannot be read is no model.
fn model(row: &Row, at: usize) -> Result<Model, Error> {
    let aaguid: Option<String> = row.get(at)?;
    let attested: Option<bool> = row.get(at + 1)?;
    let aaguid = aaguid.as_deref().and_then(|text| Aaguid::parse(text).ok());
    Ok(Model { aaguid, attested: aaguid.is_some() && attested.unwrap_or_default() })
}

/// Every factor of an account, oldest first.
pub async fn of_account(store: &Store, account: &AccountId) -> Result<Vec<FactorRow>, Error> {
    let rows = sql!(
        "SELECT id, account, kind, sealed, last_step, version, created_at, last_used_at, disabled_at,
             foreign_cost, mailed_at, aaguid, attested
         FROM factors WHERE account = $1 ORDER BY created_at, id"
    )
    .bind(account.as_str())
    .all(store)
    .await?;
    rows.iter().map(FactorRow::read).collect()
}

/// The ids of every factor of an account inside a change, in the order of [`of_account`].
pub async fn ids(w: &mut Writer, account: &AccountId) -> Result<Vec<FactorId>, Error> {
    let rows = sql!("SELECT id FROM factors WHERE account = $1 ORDER BY created_at, id")
        .bind(account.as_str())
        .all(w)
        .await?;
    rows.iter().map(|row| row.get::<String>(0).map(FactorId::from_text)).collect()
}

/// A factor inside a change: which, of what kind, of what model, and whether it is enabled.
pub type Bound = (FactorId, FactorKind, Model, bool);

/// Every factor of an account inside a change that holds it.
pub async fn bound(w: &mut Writer, account: &AccountId) -> Result<Vec<Bound>, Error> {
    let rows = sql!("SELECT id, kind, disabled_at, aaguid, attested FROM factors WHERE account = $1")
        .bind(account.as_str())
        .all(w)
        .await?;
    rows.iter()
        .map(|row| {
            let disabled: Option<Timestamp> = row.get(2)?;
            let id = FactorId::from_text(row.get::<String>(0)?);
            Ok((id, row.parse(1, FactorKind::parse)?, model(row, 3)?, disabled.is_none()))
        })
        .collect()
}

/// Replaces a payload without its being used, e.g. by one with another name; `false` when it changed meanwhile.
pub async fn rewrite(
    w: &mut Writer,
    account: &AccountId,
    id: &FactorId,
    version: i64,
    sealed: &[u8],
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE factors SET sealed = $4, version = version + 1 WHERE id = $1 AND account = $2 AND version = $3"
    )
    .bind(id.as_str())
    .bind(account.as_str())
    .bind(version)
    .bind(sealed)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Binds a factor; `Conflict` when the credential is bound already.
pub async fn insert(
    w: &mut Writer,
    account: &AccountId,
    new: &NewFactor,
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO factors (id, account, kind, sealed, credential, last_step, version, created_at, aaguid, attested)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)"
    )
    .bind(new.id.as_str())
    .bind(account.as_str())
    .bind(new.kind.as_str())
    .bind(new.sealed.as_slice())
    .bind(new.credential.map(|d| d.to_vec()))
    .bind(new.last_step)
    .bind(now)
    .bind(new.model.aaguid.map(|aaguid| aaguid.to_string()))
    .bind(new.model.aaguid.map(|_| new.model.attested))
    .execute(&mut *w)
    .await?;
    enrolments::settle(w, account, now).await
}

/// Takes a TOTP step: `false` when that step, or a later one, was taken before.
pub async fn take_step(w: &mut Writer, id: &FactorId, step: i64, now: Timestamp) -> Result<bool, Error> {
    let taken = sql!(
        "UPDATE factors SET last_step = $2, last_used_at = $3
         WHERE id = $1 AND disabled_at IS NULL AND (last_step IS NULL OR last_step < $2)"
    )
    .bind(id.as_str())
    .bind(step)
    .bind(now)
    .execute(w)
    .await?;
    Ok(taken == 1)
}

/// Replaces the payload if nobody did since it was read: `false` when somebody did.
pub async fn replace(
    w: &mut Writer,
    id: &FactorId,
    version: i64,
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE factors SET sealed = $3, version = version + 1, last_used_at = $4, foreign_cost = NULL
         WHERE id = $1 AND version = $2 AND disabled_at IS NULL"
    )
    .bind(id.as_str())
    .bind(version)
    .bind(sealed)
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Notes a use.
pub async fn used(w: &mut Writer, id: &FactorId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE factors SET last_used_at = $2 WHERE id = $1").bind(id.as_str()).bind(now).execute(w).await?;
    Ok(())
}

/// Disables every enabled factor of these kinds after the last allowed failure; says how many.
pub async fn disable(
    w: &mut Writer,
    account: &AccountId,
    kind: FactorKind,
    now: Timestamp,
) -> Result<u64, Error> {
    let disabled =
        sql!("UPDATE factors SET disabled_at = $3 WHERE account = $1 AND kind = $2 AND disabled_at IS NULL")
            .bind(account.as_str())
            .bind(kind.as_str())
            .bind(now)
            .execute(&mut *w)
            .await?;
    enrolments::settle(w, account, now).await?;
    Ok(disabled)
}

/// Removes one factor; `false` when it is not this account's.
pub async fn remove(w: &mut Writer, account: &AccountId, id: &FactorId) -> Result<bool, Error> {
    let removed = sql!("DELETE FROM factors WHERE id = $1 AND account = $2")
        .bind(id.as_str())
        .bind(account.as_str())
        .execute(&mut *w)
        .await?;
    enrolments::settle(w, account, Timestamp::default()).await?;
    Ok(removed == 1)
}

/// Removes every factor of a kind, e.g. the recovery codes a new set replaces.
pub async fn remove_kind(w: &mut Writer, account: &AccountId, kind: FactorKind) -> Result<u64, Error> {
    let removed = sql!("DELETE FROM factors WHERE account = $1 AND kind = $2")
        .bind(account.as_str())
        .bind(kind.as_str())
        .execute(&mut *w)
        .await?;
    enrolments::settle(w, account, Timestamp::default()).await?;
    Ok(removed)
}

/// Notes that a link in a mail set this factor.
pub async fn mailed(w: &mut Writer, id: &FactorId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE factors SET mailed_at = $2 WHERE id = $1").bind(id.as_str()).bind(now).execute(w).await?;
    Ok(())
}

/// The person proved a second factor: what a mail set is theirs.
pub async fn owned(w: &mut Writer, account: &AccountId) -> Result<(), Error> {
    sql!("UPDATE factors SET mailed_at = NULL WHERE account = $1 AND mailed_at IS NOT NULL")
        .bind(account.as_str())
        .execute(w)
        .await?;
    Ok(())
}
