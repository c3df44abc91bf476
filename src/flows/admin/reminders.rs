//! Reminding people of what is missing: one person, or whoever waits at a stage, some at a time. Nobody is reminded twice
//! within a day, whoever asks.

use super::{AdminActor, Cx, Refused, Who};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, Seconds, Timestamp};
use crate::duties::{Action, Path};
use crate::flows::{About, accounts, invitations, notify};
use crate::identity::{Account, LinkKind, LinkStanding, State};
use crate::keys::seal::DataKey;
use crate::notifications::{Draft, Notice};
use crate::policy::enrolment::Stage;
use crate::store::{self, Writer, enrolments as rows, links};

/// Between two reminders of one person.
pub const PAUSE: Seconds = 86_400;
/// People reminded at once.
pub const AT_ONCE: i64 = 100;

/// What is sent to somebody.
enum Mail {
    /// The invitation, once more.
    Invitation(invitations::Sending),
    /// That setting up is not finished.
    SetUp(Vec<notify::Prepared>, Event),
}

struct Reminder {
    account: AccountId,
    mail: Option<Mail>,
    now: Timestamp,
}

/// Reminds one person. `Bad("no_address")` where no mail reaches them, `Bad("nothing_missing")` where they are ready,
/// `Bad("reminded")` where they were reminded within a day.
pub async fn remind(cx: &Cx, actor: &AdminActor, account: &Account) -> Result<(), Refused> {
    actor.is_for(Action::AccountRemind)?;
    let progress = rows::progress(&cx.store, &account.id).await?;
    if account.state == State::Disabled || progress.is_none_or(|found| found.stage == Stage::Ready) {
        return Err(Refused::Bad("nothing_missing"));
    }
    if account.profile.addresses().next().is_none() {
        return Err(Refused::Bad("no_address"));
    }
    let key = cx.vault.key(&account.id, cx.now).await?;
    match send(cx, (actor.who(), actor.place()), account, &key).await? {
        Sent::Mail => Ok(()),
        Sent::Nothing => Err(Refused::Bad("nothing_missing")),
        Sent::Before => Err(Refused::Bad("reminded")),
    }
}

/// What became of one reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// A mail goes out.
    Mail,
    /// None does: nothing reaches them, or nobody invited them, or it was taken back.
    Nothing,
    /// They were reminded within the day.
    Before,
}

/// What became of reminding people of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Mails that go out.
    pub sent: usize,
    /// People no mail reaches.
    pub without_address: usize,
    /// Whether more of them may be reminded.
    pub more: bool,
}

/// Reminds up to [`AT_ONCE`] people at a stage, wherever somebody may: whoever waits longest first.
pub async fn remind_some(cx: &Cx, who: &Who, stage: Stage) -> Result<Reminded, Refused> {
    super::allow(cx, who, Action::AccountRemind).await?;
    let mut told = Reminded::default();
    if stage == Stage::Ready {
        return Ok(told);
    }
    let since = cx.now.plus(-PAUSE);
    let mut left = AT_ONCE;
    for place in who.places(Action::AccountRemind) {
        let found = rows::to_remind(&cx.store, stage, &place, since, left + 1).await?;
        let most = usize::try_from(left).unwrap_or_default();
        told.more |= found.len() > most;
        for id in found.iter().take(most) {
            left -= 1;
            let Some(account) = accounts::find_by_id(cx, id).await? else { continue };
            let key = cx.vault.key(id, cx.now).await?;
            let reached = account.profile.addresses().next().is_some();
            let sent = send(cx, (who, &place), &account, &key).await?;
            told.sent += usize::from(sent == Sent::Mail);
            told.without_address += usize::from(!reached);
        }
    }
    Ok(told)
}

/// How many people are at a stage where somebody may remind them.
pub async fn waiting(cx: &Cx, who: &Who, stage: Stage) -> Result<i64, Refused> {
    let mut people = 0;
    for place in who.places(Action::AccountRemind) {
        let counts = rows::counts(&cx.store, &place).await?;
        let here = counts.iter().filter(|(cell, _)| cell.stage == stage && cell.state != State::Disabled);
        people += here.map(|(_, n)| n).sum::<i64>();
    }
    Ok(people)
}

/// Notes the reminder and sends it, in one change. Whoever no mail goes to is noted as well, so that others follow.
async fn send(
    cx: &Cx,
    (who, place): (&Who, &Path),
    account: &Account,
    key: &DataKey,
) -> Result<Sent, Refused> {
    let cx = &Cx { actor: who.actor(), ..cx.clone() };
    let mail = match account.state {
        State::Invited => {
            let before = links::newest(&cx.store, &account.id, LinkKind::Invitation, cx.now).await?;
            match before {
                // Reminding brings nothing back that somebody took back.
                Some(link) if link.standing == LinkStanding::Revoked => None,
                // The first link is an invitation, for those who may invite.
                None if !who.may_at(Action::AccountInvite, place) => None,
                before => {
                    let notice =
                        if before.is_some() { Notice::InvitationReminder } else { Notice::Invitation };
                    let about = before.and_then(|link| link.about);
                    invitations::sending(cx, account, key, notice, about)?.map(Mail::Invitation)
                }
            }
        }
        State::Active | State::Disabled => {
            let link = Some(cx.issuer.join("/account/"));
            let notice = notify::seal(cx, account, key, &Draft { link, ..Draft::of(Notice::SetUpReminder) })?;
            let event = cx.event(Kind::AccountReminded, Outcome::Ok).person(&account.id);
            let event = event.within(&account.organisation);
            Some(Mail::SetUp(notice, event)).filter(|_| account.profile.addresses().next().is_some())
        }
    };
    let kind = if mail.is_some() { Sent::Mail } else { Sent::Nothing };
    let reminder = Reminder { account: account.id.clone(), mail, now: cx.now };
    let noted = cx.store.write(reminder, |w, r| Box::pin(write(w, r))).await?;
    Ok(if noted { kind } else { Sent::Before })
}

async fn write(w: &mut Writer, r: &Reminder) -> Result<bool, store::Error> {
    if !rows::remind(w, &r.account, r.now.plus(-PAUSE), r.now).await? {
        return Ok(false);
    }
    match &r.mail {
        Some(Mail::Invitation(sending)) => invitations::replace(w, &r.account, sending, r.now).await?,
        Some(Mail::SetUp(notice, event)) => {
            notify::write(w, notice).await?;
            w.record(event).await?;
        }
        None => {}
    }
    Ok(true)
}

/// The stages at which something is missing.
pub const STAGES: [Stage; 4] = [Stage::Invited, Stage::Activated, Stage::Factor, Stage::Spare];
