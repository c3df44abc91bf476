//! The person's own pages: home, adding ways to sign in behind a step-up, signing out. Each other page is a file beside.

mod activity;
mod approve;
mod apps;
mod copy;
mod deeds;
mod details;
mod devices;
mod privacy;
mod ways;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use axum::routing::{get, post};

use super::caller::Caller;
use super::form::Form;
use super::pages::account::{AccountNotice, AccountPage};
use super::pages::{Method, Shell, render};
use super::paths::{self, Step};
use super::steps::show::{method, role};
use super::{Web, answers, error, signed_out};
use crate::base::{Timestamp, Token};
use crate::factors::FactorKind;
use crate::flows::hub::Next;
use crate::flows::interaction::{Change, Place};
use crate::flows::{PageError, account, authorize, ciba, logout, sessions};

/// Mounts the person's own pages.
pub fn routes() -> Router<Web> {
    Router::new()
        .route("/account", get(to_home))
        .route(paths::ACCOUNT, get(home))
        .route("/account/sign-in", get(sign_in))
        .route("/account/add/{method}", get(add))
        .route(paths::ACCOUNT_PASSWORD, get(password))
        .route("/account/ways/{id}/name", get(ways::ask_name).post(ways::name))
        .route("/account/ways/{id}/remove", get(ways::ask_removal).post(ways::remove))
        .route(paths::ACCOUNT_DEVICES, get(devices::show))
        .route("/account/devices/end", post(devices::end))
        .route("/account/devices/end-others", post(devices::end_others))
        .route(paths::ACCOUNT_APPS, get(apps::show))
        .route("/account/apps/stop", post(apps::stop))
        .route(paths::ACCOUNT_ACTIVITY, get(activity::show))
        .route("/account/not-me", post(activity::not_me))
        .route(paths::ACCOUNT_DETAILS, get(details::show))
        .route("/account/details/language", post(details::speak))
        .route("/account/addresses/second/remove", get(details::ask_removal).post(details::remove))
        .route("/account/addresses/{slot}", get(details::ask).post(details::give))
        .route("/account/address/{token}", get(details::link).post(details::prove))
        .route(paths::ACCOUNT_PRIVACY, get(privacy::show))
        .route("/account/privacy/copy", get(privacy::ask_copy).post(privacy::copy))
        .route("/account/privacy/close", get(privacy::ask_close).post(privacy::close))
        .route("/account/privacy/keep", post(privacy::keep))
        .route("/approve", get(approve::show).post(approve::decide))
        .route("/approve/done", get(approve::done))
        .route(paths::ACCOUNT_SIGN_OUT, post(sign_out))
}

async fn to_home() -> Response {
    answers::redirect(paths::ACCOUNT)
}

async fn home(caller: Caller, RawQuery(query): RawQuery) -> Response {
    match account::privacy::show(&caller.cx, &caller.browser).await {
        Ok((home, due)) => match ciba::waits_for(&caller.cx, &home.account.id).await {
            Ok(waits) => show(&caller, &home, (due, !waits.is_empty()), notice(query.as_deref())),
            Err(why) => error::of(&caller, &why),
        },
        // With no or half a session: a sign-in first.
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}

async fn sign_in(caller: Caller) -> Response {
    begin(&caller, Place::Home).await
}

/// Leads into a sign-in for a place; where nothing more is needed, on to the place itself.
async fn begin(caller: &Caller, place: Place) -> Response {
    let mut response = match authorize::begin_account(&caller.cx, &caller.browser, place).await {
        Ok((id, Next::Page(page))) => answers::redirect(&Step::first_of(&page).at(&id)),
        Ok((id, Next::Stay)) => answers::redirect(&format!("/i/{id}")),
        Ok((_, Next::Account(place, session))) => {
            let mut response = answers::redirect(&after(&place));
            answers::set_session(caller, &mut response, session.as_ref());
            response
        }
        Ok((_, Next::Answer(..) | Next::Admin(..) | Next::Ready(..))) => {
            error::of(caller, &PageError::Bad("purpose"))
        }
        Err(why) => error::of(caller, &why),
    };
    answers::set_session(caller, &mut response, None);
    response
}

/// Where a person comes to once the sign-in for a place is done.
pub fn after(place: &Place) -> String {
    match place {
        Place::Home => paths::ACCOUNT.to_owned(),
        Place::Approvals => paths::APPROVE.to_owned(),
        Place::Add(kind) => format!("{}?added={}", paths::ACCOUNT, method(*kind).value()),
        Place::Password => format!("{}?done=password", paths::ACCOUNT),
        Place::Change(Change::Rename(id)) => ways::at(id, "name"),
        Place::Change(Change::Remove(id)) => ways::at(id, "remove"),
        Place::Change(Change::Address(slot)) => format!("{}/{slot}", paths::ACCOUNT_ADDRESSES),
        Place::Change(Change::RemoveAddress) => format!("{}/second/remove", paths::ACCOUNT_ADDRESSES),
        Place::Change(Change::Export) => format!("{}/copy", paths::ACCOUNT_PRIVACY),
        Place::Change(Change::Close) => format!("{}/close", paths::ACCOUNT_PRIVACY),
    }
}

/// What happened before, as the address says it; anything else says nothing.
fn notice(query: Option<&str>) -> Option<AccountNotice> {
    if let Some(word) = word(query, "done") {
        return DONE.iter().find(|(known, _)| *known == word).map(|(_, notice)| *notice);
    }
    match word(query, "added").and_then(Method::parse)? {
        Method::Passkey => Some(AccountNotice::PasskeyAdded),
        Method::Totp => Some(AccountNotice::TotpAdded),
        Method::SecurityKey => Some(AccountNotice::SecurityKeyAdded),
        Method::RecoveryCode => Some(AccountNotice::RecoveryCodesMade),
        Method::Password => None,
    }
}

/// The words by which a page says in the address of the next what it did.
const DONE: &[(&str, AccountNotice)] = &[
    ("removed", AccountNotice::Removed),
    ("last", AccountNotice::LastKept),
    ("named", AccountNotice::Renamed),
    ("device", AccountNotice::DeviceEnded),
    ("others", AccountNotice::OthersEnded),
    ("not-me", AccountNotice::Repudiated),
    ("stopped", AccountNotice::Stopped),
    ("link-sent", AccountNotice::LinkSent),
    ("address-removed", AccountNotice::AddressRemoved),
    ("language", AccountNotice::Language),
    ("closing", AccountNotice::Closing),
    ("kept", AccountNotice::Kept),
    ("password", AccountNotice::PasswordChanged),
];

/// The value of a parameter whose values are plain words.
fn word<'q>(query: Option<&'q str>, name: &str) -> Option<&'q str> {
    query?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}

