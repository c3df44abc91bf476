//! What we say to machines outside: the hook that is told, one delivery to it, and its body. Pure.

use serde_json::json;

use crate::audit::{Actor, Kind, Topic};
use crate::base::words::words;
use crate::base::{AccountId, ClientId, EventId, OrganisationId, Seconds, Timestamp};

/// How many secrets may be valid at once: the one in use, and the one that replaces it.
pub const MOST_SECRETS: usize = 2;

/// After how long without any success a hook is switched off, in seconds.
pub const FAILS_FOR: Seconds = 72 * 3600;

words! {
    /// Whether a hook is told.
    HookState {
        /// It is.
        On = "on",
        /// Somebody switched it off.
        Off = "off",
        /// It failed for days, or said it is gone, and was switched off by us.
        Failing = "failing",
    }
}

words! {
    /// Why a hook was stopped: nobody is left who answers for it.
    Stopped {
        /// Whoever keeps it may not look after hooks there any more, or not see what it is told of.
        LostRight = "keeper_lost_right",
        /// They are suspended or erased, or the client is stopped.
        Gone = "keeper_gone",
    }
}

/// The id of a hook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct HookId(pub String);

/// Where a hook is told, as it is kept: the path or the query may be what its owner takes for a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Sealed for the installation.
    Sealed(Vec<u8>),
    /// As it was kept before addresses were sealed.
    Plain(String),
}

/// Somebody outside who is told of what happens at an organisation and below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: HookId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it is told.
    pub address: Address,
    /// What it is told of.
    pub topics: Vec<Topic>,
    /// Whether it is told.
    pub state: HookState,
    /// Who answers for it: whoever registered it, changed it or switched it on last.
    pub keeper: Actor,
    /// Why it was switched off by us, where nobody answers for it.
    pub stopped: Option<Stopped>,
    /// Since when nothing reached it, where the last attempt failed.
    pub failing_since: Option<Timestamp>,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// What an event says outside: kind, time, place, and ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The event, which is the message's id as well.
    pub event: EventId,
    /// What happened.
    pub kind: Kind,
    /// Where it belongs.
    pub organisation: OrganisationId,
    /// Whom it is about.
    pub account: Option<AccountId>,
    /// The app it is about.
    pub client: Option<ClientId>,
    /// When it happened.
    pub at: Timestamp,
}

impl Told {
    /// The body; the same at each attempt.
    pub fn body(&self) -> Vec<u8> {
        let mut data = json!({ "organisation": self.organisation });
        if let Some(members) = data.as_object_mut() {
            members.extend(self.account.iter().map(|id| ("account".to_owned(), id.as_str().into())));
            members.extend(self.client.iter().map(|id| ("client".to_owned(), id.as_str().into())));
        }
        let body =
            json!({ "type": self.kind, "timestamp": self.at.to_rfc3339(), "id": self.event, "data": data });
        body.to_string().into_bytes()
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It will be tried at this time.
    Waits(Timestamp),
    /// It arrived.
    Done(Timestamp),
    /// It was given up.
    Dead(Timestamp),
}

/// One event on its way to one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is said.
    pub told: Told,
    /// How often it was tried, a running attempt included.
    pub attempts: i64,
    /// How it stands.
    pub standing: Standing,
    /// What the other side answered last.
    pub status: Option<u16>,
    /// Why there was no answer, or none that counts; a word.
    pub failure: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_holds_ids_a_kind_and_a_time_and_nothing_else() {
        let told = Told {
            event: EventId::from_text("e1"),
            kind: Kind::AccountDisabled,
            organisation: OrganisationId::from_text("north"),
            account: Some(AccountId::from_text("a1")),
            client: None,
            at: Timestamp::from_seconds(1_800_000_000),
        };
        let body: serde_json::Value = serde_json::from_slice(&told.body()).unwrap();
        let expected = json!({ "type": "account.disabled", "timestamp": told.at.to_rfc3339(), "id": "e1",
            "data": { "organisation": "north", "account": "a1" } });
        assert_eq!(body, expected);
    }
}
