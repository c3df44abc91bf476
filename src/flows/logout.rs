//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0), and which apps hear of a sign-out.

use std::sync::Arc;

use super::clients::watch::{self, Became};
use super::sessions::{self, Browser, Found};
use super::{About, Cx, PageError};
use crate::audit::{Kind, Outcome};
use crate::base::{ClientId, SessionId, Token, url};
use crate::clients::{Client, Stage};
use crate::keys::KeyUse;
use crate::keys::jwt::{self, Age, Expected};
use crate::oidc::authorize::RawRequest;
use crate::oidc::logout::{LogoutRequest, frame};
use crate::oidc::watch::Endpoint;
use crate::store::families;

/// What the endpoint does.
pub enum Ending {
    /// Ask first: nothing proves that the person, or an app of theirs, wants this.
    Ask {
        /// Who would be signed out.
        session: Option<Box<Found>>,
        /// The registered place to return to, kept for the confirmation.
        back: Option<Back>,
        /// The apps of that session.
        apps: Apps,
    },
    /// Signed out, or nobody was signed in.
    Done(Goodbye),
    /// The request is broken: a page that goes nowhere.
    Bad(Bad),
}

/// Why a request is broken.
#[derive(Clone, Copy, Debug)]
pub struct Bad {
    /// A stable machine word.
    pub why: &'static str,
    /// Whether the app is in test, so that its developer may read it.
    pub in_test: bool,
}

/// What a browser is told after a sign-out.
#[derive(Debug, Default)]
pub struct Goodbye {
    /// Where to go.
    pub back: Option<Back>,
    /// The browser's new cookie.
    pub browser: Option<Token>,
    /// The apps of the session that ended.
    pub apps: Apps,
}

/// The apps that a session signed in to, by the names people know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apps {
    /// Those that hear of its end.
    pub told: Vec<String>,
    /// Those that have no way to hear of it.
    pub untold: Vec<String>,
    /// What the browser itself has to load, so that they hear of it.
    pub frames: Vec<String>,
}

/// A validated place to return to.
#[derive(Clone, Debug)]
pub struct Back {
    /// The URL with `state`.
    pub url: String,
    /// The app's name.
    pub app: String,
    /// Whether the person is told first whose address it is, and that nobody checked it.
    pub unchecked: bool,
}

/// Handles a request and writes it down for the app's developer; see [`decide`].
pub async fn begin(
    cx: &Cx,
    request: &LogoutRequest,
    raw: &RawRequest,
    browser: &Browser,
) -> Result<Ending, PageError> {
    let (client, mut ending) = decide(cx, request, browser).await?;
    let named = request.client_id.as_deref().map(ClientId::from_text);
    let client = client.or_else(|| named.and_then(|id| cx.clients.remembered(&id)).flatten());
    if let Some(client) = client {
        if let Ending::Bad(bad) = &mut ending {
            bad.in_test = client.is_enabled() && client.stage == Stage::Test;
        }
        let became = match &ending {
            Ending::Ask { .. } => Became::Begun,
            Ending::Done(..) => Became::Good,
            Ending::Bad(bad) => Became::Page("VS-1301", bad.why),
        };
        watch::note(cx, &client, Endpoint::Logout, Some(raw), &became);
    }
    Ok(ending)
}

/// What a request comes to, and whose it is: a valid hint of the session's own person signs out at once, anything else asks.
async fn decide(
    cx: &Cx,
    request: &LogoutRequest,
    browser: &Browser,
) -> Result<(Option<Arc<Client>>, Ending), PageError> {
    let hint = match &request.id_token_hint {
        Some(text) => match verify_hint(cx, text).await? {
            Some(hint) => Some(hint),
            None => return bad(cx, None, "bad_hint"),
        },
        None => None,
    };
    if let (Some(hint), Some(client_id)) = (&hint, &request.client_id)
        && hint.client.id.as_str() != client_id
    {
        return bad(cx, Some(hint), "client_mismatch");
    }
    let back = match (&request.post_logout_redirect_uri, &hint) {
        (None, _) => None,
        // Without a hint nobody vouches for the address.
        (Some(_), None) => return bad(cx, None, "no_hint"),
        (Some(uri), Some(hint)) if hint.client.metadata.matches_post_logout(uri) => {
            Some(back(uri, request.state.as_deref(), &hint.client))
        }
        (Some(_), Some(hint)) => return bad(cx, Some(hint), "unknown_post_logout_redirect_uri"),
    };
    let session = sessions::find(cx, browser).await?;
    let same = match (&session, &hint) {
        (Some(found), Some(hint)) => hint.sid.as_deref() == Some(found.session.sid.as_str()),
        (None, _) => true,
        (Some(_), None) => false,
    };
    let client = hint.as_ref().map(|hint| hint.client.clone());
    let asker = client.as_ref().map(|client| &client.id);
    if same {
        // Whoever signs out at an app they used knows it; a link that ends nothing may be anybody's.
        let known = session.is_some();
        let back = back.map(|back| Back { unchecked: back.unchecked && !known, ..back });
        let done = sign_out(cx, browser, asker, back).await?;
        return Ok((client, Ending::Done(done)));
    }
    let apps = match &session {
        Some(found) => apps_of(cx, &found.session.sid, asker).await?,
        None => Apps::default(),
    };
    Ok((client, Ending::Ask { session: session.map(Box::new), back, apps }))
}

