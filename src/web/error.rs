//! From a flow's refusal to the page a person sees: what happened, and the way out.

use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::caller::Caller;
use super::pages::locked::{LockedPage, LockedWhat};
use super::pages::problem::{DeveloperDetail, ProblemPage};
use super::pages::stale::{Stale, StalePage};
use super::pages::{Method, When, render};
use super::{answers, links, paths, steps};
use crate::audit::Kind;
use crate::base::{ClientId, InteractionId, Timestamp};
use crate::factors::FactorKind;
use crate::flows::authorize::form_binding;
use crate::flows::{PageError, interaction, lent};
use crate::oidc::authorize::AuthorizeRequest;

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
    if matches!(error, PageError::Bad("double_submit" | "step")) {
        return answers::redirect(&format!("/i/{id}"));
    }
    if error == PageError::Unavailable {
        // Asking the store that does not answer once more would double the wait.
        return of(caller, &error);
    }
    let asked = interaction::asked(&caller.cx, id).await;
    let mut caller = caller.clone();
    caller.prefer(asked.as_ref().and_then(|request| request.ui_locales.as_deref()));
    let state = match error {
        PageError::Throttled(until) => return locked(&caller, id, until, what).await,
        PageError::NetworkThrottled(until) => {
            return locked(&caller, id, Some(until), LockedWhat::Network).await;
        }
        PageError::OtherBrowser if caller.new_browser.is_some() => Stale::NoCookie,
        PageError::OtherBrowser => Stale::OtherBrowser,
        PageError::Expired => Stale::Expired,
        PageError::Finished => Stale::Finished,
        other => return of(&caller, &other),
    };
    stale_sign_in(&caller, state, asked).await
}

/// A sign-in that cannot go on, and the way back to the app that began it.
async fn stale_sign_in(caller: &Caller, state: Stale, asked: Option<AuthorizeRequest>) -> Response {
    let elsewhere = asked.as_ref().is_some_and(|request| lent::is_ours(&caller.cx, &request.redirect_uri));
    let client = match asked {
        Some(request) => {
            let id = ClientId::from_text(request.client_id);
            caller.cx.clients.find(&caller.cx, &id).await.ok().flatten()
        }
        None => None,
    };
    let home = client.as_ref().filter(|_| !elsewhere).and_then(|c| {
        let metadata = &c.metadata;
        metadata.initiate_login_uri.clone().or_else(|| metadata.client_uri.clone())
    });
    let mut shell = caller.shell("/", caller.browser_csrf());
    shell.app_name = client.filter(|_| home.is_some()).map(|c| c.shown_name().to_owned());
    let page = StalePage {
        shell,
        state,
        way_out: Some(home.unwrap_or_else(|| paths::ACCOUNT.to_owned())),
        reference: Some(caller.cx.request.clone()),
    };
    answers::page(if state == Stale::Finished { 200 } else { 400 }, render(&page), None)
}

/// The page of a refusal anywhere else.
pub fn of(caller: &Caller, error: &PageError) -> Response {
    match error {
        PageError::Expired => stale(caller, Stale::Expired, 400, Some(paths::ACCOUNT.to_owned())),
        PageError::Finished => stale(caller, Stale::Finished, 200, None),
        PageError::LinkOver(standing) => links::over(caller, *standing, None),
        PageError::LinkUnknown => links::unknown(caller),
        PageError::OtherPerson => stale(caller, Stale::OtherBrowser, 400, Some(paths::ACCOUNT.to_owned())),
        PageError::OtherBrowser => stale(caller, Stale::OtherBrowser, 400, Some(paths::ACCOUNT.to_owned())),
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
        PageError::Forged | PageError::StaleForm => of_form(caller, error, None),
        PageError::Throttled(_) | PageError::NetworkThrottled(_) => problem(caller, 429, "VS-4290", None),
        PageError::Stuck | PageError::Bad(_) => problem(caller, 400, "VS-4000", None),
    }
}

/// The page of a form that is not this session's own. Nothing was done; `page` is where it stands, to be opened again.
pub fn of_form(caller: &Caller, error: &PageError, page: Option<String>) -> Response {
    match error {
        PageError::StaleForm => {
            caller.cx.note(Kind::InputRefused, None);
            stale(caller, Stale::Form, 403, page)
        }
        PageError::Forged => {
            caller.cx.note(Kind::InputRefused, None);
            problem(caller, 403, "VS-4030", None)
        }
        other => of(caller, other),
    }
}

/// An error page; detail is for the developer of an app in test mode, and in the demo.
pub fn problem(caller: &Caller, status: u16, code: &str, developer: Option<DeveloperDetail>) -> Response {
    let page = ProblemPage {
        shell: caller.shell(&caller.here, caller.browser_csrf()),
        status,
        reference: caller.cx.request.clone(),
        code: code.to_owned(),
        at: Some(when(caller.cx.now)),
        way_out: None,
        developer,
    };
    answers::page(status, render(&page), None)
}

/// A page for an odd state, with the way out.
pub fn stale(caller: &Caller, state: Stale, status: u16, way_out: Option<String>) -> Response {
    let shell = caller.shell(&caller.here, caller.browser_csrf());
    let reference = Some(caller.cx.request.clone());
    let page = StalePage { shell, state, way_out, reference };
    answers::page(status, render(&page), None)
}

async fn locked(caller: &Caller, id: &InteractionId, until: Option<Timestamp>, what: LockedWhat) -> Response {
    let csrf = caller.cx.csrf(&form_binding(id, &caller.browser));
    let methods = match what {
        LockedWhat::Password | LockedWhat::Code => open_ways(caller, id, what).await,
        LockedWhat::Network | LockedWhat::Disabled | LockedWhat::Model => Vec::new(),
    };
    let page = LockedPage {
        shell: caller.shell(&format!("/i/{id}"), csrf),
        what: if until.is_some() { what } else { LockedWhat::Disabled },
        until: until.map(|until| when(until.minute_after())),
        methods,
        action: paths::Step::Choose.at(id),
        again: Some(format!("/i/{id}")),
        recover: match what {
            LockedWhat::Network => None,
            // A password that waits, or is switched off, is replaced by a link from a mail.
            LockedWhat::Password => Some(paths::Step::Forgot.at(id)),
            LockedWhat::Code | LockedWhat::Disabled | LockedWhat::Model => Some(paths::Step::Recover.at(id)),
        },
        reference: caller.cx.request.clone(),
    };
    let mut response = answers::page(429, render(&page), None);
    if let Some(until) = until {
        answers::put(&mut response, RETRY_AFTER, &until.since(caller.cx.now).max(1).to_string());
    }
    response
}

/// The ways that stay open while one waits: the method is locked, not the person.
async fn open_ways(caller: &Caller, id: &InteractionId, what: LockedWhat) -> Vec<Method> {
    let waits = |kind: &FactorKind| match what {
        LockedWhat::Password => *kind == FactorKind::Password,
        _ => matches!(kind, FactorKind::Totp | FactorKind::RecoveryCodes),
    };
    let ways = steps::ways(caller, id).await.unwrap_or_default();
    ways.iter().filter(|kind| !waits(kind)).map(|kind| steps::show::method(*kind)).collect()
}
