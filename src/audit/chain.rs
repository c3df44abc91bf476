//! The hash chain: canonical bytes of a row, the link to the row before, and what a checkpoint signs.

use crate::base::{Digest, Seconds, Timestamp};

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

/// How long after its report a node that had not heard of it may have signed a checkpoint with a key.
const UNHEARD: Seconds = 60;

/// Where the trail says that others may know a key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Revoked {
    /// When it was reported.
    pub at: Timestamp,
    /// The chain the report is in, and its place there; absent until it is linked.
    pub place: Option<(String, i64)>,
}

impl Revoked {
    /// Whether a checkpoint that key signed still counts: its heads lie before the report. Its own clock is not enough,
    /// because whoever has the key writes there what they like.
    pub fn spares(&self, body: &[u8]) -> bool {
        let Ok(read) = serde_json::from_slice::<Checkpoint>(body) else { return false };
        let behind = |head: &Head| {
            self.place.as_ref().is_some_and(|(chain, seq)| head.chain == *chain && head.seq >= *seq)
        };
        read.at <= self.at.plus(UNHEARD) && !read.heads.iter().any(behind)
    }
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

    #[test]
    fn a_checkpoint_of_a_revoked_key_counts_only_before_the_report() {
        let (report, hour) = (Timestamp::from_seconds(1_000_000), 3600);
        let body = |at: Timestamp, heads: &[(&str, i64)]| {
            let head =
                |(chain, seq): &(&str, i64)| Head { chain: (*chain).into(), seq: *seq, hash: String::new() };
            let heads = heads.iter().map(head).collect();
            serde_json::to_vec(&Checkpoint { at, previous: String::new(), heads }).unwrap()
        };
        let revoked = Revoked { at: report, place: Some(("a".to_owned(), 7)) };
        for (at, heads, counts) in [
            (report.plus(-hour), [("a", 6), ("b", 9)], true),
            (report.plus(1), [("a", 6), ("b", 9)], true),
            (report.plus(hour), [("a", 6), ("b", 9)], false),
            // Whatever its clock says.
            (report.plus(-hour), [("a", 7), ("b", 9)], false),
            (report.plus(-hour), [("b", 1), ("a", 8)], false),
        ] {
            assert_eq!(revoked.spares(&body(at, &heads)), counts, "{at:?} {heads:?}");
        }
        assert!(!revoked.spares(b"{}"));
        let unlinked = Revoked { at: report, place: None };
        assert!(
            unlinked.spares(&body(report, &[("a", 7)])) && !unlinked.spares(&body(report.plus(hour), &[]))
        );
    }
}
