//! The hash chain: canonical bytes of a row, the link to the row before, and what a checkpoint signs.

use crate::base::{Digest, Timestamp};

/// One column of a row, exactly as it is stored.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// TEXT or NULL.
    Text(Option<&'a str>),
    /// BIGINT.
    Int(i64),
    /// BYTEA or NULL.
    Bytes(Option<&'a [u8]>),
}

/// The head of a chain before its first row; its name goes in, so that rows cannot move between chains.
pub fn origin(chain: &str) -> Digest {
    Digest::of(canonical(&[Field::Text(Some("vouchsafe audit chain 1")), Field::Text(Some(chain))]))
}

/// The columns as bytes: a tag and a length before each, so that no two rows have the same bytes.
pub fn canonical(fields: &[Field<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let mut add = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    for field in fields {
        match field {
            Field::Text(None) | Field::Bytes(None) => add(0, &[]),
            Field::Text(Some(text)) => add(1, text.as_bytes()),
            Field::Int(number) => add(2, &number.to_be_bytes()),
            Field::Bytes(Some(bytes)) => add(3, bytes),
        }
    }
    out
}

/// The hash of a row behind the row before it.
pub fn link(previous: Digest, event: &[u8]) -> Digest {
    let bytes = [previous.as_bytes().as_slice(), Digest::of(event).as_bytes()].concat();
    Digest::of(bytes)
}

/// The columns of an event exactly as they are stored, in the order they are hashed and selected.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// `events.id`
    pub id: String,
    /// Microseconds since the epoch.
    pub at: i64,
    /// What happened.
    pub kind: String,
    /// How it ended.
    pub outcome: String,
    /// The clinic.
    pub organisation: String,
    /// Who did it.
    pub actor: String,
    /// Whose account it is about.
    pub account: Option<String>,
    /// The app.
    pub client: Option<String>,
    /// The session.
    pub session: Option<String>,
    /// The network's prefix.
    pub network: Option<String>,
    /// The request's reference.
    pub request: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// JSON, as text: every byte counts.
    pub detail: Option<String>,
    /// Personal data under a person's key.
    #[serde(with = "sealed")]
    pub sealed: Option<Vec<u8>>,
}

impl Row {
    /// What the chain runs over.
    pub fn bytes(&self) -> Vec<u8> {
        let some = |text| Field::Text(Some(text));
        canonical(&[
            some(self.id.as_str()),
            Field::Int(self.at),
            some(&self.kind),
            some(&self.outcome),
            some(&self.organisation),
            some(&self.actor),
            Field::Text(self.account.as_deref()),
            Field::Text(self.client.as_deref()),
            Field::Text(self.session.as_deref()),
            Field::Text(self.network.as_deref()),
            Field::Text(self.request.as_deref()),
            Field::Text(self.reason.as_deref()),
            Field::Text(self.detail.as_deref()),
            Field::Bytes(self.sealed.as_deref()),
        ])
    }
}

/// Bytes as base64url in JSON.
mod sealed {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, s: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(d)?;
        text.map(|text| URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)).transpose()
    }
}

/// How far a chain has come.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    /// The chain's name.
    pub chain: String,
    /// Its last row, counted from 1; 0 for none.
    pub seq: i64,
    /// That row's hash, base64url.
    pub hash: String,
}

/// What a checkpoint's signature covers, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Checkpoint {
    /// When it was made.
    pub at: Timestamp,
    /// SHA-256 (base64url) of the checkpoint's body before it; empty in the first. A missing one shows.
    pub previous: String,
    /// Every chain's head.
    pub heads: Vec<Head>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_fields_cannot_be_shifted() {
        let bytes = |a, b| canonical(&[Field::Text(a), Field::Text(b)]);
        let all = [
            bytes(Some("ab"), Some("c")),
            bytes(Some("a"), Some("bc")),
            bytes(Some("abc"), None),
            bytes(None, Some("abc")),
            bytes(Some("abc"), Some("")),
            canonical(&[Field::Bytes(Some(b"ab")), Field::Text(Some("c"))]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all.iter().skip(i + 1).all(|b| a != b));
        }
        assert_ne!(origin("a"), origin("b"));
        assert_ne!(link(origin("a"), b"x"), link(origin("b"), b"x"));
    }
}
