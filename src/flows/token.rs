//! The token endpoint (RFC 6749 §3.2): parse, prove the client, allow the grant, redeem, issue, record.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::client_auth::{self, Asked, Denied, refuse_proven};
use super::clients::watch;
use super::encryption::{self, Message};
use super::finish::{CODE_REMEMBERED, CodeGrant};
use super::{About, Cx, ciba, client_credentials, device, dpop, exchange, models};
use crate::audit::{Event, Kind};
use crate::base::{EventId, FamilyId, GrantType, Scope, Scopes, Seconds, Token, TokenKind};
use crate::clients::{AuthenticatedClient, Client, Lent, RefreshRotation};
use crate::ephemeral::{Space, Taken};
use crate::keys::seal::derive_mac;
use crate::keys::{Algorithm, KeyUse, SigningKey, Thumbprint};
use crate::oidc::details::{self, Detail};
use crate::oidc::resource::{self, Audience};
use crate::oidc::token::{
    AccessTokenClaims, Confirmation, Entitlement, Grant, IdTokenClaims, TokenSet, half_hash,
};
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error, claims, pkce};
use crate::store::families::{self, Lifetime, Opening, RETRY_WINDOW};
use crate::telemetry;

/// Seconds an access token lives.
pub const ACCESS_LIFETIME: Seconds = 300;
/// Seconds an ID token lives.
pub const ID_LIFETIME: Seconds = 300;
/// `typ` of access tokens (RFC 9068 §2.1).
pub const ACCESS_TYP: &str = "at+jwt";
/// `typ` of ID tokens.
pub const ID_TYP: &str = "JWT";

const DAY: Seconds = 24 * 3600;

/// Redeems a token request.
pub async fn redeem(cx: &Cx, asked: &Asked<'_>) -> Result<TokenSet, Denied> {
    let (authorization, form) = (asked.authorization, asked.form);
    let grant = match Grant::parse(form) {
        Ok(grant) => grant,
        Err(error) => {
            cx.note(Kind::TokenRefused, None);
            telemetry::token_request("unknown", error.code.as_str());
            let denied = Err(error.into());
            watch::note_form(cx, Endpoint::Token, authorization, form, &denied);
            return denied;
        }
    };
    let kind = grant.kind().as_str();
    let redeemed = redeem_grant(cx, asked, grant).await;
    let result = redeemed.as_ref().map_or_else(|denied| denied.error.code.as_str(), |_| "ok");
    telemetry::token_request(kind, result);
    watch::note_form(cx, Endpoint::Token, authorization, form, &redeemed);
    redeemed
}

async fn redeem_grant(cx: &Cx, asked: &Asked<'_>, grant: Grant) -> Result<TokenSet, Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    if !client.allows(grant.kind()) {
        return refuse_proven(cx, &client, Kind::TokenRefused, not_registered()).await;
    }
    let bond = match dpop::bond(cx, asked, &client).await {
        Ok(bond) => bond,
        Err(error) if error.code == Code::TemporarilyUnavailable => return Err(error.into()),
        Err(error) => return refuse_proven(cx, &client, dpop::kind(&error), error).await,
    };
    let resources = match resource::named(asked.form) {
        Ok(resources) => resources,
        Err(error) => return refuse_proven(cx, &client, Kind::TokenRefused, error).await,
    };
    let details = asked.form.get("authorization_details").map(str::to_owned);
    let shown = Shows { bond, resources, details };
    match grant {
        Grant::AuthorizationCode { code, redirect_uri, code_verifier } => {
            let presented = Presented { redirect_uri, code_verifier, shown };
            authorization_code(cx, &client, &code, &presented).await
        }
        Grant::RefreshToken { refresh_token, scope } => {
            refresh(cx, &client, &refresh_token, scope, shown).await
        }
        Grant::ClientCredentials { scope } => client_credentials::redeem(cx, &client, scope, shown).await,
        Grant::DeviceCode { device_code } => {
            let waited = device::redeem(cx, &client, &device_code).await?;
            elsewhere(cx, &client, waited, &shown).await
        }
        Grant::Ciba { auth_req_id } => {
            let waited = ciba::redeem(cx, &client, &auth_req_id).await?;
            elsewhere(cx, &client, waited, &shown).await
        }
        Grant::TokenExchange(asked) => exchange::redeem(cx, &client, &asked, &shown).await,
    }
}

