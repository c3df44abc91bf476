//! Requests of apps whose person signs in elsewhere: in a browser that the app never sees. The sign-in is one like any other:
//! we stand in for the app at an address of ours, which counts for one run and for the browser it was begun in. What it leads
//! to waits until the app asks for it.
//!
//! It must not know who asked how, nor how the person came here: that is a [`Sort`].

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::client_auth::Denied;
use super::finish::{CODE_REMEMBERED, CodeGrant};
use super::sessions::Browser;
use super::{Cx, PageError};
use crate::base::url::with_query;
use crate::base::{AccountId, ClientId, Digest, Seconds, Timestamp, Token, TokenKind};
use crate::clients::{Client, Lent};
use crate::ephemeral::{self, Space, Taken};
use crate::oidc::authorize::{AuthorizeRequest, RawRequest, Refusal, Via, locate};
use crate::oidc::pkce::{self, Challenge};
use crate::oidc::{Code, Error};

/// Seconds an app waits between two questions (RFC 8628 §3.5, CIBA §7.3).
pub(super) const INTERVAL: Seconds = 5;
/// Seconds a request is remembered after its end, so that its app is told what became of it.
const REMEMBERED: Seconds = 600;
/// How often a change is tried that somebody else was faster with.
const TRIES: usize = 64;
/// The parameter of an address of ours that names a run.
pub const RUN: &str = "run";

/// A sort of such requests: what it keeps of each beside what is common to all.
pub(super) trait Sort: Clone + Serialize + DeserializeOwned + Send + Sync {
    /// Where requests are kept, by the digest of what their app asks with.
    const REQUESTS: Space;
    /// What leads to them, the sign-ins that go on among it.
    const NAMES: Space;
    /// Where a sign-in comes back to.
    const BACK: &'static str;
    /// What an app is told that comes too late.
    const EXPIRED: &'static str;
    /// The words for what an app asks with that is nothing known, or was used.
    const WORDS: [&'static str; 2];
    /// Seconds a proof of the person may be old, where we say so.
    const MAX_AGE: Option<&'static str>;

    /// The one person it is for; whoever comes where it names nobody.
    fn only(&self) -> Option<&AccountId>;

    /// What its app shows the person, who compares it before they agree.
    fn message(&self) -> Option<&str> {
        None
    }
}

/// What is kept of a request.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "X: Sort")]
pub(super) struct Kept<X: Sort> {
    pub client: ClientId,
    pub parameters: Vec<(String, String)>,
    pub until: Timestamp,
    interval: Seconds,
    asked_at: Option<Timestamp>,
    pub state: State,
    /// What belongs to its sort.
    #[serde(flatten)]
    pub own: X,
}

/// How a request stands.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum State {
    /// Nobody said anything yet.
    Waiting,
    /// A browser's sign-in goes on.
    Run(Run),
    /// The person agreed; what for is kept until the app asks.
    Granted { run: Digest, browser: Digest, grant: Box<CodeGrant> },
    /// The person said no, or could not be let through.
    Refused { run: Option<Digest>, browser: Digest },
    /// The app has its tokens.
    Spent { run: Digest, browser: Digest },
}

/// A sign-in for a request: where it comes back to, in which browser, and what it must bring.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Run {
    id: Digest,
    browser: Digest,
    redirect_uri: String,
    state: String,
    verifier: String,
}

/// How a sign-in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The app gets its tokens.
    Granted,
    /// It gets none.
    Refused,
}

/// A request as it was found: what stands for it, and the version that [`save`] compares.
pub(super) type Found<X> = (Digest, u64, Kept<X>);

impl<X: Sort> Kept<X> {
    /// A request that begins to wait now.
    pub(super) fn new(client: &Client, parameters: Vec<(String, String)>, until: Timestamp, own: X) -> Self {
        let client = client.id.clone();
        Self { client, parameters, until, interval: INTERVAL, asked_at: None, state: State::Waiting, own }
    }

