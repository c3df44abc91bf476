//! The ephemeral store as a table of the main database: nothing to run beside it, and it survives a restart.

use super::envelope::{Envelope, Part};
use super::{Answer, Ephemeral, Epoch, Error, Space, Taken, Versioned};
use crate::base::{Digest, Entropy, Seconds, Timestamp};
use crate::store::ephemeral::{self as table, Kept, Place, Spent};
use crate::store::{self, Store};

/// As many expired rows as one transaction removes; a sweep runs as many as it takes.
const SWEPT: i64 = 500;

/// Keeps values in the table `ephemeral` of a migrated store.
pub struct Embedded {
    store: Store,
    envelope: Envelope,
}

impl Embedded {
    /// Values are sealed under `key`; with another key everything kept before is unknown.
    pub fn new(store: Store, key: [u8; 32], entropy: Entropy) -> Self {
        Self { store, envelope: Envelope::new(key, entropy) }
    }

    /// What is kept for a value, sealed; for loading many at once.
    pub fn kept(
        &self,
        space: Space,
        id: &Digest,
        value: &[u8],
        note: &[u8],
        until: Timestamp,
    ) -> Result<Kept, Error> {
        Ok(Kept {
            version: self.envelope.version(),
            value: self.envelope.seal(space, id, Part::Value, value)?,
            note: self.envelope.seal(space, id, Part::Note, note)?,
            expires_at: until,
        })
    }

    async fn read_epoch(&self, now: Timestamp) -> Result<Option<Epoch>, Error> {
        let id = epoch_id();
        let kept = self.get(Space::Epoch, &id, now).await?;
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept.value).ok()))
    }
}

fn place(space: Space, id: &Digest) -> Place {
    Place { space: space.as_str(), id: *id }
}

/// The one id in the epoch's space.
pub(super) fn epoch_id() -> Digest {
    Digest::of("epoch")
}

