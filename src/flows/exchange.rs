//! Token exchange (RFC 8693): a service that was called for a person calls another one for the same person, and is named in
//! the token it calls with.
//!
//! The new token rests on what the old one rests on: it is of the same family, so whatever ends that ends both, and it says
//! which tokens it came from, so that it dies with any of them. Nothing is more in it: scopes are fewer, it ends no later, and
//! the level is the one that was reached.

use super::client_auth::{Denied, refuse_proven};
use super::living::{self, Living};
use super::token::{ACCESS_LIFETIME, ACCESS_TYP, Made, Shows, access_claims, sign};
use super::{About, Cx, dpop, finish, models, policies};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Acr, Scope, Scopes, Timestamp};
use crate::clients::{AuthenticatedClient, Client};
use crate::keys::Algorithm;
use crate::oidc::details::{self, Detail};
use crate::oidc::resource::{self, Audience};
use crate::oidc::token::{
    ACCESS_TOKEN_TYPE, AccessTokenClaims, Actor, Confirmation, Entitlement, Exchange, TokenSet,
};
use crate::oidc::{Code, Error};
use crate::policy::{Arms, Demand, Need, floor_at, need};
use crate::store::factors::FactorRow;
use crate::store::{self, accounts, clients};

/// Exchanges a person's token.
pub(super) async fn redeem(
    cx: &Cx,
    client: &AuthenticatedClient,
    asked: &Exchange,
    shown: &Shows,
) -> Result<TokenSet, Denied> {
    match judged(cx, client, asked, shown).await {
        Ok(judged) => Ok(issue(cx, client, judged, shown).await?),
        Err(error) if error.code == Code::TemporarilyUnavailable => Err(error.into()),
        Err(error) => refuse_proven(cx, client, Kind::TokenRefused, error).await,
    }
}

/// What may be issued.
struct Judged {
    /// The person's token.
    subject: std::sync::Arc<AccessTokenClaims>,
    entitlement: Entitlement,
    act: Actor,
    scopes: Scopes,
    audience: Audience,
    details: Vec<Detail>,
    /// No later than what was brought.
    ends: Timestamp,
}

async fn judged(
    cx: &Cx,
    client: &AuthenticatedClient,
    asked: &Exchange,
    shown: &Shows,
) -> Result<Judged, Error> {
    let bond = shown.bond.as_ref();
    let Living { claims: subject, entitlement } = brought(cx, client, &asked.subject, bond).await?;
    let Some(entitlement) = entitlement else { return Err(refused("subject_no_person")) };
    if models::unmade(cx, &entitlement).await?.is_some()
        || is_below(cx, client, &subject, &entitlement).await?
    {
        return Err(refused("subject_level"));
    }
    let actor_ends = match &asked.actor {
        None => subject.exp,
        Some(text) => acting(cx, client, text, bond).await?,
    };
    let act = Actor::after(subject.act.as_ref(), client.id.as_str());
    let act = act.ok_or_else(|| refused("too_many_actors"))?;
    let scopes = scopes(client, &subject, asked.scope.as_ref())?;
    let audience = audience(cx, client, &subject, asked, shown)?;
    Ok(Judged {
        details: details(cx, client, &subject, shown, &audience)?,
        scopes,
        audience,
        act,
        ends: Timestamp::from_seconds(subject.exp.min(actor_ends)),
        entitlement,
        subject,
    })
}

/// A living token that is the client's to bring: its own, or one that people call it with. Who holds the key of its own one is
/// shown by this very request. A token it was called with is bound to its caller's key, whose proof the client saw when it was
/// called and nobody can show again here; that it serves whom the token is for is what stands in for that.
async fn brought(cx: &Cx, client: &Client, text: &str, bond: Option<&Confirmation>) -> Result<Living, Error> {
    let living = living::living(cx, text).await?.ok_or_else(|| refused("dead_token"))?;
    let claims = &living.claims;
    if !claims.concerns(client) {
        return Err(refused("another_client"));
    }
    let own = claims.client_id == client.id.as_str();
    match (&claims.cnf, bond) {
        (Some(_), None) => Err(unbound()),
        (Some(cnf), Some(bond)) if own && cnf != bond => Err(dpop::another_key()),
        (Some(_), Some(_)) | (None, _) => Ok(living),
    }
}

/// When the token ends by which the client says that it acts: its own, never a person's. That of another client, with which it was
/// called, says nothing here: nobody can show its key, and a name that was not proved stands in no token.
async fn acting(cx: &Cx, client: &Client, text: &str, bond: Option<&Confirmation>) -> Result<i64, Error> {
    let living = brought(cx, client, text, bond).await?;
    match living.entitlement {
        None if living.claims.client_id == client.id.as_str() => Ok(living.claims.exp),
        None => Err(refused("actor_another")),
        Some(_) => Err(refused("actor_person")),
    }
}

/// Whether the person proved less than whoever signs in at the client now must: in level, in age, or by ways and keys that count
/// there. What a token does not say of itself is not enough either.
async fn is_below(
    cx: &Cx,
    client: &Client,
    subject: &AccessTokenClaims,
    e: &Entitlement,
) -> Result<bool, Error> {
    let Some(account) = accounts::find(&cx.store, &e.account).await? else { return Ok(true) };
    let rule = policies::effective(cx, account.role, Some(&client.id)).await?;
    let acr = floor_at(client, account.role, rule.role_floor).max(rule.floor_or(Acr::Aal1));
    let max_age = rule.max_age.into_iter().chain(client.metadata.default_max_age).min();
    let demand = Demand { max_age, kinds: rule.kinds, ..Demand::level(acr) };
    let rows = models::factors_of(cx, &e.account).await?;
    let counts = |row: &FactorRow| {
        row.is_usable() && !(row.kind.is_webauthn() && models::unfit(row, &rule.models).is_some())
    };
    let counted: Vec<_> = rows.iter().filter(|row| counts(row)).map(|row| &row.id).collect();
    let proofs: Vec<_> = e.proofs.iter().filter(|proof| counted.contains(&&proof.factor)).cloned().collect();
    let says = subject.acr.as_deref().and_then(Acr::parse);
    let is_met = matches!(need(&demand, &Arms::default(), &proofs, cx.now), Need::Met(_));
    Ok(!is_met || says.is_none_or(|said| said < acr))
}

