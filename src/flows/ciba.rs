//! Client-initiated backchannel authentication (CIBA Core 1.0, FAPI-CIBA): an app asks for a person who is elsewhere, and its
//! person answers at [`PATH`], in a browser of their own, signed in as they always are.
//!
//! An app learns nothing of who is known here: a request for nobody waits as any other, and is never answered.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::account::{self, Home};
use super::client_auth::{self, Asked, Denied, refuse_proven};
use super::clients::watch;
use super::elsewhere::{self, Ended, Found, INTERVAL, Kept, Sort};
use super::finish::CodeGrant;
use super::pings::{self, Telling};
use super::sessions::Browser;
use super::{About, Cx, PageError, client_keys, logout, notify, throttle};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{
    AccountId, ClientId, Digest, GrantType, OrganisationId, Seconds, Timestamp, Token, TokenKind, text,
};
use crate::clients::{AuthenticatedClient, Client, ReplayMark};
use crate::ephemeral::Space;
use crate::identity::State;
use crate::keys::jwt::{ObjectRules, verify_request_object};
use crate::keys::{ClientJwks, Rejected};
use crate::notifications::{Draft, Notice};
use crate::oidc::authorize::{RawRequest, object};
use crate::oidc::ciba::{self, CibaRequest, Hint};
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error};
use crate::store::{self, accounts, ciba as rows, clients as client_rows};

/// Where a person finds what waits for them.
pub const PATH: &str = "/approve";
/// Where their sign-in comes back to.
pub const BACK: &str = "/approve/done";
/// How many requests wait for one person at once, and how many of one app.
const ROOM: rows::Room = rows::Room { all: 10, of_app: 5 };
/// Longest `jti` of a request object, in bytes.
const LONGEST_ID: usize = 256;

/// What the app is answered (CIBA §7.3).
#[derive(Clone, Debug, Serialize)]
pub struct Begun {
    /// What it asks with.
    pub auth_req_id: String,
    /// Seconds that lives.
    pub expires_in: Seconds,
    /// Seconds between two questions.
    pub interval: Seconds,
}

/// What is kept of a request beside what is common to all.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Asking {
    /// The one person who may answer; nobody where none was found.
    account: Option<AccountId>,
    binding_message: Option<String>,
    began_at: Timestamp,
}

impl Sort for Asking {
    const REQUESTS: Space = Space::Ciba;
    const NAMES: Space = Space::CibaName;
    const BACK: &'static str = BACK;
    const EXPIRED: &'static str = "The request has expired.";
    const WORDS: [&'static str; 2] = ["unknown_auth_req_id", "used_auth_req_id"];
    // Whoever finds a browser that was left alone proves who they are.
    const MAX_AGE: Option<&'static str> = Some("300");

    fn only(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    fn message(&self) -> Option<&str> {
        self.binding_message.as_deref()
    }
}

// ---- the app

/// Takes a request in, with every check its sign-in would meet at the authorization endpoint (CIBA §7.2).
pub async fn begin(cx: &Cx, asked: &Asked<'_>) -> Result<Begun, Denied> {
    let done = begin_proven(cx, asked).await;
    watch::note_form(cx, Endpoint::Ciba, asked.authorization, asked.form, &done);
    done
}

async fn begin_proven(cx: &Cx, asked: &Asked<'_>) -> Result<Begun, Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    if !throttle::asks(cx, &client.id).await? {
        cx.note(Kind::MachineThrottled, Some(&client.id));
        let why = "The client asks too often. Try again in a minute.";
        return Err(Error::new(Code::TemporarilyUnavailable, why, "too_many_requests").into());
    }
    let read = match what_counts(cx, asked.form, &client).await {
        Ok(raw) => read(cx, &raw, &client).await,
        Err(denied) => Err(denied.error),
    };
    match read {
        Ok((request, whom)) => keep(cx, &client, request, whom).await,
        // A replay stands in the trail already, and what is away is no refusal.
        Err(error) if error.detail == REPLAYED || error.code == Code::TemporarilyUnavailable => {
            Err(error.into())
        }
        Err(error) => refuse_proven(cx, &client, Kind::AuthorizeRefused, error).await,
    }
}

/// The request as it counts: what its client signed, if it signed anything, and nothing beside that (CIBA §7.1.1).
async fn what_counts<'a>(
    cx: &Cx,
    form: &'a RawRequest,
    client: &AuthenticatedClient,
) -> Result<Cow<'a, RawRequest>, Denied> {
    let bad = |why: &str, detail| Err(Error::invalid_request(why, detail).into());
    if form.is_repeated("request") || form.get("request_uri").is_some() {
        return bad("Send one signed request as request.", "not_supported");
    }
    match form.get("request") {
        None if client.metadata.ciba.must_sign(&client.policy) => {
            bad("The client must sign its requests and send them as request.", "unsigned")
        }
        None => Ok(Cow::Borrowed(form)),
        Some(_)
            if ciba::KNOWN
                .iter()
                .chain(&["resource"])
                .any(|name| form.pairs().iter().any(|(n, _)| n == name)) =>
        {
            bad("Put every parameter inside request.", "beside_request")
        }
        Some(token) => signed(cx, client, token).await.map(Cow::Owned),
    }
}

