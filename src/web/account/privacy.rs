//! A copy of a person's data, closing the account, keeping it.

use axum::extract::RawQuery;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;

use super::copy::parts;
use super::{begin, done, notice, own_session, shell};
use crate::flows::PageError;
use crate::flows::account::before_change;
use crate::flows::account::privacy::{self, Closing};
use crate::flows::interaction::{Change, Place};
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::privacy::{CopyFile, CopyPage, PrivacyPage};
use crate::web::pages::account_confirm::{AccountChange, AccountConfirmPage};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

const COPY: &str = "/account/privacy/copy";
const CLOSE: &str = "/account/privacy/close";

pub(super) async fn show(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let (home, due) = match privacy::show(&caller.cx, &caller.browser).await {
        Ok(found) => found,
        Err(PageError::SignedOut) => return begin(&caller, Place::Home).await,
        Err(why) => return error::of(&caller, &why),
    };
    let may_close = match privacy::may_close(&caller.cx, &home).await {
        Ok(may) => may,
        Err(why) => return error::of(&caller, &why),
    };
    let page = PrivacyPage {
        shell: shell(&caller, &home, paths::ACCOUNT_PRIVACY),
        notice: notice(query.as_deref()),
        closing: due.map(when),
        copy: COPY.to_owned(),
        close: may_close.then(|| CLOSE.to_owned()),
        keep_action: "/account/privacy/keep".to_owned(),
    };
    answers::page(200, render(&page), None)
}

pub(super) async fn ask_copy(caller: Caller) -> Response {
    match before_change(&caller.cx, &caller.browser).await {
        Ok(home) => {
            let page = CopyPage {
                shell: shell(&caller, &home, COPY),
                action: COPY.to_owned(),
                back: paths::ACCOUNT_PRIVACY.to_owned(),
            };
            answers::page(200, render(&page), None)
        }
        Err(PageError::SignedOut) => begin(&caller, Place::Change(Change::Export)).await,
        Err(why) => error::of(&caller, &why),
    }
}

pub(super) async fn copy(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), COPY).await {
        return *response;
    }
    let (home, copy, events) = match privacy::export(&caller.cx, &caller.browser).await {
        Ok(found) => found,
        Err(PageError::SignedOut) => return begin(&caller, Place::Change(Change::Export)).await,
        Err(why) => return error::of(&caller, &why),
    };
    let (name, mut response) = match form.get("format") {
        Some("html") => {
            let shell = shell(&caller, &home, COPY);
            let file = CopyFile { parts: parts(&shell, &copy, &events), shell };
            ("my-data.html", answers::page(200, render(&file), None))
        }
        _ => ("my-data.json", answers::json(200, &copy)),
    };
    answers::put(&mut response, CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    response
}

pub(super) async fn ask_close(caller: Caller) -> Response {
    let home = match before_change(&caller.cx, &caller.browser).await {
        Ok(home) => home,
        Err(PageError::SignedOut) => return begin(&caller, Place::Change(Change::Close)).await,
        Err(why) => return error::of(&caller, &why),
    };
    match privacy::may_close(&caller.cx, &home).await {
        Ok(true) => {}
        Ok(false) => return answers::redirect(paths::ACCOUNT_PRIVACY),
        Err(why) => return error::of(&caller, &why),
    }
    let page = AccountConfirmPage {
        shell: shell(&caller, &home, CLOSE),
        change: AccountChange::Close,
        action: CLOSE.to_owned(),
        back: paths::ACCOUNT_PRIVACY.to_owned(),
    };
    answers::page(200, render(&page), None)
}

pub(super) async fn close(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), CLOSE).await {
        return *response;
    }
    match privacy::close(&caller.cx, &caller.browser).await {
        Ok(Closing::Asked(session)) => done(&caller, paths::ACCOUNT_PRIVACY, "closing", Some(&session)),
        Ok(Closing::Administrator) => answers::redirect(paths::ACCOUNT_PRIVACY),
        Err(PageError::SignedOut) => begin(&caller, Place::Change(Change::Close)).await,
        Err(why) => error::of(&caller, &why),
    }
}

pub(super) async fn keep(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_PRIVACY).await {
        return *response;
    }
    match privacy::keep(&caller.cx, &caller.browser).await {
        Ok(true) => done(&caller, paths::ACCOUNT_PRIVACY, "kept", None),
        Ok(false) => answers::redirect(paths::ACCOUNT_PRIVACY),
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}
