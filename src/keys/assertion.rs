//! `private_key_jwt`: a client proves itself with a JWT it signed (RFC 7523 §3, OpenID Connect Core §9).
//!
//! Verifying says nothing about replay: the caller marks the `jti` until the assertion's end.

use super::jwt::Unverified;
use super::{Algorithm, Claims, ClientJwks, Rejected};
use crate::base::{Seconds, Timestamp};

/// How far `exp` may lie ahead, beside [`LEEWAY`].
const LONGEST_AHEAD: Seconds = 300;
/// Longest time between `iat` and `exp`.
const LONGEST_LIFE: Seconds = 600;
/// How far a client's clock may run ahead of ours; its clock running behind shortens the assertion.
pub const LEEWAY: Seconds = 60;
/// Longest `jti`, in bytes.
const JTI_LIMIT: usize = 256;

/// Which `aud` an assertion may name; always one value (CVE-2025-27370: an ambiguous audience lets another
/// server replay it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience<'a> {
    /// The issuer, or the URL of an endpoint (OpenID Connect Core §9, RFC 9126 §2).
    IssuerOrEndpoint(&'a str, &'a [&'a str]),
    /// The issuer alone (FAPI 2.0 §5.3.2.1).
    Issuer(&'a str),
}

/// What an assertion must show.
#[derive(Clone, Copy, Debug)]
pub struct AssertionRules<'a> {
    /// `iss` and `sub`.
    pub client_id: &'a str,
    /// Algorithms the client may use; the key must fit as well.
    pub algorithms: &'a [Algorithm],
    /// The values of `aud` that are ours.
    pub audience: Audience<'a>,
    /// The present.
    pub now: Timestamp,
}

/// An assertion that verified; good for one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAssertion {
    /// Its id, unique for the client.
    pub jti: String,
    /// When it ends; a replay mark must live as long.
    pub expires_at: Timestamp,
    /// When it was signed: `iat`, else the earliest it can have been.
    pub issued_at: Timestamp,
}

/// Verifies a client's assertion against the keys it registered.
pub fn verify_client_assertion(
    jwks: &ClientJwks,
    token: &str,
    rules: &AssertionRules<'_>,
) -> Result<VerifiedAssertion, Rejected> {
    let parsed = Unverified::parse(token)?;
    is_assertion(&parsed)?;
    parsed.is_signed_by(jwks, rules.algorithms)?;
    check_claims(&parsed.claims, rules)
}

/// `typ` is optional here, but a token made for something else (`dpop+jwt`, `at+jwt`) is none.
pub(super) fn is_assertion(parsed: &Unverified<'_>) -> Result<(), Rejected> {
    parsed.is_of_type(&["jwt", "client-authentication+jwt"])
}

pub(super) fn check_claims(
    claims: &Claims,
    rules: &AssertionRules<'_>,
) -> Result<VerifiedAssertion, Rejected> {
    if claims.issuer() != Some(rules.client_id) {
        return Err(Rejected::WrongIssuer);
    }
    if claims.subject() != Some(rules.client_id) {
        return Err(Rejected::WrongSubject);
    }
    if !rules.audience.is_named_by(claims) {
        return Err(Rejected::WrongAudience);
    }
    let expires_at = check_times(claims, rules.now)?;
    let issued_at = claims.time("iat")?.unwrap_or_else(|| expires_at.plus(-LONGEST_AHEAD));
    match claims.jti() {
        Some(jti) if (1..=JTI_LIMIT).contains(&jti.len()) => {
            Ok(VerifiedAssertion { jti: jti.to_owned(), expires_at, issued_at })
        }
        Some(_) | None => Err(Rejected::Claim("jti")),
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<Timestamp, Rejected> {
    let exp = claims.time("exp")?.ok_or(Rejected::Claim("exp"))?;
    if exp <= now {
        return Err(Rejected::Expired);
    }
    if exp > now.plus(LONGEST_AHEAD + LEEWAY) {
        return Err(Rejected::TooLongLived);
    }
    let iat = claims.time("iat")?;
    if iat.is_some_and(|iat| exp.since(iat) > LONGEST_LIFE) {
        return Err(Rejected::TooLongLived);
    }
    let latest = now.plus(LEEWAY);
    if [iat, claims.time("nbf")?].into_iter().flatten().any(|time| time > latest) {
        return Err(Rejected::NotYet);
    }
    Ok(exp)
}

impl Audience<'_> {
    fn is_named_by(&self, claims: &Claims) -> bool {
        match self {
            // As text: a list is refused, whatever it holds (FAPI 2.0 §5.3.2.1).
            Self::Issuer(issuer) => claims.text("aud") == Some(*issuer),
            Self::IssuerOrEndpoint(issuer, endpoints) => match claims.audience()[..] {
                [named] => named == *issuer || endpoints.contains(&named),
                [..] => false,
            },
        }
    }
}