/// The detail of a request object that comes again.
const REPLAYED: &str = "replayed_request_object";

/// What a client signed: for us, by itself, within the hour, and once (CIBA §7.1.1, FAPI-CIBA §5.2.2).
async fn signed(cx: &Cx, client: &Client, token: &str) -> Result<RawRequest, Denied> {
    let refused = |why: Rejected| {
        let why = format!("The request object is refused: {why}.");
        Error::invalid_request(why, "request_object")
    };
    let rules = ObjectRules {
        client_id: client.id.as_str(),
        issuer: cx.issuer.as_str(),
        algorithms: &client.metadata.ciba.algorithms(&client.policy),
        strict: true,
        now: cx.now,
    };
    let with =
        |keys: Option<&ClientJwks>| verify_request_object(keys.ok_or(Rejected::UnknownKey)?, token, &rules);
    let found = client_keys::trying(cx, client, with, Rejected::asks_for_new_keys).await.map_err(refused)?;
    let claims = found.claims;
    let time = |name| claims.time(name).and_then(|time| time.ok_or(Rejected::Claim(name))).map_err(refused);
    let (issued_at, until) = (time("iat")?, time("exp")?);
    let id = claims.jti().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    let id = id.ok_or_else(|| refused(Rejected::Claim("jti")))?;
    let digest = Digest::of(format!("backchannel {} {id}", client.id));
    if !client_auth::spend(cx, client, &ReplayMark { digest, until, issued_at }).await? {
        return Err(Error::invalid_request("The request object was used before.", REPLAYED).into());
    }
    let names: Vec<&str> = ciba::KNOWN.into_iter().chain(["resource", "authorization_details"]).collect();
    let pairs = object::parameters(claims.as_map(), &names);
    // CIBA §13 knows one word for whatever is wrong with a request.
    let pairs = pairs.map_err(|error| Error::invalid_request(error.description, error.detail))?;
    Ok(RawRequest::from_pairs(pairs))
}

/// A request, and whom it is about.
async fn read(
    cx: &Cx,
    raw: &RawRequest,
    client: &AuthenticatedClient,
) -> Result<(CibaRequest, Option<AccountId>), Error> {
    let delivery = client.metadata.ciba.delivery.filter(|_| client.allows(GrantType::Ciba));
    let Some(delivery) = delivery else {
        let why = "The client is not registered for the CIBA grant.";
        return Err(Error::new(Code::UnauthorizedClient, why, "grant_not_registered"));
    };
    let request = CibaRequest::parse(raw, delivery)?;
    elsewhere::checked::<Asking>(cx, client.client(), &request.parameters)?;
    let whom = whom(cx, client, &request.hint).await?;
    Ok((request, whom))
}

/// The account a hint is about, if it is one that may sign in.
async fn whom(cx: &Cx, client: &Client, hint: &Hint) -> Result<Option<AccountId>, Error> {
    let found = match hint {
        Hint::Login(typed) => {
            let canonical = text::canonical_identifier(typed).unwrap_or_default();
            accounts::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?
        }
        Hint::IdToken(token) => {
            let unavailable = |_: PageError| elsewhere::unreadable();
            let sub = logout::hinted_sub(cx, token, client).await.map_err(unavailable)?;
            let sub = sub.ok_or_else(|| {
                let why = "id_token_hint is no ID token of this client.";
                Error::invalid_request(why, "id_token_hint")
            })?;
            match client_rows::holder(&cx.store, &sub).await? {
                Some(id) => accounts::find(&cx.store, &id).await?,
                None => None,
            }
        }
    };
    Ok(found.filter(|found| found.state == State::Active).map(|found| found.id))
}

