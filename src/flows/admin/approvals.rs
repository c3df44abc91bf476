//! What takes two people: one asks, another decides, and neither is the person it is about.
//!
//! A reset of somebody's ways to sign in goes further: the person is told when it is asked for, and what lets them set up
//! again goes to themselves, or is shown once to whoever asked, face to face. Whoever approved never sees it.

mod details;
mod erasure;
mod policy;

pub use details::{Brief, Details, details};
pub use erasure::ask_erasure;
pub use policy::ask_policy;

use super::{
    AdminActor, Cx, Refused, Who, authorise, duties, rank_of, record_refusal, stands_above, with_reason,
};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, EventId, OrganisationId, Secret};
use crate::duties::approval::LIFETIME;
use crate::duties::{
    Action, Approval, ApprovalKind, ApprovalState, Duty, Grant, Handing, IdentityCheck, Rank, Reason, Unfit,
    Wanted, may_at,
};
use crate::factors::FactorKind;
use crate::flows::reset::{Handover, reset_factors};
use crate::flows::{About, accounts, notify};
use crate::identity::Account;
use crate::notifications::Notice;
use crate::store::{self, Writer, approvals, grants};

/// A reset as it is asked for.
pub struct ResetWish {
    /// The kinds of factors that go.
    pub kinds: Vec<FactorKind>,
    /// How it was checked who it is.
    pub checked: IdentityCheck,
    /// How the person gets back in.
    pub handing: Handing,
    /// Why, and what was seen.
    pub reason: Reason,
}

/// A request as the queue shows it.
pub struct Shown {
    /// The request.
    pub approval: Approval,
    /// Whom it is about, unless their data are gone.
    pub account: Option<Account>,
    /// Who asked.
    pub requester: Option<Account>,
    /// Why they asked, for whoever may decide.
    pub reason: Option<String>,
}

/// What a decision led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It was carried out.
    Done,
    /// It was approved; whoever asked carries it out.
    Approved,
    /// It was refused.
    Refused,
    /// The policy was changed meanwhile, so that it is not what was asked for: it is refused.
    Stale,
}

fn context(id: &str) -> String {
    format!("approval.{id}")
}

// ---- asking

/// Asks for a reset. The person is told at every address on file.
pub async fn ask_reset(
    cx: &Cx,
    actor: &AdminActor,
    account: &Account,
    wish: ResetWish,
) -> Result<Approval, Refused> {
    actor.is_for(Action::FactorsResetRequest)?;
    if wish.kinds.is_empty() {
        return Err(Refused::Bad("kinds"));
    }
    if wish.handing == Handing::Mail && account.profile.verified_addresses().next().is_none() {
        return Err(Refused::Bad("no_address"));
    }
    if is_last_owner(cx, &account.id).await? {
        return Err(Refused::LastOwner);
    }
    if wish.handing == Handing::FaceToFace {
        may_hold_code(cx, actor, &account.id).await?;
    }
    let wanted = Wanted {
        kinds: wish.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
        checked: Some(wish.checked),
        handing: Some(wish.handing),
        ..Wanted::default()
    };
    let told = notify::prepare(cx, &account.id, Notice::ResetRequested, None).await?;
    ask(cx, actor, &account.id, ApprovalKind::FactorsReset, wanted, &wish.reason, told).await
}

/// The code of a face-to-face reset opens the account to whoever holds it, so nobody gets that of somebody above them.
async fn may_hold_code(cx: &Cx, actor: &AdminActor, account: &AccountId) -> Result<(), Refused> {
    if !stands_above(cx, actor, account).await? {
        return Ok(());
    }
    let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level").person(account);
    let event = event.with(serde_json::json!({ "action": actor.action() }));
    record_refusal(cx, actor.who(), event).await?;
    Err(Refused::Forbidden)
}

/// Whether nobody else could decide for them.
async fn is_last_owner(cx: &Cx, account: &AccountId) -> Result<bool, Refused> {
    let held = grants::of_account(&cx.store, account).await?;
    let root = OrganisationId::root();
    let owns = held.iter().any(|grant| grant.duty == Duty::Owner && grant.organisation == root);
    Ok(owns && grants::owners(&cx.store).await? <= 1)
}

