//! Access tokens that come back: whether they live, whom they are for, and whether whoever shows one holds its key.

use std::sync::Arc;

use super::{Cx, dpop};
use crate::base::{ClientId, Digest, FamilyId, Scopes};
use crate::keys::ClientCertificate;
use crate::oidc::authorize::ClaimsRequest;
use crate::oidc::token::{AccessTokenClaims, Confirmation, Entitlement};
use crate::oidc::{Code, Error};
use crate::store::families;

/// The digest by which a single access token is revoked.
pub fn jti_digest(jti: &str) -> Digest {
    Digest::of(format!("jti {jti}"))
}

/// A person's living access token, verified and looked up.
#[derive(Debug)]
pub struct Living {
    /// Its claims.
    pub claims: Arc<AccessTokenClaims>,
    /// What it was issued from; `None` for a client's own token.
    pub entitlement: Option<Entitlement>,
}

/// Verifies an access token of ours and asks in one SELECT whether everything it rests on is alive.
pub async fn living(cx: &Cx, text: &str) -> Result<Option<Living>, Error> {
    let ring = cx.signing.ring(cx).await?;
    let Some(claims) = cx.verified.claims(&ring, text, cx.issuer.as_str(), cx.now) else { return Ok(None) };
    let jti = jti_digest(&claims.jti);
    let Some(family) = claims.family.clone() else {
        let dead = !is_its_client_alive(cx, &claims).await? || families::is_revoked(&cx.store, jti).await?;
        return Ok((!dead).then_some(Living { claims, entitlement: None }));
    };
    let entitlement = families::living(&cx.store, &FamilyId::from_text(family), jti).await?;
    let Some(entitlement) = entitlement else { return Ok(None) };
    let entitlement = match claims.from.is_empty() {
        true => Some(entitlement),
        false => exchanged(cx, &claims, entitlement).await?,
    };
    Ok(entitlement.map(|e| Living { claims, entitlement: Some(e) }))
}

/// Whether the client a token was issued to may still use it.
async fn is_its_client_alive(cx: &Cx, claims: &AccessTokenClaims) -> Result<bool, Error> {
    let client = cx.clients.find(cx, &ClientId::from_text(&claims.client_id)).await?;
    let issued = crate::base::Timestamp::from_seconds(claims.iat + 1);
    Ok(client.is_some_and(|c| c.is_enabled() && c.valid_after <= issued))
}

/// What a token rests on that was exchanged for another: also its own client, and every token it came from. It entitles to
/// what stands in it, and its client knows the person by a name of its own.
async fn exchanged(
    cx: &Cx,
    claims: &AccessTokenClaims,
    parent: Entitlement,
) -> Result<Option<Entitlement>, Error> {
    if !is_its_client_alive(cx, claims).await? {
        return Ok(None);
    }
    for jti in &claims.from {
        if families::is_revoked(&cx.store, jti_digest(jti)).await? {
            return Ok(None);
        }
    }
    Ok(Some(Entitlement {
        client: claims.client_id.clone(),
        sub: claims.sub.clone(),
        scopes: Scopes::parse(&claims.scope),
        details: claims.details.clone(),
        claims: ClaimsRequest::default(),
        ..parent
    }))
}

/// How an access token was shown to an endpoint that takes it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The token.
    pub token: String,
    /// Whether by the scheme of tokens that are bound to a key (RFC 9449 §7.1).
    pub as_bound: bool,
    /// The proofs that came with it.
    pub dpop: dpop::Sent,
    /// The certificate the connection was made with.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// As [`living`], of a token that is for us: one for an API gets nothing here, and is not the API's to use here.
pub async fn living_here(cx: &Cx, text: &str) -> Result<Option<Living>, Error> {
    Ok(living(cx, text).await?.filter(|living| living.claims.aud.has(cx.issuer.as_str())))
}

/// As [`living_here`], for an endpoint that gives something for the token: whoever shows it must hold the key it is bound to.
pub async fn presented(cx: &Cx, shown: &Shown) -> Result<Option<Living>, Error> {
    let Some(living) = living_here(cx, &shown.token).await? else { return Ok(None) };
    match (&living.claims.cnf, shown.as_bound) {
        (None, false) => Ok(Some(living)),
        (Some(Confirmation::Certificate { digest }), false) => {
            if shown.certificate.as_ref().is_some_and(|given| given.digest() == digest) {
                return Ok(Some(living));
            }
            let why = "The access token is bound to a certificate: connect with it (RFC 8705 section 3).";
            Err(Error::new(Code::InvalidToken, why, "bound_certificate"))
        }
        (Some(Confirmation::Key { jkt }), true) => {
            match dpop::prove(cx, &shown.dpop, Some(&shown.token)).await? {
                Some(key) if key == *jkt => Ok(Some(living)),
                Some(_) => Err(dpop::another_key()),
                None => Err(dpop::missing()),
            }
        }
        (Some(Confirmation::Key { .. }), false) => {
            let why = "The access token is bound to a key: send it by the DPoP scheme, with a proof.";
            Err(Error::new(Code::InvalidToken, why, "bound_token"))
        }
        (Some(Confirmation::Certificate { .. }) | None, true) => {
            let why = "The access token is bound to no key: send it by the Bearer scheme.";
            Err(Error::new(Code::InvalidToken, why, "unbound_token"))
        }
    }
}