impl Ephemeral for Embedded {
    fn put<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        value: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let kept = self.kept(space, id, value, b"", now.plus(ttl))?;
            self.store
                .write((place(space, id), kept), |w, (place, kept)| Box::pin(table::put(w, *place, kept)))
                .await
                .map_err(ours)
        })
    }

    fn put_once<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        value: &'a [u8],
        note: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let kept = self.kept(space, id, value, note, now.plus(ttl))?;
            let input = (place(space, id), kept, now);
            let change = self
                .store
                .write(input, |w, (place, kept, now)| Box::pin(table::put_new(w, *place, kept, *now)));
            match change.await.map_err(ours)? {
                true => Ok(()),
                false => Err(in_use(space)),
            }
        })
    }

    fn get<'a>(&'a self, space: Space, id: &'a Digest, now: Timestamp) -> Answer<'a, Option<Versioned>> {
        Box::pin(async move {
            let row = table::get(&self.store, place(space, id), now).await.map_err(ours)?;
            Ok(row.and_then(|(version, sealed)| {
                let value = self.envelope.open(space, id, Part::Value, &sealed)?;
                Some(Versioned { version: version.unsigned_abs(), value })
            }))
        })
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        version: u64,
        value: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, Option<u64>> {
        Box::pin(async move {
            let Ok(version) = i64::try_from(version) else { return Ok(None) };
            let kept = self.kept(space, id, value, b"", now.plus(ttl))?;
            let next = kept.version.unsigned_abs();
            let input = (place(space, id), version, kept, now);
            let swapped = self
                .store
                .write(input, |w, (place, version, kept, now)| {
                    Box::pin(table::swap(w, *place, *version, kept, *now))
                })
                .await
                .map_err(ours)?;
            Ok(swapped.then_some(next))
        })
    }

    fn touch<'a>(&'a self, space: Space, id: &'a Digest, ttl: Seconds, now: Timestamp) -> Answer<'a, bool> {
        let input = (place(space, id), now.plus(ttl), now);
        Box::pin(async move {
            self.store
                .write(input, |w, (place, until, now)| Box::pin(table::touch(w, *place, *until, *now)))
                .await
                .map_err(ours)
        })
    }

    fn remove<'a>(&'a self, space: Space, id: &'a Digest, now: Timestamp) -> Answer<'a, bool> {
        let input = (place(space, id), now);
        Box::pin(async move {
            self.store
                .write(input, |w, (place, now)| Box::pin(table::remove(w, *place, *now)))
                .await
                .map_err(ours)
        })
    }

    fn take<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        tombstone: Seconds,
        now: Timestamp,
    ) -> Answer<'a, Taken> {
        let input = (place(space, id), tombstone.saturating_mul(1_000_000), now);
        Box::pin(async move {
            let spent = self
                .store
                .write(input, |w, (place, stays, now)| Box::pin(table::take(w, *place, *stays, *now)))
                .await
                .map_err(ours)?;
            let open = |part, sealed: &[u8]| self.envelope.open(space, id, part, sealed);
            Ok(match spent {
                Spent::Now(sealed) => open(Part::Value, &sealed).map_or(Taken::Unknown, Taken::Fresh),
                Spent::Before(sealed) => open(Part::Note, &sealed).map_or(Taken::Unknown, Taken::Replayed),
                Spent::Unknown => Taken::Unknown,
            })
        })
    }

    fn mark<'a>(&'a self, space: Space, id: &'a Digest, ttl: Seconds, now: Timestamp) -> Answer<'a, bool> {
        let kept = Kept { version: 1, value: Vec::new(), note: Vec::new(), expires_at: now.plus(ttl) };
        let input = (place(space, id), kept, now);
        Box::pin(async move {
            self.store
                .write(input, |w, (place, kept, now)| Box::pin(table::put_new(w, *place, kept, *now)))
                .await
                .map_err(ours)
        })
    }

    fn count<'a>(&'a self, id: &'a Digest, window: Seconds, now: Timestamp) -> Answer<'a, u64> {
        let input = (place(Space::Counter, id), now.plus(window), now);
        Box::pin(async move {
            let counted = self
                .store
                .write(input, |w, (place, end, now)| Box::pin(table::count(w, *place, *end, *now)))
                .await;
            counted.map(i64::unsigned_abs).map_err(ours)
        })
    }

    fn uncount<'a>(&'a self, id: &'a Digest, now: Timestamp) -> Answer<'a, ()> {
        let input = (place(Space::Counter, id), now);
        Box::pin(async move {
            let written =
                self.store.write(input, |w, (place, now)| Box::pin(table::uncount(w, *place, *now))).await;
            written.map_err(ours)
        })
    }

    fn counted<'a>(&'a self, id: &'a Digest, now: Timestamp) -> Answer<'a, u64> {
        Box::pin(async move {
            let row = table::get(&self.store, place(Space::Counter, id), now).await.map_err(ours)?;
            Ok(row.map_or(0, |(count, _)| count.unsigned_abs()))
        })
    }

    fn epoch(&self, now: Timestamp) -> Answer<'_, Epoch> {
        Box::pin(async move {
            if let Some(epoch) = self.read_epoch(now).await? {
                return Ok(epoch);
            }
            let epoch = Epoch { id: self.envelope.random_id(), since: now };
            let value = serde_json::to_vec(&epoch).map_err(|e| Error::Corrupt(e.to_string()))?;
            let id = epoch_id();
            let kept = self.kept(Space::Epoch, &id, &value, b"", Timestamp::from_micros(i64::MAX))?;
            let input = (place(Space::Epoch, &id), kept, now);
            let begun = self
                .store
                .write(input, |w, (place, kept, now)| Box::pin(table::put_new(w, *place, kept, *now)))
                .await
                .map_err(ours)?;
            if begun {
                return Ok(epoch);
            }
            // Somebody was faster; or what is there does not open, and then a new life begins for everybody.
            if let Some(epoch) = self.read_epoch(now).await? {
                return Ok(epoch);
            }
            self.put(Space::Epoch, &id, &value, i64::MAX, now).await.map(|()| epoch)
        })
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.store.ping().await.map_err(ours) })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(async move {
            let mut removed = 0;
            loop {
                let batch = self
                    .store
                    .write(now, |w, now| Box::pin(table::sweep(w, SWEPT, *now)))
                    .await
                    .map_err(ours)?;
                removed += batch;
                if batch < SWEPT.unsigned_abs() {
                    return Ok(removed);
                }
            }
        })
    }
}

/// The error for an id that exists: ids are random, so it is a defect.
pub(super) fn in_use(space: Space) -> Error {
    Error::Corrupt(format!("an id in `{space}` is in use"))
}

fn ours(error: store::Error) -> Error {
    match error {
        store::Error::Unavailable(text) => Error::Unavailable(text),
        other => Error::Corrupt(other.to_string()),
    }
}
