//! What a redeemed grant entitles to, and the claims of the tokens made from it.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Actor;
use crate::base::{AccountId, FamilyId, Scopes, SessionId, Timestamp};
use crate::clients::Client;
use crate::factors::{Assurance, Proof};
use crate::keys::{CertificateDigest, Thumbprint};
use crate::oidc::authorize::ClaimsRequest;
use crate::oidc::details::Detail;
use crate::oidc::resource::Audience;

/// What a person granted to a client in one sign-in; kept with the code and then with the token family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entitlement {
    /// Everything issued from it can be ended together.
    pub family: FamilyId,
    /// The client.
    pub client: String,
    /// The person.
    pub account: AccountId,
    /// The client's name for the person.
    pub sub: String,
    /// The browser session it came from.
    pub session: SessionId,
    /// When that session began; compared with `valid_after`.
    pub session_started_at: Timestamp,
    /// The session's overall limit; what is not offline ends then at the latest.
    pub session_until: Timestamp,
    /// Granted scopes.
    pub scopes: Scopes,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Whom its access tokens may be for (RFC 8707); the issuer where nobody is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What was agreed to beyond scopes (RFC 9396).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Level, methods, time of the oldest proof.
    pub assurance: Assurance,
    /// What that was reached by; nothing is known of grants from before it was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// When the code was issued.
    pub started_at: Timestamp,
    /// The key a public client's refresh tokens are bound to (RFC 9449 §5); a confidential client's are bound to it by
    /// its authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Thumbprint>,
}

/// ID token claims (OpenID Connect Core §2, §3.1.3.6).
#[derive(Clone, Debug, Serialize)]
pub struct IdTokenClaims<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// The client's name for the person.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
    /// Time of issue, seconds since the epoch.
    pub iat: i64,
    /// Time of the oldest proof counted in `acr`.
    pub auth_time: i64,
    /// Token id.
    pub jti: String,
    /// Echo of the request's nonce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// Level reached.
    pub acr: &'a str,
    /// Methods used.
    pub amr: Vec<&'static str>,
    /// Session.
    pub sid: &'a str,
    /// Left half of the access token's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// Claims asked for in the ID token by name.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Access token claims (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Issuer.
    pub iss: String,
    /// The client's name for the person, or the client itself.
    pub sub: String,
    /// Audience.
    pub aud: Audience,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
    /// Time of issue, seconds since the epoch.
    pub iat: i64,
    /// Token id.
    pub jti: String,
    /// The client.
    pub client_id: String,
    /// Granted scopes.
    pub scope: String,
    /// What was granted beyond scopes (RFC 9396 §9.1).
    #[serde(default, rename = "authorization_details", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Time of the oldest proof, where a person stands behind the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// Level reached, where a person stands behind the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Methods used, where a person stands behind the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// Token family, where a person stands behind the token: the handle by which it dies.
    #[serde(default, rename = "vs_fam", skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The tokens it was exchanged from, oldest first: whichever of them is revoked takes it along.
    #[serde(default, rename = "vs_from", skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Whoever acts for the person with it (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// The key or certificate whose holder alone may use the token (RFC 7800 §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

impl AccessTokenClaims {
    /// The scheme it is shown by.
    pub fn token_type(&self) -> &'static str {
        match self.cnf {
            Some(Confirmation::Key { .. }) => "DPoP",
            Some(Confirmation::Certificate { .. }) | None => "Bearer",
        }
    }

    /// Whether the token is a client's business: issued to it, or meant for it or for what it serves.
    pub fn concerns(&self, client: &Client) -> bool {
        self.client_id == client.id.as_str()
            || self.aud.has(client.id.as_str())
            || client.policy.serves.iter().any(|name| self.aud.has(name))
    }
}

/// What a token is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Confirmation {
    /// A key that is shown by proofs.
    Key {
        /// The thumbprint of a DPoP key (RFC 9449 §6.1).
        jkt: Thumbprint,
    },
    /// A certificate that connections are made with.
    Certificate {
        /// Its digest (RFC 8705 §3.1).
        #[serde(rename = "x5t#S256")]
        digest: CertificateDigest,
    },
}

impl Confirmation {
    /// The key that is shown by proofs.
    pub fn key(&self) -> Option<&Thumbprint> {
        match self {
            Self::Key { jkt } => Some(jkt),
            Self::Certificate { .. } => None,
        }
    }
}

/// The token endpoint's answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Clone, Debug, Serialize)]
pub struct TokenSet {
    /// A signed JWT.
    pub access_token: String,
    /// `Bearer`, or `DPoP` for a token that is bound to a key.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// Granted scopes; left out where there are none (RFC 6749 §3.3 has no empty one).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// What was granted beyond scopes (RFC 9396 §7).
    #[serde(rename = "authorization_details", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Where a person stands behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// Where the client is registered for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What was issued, in an answer to an exchange (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
}

/// `at_hash`: base64url of the left half of SHA-256 (SHA-512 for EdDSA is the convention of Ed25519 signers).
pub fn half_hash(token: &str, eddsa: bool) -> String {
    let algorithm = if eddsa { &digest::SHA512 } else { &digest::SHA256 };
    let hash = digest::digest(algorithm, token.as_bytes());
    let half = hash.as_ref().split_at(hash.as_ref().len() / 2).0;
    URL_SAFE_NO_PAD.encode(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_the_one_of_the_specification() {
        // OpenID Connect Core, appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(half_hash(token, false), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