/// The person confirmed.
pub async fn confirm(cx: &Cx, request: &LogoutRequest, browser: &Browser) -> Result<Ending, PageError> {
    let hint = match &request.id_token_hint {
        Some(text) => verify_hint(cx, text).await?,
        None => None,
    };
    let back = match (&request.post_logout_redirect_uri, &hint) {
        (Some(uri), Some(hint)) if hint.client.metadata.matches_post_logout(uri) => {
            Some(back(uri, request.state.as_deref(), &hint.client))
        }
        _ => None,
    };
    Ok(Ending::Done(sign_out(cx, browser, hint.as_ref().map(|h| &h.client.id), back).await?))
}

/// Signs the browser out at its person's own word.
pub async fn leave(cx: &Cx, browser: &Browser) -> Result<Goodbye, PageError> {
    let Some(done) = sessions::sign_out(cx, browser).await? else { return Ok(Goodbye::default()) };
    let apps = apps_of(cx, &done.session, None).await?;
    Ok(Goodbye { back: None, browser: Some(done.browser), apps })
}

/// The apps of a session, and how each hears of its end. Whoever asks for it knows already.
async fn apps_of(cx: &Cx, session: &SessionId, asker: Option<&ClientId>) -> Result<Apps, PageError> {
    let mut apps = Apps::default();
    for id in families::apps_of_session(&cx.store, session).await? {
        let Some(client) = cx.clients.find(cx, &id).await?.filter(|client| client.is_enabled()) else {
            continue;
        };
        let uris = &client.metadata.logout;
        if let Some(uri) = &uris.front {
            apps.frames.push(frame(uri, cx.issuer.as_str(), session.as_str()));
        }
        let hears = uris.back.is_some() || uris.front.is_some() || asker == Some(&id);
        let named = if hears { &mut apps.told } else { &mut apps.untold };
        named.push(client.shown_name().to_owned());
    }
    Ok(apps)
}

async fn sign_out(
    cx: &Cx,
    browser: &Browser,
    client: Option<&ClientId>,
    back: Option<Back>,
) -> Result<Goodbye, PageError> {
    let Some(done) = sessions::sign_out(cx, browser).await? else {
        return Ok(Goodbye { back, ..Goodbye::default() });
    };
    let apps = apps_of(cx, &done.session, client).await?;
    let mut event = cx.event(Kind::LogoutDone, Outcome::Ok).person(&done.account).sid(&done.session);
    event.client = client.cloned();
    cx.record(event).await?;
    Ok(Goodbye { back, browser: Some(done.browser), apps })
}

fn bad(cx: &Cx, hint: Option<&Hint>, why: &'static str) -> Result<(Option<Arc<Client>>, Ending), PageError> {
    cx.note(Kind::LogoutRefused, None);
    tracing::info!(reason = why, request = %cx.request, "a logout request was refused");
    Ok((hint.map(|hint| hint.client.clone()), Ending::Bad(Bad { why, in_test: false })))
}

fn back(uri: &str, state: Option<&str>, client: &Client) -> Back {
    let url = match state {
        Some(state) => url::with_query(uri, &[("state", state)]),
        None => uri.to_owned(),
    };
    Back { url, app: client.shown_name().to_owned(), unchecked: client.leads_anywhere() }
}

struct Hint {
    client: Arc<Client>,
    sub: String,
    sid: Option<String>,
}

/// An ID token of ours, expired or not, and the client it was for.
async fn verify_hint(cx: &Cx, text: &str) -> Result<Option<Hint>, PageError> {
    let ring = cx.signing.ring(cx).await?;
    let expected = Expected {
        usage: KeyUse::Answers,
        typ: super::token::ID_TYP,
        issuer: cx.issuer.as_str(),
        now: cx.now,
        leeway: 0,
        age: Age::Any,
    };
    let Ok(claims) = jwt::verify_own(&ring, text, &expected) else { return Ok(None) };
    let (audience, sub) = (claims.audience(), claims.subject().map(str::to_owned));
    let (Some(client_id), Some(sub)) = (audience.first(), sub) else { return Ok(None) };
    let client = cx.clients.find(cx, &ClientId::from_text(*client_id)).await?;
    let client = client.filter(|client| client.is_enabled());
    Ok(client.map(|client| Hint { client, sub, sid: claims.text("sid").map(str::to_owned) }))
}

/// The `sub` of an `id_token_hint` at the authorization endpoint, if the token is ours and for this client.
pub async fn hinted_sub(cx: &Cx, text: &str, client: &Client) -> Result<Option<String>, PageError> {
    let hint = verify_hint(cx, text).await?;
    Ok(hint.filter(|hint| hint.client.id == client.id).map(|hint| hint.sub))
}
