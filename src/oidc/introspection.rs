//! Token introspection answers (RFC 7662 §2.2).

use serde::Serialize;

use super::details::Detail;
use super::resource::Audience;
use super::token::{Actor, Confirmation};

/// `typ` of an answer in a JWT (RFC 9701 §5).
pub const TOKEN_TYP: &str = "token-introspection+jwt";
/// Its media type, by which a client asks for it (RFC 9701 §4).
pub const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// The claims of an answer in a JWT (RFC 9701 §5). No `sub` and no `exp`: it is no token itself.
#[derive(Clone, Debug, Serialize)]
pub struct SignedIntrospection<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client that asked.
    pub aud: &'a str,
    /// When it was answered, seconds since the epoch.
    pub iat: i64,
    /// The answer.
    pub token_introspection: &'a Introspection,
}

/// What a client learns about a token; everything but `active` is absent when it is not active.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Introspection {
    /// Whether the token is alive and the asker may know about it.
    pub active: bool,
    /// Granted scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// What was granted beyond scopes (RFC 9396 §9.2).
    #[serde(rename = "authorization_details", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// The client it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `Bearer` or `DPoP` for access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// Expiry, seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Time of issue, seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// The client's own name for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// Issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Token id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Level reached (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Time of the oldest proof (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The key the token is bound to (RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Whoever acts for the person with it (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
}
