//! Apps that register themselves (RFC 7591), and what they do to their own registration afterwards (RFC 7592): within the terms
//! of the token they came with, and as long as no administrator took the app over.
//!
//! A token is spent inside the change that registers the app, so that a use buys one app at most, and one that was refused
//! costs none.

use serde_json::{Map, Value, json};

use super::admin::absent::{self, Absent};
use super::clients::fetched::{self, NotSeen};
use super::clients::settings::{self, Unchanged};
use super::clients::{answer, created, first_secret, new};
use super::{About, Cx, client_auth, throttle, unavailable};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{ClientId, Digest, OrganisationId, Seconds, Token, TokenKind};
use crate::clients::lint::{Finding, Rule};
use crate::clients::metadata::{self, Invalid};
use crate::clients::terms::TokenStanding;
use crate::clients::{Client, ClientToken, Metadata, Origin, Stage, Terms, secret};
use crate::config::RegistrationMode;
use crate::duties::{Action, Organisation};
use crate::ephemeral;
use crate::policy::throttle::{MACHINE_WINDOW, NETWORK_WINDOW};
use crate::store::client_tokens::{self, Registered};
use crate::store::{self, Writer, clients, organisations};

/// Where apps register; what belongs to one stands below by its id.
pub const PATH: &str = "/register";

/// Why an app did not register, or did not get at its own registration.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody registers anything here.
    #[error("apps do not register themselves here")]
    Off,
    /// No token, or none that counts; whether there was one.
    #[error("a token that counts is missing")]
    Unauthorized(bool),
    /// The token counts, and it may not be done all the same; why.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The metadata are wrong; the text names the member and the fix.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// A software statement, of somebody nobody trusts here; whether it is one at all.
    #[error("no software statement is trusted here; leave it out")]
    Statement(bool),
    /// It was done too often; how long to wait.
    #[error("too often; wait and try again")]
    TooOften(Seconds),
    /// A store is away.
    #[error("a store is away")]
    Unavailable,
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        unavailable(&error);
        Self::Unavailable
    }
}

impl From<ephemeral::Error> for Refusal {
    fn from(error: ephemeral::Error) -> Self {
        unavailable(&error);
        Self::Unavailable
    }
}

impl From<NotSeen> for Refusal {
    fn from(why: NotSeen) -> Self {
        match why {
            NotSeen::Invalid(why) => Self::Invalid(why),
            NotSeen::Store(error) => error.into(),
        }
    }
}

impl From<Unchanged> for Refusal {
    fn from(why: Unchanged) -> Self {
        match why {
            Unchanged::Invalid(why) => Self::Invalid(why),
            Unchanged::Store(error) => error.into(),
            Unchanged::Lint(finding) => Self::Invalid(of_lint(&finding)),
            other => Self::Invalid(Invalid::Metadata(other.to_string())),
        }
    }
}

fn of_lint(finding: &Finding) -> Invalid {
    Invalid::RedirectUri(format!("redirect_uris: {} {}", finding.what, finding.fix))
}

/// Whether anybody registers anything here, and so whether discovery names the endpoint.
pub fn is_usable(mode: RegistrationMode) -> bool {
    match mode {
        RegistrationMode::Off => false,
        RegistrationMode::Token | RegistrationMode::Open => true,
    }
}

/// By whose leave somebody registers an app, and within which terms.
struct Leave {
    origin: Origin,
    organisation: OrganisationId,
    terms: Terms,
    token: Option<ClientToken>,
}

/// Registers an app and answers as RFC 7591 §3.2.1 does. `authorization` is the header.
pub async fn register(
    cx: &Cx,
    authorization: Option<&str>,
    document: &Value,
) -> Result<Map<String, Value>, Refusal> {
    let done = try_register(cx, authorization, document).await;
    done.inspect_err(|why| told(cx, None, why))
}

