//! Addresses that wait for their proof: sealed, one a slot; a link names one by its id.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, EventId, Timestamp};
use crate::identity::Slot;
use crate::keys::seal::DataKey;

/// An address that waits.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What its link names it by.
    pub id: EventId,
    /// Whose account it is for.
    pub account: AccountId,
    /// Which of the person's addresses it is to be.
    pub slot: Slot,
    /// When it was given.
    pub created_at: Timestamp,
    sealed: Vec<u8>,
}

impl Pending {
    /// The address.
    pub fn open(&self, key: &DataKey) -> Result<String, Error> {
        let plain = key.open(&context(&self.id), &self.sealed).map_err(|_| Error::corrupt("address"))?;
        String::from_utf8(plain.expose().to_vec()).map_err(|_| Error::corrupt("address"))
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: EventId::from_text(row.get::<String>(0)?),
            account: AccountId::from_text(row.get::<String>(1)?),
            slot: row.parse(2, Slot::parse)?,
            sealed: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

/// Seals an address for [`put`].
pub fn seal(address: &str, id: &EventId, key: &DataKey) -> Vec<u8> {
    key.seal(&context(id), address.as_bytes())
}

fn context(id: &EventId) -> String {
    format!("address.{id}")
}

/// Keeps an address until it is proved; the one that waited in its slot is forgotten, and its link with it.
pub async fn put(
    w: &mut Writer,
    account: &AccountId,
    slot: Slot,
    id: &EventId,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO pending_addresses (id, account, slot, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account, slot) DO UPDATE SET id = $1, sealed = $4, created_at = $5"
    )
    .bind(id.as_str())
    .bind(account.as_str())
    .bind(slot.as_str())
    .bind(sealed)
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// An address that waits, by its id.
pub async fn find(store: &Store, id: &str) -> Result<Option<Pending>, Error> {
    let row = sql!("SELECT id, account, slot, sealed, created_at FROM pending_addresses WHERE id = $1")
        .bind(id)
        .optional(store)
        .await?;
    row.as_ref().map(Pending::read).transpose()
}

/// Every address of a person that waits.
pub async fn of_account(store: &Store, account: &AccountId) -> Result<Vec<Pending>, Error> {
    let rows = sql!(
        "SELECT id, account, slot, sealed, created_at FROM pending_addresses WHERE account = $1 ORDER BY slot"
    )
    .bind(account.as_str())
    .all(store)
    .await?;
    rows.iter().map(Pending::read).collect()
}

/// Takes an address out of its waiting; `false` when it waits no more.
pub async fn take(w: &mut Writer, id: &EventId) -> Result<bool, Error> {
    let taken = sql!("DELETE FROM pending_addresses WHERE id = $1").bind(id.as_str()).execute(w).await?;
    Ok(taken == 1)
}

/// Forgets what nobody proved in time.
pub async fn sweep(w: &mut Writer, before: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM pending_addresses WHERE created_at < $1").bind(before).execute(w).await
}
