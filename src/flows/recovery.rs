//! Getting back in: a forgotten password, and a second factor that was lost (SP 800-63B-4 §4.2). A forgotten password never
//! replaces the second factor; what was lost is replaced behind the password and something else, or by somebody who knows
//! the person.

use serde_json::json;

use super::hub::{self, Page, Scene};
use super::interaction::{self, Flash, Loaded};
use super::sessions::Browser;
use super::{About, Cx, PageError, links as sent, notify, throttle};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, Digest, EventId, InteractionId, Role, Seconds, Timestamp};
use crate::factors::FactorKind;
use crate::identity::{Account, LinkKind, State};
use crate::keys::seal::DataKey;
use crate::notifications::{Draft, Notice, To};
use crate::policy::FRESH_FOR_ENROLMENT;
use crate::store::recoveries::Recovery;
use crate::store::recovery_requests::{self, RecoveryRequest};
use crate::store::{self, Writer, accounts, factors, links, recoveries};

/// Where the link to a new password leads; the token follows.
pub const RESET_PATH: &str = "/reset";
/// Where the link of a recovery that waited leads.
pub const RECOVER_PATH: &str = "/recover";
/// Where the link that stops a recovery leads.
pub const CANCEL_PATH: &str = "/recover/cancel";

/// How long a recovery waits before it can be finished, in seconds.
pub const COOLING_OFF: Seconds = 24 * 3600;
/// How long after a cancelled recovery none can be begun, in seconds.
pub const AFTER_CANCEL: Seconds = 24 * 3600;
/// How soon another mail may be asked for, in seconds.
pub const RESEND: Seconds = 60;
/// Longest number to call that is taken, in bytes.
const LONGEST_CALL: usize = 40;

/// Asks for a link to a new password for whoever was named. Known and unknown names do the same: the work is done after the
/// answer, and mails go to proved addresses on file only.
pub async fn forgot(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<(), PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, asks_password).await?;
    if loaded.state.mailed.is_some_and(|at| cx.now.since(at) < RESEND) {
        loaded.state.flash = Some(Flash::TooSoon);
        return interaction::save(cx, &mut loaded).await;
    }
    throttle::begin(cx).await?;
    loaded.state.mailed = Some(cx.now);
    loaded.state.flash = None;
    interaction::save(cx, &mut loaded).await?;
    let named = whom(cx, &loaded, &scene);
    let account = scene.account.map(|account| account.id);
    let later = cx.clone();
    cx.later.spawn(async move {
        if let Err(error) = send_reset(&later, &named, account.as_ref()).await {
            tracing::error!(%error, "a link to a new password could not be sent");
        }
    });
    Ok(())
}

fn asks_password(page: &Page) -> bool {
    matches!(page, Page::Prove(kinds) if kinds.contains(&FactorKind::Password))
}

/// What limits are counted under: the account, or the name nobody has.
fn whom(cx: &Cx, loaded: &Loaded, scene: &Scene) -> String {
    let typed = loaded.state.identifier.as_deref().unwrap_or_default();
    scene.account.as_ref().map_or_else(|| hub::nobody(cx, typed), |account| account.id.clone()).to_string()
}

async fn send_reset(cx: &Cx, named: &str, account: Option<&AccountId>) -> Result<(), PageError> {
    if !throttle::may_mail(cx, named).await? {
        cx.note(Kind::RecoveryRefused, None);
        return Ok(());
    }
    let Some((account, key)) = opened(cx, account).await? else {
        cx.note(Kind::RecoveryAsked, None);
        return Ok(());
    };
    let rows = factors::of_account(&cx.store, &account.id).await?;
    let token = sent::draw(cx);
    let asked = cx.done(Kind::RecoveryAsked, &account.id).with(json!({ "what": FactorKind::Password }));
    let link = Draft {
        link: Some(sent::url(cx, RESET_PATH, &token)),
        until: Some(cx.now.plus(LinkKind::PasswordReset.lifetime())),
        ..Draft::of(Notice::PasswordReset)
    };
    let notice = to_verified(cx, &account, &key, &link)?;
    // Whoever never had a password does not get one by mail.
    if notice.is_empty() || !rows.iter().any(|row| row.kind == FactorKind::Password) {
        let why = if notice.is_empty() { "no_verified_address" } else { "no_password" };
        cx.record(cx.refusal(Kind::RecoveryRefused, why).person(&account.id)).await?;
        return Ok(());
    }
    let change = Mailing {
        account: account.id,
        links: vec![(token.digest(), LinkKind::PasswordReset)],
        notice,
        event: asked,
        now: cx.now,
    };
    cx.store.write(change, |w, c| Box::pin(mail(w, c))).await?;
    Ok(())
}

