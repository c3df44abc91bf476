//! Where links from mails lead, and the page for codes on paper. A GET looks and spends nothing; a POST of our own form
//! begins what the link allows, in whichever browser it was opened.

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use axum::routing::{get, post};

use super::caller::{Caller, spoken};
use super::error::when;
use super::form::Form;
use super::pages::letter::LetterPage;
use super::pages::link::{LinkPage, LinkWhat};
use super::pages::link_over::{LinkOver, LinkOverPage};
use super::pages::other_person::OtherPersonPage;
use super::pages::ready::ReadyPage;
use super::pages::short_code::{ShortCodeError, ShortCodePage};
use super::pages::stale::Stale;
use super::pages::{Locale, Shell, render};
use super::{Web, answers, error, paths, steps};
use crate::audit::Kind;
use crate::base::ClientId;
use crate::flows::activation::{self, Invitee, Seen};
use crate::flows::invitations::Letter;
use crate::flows::{Cx, PageError, recovery, sessions};
use crate::identity::{LinkKind, LinkStanding};
use crate::oidc::authorize::RawRequest;

/// Every kind of link that begins something, and the path it stands below.
const LEADS: &[(LinkKind, &str)] = &[
    (LinkKind::Invitation, paths::ACTIVATE),
    (LinkKind::PasswordReset, paths::RESET),
    (LinkKind::FactorReset, paths::REGAIN),
    (LinkKind::Recovery, paths::RECOVER),
];

/// Mounts the links from their table.
pub fn routes() -> Router<Web> {
    let mut router = Router::new()
        .route(paths::ACTIVATE, get(code).post(code_typed))
        .route("/activate/{token}/again", post(ask_again))
        .route(&format!("{}/{{token}}", paths::RECOVER_CANCEL), get(ask_cancel).post(cancel))
        .route(paths::READY, get(ready));
    for (kind, path) in LEADS {
        let kind = *kind;
        let show = get(move |caller: Caller, Path(token): Path<String>| look(caller, kind, token));
        let go = move |caller: Caller, Path(token): Path<String>, Form(form): Form| {
            begin(caller, kind, token, form)
        };
        let leave = move |caller: Caller, Path(token): Path<String>, Form(form): Form| {
            switch(caller, kind, token, form)
        };
        router = router.route(&format!("{path}/{{token}}"), show.post(go));
        router = router.route(&format!("{path}/{{token}}/switch"), post(leave));
    }
    router
}

fn path(kind: LinkKind, token: &str) -> String {
    let base = LEADS.iter().find(|(known, _)| *known == kind).map_or(paths::ACTIVATE, |(_, path)| path);
    format!("{base}/{token}")
}

fn what(kind: LinkKind) -> LinkWhat {
    match kind {
        LinkKind::Invitation | LinkKind::Letter => LinkWhat::Activate,
        LinkKind::PasswordReset => LinkWhat::Reset,
        LinkKind::FactorReset => LinkWhat::Regain,
        LinkKind::Recovery => LinkWhat::Recover,
        LinkKind::RecoveryCancel | LinkKind::NotMe | LinkKind::Address => LinkWhat::Stop,
    }
}

/// Insists that a form came from a page of ours in this browser.
pub(super) fn own(caller: &Caller, form: &RawRequest) -> Result<(), Box<Response>> {
    let Err(why) = caller.check_form(form.get("csrf"), &caller.browser.id) else { return Ok(()) };
    Err(Box::new(match caller.new_browser {
        Some(_) => error::stale(caller, Stale::NoCookie, 400, None),
        // The link's token stands in the address of its page, which is not repeated.
        None => error::of_form(caller, &why, None),
    }))
}

async fn look(caller: Caller, kind: LinkKind, token: String) -> Response {
    let seen = activation::look(&caller.cx, &caller.browser, kind, &token).await;
    let mut response = match seen {
        Ok(Seen::Open(invitee)) => open(&caller, kind, &token, invitee),
        Ok(Seen::Over(link)) => {
            let again = kind == LinkKind::Invitation && link.standing == LinkStanding::Expired;
            over(&caller, link.standing, again.then(|| format!("{}/again", path(kind, &token))))
        }
        Ok(Seen::Unknown) => unknown(&caller),
        Err(why) => error::of(&caller, &why),
    };
    answers::set_session(&caller, &mut response, None);
    response
}

