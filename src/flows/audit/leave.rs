//! Leave to copy the trail: how many copies are under way at once on a node, and whether whoever takes one still may.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::audit::Kind;
use crate::base::{OrganisationId, Timestamp};
use crate::duties::Action;
use crate::flows::admin::{AdminActor, Refused, Who, absent, record_refusal};
use crate::flows::{Cx, Services};

/// Most copies at once on a node.
const MOST: usize = 8;
/// Most of them taken at one organisation.
const MOST_AT_ONE: usize = 2;

/// How many copies are under way on this node, by the organisation they are taken at.
#[derive(Default)]
pub struct Copies(Mutex<BTreeMap<OrganisationId, usize>>);

/// A place among the copies under way; free again when it is dropped.
pub(super) struct Leave {
    services: Arc<Services>,
    actor: AdminActor,
    since: Timestamp,
}

impl Leave {
    /// Leave for one copy; where as many run as may, a refusal.
    pub(super) async fn take(cx: &Cx, actor: &AdminActor) -> Result<Self, Refused> {
        if !cx.copies.begin(actor.organisation()) {
            let event = actor.refusal(cx, Kind::AuditExported, "too_many_copies");
            record_refusal(cx, actor.who(), event).await?;
            return Err(Refused::Busy);
        }
        Ok(Self { services: Arc::clone(&cx.services), actor: actor.clone(), since: cx.now })
    }

    /// Insists, before another piece is read, that whoever takes the copy still may.
    pub(super) async fn holds(&self, cx: &Cx) -> Result<(), Refused> {
        if matches!(self.actor.who(), Who::Host(_)) {
            return Ok(());
        }
        // A copy may take long.
        let cx = &Cx { now: cx.clock.now(), ..cx.clone() };
        let found = absent::find(cx, &self.actor.who().actor()).await?;
        let still = found.is_some_and(|who| {
            who.may_at(Action::AuditExport, self.actor.place()) && !who.was_ended_since(self.since)
        });
        if still {
            return Ok(());
        }
        cx.store.record(&self.actor.refusal(cx, Kind::AuditExported, "reader_lost_right")).await?;
        Err(Refused::Forbidden)
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.services.copies.end(self.actor.organisation());
    }
}

impl Copies {
    fn begin(&self, at: &OrganisationId) -> bool {
        let Ok(mut under_way) = self.0.lock() else { return false };
        let (all, here) = (under_way.values().sum::<usize>(), under_way.get(at).copied().unwrap_or_default());
        let room = all < MOST && here < MOST_AT_ONE;
        if room {
            under_way.insert(at.clone(), here + 1);
        }
        room
    }

    fn end(&self, at: &OrganisationId) {
        let Ok(mut under_way) = self.0.lock() else { return };
        match under_way.get_mut(at) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(under_way.remove(at)),
        }
    }
}
