//! A person's details, language and addresses, and the page an address's link leads to.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::{begin, done, notice, own_session, shell};
use crate::flows::PageError;
use crate::flows::account::details::{self, Asked, BadAddress, Proved, Waiting};
use crate::flows::account::{self, before_change};
use crate::flows::interaction::{Change, Place};
use crate::identity::Slot;
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::address::{AddressError, AddressLink, AddressLinkPage, AddressPage};
use crate::web::pages::account::details::{Address, DetailsPage};
use crate::web::pages::account_confirm::{AccountChange, AccountConfirmPage};
use crate::web::pages::{Locale, render};
use crate::web::steps::show::role;
use crate::web::{answers, cookies, error, paths};

pub(super) async fn show(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let (home, waiting) = match details::show(&caller.cx, &caller.browser).await {
        Ok(found) => found,
        Err(PageError::SignedOut) => return begin(&caller, Place::Home).await,
        Err(why) => return error::of(&caller, &why),
    };
    let profile = &home.account.profile;
    let address = |slot: Slot, address: &Option<String>, verified| Address {
        address: address.clone(),
        verified,
        waiting: waiting.iter().find(|waiting| waiting.slot == slot).map(told),
        change: format!("{}/{slot}", paths::ACCOUNT_ADDRESSES),
    };
    let page = DetailsPage {
        shell: shell(&caller, &home, paths::ACCOUNT_DETAILS),
        notice: notice(query.as_deref()),
        name: home.account.display_name().to_owned(),
        username: profile.username.clone(),
        role: role(home.account.role),
        birthdate: profile.claim_text("birthdate").map(str::to_owned),
        phone: profile.claim_text("phone_number").map(str::to_owned),
        primary: address(Slot::Primary, &profile.email, profile.email_verified),
        second: address(Slot::Second, &profile.second_email, profile.second_email_verified),
        remove_second: profile
            .second_email
            .is_some()
            .then(|| format!("{}/second/remove", paths::ACCOUNT_ADDRESSES)),
        language_action: "/account/details/language".to_owned(),
    };
    answers::page(200, render(&page), None)
}

fn told(waiting: &Waiting) -> (String, crate::web::pages::When) {
    (waiting.address.clone(), when(waiting.until))
}

pub(super) async fn speak(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_DETAILS).await {
        return *response;
    }
    let Some(locale) = form.get("locale").and_then(Locale::parse) else {
        return error::of(&caller, &PageError::Bad("locale"));
    };
    match details::speak(&caller.cx, &caller.browser, locale.tag()).await {
        Ok(()) => {
            let mut response = done(&caller, paths::ACCOUNT_DETAILS, "language", None);
            cookies::set_locale(&mut response, locale.tag(), caller.cx.issuer.is_https());
            response
        }
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}

pub(super) async fn ask(caller: Caller, Path(slot): Path<String>) -> Response {
    let Some(slot) = Slot::parse(&slot) else { return error::of(&caller, &PageError::NotFound) };
    match before_change(&caller.cx, &caller.browser).await {
        Ok(home) => asking(&caller, &home, slot, String::new(), None),
        Err(PageError::SignedOut) => begin(&caller, Place::Change(Change::Address(slot))).await,
        Err(why) => error::of(&caller, &why),
    }
}

fn asking(
    caller: &Caller,
    home: &account::Home,
    slot: Slot,
    typed: String,
    error: Option<AddressError>,
) -> Response {
    let action = format!("{}/{slot}", paths::ACCOUNT_ADDRESSES);
    let page = AddressPage {
        shell: shell(caller, home, &action),
        typed,
        error,
        action,
        back: paths::ACCOUNT_DETAILS.to_owned(),
    };
    answers::page(if error.is_some() { 400 } else { 200 }, render(&page), None)
}

