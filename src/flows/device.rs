//! The device authorization grant (RFC 8628): an app where nobody can type is told a code, and its person signs in with that
//! code in a browser elsewhere.
//!
//! The sign-in is one like any other: we stand in for the app at an address of ours, which counts for the browser that typed
//! the code alone. What it leads to waits for the device.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::client_auth::{self, Asked, Denied, refuse_proven};
use super::clients::watch;
use super::finish::{CODE_REMEMBERED, CodeGrant};
use super::sessions::Browser;
use super::{Cx, PageError, throttle};
use crate::audit::Kind;
use crate::base::url::with_query;
use crate::base::{ClientId, Digest, GrantType, Seconds, Timestamp, Token, TokenKind};
use crate::clients::Client;
use crate::ephemeral::{Space, Taken};
use crate::identity::short_code;
use crate::oidc::authorize::{AuthorizeRequest, RawRequest, Refusal, Via, locate};
use crate::oidc::pkce::{self, Challenge};
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error};

/// Seconds a code waits for its person.
pub const LIFETIME: Seconds = 600;
/// Seconds a device waits between two questions (RFC 8628 §3.5).
const INTERVAL: Seconds = 5;
/// Seconds a request is remembered, so that a device is told what became of it.
const REMEMBERED: Seconds = 2 * LIFETIME;
/// How often a change is tried that somebody else was faster with.
const TRIES: usize = 16;
/// Where a person types the code.
pub const PATH: &str = "/device";
/// Where a sign-in for a device comes back to.
pub const BACK: &str = "/device/done";
/// The parameter of [`BACK`] that names a run.
pub const RUN: &str = "run";
/// Parameters of an authorization request that a device may send (RFC 8628 §3.1; OpenID Connect Core §3.1.2.1).
const TAKEN: [&str; 7] = ["scope", "acr_values", "max_age", "claims", "login_hint", "nonce", "resource"];

/// What the device is answered (RFC 8628 §3.2).
#[derive(Clone, Debug, Serialize)]
pub struct Begun {
    /// What the device asks with.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, for a picture to scan.
    pub verification_uri_complete: String,
    /// Seconds both live.
    pub expires_in: Seconds,
    /// Seconds between two questions.
    pub interval: Seconds,
}

/// What is kept of a device's request, under the digest of its code.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    client: ClientId,
    parameters: Vec<(String, String)>,
    user_code: String,
    until: Timestamp,
    interval: Seconds,
    asked_at: Option<Timestamp>,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
enum State {
    /// Nobody said anything yet.
    Waiting,
    /// A browser's sign-in goes on.
    Run(Run),
    /// The person agreed; what for is kept until the device asks.
    Granted { run: Digest, browser: Digest, grant: Box<CodeGrant> },
    /// The person said no, or could not be let through.
    Refused { run: Option<Digest>, browser: Digest },
    /// The device has its tokens.
    Spent { run: Digest, browser: Digest },
}

/// A sign-in for a device: where it comes back to, in which browser, and what it must bring.
#[derive(Clone, Serialize, Deserialize)]
struct Run {
    id: Digest,
    browser: Digest,
    redirect_uri: String,
    state: String,
    verifier: String,
}

/// What a person is asked about before anything goes on.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The app.
    pub client: Arc<Client>,
    /// The code as the device shows it.
    pub user_code: String,
}

/// How a sign-in for a device ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The device gets its tokens.
    Granted,
    /// It gets none.
    Refused,
}

// ---- the device

/// Takes a device's request in, with every check it would meet at the authorization endpoint (RFC 8628 §3.1).
pub async fn begin(cx: &Cx, asked: &Asked<'_>) -> Result<Begun, Denied> {
    let done = begin_proven(cx, asked).await;
    watch::note_form(cx, Endpoint::Device, asked.authorization, asked.form, &done);
    done
}

