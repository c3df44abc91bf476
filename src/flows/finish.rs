//! The end of a sign-in: the session rises, the code is minted, the app gets its answer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::answer::Sender;
use super::clients::watch::{self, Became};
use super::hub::{Next, Scene};
use super::interaction::{self, Loaded, Place, Purpose};
use super::sessions::{self, Browser};
use super::{About, Cx, PageError, notify, par, policies, recovery};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, Acr, ClientId, Digest, FamilyId, Scopes, Seconds, Token, TokenKind};
use crate::consent::widened;
use crate::ephemeral::Space;
use crate::factors::assurance;
use crate::identity::LinkKind;
use crate::keys::Thumbprint;
use crate::notifications::Notice;
use crate::oidc::authorize::AuthorizeRequest;
use crate::oidc::authorize::step::Approved;
use crate::oidc::token::Entitlement;
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error, details};
use crate::sessions::BrowserSession;
use crate::store::sessions as session_rows;
use crate::store::{attempts, clients, factors};
use crate::telemetry;

/// How long a code may wait for its redemption, in seconds.
pub const CODE_LIFETIME: Seconds = 60;
/// How long a redeemed code is remembered as such, in seconds; the family remembers for good.
pub const CODE_REMEMBERED: Seconds = 600;

/// What lies behind a code; compared in full when it is redeemed.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct CodeGrant {
    /// What the tokens will say.
    pub entitlement: Entitlement,
    /// Must be presented again, exactly.
    pub redirect_uri: String,
    /// PKCE.
    pub code_challenge: Option<crate::oidc::pkce::Challenge>,
    /// Echoed in the ID token.
    pub nonce: Option<String>,
    /// The key whose holder alone may redeem it (RFC 9449 §10).
    #[serde(default)]
    pub key: Option<Thumbprint>,
}

/// Sends an error to the app and finishes.
pub async fn refuse(cx: &Cx, loaded: &mut Loaded, scene: &Scene, error: Error) -> Result<Next, PageError> {
    let Some(destination) = scene.destination.clone() else { return Err(PageError::SignedOut) };
    let sender = Sender::to(cx, &destination).await?;
    // Whoever only said a name is a stranger still, and what a known name costs must not be seen.
    let person = scene.account.as_ref().filter(|_| !scene.proofs(&loaded.state).is_empty());
    if let Some(pushed) = loaded.state.request().and_then(|request| request.pushed) {
        par::end(cx, &pushed, &loaded.id).await?;
    }
    interaction::finish(cx, loaded).await?;
    match person {
        Some(account) => {
            let event = cx.refusal(Kind::AuthorizeRefused, error.detail).app(&destination.client().id);
            cx.record(event.person(&account.id)).await?;
        }
        None => cx.note(Kind::AuthorizeRefused, Some(&destination.client().id)),
    }
    watch::note(cx, destination.client(), Endpoint::Authorize, None, &Became::Error(&error));
    Ok(Next::Answer(sender.error(cx, &error)?, None))
}

/// Finishes a sign-in for the person's own pages, or for the console.
pub async fn account(
    cx: &Cx,
    loaded: &mut Loaded,
    scene: Scene,
    browser: &Browser,
) -> Result<Next, PageError> {
    let purpose = loaded.state.purpose.clone();
    let proofs = loaded.state.proofs.clone();
    interaction::finish(cx, loaded).await?;
    let (_, token) = rise(cx, &scene, browser, &proofs).await?;
    match purpose {
        Purpose::Account { place } => Ok(Next::Account(place, token)),
        Purpose::Admin { back, .. } => Ok(Next::Admin(back, token)),
        Purpose::Link { kind: LinkKind::Invitation | LinkKind::Letter, client, .. } => {
            Ok(Next::Ready(client, token))
        }
        Purpose::Link { .. } => Ok(Next::Account(Place::Home, token)),
        Purpose::Authorize(_) => Err(PageError::Bad("purpose")),
    }
}