async fn keep(
    cx: &Cx,
    client: &AuthenticatedClient,
    request: CibaRequest,
    account: Option<AccountId>,
) -> Result<Begun, Denied> {
    let token = Token::generate(TokenKind::Ciba, &cx.entropy);
    let (id, until) = (token.digest(), cx.now.plus(request.lifetime));
    let auth_req_id = token.expose().to_owned();
    let held_back = held_back(cx, client, account.as_ref()).await?;
    let asked_of = account.clone().filter(|_| held_back.is_none());
    let own =
        Asking { account: asked_of.clone(), binding_message: request.binding_message, began_at: cx.now };
    elsewhere::put(cx, &id, &Kept::new(client, request.parameters, until, own)).await?;
    let whom = match (&account, &request.hint) {
        (Some(account), _) => account.to_string(),
        (None, Hint::Login(typed)) => text::canonical_identifier(typed).unwrap_or_default(),
        (None, Hint::IdToken(token)) => token.clone(),
    };
    let telling = request.notification_token.map(|token| Telling { auth_req_id: auth_req_id.clone(), token });
    let asked = rows::Asked {
        id,
        client: client.id.clone(),
        account: asked_of,
        named: cx.index.digest("ciba.turn", &whom),
        until,
        telling: telling.map(|telling| pings::sealed(cx, &id, &telling)),
    };
    let mut event = cx.event(Kind::SignInAsked, Outcome::Ok).app(&client.id);
    match account {
        Some(account) => event = event.person(&account),
        // It stands where the event of somebody of another clinic would not be seen either.
        None => event = event.within(&OrganisationId::root()),
    }
    // The same work, whether or not anybody is known by that name.
    let asked_of = cx.store.write((asked, event, held_back, cx.now), |w, (asked, event, held_back, now)| {
        Box::pin(async move {
            let room = rows::insert(w, asked, ROOM, *now).await?;
            let mut event = event.clone();
            if let Some(why) = held_back.or((!room).then_some("too_many_waiting")) {
                event.outcome = Outcome::Refused;
                event.reason = Some(why.to_owned());
            }
            w.record(&event).await?;
            Ok::<_, store::Error>(asked.account.clone().filter(|_| room))
        })
    });
    if let Some(account) = asked_of.await? {
        tell_person(cx, account, client.id.clone(), until);
    }
    Ok(Begun { auth_req_id, expires_in: request.lifetime, interval: INTERVAL })
}

/// Why nobody is asked, if nobody is. The app is told nothing of it, and the work is the same for somebody unknown.
async fn held_back(
    cx: &Cx,
    client: &Client,
    account: Option<&AccountId>,
) -> Result<Option<&'static str>, Denied> {
    let nobody = AccountId::from_text("");
    let refused = throttle::refused_too_often(cx, &client.id, account.unwrap_or(&nobody)).await?;
    Ok(match account {
        None => Some("nobody_to_ask"),
        Some(_) if refused => Some("refused_too_often"),
        Some(_) => None,
    })
}

/// Tells the person by mail, after the answer and not too often. The link shows what waits, to whoever signs in; it answers nothing.
fn tell_person(cx: &Cx, account: AccountId, client: ClientId, until: Timestamp) {
    // What the app's own server looks like says nothing to a person.
    let cx = Cx { network: None, device: None, ..cx.clone() };
    cx.clone().later.spawn(async move {
        if let Err(error) = written(&cx, &account, &client, until).await {
            tracing::warn!(%error, "a person was not told that an app asks for them");
        }
    });
}

async fn written(cx: &Cx, account: &AccountId, client: &ClientId, until: Timestamp) -> Result<(), PageError> {
    if !throttle::may_mail_for(cx, account, client).await? {
        return Ok(());
    }
    let draft =
        Draft { link: Some(cx.issuer.join(PATH)), until: Some(until), ..Draft::of(Notice::SignInAsked) };
    let mails = notify::draft(cx, account, draft).await?;
    Ok(cx.store.write(mails, |w, mails| Box::pin(notify::write(w, mails))).await?)
}

/// What an app's question is answered while there are no tokens, or the grant to issue them for; good once (CIBA §11).
pub(super) async fn redeem(cx: &Cx, client: &Client, id: &str) -> Result<Result<CodeGrant, Error>, Denied> {
    match ciba::digest(id) {
        Some(digest) => elsewhere::redeem::<Asking>(cx, client, &digest).await,
        None => Ok(Err(Error::invalid_grant("malformed_auth_req_id"))),
    }
}

// ---- what waits for a person

/// A request as its person sees it.
#[derive(Clone, Debug)]
pub struct Waits {
    /// Names it in forms; worth nothing to anybody else.
    pub id: String,
    /// The app.
    pub client: Arc<Client>,
    /// What the app shows as well.
    pub binding_message: Option<String>,
    /// When the app asked.
    pub asked_at: Timestamp,
    /// Until when it waits.
    pub until: Timestamp,
}

/// What waits for whoever is signed in here; [`PageError::SignedOut`] where nobody is.
pub async fn waiting(cx: &Cx, browser: &Browser) -> Result<(Home, Vec<Waits>), PageError> {
    let home = account::home(cx, browser).await?;
    let waits = waits_for(cx, &home.account.id).await?;
    Ok((home, waits))
}

