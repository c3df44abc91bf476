//! Request objects: an authorization request in a JWT that the client signed (RFC 9101, OpenID Connect Core §6).
//!
//! Verifying says who made it, for whom and for when. What is asked in it is read elsewhere.

use super::jwt::Unverified;
use super::{Algorithm, Claims, ClientJwks, Rejected};
use crate::base::{Seconds, Timestamp};

/// `typ` of request objects (RFC 9101 §10.8); a client may leave it out.
const TYP: &str = "oauth-authz-req+jwt";
/// Most seconds between `nbf` and `exp`, and between `nbf` and now (FAPI 2.0 Message Signing §5.3.1).
const LONGEST: Seconds = 3600;
/// How far a client's clock may run ahead of ours.
const LEEWAY: Seconds = 60;

/// What a request object must show.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRules<'a> {
    /// `iss`, where it stands.
    pub client_id: &'a str,
    /// Among `aud`, where it stands.
    pub issuer: &'a str,
    /// Algorithms the client may use; the key must fit as well.
    pub algorithms: &'a [Algorithm],
    /// Whether `iss`, `aud`, `exp` and `nbf` must stand there, and bound its life: for a client that must sign.
    pub strict: bool,
    /// The present.
    pub now: Timestamp,
}

/// A request object that verified.
#[derive(Clone, Debug)]
pub struct RequestObject {
    /// Its claims, the parameters among them.
    pub claims: Claims,
    /// Whether it says that it is a request object of RFC 9101, so that nothing beside it counts.
    pub is_typed: bool,
}

/// Verifies a request object against the keys of its client.
pub fn verify_request_object(
    jwks: &ClientJwks,
    token: &str,
    rules: &ObjectRules<'_>,
) -> Result<RequestObject, Rejected> {
    let parsed = Unverified::parse(token)?;
    // A token made for something else is none, though the same key signed it.
    parsed.is_of_type(&["jwt", TYP])?;
    parsed.is_signed_by(jwks, rules.algorithms)?;
    check_parties(&parsed.claims, rules)?;
    check_times(&parsed.claims, rules)?;
    Ok(RequestObject { is_typed: parsed.is_of_type(&[TYP]).is_ok(), claims: parsed.claims })
}

fn check_parties(claims: &Claims, rules: &ObjectRules<'_>) -> Result<(), Rejected> {
    let named = |name: &str| claims.get(name).is_some();
    if (rules.strict || named("iss")) && claims.issuer() != Some(rules.client_id) {
        return Err(Rejected::WrongIssuer);
    }
    if (rules.strict || named("aud")) && !claims.audience().contains(&rules.issuer) {
        return Err(Rejected::WrongAudience);
    }
    // The client's own assertion, shown in place of a request (RFC 9101 §10.8).
    match claims.subject() == Some(rules.client_id) {
        true => Err(Rejected::WrongSubject),
        false => Ok(()),
    }
}

fn check_times(claims: &Claims, rules: &ObjectRules<'_>) -> Result<(), Rejected> {
    let (exp, nbf) = (claims.time("exp")?, claims.time("nbf")?);
    if exp.is_some_and(|exp| exp <= rules.now) {
        return Err(Rejected::Expired);
    }
    let latest = rules.now.plus(LEEWAY);
    if [claims.time("iat")?, nbf].into_iter().flatten().any(|time| time > latest) {
        return Err(Rejected::NotYet);
    }
    if !rules.strict {
        return Ok(());
    }
    let exp = exp.ok_or(Rejected::Claim("exp"))?;
    let nbf = nbf.ok_or(Rejected::Claim("nbf"))?;
    match exp.since(nbf) > LONGEST || rules.now.since(nbf) > LONGEST + LEEWAY {
        true => Err(Rejected::TooLongLived),
        false => Ok(()),
    }
}
