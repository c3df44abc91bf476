//! Pushed authorization requests (RFC 9126): a client tells us what it asks for itself, and sends the browser with a name
//! for it. The name works again in that browser while the sign-in goes on (a page is reloaded), and leads to one answer.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::client_auth::{self, Asked, Denied, refuse_proven};
use super::clients::watch;
use super::sessions::Browser;
use super::{Cx, PageError, dpop, logout, request_object};
use crate::audit::Kind;
use crate::base::{Digest, InteractionId, Seconds, Timestamp, Token, TokenKind};
use crate::clients::AuthenticatedClient;
use crate::ephemeral::Space;
use crate::oidc::authorize::object::Around;
use crate::oidc::authorize::{AuthorizeRequest, RawRequest, Refusal, ShowReason, Via, locate};
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error};

/// Seconds a pushed request waits for its browser.
pub const LIFETIME: Seconds = 90;
/// Seconds a request is remembered after a browser brought it: longer than any sign-in goes on.
const REMEMBERED: Seconds = 2 * 3600;
/// Most bytes kept of a request.
const LONGEST: usize = 48 * 1024;
/// How often a change is tried that somebody else was faster with.
const TRIES: usize = 16;

/// What names of pushed requests begin with (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// What the client is answered (RFC 9126 §2.2).
#[derive(Clone, Debug, Serialize)]
pub struct Pushed {
    /// The name.
    pub request_uri: String,
    /// Seconds it lives.
    pub expires_in: Seconds,
}

/// What is kept: the parameters as they came, which are read again when the browser brings the name; and what became of them.
#[derive(Serialize, Deserialize)]
struct Kept {
    client: String,
    parameters: Vec<(String, String)>,
    /// Whether its client signed it.
    #[serde(default)]
    signed: bool,
    /// Until when a browser may bring the name.
    until: Timestamp,
    /// The browser that brought it first, and alone may bring it again.
    browser: Option<Digest>,
    /// The sign-in that ended with an answer.
    ended: Option<InteractionId>,
}

/// Takes a request in, with every check it would meet at the authorization endpoint.
pub async fn push(cx: &Cx, asked: &Asked<'_>) -> Result<Pushed, Denied> {
    let done = push_proven(cx, asked).await;
    watch::note_form(cx, Endpoint::Par, asked.authorization, asked.form, &done);
    done
}

async fn push_proven(cx: &Cx, asked: &Asked<'_>) -> Result<Pushed, Denied> {
    let client = client_auth::authenticate(cx, asked).await?;
    if client.is_public() {
        // Before anything is kept of it, a proof's mark included.
        dpop::stranger(cx).await?;
    }
    match checked(cx, asked, &client).await {
        Ok((parameters, signed)) => keep(cx, &client, parameters, signed).await,
        Err(error) if error.code == Code::TemporarilyUnavailable => Err(error.into()),
        Err(error) => {
            let kind = match dpop::kind(&error) {
                Kind::TokenRefused => Kind::AuthorizeRefused,
                replayed => replayed,
            };
            refuse_proven(cx, &client, kind, error).await
        }
    }
}

async fn checked(
    cx: &Cx,
    asked: &Asked<'_>,
    client: &AuthenticatedClient,
) -> Result<(Vec<(String, String)>, bool), Error> {
    if asked.form.get("request_uri").is_some() {
        return Err(Error::invalid_request("A pushed request has no request_uri.", "not_supported"));
    }
    let (asked_for, signed) = what_counts(cx, asked, client).await?;
    let known = |name: &str| AuthorizeRequest::KNOWN.contains(&name) && name != "client_id";
    let mut parameters: Vec<_> = asked_for.pairs().iter().filter(|(name, _)| known(name)).cloned().collect();
    parameters.push(("client_id".to_owned(), client.id.to_string()));
    if let Some(key) = dpop::prove(cx, asked.dpop, None).await? {
        match asked_for.get("dpop_jkt") {
            Some(named) if named != key.as_str() => return Err(dpop::another_key()),
            Some(_) => {}
            None => parameters.push(("dpop_jkt".to_owned(), key.to_string())),
        }
    }
    let raw = RawRequest::from_pairs(parameters);
    let destination = locate(&raw, Some(client.client().clone())).map_err(|reason| {
        let why = "redirect_uri is missing, given twice, or not registered for the client.";
        Error::invalid_request(why, reason.as_str())
    })?;
    let via = Via { pushed: true, signed };
    let request = match AuthorizeRequest::parse(&raw, &destination, cx.here(), via) {
        Ok(request) => request,
        Err(Refusal::SendBack(_, error)) => return Err(error),
        Err(Refusal::Show(reason)) => {
            return Err(Error::invalid_request("Not well formed.", reason.as_str()));
        }
    };
    if let Some(hint) = &request.id_token_hint
        && logout::hinted_sub(cx, hint, client).await.map_err(unavailable)?.is_none()
    {
        return Err(Error::invalid_request("id_token_hint is no ID token of this client.", "id_token_hint"));
    }
    Ok((raw.pairs().to_vec(), signed))
}

