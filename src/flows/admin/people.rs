//! One person as an administrator sees and helps them: how far they have come and why not further, their ways to sign
//! in without the secrets, and what may be done for them.

use super::reminders::PAUSE;
use super::{AdminActor, Cx, Refused, Who, with_reason};
use crate::audit::{Event, Kind};
use crate::base::{SessionId, Timestamp};
use crate::duties::{Action, Grant, Reason};
use crate::flows::account::devices::SignedIn;
use crate::flows::account::{Way, ways};
use crate::flows::invitations::Status;
use crate::flows::{About, accounts, hub, models, policies};
use crate::identity::{Account, LinkStanding, State};
use crate::policy::enrolment::{Missing, Stage, missing};
use crate::store::enrolments::{self, Progress};
use crate::store::recoveries::{self, Recovery};
use crate::store::{self, accounts as rows, closings, families, grants, sessions};

/// What an administrator sees of a person.
pub struct Seen {
    /// How far they have come, and when.
    pub progress: Option<Progress>,
    /// What stands between them and being ready, the next thing first.
    pub missing: Vec<Missing>,
    /// Their ways to sign in.
    pub ways: Vec<Way>,
    /// What they are charged with.
    pub grants: Vec<Grant>,
    /// How their invitation stands, where they wait for one.
    pub invitation: Option<Status>,
    /// Where they are signed in, the newest first; [`SESSIONS`] at most.
    pub sessions: Vec<SignedIn>,
    /// A recovery that waits.
    pub recovery: Option<Recovery>,
    /// When the account is erased, where it is about to close.
    pub closing: Option<Timestamp>,
    /// Until when they were expected to be ready, where somebody said so.
    pub due: Option<Timestamp>,
}

/// Sessions a page shows.
pub const SESSIONS: i64 = 20;

