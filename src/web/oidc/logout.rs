//! The end-session endpoint and its confirmation page.

use axum::extract::RawQuery;
use axum::response::Response;

use crate::audit::Kind;
use crate::base::url;
use crate::flows::logout::{self, Apps, Back, Bad, Ending};
use crate::flows::parking::{self, At};
use crate::oidc::authorize::RawRequest;
use crate::oidc::logout::LogoutRequest;
use crate::oidc::watch;
use crate::web::caller::Caller;
use crate::web::form::Form;
use crate::web::pages::problem::DeveloperDetail;
use crate::web::pages::render;
use crate::web::pages::sign_out::SignOutPage;
use crate::web::{answers, error, paths, signed_out};

pub(super) async fn get(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let Ok(raw) = RawRequest::parse(query.as_deref().unwrap_or_default()) else {
        caller.cx.note(Kind::InputRefused, None);
        return bad(&caller);
    };
    let raw = match raw.get(paths::PARKED) {
        Some(ticket) => match parking::unpark(&caller.cx, At::Logout, ticket).await {
            Ok(raw) => raw,
            Err(why) => return error::of(&caller, &why),
        },
        None => raw,
    };
    begin(&caller, &raw).await
}

/// Answers 303 before it looks at a session: a cross-site POST carries no SameSite=Lax cookie, and would sign nobody
/// out while saying so.
pub(super) async fn post(caller: Caller, Form(raw): Form) -> Response {
    if LogoutRequest::parse(&raw).is_err() {
        return malformed(&caller);
    }
    match parking::park(&caller.cx, At::Logout, &raw, LogoutRequest::KNOWN).await {
        Ok(ticket) => answers::redirect(&format!("{}?{}={}", paths::LOGOUT, paths::PARKED, ticket.expose())),
        Err(why) => error::of(&caller, &why),
    }
}

async fn begin(caller: &Caller, raw: &RawRequest) -> Response {
    let Ok(request) = LogoutRequest::parse(raw) else { return malformed(caller) };
    match logout::begin(&caller.cx, &request, raw, &caller.browser).await {
        Ok(Ending::Ask { session, back, apps }) => {
            ask(caller, &request, session.is_some(), back.as_ref(), apps)
        }
        Ok(Ending::Done(goodbye)) => signed_out::answer(caller, paths::LOGOUT, goodbye),
        Ok(Ending::Bad(bad)) => refused(caller, bad),
        Err(why) => error::of(caller, &why),
    }
}

pub(super) async fn confirm(caller: Caller, Form(raw): Form) -> Response {
    if let Err(why) = caller.check_form(raw.get("csrf"), &caller.browser.id) {
        return error::of_form(&caller, &why, Some(paths::LOGOUT.to_owned()));
    }
    let Ok(request) = LogoutRequest::parse(&raw) else { return malformed(&caller) };
    match logout::confirm(&caller.cx, &request, &caller.browser).await {
        Ok(Ending::Done(goodbye)) => signed_out::answer(&caller, paths::LOGOUT, goodbye),
        Ok(_) => bad(&caller),
        Err(why) => error::of(&caller, &why),
    }
}

fn ask(
    caller: &Caller,
    request: &LogoutRequest,
    signed_in: bool,
    back: Option<&Back>,
    apps: Apps,
) -> Response {
    let mut shell = caller.shell(paths::LOGOUT, caller.browser_csrf());
    shell.app_name = back.map(|b| b.app.clone());
    let given = [
        ("id_token_hint", &request.id_token_hint),
        ("post_logout_redirect_uri", &request.post_logout_redirect_uri),
        ("state", &request.state),
        ("client_id", &request.client_id),
    ];
    let fields = given.into_iter().filter_map(|(n, v)| Some((n.to_owned(), v.clone()?))).collect();
    let stay = signed_in.then(|| paths::ACCOUNT.to_owned());
    let page = SignOutPage {
        shell,
        action: paths::LOGOUT_CONFIRM.to_owned(),
        fields,
        who: None,
        told: apps.told,
        untold: apps.untold,
        stay,
    };
    let target = back.and_then(|b| url::form_action_source(&b.url));
    let mut response = answers::page(200, render(&page), target.as_deref());
    answers::set_session(caller, &mut response, None);
    response
}

fn malformed(caller: &Caller) -> Response {
    caller.cx.note(Kind::LogoutRefused, None);
    bad(caller)
}

/// The page of a request that may not be answered; with what its developer needs in test mode and in the demo.
fn refused(caller: &Caller, bad: Bad) -> Response {
    let detail = (bad.in_test || caller.web.demo.is_some()).then(|| {
        let message = match bad.why {
            "bad_hint" => "id_token_hint is no ID token of this service, for an app that is enabled.",
            "client_mismatch" => "client_id is not the app that id_token_hint was given to.",
            "no_hint" => "post_logout_redirect_uri came without id_token_hint.",
            _ => "post_logout_redirect_uri is not registered for this client.",
        };
        let fix = Some(watch::fix(bad.why).to_owned());
        DeveloperDetail { message: message.to_owned(), compared: Vec::new(), fix }
    });
    error::problem(caller, 400, "VS-1301", detail)
}

fn bad(caller: &Caller) -> Response {
    error::problem(caller, 400, "VS-1301", None)
}
