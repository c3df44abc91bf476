//! Granting duties and taking them back.
//!
//! Nobody grants above their own level, nor to themselves. Owners and security officers are made and unmade with a
//! second person's agreement. The last owner of the root stays.

use super::{AdminActor, Cx, Refused, Who, with_reason};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, EventId, OrganisationId};
use crate::duties::{Action, Duty, Grant, GrantId, Path, Reason};
use crate::flows::{About, accounts};
use crate::identity::Account;
use crate::store::{self, grants, organisations};

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
    cx.record(event.with(serde_json::json!({ "action": actor.action(), "duty": duty }))).await?;
    Err(refused.1)
}

/// Grants a duty at the actor's organisation. [`Refused::SecondPerson`] where somebody else has to agree first.
pub async fn grant(
    cx: &Cx,
    actor: &AdminActor,
    account: &AccountId,
    duty: Duty,
    reason: &Reason,
) -> Result<Grant, Refused> {
    actor.is_for(Action::DutyGrant)?;
    check(cx, actor, duty, account).await?;
    if duty.needs_second_person() && !matches!(actor.who(), Who::Host(_)) {
        return Err(Refused::SecondPerson);
    }
    let new = new_grant(cx, account, duty, actor);
    let event = with_reason(cx, granted(cx, actor, &new), reason).await?;
    write_grant(cx, new, event).await
}

fn new_grant(cx: &Cx, account: &AccountId, duty: Duty, actor: &AdminActor) -> Grant {
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

fn granted(cx: &Cx, actor: &AdminActor, grant: &Grant) -> Event {
    let detail = serde_json::json!({ "duty": grant.duty, "grant": grant.id.0 });
    actor.event(cx, Kind::DutyGranted).person(&grant.account).with(detail)
}

async fn write_grant(cx: &Cx, new: Grant, event: Event) -> Result<Grant, Refused> {
    let written = cx.store.write((new.clone(), event), |w, (new, event)| {
        Box::pin(async move {
            let inserted = grants::insert(w, new).await?;
            if inserted {
                w.record(event).await?;
            }
            Ok::<_, store::Error>(inserted)
        })
    });
    if written.await? { Ok(new) } else { Err(Refused::Already) }
}

/// Takes a duty back. [`Refused::SecondPerson`] where somebody else has to agree first.
pub async fn revoke(cx: &Cx, actor: &AdminActor, grant: &Grant, reason: &Reason) -> Result<(), Refused> {
    actor.is_for(Action::DutyRevoke)?;
    // One may lay down one's own duty, but for what takes two people.
    let own = actor.account() == Some(&grant.account);
    if !own {
        check(cx, actor, grant.duty, &grant.account).await?;
    }
    if grant.duty.needs_second_person() && !matches!(actor.who(), Who::Host(_)) {
        return Err(Refused::SecondPerson);
    }
    let event = actor.event(cx, Kind::DutyRevoked).person(&grant.account);
    let event = event.with(serde_json::json!({ "duty": grant.duty, "grant": grant.id.0 }));
    let event = with_reason(cx, event, reason).await?;
    write_revocation(cx, grant.clone(), actor.who().actor().to_text(), event).await
}

async fn write_revocation(cx: &Cx, grant: Grant, by: String, event: Event) -> Result<(), Refused> {
    let input = (grant, by, event, cx.now);
    cx.store
        .write(input, |w, (grant, by, event, now)| {
            Box::pin(async move {
                let owns = grant.duty == Duty::Owner && grant.organisation == OrganisationId::root();
                if owns && !grants::an_owner_remains(w, &grant.account, *now).await? {
                    return Err(Refused::LastOwner);
                }
                if !grants::revoke(w, &grant.id, by, *now).await? {
                    return Err(Refused::Already);
                }
                Ok(w.record(event).await?)
            })
        })
        .await
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