/// Refusals are counted: anybody can ask.
fn told(cx: &Cx, client: Option<&ClientId>, why: &Refusal) {
    // Whoever showed no key names whichever app they like: no other is drawn into it, and one count is enough.
    let client = client.filter(|_| !matches!(why, Refusal::Unauthorized(_)));
    match why {
        Refusal::Unauthorized(_) | Refusal::Forbidden(_) | Refusal::Invalid(_) | Refusal::Statement(_) => {
            cx.note(Kind::ClientRegistrationRefused, client);
            tracing::info!(reason = %why, request = %cx.request, "a registration was refused");
        }
        Refusal::Off | Refusal::TooOften(_) | Refusal::Unavailable => {}
    }
}

async fn try_register(
    cx: &Cx,
    authorization: Option<&str>,
    document: &Value,
) -> Result<Map<String, Value>, Refusal> {
    if !is_usable(cx.config.registration.mode) {
        return Err(Refusal::Off);
    }
    if !throttle::registers(cx).await? {
        return Err(Refusal::TooOften(NETWORK_WINDOW));
    }
    let leave = leave(cx, authorization).await?;
    refuse_statement(document)?;
    let described = leave.terms.read(document)?;
    can_prove_itself(cx, &described.0)?;
    let id = ClientId::new(cx.now, &cx.entropy);
    let mut client = new(cx, id, described, leave.organisation.clone(), Stage::Live)?;
    client.origin = leave.origin;
    client.stage = stage_of(&mut client)?;
    client.logo = fetched::look(cx, &client.metadata, None).await?;
    let secret = first_secret(cx, &mut client);
    let key = Token::generate(TokenKind::Registration, &cx.entropy);
    keep(cx, leave, client.clone(), key.digest()).await?;
    cx.clients.forget(&client.id);
    Ok(with_key(cx, answer(&client, secret.as_ref()), &client.id, &key))
}

/// A bearer token out of the header; what is no bearer token is none that counts.
fn bearer(authorization: Option<&str>) -> Result<Option<&str>, Refusal> {
    let Some(header) = authorization else { return Ok(None) };
    let (scheme, token) = header.split_once(' ').ok_or(Refusal::Unauthorized(true))?;
    let token = token.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(Some(token))
    } else {
        Err(Refusal::Unauthorized(true))
    }
}

async fn leave(cx: &Cx, authorization: Option<&str>) -> Result<Leave, Refusal> {
    let Some(text) = bearer(authorization)? else {
        if cx.config.registration.mode != RegistrationMode::Open {
            return Err(Refusal::Unauthorized(false));
        }
        let organisation = OrganisationId::root();
        return Ok(Leave { origin: Origin::Open, organisation, terms: Terms::open(), token: None });
    };
    let token = Token::parse(TokenKind::InitialAccess, text).ok_or(Refusal::Unauthorized(true))?;
    let found = client_tokens::find_by_digest(&cx.store, token.digest()).await?;
    let found = found.filter(|token| token.standing(cx.now) == TokenStanding::Open);
    let found = found.ok_or(Refusal::Unauthorized(true))?;
    if !maker_still_may(cx, &found).await? {
        return Err(Refusal::Unauthorized(true));
    }
    let (organisation, terms) = (found.organisation.clone(), found.terms.clone());
    Ok(Leave { origin: Origin::Token, organisation, terms, token: Some(found) })
}

/// A token counts as long as whoever made it may make one there, and was not shut out since.
async fn maker_still_may(cx: &Cx, token: &ClientToken) -> Result<bool, Refusal> {
    let Some(maker) = Actor::parse(&token.made_by) else { return Ok(false) };
    let maker = absent::find(cx, &maker).await?;
    let place = organisations::find(&cx.store, &token.organisation).await?;
    Ok(is_a_makers(token, maker, place))
}

