//! Who it is, and the password. Known and unknown names do the same work and get the same page.

use super::hub::{self, Next, Page};
use super::interaction::{self, Flash, Loaded};
use super::sessions::Browser;
use super::throttle::{self, Guesser};
use super::{Cx, PageError};
use crate::audit::Kind;
use crate::base::{AccountId, InteractionId, Secret, text};
use crate::factors::{FactorKind, Proof, password};
use crate::policy::throttle::Budget;
use crate::store::factors::{self, FactorRow};
use crate::store::{accounts, attempts};

/// Names a person. Whether the name is known shows nowhere.
pub async fn identify(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: &str,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    unless_fixed(cx, &loaded)?;
    let Some(canonical) = text::canonical_identifier(typed) else {
        loaded.state.flash = Some(Flash::Empty);
        loaded.state.identifier = None;
        loaded.state.account = None;
        loaded.state.chosen = false;
        interaction::save(cx, &mut loaded).await?;
        return Ok(Next::Stay);
    };
    let found = accounts::find_by_identifier(&cx.store, cx.identifier_digest(&canonical)).await?;
    let active = found.filter(|a| a.state == crate::identity::State::Active).map(|a| a.id);
    loaded.state.name_person(typed.trim(), active);
    interaction::save(cx, &mut loaded).await?;
    // Straight to the next page without asking the hub whether the session would do: the same for everybody.
    hub::advance(cx, &mut loaded, browser).await
}

/// "Not you?": forgets who was named.
pub async fn forget_person(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<(), PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    unless_fixed(cx, &loaded)?;
    loaded.state.name_person("", None);
    loaded.state.identifier = None;
    loaded.state.chosen = false;
    interaction::save(cx, &mut loaded).await
}

/// What a link allows one person, nobody else takes over.
pub(super) fn unless_fixed(cx: &Cx, loaded: &Loaded) -> Result<(), PageError> {
    if loaded.state.is_fixed() {
        cx.note(Kind::InteractionRefused, None);
        return Err(PageError::Bad("step"));
    }
    Ok(())
}

/// Checks the password of the named person.
pub async fn submit(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: Secret<String>,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let takes = |page: &Page| matches!(page, Page::Prove(kinds) if kinds.contains(&FactorKind::Password));
    let scene = hub::expect(cx, &loaded, browser, takes).await?;
    if typed.expose().is_empty() {
        return flash(cx, &mut loaded, Flash::Empty).await;
    }
    let canonical =
        loaded.state.identifier.as_deref().and_then(text::canonical_identifier).unwrap_or_default();
    let account = scene.account.as_ref().map(|a| a.id.clone());
    let guesser = Guesser { account: account.as_ref(), canonical: &canonical, browser: browser.id };
    let attempt = throttle::reserve(cx, guesser, Budget::Password).await?;
    let row = scene.factors.iter().find(|r| r.kind == FactorKind::Password && r.disabled_at.is_none());
    let checked = match check(cx, &canonical, account.as_ref(), row, typed.clone()).await {
        Err(PageError::Busy(seconds)) => {
            attempt.give_back(cx).await?;
            cx.note(Kind::HashingBusy, None);
            crate::telemetry::hashing_refused();
            return Err(PageError::Busy(seconds));
        }
        other => other?,
    };
    let (Some(row), true) = (row, checked.ok) else {
        attempt.failed(cx, Kind::PasswordRefused, FactorKind::Password, "wrong").await?;
        return flash(cx, &mut loaded, Flash::WrongPassword).await;
    };
    attempt.succeeded(cx, FactorKind::Password).await?;
    accept(cx, row, &attempt, checked.needs_rehash.then_some(typed)).await?;
    loaded.state.prove(Proof {
        method: FactorKind::Password,
        at: cx.now,
        factor: row.id.clone(),
        user_verified: false,
    });
    interaction::save(cx, &mut loaded).await?;
    hub::advance(cx, &mut loaded, browser).await
}

async fn check(
    cx: &Cx,
    canonical: &str,
    account: Option<&AccountId>,
    row: Option<&FactorRow>,
    typed: Secret<String>,
) -> Result<password::Verified, PageError> {
    if typed.expose().len() > 4096 {
        return Ok(password::Verified { ok: false, needs_rehash: false });
    }
    // People brought from elsewhere may have a hash that takes another time. An unknown name takes the time of its
    // neighbour, so that as many of the unknown take long as of the known; everybody asks.
    let near = factors::cost_near(&cx.store, cx.identifier_digest(canonical)).await?;
    match (account, row) {
        (Some(account), Some(row)) => {
            let key = cx.vault.key(account, cx.now).await?;
            let hash: String = row.open(&key)?;
            let checked = cx.hashing.verify(typed, hash).await?;
            let foreign = checked.ok && row.foreign_cost.is_some();
            Ok(password::Verified { needs_rehash: checked.needs_rehash || foreign, ..checked })
        }
        _ => {
            let nobody = account.cloned().unwrap_or_else(|| hub::nobody(cx, canonical));
            cx.vault.find(&nobody, cx.now).await?;
            let nobody = match near {
                Some(cost) => cx.hashing.verify(typed, cost).await?,
                None => cx.hashing.verify_nobody(typed).await?,
            };
            Ok(password::Verified { ok: false, ..nobody })
        }
    }
}

/// Records the success, forgets the failures, and hashes again when the setting rose or the hash came from elsewhere.
async fn accept(
    cx: &Cx,
    row: &FactorRow,
    attempt: &throttle::Attempt,
    rehash: Option<Secret<String>>,
) -> Result<(), PageError> {
    let renewed = match rehash {
        Some(typed) => {
            let salt = cx.entropy.bytes::<16>();
            // A full queue only postpones the rehash to the next sign-in.
            let hash = cx.hashing.hash(typed, salt, cx.hashing.params()).await.ok();
            let key = cx.vault.key(&row.account, cx.now).await?;
            hash.map(|h| factors::seal(&h, &row.id, &key)).transpose()?
        }
        None => None,
    };
    let event = cx.done(Kind::PasswordAccepted, &row.account);
    let (subject, budget) = attempt.spent();
    cx.store
        .write(
            (row.clone(), renewed, event, subject, budget, cx.now),
            |w, (row, renewed, event, subject, budget, now)| {
                Box::pin(async move {
                    attempts::succeed(w, *subject, budget).await?;
                    match renewed {
                        Some(sealed) => {
                            factors::replace(w, &row.id, row.version, sealed, *now).await.map(|_| ())?
                        }
                        None => factors::used(w, &row.id, *now).await?,
                    }
                    w.record(event).await
                })
            },
        )
        .await?;
    Ok(())
}

/// Comes back to the same page with an error.
pub(super) async fn flash(cx: &Cx, loaded: &mut Loaded, flash: Flash) -> Result<Next, PageError> {
    loaded.state.flash = Some(flash);
    match interaction::save(cx, loaded).await {
        // A double submit: the other one's error stands.
        Ok(()) | Err(PageError::Bad("double_submit")) => {}
        Err(other) => return Err(other),
    }
    Ok(Next::Stay)
}
