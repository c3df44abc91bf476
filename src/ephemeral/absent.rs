//! No ephemeral store at all: what commands are composed with. They work on facts, which are in SQL, and so they
//! work while Redis is away; one that asked for a session all the same is told that none can be read.

use super::{Answer, Ephemeral, Epoch, Error, Space, Taken, Versioned};
use crate::base::{Digest, Seconds, Timestamp};

/// Answers everything with `Unavailable`.
#[derive(Clone, Copy, Debug)]
pub struct Absent;

fn absent<'a, T: Send + 'a>() -> Answer<'a, T> {
    let error = Error::Unavailable("a command does not open it".to_owned());
    Box::pin(std::future::ready(Err(error)))
}

impl Ephemeral for Absent {
    fn put<'a>(&'a self, _: Space, _: &'a Digest, _: &'a [u8], _: Seconds, _: Timestamp) -> Answer<'a, ()> {
        absent()
    }

    fn put_once<'a>(
        &'a self,
        _: Space,
        _: &'a Digest,
        _: &'a [u8],
        _: &'a [u8],
        _: Seconds,
        _: Timestamp,
    ) -> Answer<'a, ()> {
        absent()
    }

    fn get<'a>(&'a self, _: Space, _: &'a Digest, _: Timestamp) -> Answer<'a, Option<Versioned>> {
        absent()
    }

    fn swap<'a>(
        &'a self,
        _: Space,
        _: &'a Digest,
        _: u64,
        _: &'a [u8],
        _: Seconds,
        _: Timestamp,
    ) -> Answer<'a, Option<u64>> {
        absent()
    }

    fn touch<'a>(&'a self, _: Space, _: &'a Digest, _: Seconds, _: Timestamp) -> Answer<'a, bool> {
        absent()
    }

    fn remove<'a>(&'a self, _: Space, _: &'a Digest, _: Timestamp) -> Answer<'a, bool> {
        absent()
    }

    fn take<'a>(&'a self, _: Space, _: &'a Digest, _: Seconds, _: Timestamp) -> Answer<'a, Taken> {
        absent()
    }

    fn mark<'a>(&'a self, _: Space, _: &'a Digest, _: Seconds, _: Timestamp) -> Answer<'a, bool> {
        absent()
    }

    fn count<'a>(&'a self, _: &'a Digest, _: Seconds, _: Timestamp) -> Answer<'a, u64> {
        absent()
    }

    fn uncount<'a>(&'a self, _: &'a Digest, _: Timestamp) -> Answer<'a, ()> {
        absent()
    }

    fn counted<'a>(&'a self, _: &'a Digest, _: Timestamp) -> Answer<'a, u64> {
        absent()
    }

    fn epoch(&self, _: Timestamp) -> Answer<'_, Epoch> {
        absent()
    }

    fn ping(&self) -> Answer<'_, ()> {
        absent()
    }

    fn sweep(&self, _: Timestamp) -> Answer<'_, u64> {
        absent()
    }
}