async fn begin_proven(cx: &Cx, asked: &Asked<'_>) -> Result<Begun, Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    if !client.allows(GrantType::DeviceCode) {
        let why = "The client is not registered for the device grant.";
        let error = Error::new(Code::UnauthorizedClient, why, "grant_not_registered");
        return refuse_proven(cx, &client, Kind::AuthorizeRefused, error).await;
    }
    if client.is_public() {
        super::dpop::stranger(cx).await?;
    }
    let parameters = match checked(cx, asked.form, client.client()) {
        Ok(parameters) => parameters,
        Err(error) => return refuse_proven(cx, &client, Kind::AuthorizeRefused, error).await,
    };
    let device = Token::generate(TokenKind::Device, &cx.entropy);
    let user_code = short_code::draw(&cx.entropy).expose().clone();
    let kept = Kept {
        client: client.id.clone(),
        parameters,
        user_code: user_code.clone(),
        until: cx.now.plus(LIFETIME),
        interval: INTERVAL,
        asked_at: None,
        state: State::Waiting,
    };
    let value = serde_json::to_vec(&kept).map_err(|_| unreadable())?;
    let digest = device.digest();
    cx.ephemeral.put(Space::Device, &digest, &value, REMEMBERED, cx.now).await?;
    let named = named(cx, &user_code).ok_or_else(unreadable)?;
    cx.ephemeral.put(Space::DeviceName, &named, digest.as_bytes(), LIFETIME, cx.now).await?;
    let at = cx.issuer.join(PATH);
    Ok(Begun {
        device_code: device.expose().to_owned(),
        verification_uri_complete: with_query(&at, &[("user_code", &user_code)]),
        verification_uri: at,
        user_code,
        expires_in: LIFETIME,
        interval: INTERVAL,
    })
}

fn unreadable() -> Error {
    Error::new(Code::TemporarilyUnavailable, "Something is away. Try again soon.", "device")
}

/// The parameters a sign-in for the device will have, if they are good.
fn checked(cx: &Cx, form: &RawRequest, client: &Arc<Client>) -> Result<Vec<(String, String)>, Error> {
    if let Some(name) = form.first_repeated(&TAKEN) {
        return Err(Error::invalid_request(format!("{name} is given more than once."), "repeated_parameter"));
    }
    let mut parameters: Vec<_> =
        form.pairs().iter().filter(|(name, _)| TAKEN.contains(&name.as_str())).cloned().collect();
    if !parameters.iter().any(|(name, _)| name == "scope") {
        parameters.push(("scope".to_owned(), client.metadata.scope.to_string()));
    }
    let run = run(cx, &Digest::of(""), &Token::generate(TokenKind::Parked, &cx.entropy));
    let raw = RawRequest::from_pairs(asking(client, &parameters, &run));
    let lent = lent(client, &run.redirect_uri);
    let destination = locate(&raw, Some(lent))
        .map_err(|reason| Error::invalid_request("The request cannot be answered.", reason.as_str()))?;
    let via = Via { pushed: false, signed: false };
    match AuthorizeRequest::parse(&raw, &destination, cx.issuer.as_str(), via) {
        Ok(_) => Ok(parameters),
        Err(Refusal::SendBack(_, error)) => Err(error),
        Err(Refusal::Show(reason)) => {
            Err(Error::invalid_request("The request cannot be answered.", reason.as_str()))
        }
    }
}

