//! What waits because somebody lost a way to sign in: requests for help, recoveries that cool off, resets that were
//! carried out and not used yet. Administrators see it and stop it; nobody hurries it.

use super::people::not_above;
use super::{AdminActor, Cx, Refused, Who};
use crate::audit::Kind;
use crate::base::Timestamp;
use crate::duties::Action;
use crate::flows::{About, accounts};
use crate::identity::{Account, LinkKind};
use crate::store::{self, accounts as rows, links, recoveries, recovery_requests};

/// Of each kind, at most so many are shown: the oldest.
pub const MOST: i64 = 200;

/// Something that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// About whom.
    pub account: Account,
    /// Since when.
    pub since: Timestamp,
    /// What.
    pub what: What,
}

/// What waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody asked the clinic for help: whether the password was proved, and the number they gave.
    Help {
        /// Else it may have been anybody.
        proved: bool,
        /// Compare it with the one on file.
        call: Option<String>,
    },
    /// A patient's recovery cools off until then.
    Cooling(Timestamp),
    /// A reset was carried out; the person has not come back yet.
    Reset,
}

/// What waits where somebody may stop it, the oldest first.
pub async fn list(cx: &Cx, who: &Who) -> Result<Vec<Waiting>, Refused> {
    let mut waiting = Vec::new();
    for place in who.places(Action::RecoveryStop) {
        for request in recovery_requests::open_at(&cx.store, &place, MOST).await? {
            let Some(account) = accounts::find_by_id(cx, &request.account).await? else { continue };
            let call = request.call(&cx.vault.key(&account.id, cx.now).await?)?;
            let what = What::Help { proved: request.proved, call };
            waiting.push(Waiting { account, since: request.asked_at, what });
        }
        for cooling in recoveries::waiting(&cx.store, &place, MOST).await? {
            let Some(account) = accounts::find_by_id(cx, &cooling.account).await? else { continue };
            let what = What::Cooling(cooling.ready_at);
            waiting.push(Waiting { account, since: cooling.asked_at, what });
        }
        for (id, since) in rows::reset_at(&cx.store, &place, MOST).await? {
            let Some(account) = accounts::find_by_id(cx, &id).await? else { continue };
            waiting.push(Waiting { account, since, what: What::Reset });
        }
    }
    waiting.sort_by_key(|one| one.since);
    Ok(waiting)
}

/// Stops a recovery that cools off, as its person can; what is open ends, because whoever began it knows the password.
pub async fn stop(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    actor.is_for(Action::RecoveryStop)?;
    not_above(cx, actor, account).await?;
    let event = actor.event(cx, Kind::RecoveryCancelled).person(&account.id);
    let change = (account.id.clone(), event, cx.now);
    let stopped = cx.store.write(change, |w, (account, event, now)| {
        Box::pin(async move {
            let stopped = recoveries::end(w, account, "cancelled", *now).await?;
            if stopped {
                links::revoke(w, account, LinkKind::Recovery, *now).await?;
                rows::end_everything(w, account, *now).await?;
                w.record(event).await?;
            }
            Ok::<_, store::Error>(stopped)
        })
    });
    if stopped.await? { Ok(()) } else { Err(Refused::Already) }
}

/// Closes a request for help that was answered or turned down.
pub async fn close(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    actor.is_for(Action::RecoveryStop)?;
    let event = actor.event(cx, Kind::RecoveryCancelled).person(&account.id);
    let change = (account.id.clone(), event.with(serde_json::json!({ "what": "clinic" })), cx.now);
    let closed = cx.store.write(change, |w, (account, event, now)| {
        Box::pin(async move {
            let closed = recovery_requests::close(w, account, "closed", *now).await?;
            if closed {
                w.record(event).await?;
            }
            Ok::<_, store::Error>(closed)
        })
    });
    if closed.await? { Ok(()) } else { Err(Refused::Already) }
}
