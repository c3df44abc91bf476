//! “This was not me”: the link in every notice of a change. It ends whatever the person has open and signs nobody in,
//! so it may be followed in any browser, by whoever reads the mail.

use super::admin::approvals::refuse_by_person;
use super::links::{self, Looked};
use super::{About, Cx, PageError, notify, throttle};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{AccountId, Digest, SessionId, Timestamp};
use crate::identity::{LinkKind, LinkStanding};
use crate::notifications::Notice;
use crate::store::{self, Writer, accounts, attempts, closings, recoveries};

/// Where the link leads, before its token.
pub const PATH: &str = "/not-me";

/// Links that may have been asked for by whoever it was; they end too. Nobody loses anything: each can be asked for anew.
const ENDED: [LinkKind; 4] =
    [LinkKind::PasswordReset, LinkKind::Address, LinkKind::FactorReset, LinkKind::Recovery];

/// How a link stands, for its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for the button; forms are bound to its digest, so that it needs no cookie.
    Open(Digest),
    /// The button was pressed before.
    Said,
    /// It is too old, or nobody was sent it.
    Over,
}

/// What became of the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything was ended, just now.
    Done,
    /// It was before.
    Said,
    /// The link works no more.
    Over,
}

/// Looks at a link without spending it: mail scanners follow every one.
pub async fn look(cx: &Cx, sent: &str) -> Result<Standing, PageError> {
    throttle::begin(cx).await?;
    Ok(match links::look(cx, LinkKind::NotMe, sent).await? {
        Looked::Open(token, _) => Standing::Open(token.digest()),
        Looked::Over(link) if link.standing == LinkStanding::Spent => Standing::Said,
        Looked::Over(_) | Looked::Unknown => Standing::Over,
    })
}

/// The change a denial makes.
struct Denial {
    digest: Digest,
    account: AccountId,
    now: Timestamp,
    event: Event,
    notice: Vec<notify::Prepared>,
    taken_back: TakenBack,
}

/// Spends the link of this digest: ends every session, code, refresh token and sign-in in flight, and tells every
/// address. Of 64 at once one does it.
pub async fn deny(cx: &Cx, sent: &str) -> Result<Answer, PageError> {
    throttle::begin(cx).await?;
    let (token, link) = match links::look(cx, LinkKind::NotMe, sent).await? {
        Looked::Open(token, link) => (token, link),
        Looked::Over(link) if link.standing == LinkStanding::Spent => return Ok(Answer::Said),
        Looked::Over(_) | Looked::Unknown => return Ok(Answer::Over),
    };
    // Whoever presses the button proved no more than that they read the mail: the event has no other actor.
    let event = cx.event(Kind::AccountRepudiated, Outcome::Ok).person(&link.account);
    let notice = notify::prepare(cx, &link.account, Notice::Repudiated, None).await?;
    let denial = Denial {
        digest: token.digest(),
        now: cx.now,
        event,
        notice,
        taken_back: TakenBack::of(cx, &link.account),
        account: link.account,
    };
    match cx.store.write(denial, |w, denial| Box::pin(end(w, denial))).await? {
        true => Ok(Answer::Done),
        false => Ok(Answer::Said),
    }
}

async fn end(w: &mut Writer, denial: &Denial) -> Result<bool, store::Error> {
    let Denial { digest, account, now, event, notice, taken_back } = denial;
    if store::links::spend(w, *digest, LinkKind::NotMe, *now).await?.is_none() {
        return Ok(false);
    }
    accounts::end_everything(w, account, *now).await?;
    withdraw(w, account, taken_back, *now).await?;
    notify::write(w, notice).await?;
    w.record(event).await?;
    Ok(true)
}

/// The events of what a denial takes back, to be recorded where there was something to take back.
pub(super) struct TakenBack {
    /// A reset or an erasure that was asked for.
    refused: Event,
    /// An account that was about to close.
    kept: Event,
}

impl TakenBack {
    /// Of this person's.
    pub(super) fn of(cx: &Cx, account: &AccountId) -> Self {
        let mut kept = cx.event(Kind::AccountKept, Outcome::Ok).person(account);
        kept.reason = Some("not_me".to_owned());
        Self { refused: cx.refusal(Kind::ApprovalRefused, "not_me").person(account), kept }
    }

    /// By somebody who is signed in.
    pub(super) fn by(self, actor: &Actor, session: &SessionId) -> Self {
        let own = |event: Event| Event { actor: actor.clone(), ..event.sid(session) };
        Self { refused: own(self.refused), kept: own(self.kept) }
    }
}

/// Takes back whatever whoever it was may have asked for: links, a recovery that waits, a reset or an erasure that waits for
/// its second person or for being carried out, the end of the account, and browsers that became known, so that the next
/// sign-in of each is told again.
pub(super) async fn withdraw(
    w: &mut Writer,
    account: &AccountId,
    taken_back: &TakenBack,
    now: Timestamp,
) -> Result<(), store::Error> {
    refuse_by_person(w, account, &taken_back.refused, now).await?;
    if closings::keep(w, account, now).await? {
        w.record(&taken_back.kept).await?;
    }
    for kind in ENDED {
        store::links::revoke(w, account, kind, now).await?;
    }
    recoveries::end(w, account, "cancelled", now).await?;
    attempts::forget_browsers(w, account).await?;
    Ok(())
}