/// An account that may act, and its key.
async fn opened(cx: &Cx, id: Option<&AccountId>) -> Result<Option<(Account, DataKey)>, PageError> {
    let Some(id) = id else { return Ok(None) };
    let (sealed, key) = (accounts::find(&cx.store, id).await?, cx.vault.find(id, cx.now).await?);
    let (Some(sealed), Some(key)) = (sealed, key) else { return Ok(None) };
    if sealed.state != State::Active {
        return Ok(None);
    }
    Ok(Some((sealed.open(&key)?, key)))
}

/// A message to every proved address; each gets the same link.
fn to_verified(
    cx: &Cx,
    account: &Account,
    key: &DataKey,
    draft: &Draft,
) -> Result<Vec<notify::Prepared>, store::Error> {
    let mut out = Vec::new();
    for to in account.profile.verified_addresses() {
        out.extend(notify::seal(cx, account, key, &Draft { to: To::Only(to.to_owned()), ..draft.clone() })?);
    }
    Ok(out)
}

/// The change that sends links.
struct Mailing {
    account: AccountId,
    links: Vec<(Digest, LinkKind)>,
    notice: Vec<notify::Prepared>,
    event: Event,
    now: Timestamp,
}

async fn mail(w: &mut Writer, c: &Mailing) -> Result<(), store::Error> {
    for (digest, kind) in &c.links {
        links::revoke(w, &c.account, *kind, c.now).await?;
        links::insert(w, *digest, *kind, &c.account, None, c.now).await?;
    }
    notify::write(w, &c.notice).await?;
    w.record(&c.event).await
}

/// What somebody can do who cannot use any of their second factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// A recovery code may be left on paper.
    pub codes: bool,
    /// Waiting out the cooling-off: patients, behind the password.
    pub wait: bool,
    /// Why waiting is not offered now: until when none can be begun, or when the one that waits is ready.
    pub waits_until: Option<Timestamp>,
    /// A second factor that stays open (a throttled one leaves others).
    pub proved: bool,
}

/// Whether the page may be shown: somebody was named and is asked for something they cannot give.
fn lost(page: &Page) -> bool {
    matches!(page, Page::Prove(_) | Page::Stuck)
}

/// The ways out of a dead end. Before the password is proved they are the same for everybody.
pub async fn ways(cx: &Cx, loaded: &Loaded, scene: &Scene) -> Result<Ways, PageError> {
    let closed = Ways { codes: false, wait: false, waits_until: None, proved: false };
    let (Some(account), true) = (&scene.account, knows_password(cx, loaded, scene)) else {
        return Ok(closed);
    };
    let codes = super::account::codes_left(cx, &scene.factors).await?.is_some_and(|left| left > 0);
    let newest = recoveries::newest(&cx.store, &account.id).await?;
    let waits_until = newest.and_then(|r| match (r.ended_at, r.ended_why.as_deref()) {
        (None, _) => Some(r.ready_at),
        (Some(at), Some("cancelled")) if cx.now < at.plus(AFTER_CANCEL) => Some(at.plus(AFTER_CANCEL)),
        _ => None,
    });
    let wait = waits_until.is_none() && may_wait(account, scene);
    Ok(Ways { codes, wait, waits_until, proved: true })
}

/// Whether the password was proved in this very sign-in, just now.
fn knows_password(cx: &Cx, loaded: &Loaded, scene: &Scene) -> bool {
    let since = cx.now.plus(-FRESH_FOR_ENROLMENT);
    let proofs = scene.proofs(&loaded.state);
    proofs
        .iter()
        .any(|p| p.method == FactorKind::Password && p.at >= since && loaded.state.proofs.contains(p))
}