/// What the client asks for, and whether it signed it: then nothing beside the object counts (RFC 9126 §3).
async fn what_counts<'a>(
    cx: &Cx,
    asked: &'a Asked<'_>,
    client: &AuthenticatedClient,
) -> Result<(Cow<'a, RawRequest>, bool), Error> {
    if !request_object::came(asked.form) {
        return Ok((Cow::Borrowed(asked.form), false));
    }
    // A client may name itself by its authentication alone.
    let mut pairs = asked.form.pairs().to_vec();
    pairs.retain(|(name, _)| name != "client_id");
    pairs.push(("client_id".to_owned(), client.id.to_string()));
    let named = RawRequest::from_pairs(pairs);
    let object = request_object::read(cx, &named, client, Around::Nothing).await.map_err(unavailable)??;
    Ok(object.map_or((Cow::Borrowed(asked.form), false), |object| (Cow::Owned(object), true)))
}

fn unavailable<E>(_: E) -> Error {
    Error::new(Code::TemporarilyUnavailable, "Try again soon.", "store")
}

async fn keep(
    cx: &Cx,
    client: &AuthenticatedClient,
    parameters: Vec<(String, String)>,
    signed: bool,
) -> Result<Pushed, Denied> {
    let token = Token::generate(TokenKind::Pushed, &cx.entropy);
    let until = cx.now.plus(LIFETIME);
    let kept = Kept { client: client.id.to_string(), parameters, signed, until, browser: None, ended: None };
    let value = serde_json::to_vec(&kept).map_err(unavailable)?;
    if value.len() > LONGEST {
        return Err(Error::invalid_request("The request is longer than 48 KB.", "too_long").into());
    }
    cx.ephemeral.put(Space::Pushed, &token.digest(), &value, LIFETIME, cx.now).await?;
    Ok(Pushed { request_uri: format!("{PREFIX}{}", token.expose()), expires_in: LIFETIME })
}

/// The name of a pushed request among a browser's parameters, if there is one.
pub fn named(raw: &RawRequest) -> Option<&str> {
    raw.get("request_uri").filter(|uri| uri.starts_with(PREFIX))
}

/// A request that was pushed.
#[derive(Debug)]
pub struct Found {
    /// What its client asks for.
    pub raw: RawRequest,
    /// Whether its client signed it.
    pub signed: bool,
    /// What stands for it.
    pub digest: Digest,
}

/// What a client pushed under the name its browser brings. Nothing else the browser says counts
/// (RFC 9126 §4): the parameters of the front channel may be anybody's.
pub async fn find(
    cx: &Cx,
    raw: &RawRequest,
    name: &str,
    browser: &Browser,
) -> Result<Result<Found, ShowReason>, PageError> {
    let token = name.strip_prefix(PREFIX).and_then(|text| Token::parse(TokenKind::Pushed, text));
    let Some(digest) = token.map(|token| token.digest()) else {
        return Ok(Err(ShowReason::UnknownRequestUri));
    };
    let client = raw.get("client_id");
    let brought = change(cx, &digest, |kept| {
        let theirs =
            client == Some(kept.client.as_str()) && kept.browser.is_none_or(|first| first == browser.id);
        let open = theirs && kept.ended.is_none() && cx.now < kept.until;
        kept.browser = Some(browser.id);
        open
    });
    Ok(match brought.await? {
        Some(kept) => Ok(Found { raw: RawRequest::from_pairs(kept.parameters), signed: kept.signed, digest }),
        None => Err(ShowReason::UnknownRequestUri),
    })
}

/// Ends a pushed request with the answer of a sign-in; `false` when another sign-in ended it before, or nothing is known of it.
pub async fn end(cx: &Cx, pushed: &Digest, by: &InteractionId) -> Result<bool, PageError> {
    let ended = change(cx, pushed, |kept| {
        let ours = kept.ended.as_ref().is_none_or(|ended| ended == by);
        kept.ended = Some(by.clone());
        ours
    });
    Ok(ended.await?.is_some())
}

/// Changes what is kept, if `may` lets it: exactly one of many at once goes first.
async fn change(
    cx: &Cx,
    digest: &Digest,
    mut may: impl FnMut(&mut Kept) -> bool,
) -> Result<Option<Kept>, PageError> {
    for _ in 0..TRIES {
        let Some(found) = cx.ephemeral.get(Space::Pushed, digest, cx.now).await? else { return Ok(None) };
        let Ok(mut kept) = serde_json::from_slice::<Kept>(&found.value) else { return Ok(None) };
        if !may(&mut kept) {
            return Ok(None);
        }
        let value = serde_json::to_vec(&kept).map_err(|_| PageError::Bad("pushed"))?;
        if value == found.value {
            return Ok(Some(kept));
        }
        let swapped = cx.ephemeral.swap(Space::Pushed, digest, found.version, &value, REMEMBERED, cx.now);
        if swapped.await?.is_some() {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}