/// A link that works, and who may follow it.
fn open(caller: &Caller, kind: LinkKind, token: &str, invitee: Invitee) -> Response {
    // The token stands in the address: the language picker comes back to the account's pages instead of repeating it.
    let shell = caller.shell(paths::ACCOUNT, caller.browser_csrf());
    if let Some(signed_in) = invitee.other {
        let page = OtherPersonPage {
            shell,
            signed_in,
            sent_to: invitee.name,
            switch: format!("{}/switch", path(kind, token)),
            back: paths::ACCOUNT.to_owned(),
        };
        return answers::page(409, render(&page), None);
    }
    let page = LinkPage {
        shell,
        what: what(kind),
        name: Some(invitee.name),
        moment: Some(when(invitee.until)),
        action: path(kind, token),
    };
    answers::page(200, render(&page), None)
}

/// A link that works no more.
pub(super) fn over(caller: &Caller, standing: LinkStanding, ask: Option<String>) -> Response {
    let (state, sign_in) = match standing {
        LinkStanding::Spent | LinkStanding::Open => (LinkOver::Used, true),
        LinkStanding::Revoked => (LinkOver::Revoked, false),
        LinkStanding::Expired => (LinkOver::Expired, ask.is_none()),
    };
    told(caller, 410, state, ask, sign_in)
}

/// A link nobody was sent.
pub(super) fn unknown(caller: &Caller) -> Response {
    told(caller, 404, LinkOver::Unknown, None, false)
}

/// The page that says what became of a link.
pub(super) fn told(
    caller: &Caller,
    status: u16,
    state: LinkOver,
    ask: Option<String>,
    sign_in: bool,
) -> Response {
    let page = LinkOverPage {
        shell: caller.shell(paths::ACCOUNT, caller.browser_csrf()),
        state,
        ask,
        sign_in: sign_in.then(|| paths::ACCOUNT.to_owned()),
        reference: caller.cx.request.clone(),
    };
    answers::page(status, render(&page), None)
}

async fn begin(caller: Caller, kind: LinkKind, token: String, form: RawRequest) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    match activation::begin(&caller.cx, &caller.browser, kind, &token).await {
        Ok((id, next)) => steps::go(&caller, &id, Ok(next)).await,
        // Its page names both.
        Err(PageError::OtherPerson) => answers::redirect(&path(kind, &token)),
        Err(why) => error::of(&caller, &why),
    }
}

/// Signs out whoever is signed in, and comes back to the link.
async fn switch(caller: Caller, kind: LinkKind, token: String, form: RawRequest) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    match sessions::sign_out(&caller.cx, &caller.browser).await {
        Ok(done) => {
            let mut response = answers::redirect(&path(kind, &token));
            answers::clear_session(&caller, &mut response, done.as_ref().map(|done| &done.browser));
            response
        }
        Err(why) => error::of(&caller, &why),
    }
}

async fn ask_again(caller: Caller, Path(token): Path<String>, Form(form): Form) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    match activation::ask_again(&caller.cx, &token).await {
        Ok(()) => told(&caller, 200, LinkOver::Asked, None, false),
        Err(why) => error::of(&caller, &why),
    }
}

/// Asks before a recovery is stopped: mail scanners open links.
async fn ask_cancel(caller: Caller, Path(token): Path<String>) -> Response {
    let seen = activation::look(&caller.cx, &caller.browser, LinkKind::RecoveryCancel, &token).await;
    let mut response = match seen {
        Ok(Seen::Open(invitee)) => {
            let page = LinkPage {
                shell: caller.shell(paths::ACCOUNT, caller.browser_csrf()),
                what: LinkWhat::Stop,
                name: Some(invitee.name),
                moment: Some(when(invitee.until)),
                action: format!("{}/{token}", paths::RECOVER_CANCEL),
            };
            answers::page(200, render(&page), None)
        }
        Ok(Seen::Over(link)) => over(&caller, link.standing, None),
        Ok(Seen::Unknown) => unknown(&caller),
        Err(why) => error::of(&caller, &why),
    };
    answers::set_session(&caller, &mut response, None);
    response
}

