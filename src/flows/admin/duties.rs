//! Granting duties and taking them back.
//!
//! Nobody grants above their own level, nor to themselves. Owners and security officers are made and unmade with a
//! second person's agreement. The last owner of the root stays.

use super::{AdminActor, Cx, Refused, Who, approvals, with_reason};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, EventId, OrganisationId, Timestamp};
use crate::duties::{Action, Approval, Duty, Grant, GrantId, Path, Reason};
use crate::flows::{About, accounts};
use crate::identity::Account;
use crate::store::{self, Writer, grants, organisations};

/// A grant and whose it is.
pub struct Holder {
    /// The grant.
    pub grant: Grant,
    /// The person, unless their data are gone.
    pub account: Option<Account>,
}

/// Who holds what at the actor's organisation itself.
pub async fn holders(cx: &Cx, actor: &AdminActor) -> Result<Vec<Holder>, Refused> {
    actor.is_for(Action::DutyRead)?;
    let mut out = Vec::new();
    for grant in grants::at(&cx.store, actor.organisation()).await? {
        let account = accounts::find_by_id(cx, &grant.account).await?;
        out.push(Holder { grant, account });
    }
    Ok(out)
}

/// Whose grant it is, unless their data are gone.
pub async fn holder(cx: &Cx, grant: &Grant) -> Result<Option<Account>, Refused> {
    Ok(accounts::find_by_id(cx, &grant.account).await?)
}

/// What somebody holds.
pub async fn of(cx: &Cx, account: &AccountId) -> Result<Vec<Grant>, Refused> {
    Ok(grants::of_account(&cx.store, account).await?)
}

/// Finds who is named, if the actor may grant them anything: they belong to what the actor covers.
pub async fn find_person(cx: &Cx, actor: &AdminActor, named: &str) -> Result<Account, Refused> {
    let found = accounts::find(cx, named).await?.ok_or(Refused::Bad("unknown_person"))?;
    let at = organisations::find(&cx.store, &found.organisation).await?;
    match at.is_some_and(|at| actor.who().may_at(Action::DutyGrant, &at.path)) {
        true => Ok(found),
        // The same as for nobody: whether there is such a person elsewhere is not told.
        false => Err(Refused::Bad("unknown_person")),
    }
}

/// What stands against this grant, if anything does.
async fn check(cx: &Cx, actor: &AdminActor, duty: Duty, account: &AccountId) -> Result<(), Refused> {
    let refused = if duty.rank() > actor.rank() {
        ("above_own_level", Refused::Forbidden)
    } else if actor.account() == Some(account) {
        ("oneself", Refused::Oneself)
    } else {
        return Ok(());
    };
    let event = actor.refusal(cx, Kind::AdminRefused, refused.0).person(account);
    let event = event.with(serde_json::json!({ "action": actor.action(), "duty": duty }));
    super::record_refusal(cx, actor.who(), event).await?;
    Err(refused.1)
}

/// How a change of a duty ended.
#[derive(Debug)]
pub enum Changed {
    /// It is so from now on.
    Done,
    /// Another person has to agree; it waits.
    Waits(Box<Approval>),
}

/// Grants a duty at the actor's organisation, or asks for it where a second person has to agree.
pub async fn grant(
    cx: &Cx,
    actor: &AdminActor,
    account: &AccountId,
    duty: Duty,
    reason: &Reason,
) -> Result<Changed, Refused> {
    actor.is_for(Action::DutyGrant)?;
    check(cx, actor, duty, account).await?;
    if duty.needs_second_person() && !matches!(actor.who(), Who::Host(_)) {
        return Ok(Changed::Waits(Box::new(
            approvals::ask_duty(cx, actor, account, duty, None, reason).await?,
        )));
    }
    let new = new_grant(cx, account, duty, actor);
    let event = with_reason(cx, granted(cx, actor, &new), reason).await?;
    write_grant(cx, new, event).await?;
    Ok(Changed::Done)
}

