//! Words everybody shares: ids, secrets, time, entropy, URLs, text, and the terms of the specifications.
//! It knows nothing of this crate.

pub mod crockford;
pub mod device;
pub mod entropy;
pub mod id;
pub mod secret;
pub mod sheet;
pub mod text;
pub mod time;
pub mod url;
pub mod words;

pub use entropy::Entropy;
pub use id::{
    AccountId, ClientId, EventId, FactorId, FamilyId, ImportId, InteractionId, OrganisationId, SessionId,
};
pub use secret::{Digest, Secret, Token, TokenKind};
pub use time::{Clock, Seconds, Timestamp};
pub use words::{Acr, Amr, GrantType, ResponseMode, Role, Scope, Scopes};