/// Whether the cooling-off is for this person: a patient, reachable, with a password that no mail has set, and no
/// supervised reset that waits. Clinicians and administrators need somebody who knows them.
fn may_wait(account: &Account, scene: &Scene) -> bool {
    let own = scene.factors.iter().any(|row| row.kind == FactorKind::Password && row.mailed_at.is_none());
    let reachable = account.profile.verified_addresses().next().is_some();
    account.role == Role::Patient && own && reachable && account.reset_at.is_none()
}

/// The ways out, where the step is one.
pub async fn look(cx: &Cx, loaded: &Loaded, browser: &Browser) -> Result<(Ways, Scene), PageError> {
    let scene = hub::expect(cx, loaded, browser, lost).await?;
    Ok((ways(cx, loaded, &scene).await?, scene))
}

/// Asks the clinic to call. The answer is the same for everybody; for a known name administrators see a request.
pub async fn ask_clinic(cx: &Cx, id: &InteractionId, browser: &Browser, call: &str) -> Result<(), PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let scene = hub::expect(cx, &loaded, browser, lost).await?;
    throttle::begin(cx).await?;
    let proved = knows_password(cx, &loaded, &scene);
    let named = whom(cx, &loaded, &scene);
    let account = scene.account.as_ref().map(|account| account.id.clone());
    loaded.state.asked = true;
    loaded.state.flash = None;
    interaction::save(cx, &mut loaded).await?;
    let call: String = call.chars().filter(|c| !c.is_control()).take(LONGEST_CALL).collect();
    let later = cx.clone();
    cx.later.spawn(async move {
        if let Err(error) = keep_request(&later, &named, account.as_ref(), proved, call.trim()).await {
            tracing::error!(%error, "a request for help could not be kept");
        }
    });
    Ok(())
}

async fn keep_request(
    cx: &Cx,
    named: &str,
    account: Option<&AccountId>,
    proved: bool,
    call: &str,
) -> Result<(), PageError> {
    if !throttle::may_mail(cx, &format!("request {named}")).await? {
        cx.note(Kind::RecoveryRefused, None);
        return Ok(());
    }
    let Some((account, key)) = opened(cx, account).await? else {
        cx.note(Kind::RecoveryAsked, None);
        return Ok(());
    };
    let request = RecoveryRequest::new(
        EventId::new(cx.now, &cx.entropy).to_string(),
        account.id.clone(),
        account.organisation.clone(),
        proved,
        (!call.is_empty()).then_some((call, &key)),
        cx.now,
    );
    let event = cx.done(Kind::RecoveryAsked, &account.id).with(json!({ "what": "clinic", "proved": proved }));
    // Told at once, to all: it may not have been the person.
    let notice = notify::seal(cx, &account, &key, &Draft::of(Notice::RecoveryAsked))?;
    cx.store
        .write((request, event, notice), |w, (request, event, notice)| {
            Box::pin(async move {
                recovery_requests::ask(w, request).await?;
                notify::write(w, notice).await?;
                w.record(event).await
            })
        })
        .await?;
    Ok(())
}

/// Somebody who asked the clinic for help, as administrators see it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asked, or was named by whoever asked.
    pub account: Account,
    /// Whether the password was proved: else it may have been anybody.
    pub proved: bool,
    /// The number to call, if one was given. Whoever typed it may not be the person: compare it with the one on file.
    pub call: Option<String>,
    /// When it was asked.
    pub at: Timestamp,
}

/// Open requests, oldest first. People whose data key is gone are left out.
pub async fn requests(cx: &Cx, limit: i64) -> Result<Vec<Asked>, store::Error> {
    let mut out = Vec::new();
    for request in recovery_requests::open(&cx.store, None, limit).await? {
        let (sealed, key) = (
            accounts::find(&cx.store, &request.account).await?,
            cx.vault.find(&request.account, cx.now).await?,
        );
        if let (Some(sealed), Some(key)) = (sealed, key) {
            let account = sealed.open(&key)?;
            let (proved, at) = (request.proved, request.asked_at);
            out.push(Asked { account, proved, call: request.call(&key)?, at });
        }
    }
    Ok(out)
}

