//! The grant of a client that acts for itself (RFC 6749 §4.4).

use super::client_auth::{Denied, refuse_proven};
use super::token::{ACCESS_LIFETIME, ACCESS_TYP, Made, Shows, access_claims, sign};
use super::{About, Cx};
use crate::audit::{Kind, Outcome};
use crate::base::{Scope, Scopes};
use crate::clients::AuthenticatedClient;
use crate::keys::Algorithm;
use crate::oidc::details;
use crate::oidc::resource::{self, Audience};
use crate::oidc::token::{AccessTokenClaims, TokenSet};
use crate::oidc::{Code, Error};

/// A token of the client's own, with the scopes that need no person.
pub(super) async fn redeem(
    cx: &Cx,
    client: &AuthenticatedClient,
    asked: Option<Scopes>,
    Shows { bond, resources, details }: Shows,
) -> Result<TokenSet, Denied> {
    let personal = |s: &str| Scope::parse(s).is_some();
    let own = client.metadata.scope.filter(|s| !personal(s));
    let scopes = match asked {
        Some(asked) if asked.within(&own) => asked,
        Some(_) => {
            let why = "A scope is not registered for the client, or needs a person.";
            return refuse_proven(
                cx,
                client,
                Kind::TokenRefused,
                Error::new(Code::InvalidScope, why, "scope"),
            )
            .await;
        }
        None => own,
    };
    let issuer = cx.issuer.as_str();
    if !resources.iter().all(|name| resource::may_have(client, issuer, name)) {
        return refuse_proven(cx, client, Kind::TokenRefused, resource::unknown()).await;
    }
    if let Err(error) = details::nothing_granted(details.as_deref()) {
        return refuse_proven(cx, client, Kind::TokenRefused, error).await;
    }
    let audience = Audience::of(&resources, issuer);
    let claims = AccessTokenClaims {
        sub: client.id.to_string(),
        ..access_claims(
            cx,
            client,
            Made { scopes: &scopes, audience, details: Vec::new(), refresh: None, bond },
        )
    };
    let access_token = sign(cx, Algorithm::Es256, ACCESS_TYP, &claims).await?;
    let event = cx.event(Kind::TokenIssued, Outcome::Ok).app(&client.id);
    cx.record(event).await?;
    Ok(TokenSet {
        access_token,
        token_type: claims.token_type(),
        expires_in: ACCESS_LIFETIME,
        scope: scopes.to_string(),
        details: Vec::new(),
        id_token: None,
        refresh_token: None,
        issued_token_type: None,
    })
}
