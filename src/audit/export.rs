//! The trail as a file that proves itself: every checkpoint, then every chain's rows, one JSON object a line; and the
//! examiner that reads such a file anywhere, with nothing but the public keys.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::chain::{Checkpoint, Row, link, origin};
use crate::base::Digest;

/// The first line's format.
pub const FORMAT: &str = "vouchsafe-audit-1";

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// The first.
    Header {
        /// [`FORMAT`].
        format: String,
        /// Whose trail it is.
        issuer: String,
        /// When it was taken, RFC 3339.
        at: String,
    },
    /// Heads of chains, signed.
    Checkpoint {
        /// Counted from 1.
        seq: i64,
        /// What is signed.
        body: String,
        /// By which key.
        kid: String,
        /// The signature, base64url.
        signature: String,
    },
    /// A row of a chain.
    Event {
        /// The chain.
        chain: String,
        /// Its place, from 1.
        seq: i64,
        /// The chain's hash up to it, base64url.
        hash: String,
        /// What is stored.
        #[serde(flatten)]
        row: Box<Row>,
    },
    /// The last.
    End {
        /// Checkpoints before it.
        checkpoints: u64,
        /// Rows before it.
        events: u64,
    },
}

impl Line {
    /// A checkpoint as it is stored.
    pub fn checkpoint(seq: i64, body: String, kid: String, signature: &[u8]) -> Self {
        Self::Checkpoint { seq, body, kid, signature: URL_SAFE_NO_PAD.encode(signature) }
    }

    /// As JSON, without a line end.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a file holds that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Whose trail it is.
    pub issuer: String,
    /// Chains.
    pub chains: u64,
    /// Rows.
    pub events: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Rows behind the last checkpoint: nobody's signature says yet that there are no more.
    pub unsigned: u64,
}

/// The first line that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Bad {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Whether a signature (last) over a body is that of the key with this id.
pub type Check<'c> = &'c dyn Fn(&str, &[u8], &[u8]) -> bool;

/// Reads a file line by line; holds the heads of the chains and what checkpoints promised, not the rows.
pub struct Examiner<'c> {
    check: Check<'c>,
    line: u64,
    issuer: Option<String>,
    checkpoint: i64,
    previous: String,
    promised: BTreeMap<String, BTreeMap<i64, String>>,
    heads: BTreeMap<String, (i64, Digest)>,
    checkpoints: u64,
    events: u64,
    ended: bool,
}

impl<'c> Examiner<'c> {
    /// Over a file not begun; `check` knows the public keys.
    pub fn new(check: Check<'c>) -> Self {
        Self {
            check,
            line: 0,
            issuer: None,
            checkpoint: 0,
            previous: String::new(),
            promised: BTreeMap::new(),
            heads: BTreeMap::new(),
            checkpoints: 0,
            events: 0,
            ended: false,
        }
    }

    /// Looks at the next line.
    pub fn feed(&mut self, text: &str) -> Result<(), Bad> {
        self.line += 1;
        let line = self.line;
        self.look(text).map_err(|why| Bad { line, why })
    }

    fn look(&mut self, text: &str) -> Result<(), &'static str> {
        let read: Line = serde_json::from_str(text).map_err(|_| "it cannot be read")?;
        if self.ended {
            return Err("it stands behind the last line");
        }
        match (read, &self.issuer) {
            (Line::Header { format, issuer, .. }, None) if format == FORMAT => self.issuer = Some(issuer),
            (_, None) => return Err("the file does not begin with a header of this format"),
            (Line::Header { .. }, Some(_)) => return Err("a second header"),
            (Line::Checkpoint { seq, body, kid, signature }, Some(_)) => {
                self.checkpoint(seq, &body, &kid, &signature)?;
            }
            (Line::Event { chain, seq, hash, row }, Some(_)) => self.event(chain, seq, &hash, &row)?,
            (Line::End { checkpoints, events }, Some(_)) => {
                if (checkpoints, events) != (self.checkpoints, self.events) {
                    return Err("lines before it are missing");
                }
                self.ended = true;
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self, seq: i64, body: &str, kid: &str, signature: &str) -> Result<(), &'static str> {
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "its signature cannot be read")?;
        if self.events > 0 {
            return Err("a checkpoint stands behind rows");
        }
        if seq != self.checkpoint + 1 {
            return Err("a checkpoint before it is missing");
        }
        if !(self.check)(kid, body.as_bytes(), &signature) {
            return Err("its signature is not right, or its key is not among the keys given");
        }
        let read: Checkpoint = serde_json::from_str(body).map_err(|_| "it cannot be read")?;
        if read.previous != self.previous {
            return Err("it does not follow the one before it");
        }
        for head in read.heads.into_iter().filter(|head| head.seq > 0) {
            let before = self.promised.entry(head.chain).or_default().insert(head.seq, head.hash.clone());
            if before.is_some_and(|hash| hash != head.hash) {
                return Err("it names another hash than a checkpoint before it");
            }
        }
        (self.checkpoint, self.previous) = (seq, Digest::of(body).to_base64url());
        self.checkpoints += 1;
        Ok(())
    }

    fn event(&mut self, chain: String, seq: i64, hash: &str, row: &Row) -> Result<(), &'static str> {
        let head = self.heads.get(&chain).copied().unwrap_or_else(|| (0, origin(&chain)));
        if seq != head.0 + 1 {
            return Err("a row before it is missing");
        }
        let linked = link(head.1, &row.bytes());
        if linked.to_base64url() != hash {
            return Err("the row was changed, moved or put in");
        }
        if self.promised.get(&chain).and_then(|rows| rows.get(&seq)).is_some_and(|promised| promised != hash)
        {
            return Err("the chain was written anew up to this row");
        }
        self.heads.insert(chain, (seq, linked));
        self.events += 1;
        Ok(())
    }

    /// There are no more lines.
    pub fn finish(self) -> Result<Whole, Bad> {
        let bad = |why| Err(Bad { line: self.line.saturating_add(1), why });
        let Some(issuer) = self.issuer.clone().filter(|_| self.ended) else {
            return bad("the end of the file is missing");
        };
        let mut unsigned = 0;
        for (chain, (seq, _)) in &self.heads {
            let signed =
                self.promised.get(chain).and_then(|rows| rows.last_key_value()).map_or(0, |(seq, _)| *seq);
            unsigned += u64::try_from(seq - signed).unwrap_or(0);
        }
        for (chain, rows) in &self.promised {
            let reached = self.heads.get(chain).map_or(0, |(seq, _)| *seq);
            if rows.last_key_value().is_some_and(|(seq, _)| *seq > reached) {
                return bad("the end of a chain is missing that a checkpoint names");
            }
        }
        let chains = u64::try_from(self.heads.len()).unwrap_or(u64::MAX);
        Ok(Whole { issuer, chains, events: self.events, checkpoints: self.checkpoints, unsigned })
    }
}