/// The same inside the change: whoever takes it from them waits until the app is there.
async fn maker_may(w: &mut Writer, token: &ClientToken) -> Result<bool, store::Error> {
    let Some(maker) = Actor::parse(&token.made_by) else { return Ok(false) };
    let maker = absent::hold(w, &maker).await?;
    let place = organisations::find(&mut *w, &token.organisation).await?;
    Ok(is_a_makers(token, maker, place))
}

fn is_a_makers(token: &ClientToken, maker: Option<Absent>, place: Option<Organisation>) -> bool {
    let (Some(maker), Some(place)) = (maker, place) else { return false };
    maker.may_at(Action::ClientToken, &place.path) && !maker.was_ended_since(token.created_at)
}

/// A statement's values would come before the others (RFC 7591 §2.3), so it is not passed over.
fn refuse_statement(document: &Value) -> Result<(), Refusal> {
    match document.get("software_statement") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(jwt)) => Err(Refusal::Statement(jwt.split('.').count() == 3)),
        Some(_) => Err(Refusal::Statement(false)),
    }
}

/// An app on its developer's own machine is being built; any other serves people.
fn stage_of(client: &mut Client) -> Result<Stage, Refusal> {
    match settings::refuse_errors(client) {
        Ok(()) => Ok(Stage::Live),
        Err(Unchanged::Lint(finding)) if finding.rule == Rule::LocalhostLive => {
            client.stage = Stage::Test;
            settings::refuse_errors(client)?;
            Ok(Stage::Test)
        }
        Err(why) => Err(why.into()),
    }
}

/// Keeps the app, if the token still registers one and its maker may still make one.
async fn keep(cx: &Cx, leave: Leave, client: Client, key: Digest) -> Result<(), Refusal> {
    let by = leave.token;
    let token = by.as_ref().map(|token| token.id.clone());
    let mut event = created(cx, &client);
    let detail = event.detail.get_or_insert_with(|| json!({}));
    if let Some(members) = detail.as_object_mut() {
        members.insert("origin".to_owned(), client.origin.as_str().into());
        members.extend(token.iter().map(|id| ("token".to_owned(), id.as_str().into())));
    }
    let document = clients::fingerprint(&client);
    let registered = Registered { digest: key, token, terms: leave.terms, document };
    cx.store
        .write((client, registered, by, event, cx.now), |w, (client, registered, by, event, now)| {
            Box::pin(async move {
                if let Some(token) = by
                    && !(maker_may(w, token).await? && client_tokens::spend(w, &token.id, *now).await?)
                {
                    return Err(Refusal::Unauthorized(true));
                }
                clients::insert(w, client).await?;
                client_tokens::register(w, &client.id, registered).await?;
                Ok(w.record(event).await?)
            })
        })
        .await
}

/// Adds where the registration is managed, and by which key (RFC 7592 §3).
fn with_key(cx: &Cx, mut answer: Map<String, Value>, id: &ClientId, key: &Token) -> Map<String, Value> {
    answer.insert("registration_client_uri".to_owned(), cx.issuer.join(&format!("{PATH}/{id}")).into());
    answer.insert("registration_access_token".to_owned(), key.expose().into());
    answer
}

/// An app at its own registration.
struct Own {
    client: Client,
    registered: Registered,
    key: Token,
}

/// The app whose key this is. One that was stopped is not let at its registration, or it would let itself go on.
async fn own(cx: &Cx, authorization: Option<&str>, id: &ClientId) -> Result<Own, Refusal> {
    if !is_usable(cx.config.registration.mode) {
        return Err(Refusal::Off);
    }
    let text = bearer(authorization)?.ok_or(Refusal::Unauthorized(false))?;
    let key = Token::parse(TokenKind::Registration, text).ok_or(Refusal::Unauthorized(true))?;
    let registered = client_tokens::registered(&cx.store, id).await?;
    let registered = registered.filter(|known| known.digest.same(&key.digest()));
    let registered = registered.ok_or(Refusal::Unauthorized(true))?;
    if !throttle::manages(cx, id).await? {
        return Err(Refusal::TooOften(MACHINE_WINDOW));
    }
    let client = clients::find(&cx.store, id).await?.ok_or(Refusal::Unauthorized(true))?;
    if !client.is_enabled() {
        return Err(STOPPED);
    }
    Ok(Own { client, registered, key })
}

