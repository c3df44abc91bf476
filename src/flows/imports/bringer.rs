//! What whoever brought a list may do by now: a list is worked off without them, and never with more than they have.

use super::{Bounds, Cx, Job};
use crate::audit::Actor;
use crate::base::{AccountId, ClientId, Role, Timestamp};
use crate::duties::{Action, Path, may_at, rank_at};
use crate::flows::admin;
use crate::identity::State;
use crate::store::{self, accounts, grants, organisations};

/// Their duty was taken back, or the client's scope.
const LOST_DUTY: &str = "bringer_lost_duty";
/// They are suspended, erased, or the client is stopped.
const SUSPENDED: &str = "bringer_suspended";
/// Whatever they had open was ended since: somebody else may have brought it in their name.
const ENDED: &str = "bringer_ended";

/// What somebody may do without being at hand.
struct Standing {
    administrators: bool,
    vouches: bool,
}

/// What rows of a list are held against from now on; or why it does not go on.
pub(super) async fn bounds_now(cx: &Cx, job: &Job) -> Result<Result<Bounds, &'static str>, store::Error> {
    let Some(organisation) = organisations::find(&cx.store, &job.organisation).await? else {
        return Ok(Err(LOST_DUTY));
    };
    let brought = standing(cx, &job.actor, job.created_at, &organisation.path).await?;
    if let Some((actor, at)) = &job.begun
        && let Err(why) = standing(cx, actor, *at, &organisation.path).await?
    {
        return Ok(Err(why));
    }
    Ok(brought.map(|standing| Bounds {
        organisation: organisation.id,
        role: None,
        administrators: standing.administrators,
        vouches: standing.vouches,
    }))
}

/// What an actor of the trail may do at a place, who was seen at a time; or why they may bring nobody any more.
async fn standing(
    cx: &Cx,
    actor: &str,
    seen: Timestamp,
    place: &Path,
) -> Result<Result<Standing, &'static str>, store::Error> {
    match Actor::parse(actor) {
        Some(Actor::Account(id)) => of_person(cx, &id, seen, place).await,
        Some(Actor::Client(id)) => of_machine(cx, &id, seen, place).await,
        Some(Actor::Host(_)) => Ok(Ok(Standing { administrators: true, vouches: true })),
        Some(Actor::System | Actor::Anonymous) | None => Ok(Err(LOST_DUTY)),
    }
}

async fn of_person(
    cx: &Cx,
    id: &AccountId,
    seen: Timestamp,
    place: &Path,
) -> Result<Result<Standing, &'static str>, store::Error> {
    let Some(account) = accounts::find(&cx.store, id).await?.filter(|one| one.state == State::Active) else {
        return Ok(Err(SUSPENDED));
    };
    let held = grants::of_account(&cx.store, id).await?;
    Ok(match may_at(&held, Action::ImportRun, place) {
        false => Err(LOST_DUTY),
        true if account.valid_after > seen => Err(ENDED),
        true => Ok(Standing {
            administrators: admin::may_make(rank_at(&held, Action::ImportRun, place), Role::Administrator),
            vouches: may_at(&held, Action::ImportVouch, place),
        }),
    })
}

async fn of_machine(
    cx: &Cx,
    id: &ClientId,
    seen: Timestamp,
    place: &Path,
) -> Result<Result<Standing, &'static str>, store::Error> {
    let found = cx.clients.find(cx, id).await?.filter(|client| client.is_enabled());
    let Some(client) = found.filter(|client| client.valid_after <= seen) else { return Ok(Err(SUSPENDED)) };
    let own = organisations::find(&cx.store, &client.organisation).await?;
    let covers = own.is_some_and(|own| own.path.covers(place));
    let scopes = &client.metadata.scope;
    let may = |action: Action| covers && action.scope().is_some_and(|scope| scopes.contains(scope.as_str()));
    Ok(match may(Action::ImportRun) {
        false => Err(LOST_DUTY),
        true => Ok(Standing { administrators: false, vouches: may(Action::ImportVouch) }),
    })
}
