//! JWTs of our own: reading the compact form strictly and verifying what we signed (RFC 7515, 7519, 8725).
//!
//! The algorithm comes from the key, never from the header; a header that brings a key or an extension is
//! refused. Clients' assertions are verified in [`super::assertion`] on the same parser.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{Algorithm, ClientJwks, KeyRing, KeyState, KeyUse, json};
use crate::base::{Seconds, Timestamp};

pub use super::assertion::{AssertionRules, Audience, VerifiedAssertion, verify_client_assertion};
pub use super::request_object::{ObjectRules, RequestObject, verify_request_object};

/// Longest token read, in bytes.
pub const SIZE_LIMIT: usize = 16 * 1024;

/// Header members that bring a key from elsewhere, an extension or another encoding (RFC 7515 §4.1, RFC 7797).
const REFUSED_HEADERS: [&str; 6] = ["crit", "jku", "x5u", "b64", "zip", "enc"];

/// Why a token is not believed; the private half of a refusal. The public answer never shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Longer than [`SIZE_LIMIT`].
    #[error("the token is longer than 16 KB")]
    TooLong,
    /// Not three parts of canonical base64url around strict JSON objects.
    #[error("the token is not well formed")]
    Malformed,
    /// The named header member is refused.
    #[error("the token's header has `{0}`")]
    Header(&'static str),
    /// `typ` is another than was expected: a token of one kind shown in place of another.
    #[error("the token is of another type")]
    WrongType,
    /// No key fits `kid` and `alg`.
    #[error("no key fits the token")]
    UnknownKey,
    /// Several keys fit; the token must carry a `kid`.
    #[error("several keys fit the token: it must carry a kid")]
    AmbiguousKey,
    /// `alg` is not the key's, not known, or not registered for the client.
    #[error("the algorithm is not the key's or not allowed")]
    WrongAlgorithm,
    /// The signature is another's.
    #[error("the signature does not verify")]
    BadSignature,
    /// The named claim is missing or of the wrong kind.
    #[error("the claim `{0}` is missing or malformed")]
    Claim(&'static str),
    /// `iss` is another.
    #[error("the issuer is another")]
    WrongIssuer,
    /// `sub` is another.
    #[error("the subject is another")]
    WrongSubject,
    /// `aud` is another, or several where one is wanted.
    #[error("the audience is another")]
    WrongAudience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `iat` or `nbf` lies in the future.
    #[error("the token is not valid yet")]
    NotYet,
    /// It would be valid for longer than is allowed.
    #[error("the token lives too long")]
    TooLongLived,
}

impl Rejected {
    /// Whether another of the signer's keys might have made the signature.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::UnknownKey | Self::AmbiguousKey | Self::BadSignature)
    }
}

/// Whether an expired token is still taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// `exp` must lie in the future.
    Live,
    /// `exp` may have passed: `id_token_hint` (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
    Any,
}

/// What a token of ours must show.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// What the key that signed it must be for.
    pub usage: KeyUse,
    /// The exact `typ` of its header.
    pub typ: &'a str,
    /// The exact `iss`.
    pub issuer: &'a str,
    /// The present.
    pub now: Timestamp,
    /// Seconds of difference between clocks that are forgiven, both ways.
    pub leeway: Seconds,
    /// Whether it may have expired.
    pub age: Age,
}

/// Verifies a token that one of our keys signed: header, signature, `iss`, `exp`, `iat` and `nbf`.
///
/// Audience and everything else is the caller's to compare.
pub fn verify_own(ring: &KeyRing, token: &str, expected: &Expected<'_>) -> Result<Claims, Rejected> {
    let parsed = Unverified::parse(token)?;
    if parsed.text("typ") != Some(expected.typ) {
        return Err(Rejected::WrongType);
    }
    let key = parsed.text("kid").and_then(|kid| ring.verifying(expected.usage, kid));
    let key = key.ok_or(Rejected::UnknownKey)?;
    if parsed.text("alg") != Some(key.algorithm().as_str()) {
        return Err(Rejected::WrongAlgorithm);
    }
    if !key.verifies(parsed.signed.as_bytes(), &parsed.signature) {
        return Err(Rejected::BadSignature);
    }
    let claims = parsed.claims;
    if claims.issuer() != Some(expected.issuer) {
        return Err(Rejected::WrongIssuer);
    }
    check_times(&claims, expected)?;
    Ok(claims)
}

fn check_times(claims: &Claims, expected: &Expected<'_>) -> Result<(), Rejected> {
    let exp = claims.time("exp")?.ok_or(Rejected::Claim("exp"))?;
    let iat = claims.time("iat")?.ok_or(Rejected::Claim("iat"))?;
    if expected.age == Age::Live && exp.plus(expected.leeway) <= expected.now {
        return Err(Rejected::Expired);
    }
    let latest = expected.now.plus(expected.leeway);
    if iat > latest || claims.time("nbf")?.is_some_and(|nbf| nbf > latest) {
        return Err(Rejected::NotYet);
    }
    Ok(())
}

