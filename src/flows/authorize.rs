//! The authorization endpoint: locate, parse, then either answer at once or begin an interaction.

use std::sync::Arc;

use super::clients::watch::{self, Became};
use super::hub::{self, Next};
use super::interaction::{self, Interaction, Purpose};
use super::parking::{self, At};
use super::sessions::{self, Browser};
use super::{Cx, PageError, lent, logout, par};
use crate::audit::Kind;
use crate::base::{ClientId, Digest, InteractionId, Token};
use crate::clients::Client;
use crate::oidc::Error;
use crate::oidc::authorize::{
    Answer, AuthorizeRequest, Destination, Prompt, RawRequest, Refusal, ShowReason, Via, locate,
};
use crate::oidc::watch::Endpoint;
use crate::telemetry;

/// What the endpoint answers.
#[derive(Debug)]
pub enum Outcome {
    /// A page at `/authorize`, status 400.
    Show(ShowReason),
    /// Straight back to the app.
    Answer(Box<Answer>, Option<Token>),
    /// Straight back to the app with an error of the request itself.
    Refused(Box<Answer>, Error),
    /// Into a sign-in.
    Interaction(InteractionId, hub::Page),
}

/// Handles a request that came by GET (or comes back after a POST).
pub async fn begin(cx: &Cx, raw: &RawRequest, browser: &Browser) -> Result<Outcome, PageError> {
    let pushed = match par::named(raw) {
        None => None,
        Some(name) => match par::find(cx, raw, name, browser).await? {
            Ok(found) => Some(found),
            Err(reason) => return Ok(show(cx, reason)),
        },
    };
    let (raw, pushed) = pushed.map_or((raw.clone(), None), |(raw, digest)| (raw, Some(digest)));
    let raw = &raw;
    let client = client_of(cx, raw).await?;
    let client = lent::visited(cx, client, raw.get("redirect_uri"), browser).await?;
    let outcome = answer(cx, raw, browser, client.clone(), pushed).await?;
    if let Some(client) = client {
        watched(cx, &client, raw, &outcome);
    }
    Ok(outcome)
}

/// Writes down what became of a request here; an answer after a sign-in, or without one, is written down at its end.
fn watched(cx: &Cx, client: &Arc<Client>, raw: &RawRequest, outcome: &Outcome) {
    let became = match outcome {
        Outcome::Show(reason) => Became::Page(reason.code(), reason.as_str()),
        Outcome::Refused(_, error) => Became::Error(error),
        Outcome::Interaction(..) => Became::Begun,
        Outcome::Answer(..) => return,
    };
    watch::note(cx, client, Endpoint::Authorize, Some(raw), &became);
}

async fn answer(
    cx: &Cx,
    raw: &RawRequest,
    browser: &Browser,
    client: Option<Arc<Client>>,
    pushed: Option<Digest>,
) -> Result<Outcome, PageError> {
    let destination = match locate(raw, client) {
        Ok(destination) => destination,
        Err(reason) => return Ok(show(cx, reason)),
    };
    let via = if pushed.is_some() { Via::Pushed } else { Via::Front };
    let request = match AuthorizeRequest::parse(raw, &destination, cx.issuer.as_str(), via) {
        Ok(request) => AuthorizeRequest { pushed, ..request },
        Err(Refusal::Show(reason)) => return Ok(show(cx, reason)),
        Err(Refusal::SendBack(destination, error)) => return Ok(send_back(cx, &destination, &error)),
    };
    if let Some(hint) = &request.id_token_hint
        && logout::hinted_sub(cx, hint, destination.client()).await?.is_none()
    {
        let error = Error::invalid_request("id_token_hint is no ID token of this client.", "id_token_hint");
        return Ok(send_back(cx, &destination, &error));
    }
    enter(cx, request, browser).await
}

fn send_back(cx: &Cx, destination: &Destination, error: &Error) -> Outcome {
    cx.note(Kind::AuthorizeRefused, Some(&destination.client().id));
    telemetry::authorize_request(kind_of(destination.client()), error.code.as_str());
    Outcome::Refused(Box::new(destination.send_error(error, cx.issuer.as_str())), error.clone())
}