/// Those of the token's scopes that the client is registered for, or fewer. No token outlives this one, so nothing is offline.
fn scopes(client: &Client, subject: &AccessTokenClaims, asked: Option<&Scopes>) -> Result<Scopes, Error> {
    let registered = &client.metadata.scope;
    let most = Scopes::parse(&subject.scope)
        .filter(|scope| registered.contains(scope) && scope != Scope::OfflineAccess.as_str());
    let kept = asked.unwrap_or(&most);
    match kept.within(&most) && !kept.is_empty() {
        true => Ok(kept.clone()),
        false => {
            let why = "scope must be in the subject token and registered for the client; none is left.";
            Err(Error::new(Code::InvalidScope, why, "scope"))
        }
    }
}

/// Whom the new token is for: it must be said, and be allowed. For us it is only where the old one was: what an API was called
/// with gives it nothing of the person here.
fn audience(
    cx: &Cx,
    client: &Client,
    subject: &AccessTokenClaims,
    asked: &Exchange,
    shown: &Shows,
) -> Result<Audience, Error> {
    let issuer = cx.issuer.as_str();
    let mut names = shown.resources.clone();
    names.extend(asked.audience.iter().filter(|name| !shown.resources.contains(name)).cloned());
    if names.is_empty() {
        return Err(Error::invalid_request("Name resource or audience.", "missing_parameter"));
    }
    let allowed = |name: &String| match name == issuer {
        true => subject.aud.has(issuer),
        false => resource::may_have(client, issuer, name),
    };
    match names.len() <= resource::MOST && names.iter().all(allowed) {
        true => Ok(Audience::of(&names, issuer)),
        false => Err(resource::unknown()),
    }
}

/// What of the token's details is asked for, and nothing where nothing is: they were agreed to for the service that was called.
fn details(
    cx: &Cx,
    client: &Client,
    subject: &AccessTokenClaims,
    shown: &Shows,
    audience: &Audience,
) -> Result<Vec<Detail>, Error> {
    let meant = (audience, cx.issuer.as_str());
    match shown.details.as_deref() {
        None => Ok(Vec::new()),
        asked => details::narrowed(&subject.details, asked, &cx.details, client, meant),
    }
}

/// One sentence for everything that is wrong with what was brought, so that it tells nothing of tokens that are not the
/// client's (RFC 8693 §2.2.2).
fn refused(detail: &'static str) -> Error {
    let why = "A token that was brought is not valid, has ended, or is not the client's to exchange.";
    Error::invalid_request(why, detail)
}

/// A token that is bound becomes none that anybody could use.
fn unbound() -> Error {
    let why = "A token that was brought is bound to a key: the new one must be as well, so send a DPoP proof or connect with \
               the certificate.";
    Error::invalid_request(why, "subject_bound")
}

async fn issue(
    cx: &Cx,
    client: &AuthenticatedClient,
    judged: Judged,
    shown: &Shows,
) -> Result<TokenSet, Error> {
    let Judged { subject, entitlement, act, scopes, audience, details, ends } = judged;
    let event = cx.done(Kind::TokenExchanged, &entitlement.account).app(&client.id).sid(&entitlement.session);
    let event = event.with(serde_json::json!({
        "from": subject.client_id, "actor": act.sub, "aud": audience, "scope": scopes.to_string() }));
    let sub = named(cx, client, &entitlement.account, event).await?;
    let mut from = subject.from.clone();
    from.push(subject.jti.clone());
    let exp = ends.seconds().min(cx.now.seconds() + ACCESS_LIFETIME);
    let made = Made { scopes: &scopes, audience, details, refresh: None, bond: shown.bond.clone() };
    let claims = AccessTokenClaims {
        sub,
        exp,
        auth_time: subject.auth_time,
        acr: subject.acr.clone(),
        amr: subject.amr.clone(),
        family: subject.family.clone(),
        from,
        act: Some(act),
        ..access_claims(cx, client, made)
    };
    Ok(TokenSet {
        access_token: sign(cx, Algorithm::Es256, ACCESS_TYP, &claims).await?,
        token_type: claims.token_type(),
        expires_in: exp - cx.now.seconds(),
        scope: scopes.to_string(),
        details: claims.details,
        id_token: None,
        refresh_token: None,
        issued_token_type: Some(ACCESS_TOKEN_TYPE),
    })
}

/// The client's own name for the person, made where it has none yet, with the event in the same change.
async fn named(cx: &Cx, client: &Client, account: &AccountId, event: Event) -> Result<String, Error> {
    let sector = client.sector().map_err(|_| resource::unknown())?;
    let candidate = finish::random_sub(cx);
    let naming = (account.clone(), (client.id.clone(), client.is_named), sector, candidate, cx.now, event);
    let done = cx.store.write(naming, |w, (account, (client, is_named), sector, candidate, now, event)| {
        Box::pin(async move {
            if !*is_named {
                clients::named(w, client, *now).await?;
            }
            let sub = clients::subject(w, account, sector, candidate).await?;
            w.record(event).await?;
            Ok::<_, store::Error>(sub)
        })
    });
    Ok(done.await?)
}