/// The claims of a verified token.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// A claim as it stands.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `jti`.
    pub fn jti(&self) -> Option<&str> {
        self.text("jti")
    }

    /// `aud`, a string or an array of strings (RFC 7519 §4.1.3); empty when missing or malformed.
    pub fn audience(&self) -> Vec<&str> {
        match self.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => {
                several.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// A NumericDate (RFC 7519 §2), a fraction rounded down; `None` when absent, an error when it is no time.
    pub fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Rejected> {
        const LATEST: f64 = 253_402_300_800.0; // the year 10000
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                #[expect(clippy::cast_possible_truncation, reason = "within ±253 402 300 800")]
                Some(seconds) if (0.0..LATEST).contains(&seconds) => {
                    Ok(Some(Timestamp::from_seconds(seconds.floor() as i64)))
                }
                Some(_) | None => Err(Rejected::Claim(name)),
            },
        }
    }

    /// All members, to be shown.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// All members, for an answer that repeats them.
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

/// A well-formed token nobody has verified yet.
pub(super) struct Unverified<'a> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Claims,
    /// `header.payload`, what the signature is over.
    pub(super) signed: &'a str,
    pub(super) signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, Rejected> {
        let parsed = Self::parse_with_key(token)?;
        match parsed.header.contains_key("jwk") {
            true => Err(Rejected::Header("jwk")),
            false => Ok(parsed),
        }
    }

    /// As [`Self::parse`], of a token that brings its own key: a DPoP proof, which proves that key and nothing else.
    pub(super) fn parse_with_key(token: &'a str) -> Result<Self, Rejected> {
        if token.len() > SIZE_LIMIT {
            return Err(Rejected::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Rejected::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Rejected::Malformed)?;
        // A third dot would stand in `claims`, and is no base64url.
        let (header, claims) = (object(header)?, Claims(object(claims)?));
        let signature = decode(signature)?;
        if signature.is_empty() {
            return Err(Rejected::BadSignature);
        }
        if let Some(name) = REFUSED_HEADERS.iter().find(|name| header.contains_key(**name)) {
            return Err(Rejected::Header(name));
        }
        Ok(Self { header, claims, signed, signature })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// Whether a key of the client made the signature, with an algorithm it may use.
    pub(super) fn is_signed_by(&self, jwks: &ClientJwks, algorithms: &[Algorithm]) -> Result<(), Rejected> {
        let algorithm = self.text("alg").and_then(Algorithm::parse).filter(|one| algorithms.contains(one));
        let algorithm = algorithm.ok_or(Rejected::WrongAlgorithm)?;
        let kid = match self.header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(Rejected::Header("kid")),
        };
        jwks.verify(algorithm, kid, self.signed.as_bytes(), &self.signature)
    }

    /// Whether `typ` is one of these, or absent: compared as a media type (RFC 7515 §4.1.9).
    pub(super) fn is_of_type(&self, types: &[&str]) -> Result<(), Rejected> {
        let typ = self.text("typ").unwrap_or("JWT").to_ascii_lowercase();
        match types.contains(&typ.trim_start_matches("application/")) {
            true => Ok(()),
            false => Err(Rejected::WrongType),
        }
    }
}

/// What the signature of a token says, when it is looked at out of curiosity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// One of our keys made it: its `kid` and state.
    Ours(String, KeyState),
    /// No key of ours has that `kid`: another issuer's token, or of a key removed since.
    UnknownKey,
    /// It names a key of ours, which did not make it.
    Bad,
}

/// A token taken apart for a person to read. Its claims may be anybody's: nothing is granted on them.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The header's members.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Claims,
    /// Whether one of our keys made it; `None` without a ring to look in.
    pub signature: Option<Signature>,
}

/// Takes a token apart without asking anything of its claims.
pub fn inspect(ring: Option<&KeyRing>, token: &str) -> Result<Inspected, Rejected> {
    let parsed = Unverified::parse(token)?;
    let signature = ring.map(|ring| match parsed.text("kid").and_then(|kid| ring.find(kid)) {
        None => Signature::UnknownKey,
        Some(key)
            if parsed.text("alg") == Some(key.algorithm().as_str())
                && key.verifies(parsed.signed.as_bytes(), &parsed.signature) =>
        {
            Signature::Ours(key.kid().to_owned(), key.state)
        }
        Some(_) => Signature::Bad,
    });
    Ok(Inspected { header: parsed.header, claims: parsed.claims, signature })
}

/// The `sub` of an assertion nobody has verified: only to find the client whose keys will verify it.
pub fn unverified_subject(token: &str) -> Option<String> {
    Unverified::parse(token).ok()?.claims.subject().map(str::to_owned)
}

fn object(part: &str) -> Result<Map<String, Value>, Rejected> {
    match json::parse(&decode(part)?) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) | Err(_) => Err(Rejected::Malformed),
    }
}

/// base64url, no padding, trailing bits zero: one text for one value.
fn decode(part: &str) -> Result<Vec<u8>, Rejected> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejected::Malformed)
}
