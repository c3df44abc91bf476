//! Typed identifiers, TEXT everywhere. A code's id can never be passed where an account's is wanted.

use std::fmt;

use super::{Entropy, Timestamp};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new UUIDv7: 74 random bits behind the time of `now`, so that ids sort by age.
            pub fn new(now: Timestamp, entropy: &Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }

            /// Takes an id that was made by us or registered with us; no check of its form.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as it is stored and sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// A person's account. Never shown to a client: clients get a `sub`.
    AccountId;
    /// A relying party, by its `client_id`.
    ClientId;
    /// A row of the audit trail.
    EventId;
    /// One authenticator of one account.
    FactorId;
    /// A token family: everything that came from one authorization code (RFC 9700 §4.14.2).
    FamilyId;
    /// A list of people being brought from elsewhere.
    ImportId;
    /// One sign-in in one browser tab, as it stands in the URL (`/i/{id}/…`).
    InteractionId;
    /// A clinic.
    OrganisationId;
    /// A session's public name, `sid` in ID tokens; the cookie holds another, secret value.
    SessionId;
}

impl OrganisationId {
    /// The organisation everything belongs to unless it says otherwise.
    pub fn root() -> Self {
        Self("root".to_owned())
    }
}

fn uuid_v7(now: Timestamp, entropy: &Entropy) -> String {
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &entropy.bytes::<10>()).into_uuid().to_string()
}
