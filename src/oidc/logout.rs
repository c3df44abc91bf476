//! Logout: what a request of an app amounts to (OpenID Connect RP-Initiated Logout 1.0 §2–3), the token that tells apps of a
//! session's end (Back-Channel Logout 1.0 §2.4), and the address that does in a frame (Front-Channel Logout 1.0 §2).

use serde::Serialize;

use crate::base::{Seconds, url};
use crate::oidc::authorize::RawRequest;

/// `typ` of logout tokens.
pub const TOKEN_TYP: &str = "logout+jwt";
/// Seconds a logout token may be taken: each attempt has one of its own.
pub const TOKEN_LIFETIME: Seconds = 120;

/// Longest `id_token_hint` read, in bytes.
const LONGEST_HINT: usize = 16 * 1024;
/// Longest other parameter read, in bytes.
const LONGEST: usize = 2048;

/// Logout token claims; never a `nonce`, so that it passes for no ID token.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutTokenClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client.
    pub aud: &'a str,
    /// Time of issue, seconds since the epoch.
    pub iat: i64,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
    /// Token id, another at each attempt.
    pub jti: String,
    /// What happened.
    pub events: Events,
    /// The client's name for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<&'a str>,
    /// Session, as in the client's ID tokens.
    pub sid: &'a str,
}

/// The one event a logout token tells of.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Events {
    /// An object without members.
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Empty,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Empty {}

/// The address that signs a browser out of an app in a frame; `iss` and `sid` always go together.
pub fn frame(uri: &str, issuer: &str, sid: &str) -> String {
    url::with_query(uri, &[("iss", issuer), ("sid", sid)])
}

/// Parsed parameters; nothing is trusted yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LogoutRequest {
    /// An ID token of ours, expired or not.
    pub id_token_hint: Option<String>,
    /// Where the client wants the person back.
    pub post_logout_redirect_uri: Option<String>,
    /// Echoed if we send them there.
    pub state: Option<String>,
    /// Names the client when the hint is absent; must agree with it when present.
    pub client_id: Option<String>,
}

impl LogoutRequest {
    /// Parameters that are read, and so must not be repeated.
    pub const KNOWN: &[&str] = &["id_token_hint", "post_logout_redirect_uri", "state", "client_id"];

    /// Reads the parameters; the error is a sentence for a page.
    pub fn parse(raw: &RawRequest) -> Result<Self, &'static str> {
        if raw.first_repeated(Self::KNOWN).is_some() {
            return Err("repeated_parameter");
        }
        let longest = |name: &str| if name == "id_token_hint" { LONGEST_HINT } else { LONGEST };
        if Self::KNOWN.iter().any(|name| raw.get(name).is_some_and(|value| value.len() > longest(name))) {
            return Err("too_long");
        }
        let get = |name| raw.get(name).map(str::to_owned);
        Ok(Self {
            id_token_hint: get("id_token_hint"),
            post_logout_redirect_uri: get("post_logout_redirect_uri"),
            state: get("state"),
            client_id: get("client_id"),
        })
    }
}
