//! DPoP proofs (RFC 9449): a JWT that shows who holds a key, for one request.
//!
//! Verifying says nothing about replay and nothing about server nonces: the caller marks the `jti` until the proof is too
//! old to pass, and compares the nonce.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::jwk::Public;
use super::jwt::Unverified;
use super::{Algorithm, Claims, ClientJwks, Rejected};
use crate::base::{Digest, Seconds, Timestamp};

/// Algorithms of proofs: those of FAPI 2.0 §5.4.1.
pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];

/// How far `iat` may lie behind our clock, in seconds (RFC 9449 §11.1).
pub const WINDOW: Seconds = 60;
/// How far ahead of it.
pub const AHEAD: Seconds = 15;

/// Longest proof, in bytes.
const SIZE_LIMIT: usize = 4 * 1024;
/// Longest `jti`, in bytes.
const JTI_LIMIT: usize = 256;

/// The RFC 7638 thumbprint (SHA-256, base64url) of a key that a token is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Thumbprint(String);

impl Thumbprint {
    /// Reads one, as `dpop_jkt` carries it (RFC 9449 §10): 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The request a proof must have been made for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The absolute URLs by which the place it was sent to is known, without query and fragment.
    pub urls: &'a [String],
    /// The access token it was sent with, where there is one.
    pub access_token: Option<&'a str>,
    /// The present.
    pub now: Timestamp,
}

/// A proof that verified; good for one use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a proof is good for one use: mark it before believing it"]
pub struct Proof {
    /// The key it shows.
    pub key: Thumbprint,
    /// Stands for the key and the proof's id: to be marked as seen.
    pub mark: Digest,
    /// When it was made, as it says.
    pub issued_at: Timestamp,
    /// The server nonce it carries.
    pub nonce: Option<String>,
}

/// Verifies a proof for a request (RFC 9449 §4.3).
pub fn verify(proof: &str, request: &Request<'_>) -> Result<Proof, Rejected> {
    if proof.len() > SIZE_LIMIT {
        return Err(Rejected::TooLong);
    }
    let parsed = Unverified::parse_with_key(proof)?;
    if parsed.text("typ") != Some("dpop+jwt") {
        return Err(Rejected::WrongType);
    }
    let algorithm = parsed
        .text("alg")
        .and_then(Algorithm::parse)
        .filter(|algorithm| ALGORITHMS.contains(algorithm))
        .ok_or(Rejected::WrongAlgorithm)?;
    let jwk = parsed.header.get("jwk").and_then(Value::as_object).ok_or(Rejected::Header("jwk"))?;
    let public = public(jwk).ok_or(Rejected::Header("jwk"))?;
    // The same reading as of a registered key: no private member, no weak key, no other algorithm than its own.
    let keys = ClientJwks::parse(&json!({ "keys": [jwk] })).map_err(|_| Rejected::Header("jwk"))?;
    keys.verify(
        algorithm,
        jwk.get("kid").and_then(Value::as_str),
        parsed.signed.as_bytes(),
        &parsed.signature,
    )?;
    let claims = &parsed.claims;
    is_for(claims, request)?;
    let issued_at = claims.time("iat")?.ok_or(Rejected::Claim("iat"))?;
    let jti =
        claims.jti().filter(|jti| (1..=JTI_LIMIT).contains(&jti.len())).ok_or(Rejected::Claim("jti"))?;
    let key = Thumbprint(public.thumbprint());
    let nonce = match claims.get("nonce") {
        None => None,
        Some(Value::String(nonce)) => Some(nonce.clone()),
        Some(_) => return Err(Rejected::Claim("nonce")),
    };
    Ok(Proof { mark: Digest::of(format!("dpop:{key}:{jti}")), key, issued_at, nonce })
}

fn is_for(claims: &Claims, request: &Request<'_>) -> Result<(), Rejected> {
    if claims.text("htm") != Some(request.method) {
        return Err(Rejected::Claim("htm"));
    }
    let sent_to = claims.text("htu").and_then(without_query).ok_or(Rejected::Claim("htu"))?;
    if !request.urls.iter().any(|url| without_query(url).as_ref() == Some(&sent_to)) {
        return Err(Rejected::Claim("htu"));
    }
    if let Some(token) = request.access_token {
        let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()));
        if claims.text("ath") != Some(hash.as_str()) {
            return Err(Rejected::Claim("ath"));
        }
    }
    let issued_at = claims.time("iat")?.ok_or(Rejected::Claim("iat"))?;
    if issued_at.plus(WINDOW) < request.now {
        return Err(Rejected::Expired);
    }
    if issued_at > request.now.plus(AHEAD) {
        return Err(Rejected::NotYet);
    }
    // Neither belongs to a proof; where they stand, they count.
    if claims.time("exp")?.is_some_and(|exp| exp.plus(WINDOW) <= request.now) {
        return Err(Rejected::Expired);
    }
    match claims.time("nbf")?.is_some_and(|nbf| nbf > request.now.plus(AHEAD)) {
        true => Err(Rejected::NotYet),
        false => Ok(()),
    }
}

/// Scheme, host, port and path, normalised (RFC 3986 §6.2.2, §6.2.3); query and fragment count for nothing.
fn without_query(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// The members the thumbprint is over.
fn public(jwk: &Map<String, Value>) -> Option<Public> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let owned = |name: &str| text(name).map(str::to_owned);
    match (text("kty")?, text("crv")) {
        ("RSA", _) => Some(Public::Rsa { n: owned("n")?, e: owned("e")? }),
        ("EC", Some("P-256")) => Some(Public::Ec { crv: "P-256", x: owned("x")?, y: owned("y")? }),
        ("OKP", Some("Ed25519")) => Some(Public::Okp { crv: "Ed25519", x: owned("x")? }),
        _ => None,
    }
}