/// Closes a request that was answered or turned down: `false` when there is none.
pub async fn close_request(cx: &Cx, account: &AccountId) -> Result<bool, store::Error> {
    let event =
        cx.event(Kind::RecoveryCancelled, Outcome::Ok).person(account).with(json!({ "what": "clinic" }));
    let input = (account.clone(), event, cx.now);
    cx.store
        .write(input, |w, (account, event, now)| {
            Box::pin(async move {
                let closed = recovery_requests::close(w, account, "closed", *now).await?;
                if closed {
                    w.record(event).await?;
                }
                Ok::<_, store::Error>(closed)
            })
        })
        .await
}

/// Begins the cooling-off: told at once to every address, each mail with a link that stops it.
pub async fn wait(cx: &Cx, id: &InteractionId, browser: &Browser) -> Result<(), PageError> {
    let mut loaded = interaction::load(cx, id, browser).await?;
    let (ways, scene) = look(cx, &loaded, browser).await?;
    let account = scene.account.as_ref().ok_or(PageError::SignedOut)?;
    if !ways.wait {
        let event = cx.refusal(Kind::RecoveryRefused, "not_offered").person(&account.id);
        cx.record(event).await?;
        return Err(PageError::Bad("step"));
    }
    let key = cx.vault.key(&account.id, cx.now).await?;
    let new = Recovery {
        id: EventId::new(cx.now, &cx.entropy).to_string(),
        account: account.id.clone(),
        asked_at: cx.now,
        ready_at: cx.now.plus(COOLING_OFF),
        ended_at: None,
        ended_why: None,
    };
    let token = sent::draw(cx);
    let told = Draft {
        link: Some(sent::url(cx, CANCEL_PATH, &token)),
        until: Some(new.ready_at),
        ..Draft::of(Notice::RecoveryStarted)
    };
    let event = cx.done(Kind::RecoveryAsked, &account.id).with(json!({ "what": "cooling_off" }));
    let change = Waiting {
        new,
        notice: notify::seal(cx, account, &key, &told)?,
        mailing: (token.digest(), LinkKind::RecoveryCancel),
        event,
        now: cx.now,
    };
    let begun = cx.store.write(change, |w, c| Box::pin(begin_waiting(w, c))).await?;
    if !begun {
        let event = cx.refusal(Kind::RecoveryRefused, "waits_or_cancelled").person(&account.id);
        cx.record(event).await?;
        return Err(PageError::Bad("step"));
    }
    loaded.state.flash = None;
    interaction::save(cx, &mut loaded).await
}

/// The change that begins a cooling-off.
struct Waiting {
    new: Recovery,
    mailing: (Digest, LinkKind),
    notice: Vec<notify::Prepared>,
    event: Event,
    now: Timestamp,
}

async fn begin_waiting(w: &mut Writer, c: &Waiting) -> Result<bool, store::Error> {
    let account = &c.new.account;
    // Whoever holds the account keeps others waiting: of 64 at once one begins.
    if !accounts::hold(w, account, c.now).await? {
        return Ok(false);
    }
    if !recoveries::begin(w, &c.new, c.now.plus(-AFTER_CANCEL)).await? {
        return Ok(false);
    }
    let (digest, kind) = c.mailing;
    links::revoke(w, account, kind, c.now).await?;
    links::insert(w, digest, kind, account, None, c.now).await?;
    notify::write(w, &c.notice).await?;
    w.record(&c.event).await?;
    Ok(true)
}

