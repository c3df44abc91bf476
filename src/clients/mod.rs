//! Relying parties: their registered metadata, what we ask of each, and how they authenticate. Pure.

pub mod authentication;
mod fields;
pub mod metadata;
pub mod policy;
pub mod redirect;

#[cfg(test)]
mod authentication_tests;
#[cfg(test)]
mod metadata_tests;

use crate::base::words::words;
use crate::base::{ClientId, Digest, GrantType, OrganisationId, Timestamp};

pub use authentication::{AuthenticatedClient, Presented, Refused, ReplayMark};
pub use metadata::{AuthMethod, Invalid, Metadata, SubjectType};
pub use policy::{ConsentMode, Policy, Registration};
pub use redirect::RedirectUri;

words! {
    /// Whether a client may do anything.
    ClientState {
        /// It may.
        Enabled = "enabled",
        /// Every request and every token of it is refused.
        Disabled = "disabled",
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
    /// The name administrators know it by; people see [`Client::shown_name`].
    pub name: String,
    /// What it registered.
    pub metadata: Metadata,
    /// What we ask of it.
    pub policy: Policy,
    /// SHA-256 of each secret that is valid; two while one is being replaced.
    pub secret_digests: Vec<Digest>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Whatever was issued to it before is void.
    pub valid_after: Timestamp,
}

impl Client {
    /// Whether it is enabled.
    pub fn is_enabled(&self) -> bool {
        self.state == ClientState::Enabled
    }

    /// Whether it cannot authenticate (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.metadata.token_endpoint_auth_method == AuthMethod::None
    }

    /// Whether it is registered for a grant.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.metadata.allows(grant)
    }

    /// Whether a redirect URI of a request is registered.
    pub fn matches_redirect(&self, given: &str) -> bool {
        self.metadata.matches_redirect(given)
    }

    /// The sector its `sub` values belong to.
    pub fn sector(&self) -> Result<String, Invalid> {
        metadata::sector(&self.metadata, &self.id)
    }

    /// The name people are shown: the registered one, else the administrators'.
    pub fn shown_name(&self) -> &str {
        self.metadata.client_name.as_deref().unwrap_or(&self.name)
    }
}
