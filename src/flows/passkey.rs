//! Passkeys and security keys: as the whole sign-in, or after a password.

use serde_json::Value;

use super::ceremony::{self, Asked};
use super::hub::{self, Next, Page, Scene};
use super::interaction::{self, Flash, Loaded};
use super::password::flash;
use super::sessions::{self, Browser};
use super::{About, Cx, PageError, models};
use crate::audit::Kind;
use crate::base::{AccountId, InteractionId};
use crate::factors::webauthn::{self, KeyKind, Rejected, StoredKey, Used};
use crate::factors::{FactorKind, Proof};
use crate::policy::models::Unfit;
use crate::store;
use crate::store::factors::{self, FactorRow};

/// Options for a passkey whose owner is not named yet (button and autofill on the first page).
pub async fn discover(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Value, PageError> {
    interaction::load(cx, id, browser).await?;
    let started = cx.ceremonies.start_discoverable(cx.now).map_err(|_| PageError::Bad("passkey"))?;
    ceremony::keep(cx, id, Asked::Anybody, started).await
}

/// The answer to [`discover`]: names and proves the person in one.
pub async fn discovered(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    answer: &str,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let Some(state) = ceremony::take(cx, id, &Asked::Anybody, answer).await? else {
        return refused(cx, &mut loaded, None, &Rejected::Expired).await;
    };
    match owner(cx, &state, answer).await? {
        Some((account, row, _)) if row.distrusted.is_some() => {
            unsafe_model(cx, &mut loaded, &account, &row).await
        }
        Some((account, row, used)) => {
            let another = loaded.state.account.as_ref().is_none_or(|a| *a != account);
            if another && loaded.state.is_fixed() {
                return refused(cx, &mut loaded, Some(&account), &Rejected::UnknownCredential).await;
            }
            if another {
                loaded.state.name_person("", Some(account.clone()));
                loaded.state.identifier = None;
            }
            loaded.state.chosen = true;
            accept(cx, &mut loaded, &row, used).await?;
            tell_if_barred(cx, &mut loaded, browser, &row).await?;
            hub::advance(cx, &mut loaded, browser).await
        }
        None => refused(cx, &mut loaded, None, &Rejected::UnknownCredential).await,
    }
}

/// Finds and verifies; every failure is one and the same `None`.
async fn owner(
    cx: &Cx,
    state: &str,
    answer: &str,
) -> Result<Option<(AccountId, FactorRow, Used)>, PageError> {
    let Ok((handle, _)) = cx.ceremonies.identify(answer) else { return Ok(None) };
    let account = webauthn::account_of(&handle);
    if sessions::active_account(cx, &account).await?.is_none() {
        return Ok(None);
    }
    // Those of models that are out of use as well: their owner is told why they do not work.
    let keys = held(cx, &account, &[FactorKind::Passkey]).await?;
    let stored: Vec<_> = keys.iter().map(|(_, key)| key.clone()).collect();
    let Ok(used) = cx.ceremonies.finish_discoverable(state, answer, &stored, cx.now) else { return Ok(None) };
    Ok(row_of(keys, &used).map(|row| (account, row, used)))
}

/// Options for a key of the named person, as the step asks for one.
pub async fn options(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<Value, PageError> {
    let loaded = interaction::load(cx, id, browser).await?;
    let (scene, kinds) = expect_key(cx, &loaded, browser).await?;
    let account = scene.account.as_ref().ok_or(PageError::SignedOut)?.id.clone();
    let keys: Vec<_> = keys_of(cx, &account, &kinds).await?.into_iter().map(|(_, key)| key).collect();
    let started = cx.ceremonies.start_authentication(&keys, cx.now).map_err(|_| PageError::Bad("key"))?;
    ceremony::keep(cx, id, Asked::Person(account), started).await
}

/// The answer to [`options`].
pub async fn submit(cx: &Cx, id: &InteractionId, browser: &Browser, answer: &str) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let (scene, kinds) = expect_key(cx, &loaded, browser).await?;
    let account = scene.account.as_ref().ok_or(PageError::SignedOut)?.id.clone();
    let Some(state) = ceremony::take(cx, id, &Asked::Person(account.clone()), answer).await? else {
        return refused(cx, &mut loaded, Some(&account), &Rejected::Expired).await;
    };
    let keys = keys_of(cx, &account, &kinds).await?;
    let stored: Vec<_> = keys.iter().map(|(_, key)| key.clone()).collect();
    let outcome = cx.ceremonies.finish_authentication(&state, answer, &stored, cx.now);
    match outcome {
        Ok(used) => match row_of(keys, &used) {
            Some(row) => {
                accept(cx, &mut loaded, &row, used).await?;
                tell_if_barred(cx, &mut loaded, browser, &row).await?;
                hub::advance(cx, &mut loaded, browser).await
            }
            None => refused(cx, &mut loaded, Some(&account), &Rejected::UnknownCredential).await,
        },
        Err(why) => refused(cx, &mut loaded, Some(&account), &why).await,
    }
}

/// The names a person gave to their keys of these kinds.
pub async fn names(cx: &Cx, account: &AccountId, kinds: &[FactorKind]) -> Result<Vec<String>, PageError> {
    let keys = keys_of(cx, account, kinds).await?;
    Ok(keys.into_iter().map(|(_, key)| key.label).filter(|label| !label.is_empty()).collect())
}

async fn expect_key(
    cx: &Cx,
    loaded: &Loaded,
    browser: &Browser,
) -> Result<(Scene, Vec<FactorKind>), PageError> {
    let scene = hub::expect(
        cx,
        loaded,
        browser,
        |page| matches!(page, Page::Prove(kinds) if kinds.iter().any(|k| k.is_webauthn())),
    )
    .await?;
    let hub::Decision::Page(Page::Prove(kinds)) = hub::decide(cx, &loaded.state, &scene) else {
        return Err(PageError::Bad("step"));
    };
    Ok((scene, kinds.into_iter().filter(|k| k.is_webauthn()).collect()))
}

/// The person's usable keys of these kinds, unsealed.
pub(super) async fn keys_of(
    cx: &Cx,
    account: &AccountId,
    kinds: &[FactorKind],
) -> Result<Vec<(FactorRow, StoredKey)>, PageError> {
    let mut keys = held(cx, account, kinds).await?;
    keys.retain(|(row, _)| row.is_usable());
    Ok(keys)
}

/// The person's enabled keys of these kinds, unsealed, with those of models that are out of use.
pub(super) async fn held(
    cx: &Cx,
    account: &AccountId,
    kinds: &[FactorKind],
) -> Result<Vec<(FactorRow, StoredKey)>, PageError> {
    let key = cx.vault.key(account, cx.now).await?;
    let rows = models::factors_of(cx, account).await?;
    let mut out = Vec::new();
    for row in rows.into_iter().filter(|r| kinds.contains(&r.kind) && r.disabled_at.is_none()) {
        let stored = row.open::<StoredKey>(&key)?;
        out.push((row, stored));
    }
    Ok(out)
}

fn row_of(keys: Vec<(FactorRow, StoredKey)>, used: &Used) -> Option<FactorRow> {
    keys.into_iter().find(|(_, key)| key.credential_id == used.credential_id).map(|(row, _)| row)
}

/// Stores the new counter and backup flags, then counts the proof. The version guards the counter: of two
/// answers with the same counter one loses.
async fn accept(cx: &Cx, loaded: &mut Loaded, row: &FactorRow, used: Used) -> Result<(), PageError> {
    let key = cx.vault.key(&row.account, cx.now).await?;
    let sealed = factors::seal(&used.updated, &row.id, &key)?;
    let event = cx.done(Kind::PasskeyAccepted, &row.account).with(serde_json::json!({
        "kind": row.kind, "user_verified": used.user_verified, "backup_state": used.backup_state }));
    let stored = cx
        .store
        .write(
            (row.id.clone(), row.version, sealed, cx.now, event),
            |w, (id, version, sealed, now, event)| {
                Box::pin(async move {
                    if !factors::replace(w, id, *version, sealed, *now).await? {
                        return Ok::<_, store::Error>(false);
                    }
                    w.record(event).await?;
                    Ok(true)
                })
            },
        )
        .await?;
    if !stored {
        return Err(PageError::Bad("double_submit"));
    }
    let method = match used.kind {
        KeyKind::Passkey => FactorKind::Passkey,
        KeyKind::SecurityKey => FactorKind::SecurityKey,
    };
    crate::telemetry::login_attempt(method.as_str(), "ok");
    loaded.state.prove(Proof {
        method,
        at: cx.now,
        factor: row.id.clone(),
        user_verified: used.user_verified,
    });
    interaction::save(cx, loaded).await
}

/// A key that works but for its model, which is out of use: it proves nothing.
async fn unsafe_model(
    cx: &Cx,
    loaded: &mut Loaded,
    account: &AccountId,
    row: &FactorRow,
) -> Result<Next, PageError> {
    let event = cx.refusal(Kind::PasskeyRefused, Unfit::OutOfUse.as_str()).person(account);
    cx.record(event.with(cx.models.told(row.kind, &row.model))).await?;
    crate::telemetry::login_attempt("passkey", "refused");
    flash(cx, loaded, Flash::KeyUnsafe).await
}

/// Tells a person, and the trail, that the key they used does not count here: what follows asks for another way.
async fn tell_if_barred(
    cx: &Cx,
    loaded: &mut Loaded,
    browser: &Browser,
    row: &FactorRow,
) -> Result<(), PageError> {
    if !cx.policies.current(cx).await?.rules.name_models() {
        return Ok(());
    }
    let scene = hub::scene(cx, &loaded.state, browser).await?;
    let Err(why) = scene.models(&loaded.state).judge(&row.model) else { return Ok(()) };
    let event = cx.refusal(Kind::PasskeyRefused, why.as_str()).person(&row.account);
    cx.record(event.with(cx.models.told(row.kind, &row.model))).await?;
    loaded.state.flash = Some(Flash::KeyBarred);
    interaction::save(cx, loaded).await
}

async fn refused(
    cx: &Cx,
    loaded: &mut Loaded,
    account: Option<&AccountId>,
    why: &Rejected,
) -> Result<Next, PageError> {
    match account {
        Some(account) => cx.record(cx.refusal(Kind::PasskeyRefused, reason(why)).person(account)).await?,
        None => cx.note(Kind::PasskeyRefused, None),
    }
    crate::telemetry::login_attempt("passkey", "refused");
    flash(cx, loaded, shown(why)).await
}

/// The trail's word for a refusal.
fn reason(why: &Rejected) -> &'static str {
    match why {
        Rejected::CounterWentBack => "counter_went_back",
        Rejected::Expired => "expired",
        Rejected::UnknownCredential => "unknown",
        Rejected::WrongOrigin => "wrong_origin",
        Rejected::NotVerified => "not_verified",
        Rejected::AlreadyRegistered => "already_bound",
        Rejected::Malformed | Rejected::WrongCeremony | Rejected::Invalid(_) => "invalid",
    }
}

/// What the person is told.
pub(super) fn shown(why: &Rejected) -> Flash {
    match why {
        Rejected::Expired => Flash::KeyLate,
        Rejected::NotVerified => Flash::KeyUnverified,
        Rejected::AlreadyRegistered => Flash::KeyKnown,
        Rejected::UnknownCredential => Flash::KeyUnknown,
        Rejected::Malformed
        | Rejected::WrongCeremony
        | Rejected::WrongOrigin
        | Rejected::CounterWentBack
        | Rejected::Invalid(_) => Flash::KeyRefused,
    }
}
