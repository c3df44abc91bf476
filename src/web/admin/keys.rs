//! The signing keys, and throwing one away that others may know. They are the whole installation's, so whoever does that
//! does it at the root.

use axum::extract::{Path, RawQuery};
use axum::response::Response;

use super::organisations::{form_error, status};
use super::{Admin, AdminForm, shown};
use crate::base::OrganisationId;
use crate::duties::{self, Action, Reason};
use crate::flows::admin::{AdminActor, Refused};
use crate::flows::keys;
use crate::keys::{KeyRing, KeyState, KeyUse, SigningKey};
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::keys::{
    KeyLine, KeyRevokePage, KeyStateWord, KeyUntilWord, KeyUseWord, KeysPage,
};
use crate::web::pages::admin::organisations::FormError;
use crate::web::pages::render;
use crate::web::{answers, paths};

pub(super) async fn list(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let cx = &admin.caller.cx;
    let ring = match cx.signing.ring(cx).await {
        Ok(ring) => ring,
        Err(why) => return admin.refuse(why.into()).await,
    };
    let mut frame = shown::frame(&admin, paths::ADMIN_KEYS);
    frame.done = shown::done(query.as_deref());
    let may = admin.who.may_at(Action::KeyRevoke, &duties::Path::root());
    let schedule = keys::schedule(cx);
    let line = |key: &SigningKey| KeyLine {
        kid: key.kid().to_owned(),
        usage: usage(key.usage),
        algorithm: key.algorithm().as_str(),
        state: state(key.state),
        since: when(key.state_since),
        until: KeyRing::until(key, &schedule).map(|at| (until(key), when(at))),
        revoke: may.then(|| revoke_form(key)),
    };
    let page = KeysPage { frame, keys: ring.keys().iter().map(line).collect() };
    answers::page(200, render(&page), None)
}

fn usage(usage: KeyUse) -> KeyUseWord {
    match usage {
        KeyUse::Answers => KeyUseWord::Answers,
        KeyUse::Access => KeyUseWord::Access,
        KeyUse::Trail => KeyUseWord::Trail,
    }
}

fn state(state: KeyState) -> KeyStateWord {
    match state {
        KeyState::Active => KeyStateWord::Active,
        KeyState::Next => KeyStateWord::Next,
        KeyState::Retired => KeyStateWord::Retired,
    }
}

fn until(key: &SigningKey) -> KeyUntilWord {
    match (key.state, key.usage.is_published()) {
        (KeyState::Active | KeyState::Next, _) => KeyUntilWord::Signs,
        (KeyState::Retired, true) => KeyUntilWord::Published,
        (KeyState::Retired, false) => KeyUntilWord::Kept,
    }
}

fn revoke_form(key: &SigningKey) -> String {
    format!("{}/{}/revoke", paths::ADMIN_KEYS, key.kid())
}

/// A key by its id, and who may throw it away.
async fn revocable(admin: &Admin, kid: &str) -> Result<(AdminActor, SigningKey), Refused> {
    let cx = &admin.caller.cx;
    let actor = admin.at(&OrganisationId::root()).await?;
    let ring = cx.signing.ring(cx).await?;
    let key = ring.find(kid).ok_or(Refused::NotFound)?;
    Ok((actor, key.clone()))
}

fn form(admin: &Admin, key: &SigningKey, reason: &str, error: Option<FormError>) -> Response {
    let page = KeyRevokePage {
        frame: shown::frame(admin, paths::ADMIN_KEYS),
        // The whole of it is a line that breaks nowhere; the page before shows it.
        name: format!("{} {}…", key.algorithm(), key.kid().get(..8).unwrap_or_default()),
        signs: key.state == KeyState::Active,
        action: revoke_form(key),
        back: paths::ADMIN_KEYS,
        reason: reason.to_owned(),
        error,
    };
    answers::page(status(error), render(&page), None)
}

pub(super) async fn ask_revoke(admin: Admin, Path(kid): Path<String>) -> Response {
    match revocable(&admin, &kid).await {
        Ok((_, key)) => form(&admin, &key, "", None),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn revoke(Path(kid): Path<String>, AdminForm { admin, form: sent }: AdminForm) -> Response {
    let (actor, key) = match revocable(&admin, &kid).await {
        Ok(found) => found,
        Err(why) => return admin.refuse(why).await,
    };
    let typed = sent.get("reason").unwrap_or_default();
    let revoked = async {
        let reason = Reason::parse(typed)?;
        keys::revoke(&admin.caller.cx, &actor, &kid, &reason).await
    };
    match revoked.await {
        Ok(_) => answers::redirect(&format!("{}?done={}", paths::ADMIN_KEYS, Done::KeyRevoked.word())),
        Err(why) => match form_error(&why) {
            Some(error @ FormError::Reason) => form(&admin, &key, typed, Some(error)),
            Some(_) | None => admin.refuse(why).await,
        },
    }
}