/// What a token request shows and names beside its grant.
pub(super) struct Shows {
    /// What the token is bound to: the key that was proved, or the certificate.
    pub(super) bond: Option<Confirmation>,
    /// Whom the token is to be for; whomever the grant names where it names nobody.
    pub(super) resources: Vec<String>,
    /// What beyond scopes the token is to say; whatever the grant says where it is not said.
    pub(super) details: Option<String>,
}

fn not_registered() -> Error {
    Error::new(
        Code::UnauthorizedClient,
        "The client is not registered for this grant.",
        "grant_not_registered",
    )
}

/// Redeems the code of a test run, for whose app we stand in: it was sent to us, and is bound to our address.
pub(super) async fn redeem_standing_in(
    cx: &Cx,
    client: &Arc<Client>,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
) -> Result<TokenSet, Error> {
    let presented = Presented {
        redirect_uri: Some(redirect_uri.to_owned()),
        code_verifier: Some(verifier.to_owned()),
        shown: Shows { bond: None, resources: Vec::new(), details: None },
    };
    // Its address is ours, and so are its answers: nothing is encrypted to the app's own keys.
    let here = client.lending(Lent::at(redirect_uri));
    let client = AuthenticatedClient::standing_in(Arc::new(here));
    authorization_code(cx, &client, code, &presented).await.map_err(|denied| denied.error)
}

struct Presented {
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    shown: Shows,
}

impl Presented {
    fn key(&self) -> Option<&Thumbprint> {
        self.shown.bond.as_ref().and_then(Confirmation::key)
    }
}

// ---- authorization_code (RFC 6749 §4.1.3, RFC 7636 §4.6)

async fn authorization_code(
    cx: &Cx,
    client: &AuthenticatedClient,
    code: &str,
    presented: &Presented,
) -> Result<TokenSet, Denied> {
    let bad = |detail| Error::invalid_grant(detail);
    let Some(token) = Token::parse(TokenKind::Code, code) else {
        return refuse_proven(cx, client, Kind::CodeRefused, bad("malformed_code")).await;
    };
    let grant = match cx.ephemeral.take(Space::Code, &token.digest(), CODE_REMEMBERED, cx.now).await? {
        Taken::Fresh(value) => {
            serde_json::from_slice::<CodeGrant>(&value).map_err(|_| Denied::from(bad("unreadable_code")))?
        }
        Taken::Replayed(note) => {
            return match std::str::from_utf8(&note).unwrap_or_default().split_once(' ') {
                Some((family, owner)) if owner == client.id.as_str() => {
                    replayed(cx, client, &FamilyId::from_text(family)).await
                }
                _ => refuse_proven(cx, client, Kind::CodeRefused, bad("another_client")).await,
            };
        }
        Taken::Unknown => return refuse_proven(cx, client, Kind::CodeRefused, bad("unknown_code")).await,
    };
    // The code is spent from here on, whatever is wrong with it.
    if let Err(error) = bound(client, &grant, presented) {
        return refuse_proven(cx, client, Kind::CodeRefused, error).await;
    }
    open(cx, client, grant, &presented.shown).await
}

/// An app asks for what its person agreed to elsewhere (RFC 8628 §3.4, CIBA §10.1).
async fn elsewhere(
    cx: &Cx,
    client: &AuthenticatedClient,
    waited: Result<CodeGrant, Error>,
    shown: &Shows,
) -> Result<TokenSet, Denied> {
    match waited {
        Ok(grant) => open(cx, client, grant, shown).await,
        // It asks again and again: that is no event.
        Err(error) if matches!(error.code, Code::AuthorizationPending | Code::SlowDown) => Err(error.into()),
        Err(error) => refuse_proven(cx, client, Kind::CodeRefused, error).await,
    }
}

