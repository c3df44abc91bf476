//! The authorization endpoint.

use axum::extract::RawQuery;
use axum::response::Response;

use crate::audit::Kind;
use crate::base::ClientId;
use crate::clients::RedirectUri;
use crate::flows::authorize::{self, Outcome};
use crate::flows::parking::{self, At};
use crate::oidc::authorize::{RawRequest, ShowReason};
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
            return show(&caller, ShowReason::BadForm, Vec::new());
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
        Ok(Outcome::Show(reason)) => {
            let compared = compared(&caller, &raw, reason).await;
            show(&caller, reason, compared)
        }
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
        Ok(Err(reason)) => {
            let compared = compared(&caller, &raw, reason).await;
            show(&caller, reason, compared)
        }
        Err(why) => error::of(&caller, &why),
    }
}

/// For the developer of the demo's apps: the registered URI that comes nearest to the one that was sent.
async fn compared(caller: &Caller, raw: &RawRequest, reason: ShowReason) -> Vec<Compared> {
    if caller.web.demo.is_none() || reason != ShowReason::UnknownRedirectUri {
        return Vec::new();
    }
    let id = ClientId::from_text(raw.get("client_id").unwrap_or_default());
    let Ok(Some(client)) = caller.cx.clients.find(&caller.cx, &id).await else { return Vec::new() };
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

fn show(caller: &Caller, reason: ShowReason, compared: Vec<Compared>) -> Response {
    let (code, message, fix) = match reason {
        ShowReason::NoClientId => ("VS-1201", "client_id is missing or given twice.", "Send client_id once."),
        ShowReason::UnknownClient => {
            ("VS-1202", "No enabled client has this client_id.", "Register the client, or enable it.")
        }
        ShowReason::NoRedirectUri => (
            "VS-1203",
            "redirect_uri is missing or given twice.",
            "Send one of the registered redirect URIs.",
        ),
        ShowReason::UnknownRedirectUri => (
            "VS-1204",
            "redirect_uri is not registered for this client.",
            "Register it exactly as sent, character by character.",
        ),
        ShowReason::BadForm => {
            ("VS-1205", "The parameters are not well-formed UTF-8.", "Percent-encode them.")
        }
    };
    let detail = DeveloperDetail { message: message.to_owned(), compared, fix: Some(fix.to_owned()) };
    error::problem(caller, 400, code, Some(detail))
}
