//! Erasing an account: one person asks, another agrees, and a week later it is done. Its person is told twice, and may keep
//! it until then: by saying that it was not them, or, once it was agreed to, by signing in.

use super::{Decided, ask, detail, is_last_owner};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Timestamp};
use crate::duties::{Action, Approval, ApprovalKind, ApprovalState, Reason, Wanted};
use crate::flows::account::privacy;
use crate::flows::admin::{AdminActor, Cx, Refused};
use crate::flows::{About, notify};
use crate::identity::Account;
use crate::notifications::Notice;
use crate::store::{Writer, accounts, approvals, closings, grants};

/// Asks for somebody's account to be erased. The person is told at every address on file.
pub async fn ask_erasure(
    cx: &Cx,
    actor: &AdminActor,
    account: &Account,
    reason: &Reason,
) -> Result<Approval, Refused> {
    actor.is_for(Action::AccountErase)?;
    if is_last_owner(cx, &account.id).await? {
        return Err(Refused::LastOwner);
    }
    if closings::due_at(&cx.store, &account.id).await?.is_some() {
        return Err(Refused::Already);
    }
    let told = notify::prepare(cx, &account.id, Notice::ErasureRequested, None).await?;
    ask(cx, actor, &account.id, ApprovalKind::AccountErase, Wanted::default(), reason, told).await
}

/// The change that goes with the second person's word.
struct Agreed {
    approval: String,
    account: AccountId,
    decider: AccountId,
    granted: Event,
    closing: Event,
    told: Vec<notify::Prepared>,
    now: Timestamp,
}

/// Begins what was agreed to: everything the person has open ends, apps get nothing, and the account is erased in a week.
pub(super) async fn carry_out(
    cx: &Cx,
    actor: &AdminActor,
    approval: &Approval,
    decider: AccountId,
    granted: Event,
) -> Result<Decided, Refused> {
    let closing = actor.event(cx, Kind::AccountClosing).person(&approval.account).with(detail(approval));
    let agreed = Agreed {
        approval: approval.id.clone(),
        account: approval.account.clone(),
        decider,
        granted,
        closing,
        told: privacy::told(cx, &approval.account).await?,
        now: cx.now,
    };
    cx.store.write(agreed, |w, agreed| Box::pin(write(w, agreed))).await?;
    Ok(Decided::Done)
}

async fn write(w: &mut Writer, agreed: &Agreed) -> Result<(), Refused> {
    let Agreed { approval, account, decider, granted, closing, told, now } = agreed;
    if !grants::an_owner_remains(w, account, *now).await? {
        return Err(Refused::LastOwner);
    }
    if !approvals::decide(w, approval, ApprovalState::Done, decider, *now).await? {
        return Err(Refused::Already);
    }
    w.record(granted).await?;
    if closings::ask(w, account, *now).await? {
        notify::write(w, told).await?;
        w.record(closing).await?;
    }
    Ok(accounts::end_everything(w, account, *now).await?)
}