    /// Whether its person can still answer.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        now < self.until && matches!(self.state, State::Waiting | State::Run(_))
    }

    /// How it ended, if it did.
    pub(super) fn ended(&self) -> Option<Ended> {
        match self.state {
            State::Granted { .. } | State::Spent { .. } => Some(Ended::Granted),
            State::Refused { .. } => Some(Ended::Refused),
            State::Waiting | State::Run(_) => None,
        }
    }

    fn ttl(&self, now: Timestamp) -> Seconds {
        self.until.since(now).max(0) + REMEMBERED
    }
}

// ---- keeping

/// Keeps a new request under the digest of what its app asks with.
pub(super) async fn put<X: Sort>(cx: &Cx, id: &Digest, kept: &Kept<X>) -> Result<(), Denied> {
    let value = serde_json::to_vec(kept).map_err(|_| unreadable())?;
    Ok(cx.ephemeral.put(X::REQUESTS, id, &value, kept.ttl(cx.now), cx.now).await?)
}

/// What is answered where nothing could be kept.
pub(super) fn unreadable() -> Error {
    Error::new(Code::TemporarilyUnavailable, "Something is away. Try again soon.", "elsewhere")
}

/// The request with this id.
pub(super) async fn find<X: Sort>(cx: &Cx, id: &Digest) -> Result<Option<Found<X>>, ephemeral::Error> {
    let found = cx.ephemeral.get(X::REQUESTS, id, cx.now).await?;
    Ok(found.and_then(|found| Some((*id, found.version, serde_json::from_slice(&found.value).ok()?))))
}

/// Lets a name lead to a request.
pub(super) async fn name<X: Sort>(
    cx: &Cx,
    name: &Digest,
    id: &Digest,
    ttl: Seconds,
) -> Result<(), ephemeral::Error> {
    cx.ephemeral.put(X::NAMES, name, id.as_bytes(), ttl, cx.now).await
}

/// The request a name leads to.
pub(super) async fn named<X: Sort>(cx: &Cx, name: &Digest) -> Result<Option<Found<X>>, ephemeral::Error> {
    let found = cx.ephemeral.get(X::NAMES, name, cx.now).await?;
    match found.and_then(|found| Digest::from_slice(&found.value)) {
        Some(id) => find(cx, &id).await,
        None => Ok(None),
    }
}

/// Saves a change, if nobody was faster.
async fn save<X: Sort>(cx: &Cx, (id, version, kept): &Found<X>) -> Result<bool, ephemeral::Error> {
    let value = serde_json::to_vec(kept).unwrap_or_default();
    let ttl = kept.ttl(cx.now);
    Ok(cx.ephemeral.swap(X::REQUESTS, id, *version, &value, ttl, cx.now).await?.is_some())
}

/// Lets a request stand otherwise while `still` says that it may: as it stands then, or nothing. That its app asked meanwhile is
/// nothing that counts.
async fn settle<X: Sort>(
    cx: &Cx,
    mut found: Found<X>,
    state: &State,
    still: impl Fn(&Kept<X>) -> bool,
) -> Result<Option<Found<X>>, ephemeral::Error> {
    for _ in 0..TRIES {
        if !still(&found.2) {
            return Ok(None);
        }
        found.2.state = state.clone();
        if save(cx, &found).await? {
            return Ok(Some(found));
        }
        match find(cx, &found.0).await? {
            Some(newer) => found = newer,
            None => return Ok(None),
        }
    }
    Ok(None)
}

// ---- the app

/// Makes every check of a request's parameters that they would meet at the authorization endpoint.
pub(super) fn checked<X: Sort>(
    cx: &Cx,
    client: &Arc<Client>,
    parameters: &[(String, String)],
) -> Result<(), Error> {
    let run = run::<X>(cx, &Digest::of(""), &Token::generate(TokenKind::Parked, &cx.entropy));
    let raw = RawRequest::from_pairs(asking::<X>(client, parameters, &run));
    let unanswerable = |word| Error::invalid_request("The request cannot be answered.", word);
    let destination = locate(&raw, Some(Arc::new(client.lending(Lent::at(&run.redirect_uri)))))
        .map_err(|reason| unanswerable(reason.as_str()))?;
    let via = Via { pushed: false, signed: false };
    match AuthorizeRequest::parse(&raw, &destination, cx.here(), via) {
        Ok(_) => Ok(()),
        Err(Refusal::SendBack(_, error)) => Err(error),
        Err(Refusal::Show(reason)) => Err(unanswerable(reason.as_str())),
    }
}

