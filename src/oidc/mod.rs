//! OAuth 2.0 and OpenID Connect: requests, grants, claims and answers as types. Pure.

pub mod authorize;
pub mod ciba;
pub mod claims;
pub mod details;
pub mod discovery;
pub mod error;
pub mod introspection;
pub mod logout;
pub mod pkce;
pub mod resource;
pub mod token;
pub mod watch;

pub use error::{Code, Error};