/// Asks for a duty to be granted, or taken back, that takes two people.
pub async fn ask_duty(
    cx: &Cx,
    actor: &AdminActor,
    account: &AccountId,
    duty: Duty,
    grant: Option<&Grant>,
    reason: &Reason,
) -> Result<Approval, Refused> {
    let kind = match grant {
        Some(_) => ApprovalKind::DutyRevoke,
        None => ApprovalKind::DutyGrant,
    };
    let grant = grant.map(|grant| grant.id.0.clone());
    let wanted = Wanted { duty: Some(duty), grant, ..Wanted::default() };
    ask(cx, actor, account, kind, wanted, reason, Vec::new()).await
}

async fn ask(
    cx: &Cx,
    actor: &AdminActor,
    account: &AccountId,
    kind: ApprovalKind,
    wanted: Wanted,
    reason: &Reason,
    told: Vec<notify::Prepared>,
) -> Result<Approval, Refused> {
    // Only people ask: a machine, or a command, is nobody whom a second person could be compared with.
    let requester = actor.account().ok_or(Refused::Forbidden)?.clone();
    if requester == *account {
        let event = actor.refusal(cx, Kind::AdminRefused, "oneself").person(account);
        let event = event.with(serde_json::json!({ "action": actor.action() }));
        record_refusal(cx, actor.who(), event).await?;
        return Err(Refused::Oneself);
    }
    let new = Approval {
        id: EventId::new(cx.now, &cx.entropy).to_string(),
        kind,
        organisation: actor.organisation().clone(),
        account: account.clone(),
        requester,
        wanted,
        asked_at: cx.now,
        expires_at: cx.now.plus(LIFETIME),
        state: ApprovalState::Open,
        decider: None,
    };
    let key = cx.vault.find(sealing(&new), cx.now).await?.ok_or(Refused::NotFound)?;
    let sealed = key.seal(&context(&new.id), reason.as_str().as_bytes());
    let event = about(actor.event(cx, Kind::ApprovalAsked), &new);
    let event = with_reason(cx, event, reason).await?;
    let expired = expiry(cx);
    let written = cx.store.write((new.clone(), sealed, event, told, expired), |w, input| {
        Box::pin(async move {
            let (new, sealed, event, told, expired) = input;
            expire(w, expired).await?;
            if !approvals::insert(w, new, sealed).await? {
                return Ok(false);
            }
            notify::write(w, told).await?;
            w.record(event).await?;
            Ok::<_, store::Error>(true)
        })
    });
    if written.await? { Ok(new) } else { Err(Refused::UnderWay) }
}

/// Whose key seals the reason: of whom it is about, or else of whoever asks.
fn sealing(approval: &Approval) -> &AccountId {
    approval.subject().unwrap_or(&approval.requester)
}

/// The event with what the request says, and whom it is about.
fn about(event: Event, approval: &Approval) -> Event {
    let event = event.with(detail(approval));
    match approval.subject() {
        Some(account) => event.person(account),
        None => event,
    }
}

fn detail(approval: &Approval) -> serde_json::Value {
    serde_json::json!({
        "approval": approval.id,
        "kind": approval.kind,
        "requester": approval.requester,
        "factors": approval.wanted.kinds,
        "checked": approval.wanted.checked,
        "handing": approval.wanted.handing,
        "duty": approval.wanted.duty,
        "policy_base": approval.wanted.policy.as_ref().map(|wish| wish.base),
    })
}

// ---- looking

/// A page of the queue, oldest first.
pub struct Queue {
    /// What is under way.
    pub shown: Vec<Shown>,
    /// Where the next page begins, if there is one.
    pub next: Option<approvals::Place>,
}

/// What is under way where somebody may see it.
pub async fn queue(
    cx: &Cx,
    who: &Who,
    after: Option<&approvals::Place>,
    limit: i64,
) -> Result<Queue, Refused> {
    let mut found = Vec::new();
    for place in who.places(Action::ApprovalRead) {
        found.extend(approvals::under_way(&cx.store, &place, cx.now, after, limit.saturating_add(1)).await?);
    }
    found.sort_by(|one, other| (one.asked_at, &one.id).cmp(&(other.asked_at, &other.id)));
    let kept = usize::try_from(limit).unwrap_or_default();
    let more = found.len() > kept;
    found.truncate(kept);
    let next = found.last().filter(|_| more).map(|last| (last.asked_at, last.id.clone()));
    let mut shown = Vec::with_capacity(found.len());
    for approval in found {
        shown.push(self::shown(cx, approval, None).await?);
    }
    Ok(Queue { shown, next })
}

