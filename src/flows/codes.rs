//! Second factors one types: codes from an app, and recovery codes.

use super::hub::{self, Next, Page, Scene};
use super::interaction::{self, Flash};
use super::password::flash;
use super::sessions::Browser;
use super::throttle::{self, Attempt, Guesser};
use super::{Cx, PageError, notify};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, InteractionId};
use crate::factors::totp::{self, Rejected};
use crate::factors::{FactorKind, Proof, recovery};
use crate::notifications::Notice;
use crate::policy::throttle::Budget;
use crate::store::factors::{self, FactorRow};
use crate::store::{self, Writer, attempts};

fn takes(kind: FactorKind) -> impl Fn(&Page) -> bool {
    move |page| matches!(page, Page::Prove(kinds) if kinds.contains(&kind))
}

async fn reserve(cx: &Cx, scene: &Scene, browser: &Browser) -> Result<(AccountId, Attempt), PageError> {
    let account = scene.account.as_ref().ok_or(PageError::SignedOut)?.id.clone();
    let guesser = Guesser { account: Some(&account), canonical: "", browser: browser.id };
    let attempt = throttle::reserve(cx, guesser, Budget::SecondFactor).await?;
    Ok((account, attempt))
}

/// Checks a code from an app. Each step is taken once, for good, in SQL.
pub async fn submit_totp(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: &str,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, takes(FactorKind::Totp)).await?;
    if typed.trim().is_empty() {
        return flash(cx, &mut loaded, Flash::Empty).await;
    }
    let (account, attempt) = reserve(cx, &scene, browser).await?;
    match match_totp(cx, &scene, &account, typed).await? {
        Ok((row, step)) => {
            let event = cx.done(Kind::TotpAccepted, &account);
            if !take_step(cx, &row, step, &attempt, event).await? {
                return refuse_totp(cx, &mut loaded, &attempt, Rejected::Reused).await;
            }
            attempt.succeeded(cx, FactorKind::Totp).await?;
            loaded.state.prove(proof(cx, &row));
            interaction::save(cx, &mut loaded).await?;
            hub::advance(cx, &mut loaded, browser).await
        }
        Err(why) => refuse_totp(cx, &mut loaded, &attempt, why).await,
    }
}

async fn match_totp(
    cx: &Cx,
    scene: &Scene,
    account: &AccountId,
    typed: &str,
) -> Result<Result<(FactorRow, i64), Rejected>, PageError> {
    let key = cx.vault.key(account, cx.now).await?;
    let mut why = Rejected::Wrong;
    for row in scene.factors.iter().filter(|r| r.kind == FactorKind::Totp && r.disabled_at.is_none()) {
        let payload: Totp = row.open(&key)?;
        let Some(secret) = totp::Secret::with_hash(&payload.secret, payload.hash) else { continue };
        match totp::check(&secret, typed, cx.now, row.last_step) {
            Ok(step) => return Ok(Ok((row.clone(), step))),
            Err(Rejected::Wrong) => {}
            Err(other) => why = other,
        }
    }
    Ok(Err(why))
}