/// The first tokens of what a person granted, each grant once.
async fn open(
    cx: &Cx,
    client: &AuthenticatedClient,
    grant: CodeGrant,
    shown: &Shows,
) -> Result<TokenSet, Denied> {
    let bad = |detail| Error::invalid_grant(detail);
    let (audience, details) = match narrowed(cx, client, &grant.entitlement, shown) {
        Ok(narrowed) => narrowed,
        Err(error) => return refuse_proven(cx, client, Kind::CodeRefused, error).await,
    };
    let mut e = grant.entitlement;
    // A confidential client's refresh tokens are bound by its authentication; it may change its key.
    e.key = shown.bond.as_ref().and_then(Confirmation::key).filter(|_| client.is_public()).cloned();
    if client.valid_after > e.started_at {
        return refuse_proven(cx, client, Kind::CodeRefused, bad("ended")).await;
    }
    let life = lifetime(client, &e, cx.now);
    let event = cx.done(Kind::CodeRedeemed, &e.account).app(&client.id).sid(&e.session);
    let opening = cx
        .store
        .write((e.clone(), life, cx.now, event), |w, (e, life, now, event)| {
            Box::pin(async move {
                let opening = families::open(w, e, *life, *now).await?;
                if opening == Opening::Opened {
                    w.record(event).await?;
                }
                Ok::<_, crate::store::Error>(opening)
            })
        })
        .await?;
    match opening {
        Opening::Opened => {}
        Opening::Ended => return refuse_proven(cx, client, Kind::CodeRefused, bad("ended")).await,
        // The marker survived in SQL though the ephemeral store forgot it: a replay all the same.
        Opening::Replayed => return replayed(cx, client, &e.family).await,
    }
    let refresh = client.allows(GrantType::RefreshToken).then(|| refresh_token(cx, &e.family, 0)).flatten();
    let made = Made { scopes: &e.scopes, audience, details, refresh, bond: shown.bond.clone() };
    Ok(person_tokens(cx, client, &e, grant.nonce.as_deref(), made).await?)
}

/// For whom and for what a token is that is made from a grant: what was granted, or what of it is asked for now.
fn narrowed(
    cx: &Cx,
    client: &Client,
    e: &Entitlement,
    shown: &Shows,
) -> Result<(Audience, Vec<Detail>), Error> {
    let audience = resource::narrowed(&e.resources, &shown.resources, client, cx.issuer.as_str())?;
    let meant = (&audience, cx.issuer.as_str());
    let details = details::narrowed(&e.details, shown.details.as_deref(), &cx.details, client, meant)?;
    Ok((audience, details))
}

/// Every binding of the code, compared at once: client, redirect URI, key, PKCE in both directions.
fn bound(client: &Client, grant: &CodeGrant, presented: &Presented) -> Result<(), Error> {
    if grant.entitlement.client != client.id.as_str() {
        return Err(Error::invalid_grant("another_client"));
    }
    if presented.redirect_uri.as_deref() != Some(grant.redirect_uri.as_str()) {
        return Err(Error::invalid_grant("redirect_uri"));
    }
    // A code that is bound to a key is good for nobody without it (RFC 9449 §10).
    if grant.key.is_some() && grant.key.as_ref() != presented.key() {
        return Err(Error::invalid_grant("dpop_key"));
    }
    pkce::check(grant.code_challenge.as_ref(), presented.code_verifier.as_deref())
        .map_err(|_| Error::invalid_grant("pkce"))
}

/// A code came again: everything made from it ends. Said in the trail once; whoever repeats it buys no more rows.
async fn replayed(cx: &Cx, client: &AuthenticatedClient, family: &FamilyId) -> Result<TokenSet, Denied> {
    let event = cx.refusal(Kind::CodeReplayed, "code").app(&client.id);
    let ended = cx.event(Kind::FamilyRevoked, crate::audit::Outcome::Ok).app(&client.id);
    let first = cx
        .store
        .write((family.clone(), cx.now, event, ended), |w, (family, now, event, ended)| {
            Box::pin(async move {
                if !families::end(w, family, "code_replayed", *now).await? {
                    return Ok::<_, crate::store::Error>(false);
                }
                w.record(event).await?;
                w.record(ended).await?;
                Ok(true)
            })
        })
        .await?;
    if !first {
        cx.note(Kind::CodeReplayed, Some(&client.id));
    }
    Err(Error::invalid_grant("replayed_code").into())
}

