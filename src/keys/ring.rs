//! The keys in use and their rotation, as a pure function from what is to what must change.
//!
//! Rotation never surprises a relying party: a key is published before it signs, and stays published while a
//! token it signed may still be shown.

use super::{Algorithm, Jwks, KeyState, SigningKey};
use crate::base::{Seconds, Timestamp};

/// How long keys stay in each state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Algorithms that must always have an active key.
    pub algorithms: Vec<Algorithm>,
    /// Seconds a key is published before it signs; at least a day, as relying parties cache key sets.
    pub publish_ahead: Seconds,
    /// Seconds a key signs.
    pub active_for: Seconds,
    /// Seconds a retired key stays published: the longest life of a token and an overlap.
    pub keep_retired: Seconds,
}

impl Default for Schedule {
    /// All algorithms; a day ahead, ninety days active, a day retired.
    fn default() -> Self {
        const DAY: Seconds = 86_400;
        Self {
            algorithms: Algorithm::ALL.to_vec(),
            publish_ahead: DAY,
            active_for: 90 * DAY,
            keep_retired: DAY,
        }
    }
}

/// One step of a rotation; applied in order, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make a key and store it in this state: `active` only where nothing signed before.
    Generate(Algorithm, KeyState),
    /// Retire the key with this `kid`.
    Retire(String),
    /// Let the key with this `kid` sign.
    Activate(String),
    /// Delete the key with this `kid`, and its private half with it.
    Remove(String),
}

/// Every key of ours that signs or verifies.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    keys: Vec<SigningKey>,
    published: String,
}

impl KeyRing {
    /// A ring of `keys`; their order does not matter.
    pub fn new(mut keys: Vec<SigningKey>) -> Self {
        keys.sort_by_key(|key| {
            let place = match key.state {
                KeyState::Active => 0,
                KeyState::Next => 1,
                KeyState::Retired => 2,
            };
            (place, key.algorithm(), std::cmp::Reverse(key.state_since))
        });
        let jwks = Jwks { keys: keys.iter().map(|key| key.jwk().clone()).collect() };
        let published = serde_json::to_string(&jwks).unwrap_or_default();
        Self { keys, published }
    }

    /// Every key, active ones first.
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// The key that signs with `algorithm`; of several the one activated last.
    pub fn active(&self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.of(algorithm, KeyState::Active).next()
    }

    /// The key a token names. A key that is not active yet verifies too: another node may have activated it.
    pub fn verifying(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// What `/jwks` answers: next, active and retired keys, until rotation removes them; as JSON.
    pub fn published(&self) -> &str {
        &self.published
    }

    /// What must change at `now`. Running it again after applying the changes yields nothing.
    pub fn rotate(&self, now: Timestamp, schedule: &Schedule) -> Vec<Change> {
        let mut changes = Vec::new();
        for algorithm in &schedule.algorithms {
            self.rotate_one(*algorithm, now, schedule, &mut changes);
        }
        let over = |key: &&SigningKey| {
            key.state == KeyState::Retired && now.since(key.state_since) >= schedule.keep_retired
        };
        changes.extend(self.keys.iter().filter(over).map(|key| Change::Remove(key.kid().to_owned())));
        changes
    }

    /// Replaces the signing key of `algorithm` at once, e.g. when it may be known to others: relying parties
    /// that cache key sets fail until they fetch again. The caller may `Remove` the old one on top.
    pub fn replace_now(&self, algorithm: Algorithm) -> Vec<Change> {
        let mut changes = self.retire_active(algorithm);
        changes.push(match self.of(algorithm, KeyState::Next).last() {
            Some(next) => Change::Activate(next.kid().to_owned()),
            None => Change::Generate(algorithm, KeyState::Active),
        });
        changes
    }

    fn rotate_one(&self, algorithm: Algorithm, now: Timestamp, schedule: &Schedule, out: &mut Vec<Change>) {
        // The next key that has been published longest.
        let next = self.of(algorithm, KeyState::Next).last();
        let Some(active) = self.active(algorithm) else {
            out.push(match next {
                Some(next) => Change::Activate(next.kid().to_owned()),
                None => Change::Generate(algorithm, KeyState::Active),
            });
            return;
        };
        let age = now.since(active.state_since);
        match next {
            None if age >= schedule.active_for.saturating_sub(schedule.publish_ahead) => {
                out.push(Change::Generate(algorithm, KeyState::Next));
            }
            Some(next)
                if age >= schedule.active_for && now.since(next.state_since) >= schedule.publish_ahead =>
            {
                out.extend(self.retire_active(algorithm));
                out.push(Change::Activate(next.kid().to_owned()));
            }
            None | Some(_) => {}
        }
    }

    fn retire_active(&self, algorithm: Algorithm) -> Vec<Change> {
        self.of(algorithm, KeyState::Active).map(|key| Change::Retire(key.kid().to_owned())).collect()
    }

    fn of(&self, algorithm: Algorithm, state: KeyState) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(move |key| key.algorithm() == algorithm && key.state == state)
    }
}
