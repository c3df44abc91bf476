//! The supervised reset: somebody who knows the person removes what was lost, and hands over a link or a code. Who may do
//! that, and with whose approval, is the console's business.

use serde_json::{Value, json};

use super::accounts::Refused;
use super::admin::reason_context;
use super::{About, Cx, invitations, links as sent, notify, throttle};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, Digest, Secret, Timestamp};
use crate::duties::Reason;
use crate::factors::FactorKind;
use crate::identity::{Account, LinkKind, State, short_code};
use crate::keys::seal::DataKey;
use crate::notifications::{Draft, Notice, To};
use crate::policy::throttle::Budget;
use crate::store::{self, Writer, accounts, attempts, factors, links, recoveries, recovery_requests};

/// Where the link of a reset leads; the token follows.
pub const PATH: &str = "/regain";

/// How the person gets what lets them bind a new factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// A link to every proved address of theirs.
    Mail,
    /// A code shown face to face, once.
    FaceToFace,
}

/// Removes what a person lost, on somebody's word: the factors of these kinds and every recovery code go, everything they
/// have open ends, and a password alone binds nothing until the link or the code is used together with what is left.
/// `approval` stands in the event: who asked, who approved, why; ids only. Answers the code of a handover face to face.
pub async fn reset_factors(
    cx: &Cx,
    id: &AccountId,
    kinds: &[FactorKind],
    handover: Handover,
    approval: Value,
) -> Result<Option<Secret<String>>, Refused> {
    reset_with_reason(cx, id, kinds, handover, approval, None).await
}

/// As [`reset_factors`], with a reason that may name the person: it is sealed with their key.
pub async fn reset_with_reason(
    cx: &Cx,
    id: &AccountId,
    kinds: &[FactorKind],
    handover: Handover,
    approval: Value,
    reason: Option<&Reason>,
) -> Result<Option<Secret<String>>, Refused> {
    if handover == Handover::Mail && kinds.contains(&FactorKind::Password) {
        // The link alone would open everything to whoever reads the mail.
        return Err(Refused::PasswordByMail);
    }
    let (account, key) = active(cx, id).await?;
    let handing = handing(cx, &account, &key, handover)?;
    let mut kinds = kinds.to_vec();
    kinds.push(FactorKind::RecoveryCodes);
    let by = match handover {
        Handover::Mail => "mail",
        Handover::FaceToFace => "face_to_face",
    };
    let detail = json!({ "kinds": kinds, "handover": by, "approval": approval });
    let told = Draft { about: None, ..Draft::of(Notice::FactorRemoved) };
    let mut notice = notify::seal(cx, &account, &key, &told)?;
    notice.extend(handing.notice);
    let mut event = cx.event(Kind::FactorsReset, Outcome::Ok).person(id).with(detail);
    event.sealed = reason.map(|reason| key.seal(&reason_context(&event), reason.as_str().as_bytes()));
    let change = Reset {
        account: id.clone(),
        kinds,
        digest: handing.digest,
        budgets: throttle::subjects(cx, id).await.map_err(|_| away())?,
        event,
        notice,
        now: cx.now,
    };
    match cx.store.write(change, |w, c| Box::pin(write(w, c))).await? {
        true => Ok(handing.code),
        false => Err(Refused::Unknown),
    }
}

fn away() -> store::Error {
    store::Error::Unavailable("the attempts could not be read".to_owned())
}

async fn active(cx: &Cx, id: &AccountId) -> Result<(Account, DataKey), Refused> {
    let sealed = accounts::find(&cx.store, id).await?.ok_or(Refused::Unknown)?;
    if sealed.state != State::Active {
        return Err(Refused::Unknown);
    }
    let key = cx.vault.key(id, cx.now).await?;
    Ok((sealed.open(&key)?, key))
}

/// What is handed over, and what is kept of it.
struct Handing {
    digest: Digest,
    code: Option<Secret<String>>,
    notice: Vec<notify::Prepared>,
}

fn handing(cx: &Cx, account: &Account, key: &DataKey, handover: Handover) -> Result<Handing, Refused> {
    let kind = LinkKind::FactorReset;
    if handover == Handover::FaceToFace {
        let code = short_code::draw(&cx.entropy);
        let plain = short_code::normalise(code.expose()).ok_or(Refused::Unknown)?;
        let digest = invitations::short_digest(cx, kind, account.id.as_str(), plain.expose());
        return Ok(Handing { digest, code: Some(code), notice: Vec::new() });
    }
    let token = sent::draw(cx);
    let mut notice = Vec::new();
    for to in account.profile.verified_addresses() {
        let draft = Draft {
            link: Some(sent::url(cx, PATH, &token)),
            until: Some(cx.now.plus(kind.lifetime())),
            to: To::Only(to.to_owned()),
            ..Draft::of(Notice::FactorReset)
        };
        notice.extend(notify::seal(cx, account, key, &draft)?);
    }
    if notice.is_empty() {
        return Err(Refused::NoAddress);
    }
    Ok(Handing { digest: token.digest(), code: None, notice })
}

/// The change of a reset.
struct Reset {
    account: AccountId,
    kinds: Vec<FactorKind>,
    digest: Digest,
    budgets: Vec<Digest>,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: Timestamp,
}

async fn write(w: &mut Writer, c: &Reset) -> Result<bool, store::Error> {
    if !accounts::hold(w, &c.account, c.now).await? {
        return Ok(false);
    }
    for kind in &c.kinds {
        factors::remove_kind(w, &c.account, *kind).await?;
    }
    accounts::set_reset(w, &c.account, Some(c.now)).await?;
    accounts::end_everything(w, &c.account, c.now).await?;
    for budget in [Budget::Password, Budget::SecondFactor, Budget::ShortCode] {
        for subject in &c.budgets {
            attempts::succeed(w, *subject, budget.as_str()).await?;
        }
    }
    // What was asked for before is answered by this.
    for kind in [
        LinkKind::Address,
        LinkKind::FactorReset,
        LinkKind::PasswordReset,
        LinkKind::Recovery,
        LinkKind::RecoveryCancel,
    ] {
        links::revoke(w, &c.account, kind, c.now).await?;
    }
    recoveries::end(w, &c.account, "reset", c.now).await?;
    recovery_requests::close(w, &c.account, "reset", c.now).await?;
    links::insert(w, c.digest, LinkKind::FactorReset, &c.account, None, c.now).await?;
    notify::write(w, &c.notice).await?;
    w.record(&c.event).await?;
    Ok(true)
}