async fn enter(cx: &Cx, request: AuthorizeRequest, browser: &Browser) -> Result<Outcome, PageError> {
    let silent = request.prompts(Prompt::None);
    let mut state = Interaction::begin(Purpose::Authorize(Box::new(request)), browser, cx.now);
    if let Some(mut found) = sessions::find(cx, browser).await? {
        if !silent {
            sessions::touch(cx, &mut found).await?;
        }
        state.account = Some(found.session.account.clone());
    }
    let mut loaded = interaction::fresh(cx, state);
    match hub::advance(cx, &mut loaded, browser).await? {
        Next::Page(page) => {
            interaction::create(cx, &loaded).await?;
            Ok(Outcome::Interaction(loaded.id, page))
        }
        Next::Answer(answer, token) => Ok(Outcome::Answer(Box::new(answer), token)),
        Next::Stay | Next::Account(..) | Next::Admin(..) | Next::Ready(..) => Err(PageError::Bad("purpose")),
    }
}

fn kind_of(client: &Client) -> &'static str {
    if client.is_public() { "public" } else { "confidential" }
}

fn show(cx: &Cx, reason: ShowReason) -> Outcome {
    cx.note(Kind::AuthorizeRefused, None);
    tracing::info!(reason = reason.as_str(), request = %cx.request, "an authorization request was not located");
    Outcome::Show(reason)
}

/// Parks a POSTed request, if its answer could be sent anywhere at all.
pub async fn park(cx: &Cx, raw: &RawRequest) -> Result<Result<Token, ShowReason>, PageError> {
    if par::named(raw).is_some() {
        // Where it may be answered stands in what was pushed.
        return Ok(Ok(parking::park(cx, At::Authorize, raw, AuthorizeRequest::KNOWN).await?));
    }
    match locate(raw, client_of(cx, raw).await?) {
        Ok(_) => Ok(Ok(parking::park(cx, At::Authorize, raw, AuthorizeRequest::KNOWN).await?)),
        Err(reason) => {
            show(cx, reason);
            Ok(Err(reason))
        }
    }
}

async fn client_of(cx: &Cx, raw: &RawRequest) -> Result<Option<Arc<Client>>, PageError> {
    match raw.get("client_id") {
        Some(id) if id.len() <= 256 => Ok(cx.clients.find(cx, &ClientId::from_text(id)).await?),
        _ => Ok(None),
    }
}

/// Begins a sign-in for the person's own pages.
pub async fn begin_account(
    cx: &Cx,
    browser: &Browser,
    place: interaction::Place,
) -> Result<(InteractionId, Next), PageError> {
    begin_for(cx, browser, Purpose::Account { place }).await
}

/// Begins a sign-in for the console, which comes back to `back`.
pub async fn begin_admin(
    cx: &Cx,
    browser: &Browser,
    back: &str,
    fresh: bool,
) -> Result<(InteractionId, Next), PageError> {
    begin_for(cx, browser, Purpose::Admin { back: back.to_owned(), fresh }).await
}

async fn begin_for(cx: &Cx, browser: &Browser, purpose: Purpose) -> Result<(InteractionId, Next), PageError> {
    let mut state = Interaction::begin(purpose, browser, cx.now);
    if let Some(found) = sessions::find(cx, browser).await? {
        state.account = Some(found.session.account.clone());
    }
    let mut loaded = interaction::fresh(cx, state);
    let next = hub::advance(cx, &mut loaded, browser).await?;
    if matches!(next, Next::Page(_)) {
        interaction::create(cx, &loaded).await?;
    }
    Ok((loaded.id, next))
}

/// The digest forms of an interaction are bound to.
pub fn form_binding(id: &InteractionId, browser: &Browser) -> Digest {
    Digest::of([browser.id.as_bytes().as_slice(), id.as_str().as_bytes()].concat())
}