/// Where a page of a list begins, as the address says it.
fn cursor(query: Option<&str>) -> Option<(Timestamp, String)> {
    let (at, id) = word(query, "after")?.split_once('.')?;
    let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    Some((Timestamp::from_micros(at.parse().ok()?), id.to_owned())).filter(|_| plain)
}

/// The address of the next page of a list.
fn older(path: &str, (at, id): (Timestamp, &str)) -> String {
    format!("{path}?after={}.{id}", at.micros())
}

/// A network as people are told it: the address without the length of its prefix.
fn network(prefix: Option<&String>) -> Option<String> {
    prefix.and_then(|prefix| prefix.split('/').next()).map(str::to_owned)
}

/// To a page, which says what was done; with the session's new cookie, where it has one.
fn done(caller: &Caller, path: &str, word: &str, session: Option<&Token>) -> Response {
    let mut response = answers::redirect(&format!("{path}?done={word}"));
    answers::set_session(caller, &mut response, session);
    response
}

/// The frame of a page of this person.
fn shell(caller: &Caller, home: &account::Home, path: &str) -> Shell {
    let mut caller = caller.clone();
    if caller.locale_cookie.is_none() {
        // What the person told us comes before what the browser guesses.
        caller.prefer(home.account.profile.locale.as_deref());
    }
    let mut shell = caller.shell(path, caller.cx.csrf(home.session.form_binding()));
    shell.account_name = Some(home.account.display_name().to_owned());
    shell
}

fn show(
    caller: &Caller,
    home: &account::Home,
    (due, is_asked): (Option<Timestamp>, bool),
    notice: Option<AccountNotice>,
) -> Response {
    let add = |method: Method| Some(format!("{}/{}", paths::ACCOUNT_ADD, method.value()));
    let has_password = home.ways.iter().any(|w| w.kind == FactorKind::Password);
    let has_totp = home.ways.iter().any(|w| w.kind == FactorKind::Totp && !w.disabled);
    let page = AccountPage {
        shell: shell(caller, home, paths::ACCOUNT),
        name: home.account.display_name().to_owned(),
        username: home.account.profile.username.clone(),
        email: home.account.profile.email.clone(),
        role: role(home.account.role),
        notice,
        closing: due.map(error::when),
        asked: is_asked.then(|| paths::APPROVE.to_owned()),
        ways: home.ways.iter().filter(|w| w.kind != FactorKind::RecoveryCodes).map(ways::row).collect(),
        recovery_codes_left: home.ways.iter().find_map(|w| w.left).and_then(|n| u32::try_from(n).ok()),
        add_passkey: add(Method::Passkey),
        add_totp: if has_totp { None } else { add(Method::Totp) },
        add_security_key: add(Method::SecurityKey),
        change_password: has_password.then(|| paths::ACCOUNT_PASSWORD.to_owned()),
        new_recovery_codes: add(Method::RecoveryCode),
        sign_out_action: paths::ACCOUNT_SIGN_OUT.to_owned(),
    };
    answers::page(200, render(&page), None)
}

/// The form's own session, or the page that says why not, and leads back to the page the form stands on.
async fn own_session(
    caller: &Caller,
    csrf: Option<&str>,
    page: &str,
) -> Result<sessions::Found, Box<Response>> {
    match sessions::find(&caller.cx, &caller.browser).await {
        Ok(Some(found)) => match caller.check_form(csrf, found.form_binding()) {
            Ok(()) => Ok(found),
            Err(why) => Err(Box::new(error::of_form(caller, &why, Some(page.to_owned())))),
        },
        Ok(None) => Err(Box::new(answers::redirect(paths::ACCOUNT))),
        Err(why) => Err(Box::new(error::of(caller, &why))),
    }
}

/// Leads into a sign-in at the account's own level; only its last form, on our page, changes anything.
async fn add(caller: Caller, Path(wanted): Path<String>) -> Response {
    let kind = match Method::parse(&wanted) {
        Some(Method::Passkey) => FactorKind::Passkey,
        Some(Method::SecurityKey) => FactorKind::SecurityKey,
        Some(Method::Totp) => FactorKind::Totp,
        Some(Method::RecoveryCode) => FactorKind::RecoveryCodes,
        Some(Method::Password) | None => return answers::redirect(paths::ACCOUNT),
    };
    begin(&caller, Place::Add(kind)).await
}

/// Leads into a sign-in at the account's own level, and then to another password.
async fn password(caller: Caller) -> Response {
    begin(&caller, Place::Password).await
}

async fn sign_out(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT).await {
        return *response;
    }
    match logout::leave(&caller.cx, &caller.browser).await {
        Ok(goodbye) => signed_out::answer(&caller, paths::ACCOUNT, goodbye),
        Err(why) => error::of(&caller, &why),
    }
}
