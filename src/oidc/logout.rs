//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0 §2–3): what a request amounts to.

use crate::oidc::authorize::RawRequest;

/// Longest `id_token_hint` read, in bytes.
const LONGEST_HINT: usize = 16 * 1024;
/// Longest other parameter read, in bytes.
const LONGEST: usize = 2048;

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