/// How many wait for a decision this person may make, for the console's frame.
pub async fn waiting(cx: &Cx, who: &Who) -> Result<usize, Refused> {
    let Some(account) = who.account() else { return Ok(0) };
    let mut waiting = 0;
    for place in who.places(Action::ApprovalDecide) {
        waiting += approvals::waiting(&cx.store, &place, account, cx.now).await?;
    }
    Ok(usize::try_from(waiting).unwrap_or_default())
}

/// One request, where somebody may see it.
pub async fn see(cx: &Cx, who: &Who, action: Action, id: &str) -> Result<(AdminActor, Shown), Refused> {
    let found = approvals::find(&cx.store, id).await?;
    // What does not exist is refused as what lies elsewhere.
    let place = found.as_ref().map_or_else(|| OrganisationId::from_text(""), |(a, _)| a.organisation.clone());
    let actor = authorise(cx, who, action, &place).await?;
    let (approval, sealed) = found.ok_or(Refused::NotFound)?;
    Ok((actor, shown(cx, approval, Some(sealed)).await?))
}

async fn shown(cx: &Cx, approval: Approval, sealed: Option<Vec<u8>>) -> Result<Shown, Refused> {
    let key = cx.vault.find(sealing(&approval), cx.now).await?;
    let opened = match (key, sealed) {
        (Some(key), Some(sealed)) => key.open(&context(&approval.id), &sealed).ok(),
        _ => None,
    };
    let reason = opened.map(|plain| String::from_utf8_lossy(plain.expose()).into_owned());
    Ok(Shown {
        account: match approval.subject() {
            Some(account) => accounts::find_by_id(cx, account).await?,
            None => None,
        },
        requester: accounts::find_by_id(cx, &approval.requester).await?,
        approval,
        reason,
    })
}

// ---- deciding

/// Decides. Only a person decides, who neither asked nor is asked about, and above whom nothing of it stands.
pub async fn decide(
    cx: &Cx,
    actor: &AdminActor,
    approval: &Approval,
    agrees: bool,
) -> Result<Decided, Refused> {
    actor.is_for(Action::ApprovalDecide)?;
    let decider = actor.account().ok_or(Refused::Forbidden)?.clone();
    let subject = match approval.subject() {
        Some(account) => rank_of(cx, account).await?,
        None => Rank::None,
    };
    if let Err(unfit) = approval.fits(&decider, actor.rank(), subject) {
        return unfit_to_decide(cx, actor, approval, unfit).await;
    }
    if let Some(account) = approval.subject()
        && stands_above(cx, actor, account).await?
    {
        return unfit_to_decide(cx, actor, approval, Unfit::Below).await;
    }
    if !approval.is_under_way(cx.now) || approval.state != ApprovalState::Open {
        return Err(Refused::Already);
    }
    if !agrees {
        let event = decision(cx, actor, approval, Kind::ApprovalRefused);
        decided(cx, approval, ApprovalState::Refused, decider, event).await?;
        return Ok(Decided::Refused);
    }
    if !still_may_ask(cx, actor, approval).await? {
        return unfit_to_decide(cx, actor, approval, Unfit::RequesterLeft).await;
    }
    let event = decision(cx, actor, approval, Kind::ApprovalGranted);
    match approval.kind {
        ApprovalKind::FactorsReset => {
            decided(cx, approval, ApprovalState::Approved, decider.clone(), event).await?;
            match approval.wanted.handing {
                Some(Handing::Mail) => {
                    let approval = Approval { decider: Some(decider), ..approval.clone() };
                    carry_out_reset(cx, &approval).await?;
                    Ok(Decided::Done)
                }
                Some(Handing::FaceToFace) | None => Ok(Decided::Approved),
            }
        }
        ApprovalKind::DutyGrant | ApprovalKind::DutyRevoke => {
            let change = duty_change(cx, actor, approval).await?;
            carry_out_duty(cx, approval, decider, event, change).await?;
            Ok(Decided::Done)
        }
        ApprovalKind::AccountErase => erasure::carry_out(cx, actor, approval, decider, event).await,
        ApprovalKind::PolicyWeaken => policy::carry_out(cx, actor, approval, decider, event).await,
    }
}