const STOPPED: Refusal = Refusal::Forbidden("this app was stopped; ask whoever runs the service");
const TAKEN_OVER: Refusal =
    Refusal::Forbidden("administrators look after this app by now; ask them to change it");

fn event(cx: &Cx, kind: Kind, client: &Client) -> Event {
    let mut event = cx.event(kind, Outcome::Ok).app(&client.id).within(&client.organisation);
    event.actor = Actor::Client(client.id.clone());
    event
}

/// What an app registered, as it is now (RFC 7592 §2.1); secrets are not told again.
pub async fn read(
    cx: &Cx,
    authorization: Option<&str>,
    id: &ClientId,
) -> Result<Map<String, Value>, Refusal> {
    let own = own(cx, authorization, id).await.inspect_err(|why| told(cx, Some(id), why))?;
    cx.record(event(cx, Kind::ClientRegistrationRead, &own.client)).await?;
    Ok(with_key(cx, answer(&own.client, None), id, &own.key))
}

/// Replaces what an app registered, as a whole (RFC 7592 §2.2). Its secret and its key stay; one that proves itself by a
/// secret from now on gets its first.
pub async fn change(
    cx: &Cx,
    authorization: Option<&str>,
    id: &ClientId,
    document: &Value,
) -> Result<Map<String, Value>, Refusal> {
    try_change(cx, authorization, id, document).await.inspect_err(|why| told(cx, Some(id), why))
}

async fn try_change(
    cx: &Cx,
    authorization: Option<&str>,
    id: &ClientId,
    document: &Value,
) -> Result<Map<String, Value>, Refusal> {
    let own = own(cx, authorization, id).await?;
    names_itself(&own.client, document)?;
    refuse_statement(document)?;
    let described = own.registered.terms.read(document)?;
    can_prove_itself(cx, &described.0)?;
    metadata::check_new(&described.0, Some(&own.client.metadata))?;
    let before = (&own.client.metadata, own.client.logo.as_deref());
    let logo = fetched::look(cx, &described.0, Some(before)).await?;
    let mut after = Client { logo, ..own.client.clone() };
    (after.metadata, after.policy) = described;
    after.name = after.metadata.client_name.clone().unwrap_or_else(|| after.id.to_string());
    // Counts where it had none until now, which only the change itself can tell.
    let secret = first_secret(cx, &mut after);
    let after = replace(cx, own.registered, after).await?;
    cx.clients.forget(id);
    let kept = |secret: &Token| after.secrets.iter().any(|one| one.digest.same(&secret.digest()));
    Ok(with_key(cx, answer(&after, secret.as_ref().filter(|secret| kept(secret))), id, &own.key))
}

/// An app registers no way to prove itself that discovery does not name: it could never use it.
fn can_prove_itself(cx: &Cx, metadata: &Metadata) -> Result<(), Refusal> {
    match metadata.token_endpoint_auth_method {
        method if client_auth::offers(cx, method) => Ok(()),
        method => {
            let why = format!(
                "token_endpoint_auth_method: `{method}` cannot be used here; see \
                               token_endpoint_auth_methods_supported of the discovery document"
            );
            Err(Refusal::Invalid(Invalid::Metadata(why)))
        }
    }
}