async fn take_step(
    cx: &Cx,
    row: &FactorRow,
    step: i64,
    attempt: &Attempt,
    event: Event,
) -> Result<bool, PageError> {
    let (subject, budget) = attempt.spent();
    let input = (row.id.clone(), step, cx.now, event, subject, budget);
    let taken = cx
        .store
        .write(input, |w, (id, step, now, event, subject, budget)| {
            Box::pin(async move {
                if !factors::take_step(w, id, *step, *now).await? {
                    return Ok::<_, store::Error>(false);
                }
                attempts::succeed(w, *subject, budget).await?;
                w.record(event).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(taken)
}

async fn refuse_totp(
    cx: &Cx,
    loaded: &mut interaction::Loaded,
    attempt: &Attempt,
    why: Rejected,
) -> Result<Next, PageError> {
    let (kind, reason, shown) = match why {
        Rejected::Wrong => (Kind::TotpRefused, "wrong", Flash::WrongCode),
        Rejected::Reused => (Kind::TotpReplayed, "reused", Flash::ReusedCode),
        Rejected::Drift(_) => (Kind::TotpRefused, "clock", Flash::ClockOff),
    };
    attempt.failed(cx, kind, FactorKind::Totp, reason).await?;
    flash(cx, loaded, shown).await
}

/// Checks a recovery code: one hash a guess, spent by a guarded update of the sealed set.
pub async fn submit_recovery(
    cx: &Cx,
    id: &InteractionId,
    browser: &Browser,
    typed: &str,
) -> Result<Next, PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, takes(FactorKind::RecoveryCodes)).await?;
    if typed.trim().is_empty() {
        return flash(cx, &mut loaded, Flash::Empty).await;
    }
    let (account, attempt) = reserve(cx, &scene, browser).await?;
    let row = scene.factors.iter().find(|r| r.kind == FactorKind::RecoveryCodes && r.disabled_at.is_none());
    let spent = match row {
        Some(row) => match spend(cx, row, typed, &attempt).await {
            Err(PageError::Busy(seconds)) => {
                attempt.give_back(cx).await?;
                cx.note(Kind::HashingBusy, None);
                crate::telemetry::hashing_refused();
                return Err(PageError::Busy(seconds));
            }
            other => other?,
        },
        None => false,
    };
    let (Some(row), true) = (row, spent) else {
        attempt.failed(cx, Kind::RecoveryCodeRefused, FactorKind::RecoveryCodes, "wrong").await?;
        return flash(cx, &mut loaded, Flash::WrongRecoveryCode).await;
    };
    attempt.succeeded(cx, FactorKind::RecoveryCodes).await?;
    tracing::info!(account = %account, "a recovery code was used");
    loaded.state.prove(proof(cx, row));
    interaction::save(cx, &mut loaded).await?;
    hub::advance(cx, &mut loaded, browser).await
}

/// So few recovery codes left are told.
const FEW: usize = 3;

async fn spend(cx: &Cx, row: &FactorRow, typed: &str, attempt: &Attempt) -> Result<bool, PageError> {
    let Some(code) = recovery::normalise(typed) else { return Ok(false) };
    let key = cx.vault.key(&row.account, cx.now).await?;
    let mut set: recovery::Set = row.open(&key)?;
    let hash = cx.hashing.recovery(code, set.salt, set.params).await?;
    let Some(index) = recovery::find(&set, &hash) else { return Ok(false) };
    if !set.spend(index) {
        return Ok(false);
    }
    let sealed = factors::seal(&set, &row.id, &key)?;
    let left = set.remaining();
    let mut event = cx.done(Kind::RecoveryCodeUsed, &row.account);
    event.detail = Some(serde_json::json!({ "left": left }));
    let mut notice = notify::prepare(cx, &row.account, Notice::RecoveryCodeUsed, None).await?;
    if left <= FEW {
        notice.extend(notify::prepare(cx, &row.account, Notice::RecoveryCodesLow, None).await?);
    }
    let (subject, budget) = attempt.spent();
    let change = Spending { row: row.clone(), sealed, event, notice, subject, budget, now: cx.now };
    Ok(cx.store.write(change, |w, c| Box::pin(write_spending(w, c))).await?)
}

struct Spending {
    row: FactorRow,
    sealed: Vec<u8>,
    event: Event,
    notice: Vec<notify::Prepared>,
    subject: crate::base::Digest,
    budget: &'static str,
    now: crate::base::Timestamp,
}

async fn write_spending(w: &mut Writer, c: &Spending) -> Result<bool, store::Error> {
    // The version guards the whole set: of two codes spent at once one is asked again, none counts twice.
    if !factors::replace(w, &c.row.id, c.row.version, &c.sealed, c.now).await? {
        return Ok(false);
    }
    attempts::succeed(w, c.subject, c.budget).await?;
    notify::write(w, &c.notice).await?;
    w.record(&c.event).await?;
    Ok(true)
}

fn proof(cx: &Cx, row: &FactorRow) -> Proof {
    Proof { method: row.kind, at: cx.now, factor: row.id.clone(), user_verified: false }
}

/// The sealed payload of a code app.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Totp {
    /// 20 bytes; of an app linked elsewhere 16 to 64.
    pub secret: Vec<u8>,
    /// The person's name for it.
    pub label: String,
    /// The hash an app linked elsewhere uses.
    #[serde(default)]
    pub hash: totp::Hash,
}