/// The authorization request of a run. A device's person is asked each time: whoever holds the code is not known.
fn asking(client: &Client, parameters: &[(String, String)], run: &Run) -> Vec<(String, String)> {
    let own = [
        ("response_type", "code"),
        ("client_id", client.id.as_str()),
        ("redirect_uri", &run.redirect_uri),
        ("state", &run.state),
        ("prompt", "consent"),
        ("code_challenge", Challenge::of(&run.verifier).as_str()),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.into_iter().chain(parameters.iter().cloned()).collect()
}

fn run(cx: &Cx, browser: &Digest, token: &Token) -> Run {
    let random = || Digest::from_bytes(cx.entropy.bytes::<32>()).to_base64url();
    Run {
        id: token.digest(),
        browser: *browser,
        redirect_uri: format!("{}?{RUN}={}", cx.issuer.join(BACK), token.expose()),
        state: random(),
        verifier: random(),
    }
}

/// The client with our address beside its own.
fn lent(client: &Arc<Client>, redirect_uri: &str) -> Arc<Client> {
    Arc::new(Client { trial: Some(redirect_uri.to_owned()), ..Client::clone(client) })
}

/// What a device's question is answered while there are no tokens, or the grant to issue them for; good once
/// (RFC 8628 §3.5).
pub(super) async fn redeem(cx: &Cx, client: &Client, code: &str) -> Result<Result<CodeGrant, Error>, Denied> {
    let bad = |detail| Ok(Err(Error::invalid_grant(detail)));
    let Some(digest) = Token::parse(TokenKind::Device, code).map(|token| token.digest()) else {
        return bad("malformed_device_code");
    };
    for _ in 0..TRIES {
        let Some((version, mut kept)) = load(cx, &digest).await? else { return bad("unknown_device_code") };
        if kept.client != client.id {
            return bad("another_client");
        }
        let (answer, ttl) = match std::mem::replace(&mut kept.state, State::Waiting) {
            State::Spent { .. } => return bad("used_device_code"),
            State::Refused { .. } => {
                let why = "The person did not agree.";
                return Ok(Err(Error::new(Code::AccessDenied, why, "person_refused")));
            }
            _ if cx.now >= kept.until => {
                return Ok(Err(Error::new(Code::ExpiredToken, "The device code has expired.", "expired")));
            }
            State::Granted { run, browser, grant } => {
                kept.state = State::Spent { run, browser };
                (Ok(*grant), REMEMBERED)
            }
            waiting => {
                kept.state = waiting;
                let early = kept.asked_at.is_some_and(|last| cx.now.since(last) < kept.interval);
                kept.asked_at = Some(cx.now);
                let pending = "The person has not answered yet.";
                let error = match early {
                    true => {
                        kept.interval += INTERVAL;
                        let why = "Wait five seconds longer between two questions.";
                        Error::new(Code::SlowDown, why, "slow_down")
                    }
                    false => Error::new(Code::AuthorizationPending, pending, "pending"),
                };
                (Err(error), REMEMBERED)
            }
        };
        if save(cx, &digest, version, &kept, ttl).await? {
            return Ok(answer);
        }
    }
    Ok(Err(Error::new(Code::SlowDown, "Too many questions at once.", "slow_down")))
}

async fn load(cx: &Cx, digest: &Digest) -> Result<Option<(u64, Kept)>, crate::ephemeral::Error> {
    let found = cx.ephemeral.get(Space::Device, digest, cx.now).await?;
    Ok(found.and_then(|found| Some((found.version, serde_json::from_slice(&found.value).ok()?))))
}

async fn save(
    cx: &Cx,
    digest: &Digest,
    version: u64,
    kept: &Kept,
    ttl: Seconds,
) -> Result<bool, crate::ephemeral::Error> {
    let value = serde_json::to_vec(kept).unwrap_or_default();
    Ok(cx.ephemeral.swap(Space::Device, digest, version, &value, ttl, cx.now).await?.is_some())
}

// ---- the person

/// What stands for a code a person typed; `None` for what is none.
fn named(cx: &Cx, typed: &str) -> Option<Digest> {
    short_code::normalise(typed).map(|code| cx.index.digest("device code", code.expose()))
}

/// Whether a text could be a code at all.
pub fn is_code(text: &str) -> bool {
    short_code::normalise(text).is_some()
}

/// The request behind a code, while it waits. A wrong one counts as a failure of the network.
pub async fn look(cx: &Cx, typed: &str) -> Result<Option<Seen>, PageError> {
    let attempt = throttle::reserve_network(cx).await?;
    let Some((_, _, kept)) = waiting(cx, typed).await? else {
        cx.note(Kind::DeviceCodeRefused, None);
        return Ok(None);
    };
    throttle::give_back_network(cx, attempt).await?;
    let client = cx.clients.find(cx, &kept.client).await?.filter(|client| client.is_enabled());
    Ok(client.map(|client| Seen { client, user_code: kept.user_code }))
}

async fn waiting(cx: &Cx, typed: &str) -> Result<Option<(Digest, u64, Kept)>, PageError> {
    let Some(name) = named(cx, typed) else { return Ok(None) };
    let Some(digest) = behind(cx, &name).await? else { return Ok(None) };
    let Some((version, kept)) = load(cx, &digest).await? else { return Ok(None) };
    let open = cx.now < kept.until && matches!(kept.state, State::Waiting | State::Run(_));
    Ok(open.then_some((digest, version, kept)))
}

async fn behind(cx: &Cx, name: &Digest) -> Result<Option<Digest>, PageError> {
    let found = cx.ephemeral.get(Space::DeviceName, name, cx.now).await?;
    Ok(found.and_then(|found| <[u8; 32]>::try_from(found.value).ok()).map(Digest::from_bytes))
}

/// Begins the sign-in for a code in this browser: the address of `/authorize` it is to go to. A browser that typed the code
/// before is out of it.
pub async fn go_on(cx: &Cx, browser: &Browser, typed: &str) -> Result<Option<String>, PageError> {
    throttle::begin(cx).await?;
    let attempt = throttle::reserve_network(cx).await?;
    let Some((digest, version, mut kept)) = waiting(cx, typed).await? else {
        cx.note(Kind::DeviceCodeRefused, None);
        return Ok(None);
    };
    throttle::give_back_network(cx, attempt).await?;
    let Some(client) = cx.clients.find(cx, &kept.client).await? else { return Ok(None) };
    let token = Token::generate(TokenKind::Parked, &cx.entropy);
    let run = run(cx, &browser.id, &token);
    let asked = asking(&client, &kept.parameters, &run);
    cx.ephemeral.put(Space::DeviceName, &run.id, digest.as_bytes(), REMEMBERED, cx.now).await?;
    kept.state = State::Run(run);
    if !save(cx, &digest, version, &kept, REMEMBERED).await? {
        return Ok(None);
    }
    let query: Vec<(&str, &str)> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Ok(Some(with_query(&cx.issuer.join("/authorize"), &query)))
}

/// The person did not start this: the device is told so.
pub async fn refuse(cx: &Cx, browser: &Browser, typed: &str) -> Result<bool, PageError> {
    let attempt = throttle::reserve_network(cx).await?;
    let Some((digest, version, mut kept)) = waiting(cx, typed).await? else {
        cx.note(Kind::DeviceCodeRefused, None);
        return Ok(false);
    };
    throttle::give_back_network(cx, attempt).await?;
    kept.state = State::Refused { run: None, browser: browser.id };
    cx.note(Kind::AuthorizeRefused, Some(&kept.client));
    Ok(save(cx, &digest, version, &kept, REMEMBERED).await?)
}

/// The run of an address of ours, if it is this browser's.
async fn run_of(cx: &Cx, browser: &Browser, run: &str) -> Result<Option<(Digest, u64, Kept)>, PageError> {
    let Some(id) = Token::parse(TokenKind::Parked, run).map(|token| token.digest()) else { return Ok(None) };
    let Some(digest) = behind(cx, &id).await? else { return Ok(None) };
    let Some((version, kept)) = load(cx, &digest).await? else { return Ok(None) };
    let (its, theirs) = match &kept.state {
        State::Waiting => return Ok(None),
        State::Run(run) => (Some(run.id), run.browser),
        State::Granted { run, browser, .. } | State::Spent { run, browser } => (Some(*run), *browser),
        State::Refused { run, browser } => (*run, *browser),
    };
    let own = its == Some(id) && theirs.same(&browser.id);
    Ok(own.then_some((digest, version, kept)))
}

/// The client as it counts for this request: with our address beside its own where a run of this browser is asked for.
pub(super) async fn visited(
    cx: &Cx,
    client: &Arc<Client>,
    redirect_uri: &str,
    run: &str,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    let found = run_of(cx, browser, run).await?;
    Ok(found.and_then(|(_, _, kept)| match kept.state {
        State::Run(run) if kept.client == client.id && run.redirect_uri == redirect_uri => {
            Some(lent(client, redirect_uri))
        }
        _ => None,
    }))
}

/// Takes the answer of a sign-in for a device, once; `false` for anybody else's, and for a second one.
pub async fn arrive(cx: &Cx, browser: &Browser, raw: &RawRequest) -> Result<bool, PageError> {
    let found = run_of(cx, browser, raw.get(RUN).unwrap_or_default()).await?;
    let Some((digest, version, mut kept)) = found else { return Ok(false) };
    let State::Run(run) = kept.state.clone() else { return Ok(false) };
    if raw.get("state") != Some(run.state.as_str()) {
        return Ok(false);
    }
    kept.state = match raw.get("code") {
        Some(code) => match granted(cx, &kept.client, &run, code).await? {
            Some(grant) => State::Granted { run: run.id, browser: run.browser, grant: Box::new(grant) },
            None => return Ok(false),
        },
        None => State::Refused { run: Some(run.id), browser: run.browser },
    };
    Ok(save(cx, &digest, version, &kept, REMEMBERED).await?)
}

async fn granted(cx: &Cx, client: &ClientId, run: &Run, code: &str) -> Result<Option<CodeGrant>, PageError> {
    let Some(token) = Token::parse(TokenKind::Code, code) else { return Ok(None) };
    let Taken::Fresh(value) =
        cx.ephemeral.take(Space::Code, &token.digest(), CODE_REMEMBERED, cx.now).await?
    else {
        return Ok(None);
    };
    let grant: Option<CodeGrant> = serde_json::from_slice(&value).ok();
    Ok(grant.filter(|grant| {
        grant.entitlement.client == client.as_str()
            && grant.redirect_uri == run.redirect_uri
            && pkce::check(grant.code_challenge.as_ref(), Some(&run.verifier)).is_ok()
    }))
}

/// How a run ended, for the browser it was begun in.
pub async fn ended(cx: &Cx, browser: &Browser, run: &str) -> Result<Option<Ended>, PageError> {
    let found = run_of(cx, browser, run).await?;
    Ok(found.and_then(|(_, _, kept)| match kept.state {
        State::Granted { .. } | State::Spent { .. } => Some(Ended::Granted),
        State::Refused { .. } => Some(Ended::Refused),
        State::Waiting | State::Run(_) => None,
    }))
}
