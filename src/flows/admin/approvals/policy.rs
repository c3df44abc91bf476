//! A policy that asks less of people: one person asks for it, another puts it in force, on top of the very version it was
//! asked for.

use super::{Decided, about, ask, context, sealing};
use crate::audit::{Event, Kind};
use crate::base::AccountId;
use crate::duties::approval::POLICY;
use crate::duties::{Action, Approval, ApprovalKind, ApprovalState, PolicyWish, Reason, Wanted};
use crate::flows::admin::{AdminActor, Refused};
use crate::flows::policies::{self, Refused as NotChanged};
use crate::flows::{About, Cx};
use crate::store::policies::{PolicyRow, insert};
use crate::store::{self, approvals};

/// Asks for a version of the policy that asks less. What is wrong with it is said now, not to whoever decides.
pub async fn ask_policy(
    cx: &Cx,
    actor: &AdminActor,
    base: i64,
    document: &str,
    reason: &Reason,
) -> Result<Approval, NotChanged> {
    actor.is_for(Action::PolicyWeaken)?;
    policies::preview(cx, base, document).await?;
    let wanted =
        Wanted { policy: Some(PolicyWish { base, document: document.to_owned() }), ..Wanted::default() };
    let nobody = AccountId::from_text(POLICY);
    Ok(ask(cx, actor, &nobody, ApprovalKind::PolicyWeaken, wanted, reason, Vec::new()).await?)
}

/// Why a version was not put in force.
enum Failed {
    /// Somebody decided before.
    Already,
    /// Another version is in force than the one it changes.
    Stale,
    Store(store::Error),
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// Decided and put in force in one change: of two at once one counts, and a version that came in between ends it.
pub(super) async fn carry_out(
    cx: &Cx,
    actor: &AdminActor,
    approval: &Approval,
    decider: AccountId,
    event: Event,
) -> Result<Decided, Refused> {
    let wish = approval.wanted.policy.as_ref().ok_or(Refused::Bad("policy"))?;
    let changes = match policies::preview(cx, wish.base, &wish.document).await {
        Ok(changes) => changes,
        Err(NotChanged::Store(error)) => return Err(error.into()),
        Err(_) => return stale(cx, actor, approval, decider).await,
    };
    let row = PolicyRow {
        version: wish.base + 1,
        document: wish.document.clone(),
        actor: format!("account:{}", approval.requester),
        reason: reason(cx, approval).await?,
        created_at: cx.now,
    };
    let changed = actor.event(cx, Kind::PolicyChanged).with(serde_json::json!({
        "version": row.version, "changes": changes, "approval": approval.id, "requester": approval.requester,
    }));
    let input = (approval.id.clone(), decider.clone(), cx.now, row, event, changed);
    let written = cx.store.write(input, |w, (id, decider, now, row, event, changed)| {
        Box::pin(async move {
            if !approvals::decide(w, id, ApprovalState::Done, decider, *now).await? {
                return Err(Failed::Already);
            }
            match insert(w, row).await {
                Err(store::Error::Conflict) => return Err(Failed::Stale),
                other => other?,
            }
            w.record(event).await?;
            Ok(w.record(changed).await?)
        })
    });
    let written = written.await;
    cx.policies.forget();
    match written {
        Ok(()) => Ok(Decided::Done),
        Err(Failed::Already) => Err(Refused::Already),
        Err(Failed::Stale) => stale(cx, actor, approval, decider).await,
        Err(Failed::Store(error)) => Err(error.into()),
    }
}

async fn reason(cx: &Cx, approval: &Approval) -> Result<String, Refused> {
    let key = cx.vault.find(sealing(approval), cx.now).await?;
    let found = approvals::find(&cx.store, &approval.id).await?;
    let opened = key.zip(found).and_then(|(key, (_, sealed))| key.open(&context(&approval.id), &sealed).ok());
    // Whoever asked was erased since: their words are gone, and they are no first person either.
    let opened = opened.ok_or(Refused::NotFound)?;
    Ok(String::from_utf8_lossy(opened.expose()).into_owned())
}

/// Ends a request that changes a version which is not in force any more.
async fn stale(
    cx: &Cx,
    actor: &AdminActor,
    approval: &Approval,
    decider: AccountId,
) -> Result<Decided, Refused> {
    let event = about(actor.refusal(cx, Kind::ApprovalRefused, "stale"), approval);
    super::decided(cx, approval, ApprovalState::Refused, decider, event).await?;
    Ok(Decided::Stale)
}
