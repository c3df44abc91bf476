//! Relying parties: their registered metadata, what we ask of each, and how they authenticate. Pure.

pub mod authentication;
mod certificate;
pub mod ciba;
mod fields;
pub mod lint;
pub mod logo;
pub mod logout;
mod members;
pub mod metadata;
pub mod policy;
pub mod protection;
pub mod redirect;
pub mod requests;
pub mod secret;
pub mod sector;
pub mod snippet;
pub mod terms;
pub mod wizard;

#[cfg(test)]
mod authentication_tests;
#[cfg(test)]
mod metadata_tests;

use serde_json::{Map, Value};

use crate::base::words::words;
use crate::base::{AccountId, ClientId, GrantType, OrganisationId, Timestamp};

pub use authentication::{AuthenticatedClient, Presented, Refused, ReplayMark};
pub use metadata::{AuthMethod, Invalid, Metadata, SubjectType};
pub use policy::{ConsentMode, Policy, RefreshRotation, Registration, SenderConstraint};
pub use redirect::RedirectUri;
pub use secret::ClientSecret;
pub use terms::{ClientToken, Terms};

words! {
    /// Whether a client may do anything.
    ClientState {
        /// It may.
        Enabled = "enabled",
        /// Every request and every token of it is refused.
        Disabled = "disabled",
    }
}

words! {
    /// Whether people depend on a client yet.
    Stage {
        /// It is being built: its developer is told what goes wrong, and localhost may be a redirect URI.
        Test = "test",
        /// People sign in to it.
        Live = "live",
    }
}

words! {
    /// How a client came to be registered.
    Origin {
        /// By administrators.
        Administrators = "administrators",
        /// By itself, with a token of theirs.
        Token = "token",
        /// By itself and without one: nobody here knows whose it is.
        Open = "open",
    }
}

/// A redirect URI of ours, at which we stand in for a client: in a test run, for a device, for a person who is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// The address.
    pub redirect_uri: String,
    /// The one person who may sign in there, if it is for one alone.
    pub only: Option<AccountId>,
    /// What the app shows them where they see it, to be compared (CIBA §7.1).
    pub message: Option<String>,
}

impl Lent {
    /// An address for whoever comes.
    pub fn at(redirect_uri: &str) -> Self {
        Self { redirect_uri: redirect_uri.to_owned(), only: None, message: None }
    }
}

/// A relying party as registered.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Whether it may do anything.
    pub state: ClientState,
    /// Whether people depend on it yet.
    pub stage: Stage,
    /// How it came to be registered.
    pub origin: Origin,
    /// The name administrators know it by; people see [`Client::shown_name`].
    pub name: String,
    /// What it registered.
    pub metadata: Metadata,
    /// What we ask of it.
    pub policy: Policy,
    /// The name of our copy of its logo.
    pub logo: Option<String>,
    /// The secrets that are valid; two while one is being replaced.
    pub secrets: Vec<ClientSecret>,
    /// Until when its requests are written down for its developer, though it is live.
    pub watched_until: Timestamp,
    /// An address of ours that counts beside its own, for one run alone; never stored.
    pub lent: Option<Lent>,
    /// Whether people have a `sub` here already, so that its sector stays.
    pub is_named: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Whatever was issued to it before is void.
    pub valid_after: Timestamp,
}

impl Client {
    /// A client as it is when somebody has just described it: enabled, in test stage, at the root and without a secret.
    pub fn described(id: ClientId, (metadata, policy): (Metadata, Policy), now: Timestamp) -> Self {
        Self {
            organisation: OrganisationId::root(),
            state: ClientState::Enabled,
            stage: Stage::Test,
            origin: Origin::Administrators,
            name: metadata.client_name.clone().unwrap_or_else(|| id.to_string()),
            logo: None,
            secrets: Vec::new(),
            watched_until: Timestamp::default(),
            lent: None,
            is_named: false,
            created_at: now,
            valid_after: now,
            id,
            metadata,
            policy,
        }
    }

    /// Whether it is enabled.
    pub fn is_enabled(&self) -> bool {
        self.state == ClientState::Enabled
    }

    /// Whether it could make us lead anywhere: it registered itself and without anybody's leave, so that its addresses are a
    /// stranger's, and a person who has read whose they are goes on by a press (RFC 9700 §4.11.2). What does not ask each
    /// time any more was looked at by an administrator.
    pub fn leads_anywhere(&self) -> bool {
        self.origin == Origin::Open && self.policy.consent == ConsentMode::Always && self.lent.is_none()
    }

    /// Whether it cannot authenticate (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// Whether it is registered for a grant.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.metadata.allows(grant)
    }

    /// Whether a redirect URI of a request is registered, or is the one that is lent to it.
    pub fn matches_redirect(&self, given: &str) -> bool {
        self.metadata.matches_redirect(given) || self.lent_uri() == Some(given)
    }

    /// The address that is lent to it.
    pub fn lent_uri(&self) -> Option<&str> {
        self.lent.as_ref().map(|lent| lent.redirect_uri.as_str())
    }

    /// The client with an address of ours beside its own.
    pub fn lending(&self, lent: Lent) -> Self {
        Self { lent: Some(lent), ..self.clone() }
    }

    /// Whether its requests are written down for its developer.
    pub fn is_watched(&self, now: Timestamp) -> bool {
        self.stage == Stage::Test || now < self.watched_until
    }

    /// The whole registration, as [`metadata::parse`] reads it: the metadata and the `policy` member.
    pub fn registered(&self) -> Map<String, Value> {
        let mut members = self.metadata.to_json();
        members.extend(self.policy.metadata());
        members.insert("policy".to_owned(), self.policy.to_json());
        members
    }

    /// The sector its `sub` values belong to.
    pub fn sector(&self) -> Result<String, Invalid> {
        sector::sector(&self.metadata, &self.id)
    }

    /// The name people are shown: the registered one, else the administrators'.
    pub fn shown_name(&self) -> &str {
        self.metadata.client_name.as_deref().unwrap_or(&self.name)
    }
}
