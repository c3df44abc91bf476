//! The authorization request, from raw parameters to an approved answer (OpenID Connect Core §3.1.2).
//!
//! `RawRequest` → `Destination` → `AuthorizeRequest` → `step::next` → `Approved`. Only [`locate`] makes a
//! destination, only a destination can redirect, only [`step::next`] makes an `Approved`.

mod claims_request;
mod destination;
pub mod object;
mod raw;
mod request;
pub mod step;

pub use claims_request::{ClaimAsk, ClaimsRequest};
pub use destination::{Answer, Destination, Refusal, SIGNED_LIFETIME, ShowReason, Signer, locate};
pub use raw::{BadForm, RawRequest};
pub use request::{AuthorizeRequest, Here, Prompt, Via};