/// An app says who it is, and does not choose its secret (RFC 7592 §2.2).
fn names_itself(client: &Client, document: &Value) -> Result<(), Refusal> {
    let wrong = |why: &str| Refusal::Invalid(Invalid::Metadata(why.to_owned()));
    let text = |name: &str| document.get(name).filter(|value| !value.is_null()).map(|value| value.as_str());
    if text("client_id") != Some(Some(client.id.as_str())) {
        return Err(wrong("client_id: must be the one of this registration"));
    }
    let given = text("client_secret").map(|secret| Digest::of(secret.unwrap_or_default()));
    if given.is_some_and(|given| !client.secrets.iter().any(|secret| secret.digest.same(&given))) {
        return Err(wrong("client_secret: must be the one that was given; leave it out"));
    }
    Ok(())
}

/// Replaces the registration, if it is still the app's own.
async fn replace(cx: &Cx, registered: Registered, after: Client) -> Result<Client, Refusal> {
    let changed = event(cx, Kind::ClientChanged, &after);
    let done = cx.store.write((registered, after, changed, cx.now), |w, (registered, after, event, now)| {
        Box::pin(async move {
            let (before, seen) = still_own(w, registered, &after.id).await?;
            let (stage, watched_until, is_named) = (before.stage, before.watched_until, before.is_named);
            let mut after = Client { stage, watched_until, is_named, ..after.clone() };
            // A secret that is kept as a digest alone makes no assertions: then the new one counts.
            let keeps = secret::uses_secrets(&before)
                && (!secret::keeps_sealed(&after) || secret::keeps_sealed(&before));
            if keeps {
                after.secrets.clone_from(&before.secrets);
            }
            settings::check_change(&before, &mut after)?;
            if !clients::replace(w, &seen, &after, *now).await? {
                return Err(Refusal::Unavailable);
            }
            client_tokens::again(w, &after.id, clients::fingerprint(&after)).await?;
            // Nobody agreed to what goes to another address: whoever found the key would have it without a word.
            if after.metadata.redirect_uris.iter().any(|uri| !before.metadata.redirect_uris.contains(uri)) {
                clients::forget_agreements(w, &after.id).await?;
            }
            let mut event = event.clone();
            settings::tell_changes(&mut event, &before, &after);
            w.record(&event).await?;
            Ok(after)
        })
    });
    done.await
}

/// The app inside a change, as long as it is its own to change: not stopped, removed or taken over meanwhile.
async fn still_own(
    w: &mut Writer,
    registered: &Registered,
    id: &ClientId,
) -> Result<(Client, clients::Seen), Refusal> {
    clients::hold(w, id).await?;
    let known = client_tokens::registered(&mut *w, id).await?;
    let known = known.filter(|known| known.digest.same(&registered.digest));
    let known = known.ok_or(Refusal::Unauthorized(true))?;
    let (client, seen) = clients::find_seen(w, id).await?.ok_or(Refusal::Unauthorized(true))?;
    if !client.is_enabled() {
        return Err(STOPPED);
    }
    if !seen.fingerprint().same(&known.document) {
        return Err(TAKEN_OVER);
    }
    Ok((client, seen))
}

/// Removes an app at its own wish (RFC 7592 §2.3): its key, its secrets, and every token of it.
pub async fn remove(cx: &Cx, authorization: Option<&str>, id: &ClientId) -> Result<(), Refusal> {
    let removed = try_remove(cx, authorization, id).await;
    removed.inspect_err(|why| told(cx, Some(id), why))?;
    cx.clients.forget(id);
    Ok(())
}

async fn try_remove(cx: &Cx, authorization: Option<&str>, id: &ClientId) -> Result<(), Refusal> {
    let own = own(cx, authorization, id).await?;
    let event = event(cx, Kind::ClientDeleted, &own.client);
    cx.store
        .write((own.registered, id.clone(), event, cx.now), |w, (registered, id, event, now)| {
            Box::pin(async move {
                still_own(w, registered, id).await?;
                if !clients::remove(w, id, *now).await? {
                    return Err(Refusal::Unauthorized(true));
                }
                Ok(w.record(event).await?)
            })
        })
        .await
}