/// Spends the interaction, lifts the session, mints the code. Spent before minting: replay safety over a retry.
pub async fn issue(
    cx: &Cx,
    loaded: &mut Loaded,
    scene: Scene,
    browser: &Browser,
    approved: Approved,
) -> Result<Next, PageError> {
    let Some(destination) = scene.destination.clone() else { return Err(PageError::Bad("purpose")) };
    let Some(request) = loaded.state.request().cloned() else { return Err(PageError::Bad("purpose")) };
    let sender = Sender::to(cx, &destination).await?;
    if let Some(pushed) = &request.pushed
        && !par::end(cx, pushed, &loaded.id).await?
    {
        let why = "The pushed request has led to an answer already.";
        return refuse(cx, loaded, &scene, Error::new(Code::InvalidRequestUri, why, "unknown_request_uri"))
            .await;
    }
    let agreed = loaded.state.agreed.clone();
    let proofs = loaded.state.proofs.clone();
    interaction::finish(cx, loaded).await?;
    let (session, token) = rise(cx, &scene, browser, &proofs).await?;
    let code = mint(cx, &scene, &session, &request, &approved, agreed).await?;
    watch::note(cx, destination.client(), Endpoint::Authorize, None, &Became::Good);
    Ok(Next::Answer(sender.code(cx, code.expose())?, token))
}

/// Lifts the session when something was proved; the cookie's value changes at each rise.
async fn rise(
    cx: &Cx,
    scene: &Scene,
    browser: &Browser,
    proofs: &[crate::factors::Proof],
) -> Result<(BrowserSession, Option<Token>), PageError> {
    let Some(account) = &scene.account else { return Err(PageError::SignedOut) };
    if proofs.is_empty() {
        // Nothing was proved here: only a session that still lives, of this very person, may answer.
        let found = scene.session.as_ref().filter(|found| found.session.account == account.id);
        return found.map(|found| (found.session.clone(), None)).ok_or(PageError::Expired);
    }
    let (mut session, found) = sessions::after_sign_in(cx, browser, account, proofs).await?;
    session.seen_at = cx.now;
    let token = sessions::raise(cx, found, &session).await?;
    // Only whoever typed that password beside a second factor shows that it is the person's own.
    let mailed = scene
        .factors
        .iter()
        .any(|row| row.mailed_at.is_some() && proofs.iter().any(|proof| proof.factor == row.id));
    signed_in(cx, account, browser, &session, (proofs, mailed)).await?;
    Ok((session, Some(token)))
}

async fn signed_in(
    cx: &Cx,
    account: &crate::identity::Account,
    browser: &Browser,
    session: &BrowserSession,
    (proofs, mailed): (&[crate::factors::Proof], bool),
) -> Result<(), PageError> {
    let methods: Vec<_> = proofs.iter().map(|p| p.method.as_str()).collect();
    let event = cx
        .done(Kind::SessionSignedIn, &account.id)
        .sid(&session.sid)
        .with(serde_json::json!({ "methods": methods }));
    // A password alone makes no browser known: a known one has a budget of its own against guessing.
    let strong = assurance(proofs).is_some_and(|reached| reached.acr >= Acr::Aal2);
    let known = attempts::is_known_browser(&cx.store, &account.id, browser.id).await?;
    let first = account.created_at.plus(3600) > cx.now;
    let notice = match known || first {
        true => Vec::new(),
        false => notify::prepare(cx, &account.id, Notice::NewBrowser, None).await?,
    };
    let key = cx.vault.key(&account.id, cx.now).await?;
    let signing_in = SigningIn {
        device: session_rows::seal(cx.device.as_deref(), &session.sid, &key)?,
        ends_at: session.until(policies::limits(cx, session.role).await?),
        session: session.clone(),
        network: cx.network.clone(),
        browser: browser.id,
        strong,
        owned: strong && mailed,
        stopping: if strong { recovery::stopping(cx, &account.id).await? } else { None },
        event,
        notice,
        now: cx.now,
    };
    Ok(cx.store.write(signing_in, |w, s| Box::pin(write_sign_in(w, s))).await?)
}

/// The change that goes with a session that began or rose.
struct SigningIn {
    session: BrowserSession,
    ends_at: crate::base::Timestamp,
    device: Vec<u8>,
    network: Option<String>,
    browser: Digest,
    strong: bool,
    /// Whether the password was set by mail, and its person proved a second factor now.
    owned: bool,
    /// A recovery that waits, which this sign-in shows to be needless.
    stopping: Option<recovery::Stopping>,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: crate::base::Timestamp,
}

async fn write_sign_in(w: &mut crate::store::Writer, s: &SigningIn) -> Result<(), crate::store::Error> {
    if s.owned {
        factors::owned(w, &s.session.account).await?;
    }
    if let Some(stopping) = &s.stopping {
        recovery::stop(w, &s.session.account, stopping, s.now).await?;
    }
    if !s.strong || attempts::know_browser(w, &s.session.account, s.browser, s.now).await? {
        notify::write(w, &s.notice).await?;
    }
    session_rows::record(w, &s.session, s.ends_at, &s.device, s.network.as_deref()).await?;
    w.record(&s.event).await
}