fn lifetime(client: &Client, e: &Entitlement, now: crate::base::Timestamp) -> Lifetime {
    let offline = e.scopes.has(Scope::OfflineAccess) && client.allows(GrantType::RefreshToken);
    let session = e.session_until.since(now).max(0);
    match offline {
        true => Lifetime { idle: 30 * DAY, overall: 90 * DAY, offline },
        // Ends with the session; a refresh is no activity of the person.
        false => Lifetime { idle: session, overall: session, offline },
    }
}

// ---- refresh_token (RFC 6749 §6, RFC 9700 §4.14)

/// A refresh token names its family and generation; the MAC makes it unforgeable without a look-up, and lets
/// the same successor be handed out again without storing it.
fn refresh_token(cx: &Cx, family: &FamilyId, generation: i64) -> Option<Token> {
    let id = uuid::Uuid::parse_str(family.as_str()).ok()?;
    let number = generation.to_be_bytes();
    let mac = derive_mac(&cx.refresh_key, &[b"refresh", id.as_bytes(), &number]);
    let body = [id.as_bytes().as_slice(), &number, &mac].concat();
    Some(Token::seal(TokenKind::Refresh, &URL_SAFE_NO_PAD.encode(body)))
}

/// The family and generation of a token we made.
pub(super) fn read_refresh_token(cx: &Cx, text: &str) -> Option<(FamilyId, i64)> {
    let token = Token::parse(TokenKind::Refresh, text)?;
    let body = URL_SAFE_NO_PAD.decode(token.body()).ok()?;
    let (id, rest) = body.split_first_chunk::<16>()?;
    let (number, mac) = rest.split_first_chunk::<8>()?;
    let want = derive_mac(&cx.refresh_key, &[b"refresh", id, number]);
    if !crate::base::secret::same_bytes(&want, mac) {
        return None;
    }
    Some((FamilyId::from_text(uuid::Uuid::from_bytes(*id).to_string()), i64::from_be_bytes(*number)))
}

async fn refresh(
    cx: &Cx,
    client: &AuthenticatedClient,
    text: &str,
    narrower: Option<Scopes>,
    shown: Shows,
) -> Result<TokenSet, Denied> {
    let bad = |detail| Error::invalid_grant(detail);
    let Some((family, presented)) = read_refresh_token(cx, text) else {
        return refuse_proven(cx, client, Kind::RefreshRefused, bad("malformed_refresh_token")).await;
    };
    let Some(row) = families::find(&cx.store, &family).await? else {
        return refuse_proven(cx, client, Kind::RefreshRefused, bad("unknown_family")).await;
    };
    let Some(e) = row.entitlement.clone() else {
        return refuse_proven(cx, client, Kind::RefreshRefused, bad("ended")).await;
    };
    if e.client != client.id.as_str() {
        return refuse_proven(cx, client, Kind::RefreshRefused, bad("another_client")).await;
    }
    if e.key.is_some() && e.key.as_ref() != shown.bond.as_ref().and_then(Confirmation::key) {
        return refuse_proven(cx, client, Kind::RefreshRefused, dpop::another_key()).await;
    }
    let scopes = match narrower {
        Some(asked) if !asked.within(&e.scopes) || asked.is_empty() => {
            let why = "scope must not go beyond what was granted.";
            return refuse_proven(
                cx,
                client,
                Kind::RefreshRefused,
                Error::new(Code::InvalidScope, why, "scope"),
            )
            .await;
        }
        Some(asked) => asked,
        None => e.scopes.clone(),
    };
    let allowed = e.scopes.iter().all(|scope| client.metadata.scope.contains(scope));
    if row.ended_at.is_some() || !row.rests_on_living || !allowed || client.valid_after > e.started_at {
        return refuse_proven(cx, client, Kind::RefreshRefused, bad("ended")).await;
    }
    if let Some(why) = models::unmade(cx, &e).await? {
        let refused = cx.refusal(Kind::RefreshRefused, why.as_str()).app(&client.id).person(&e.account);
        end_family(cx, client, (&family, &e), refused, why.as_str()).await?;
        return Err(bad(why.as_str()).into());
    }
    let (audience, details) = match narrowed(cx, client, &e, &shown) {
        Ok(narrowed) => narrowed,
        Err(error) => return refuse_proven(cx, client, Kind::RefreshRefused, error).await,
    };
    let generation = rotate(cx, client, &family, presented, &e, row.offline).await?;
    let refresh = refresh_token(cx, &family, generation);
    // A refreshed ID token keeps `auth_time` and carries no nonce (OpenID Connect Core §12.2).
    let made = Made { scopes: &scopes, audience, details, refresh, bond: shown.bond };
    Ok(person_tokens(cx, client, &e, None, made).await?)
}