/// What waits for somebody.
pub async fn waits_for(cx: &Cx, account: &AccountId) -> Result<Vec<Waits>, PageError> {
    let mut all = Vec::new();
    for id in rows::waiting(&cx.store, account, cx.now).await? {
        let found = elsewhere::find::<Asking>(cx, &id).await?;
        let Some((_, _, kept)) = found.filter(|(_, _, kept)| kept.ended().is_none()) else {
            // Its answer was not written down, or it is lost: it must not keep a place, and its app is told to ask.
            answered(cx, id, None).await?;
            continue;
        };
        if !kept.is_open(cx.now) || kept.own.account.as_ref() != Some(account) {
            continue;
        }
        let client = cx.clients.find(cx, &kept.client).await?;
        let Some(client) = client.filter(|client| client.is_enabled()) else { continue };
        all.push(Waits {
            id: id.to_base64url(),
            client,
            binding_message: kept.own.binding_message,
            asked_at: kept.own.began_at,
            until: kept.until,
        });
    }
    all.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
    all.truncate(usize::try_from(ROOM.all).unwrap_or(usize::MAX));
    Ok(all)
}

/// A request of whoever is signed in here, while it waits; `None`, with an event, for anybody else's.
async fn own(cx: &Cx, browser: &Browser, id: &str) -> Result<(Home, Option<Found<Asking>>), PageError> {
    let home = account::home(cx, browser).await?;
    let found = match Digest::from_base64url(id) {
        Some(id) => elsewhere::find::<Asking>(cx, &id).await?,
        None => None,
    };
    let theirs = found.filter(|(_, _, kept)| kept.own.account.as_ref() == Some(&home.account.id));
    let open = theirs.filter(|(_, _, kept)| kept.is_open(cx.now));
    if open.is_none() {
        cx.note(Kind::InteractionRefused, None);
    }
    Ok((home, open))
}

/// Begins the person's sign-in for a request: the address of `/authorize` their browser is to go to.
pub async fn go_on(cx: &Cx, browser: &Browser, id: &str) -> Result<Option<String>, PageError> {
    throttle::begin(cx).await?;
    match own(cx, browser, id).await? {
        (_, Some(found)) => elsewhere::begin(cx, browser, found).await,
        (_, None) => Ok(None),
    }
}

/// The person says no: the app is told so. `false` where nothing waits any more.
pub async fn refuse(cx: &Cx, browser: &Browser, id: &str) -> Result<bool, PageError> {
    let (home, Some(found)) = own(cx, browser, id).await? else { return Ok(false) };
    let Some(found) = elsewhere::refuse(cx, browser, found).await? else { return Ok(false) };
    let event = cx.refusal(Kind::AuthorizeRefused, "denied").app(&found.2.client);
    let event = event.person(&home.account.id).sid(&home.session.session.sid);
    answered(cx, found.0, Some(event)).await?;
    throttle::refused(cx, &found.2.client, &home.account.id).await?;
    Ok(true)
}

/// Takes the answer of a sign-in, once; `false` for anybody else's, and for a second one.
pub async fn arrive(cx: &Cx, browser: &Browser, raw: &RawRequest) -> Result<bool, PageError> {
    match elsewhere::arrive::<Asking>(cx, browser, raw).await? {
        Some((id, _, kept)) => {
            answered(cx, id, None).await?;
            if let (Some(Ended::Refused), Some(account)) = (kept.ended(), &kept.own.account) {
                throttle::refused(cx, &kept.client, account).await?;
            }
            Ok(true)
        }
        None => Ok(false),
    }
}

/// How a run ended, for the browser it was begun in.
pub async fn ended(cx: &Cx, browser: &Browser, run: &str) -> Result<Option<Ended>, PageError> {
    let Some(found) = elsewhere::run_of::<Asking>(cx, browser, run).await? else { return Ok(None) };
    let ended = found.2.ended();
    if ended.is_some() {
        // Whoever comes back to the page after a crash brings what was left out.
        answered(cx, found.0, None).await?;
    }
    Ok(ended)
}

/// Writes down, once, that a request waits no longer: its app is told. With what else is to be said.
async fn answered(cx: &Cx, id: Digest, event: Option<Event>) -> Result<(), PageError> {
    let change = cx.store.write((id, event, cx.now), |w, (id, event, now)| {
        Box::pin(async move {
            rows::answered(w, *id, *now).await?;
            match event {
                Some(event) => w.record(event).await,
                None => Ok(()),
            }
        })
    });
    Ok(change.await?)
}
