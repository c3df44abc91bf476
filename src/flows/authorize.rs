//! The authorization endpoint: locate, parse, then either answer at once or begin an interaction.

use std::sync::Arc;

use super::answer::Sender;
use super::clients::watch::{self, Became};
use super::hub::{self, Next};
use super::interaction::{self, Interaction, Purpose};
use super::parking::{self, At};
use super::sessions::{self, Browser};
use super::{Cx, PageError, lent, logout, par, request_object};
use crate::audit::Kind;
use crate::base::{ClientId, Digest, InteractionId, Token};
use crate::clients::Client;
use crate::oidc::authorize::object::Around;
use crate::oidc::authorize::{
    Answer, AuthorizeRequest, Destination, Prompt, RawRequest, Refusal, ShowReason, Via, locate,
};
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error};
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
    /// A page that names an app nobody here checked, and leads there: no link to us leads on to it by itself.
    Unchecked(Box<Answer>, Arc<Client>),
    /// Into a sign-in.
    Interaction(InteractionId, hub::Page),
}

/// A request as it counts, wherever it stood.
struct Read {
    raw: RawRequest,
    client: Option<Arc<Client>>,
    via: Via,
    pushed: Option<Digest>,
}

/// Handles a request that came by GET (or comes back after a POST).
pub async fn begin(cx: &Cx, raw: &RawRequest, browser: &Browser) -> Result<Outcome, PageError> {
    let (client, raw, outcome) = match read(cx, raw, browser).await? {
        Ok(read) => {
            let (client, raw) = (read.client.clone(), read.raw.clone());
            (client, raw, answer(cx, read, browser).await?)
        }
        Err((client, outcome)) => (client, raw.clone(), outcome),
    };
    let Some(client) = client else { return Ok(outcome) };
    watched(cx, &client, &raw, &outcome);
    Ok(match outcome {
        // An answer to `prompt=none` is for nobody to read.
        Outcome::Refused(answer, _) if client.leads_anywhere() => Outcome::Unchecked(answer, client),
        other => other,
    })
}

/// Finds the request: pushed before, in an object, or as it stands in the URL. Or what to answer when it is none.
async fn read(
    cx: &Cx,
    raw: &RawRequest,
    browser: &Browser,
) -> Result<Result<Read, (Option<Arc<Client>>, Outcome)>, PageError> {
    let (raw, signed, pushed) = if let Some(name) = par::named(raw) {
        match par::find(cx, raw, name, browser).await? {
            Ok(found) => (found.raw, found.signed, Some(found.digest)),
            Err(reason) => return Ok(Err((None, show(cx, reason)))),
        }
    } else if request_object::came(raw) {
        let client = client_of(cx, raw).await?;
        match signed_request(cx, raw, client.as_ref()).await? {
            Ok(object) => (object, true, None),
            Err(Refusal::Show(reason)) => return Ok(Err((client, show(cx, reason)))),
            Err(Refusal::SendBack(destination, error)) => {
                return Ok(Err((client, send_back(cx, &destination, &error).await?)));
            }
        }
    } else {
        (raw.clone(), false, None)
    };
    let client = client_of(cx, &raw).await?;
    let client = lent::asked(cx, client, &raw, browser).await?;
    Ok(Ok(Read { raw, client, via: Via { pushed: pushed.is_some(), signed }, pushed }))
}

/// The request in an object. What is wrong with it is told where the request around it says, if that is an address of the
/// client; what the object itself says counts for nothing then.
async fn signed_request(
    cx: &Cx,
    raw: &RawRequest,
    client: Option<&Arc<Client>>,
) -> Result<Result<RawRequest, Refusal>, PageError> {
    let client = match known(raw, client) {
        Ok(client) => client,
        Err(reason) => return Ok(Err(Refusal::Show(reason))),
    };
    Ok(match request_object::read(cx, raw, client, Around::AsInCore).await? {
        Ok(object) => Ok(object.unwrap_or_else(|| raw.clone())),
        Err(error) => Err(match locate(raw, Some(client.clone())) {
            Ok(destination) => Refusal::SendBack(Box::new(destination), error),
            Err(_) if error.code == Code::InvalidRequestUri => Refusal::Show(ShowReason::UnknownRequestUri),
            Err(_) => Refusal::Show(ShowReason::BadRequestObject),
        }),
    })
}