async fn cancel(caller: Caller, Path(token): Path<String>, Form(form): Form) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    match recovery::cancel(&caller.cx, &token).await {
        Ok(true) => told(&caller, 200, LinkOver::Stopped, None, true),
        Ok(false) => over(&caller, LinkStanding::Revoked, None),
        Err(why) => error::of(&caller, &why),
    }
}

/// A printed invitation, in the language of whom it is for.
pub fn letter(cx: &Cx, letter: &Letter) -> LetterPage {
    let config = &cx.config;
    let shell = Shell {
        locale: Locale::negotiate(letter.locale.as_deref(), None, None, spoken(config)),
        csrf: String::new(),
        organisation: config.organisation.name.clone(),
        app_name: None,
        elsewhere: false,
        account_name: None,
        support_phone: config.support.phone.clone(),
        urgent_help: None,
        demo: false,
        path: paths::ACTIVATE.to_owned(),
        cancel: None,
        theme: None,
    };
    LetterPage {
        shell,
        name: letter.name.clone(),
        address: letter.address.clone(),
        reference: letter.reference.clone(),
        code: letter.code.expose().clone(),
        until: when(letter.until),
        around: None,
    }
}

async fn code(caller: Caller) -> Response {
    let mut response = code_page(&caller, String::new(), None);
    answers::set_session(&caller, &mut response, None);
    response
}

fn code_page(caller: &Caller, username: String, error: Option<ShortCodeError>) -> Response {
    let shell = caller.shell(paths::ACTIVATE, caller.browser_csrf());
    let status = if error.is_some() { 400 } else { 200 };
    let page = ShortCodePage { shell, action: paths::ACTIVATE.to_owned(), username, error };
    answers::page(status, render(&page), None)
}

async fn code_typed(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own(&caller, &form) {
        return *response;
    }
    let username = form.get("username").unwrap_or_default();
    let typed = form.get("letter_code").unwrap_or_default();
    if username.trim().is_empty() || typed.trim().is_empty() {
        return code_page(&caller, username.to_owned(), Some(ShortCodeError::Empty));
    }
    match activation::begin_short(&caller.cx, &caller.browser, username, typed).await {
        Ok(Some((id, next))) => steps::go(&caller, &id, Ok(next)).await,
        Ok(None) => code_page(&caller, username.to_owned(), Some(ShortCodeError::Wrong)),
        Err(why) => error::of(&caller, &why),
    }
}

/// The end of an activation, with the app that wanted the person.
pub(super) fn ready_at(app: Option<&str>) -> String {
    let Some(app) = app else { return paths::READY.to_owned() };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("app", app);
    format!("{}?{}", paths::READY, query.finish())
}

async fn ready(caller: Caller, RawQuery(query): RawQuery) -> Response {
    match sessions::find(&caller.cx, &caller.browser).await {
        Ok(Some(_)) => {}
        Ok(None) => return answers::redirect(paths::ACCOUNT),
        Err(why) => return error::of(&caller, &why),
    }
    let Ok(asked) = RawRequest::parse(query.as_deref().unwrap_or_default()) else {
        caller.cx.note(Kind::InputRefused, None);
        return error::problem(&caller, 400, "VS-4001", None);
    };
    let client = match asked.get("app") {
        Some(id) => caller.cx.clients.find(&caller.cx, &ClientId::from_text(id)).await,
        None => Ok(None),
    };
    let client = match client {
        Ok(client) => client,
        Err(why) => return error::of(&caller, &why.into()),
    };
    let home = client.as_ref().and_then(|client| {
        let metadata = &client.metadata;
        metadata.initiate_login_uri.clone().or_else(|| metadata.client_uri.clone())
    });
    let mut shell = caller.shell(paths::ACCOUNT, caller.browser_csrf());
    shell.app_name = client.filter(|_| home.is_some()).map(|client| client.shown_name().to_owned());
    answers::page(200, render(&ReadyPage { shell, app: home, account: paths::ACCOUNT.to_owned() }), None)
}