/// Looks at one person.
pub async fn see(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<Seen, Refused> {
    actor.is_for(Action::AccountRead)?;
    let held = models::factors_of(cx, &account.id).await?;
    let rule = policies::effective(cx, account.role, None).await?;
    Ok(Seen {
        progress: enrolments::progress(&cx.store, &account.id).await?,
        missing: missing(account.state, rule.floor(), &hub::arms(&held, &rule.models).counted()),
        ways: ways(cx, &account.id).await?,
        grants: grants::of_account(&cx.store, &account.id)
            .await?
            .into_iter()
            .filter(|grant| actor.who().may_at(Action::DutyRead, &grant.path))
            .collect(),
        invitation: super::invitations::status(cx, actor, account).await?,
        sessions: signed_in(cx, account).await?,
        recovery: recoveries::newest(&cx.store, &account.id).await?.filter(|one| one.ended_at.is_none()),
        closing: closings::due_at(&cx.store, &account.id).await?,
        due: rows::due(&cx.store, &account.id).await?,
    })
}

async fn signed_in(cx: &Cx, account: &Account) -> Result<Vec<SignedIn>, Refused> {
    let key = cx.vault.key(&account.id, cx.now).await?;
    let found = sessions::living(&cx.store, &account.id, cx.now, None, SESSIONS).await?;
    Ok(found.iter().map(|row| SignedIn::of(row, &key)).collect())
}

/// Ends one of somebody's sessions, and what apps got from it. `NotFound` where it is not theirs, `Already` where it
/// has ended.
pub async fn end_session(
    cx: &Cx,
    actor: &AdminActor,
    account: &Account,
    id: &SessionId,
) -> Result<(), Refused> {
    actor.is_for(Action::AccountEndSessions)?;
    not_above(cx, actor, account).await?;
    let mut event = actor.event(cx, Kind::SessionEnded).person(&account.id).sid(id);
    event.reason = Some("ended_by_administrator".to_owned());
    let change = (account.id.clone(), id.clone(), cx.now, event);
    let ended = cx.store.write(change, |w, (account, id, now, event)| {
        Box::pin(async move {
            if !sessions::is_of(w, account, id).await? {
                return Ok::<_, store::Error>(None);
            }
            let ended = families::end_session(w, account, id, *now).await?;
            if ended {
                w.record(event).await?;
            }
            families::end_of_session(w, id, *now).await?;
            Ok(Some(ended))
        })
    });
    match ended.await? {
        Some(true) => Ok(()),
        Some(false) => Err(Refused::Already),
        None => Err(Refused::NotFound),
    }
}

impl Seen {
    /// How far they have come.
    pub fn stage(&self) -> Stage {
        self.progress.as_ref().map_or(Stage::Invited, |progress| progress.stage)
    }

    /// Whether a reminder would go out now.
    pub fn may_be_reminded(&self, cx: &Cx, account: &Account) -> bool {
        let rested = |progress: &Progress| {
            let before = progress.reminded_at;
            progress.stage != Stage::Ready && before.is_none_or(|at| at <= cx.now.plus(-PAUSE))
        };
        let reached = account.profile.addresses().next().is_some();
        // Who waits for an invitation was sent one that nobody took back.
        let link = self.invitation.as_ref().map(|invitation| invitation.mail.as_ref());
        let invited = link.is_none_or(|link| link.is_some_and(|link| link.standing != LinkStanding::Revoked));
        account.state != State::Disabled && reached && invited && self.progress.as_ref().is_some_and(rested)
    }

    /// When a stage was first reached, from `Activated` on.
    pub fn reached(&self, stage: Stage) -> Option<Timestamp> {
        let at = match stage {
            Stage::Invited => return None,
            Stage::Activated => 0,
            Stage::Factor => 1,
            Stage::Spare => 2,
            Stage::Ready => 3,
        };
        self.progress.as_ref().and_then(|progress| progress.reached.get(at).copied().flatten())
    }
}

/// Nobody acts on somebody who stands above them, nor on themselves.
pub(super) async fn not_above(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    let refused = if actor.account() == Some(&account.id) {
        ("oneself", Refused::Oneself)
    } else if super::stands_above(cx, actor, &account.id).await? {
        ("above_own_level", Refused::Forbidden)
    } else {
        return Ok(());
    };
    // A machine has no rank of its own: it may not touch anybody who holds a duty.
    let event = actor.refusal(cx, Kind::AdminRefused, refused.0).person(&account.id);
    let event = event.with(serde_json::json!({ "action": actor.action() }));
    super::record_refusal(cx, actor.who(), event).await?;
    Err(refused.1)
}

/// What two people have to take back, one alone does not void: whoever decides over others, and stands as high as the actor,
/// is suspended once their duty was taken back. Whoever stands below may be stopped at once.
async fn not_alone(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    let held = grants::of_account(&cx.store, &account.id).await?;
    let as_high = |grant: &Grant| grant.duty.needs_second_person() && grant.duty.rank() >= actor.rank();
    if matches!(actor.who(), Who::Host(_)) || !held.iter().any(as_high) {
        return Ok(());
    }
    let event = actor.refusal(cx, Kind::AdminRefused, "second_person").person(&account.id);
    let event = event.with(serde_json::json!({ "action": actor.action() }));
    super::record_refusal(cx, actor.who(), event).await?;
    Err(Refused::TwoPeople)
}

/// Stops somebody from signing in; everything they have open ends.
pub async fn suspend(cx: &Cx, actor: &AdminActor, account: &Account, reason: &Reason) -> Result<(), Refused> {
    actor.is_for(Action::AccountSuspend)?;
    not_above(cx, actor, account).await?;
    not_alone(cx, actor, account).await?;
    let event = actor.event(cx, Kind::AccountDisabled).person(&account.id);
    set_state(cx, actor, account, State::Disabled, with_reason(cx, event, reason).await?).await
}

/// Lets somebody sign in again.
pub async fn enable(cx: &Cx, actor: &AdminActor, account: &Account, reason: &Reason) -> Result<(), Refused> {
    actor.is_for(Action::AccountEnable)?;
    not_above(cx, actor, account).await?;
    let event = actor.event(cx, Kind::AccountEnabled).person(&account.id);
    set_state(cx, actor, account, State::Active, with_reason(cx, event, reason).await?).await
}

async fn set_state(
    cx: &Cx,
    actor: &AdminActor,
    account: &Account,
    state: State,
    event: Event,
) -> Result<(), Refused> {
    match accounts::set_state_recording(cx, &account.id, state, actor.rank(), event).await {
        Err(accounts::Refused::Held) => {
            let event = actor.refusal(cx, Kind::AdminRefused, "above_own_level").person(&account.id);
            let event = event.with(serde_json::json!({ "action": actor.action() }));
            super::record_refusal(cx, actor.who(), event).await?;
            Err(Refused::Forbidden)
        }
        Ok(true) => Ok(()),
        Ok(false) => Err(Refused::Already),
        Err(accounts::Refused::LastOwner) => Err(Refused::LastOwner),
        Err(accounts::Refused::Store(why)) => Err(why.into()),
        Err(_) => Err(Refused::NotFound),
    }
}

/// Ends everything somebody has open: sessions, sign-ins in flight, tokens.
pub async fn end_sessions(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    actor.is_for(Action::AccountEndSessions)?;
    not_above(cx, actor, account).await?;
    let event = actor.event(cx, Kind::AccountSessionsEnded).person(&account.id);
    cx.store
        .write((account.id.clone(), cx.now, event), |w, (id, now, event)| {
            Box::pin(async move {
                rows::end_everything(w, id, *now).await?;
                w.record(event).await
            })
        })
        .await?;
    Ok(())
}