/// The client whose keys an object is verified with.
fn known<'c>(raw: &RawRequest, client: Option<&'c Arc<Client>>) -> Result<&'c Arc<Client>, ShowReason> {
    match raw.get("client_id") {
        None => Err(ShowReason::NoClientId),
        Some(_) => client.filter(|client| client.is_enabled()).ok_or(ShowReason::UnknownClient),
    }
}

/// Writes down what became of a request here; an answer after a sign-in, or without one, is written down at its end.
fn watched(cx: &Cx, client: &Arc<Client>, raw: &RawRequest, outcome: &Outcome) {
    let became = match outcome {
        Outcome::Show(reason) => Became::Page(reason.code(), reason.as_str()),
        Outcome::Refused(_, error) => Became::Error(error),
        Outcome::Interaction(..) => Became::Begun,
        Outcome::Answer(..) | Outcome::Unchecked(..) => return,
    };
    watch::note(cx, client, Endpoint::Authorize, Some(raw), &became);
}

async fn answer(cx: &Cx, read: Read, browser: &Browser) -> Result<Outcome, PageError> {
    let Read { raw, client, via, pushed } = read;
    let destination = match locate(&raw, client) {
        Ok(destination) => destination,
        Err(reason) => return Ok(show(cx, reason)),
    };
    let request = match AuthorizeRequest::parse(&raw, &destination, cx.here(), via) {
        Ok(request) => AuthorizeRequest { pushed, ..request },
        Err(Refusal::Show(reason)) => return Ok(show(cx, reason)),
        Err(Refusal::SendBack(destination, error)) => return send_back(cx, &destination, &error).await,
    };
    if let Some(hint) = &request.id_token_hint
        && logout::hinted_sub(cx, hint, destination.client()).await?.is_none()
    {
        let error = Error::invalid_request("id_token_hint is no ID token of this client.", "id_token_hint");
        return send_back(cx, &destination, &error).await;
    }
    enter(cx, request, browser).await
}

async fn send_back(cx: &Cx, destination: &Destination, error: &Error) -> Result<Outcome, PageError> {
    let answer = Sender::to(cx, destination).await?.error(cx, error)?;
    cx.note(Kind::AuthorizeRefused, Some(&destination.client().id));
    telemetry::authorize_request(kind_of(destination.client()), error.code.as_str());
    Ok(Outcome::Refused(Box::new(answer), error.clone()))
}

async fn enter(cx: &Cx, request: AuthorizeRequest, browser: &Browser) -> Result<Outcome, PageError> {
    let silent = request.prompts(Prompt::None);
    let mut state = Interaction::begin(Purpose::Authorize(Box::new(request)), browser, cx.now);
    let mut session = sessions::find(cx, browser).await?;
    if let Some(found) = &mut session {
        if !silent {
            sessions::touch(cx, found).await?;
        }
        state.account = Some(found.session.account.clone());
    }
    let mut loaded = interaction::fresh(cx, state);
    match hub::advance_from(cx, &mut loaded, browser, session).await? {
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
    let client = client_of(cx, raw).await?;
    let located = match (raw.get("request"), raw.get("request_uri")) {
        (None, None) => locate(raw, client).map(|_| ()),
        // Looked at when the browser comes back: once is enough to fetch anything.
        (_, Some(uri)) => known(raw, client.as_ref()).and_then(|known| {
            let told = known.metadata.requests.keeps_at(uri) || locate(raw, client.clone()).is_ok();
            if told { Ok(()) } else { Err(ShowReason::UnknownRequestUri) }
        }),
        (Some(_), None) => match signed_request(cx, raw, client.as_ref()).await? {
            Ok(object) => locate(&object, client).map(|_| ()),
            Err(Refusal::SendBack(..)) => Ok(()),
            Err(Refusal::Show(reason)) => Err(reason),
        },
    };
    match located {
        Ok(()) => Ok(Ok(parking::park(cx, At::Authorize, raw, AuthorizeRequest::KNOWN).await?)),
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
    let session = sessions::find(cx, browser).await?;
    state.account = session.as_ref().map(|found| found.session.account.clone());
    let mut loaded = interaction::fresh(cx, state);
    let next = hub::advance_from(cx, &mut loaded, browser, session).await?;
    if matches!(next, Next::Page(_)) {
        interaction::create(cx, &loaded).await?;
    }
    Ok((loaded.id, next))
}

/// The digest forms of an interaction are bound to.
pub fn form_binding(id: &InteractionId, browser: &Browser) -> Digest {
    Digest::of([browser.id.as_bytes().as_slice(), id.as_str().as_bytes()].concat())
}