/// A grant by the actor, not written yet.
pub(super) fn new_grant(cx: &Cx, account: &AccountId, duty: Duty, actor: &AdminActor) -> Grant {
    Grant {
        id: GrantId(EventId::new(cx.now, &cx.entropy).to_string()),
        account: account.clone(),
        duty,
        organisation: actor.organisation().clone(),
        path: actor.place().clone(),
        granted_by: actor.who().actor().to_text(),
        granted_at: cx.now,
    }
}

/// The event of a grant.
pub(super) fn granted(cx: &Cx, actor: &AdminActor, grant: &Grant) -> Event {
    let detail = serde_json::json!({ "duty": grant.duty, "grant": grant.id.0 });
    actor.event(cx, Kind::DutyGranted).person(&grant.account).with(detail)
}

/// The event of a revocation.
pub(super) fn revoked(cx: &Cx, actor: &AdminActor, grant: &Grant) -> Event {
    let detail = serde_json::json!({ "duty": grant.duty, "grant": grant.id.0 });
    actor.event(cx, Kind::DutyRevoked).person(&grant.account).with(detail)
}

async fn write_grant(cx: &Cx, new: Grant, event: Event) -> Result<(), Refused> {
    let written = cx.store.write((new, event), |w, (new, event)| {
        Box::pin(async move {
            let inserted = grants::insert(w, new).await?;
            if inserted {
                w.record(event).await?;
            }
            Ok::<_, store::Error>(inserted)
        })
    });
    if written.await? { Ok(()) } else { Err(Refused::Already) }
}

/// Takes a duty back, or asks for it where a second person has to agree.
pub async fn revoke(cx: &Cx, actor: &AdminActor, grant: &Grant, reason: &Reason) -> Result<Changed, Refused> {
    actor.is_for(Action::DutyRevoke)?;
    check(cx, actor, grant.duty, &grant.account).await?;
    if grant.duty.needs_second_person() && !matches!(actor.who(), Who::Host(_)) {
        let (account, duty) = (&grant.account, grant.duty);
        let asked = approvals::ask_duty(cx, actor, account, duty, Some(grant), reason).await?;
        return Ok(Changed::Waits(Box::new(asked)));
    }
    let event = with_reason(cx, revoked(cx, actor, grant), reason).await?;
    let input = (grant.clone(), actor.who().actor().to_text(), event, cx.now);
    cx.store
        .write(input, |w, (grant, by, event, now)| {
            Box::pin(async move { revoke_within(w, grant, by, event, *now).await })
        })
        .await?;
    Ok(Changed::Done)
}

/// Takes a duty back inside a change; the last owner's stays.
pub(super) async fn revoke_within(
    w: &mut Writer,
    grant: &Grant,
    by: &str,
    event: &Event,
    now: Timestamp,
) -> Result<(), Refused> {
    let owns = grant.duty == Duty::Owner && grant.organisation == OrganisationId::root();
    if owns && !grants::an_owner_remains(w, &grant.account, now).await? {
        return Err(Refused::LastOwner);
    }
    if !grants::revoke(w, &grant.id, by, now).await? {
        return Err(Refused::Already);
    }
    Ok(w.record(event).await?)
}

/// A grant in force whose organisation the id leads to; where it lies decides who may touch it.
pub async fn find(cx: &Cx, id: &str) -> Result<Option<Grant>, Refused> {
    Ok(grants::find(&cx.store, &GrantId(id.to_owned())).await?)
}

/// Which duties somebody may grant at a place, highest first.
pub fn grantable(who: &Who, place: &Path) -> Vec<Duty> {
    let rank = who.rank_at(Action::DutyGrant, place);
    Duty::ALL
        .iter()
        .copied()
        .filter(|duty| who.may_at(Action::DutyGrant, place) && duty.rank() <= rank)
        .collect()
}
