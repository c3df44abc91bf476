//! The key store: each person's data key, wrapped by the master key, in a database of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Error, Migration, Row, Store, sql};
use crate::base::{AccountId, Entropy, Timestamp};
use crate::keys::seal::{DataKey, MasterKey};

/// The key store's schema.
pub static VAULT_MIGRATIONS: &[Migration] =
    &[Migration { name: "0001_data_keys", sql: include_str!("../../migrations/keys/0001_data_keys.sql") }];

/// How long a key may be remembered in memory, in microseconds: an erasure is seen within a second.
const REMEMBER: i64 = 900_000;
/// Most keys remembered at once.
const MOST: usize = 10_000;

/// Hands out data keys; an erased person's is gone for good.
#[derive(Clone)]
pub struct Vault {
    store: Store,
    master: Arc<MasterKey>,
    recent: Arc<Mutex<HashMap<AccountId, Kept>>>,
}

/// When a key was read, and what was found.
type Kept = (Timestamp, Option<DataKey>);

impl Vault {
    /// Over an opened key store.
    pub fn new(store: Store, master: Arc<MasterKey>) -> Self {
        Self { store, master, recent: Arc::default() }
    }

    /// The database behind it, for migration and health.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes the key of a new person.
    pub async fn create(
        &self,
        person: &AccountId,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<DataKey, Error> {
        let key = DataKey::generate(entropy);
        let wrapped = key.wrap(&self.master, person);
        self.store
            .write((person.clone(), wrapped, now), |w, (person, wrapped, now)| {
                Box::pin(async move {
                    sql!("INSERT INTO data_keys (person, wrapped, created_at) VALUES ($1, $2, $3)")
                        .bind(person.as_str())
                        .bind(wrapped.as_slice())
                        .bind(*now)
                        .execute(w)
                        .await
                })
            })
            .await?;
        Ok(key)
    }

    /// Makes the keys of new people, all or none.
    pub async fn create_all(
        &self,
        people: &[AccountId],
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Vec<DataKey>, Error> {
        let keys: Vec<DataKey> = people.iter().map(|_| DataKey::generate(entropy)).collect();
        let wrapped: Vec<_> = people
            .iter()
            .zip(&keys)
            .map(|(person, key)| (person.clone(), key.wrap(&self.master, person)))
            .collect();
        self.store
            .write((wrapped, now), |w, (wrapped, now)| {
                Box::pin(async move {
                    for (person, wrapped) in wrapped {
                        sql!("INSERT INTO data_keys (person, wrapped, created_at) VALUES ($1, $2, $3)")
                            .bind(person.as_str())
                            .bind(wrapped.as_slice())
                            .bind(*now)
                            .execute(&mut *w)
                            .await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        Ok(keys)
    }

    /// Takes back the key of a person who was not created after all.
    pub async fn forget_unused(&self, person: &AccountId) -> Result<(), Error> {
        self.store
            .write(person.clone(), |w, person| {
                Box::pin(async move {
                    sql!("DELETE FROM data_keys WHERE person = $1").bind(person.as_str()).execute(w).await
                })
            })
            .await?;
        Ok(())
    }

    /// The key of a person; `Corrupt` when there is none, as after an erasure.
    pub async fn key(&self, person: &AccountId, now: Timestamp) -> Result<DataKey, Error> {
        self.find(person, now).await?.ok_or_else(|| Error::corrupt("data key"))
    }

    /// The key of a person, if it was not erased.
    pub async fn find(&self, person: &AccountId, now: Timestamp) -> Result<Option<DataKey>, Error> {
        if let Some(known) = self.remembered(person, now) {
            return Ok(known);
        }
        let row = sql!("SELECT wrapped FROM data_keys WHERE person = $1")
            .bind(person.as_str())
            .optional(&self.store)
            .await?;
        let unwrap = |row: Row| {
            let key = DataKey::unwrap(&self.master, person, &row.get::<Vec<u8>>(0)?);
            key.map_err(|_| Error::corrupt("data key"))
        };
        let key = row.map(unwrap).transpose()?;
        // That there is none is remembered as well, so that nobody and somebody take the same time.
        self.remember(person, key.as_ref(), now);
        Ok(key)
    }

    /// Whether the master key opens what this store holds; `None` while it holds nothing.
    pub async fn opens(&self) -> Result<Option<bool>, Error> {
        let row = sql!("SELECT person, wrapped FROM data_keys LIMIT 1").optional(&self.store).await?;
        let Some(row) = row else { return Ok(None) };
        let person = AccountId::from_text(row.get::<String>(0)?);
        Ok(Some(DataKey::unwrap(&self.master, &person, &row.get::<Vec<u8>>(1)?).is_ok()))
    }

    /// Deletes the key for good and appends to the erasure list. What it sealed is unreadable from here on.
    pub async fn erase(&self, person: &AccountId, at: Timestamp) -> Result<(), Error> {
        self.store
            .write((person.clone(), at), |w, (person, at)| {
                Box::pin(async move {
                    sql!("DELETE FROM data_keys WHERE person = $1")
                        .bind(person.as_str())
                        .execute(&mut *w)
                        .await?;
                    sql!(
                        "INSERT INTO erased_people (person, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
                    )
                    .bind(person.as_str())
                    .bind(*at)
                    .execute(w)
                    .await
                })
            })
            .await?;
        if let Ok(mut recent) = self.recent.lock() {
            recent.remove(person);
        }
        Ok(())
    }

    /// Everybody erased, as this store remembers it.
    pub async fn erased(&self) -> Result<Vec<(AccountId, Timestamp)>, Error> {
        let rows = sql!("SELECT person, erased_at FROM erased_people ORDER BY erased_at, person")
            .all(&self.store)
            .await?;
        rows.iter().map(|r| Ok((AccountId::from_text(r.get::<String>(0)?), r.get(1)?))).collect()
    }

    fn remembered(&self, person: &AccountId, now: Timestamp) -> Option<Option<DataKey>> {
        let recent = self.recent.lock().ok()?;
        let (at, key) = recent.get(person)?;
        (now.micros() - at.micros()).abs().lt(&REMEMBER).then(|| key.clone())
    }

    fn remember(&self, person: &AccountId, key: Option<&DataKey>, now: Timestamp) {
        if let Ok(mut recent) = self.recent.lock() {
            if recent.len() >= MOST {
                recent.clear();
            }
            recent.insert(person.clone(), (now, key.cloned()));
        }
    }
}
