//! Token introspection (RFC 7662): a client learns about tokens issued to it, or naming it in `aud`.

use super::client_auth::{self, Asked, Denied};
use super::clients::watch;
use super::encryption::{self, Message};
use super::{Cx, living, models, token};
use crate::audit::Kind;
use crate::clients::{AuthenticatedClient, Client};
use crate::keys::Algorithm;
use crate::oidc::Error;
use crate::oidc::authorize::RawRequest;
use crate::oidc::introspection::{Introspection, SignedIntrospection, TOKEN_TYP};
use crate::oidc::watch::Endpoint;
use crate::store::families;

/// How an answer is given.
#[derive(Debug)]
pub enum Answer {
    /// As it is.
    Plain(Box<Introspection>),
    /// In a JWT (RFC 9701).
    Jwt(String),
}

/// Answers, in a signed JWT where that is asked for; whatever is not the asker's business is `active: false`.
pub async fn answer(cx: &Cx, asked: &Asked<'_>, signed: bool) -> Result<Answer, Denied> {
    let done = answer_signed(cx, asked, signed).await;
    watch::note_form(cx, Endpoint::Introspect, asked.authorization, asked.form, &done);
    done
}

async fn answer_signed(cx: &Cx, asked: &Asked<'_>, signed: bool) -> Result<Answer, Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    let answer = answer_proven(cx, asked, &client).await?;
    if !signed {
        return Ok(Answer::Plain(Box::new(answer)));
    }
    let protection = client.metadata.protection;
    let claims = SignedIntrospection {
        iss: cx.issuer.as_str(),
        aud: client.id.as_str(),
        iat: cx.now.seconds(),
        token_introspection: &answer,
    };
    let algorithm = protection.introspection_signed.unwrap_or(Algorithm::Rs256);
    let signed = Message::Signed(token::sign(cx, algorithm, TOKEN_TYP, &claims).await?);
    Ok(Answer::Jwt(encryption::sealed(cx, &client, protection.introspection, signed).await?))
}

async fn answer_proven(
    cx: &Cx,
    asked: &Asked<'_>,
    client: &AuthenticatedClient,
) -> Result<Introspection, Denied> {
    if client.is_public() {
        cx.note(Kind::ClientAuthRefused, Some(&client.id));
        return Err(Error::invalid_client("public_client").into());
    }
    let text = the_token(cx, client, asked.form)?;
    match token::read_refresh_token(cx, text) {
        Some((family, generation)) => refresh_token(cx, client, &family, generation).await,
        None => access_token(cx, client, text).await,
    }
}

/// The `token` of an introspection or revocation request: one, and not empty (RFC 7662 §2.1, RFC 7009 §2.1).
pub(super) fn the_token<'f>(cx: &Cx, client: &Client, form: &'f RawRequest) -> Result<&'f str, Error> {
    let refuse = |why, detail| {
        cx.note(Kind::InputRefused, Some(&client.id));
        Error::invalid_request(why, detail)
    };
    if form.is_repeated("token") {
        return Err(refuse("token is given more than once.", "repeated_parameter"));
    }
    form.get("token").ok_or_else(|| refuse("token is missing.", "missing_parameter"))
}

async fn access_token(cx: &Cx, client: &AuthenticatedClient, text: &str) -> Result<Introspection, Denied> {
    let Some(living) = living::living(cx, text).await? else { return Ok(Introspection::default()) };
    let claims = living.claims.as_ref().clone();
    if !claims.concerns(client) {
        return Ok(Introspection::default());
    }
    let token_type = Some(claims.token_type());
    Ok(Introspection {
        active: true,
        scope: Some(claims.scope),
        details: claims.details,
        client_id: Some(claims.client_id),
        token_type,
        exp: Some(claims.exp),
        iat: Some(claims.iat),
        sub: Some(claims.sub),
        aud: Some(claims.aud),
        iss: Some(claims.iss),
        jti: Some(claims.jti),
        acr: claims.acr,
        auth_time: claims.auth_time,
        cnf: claims.cnf,
        act: claims.act,
    })
}

async fn refresh_token(
    cx: &Cx,
    client: &AuthenticatedClient,
    family: &crate::base::FamilyId,
    generation: i64,
) -> Result<Introspection, Denied> {
    let Some(row) = families::find(&cx.store, family).await? else { return Ok(Introspection::default()) };
    let Some(e) = row.entitlement.clone() else { return Ok(Introspection::default()) };
    let current = row.generation == generation && token::stands(&row, &e, client);
    let within = cx.now < row.idle_until && cx.now < row.overall_until;
    if !current || !within || e.client != client.id.as_str() {
        return Ok(Introspection::default());
    }
    if models::unmade(cx, &e).await?.is_some() {
        return Ok(Introspection::default());
    }
    Ok(Introspection {
        active: true,
        scope: Some(e.scopes.to_string()),
        details: e.details,
        client_id: Some(e.client),
        exp: Some(row.idle_until.min(row.overall_until).seconds()),
        sub: Some(e.sub),
        iss: Some(cx.issuer.to_string()),
        ..Introspection::default()
    })
}
