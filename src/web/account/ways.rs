//! Naming and removing ways to sign in: a page that asks, and the form that does it. Both behind a fresh proof.

use axum::extract::Path;
use axum::response::Response;

use super::{begin, done, own_session, shell};
use crate::base::FactorId;
use crate::factors::FactorKind;
use crate::flows::PageError;
use crate::flows::account::ways::{Naming, Removal};
use crate::flows::account::{self, ways};
use crate::flows::interaction::{Change, Place};
use crate::web::caller::Caller;
use crate::web::error::when;
use crate::web::form::Form;
use crate::web::pages::account::name::NamePage;
use crate::web::pages::account::{Kept, Way};
use crate::web::pages::account_confirm::{AccountChange, AccountConfirmPage};
use crate::web::pages::render;
use crate::web::steps::show::method;
use crate::web::{answers, error, paths};

/// The page of a way on which something is done to it.
pub(super) fn at(id: &FactorId, what: &str) -> String {
    format!("{}/{id}/{what}", paths::ACCOUNT_WAYS)
}

/// A way as the home lists it.
pub(super) fn row(way: &account::Way) -> Way {
    let named = !matches!(way.kind, FactorKind::Password | FactorKind::RecoveryCodes);
    Way {
        method: method(way.kind),
        name: Some(way.label.clone()).filter(|l| !l.is_empty()),
        added: Some(when(way.added)),
        last_used: way.used.map(when),
        kept: way.synced.map(|synced| if synced { Kept::Synced } else { Kept::OneDevice }),
        off: way.disabled,
        model: way.model_name.clone(),
        unsafe_model: way.distrusted.is_some(),
        rename: named.then(|| at(&way.id, "name")),
        remove: way.removable.then(|| at(&way.id, "remove")),
    }
}

/// An id from a path; anything else than its alphabet is nobody's way.
fn parse(id: &str) -> FactorId {
    let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    FactorId::from_text(if plain { id } else { "" })
}

/// The person's home with this way in it, behind a fresh proof; or the page that leads there.
async fn asked(
    caller: &Caller,
    id: &FactorId,
    change: Change,
) -> Result<(account::Home, account::Way), Box<Response>> {
    match account::before_change(&caller.cx, &caller.browser).await {
        Ok(home) => match home.ways.iter().find(|way| way.id == *id).cloned() {
            Some(way) => Ok((home, way)),
            None => Err(Box::new(error::of(caller, &PageError::NotFound))),
        },
        Err(PageError::SignedOut) => Err(Box::new(begin(caller, Place::Change(change)).await)),
        Err(why) => Err(Box::new(error::of(caller, &why))),
    }
}

pub(super) async fn ask_name(caller: Caller, Path(id): Path<String>) -> Response {
    let id = parse(&id);
    let (home, way) = match asked(&caller, &id, Change::Rename(id.clone())).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let here = at(&id, "name");
    let page = NamePage {
        shell: shell(&caller, &home, &here),
        method: method(way.kind),
        name: way.label,
        action: here,
        back: paths::ACCOUNT.to_owned(),
    };
    answers::page(200, render(&page), None)
}

pub(super) async fn ask_removal(caller: Caller, Path(id): Path<String>) -> Response {
    let id = parse(&id);
    let (home, way) = match asked(&caller, &id, Change::Remove(id.clone())).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    if !way.removable {
        return done(&caller, paths::ACCOUNT, "last", None);
    }
    let here = at(&id, "remove");
    let shell = shell(&caller, &home, &here);
    let name = match way.label.is_empty() {
        true => shell.method(&method(way.kind)),
        false => format!("{} ({})", shell.method(&method(way.kind)), way.label),
    };
    let page = AccountConfirmPage {
        shell,
        change: AccountChange::Remove(name),
        action: here,
        back: paths::ACCOUNT.to_owned(),
    };
    answers::page(200, render(&page), None)
}

pub(super) async fn name(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = parse(&id);
    if let Err(response) = own_session(&caller, form.get("csrf"), &at(&id, "name")).await {
        return *response;
    }
    let typed = form.get("label").unwrap_or_default();
    match ways::rename(&caller.cx, &caller.browser, &id, typed).await {
        Ok(Naming::Done) => done(&caller, paths::ACCOUNT, "named", None),
        Ok(Naming::Unknown) => error::of(&caller, &PageError::NotFound),
        Err(PageError::SignedOut) => begin(&caller, Place::Change(Change::Rename(id))).await,
        Err(why) => error::of(&caller, &why),
    }
}

pub(super) async fn remove(caller: Caller, Path(id): Path<String>, Form(form): Form) -> Response {
    let id = parse(&id);
    if let Err(response) = own_session(&caller, form.get("csrf"), &at(&id, "remove")).await {
        return *response;
    }
    match ways::remove(&caller.cx, &caller.browser, &id).await {
        Ok(Removal::Done(session)) => done(&caller, paths::ACCOUNT, "removed", Some(&session)),
        Ok(Removal::Last) => done(&caller, paths::ACCOUNT, "last", None),
        Ok(Removal::Unknown) => error::of(&caller, &PageError::NotFound),
        Err(PageError::SignedOut) => begin(&caller, Place::Change(Change::Remove(id))).await,
        Err(why) => error::of(&caller, &why),
    }
}
