//! What may be forgotten: sessions, interactions, codes, replay marks, counters. Embedded or Redis.
//!
//! Losing it fails closed: people sign in again, codes are unknown, nothing is ever granted. It knows ids only as
//! digests, seals every value, and must not know what the values mean. Facts that must never be forgotten (ends,
//! revocations, spent recovery codes) live in `store`. To add a key space: a variant of [`Space`].

use std::pin::Pin;

mod absent;
mod embedded;
mod envelope;
mod redis;
mod scripts;

pub use absent::Absent;
pub use embedded::Embedded;
pub use redis::Redis;

use crate::base::words::words;
use crate::base::{Digest, Seconds, Timestamp};

words! {
    /// Key spaces, so that an id of one is never found in another.
    Space {
        /// Browser sessions, by the digest of the cookie.
        Session = "session",
        /// Sign-ins in progress.
        Interaction = "interaction",
        /// Authorization codes; kept by `put_once`.
        Code = "code",
        /// POST `/authorize` requests waiting for the 303 (by their one-time token).
        Parked = "parked",
        /// Pushed authorization requests (RFC 9126).
        Pushed = "pushed",
        /// Requests of devices (RFC 8628), by the digest of the device's code.
        Device = "device",
        /// What leads to them: the codes people type, and the sign-ins that go on.
        DeviceName = "device_name",
        /// Backchannel requests (CIBA), by the digest of their `auth_req_id`.
        Ciba = "ciba",
        /// What leads to them: the people they wait for, and the sign-ins that go on.
        CibaName = "ciba_name",
        /// WebAuthn ceremonies and the like.
        Ceremony = "ceremony",
        /// `jti` of assertions and DPoP proofs that were seen.
        Replay = "replay",
        /// Requests of apps that are watched.
        Watch = "watch",
        /// Things shown once, until whoever made them goes on.
        Shown = "shown",
        /// Test runs of apps.
        Trial = "trial",
        /// Counters per network, name or client.
        Counter = "counter",
        /// The store's own epoch.
        Epoch = "epoch",
    }
}

/// Why the ephemeral store did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is away or too slow; told within five seconds. The text is for the log.
    #[error("the session store is not available: {0}")]
    Unavailable(String),
    /// A defect: it answered something that was not asked. The text is for the log.
    #[error("the session store and the program disagree: {0}")]
    Corrupt(String),
}

/// A future in a box, so that the trait can be an object.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A value and the version that [`Ephemeral::swap`] compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Random, another after every change.
    pub version: u64,
    /// The value as it was put.
    pub value: Vec<u8>,
}

/// What [`Ephemeral::take`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The value, for this caller alone.
    Fresh(Vec<u8>),
    /// It was taken before; the note that [`Ephemeral::put_once`] left for this case (empty after `put`).
    Replayed(Vec<u8>),
    /// Never kept, expired, or not readable with this key.
    Unknown,
}

/// The life of the store's contents: a new one begins when they were lost. What was proved before it began cannot
/// be checked for replay, so it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Epoch {
    /// Random; DPoP nonces are derived from it.
    pub id: Digest,
    /// When it began.
    pub since: Timestamp,
}

/// A store of values that expire. Every operation touches one key; what expired at `now` is gone, whether or not
/// it was swept.
pub trait Ephemeral: Send + Sync {
    /// Keeps `value` for `ttl`, whatever was there.
    fn put<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        value: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, ()>;

    /// Keeps `value`, to be taken once, with the `note` later takers are told. `Corrupt` when the id is in use.
    fn put_once<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        value: &'a [u8],
        note: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, ()>;

    /// The value and its version; `None` when it was never there, expired or was taken.
    fn get<'a>(&'a self, space: Space, id: &'a Digest, now: Timestamp) -> Answer<'a, Option<Versioned>>;

    /// Replaces the value if its version is still `version`; answers the new version, or `None` when it changed
    /// or is gone.
    fn swap<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        version: u64,
        value: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, Option<u64>>;

    /// Lets the value live for `ttl` from now, its version unchanged; `false` when it is gone.
    fn touch<'a>(&'a self, space: Space, id: &'a Digest, ttl: Seconds, now: Timestamp) -> Answer<'a, bool>;

    /// Forgets the value and its tombstone; answers whether there was a value.
    fn remove<'a>(&'a self, space: Space, id: &'a Digest, now: Timestamp) -> Answer<'a, bool>;

    /// Spends the value: exactly one caller gets `Fresh`; the note stays for `tombstone` seconds after the value
    /// would have expired.
    fn take<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        tombstone: Seconds,
        now: Timestamp,
    ) -> Answer<'a, Taken>;

    /// Marks the id as seen for `ttl`; `true` when it was fresh.
    fn mark<'a>(&'a self, space: Space, id: &'a Digest, ttl: Seconds, now: Timestamp) -> Answer<'a, bool>;

    /// As [`mark`](Self::mark), with the epoch the mark is kept in: what was marked before it began is forgotten.
    fn spend<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, (bool, Epoch)> {
        Box::pin(async move {
            let fresh = self.mark(space, id, ttl, now).await?;
            Ok((fresh, self.epoch(now).await?))
        })
    }

    /// Adds one to a counter and answers its new value; the window begins with the first count.
    fn count<'a>(&'a self, id: &'a Digest, window: Seconds, now: Timestamp) -> Answer<'a, u64>;

    /// Takes one back from a running window, never below zero.
    fn uncount<'a>(&'a self, id: &'a Digest, now: Timestamp) -> Answer<'a, ()>;

    /// What the counter says, without counting; zero when its window has ended.
    fn counted<'a>(&'a self, id: &'a Digest, now: Timestamp) -> Answer<'a, u64>;

    /// The present epoch; begins one when there is none.
    fn epoch(&self, now: Timestamp) -> Answer<'_, Epoch>;

    /// The epoch as this process last heard of it, which may have ended since: for what is only given out, never for
    /// what is taken.
    fn last_epoch(&self, now: Timestamp) -> Answer<'_, Epoch> {
        self.epoch(now)
    }

    /// Whether the store answers; for readiness.
    fn ping(&self) -> Answer<'_, ()>;

    /// Removes what has expired, a bounded number at a time, and answers how many; run it every minute.
    fn sweep(&self, now: Timestamp) -> Answer<'_, u64>;
}