/// What an app's question is answered while there are no tokens, or the grant to issue them for; good once (RFC 8628 §3.5,
/// CIBA §11).
pub(super) async fn redeem<X: Sort>(
    cx: &Cx,
    client: &Client,
    id: &Digest,
) -> Result<Result<CodeGrant, Error>, Denied> {
    let [unknown, used] = X::WORDS;
    for _ in 0..TRIES {
        let Some(mut found) = find::<X>(cx, id).await? else { return Ok(Err(Error::invalid_grant(unknown))) };
        let kept = &mut found.2;
        if kept.client != client.id {
            return Ok(Err(Error::invalid_grant("another_client")));
        }
        let answer = match std::mem::replace(&mut kept.state, State::Waiting) {
            State::Spent { .. } => return Ok(Err(Error::invalid_grant(used))),
            State::Refused { .. } => {
                let why = "The person did not agree.";
                return Ok(Err(Error::new(Code::AccessDenied, why, "person_refused")));
            }
            _ if cx.now >= kept.until => {
                return Ok(Err(Error::new(Code::ExpiredToken, X::EXPIRED, "expired")));
            }
            State::Granted { run, browser, grant } => {
                kept.state = State::Spent { run, browser };
                Ok(*grant)
            }
            waiting => {
                kept.state = waiting;
                Err(kept.asked(cx.now))
            }
        };
        if save(cx, &found).await? {
            return Ok(answer);
        }
    }
    Ok(Err(Error::new(Code::SlowDown, "Too many questions at once.", "slow_down")))
}

impl<X: Sort> Kept<X> {
    /// Takes down that the app asked before its person answered.
    fn asked(&mut self, now: Timestamp) -> Error {
        let early = self.asked_at.is_some_and(|last| now.since(last) < self.interval);
        self.asked_at = Some(now);
        if !early {
            let why = "The person has not answered yet.";
            return Error::new(Code::AuthorizationPending, why, "pending");
        }
        self.interval += INTERVAL;
        Error::new(Code::SlowDown, "Wait five seconds longer between two questions.", "slow_down")
    }
}

// ---- the person's sign-in

/// The authorization request of a run. Its person is asked each time: the app that asks is elsewhere.
fn asking<X: Sort>(client: &Client, parameters: &[(String, String)], run: &Run) -> Vec<(String, String)> {
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
    let age = X::MAX_AGE.map(|age| ("max_age".to_owned(), age.to_owned()));
    own.into_iter().chain(age).chain(parameters.iter().cloned()).collect()
}

fn run<X: Sort>(cx: &Cx, browser: &Digest, token: &Token) -> Run {
    let random = || Digest::from_bytes(cx.entropy.bytes::<32>()).to_base64url();
    Run {
        id: token.digest(),
        browser: *browser,
        redirect_uri: format!("{}?{RUN}={}", cx.issuer.join(X::BACK), token.expose()),
        state: random(),
        verifier: random(),
    }
}

/// Begins the sign-in for a request in this browser: the address of `/authorize` it is to go to. A browser that had begun one
/// before is out of it.
pub(super) async fn begin<X: Sort>(
    cx: &Cx,
    browser: &Browser,
    found: Found<X>,
) -> Result<Option<String>, PageError> {
    let Some(client) = cx.clients.find(cx, &found.2.client).await? else { return Ok(None) };
    let token = Token::generate(TokenKind::Parked, &cx.entropy);
    let run = run::<X>(cx, &browser.id, &token);
    let asked = asking::<X>(&client, &found.2.parameters, &run);
    name::<X>(cx, &run.id, &found.0, found.2.ttl(cx.now)).await?;
    let begun = settle(cx, found, &State::Run(run), |kept| kept.is_open(cx.now)).await?;
    let query: Vec<(&str, &str)> = asked.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Ok(begun.map(|_| with_query(&cx.issuer.join("/authorize"), &query)))
}

