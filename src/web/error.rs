//! From a flow's refusal to the page a person sees: what happened, and the way out.

use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::caller::Caller;
use super::pages::locked::{LockedPage, LockedWhat};
use super::pages::problem::{DeveloperDetail, ProblemPage};
use super::pages::stale::{Stale, StalePage};
use super::pages::{When, render};
use super::{answers, paths};
use crate::base::{ClientId, InteractionId, Timestamp};
use crate::flows::{PageError, interaction};

/// A time as pages show it.
pub fn when(at: Timestamp) -> When {
    When::utc(jiff::Timestamp::from_second(at.seconds()).unwrap_or_default())
}

/// The page of a refusal inside an interaction; `what` names the method for "wait".
pub async fn of_interaction(
    caller: &Caller,
    id: &InteractionId,
    error: PageError,
    what: LockedWhat,
) -> Response {
    match error {
        PageError::Throttled(until) => locked(caller, id, until, what),
        PageError::NetworkThrottled(until) => locked(caller, id, Some(until), LockedWhat::Network),
        PageError::Bad("double_submit" | "step") => answers::redirect(&format!("/i/{id}")),
        PageError::OtherBrowser if caller.new_browser.is_some() => stale(caller, Stale::NoCookie, 400, None),
        PageError::Expired | PageError::Finished => {
            let out = way_out(caller, id).await;
            let (state, status) = match error {
                PageError::Finished => (Stale::Finished, 200),
                _ => (Stale::Expired, 400),
            };
            stale(caller, state, status, out)
        }
        other => of(caller, &other),
    }
}

/// The page of a refusal anywhere else.
pub fn of(caller: &Caller, error: &PageError) -> Response {
    match error {
        PageError::Expired => stale(caller, Stale::Expired, 400, None),
        PageError::Finished => stale(caller, Stale::Finished, 200, None),
        PageError::OtherBrowser => stale(caller, Stale::OtherBrowser, 400, None),
        PageError::Busy(seconds) => {
            let mut response = stale(caller, Stale::Busy, 503, None);
            answers::put(&mut response, RETRY_AFTER, &seconds.to_string());
            response
        }
        PageError::Unavailable => {
            let mut response = problem(caller, 503, "VS-5030", None);
            answers::put(&mut response, RETRY_AFTER, "5");
            response
        }
        PageError::SignedOut => answers::redirect(paths::ACCOUNT),
        PageError::NotFound => problem(caller, 404, "VS-4040", None),
        PageError::Forged => problem(caller, 403, "VS-4030", None),
        PageError::Throttled(_) | PageError::NetworkThrottled(_) => problem(caller, 429, "VS-4290", None),
        PageError::Stuck | PageError::Bad(_) => problem(caller, 400, "VS-4000", None),
    }
}

/// An error page; developers see detail only in the demo.
pub fn problem(caller: &Caller, status: u16, code: &str, developer: Option<DeveloperDetail>) -> Response {
    let page = ProblemPage {
        shell: caller.shell("/", caller.browser_csrf()),
        status,
        reference: caller.cx.request.clone(),
        code: code.to_owned(),
        at: Some(when(caller.cx.now)),
        way_out: None,
        developer: developer.filter(|_| caller.web.demo.is_some()),
    };
    answers::page(status, render(&page), None)
}

/// A page for an odd state, with the way out.
pub fn stale(caller: &Caller, state: Stale, status: u16, way_out: Option<String>) -> Response {
    let shell = caller.shell("/", caller.browser_csrf());
    let reference = Some(caller.cx.request.clone());
    let page = StalePage { shell, state, way_out, reference };
    answers::page(status, render(&page), None)
}

fn locked(caller: &Caller, id: &InteractionId, until: Option<Timestamp>, what: LockedWhat) -> Response {
    let page = LockedPage {
        shell: caller.shell(&format!("/i/{id}"), caller.browser_csrf()),
        what: if until.is_some() { what } else { LockedWhat::Disabled },
        until: until.map(when),
        methods: Vec::new(),
        action: paths::Step::Choose.at(id),
        again: Some(paths::Step::Choose.at(id)),
        reference: caller.cx.request.clone(),
    };
    let mut response = answers::page(429, render(&page), None);
    if let Some(until) = until {
        answers::put(&mut response, RETRY_AFTER, &until.since(caller.cx.now).max(1).to_string());
    }
    response
}

/// Back to the app that asked: its registered page for beginning a sign-in, else its home.
async fn way_out(caller: &Caller, id: &InteractionId) -> Option<String> {
    let client_id = interaction::client_of(&caller.cx, id, &caller.browser).await?;
    let client = caller.cx.clients.find(&caller.cx, &ClientId::from_text(client_id)).await.ok()??;
    client.metadata.initiate_login_uri.clone().or_else(|| client.metadata.client_uri.clone())
}