/// Whether whoever asked may still ask for it: somebody suspended, or without the duty by now, is no first person.
async fn still_may_ask(cx: &Cx, actor: &AdminActor, approval: &Approval) -> Result<bool, Refused> {
    let asked = match approval.kind {
        ApprovalKind::FactorsReset => Action::FactorsResetRequest,
        ApprovalKind::DutyGrant => Action::DutyGrant,
        ApprovalKind::DutyRevoke => Action::DutyRevoke,
        ApprovalKind::AccountErase => Action::AccountErase,
        ApprovalKind::PolicyWeaken => Action::PolicyWeaken,
    };
    let found = store::accounts::find(&cx.store, &approval.requester).await?;
    let active = found.is_some_and(|found| found.state == crate::identity::State::Active);
    let held = grants::of_account(&cx.store, &approval.requester).await?;
    Ok(active && may_at(&held, asked, actor.place()))
}

async fn unfit_to_decide<T>(
    cx: &Cx,
    actor: &AdminActor,
    approval: &Approval,
    unfit: Unfit,
) -> Result<T, Refused> {
    let event = actor.refusal(cx, Kind::ApprovalRefused, unfit.as_str());
    record_refusal(cx, actor.who(), about(event, approval)).await?;
    Err(match unfit {
        Unfit::Requester | Unfit::Subject => Refused::Oneself,
        Unfit::Below | Unfit::RequesterLeft => Refused::Forbidden,
    })
}

fn decision(cx: &Cx, actor: &AdminActor, approval: &Approval, kind: Kind) -> Event {
    about(actor.event(cx, kind), approval)
}

async fn decided(
    cx: &Cx,
    approval: &Approval,
    state: ApprovalState,
    decider: AccountId,
    event: Event,
) -> Result<(), Refused> {
    let input = (approval.id.clone(), state, decider, cx.now, event);
    cx.store
        .write(input, |w, (id, state, decider, now, event)| {
            Box::pin(async move {
                if !approvals::decide(w, id, *state, decider, *now).await? {
                    return Err(Refused::Already);
                }
                Ok(w.record(event).await?)
            })
        })
        .await
}

/// Takes a request back, by whoever asked.
pub async fn withdraw(cx: &Cx, actor: &AdminActor, approval: &Approval) -> Result<(), Refused> {
    if actor.account() != Some(&approval.requester) {
        return Err(Refused::Forbidden);
    }
    let mut event = decision(cx, actor, approval, Kind::ApprovalRefused);
    event.reason = Some("withdrawn".to_owned());
    cx.store
        .write((approval.id.clone(), cx.now, event), |w, (id, now, event)| {
            Box::pin(async move {
                if !approvals::withdraw(w, id, *now).await? {
                    return Err(Refused::Already);
                }
                Ok(w.record(event).await?)
            })
        })
        .await
}

/// Refuses the reset or the erasure that is asked about somebody, because they say that it was not them; whoever reads the mails may.
pub(in crate::flows) async fn refuse_by_person(
    w: &mut Writer,
    account: &AccountId,
    event: &Event,
    now: crate::base::Timestamp,
) -> Result<(), store::Error> {
    if let Some(approval) = approvals::refuse_by_person(w, account, now).await? {
        let event = event.clone().within(&approval.organisation).with(detail(&approval));
        w.record(&event).await?;
    }
    Ok(())
}

// ---- carrying out

/// Carries out a reset that was approved, by whoever asked for it, face to face: the code for the person.
pub async fn carry_out(
    cx: &Cx,
    actor: &AdminActor,
    approval: &Approval,
) -> Result<Option<Secret<String>>, Refused> {
    actor.is_for(Action::FactorsResetRequest)?;
    if actor.account() != Some(&approval.requester) || approval.kind != ApprovalKind::FactorsReset {
        let event = actor.refusal(cx, Kind::ApprovalRefused, "not_requester");
        record_refusal(cx, actor.who(), about(event, approval)).await?;
        return Err(Refused::Forbidden);
    }
    may_hold_code(cx, actor, &approval.account).await?;
    carry_out_reset(cx, approval).await
}

