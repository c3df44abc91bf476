//! The keys in use and their rotation, as a pure function from what is to what must change.
//!
//! Rotation never surprises a relying party: a key is published before it signs, and stays published while a
//! token it signed may still be shown. A key that others may know is the exception: it goes at once.

use std::fmt;

use super::{Algorithm, Jwks, KeyState, KeyUse, SigningKey};
use crate::base::{Seconds, Timestamp};

/// How long keys stay in each state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What must always have an active key.
    pub slots: Vec<Slot>,
    /// Seconds a key is published before it signs; at least a day, as relying parties cache key sets.
    pub publish_ahead: Seconds,
    /// Seconds a key signs.
    pub active_for: Seconds,
    /// Seconds a retired key stays published: the longest life of a token and an overlap.
    pub keep_retired: Seconds,
}

impl Default for Schedule {
    /// Every slot; a day ahead, ninety days active, a day retired.
    fn default() -> Self {
        const DAY: Seconds = 86_400;
        Self { slots: Slot::all().collect(), publish_ahead: DAY, active_for: 90 * DAY, keep_retired: DAY }
    }
}

/// A place for one active key: what it signs, and by which algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// What the key signs.
    pub usage: KeyUse,
    /// How.
    pub algorithm: Algorithm,
}

impl Slot {
    /// Every slot there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |usage: &KeyUse| {
            let usage = *usage;
            usage.algorithms().iter().map(move |algorithm| Self { usage, algorithm: *algorithm })
        };
        KeyUse::ALL.iter().flat_map(of)
    }

    /// The slot of a key.
    pub fn of(key: &SigningKey) -> Self {
        Self { usage: key.usage, algorithm: key.algorithm() }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.usage, self.algorithm)
    }
}

/// One step of a rotation; applied in order, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make a key and store it in this state: `active` only where nothing signed before.
    Generate(Slot, KeyState),
    /// Retire the key with this `kid`.
    Retire(String),
    /// Let the key with this `kid` sign.
    Activate(String),
    /// Delete the retired key with this `kid`, and its private half with it.
    Remove(String),
    /// Delete the key with this `kid` whatever its state: others may know it, so what it signed is not believed any more.
    Discard(String),
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
            (place, key.usage, key.algorithm(), std::cmp::Reverse(key.state_since))
        });
        let public = keys.iter().filter(|key| key.usage.is_published());
        let jwks = Jwks { keys: public.map(|key| key.jwk().clone()).collect() };
        let published = serde_json::to_string(&jwks).unwrap_or_default();
        Self { keys, published }
    }

    /// Every key, active ones first.
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// The key that signs for this use with `algorithm`; of several the one activated last.
    pub fn active(&self, usage: KeyUse, algorithm: Algorithm) -> Option<&SigningKey> {
        self.of(Slot { usage, algorithm }, KeyState::Active).next()
    }

    /// The key a token names, if it is one for this use. A key that is not active yet verifies too: another node may
    /// have activated it.
    pub fn verifying(&self, usage: KeyUse, kid: &str) -> Option<&SigningKey> {
        self.find(kid).filter(|key| key.usage == usage)
    }

    /// The key with this id, whatever it is for.
    pub fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// What `/jwks` answers: next, active and retired keys, until rotation removes them; as JSON.
    pub fn published(&self) -> &str {
        &self.published
    }

    /// When a key leaves its state by the schedule: one that signs is retired, a retired one deleted. `None` for one that
    /// is yet to sign.
    pub fn until(key: &SigningKey, schedule: &Schedule) -> Option<Timestamp> {
        let lasts = match key.state {
            KeyState::Next => None,
            KeyState::Active => Some(schedule.active_for),
            KeyState::Retired => Some(schedule.keep_retired),
        };
        lasts.map(|lasts| key.state_since.plus(lasts))
    }

    /// What must change at `now`. Running it again after applying the changes yields nothing.
    pub fn rotate(&self, now: Timestamp, schedule: &Schedule) -> Vec<Change> {
        let mut changes = Vec::new();
        for slot in &schedule.slots {
            self.rotate_one(*slot, now, schedule, &mut changes);
        }
        let over = |key: &&SigningKey| {
            key.state == KeyState::Retired && now.since(key.state_since) >= schedule.keep_retired
        };
        changes.extend(self.keys.iter().filter(over).map(|key| Change::Remove(key.kid().to_owned())));
        changes
    }

    /// Replaces the signing key of a slot at once; the old one still verifies. Relying parties that cache key sets fail
    /// until they fetch again, unless the next key was published already.
    pub fn replace_now(&self, slot: Slot) -> Vec<Change> {
        let mut changes = self.retire_active(slot);
        changes.push(self.succession(slot));
        changes
    }

    /// Throws a key away that others may know; where it signed, another signs at once. `None` for no key of ours.
    pub fn discard(&self, kid: &str) -> Option<Vec<Change>> {
        let key = self.find(kid)?;
        let slot = Slot::of(key);
        let mut changes = vec![Change::Discard(kid.to_owned())];
        let others = self.of(slot, KeyState::Active).filter(|other| other.kid() != kid).count();
        if key.state == KeyState::Active && others == 0 {
            changes.push(self.succession(slot));
        }
        Some(changes)
    }

    /// The key of a slot that signs when there is no active one: the next one that has been published longest.
    fn succession(&self, slot: Slot) -> Change {
        match self.of(slot, KeyState::Next).last() {
            Some(next) => Change::Activate(next.kid().to_owned()),
            None => Change::Generate(slot, KeyState::Active),
        }
    }

    fn rotate_one(&self, slot: Slot, now: Timestamp, schedule: &Schedule, out: &mut Vec<Change>) {
        let Some(active) = self.active(slot.usage, slot.algorithm) else {
            out.push(self.succession(slot));
            return;
        };
        let age = now.since(active.state_since);
        match self.of(slot, KeyState::Next).last() {
            None if age >= schedule.active_for.saturating_sub(schedule.publish_ahead) => {
                out.push(Change::Generate(slot, KeyState::Next));
            }
            Some(next)
                if age >= schedule.active_for && now.since(next.state_since) >= schedule.publish_ahead =>
            {
                out.extend(self.retire_active(slot));
                out.push(Change::Activate(next.kid().to_owned()));
            }
            None | Some(_) => {}
        }
    }

    fn retire_active(&self, slot: Slot) -> Vec<Change> {
        self.of(slot, KeyState::Active).map(|key| Change::Retire(key.kid().to_owned())).collect()
    }

    fn of(&self, slot: Slot, state: KeyState) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(move |key| Slot::of(key) == slot && key.state == state)
    }
}
