//! Where a person is signed in: the list, signing out there.

use axum::extract::RawQuery;
use axum::response::Response;

use super::{begin, cursor, done, network, notice, older, own_session, shell};
use crate::base::SessionId;
use crate::flows::PageError;
use crate::flows::account::devices::{self, SignedIn};
use crate::flows::interaction::Place;
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::devices::{Device as Shown, DevicesPage};
use crate::web::pages::render;
use crate::web::{answers, error, paths};

pub(super) async fn show(caller: Caller, RawQuery(query): RawQuery) -> Response {
    let after = cursor(query.as_deref()).map(|(at, id)| (at, SessionId::from_text(id)));
    let list = match devices::list(&caller.cx, &caller.browser, after).await {
        Ok(list) => list,
        Err(PageError::SignedOut) => return begin(&caller, Place::Home).await,
        Err(why) => return error::of(&caller, &why),
    };
    let page = DevicesPage {
        shell: shell(&caller, &list.home, paths::ACCOUNT_DEVICES),
        notice: notice(query.as_deref()),
        this: list.this.as_ref().map(shown),
        others: list.others.iter().map(shown).collect(),
        older: list.next.as_ref().map(|(at, id)| older(paths::ACCOUNT_DEVICES, (*at, id.as_str()))),
        end_action: "/account/devices/end".to_owned(),
        end_others_action: "/account/devices/end-others".to_owned(),
        sign_out_action: paths::ACCOUNT_SIGN_OUT.to_owned(),
    };
    answers::page(200, render(&page), None)
}

fn shown(entry: &SignedIn) -> Shown {
    Shown {
        id: entry.id.to_string(),
        name: entry.device.clone(),
        network: network(entry.network.as_ref()),
        began: when(entry.began),
        seen: when(entry.seen),
    }
}

pub(super) async fn end(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_DEVICES).await {
        return *response;
    }
    let id = SessionId::from_text(form.get("session").unwrap_or_default());
    match devices::end_one(&caller.cx, &caller.browser, &id).await {
        Ok(true) => done(&caller, paths::ACCOUNT_DEVICES, "device", None),
        Ok(false) => error::of(&caller, &PageError::NotFound),
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}

pub(super) async fn end_others(caller: Caller, Form(form): Form) -> Response {
    if let Err(response) = own_session(&caller, form.get("csrf"), paths::ACCOUNT_DEVICES).await {
        return *response;
    }
    match devices::end_others(&caller.cx, &caller.browser).await {
        Ok(session) => done(&caller, paths::ACCOUNT_DEVICES, "others", Some(&session)),
        Err(PageError::SignedOut) => begin(&caller, Place::Home).await,
        Err(why) => error::of(&caller, &why),
    }
}