/// Notes that the person said no, before any sign-in: the request as it stands then; nothing where it was answered meanwhile.
pub(super) async fn refuse<X: Sort>(
    cx: &Cx,
    browser: &Browser,
    found: Found<X>,
) -> Result<Option<Found<X>>, PageError> {
    let state = State::Refused { run: None, browser: browser.id };
    Ok(settle(cx, found, &state, |kept| kept.is_open(cx.now)).await?)
}

/// The run of an address of ours, if it is this browser's.
pub(super) async fn run_of<X: Sort>(
    cx: &Cx,
    browser: &Browser,
    run: &str,
) -> Result<Option<Found<X>>, PageError> {
    let Some(id) = Token::parse(TokenKind::Parked, run).map(|token| token.digest()) else { return Ok(None) };
    let Some(found) = named::<X>(cx, &id).await? else { return Ok(None) };
    let (its, theirs) = match &found.2.state {
        State::Waiting => return Ok(None),
        State::Run(run) => (Some(run.id), run.browser),
        State::Granted { run, browser, .. } | State::Spent { run, browser } => (Some(*run), *browser),
        State::Refused { run, browser } => (*run, *browser),
    };
    let own = its == Some(id) && theirs.same(&browser.id);
    Ok(own.then_some(found))
}

/// The client as it counts for this request: with our address beside its own where a run of this browser is asked for. Where the
/// request comes in, it must be the run's, parameter by parameter: what the app asked for, and perhaps signed, is not the
/// browser's to change.
pub(super) async fn visited<X: Sort>(
    cx: &Cx,
    client: &Arc<Client>,
    (redirect_uri, raw): (&str, Option<&RawRequest>),
    run: &str,
    browser: &Browser,
) -> Result<Option<Arc<Client>>, PageError> {
    let found = run_of::<X>(cx, browser, run).await?;
    Ok(found.and_then(|(_, _, kept)| match &kept.state {
        State::Run(run) if kept.client == client.id && run.redirect_uri == redirect_uri => {
            let asked = asking::<X>(client, &kept.parameters, run);
            let same = raw.is_none_or(|raw| raw.pairs() == asked);
            let (only, message) = (kept.own.only().cloned(), kept.own.message().map(str::to_owned));
            same.then(|| Arc::new(client.lending(Lent { only, message, ..Lent::at(redirect_uri) })))
        }
        _ => None,
    }))
}

/// Takes the answer of a sign-in, once: the request as it stands then; nothing for anybody else's, and for a second one.
pub(super) async fn arrive<X: Sort>(
    cx: &Cx,
    browser: &Browser,
    raw: &RawRequest,
) -> Result<Option<Found<X>>, PageError> {
    let found = run_of::<X>(cx, browser, raw.get(RUN).unwrap_or_default()).await?;
    let Some(found) = found else { return Ok(None) };
    let State::Run(run) = found.2.state.clone() else { return Ok(None) };
    if raw.get("state") != Some(run.state.as_str()) {
        return Ok(None);
    }
    let state = match raw.get("code") {
        Some(code) => match granted(cx, &found.2, &run, code).await? {
            Some(grant) => State::Granted { run: run.id, browser: run.browser, grant: Box::new(grant) },
            None => return Ok(None),
        },
        None => State::Refused { run: Some(run.id), browser: run.browser },
    };
    let same = |kept: &Kept<X>| matches!(&kept.state, State::Run(now) if now.id == run.id);
    Ok(settle(cx, found, &state, same).await?)
}

async fn granted<X: Sort>(
    cx: &Cx,
    kept: &Kept<X>,
    run: &Run,
    code: &str,
) -> Result<Option<CodeGrant>, PageError> {
    let Some(token) = Token::parse(TokenKind::Code, code) else { return Ok(None) };
    let Taken::Fresh(value) =
        cx.ephemeral.take(Space::Code, &token.digest(), CODE_REMEMBERED, cx.now).await?
    else {
        return Ok(None);
    };
    let grant: Option<CodeGrant> = serde_json::from_slice(&value).ok();
    Ok(grant.filter(|grant| {
        grant.entitlement.client == kept.client.as_str()
            && kept.own.only().is_none_or(|only| *only == grant.entitlement.account)
            && grant.redirect_uri == run.redirect_uri
            && pkce::check(grant.code_challenge.as_ref(), Some(&run.verifier)).is_ok()
    }))
}