/// Spends the presented generation, where the client's tokens rotate. A retry within the window gets the same successor while that is unused;
/// anything else is a replay and ends the family.
async fn rotate(
    cx: &Cx,
    client: &Client,
    family: &FamilyId,
    presented: i64,
    e: &Entitlement,
    offline: bool,
) -> Result<i64, Denied> {
    let idle = if offline { 30 * DAY } else { DAY };
    let step = match client.policy.refresh_rotation {
        RefreshRotation::Rotate => 1,
        RefreshRotation::None => 0,
    };
    let event = cx.done(Kind::RefreshRotated, &e.account).app(&client.id);
    let used = (presented, step);
    let rotated = cx
        .store
        .write((family.clone(), used, idle, cx.now, event), |w, (family, used, idle, now, event)| {
            Box::pin(async move {
                if !families::rotate(w, family, *used, *idle, *now).await? {
                    return Ok::<_, crate::store::Error>(false);
                }
                w.record(event).await?;
                Ok(true)
            })
        })
        .await?;
    if rotated {
        return Ok(presented + step);
    }
    let row =
        families::find(&cx.store, family).await?.ok_or_else(|| Error::invalid_grant("unknown_family"))?;
    let live = row.ended_at.is_none() && cx.now < row.idle_until && cx.now < row.overall_until;
    if live && row.generation == presented + 1 && cx.now.since(row.rotated_at) <= RETRY_WINDOW {
        return Ok(row.generation);
    }
    if !live {
        return refuse_proven(cx, client, Kind::RefreshRefused, Error::invalid_grant("ended")).await;
    }
    let replay = cx.refusal(Kind::RefreshReplayed, "generation").app(&client.id).person(&e.account);
    end_family(cx, client, (family, e), replay, "refresh_replayed").await?;
    Err(Error::invalid_grant("replayed_refresh_token").into())
}

/// Ends a family with the refusal that ends it.
async fn end_family(
    cx: &Cx,
    client: &Client,
    (family, e): (&FamilyId, &Entitlement),
    refusal: Event,
    why: &'static str,
) -> Result<(), crate::store::Error> {
    let ended = cx.done(Kind::FamilyRevoked, &e.account).app(&client.id);
    cx.store
        .write((family.clone(), cx.now, refusal, ended), move |w, (family, now, refusal, ended)| {
            Box::pin(async move {
                w.record(refusal).await?;
                if families::end(w, family, why, *now).await? {
                    w.record(ended).await?;
                }
                Ok(())
            })
        })
        .await
}

// ---- issuing

/// What tokens are made of beside the person.
pub(super) struct Made<'a> {
    pub(super) scopes: &'a Scopes,
    pub(super) audience: Audience,
    pub(super) details: Vec<Detail>,
    pub(super) refresh: Option<Token>,
    pub(super) bond: Option<Confirmation>,
}