/// Claimed before it is done: a crash in between costs another request, and never resets anything twice.
async fn carry_out_reset(cx: &Cx, approval: &Approval) -> Result<Option<Secret<String>>, Refused> {
    let claimed = cx.store.write((approval.id.clone(), cx.now), |w, (id, now)| {
        Box::pin(async move { approvals::carry_out(w, id, *now).await })
    });
    if !claimed.await? {
        return Err(Refused::Already);
    }
    let kinds: Vec<_> = approval.wanted.kinds.iter().filter_map(|kind| FactorKind::parse(kind)).collect();
    let handover = match approval.wanted.handing {
        Some(Handing::Mail) => Handover::Mail,
        Some(Handing::FaceToFace) | None => Handover::FaceToFace,
    };
    let mut about = detail(approval);
    if let Some(members) = about.as_object_mut() {
        members.insert("decider".to_owned(), serde_json::json!(approval.decider));
    }
    reset_factors(cx, &approval.account, &kinds, handover, about).await.map_err(not_reset)
}

fn not_reset(why: accounts::Refused) -> Refused {
    match why {
        accounts::Refused::Store(error) => error.into(),
        accounts::Refused::LastOwner => Refused::LastOwner,
        accounts::Refused::NoAddress => Refused::Bad("no_address"),
        _ => Refused::NotFound,
    }
}

/// The change of a duty that was agreed to.
enum Change {
    Grant(Grant, Event),
    Revoke(Grant, String, Event),
}

async fn duty_change(cx: &Cx, actor: &AdminActor, approval: &Approval) -> Result<Change, Refused> {
    if let Some(id) = &approval.wanted.grant {
        let grant = duties::find(cx, id).await?.ok_or(Refused::Already)?;
        let event = duties::revoked(cx, actor, &grant).with(detail(approval));
        return Ok(Change::Revoke(grant, format!("account:{}", approval.requester), event));
    }
    let duty = approval.wanted.duty.ok_or(Refused::Bad("duty"))?;
    let mut grant = duties::new_grant(cx, &approval.account, duty, actor);
    grant.granted_by = format!("account:{}", approval.requester);
    let event = duties::granted(cx, actor, &grant).with(detail(approval));
    Ok(Change::Grant(grant, event))
}

async fn carry_out_duty(
    cx: &Cx,
    approval: &Approval,
    decider: AccountId,
    event: Event,
    change: Change,
) -> Result<(), Refused> {
    let input = (approval.id.clone(), decider, cx.now, event, change);
    cx.store
        .write(input, |w, (id, decider, now, event, change)| {
            Box::pin(async move {
                if !approvals::decide(w, id, ApprovalState::Done, decider, *now).await? {
                    return Err(Refused::Already);
                }
                w.record(event).await?;
                match change {
                    Change::Grant(grant, event) => {
                        if !grants::insert(w, grant).await? {
                            return Err(Refused::Already);
                        }
                        Ok(w.record(event).await?)
                    }
                    Change::Revoke(grant, by, event) => {
                        duties::revoke_within(w, grant, by, event, *now).await
                    }
                }
            })
        })
        .await
}

// ---- time

/// The event of a request that nobody decided in time, to be filled in.
fn expiry(cx: &Cx) -> (Vec<EventId>, Event) {
    let ids = (0..EXPIRED_AT_ONCE).map(|_| EventId::new(cx.now, &cx.entropy)).collect();
    let mut event = cx.event(Kind::ApprovalExpired, Outcome::Ok);
    event.actor = crate::audit::Actor::System;
    (ids, event)
}

/// Most requests that expire in one change.
const EXPIRED_AT_ONCE: usize = 64;

async fn expire(w: &mut Writer, (ids, event): &(Vec<EventId>, Event)) -> Result<(), store::Error> {
    let gone = approvals::expire(w, event.at).await?;
    for (approval, id) in gone.iter().zip(ids) {
        let mut event = about(event.clone(), approval).within(&approval.organisation);
        event.id = id.clone();
        w.record(&event).await?;
    }
    Ok(())
}

/// Ends what nobody decided in time.
pub async fn sweep(cx: &Cx) -> Result<(), store::Error> {
    cx.store.write(expiry(cx), |w, expired| Box::pin(async move { expire(w, expired).await })).await
}
