//! What whoever brought a list may do by now: a list is worked off without them, and never with more than they have.

use super::{Bounds, Cx, Job};
use crate::audit::Actor;
use crate::base::{Role, Timestamp};
use crate::duties::{Action, Path};
use crate::flows::admin;
use crate::flows::admin::absent::{self, Absent};
use crate::store::{self, Writer, organisations};

/// Their duty was taken back, or the client's scope.
const LOST_DUTY: &str = "bringer_lost_duty";
/// They are suspended, erased, or the client is stopped.
const SUSPENDED: &str = "bringer_suspended";
/// Whatever they had open was ended since: somebody else may have brought it in their name.
const ENDED: &str = "bringer_ended";

/// What somebody may do without being at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether administrators may come by their list.
    pub administrators: bool,
    /// Whether they answer for what nobody here proved.
    pub vouches: bool,
}

/// What rows of a list are held against from now on; or why it does not go on.
pub(super) async fn bounds_now(cx: &Cx, job: &Job) -> Result<Result<Bounds, &'static str>, store::Error> {
    let Some(organisation) = organisations::find(&cx.store, &job.organisation).await? else {
        return Ok(Err(LOST_DUTY));
    };
    let mut found = Vec::new();
    for (actor, seen) in answering(job) {
        let absent = match &actor {
            Some(actor) => absent::find(cx, actor).await?,
            None => None,
        };
        found.push(judged(absent, seen, &organisation.path));
    }
    Ok(bounds(found).map(|standing| Bounds {
        organisation: organisation.id,
        role: None,
        administrators: standing.administrators,
        vouches: standing.vouches,
    }))
}

/// Whether, inside the change that brings rows and until its end, whoever answers for the list may do what its rows were held
/// against.
pub(super) async fn hold(w: &mut Writer, job: &Job, held: Standing) -> Result<bool, store::Error> {
    let Some(organisation) = organisations::find(&mut *w, &job.organisation).await? else {
        return Ok(false);
    };
    let mut found = Vec::new();
    for (actor, seen) in answering(job) {
        let absent = match &actor {
            Some(actor) => absent::hold(w, actor).await?,
            None => None,
        };
        found.push(judged(absent, seen, &organisation.path));
    }
    Ok(bounds(found) == Ok(held))
}

/// Whoever brought the list, and whoever said go; and when.
fn answering(job: &Job) -> impl Iterator<Item = (Option<Actor>, Timestamp)> {
    let begun = job.begun.as_ref().map(|(actor, at)| (Actor::parse(actor), *at));
    [(Actor::parse(&job.actor), job.created_at)].into_iter().chain(begun)
}

/// What rows are held against: what whoever brought the list may do, while nobody who answers for it may not any more.
fn bounds(mut found: Vec<Result<Standing, &'static str>>) -> Result<Standing, &'static str> {
    found.iter().find_map(|one| one.err()).map_or_else(|| found.swap_remove(0), Err)
}

/// What somebody may do at a place, who was seen at a time; or why they may bring nobody any more.
fn judged(absent: Option<Absent>, seen: Timestamp, place: &Path) -> Result<Standing, &'static str> {
    let absent = absent.ok_or(SUSPENDED)?;
    match absent.may_at(Action::ImportRun, place) {
        false => Err(LOST_DUTY),
        true if absent.was_ended_since(seen) => Err(ENDED),
        true => Ok(Standing {
            administrators: admin::may_make(absent.rank_at(Action::ImportRun, place), Role::Administrator),
            vouches: absent.may_at(Action::ImportVouch, place),
        }),
    }
}
