//! Seals what is kept: AES-256-GCM under a key of its own for each id, bound to space and id.
//!
//! A key per id keeps the number of messages under one key small, whatever the traffic: random nonces of 96 bits
//! are safe for 2^32 of them (NIST SP 800-38D §8.3), and a busy installation writes that many in weeks.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

use super::{Error, Space};
use crate::base::{Digest, Entropy};

/// What is sealed; a note never opens as a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Value,
    Note,
}

pub(super) struct Envelope {
    key: hmac::Key,
    entropy: Entropy,
}

impl Envelope {
    pub(super) fn new(key: [u8; 32], entropy: Entropy) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), entropy }
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(&self, space: Space, id: &Digest, part: Part, value: &[u8]) -> Result<Vec<u8>, Error> {
        let broken = || Error::Corrupt("a value could not be sealed".to_owned());
        let name = name(space, id, part);
        let nonce = self.entropy.bytes::<NONCE_LEN>();
        let mut sealed = value.to_vec();
        let tag = self
            .key_of(&name)
            .ok_or_else(broken)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&name), &mut sealed)
            .map_err(|_| broken())?;
        Ok([&nonce, sealed.as_slice(), tag.as_ref()].concat())
    }

    /// The value; `None` (and a warning) when it was sealed with another key, for another id, or changed.
    pub(super) fn open(&self, space: Space, id: &Digest, part: Part, sealed: &[u8]) -> Option<Vec<u8>> {
        let opened = self.try_open(space, id, part, sealed);
        if opened.is_none() {
            tracing::warn!(space = space.as_str(), "a kept value does not open; treated as unknown");
        }
        opened
    }

    fn try_open(&self, space: Space, id: &Digest, part: Part, sealed: &[u8]) -> Option<Vec<u8>> {
        let name = name(space, id, part);
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let opened = self.key_of(&name)?.open_in_place(nonce, Aad::from(&name), &mut rest).ok()?;
        Some(opened.to_vec())
    }

    /// A new version: random, positive, so that a value that came back is not mistaken for the one before.
    pub(super) fn version(&self) -> i64 {
        (i64::from_be_bytes(self.entropy.bytes()) & i64::MAX).max(1)
    }

    /// A new epoch's id.
    pub(super) fn random_id(&self) -> Digest {
        Digest::from_bytes(self.entropy.bytes())
    }

    fn key_of(&self, name: &[u8]) -> Option<LessSafeKey> {
        let key = hmac::sign(&self.key, name);
        UnboundKey::new(&AES_256_GCM, key.as_ref()).ok().map(LessSafeKey::new)
    }
}

fn name(space: Space, id: &Digest, part: Part) -> Vec<u8> {
    let part: &[u8] = match part {
        Part::Value => b"value",
        Part::Note => b"note",
    };
    [b"vouchsafe ephemeral\0", space.as_str().as_bytes(), b"\0", part, b"\0", id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_where_it_was_kept() {
        let envelope = Envelope::new([7; 32], Entropy::system());
        let (a, b) = (Digest::of("a"), Digest::of("b"));
        let sealed = envelope.seal(Space::Code, &a, Part::Value, b"secret").unwrap();
        assert_eq!(envelope.open(Space::Code, &a, Part::Value, &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(envelope.open(Space::Ceremony, &a, Part::Value, &sealed), None);
        assert_eq!(envelope.open(Space::Code, &b, Part::Value, &sealed), None);
        assert_eq!(envelope.open(Space::Code, &a, Part::Note, &sealed), None);
        let other = Envelope::new([8; 32], Entropy::system());
        assert_eq!(other.open(Space::Code, &a, Part::Value, &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(envelope.open(Space::Code, &a, Part::Value, &sealed[..cut]), None);
        }
    }
}
