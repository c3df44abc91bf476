//! Events an auditor asks about, and the hash chain over them. Pure.
//!
//! An event says who did what to whom, when and from which network, and never holds a secret. Personal data stand
//! in `sealed` alone, under the person's key, so that an erasure leaves the chain whole. `kind` is the only list
//! of what can be recorded, `chain` how rows are linked, `flood` how refusals of strangers are counted instead
//! of written. It must not know where events are kept.

use crate::base::words::words;
use crate::base::{AccountId, ClientId, Entropy, EventId, OrganisationId, SessionId, Timestamp};

pub mod chain;
pub mod export;
mod flood;
mod kind;
pub mod sentence;
mod topic;

pub use flood::Flood;
pub use kind::{Group, Kind, Severity};
pub use topic::Topic;

words! {
    /// How it ended.
    Outcome {
        /// It was done.
        Ok = "ok",
        /// A rule forbade it.
        Refused = "refused",
        /// Something was away or broken.
        Failed = "failed",
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Account(AccountId),
    /// A client, on its own behalf.
    Client(ClientId),
    /// Somebody at the host's command line, by the name of the host's user.
    Host(String),
    /// Vouchsafe itself.
    System,
    /// Nobody known yet.
    Anonymous,
}

/// A row of the audit trail.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unique; sorts by age.
    pub id: EventId,
    /// When the operation read the clock.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// The clinic it belongs to.
    pub organisation: OrganisationId,
    /// Whether that was said; where not, it is kept as an event of the clinic of whom, or what app, it is about.
    pub placed: bool,
    /// Who did it.
    pub actor: Actor,
    /// Whose account it is about.
    pub account: Option<AccountId>,
    /// The client it is about, or through which it came.
    pub client: Option<ClientId>,
    /// The session it happened in.
    pub session: Option<SessionId>,
    /// The network as a /32 or /64 prefix.
    pub network: Option<String>,
    /// The request's reference, as error pages show it.
    pub request: Option<String>,
    /// A stable word for machines: why it was refused.
    pub reason: Option<String>,
    /// More, without personal data.
    pub detail: Option<serde_json::Value>,
    /// Personal data, sealed with that person's key.
    pub sealed: Option<Vec<u8>>,
}

impl Event {
    /// An event of the root organisation with everything optional left out.
    pub fn new(kind: Kind, outcome: Outcome, actor: Actor, now: Timestamp, entropy: &Entropy) -> Self {
        Self {
            id: EventId::new(now, entropy),
            at: now,
            kind,
            outcome,
            organisation: OrganisationId::root(),
            placed: false,
            actor,
            account: None,
            client: None,
            session: None,
            network: None,
            request: None,
            reason: None,
            detail: None,
            sealed: None,
        }
    }
}

impl Actor {
    /// The actor as it is stored and shown: `account:…`, `client:…`, `host:…`, `system`, `anonymous`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Client(id) => format!("client:{id}"),
            Self::Host(user) => format!("host:{user}"),
            Self::System => "system".to_owned(),
            Self::Anonymous => "anonymous".to_owned(),
        }
    }

    /// Reads what `to_text` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("account", id)) => Some(Self::Account(AccountId::from_text(id))),
            Some(("client", id)) => Some(Self::Client(ClientId::from_text(id))),
            Some(("host", user)) => Some(Self::Host(user.to_owned())),
            None if text == "system" => Some(Self::System),
            None if text == "anonymous" => Some(Self::Anonymous),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_back() {
        let all = [
            Actor::Account(AccountId::from_text("a")),
            Actor::Client(ClientId::from_text("https://app:1/x")),
            Actor::Host("root".to_owned()),
            Actor::System,
            Actor::Anonymous,
        ];
        for actor in all {
            assert_eq!(Actor::parse(&actor.to_text()), Some(actor));
        }
        assert_eq!(Actor::parse("nobody"), None);
    }
}
