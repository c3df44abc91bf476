//! The authorization endpoint.

use axum::extract::RawQuery;
use axum::response::Response;

use crate::audit::Kind;
use crate::base::ClientId;
use crate::clients::{Client, RedirectUri, Stage};
use crate::flows::authorize::{self, Outcome};
use crate::flows::parking::{self, At};
use crate::oidc::authorize::{RawRequest, ShowReason};
use crate::oidc::watch;
use crate::web::caller::Caller;
use crate::web::form::Form;
use crate::web::pages::problem::{Compared, DeveloperDetail};
use crate::web::paths::{self, Step};
use crate::web::{answers, error};

pub(super) async fn get(mut caller: Caller, RawQuery(query): RawQuery) -> Response {
    let raw = match RawRequest::parse(query.as_deref().unwrap_or_default()) {
        Ok(raw) => raw,
        Err(_) => {
            caller.cx.note(Kind::InputRefused, None);
            return show(&caller, &RawRequest::default(), ShowReason::BadForm).await;
        }
    };
    let raw = match raw.get(paths::PARKED) {
        Some(ticket) => match parking::unpark(&caller.cx, At::Authorize, ticket).await {
            Ok(raw) => raw,
            Err(why) => return error::of(&caller, &why),
        },
        None => raw,
    };
    caller.prefer(raw.get("ui_locales"));
    match authorize::begin(&caller.cx, &raw, &caller.browser).await {
        Ok(Outcome::Show(reason)) => show(&caller, &raw, reason).await,
        Ok(Outcome::Refused(answer, _)) => answers::to_app(&caller, &answer, None),
        Ok(Outcome::Unchecked(answer, client)) => error::unchecked(&caller, &answer, &client),
        Ok(Outcome::Answer(answer, session)) => answers::to_app(&caller, &answer, session.as_ref()),
        Ok(Outcome::Interaction(id, page)) => {
            let mut response = answers::redirect(&Step::first_of(&page).at(&id));
            answers::set_session(&caller, &mut response, None);
            response
        }
        Err(why) => error::of(&caller, &why),
    }
}

/// Answers 303 before it looks at a session: a cross-site POST carries no SameSite=Lax cookie.
pub(super) async fn post(caller: Caller, Form(raw): Form) -> Response {
    match authorize::park(&caller.cx, &raw).await {
        Ok(Ok(ticket)) => {
            answers::redirect(&format!("{}?{}={}", paths::AUTHORIZE, paths::PARKED, ticket.expose()))
        }
        Ok(Err(reason)) => show(&caller, &raw, reason).await,
        Err(why) => error::of(&caller, &why),
    }
}

/// For the developer: the registered URI that comes nearest to the one that was sent.
fn compared(client: Option<&Client>, raw: &RawRequest, reason: ShowReason) -> Vec<Compared> {
    let Some(client) = client.filter(|_| reason == ShowReason::UnknownRedirectUri) else { return Vec::new() };
    let received = raw.get("redirect_uri").unwrap_or_default();
    let alike = |uri: &&str| uri.bytes().zip(received.bytes()).take_while(|(a, b)| a == b).count();
    let nearest = client.metadata.redirect_uris.iter().map(RedirectUri::as_str).max_by_key(alike);
    let compare = |expected: &str| Compared {
        name: "redirect_uri".to_owned(),
        expected: expected.to_owned(),
        received: received.to_owned(),
    };
    nearest.map(compare).into_iter().collect()
}

/// The page of a request that may not be answered anywhere; with what its developer needs in test mode and in the demo.
async fn show(caller: &Caller, raw: &RawRequest, reason: ShowReason) -> Response {
    let id = ClientId::from_text(raw.get("client_id").unwrap_or_default());
    let client = caller.cx.clients.find(&caller.cx, &id).await.ok().flatten();
    let in_test = client.as_ref().is_some_and(|client| client.stage == Stage::Test && client.is_enabled());
    let detail = (in_test || caller.web.demo.is_some()).then(|| {
        let message = match reason {
            ShowReason::NoClientId => "client_id is missing or given twice.",
            ShowReason::UnknownClient => "No enabled client has this client_id.",
            ShowReason::NoRedirectUri => "redirect_uri is missing or given twice.",
            ShowReason::UnknownRedirectUri => "redirect_uri is not registered for this client.",
            ShowReason::BadForm => "The parameters are not well-formed UTF-8.",
            ShowReason::UnknownRequestUri => {
                "request_uri is not one this client pushed or registered, or has expired or been used."
            }
            ShowReason::BadRequestObject => "The request object is refused. The log says why.",
        };
        DeveloperDetail {
            message: message.to_owned(),
            compared: compared(client.as_deref(), raw, reason),
            fix: Some(watch::fix(reason.as_str()).to_owned()),
        }
    });
    error::problem(caller, 400, reason.code(), detail)
}