pub(super) async fn give(caller: Caller, Path(slot): Path<String>, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_DETAILS).await {
        return *response;
    }
    let Some(slot) = Slot::parse(&slot) else { return error::of(&caller, &PageError::NotFound) };
    let typed = form.get("address").unwrap_or_default();
    let bad = match details::give(&caller.cx, &caller.browser, slot, typed).await {
        Ok(None) => return done(&caller, paths::ACCOUNT_DETAILS, "link-sent", None),
        Ok(Some(bad)) => bad,
        Err(PageError::SignedOut) => return begin(&caller, Place::Change(Change::Address(slot))).await,
        Err(why) => return error::of(&caller, &why),
    };
    let why = match bad {
        BadAddress::NoAddress => AddressError::NoAddress,
        BadAddress::Known => AddressError::Known,
        BadAddress::TooSoon => AddressError::TooSoon,
    };
    match before_change(&caller.cx, &caller.browser).await {
        Ok(home) => asking(&caller, &home, slot, typed.to_owned(), Some(why)),
        Err(why) => error::of(&caller, &why),
    }
}

pub(super) async fn ask_removal(caller: Caller) -> Response {
    let home = match before_change(&caller.cx, &caller.browser).await {
        Ok(home) => home,
        Err(PageError::SignedOut) => return begin(&caller, Place::Change(Change::RemoveAddress)).await,
        Err(why) => return error::of(&caller, &why),
    };
    let Some(address) = home.account.profile.second_email.clone() else {
        return answers::redirect(paths::ACCOUNT_DETAILS);
    };
    let action = format!("{}/second/remove", paths::ACCOUNT_ADDRESSES);
    let page = AccountConfirmPage {
        shell: shell(&caller, &home, &action),
        change: AccountChange::RemoveAddress(address),
        action,
        back: paths::ACCOUNT_DETAILS.to_owned(),
    };
    answers::page(200, render(&page), None)
}

pub(super) async fn remove(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_DETAILS).await {
        return *response;
    }
    match details::remove_second(&caller.cx, &caller.browser).await {
        Ok(true) => done(&caller, paths::ACCOUNT_DETAILS, "address-removed", None),
        Ok(false) => error::of(&caller, &PageError::NotFound),
        Err(PageError::SignedOut) => begin(&caller, Place::Change(Change::RemoveAddress)).await,
        Err(why) => error::of(&caller, &why),
    }
}

/// Shows what the link of an address would do; it works in any browser, and looking spends nothing.
pub(super) async fn link(caller: Caller, Path(token): Path<String>) -> Response {
    match details::look(&caller.cx, &token).await {
        Ok(Asked::Open { username, address, digest }) => {
            let page = AddressLinkPage {
                shell: caller.shell(&caller.here, caller.cx.csrf(&digest)),
                state: AddressLink::Ask,
                about: Some((username, address)),
                action: format!("{}/{token}", paths::ACCOUNT_ADDRESS),
                account: paths::ACCOUNT_DETAILS.to_owned(),
            };
            answers::page(200, render(&page), None)
        }
        Ok(Asked::Over) => stands(&caller, AddressLink::Over),
        Err(why) => error::of(&caller, &why),
    }
}

/// The value of the form is bound to the link, not to a cookie: the mail may be read on another device.
pub(super) async fn prove(caller: Caller, Path(token): Path<String>, Form(form): Form) -> Response {
    if !caller.is_own_form(form.get("csrf"), &crate::base::Digest::of(&token)) {
        return error::of(&caller, &PageError::Forged);
    }
    match details::prove(&caller.cx, &token).await {
        Ok(Proved::Done) => stands(&caller, AddressLink::Done),
        Ok(Proved::Taken) => stands(&caller, AddressLink::Taken),
        Ok(Proved::Over) => stands(&caller, AddressLink::Over),
        Err(why) => error::of(&caller, &why),
    }
}

fn stands(caller: &Caller, state: AddressLink) -> Response {
    let status = match state {
        AddressLink::Ask | AddressLink::Done => 200,
        AddressLink::Taken => 409,
        AddressLink::Over => 404,
    };
    let page = AddressLinkPage {
        shell: caller.shell("/", caller.browser_csrf()),
        state,
        about: None,
        action: String::new(),
        account: paths::ACCOUNT_DETAILS.to_owned(),
    };
    answers::page(status, render(&page), None)
}