/// The claims of an access token behind which nobody stands yet.
pub(super) fn access_claims(cx: &Cx, client: &Client, made: Made<'_>) -> AccessTokenClaims {
    AccessTokenClaims {
        iss: cx.issuer.as_str().to_owned(),
        sub: String::new(),
        aud: made.audience,
        exp: cx.now.seconds() + ACCESS_LIFETIME,
        iat: cx.now.seconds(),
        jti: EventId::new(cx.now, &cx.entropy).to_string(),
        client_id: client.id.to_string(),
        scope: made.scopes.to_string(),
        details: made.details,
        auth_time: None,
        acr: None,
        amr: None,
        family: None,
        from: Vec::new(),
        act: None,
        cnf: made.bond,
    }
}

async fn person_tokens(
    cx: &Cx,
    client: &Client,
    e: &Entitlement,
    nonce: Option<&str>,
    mut made: Made<'_>,
) -> Result<TokenSet, Error> {
    let (scopes, refresh) = (made.scopes, made.refresh.take());
    let claims = AccessTokenClaims {
        sub: e.sub.clone(),
        auth_time: Some(e.assurance.auth_time.seconds()),
        acr: Some(e.assurance.acr.to_string()),
        amr: Some(e.assurance.amr.iter().map(ToString::to_string).collect()),
        family: Some(e.family.to_string()),
        ..access_claims(cx, client, made)
    };
    let access_token = sign(cx, Algorithm::Es256, ACCESS_TYP, &claims).await?;
    let id_token = match scopes.has(Scope::Openid) {
        true => Some(id_token(cx, client, e, nonce, &access_token).await?),
        false => None,
    };
    Ok(TokenSet {
        access_token,
        token_type: claims.token_type(),
        expires_in: ACCESS_LIFETIME,
        scope: scopes.to_string(),
        details: claims.details,
        id_token,
        refresh_token: refresh.map(|t| t.expose().to_owned()),
        issued_token_type: None,
    })
}

async fn id_token(
    cx: &Cx,
    client: &Client,
    e: &Entitlement,
    nonce: Option<&str>,
    access_token: &str,
) -> Result<String, Error> {
    let algorithm = client.metadata.id_token_signed_response_alg;
    let more = match e.claims.id_token.is_empty() {
        true => serde_json::Map::new(),
        false => asked_claims(cx, client, e).await?,
    };
    let client_id = client.id.as_str();
    let claims = IdTokenClaims {
        iss: cx.issuer.as_str(),
        sub: &e.sub,
        aud: client_id,
        exp: cx.now.seconds() + ID_LIFETIME,
        iat: cx.now.seconds(),
        auth_time: e.assurance.auth_time.seconds(),
        jti: EventId::new(cx.now, &cx.entropy).to_string(),
        nonce,
        acr: e.assurance.acr.as_str(),
        amr: e.assurance.amr.iter().map(|a| a.as_str()).collect(),
        sid: e.session.as_str(),
        at_hash: Some(half_hash(access_token, algorithm == Algorithm::EdDsa)),
        more,
    };
    let signed = sign(cx, algorithm, ID_TYP, &claims).await?;
    encryption::sealed(cx, client, client.metadata.protection.id_token, Message::Signed(signed)).await
}

async fn asked_claims(
    cx: &Cx,
    client: &Client,
    e: &Entitlement,
) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    let account = super::sessions::active_account(cx, &e.account).await?;
    Ok(account.map(|a| claims::released(&a, client, None, &e.claims.id_token)).unwrap_or_default())
}

/// A JWT of ours with these claims; access tokens are signed by keys of their own.
pub(super) async fn sign(
    cx: &Cx,
    algorithm: Algorithm,
    typ: &str,
    claims: &impl serde::Serialize,
) -> Result<String, Error> {
    let usage = if typ == ACCESS_TYP { KeyUse::Access } else { KeyUse::Answers };
    let key: SigningKey = cx.signing.active(cx, usage, algorithm).await?;
    key.sign(typ, claims).map_err(|_| {
        Error::new(Code::TemporarilyUnavailable, "The token could not be signed. Try again soon.", "signing")
    })
}