/// The change that goes with a code: the client's name for the person, the agreement, the events.
struct Granting {
    account: AccountId,
    client: ClientId,
    sector: String,
    candidate: String,
    consent: Option<Scopes>,
    details: Option<Digest>,
    is_named: bool,
    events: Vec<Event>,
    now: crate::base::Timestamp,
}

async fn mint(
    cx: &Cx,
    scene: &Scene,
    session: &BrowserSession,
    request: &AuthorizeRequest,
    approved: &Approved,
    agreed: Option<Scopes>,
) -> Result<Token, PageError> {
    let (Some(account), Some(client)) = (&scene.account, scene.client()) else {
        return Err(PageError::SignedOut);
    };
    telemetry::authorize_request(if client.is_public() { "public" } else { "confidential" }, "ok");
    let consent = agreed.map(|scopes| widened(scene.consent.as_ref(), &scopes));
    let mut granted =
        cx.event(Kind::AuthorizeGranted, Outcome::Ok).person(&account.id).app(&client.id).sid(&session.sid);
    let types: Vec<_> = request.details.iter().map(|detail| detail.kind.as_str()).collect();
    granted.detail = Some(serde_json::json!({
        "scope": approved.scopes().to_string(), "acr": approved.assurance().acr, "types": types }));
    let mut events = vec![granted];
    if let Some(scopes) = &consent {
        let given = cx.done(Kind::ConsentGiven, &account.id).app(&client.id);
        events.push(given.with(serde_json::json!({ "scope": scopes.to_string() })));
    }
    let granting = Granting {
        account: account.id.clone(),
        client: client.id.clone(),
        sector: client.sector().map_err(|_| PageError::Bad("sector"))?,
        candidate: random_sub(cx),
        consent,
        details: details::digest(&request.details),
        is_named: client.is_named,
        events,
        now: cx.now,
    };
    let sub = granted_to(cx, granting).await?;
    let entitlement = Entitlement {
        family: FamilyId::new(cx.now, &cx.entropy),
        client: client.id.to_string(),
        account: account.id.clone(),
        sub,
        session: session.sid.clone(),
        session_started_at: session.valid_from,
        session_until: session.until(scene.policy.rules.effective(session.role, None).limits),
        scopes: approved.scopes().clone(),
        claims: request.claims.clone(),
        resources: request.resources.clone(),
        details: request.details.clone(),
        assurance: approved.assurance().clone(),
        proofs: session.proofs.clone(),
        started_at: cx.now,
        key: None,
    };
    keep_code(cx, entitlement, request).await
}

/// A new `sub`: 128 random bits in base64url, no relation to the account.
pub(super) fn random_sub(cx: &Cx) -> String {
    URL_SAFE_NO_PAD.encode(cx.entropy.bytes::<16>())
}

/// Writes down what was granted, and answers whom the client knows the person as.
async fn granted_to(cx: &Cx, granting: Granting) -> Result<String, crate::store::Error> {
    if granting.consent.is_none() && granting.is_named {
        // Nearly always nothing changes, and an event stands for itself.
        if let Some(sub) = clients::find_subject(&cx.store, &granting.account, &granting.sector).await? {
            for event in granting.events {
                cx.record(event).await?;
            }
            return Ok(sub);
        }
    }
    cx.store.write(granting, |w, g| Box::pin(grant(w, g))).await
}

async fn grant(w: &mut crate::store::Writer, g: &Granting) -> Result<String, crate::store::Error> {
    if !g.is_named {
        clients::named(w, &g.client, g.now).await?;
    }
    let sub = clients::subject(w, &g.account, &g.sector, &g.candidate).await?;
    if let Some(scopes) = &g.consent {
        clients::agree(w, &g.account, &g.client, (scopes, g.details), g.now).await?;
    }
    super::record_all(w, &g.events).await?;
    Ok(sub)
}

async fn keep_code(
    cx: &Cx,
    entitlement: Entitlement,
    request: &AuthorizeRequest,
) -> Result<Token, PageError> {
    // What a replay is told by: its family, and the client that alone may end it.
    let note = format!("{} {}", entitlement.family, entitlement.client);
    let grant = CodeGrant {
        entitlement,
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        key: request.dpop_jkt.clone(),
    };
    let code = Token::generate(TokenKind::Code, &cx.entropy);
    let value = serde_json::to_vec(&grant).map_err(|_| PageError::Bad("code"))?;
    cx.ephemeral
        .put_once(Space::Code, &code.digest(), &value, note.as_bytes(), CODE_LIFETIME, cx.now)
        .await?;
    Ok(code)
}