/// Sends the links of recoveries whose cooling-off is over. Every node does; each recovery is told once.
pub async fn tell_due(cx: &Cx) -> Result<u64, store::Error> {
    let mut told = 0;
    for due in recoveries::due(&cx.store, cx.now, 100).await? {
        let Some(sealed) = accounts::find(&cx.store, &due.account).await? else { continue };
        let Some(key) = cx.vault.find(&due.account, cx.now).await? else { continue };
        let account = sealed.open(&key)?;
        let token = sent::draw(cx);
        let link = Draft {
            link: Some(sent::url(cx, RECOVER_PATH, &token)),
            until: Some(cx.now.plus(LinkKind::Recovery.lifetime())),
            ..Draft::of(Notice::RecoveryReady)
        };
        let notice = to_verified(cx, &account, &key, &link)?;
        let input = (due, token.digest(), notice, cx.now);
        let done = cx.store.write(input, |w, (due, digest, notice, now)| {
            Box::pin(async move {
                if !recoveries::tell(w, &due.id, *now).await? {
                    return Ok::<_, store::Error>(0);
                }
                links::revoke(w, &due.account, LinkKind::Recovery, *now).await?;
                links::insert(w, *digest, LinkKind::Recovery, &due.account, None, *now).await?;
                notify::write(w, notice).await?;
                Ok(1)
            })
        });
        told += done.await?;
    }
    let over = cx.now.plus(-LinkKind::Recovery.lifetime());
    let input = (over, cx.now);
    cx.store.write(input, |w, (over, now)| Box::pin(recoveries::expire(w, *over, *now))).await?;
    Ok(told)
}

/// Stops a recovery with the link of its mail, whoever is signed in where. `false` when nothing waited any more.
pub async fn cancel(cx: &Cx, token: &str) -> Result<bool, PageError> {
    throttle::begin(cx).await?;
    let (token, link) = match sent::look(cx, LinkKind::RecoveryCancel, token).await? {
        sent::Looked::Open(token, link) => (token, link),
        sent::Looked::Over(link) => return Err(PageError::LinkOver(link.standing)),
        sent::Looked::Unknown => return Err(PageError::LinkUnknown),
    };
    let event = cx.done(Kind::RecoveryCancelled, &link.account);
    let input = (token.digest(), link.account, event, cx.now);
    let stopped = cx.store.write(input, |w, (digest, account, event, now)| {
        Box::pin(async move {
            if links::spend(w, *digest, LinkKind::RecoveryCancel, *now).await?.is_none() {
                return Ok::<_, store::Error>(false);
            }
            let stopped = recoveries::end(w, account, "cancelled", *now).await?;
            links::revoke(w, account, LinkKind::Recovery, *now).await?;
            // Whoever began it knows the password, or had somebody's browser: what is open ends.
            accounts::end_everything(w, account, *now).await?;
            if stopped {
                w.record(event).await?;
            }
            Ok(stopped)
        })
    });
    Ok(stopped.await?)
}

/// What a sign-in with a second factor writes: whoever has one has lost nothing, so a recovery that waits was begun by
/// somebody else, or is needed no more.
pub(super) struct Stopping {
    notice: Vec<notify::Prepared>,
    event: Event,
}

/// Prepares to stop a recovery that waits; `None` where none does.
pub(super) async fn stopping(cx: &Cx, account: &AccountId) -> Result<Option<Stopping>, store::Error> {
    if !recoveries::waits(&cx.store, account).await? {
        return Ok(None);
    }
    let event = cx.done(Kind::RecoveryCancelled, account).with(json!({ "by": "sign_in" }));
    Ok(Some(Stopping { notice: notify::prepare(cx, account, Notice::RecoveryStopped, None).await?, event }))
}

/// Stops it; of several sign-ins at once one tells.
pub(super) async fn stop(
    w: &mut Writer,
    account: &AccountId,
    s: &Stopping,
    now: Timestamp,
) -> Result<(), store::Error> {
    if recoveries::end(w, account, "cancelled", now).await? {
        for kind in [LinkKind::Recovery, LinkKind::RecoveryCancel] {
            links::revoke(w, account, kind, now).await?;
        }
        notify::write(w, &s.notice).await?;
        w.record(&s.event).await?;
    }
    Ok(())
}

/// Whether a recovery by waiting may be finished by this person: still a patient, with the password they had.
pub(super) fn may_finish(scene: &Scene) -> bool {
    scene.account.as_ref().is_some_and(|account| may_wait(account, scene))
}
