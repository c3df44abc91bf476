//! A browser session: who, by which proofs, since when. Pure: it reads no clock and stores nothing.

use serde::{Deserialize, Serialize};

use crate::base::{AccountId, Role, Seconds, SessionId, Timestamp};
use crate::factors::Proof;

/// What the session cookie stands for; kept sealed under the digest of the cookie's value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BrowserSession {
    /// Public name, `sid` in ID tokens; constant while the cookie's value changes at each rise.
    pub sid: SessionId,
    /// Who is signed in.
    pub account: AccountId,
    /// The account's role when the session began; time-outs follow from it.
    pub role: Role,
    /// Complete sign-ins only: half a sign-in never reaches a session.
    pub proofs: Vec<Proof>,
    /// When the session began; its overall limit runs from here.
    pub started_at: Timestamp,
    /// Compared with the account's `valid_after`: moves forward only for the session that made the change.
    pub valid_from: Timestamp,
    /// The person's last request here; a refresh at a client is no activity.
    pub seen_at: Timestamp,
}

/// How a session stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Usable as it is.
    Open,
    /// Idle too long: a password or a passkey with user verification reopens it.
    Idle,
    /// Past its overall limit: worth nothing.
    Over,
}

/// Overall and idle limits in seconds (product levels of SP 800-63B-4 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the session's start.
    pub overall: Seconds,
    /// From the person's last request.
    pub idle: Seconds,
}

/// The product's own limits of a role's sessions; an installation's policy may be stricter.
pub fn limits(role: Role) -> Limits {
    match role {
        Role::Patient => Limits { overall: 24 * 3600, idle: 60 * 60 },
        Role::Clinician => Limits { overall: 12 * 3600, idle: 15 * 60 },
        Role::Administrator => Limits { overall: 8 * 3600, idle: 10 * 60 },
    }
}

impl BrowserSession {
    /// A session that begins now with the proofs of a finished sign-in.
    pub fn begin(sid: SessionId, account: AccountId, role: Role, proofs: Vec<Proof>, now: Timestamp) -> Self {
        Self { sid, account, role, proofs, started_at: now, valid_from: now, seen_at: now }
    }

    /// Open, idle or over at `now`.
    pub fn standing(&self, limits: Limits, now: Timestamp) -> Standing {
        if now.since(self.started_at) >= limits.overall {
            Standing::Over
        } else if now.since(self.seen_at) >= limits.idle {
            Standing::Idle
        } else {
            Standing::Open
        }
    }

    /// Adds newer proofs; one per factor is kept, the newest.
    pub fn elevate(&mut self, proofs: &[Proof], now: Timestamp) {
        for proof in proofs {
            self.proofs.retain(|old| old.factor != proof.factor || old.at > proof.at);
            if !self.proofs.iter().any(|old| old.factor == proof.factor) {
                self.proofs.push(proof.clone());
            }
        }
        self.seen_at = now;
    }

    /// The end of the overall limit.
    pub fn until(&self, limits: Limits) -> Timestamp {
        self.started_at.plus(limits.overall)
    }

    /// Seconds until the overall limit; what the stored session may live.
    pub fn remaining(&self, limits: Limits, now: Timestamp) -> Seconds {
        self.until(limits).since(now).max(1)
    }
}
