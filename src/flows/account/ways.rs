//! Naming and removing ways to sign in. Both behind a fresh proof at the account's own best level.

use super::{Home, for_change};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Digest, FactorId, SessionId, Timestamp, Token};
use crate::factors::FactorKind;
use crate::factors::webauthn::StoredKey;
use crate::flows::sessions::{self, Browser};
use crate::flows::{About, Cx, PageError, codes, enrol, notify, policies};
use crate::notifications::Notice;
use crate::policy::rules::Effective;
use crate::policy::{self, Arms};
use crate::store::factors::FactorRow;
use crate::store::{self, Writer, accounts, attempts, factors};

/// What became of a removal.
#[derive(Debug)]
pub enum Removal {
    /// It is gone, everything else the person had open has ended, and this session goes on under a new cookie value.
    Done(Token),
    /// It is the last one the role needs, and stays.
    Last,
    /// The person has no such way.
    Unknown,
}

/// The change that removes a factor.
struct Removing {
    account: AccountId,
    session: SessionId,
    valid_from: Timestamp,
    factor: FactorId,
    rule: Effective,
    /// Keys of models that are out of use.
    distrusted: Vec<FactorId>,
    /// The second factors' failures; what is gone is counted no more.
    subject: Digest,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: Timestamp,
}

/// How a removal ended inside the change.
enum Written {
    Done,
    Last,
    Unknown,
    /// The session ended meanwhile.
    Over,
}

/// Removes a way to sign in, unless the role needs it. Whether it does is decided inside the change that holds the
/// account, so that of two removals at once the second sees what the first left.
pub async fn remove(cx: &Cx, browser: &Browser, id: &FactorId) -> Result<Removal, PageError> {
    let home = for_change(cx, browser, Kind::FactorRemoved).await?;
    let Some(row) = home.rows.iter().find(|row| row.id == *id) else {
        sessions::refuse(cx, &home.session, Kind::FactorRemoved, "unknown").await?;
        return Ok(Removal::Unknown);
    };
    let event = cx.done(Kind::FactorRemoved, &home.account.id).sid(&home.session.session.sid);
    let about = about(&home, id);
    let removing = Removing {
        account: home.account.id.clone(),
        session: home.session.session.sid.clone(),
        valid_from: home.session.session.valid_from,
        factor: id.clone(),
        rule: policies::effective(cx, home.account.role, None).await?,
        distrusted: home.rows.iter().filter(|r| r.distrusted.is_some()).map(|r| r.id.clone()).collect(),
        subject: cx.index.digest("attempt.account", home.account.id.as_str()),
        event: event.with(serde_json::json!({ "kind": row.kind, "factor": id })),
        notice: notify::prepare(cx, &home.account.id, Notice::FactorRemoved, about).await?,
        now: cx.now,
    };
    match cx.store.write(removing, |w, r| Box::pin(write_removal(w, r))).await? {
        Written::Done => Ok(Removal::Done(sessions::keep(cx, home.session).await?)),
        Written::Unknown => Ok(Removal::Unknown),
        Written::Over => Err(PageError::SignedOut),
        Written::Last => {
            sessions::refuse(cx, &home.session, Kind::FactorRemoved, "last_way").await?;
            Ok(Removal::Last)
        }
    }
}

async fn write_removal(w: &mut Writer, r: &Removing) -> Result<Written, store::Error> {
    if !accounts::hold_in_session(w, &r.account, &r.session, r.valid_from, r.now).await? {
        return Ok(Written::Over);
    }
    let bound = factors::bound(w, &r.account).await?;
    let Some((_, kind, ..)) = bound.iter().find(|(id, ..)| *id == r.factor) else {
        return Ok(Written::Unknown);
    };
    let (mut rest, mut enabled) = (Arms::default(), false);
    for (id, kind, model, is_enabled) in &bound {
        match (*id == r.factor, is_enabled) {
            (true, is_enabled) => enabled = *is_enabled,
            // What does not count here is no reason to let go what does.
            (false, true) if !r.distrusted.contains(id) && r.rule.models.judge(model).is_ok() => {
                rest.enabled.push(*kind);
            }
            (false, true) if !kind.is_webauthn() => rest.enabled.push(*kind),
            (false, _) => rest.disabled.push(*kind),
        }
    }
    if !policy::may_remove(*kind, &rest, r.rule.floor(), r.rule.kinds) {
        return Ok(Written::Last);
    }
    factors::remove(w, &r.account, &r.factor).await?;
    accounts::end_all_but(w, &r.account, &r.session, r.now).await?;
    if !enabled {
        attempts::succeed(w, r.subject, "second_factor").await?;
    }
    notify::write(w, &r.notice).await?;
    w.record(&r.event).await?;
    Ok(Written::Done)
}

/// What a notice says it was: the kind, and the person's own name for it.
fn about(home: &Home, id: &FactorId) -> Option<String> {
    home.ways.iter().find(|way| way.id == *id).map(|way| format!("{} {}", way.kind, way.label))
}

/// What became of a new name.
#[derive(Debug, PartialEq, Eq)]
pub enum Naming {
    /// It is saved.
    Done,
    /// The person has no such way, or it has no name.
    Unknown,
}

/// How often a name is written anew because the factor was used meanwhile.
const TRIES: usize = 3;

/// Gives a way to sign in another name.
pub async fn rename(cx: &Cx, browser: &Browser, id: &FactorId, typed: &str) -> Result<Naming, PageError> {
    let home = for_change(cx, browser, Kind::FactorRenamed).await?;
    let label = enrol::clean(typed);
    for _ in 0..TRIES {
        let rows = factors::of_account(&cx.store, &home.account.id).await?;
        let row = rows.iter().find(|row| row.id == *id);
        let Some((row, sealed)) = named(cx, row, &label).await? else {
            sessions::refuse(cx, &home.session, Kind::FactorRenamed, "unknown").await?;
            return Ok(Naming::Unknown);
        };
        let event = cx.done(Kind::FactorRenamed, &home.account.id).sid(&home.session.session.sid);
        let event = event.with(serde_json::json!({ "kind": row.kind, "factor": id }));
        let change = (row.clone(), sealed, home.session.session.clone(), cx.now, event);
        let written = cx.store.write(change, |w, (row, sealed, session, now, event)| {
            Box::pin(async move {
                let (account, from) = (&session.account, session.valid_from);
                if !accounts::hold_in_session(w, account, &session.sid, from, *now).await? {
                    return Ok::<_, store::Error>(None);
                }
                let written = factors::rewrite(w, account, &row.id, row.version, sealed).await?;
                if written {
                    w.record(event).await?;
                }
                Ok(Some(written))
            })
        });
        if written.await?.ok_or(PageError::SignedOut)? {
            return Ok(Naming::Done);
        }
    }
    Err(PageError::Unavailable)
}

/// The way and its payload with another name; `None` where there is no such way, or it has no name.
async fn named<'r>(
    cx: &Cx,
    row: Option<&'r FactorRow>,
    label: &str,
) -> Result<Option<(&'r FactorRow, Vec<u8>)>, PageError> {
    let Some(row) = row else { return Ok(None) };
    let key = cx.vault.key(&row.account, cx.now).await?;
    let sealed = match row.kind {
        FactorKind::Totp => {
            let mut payload = row.open::<codes::Totp>(&key)?;
            label.clone_into(&mut payload.label);
            factors::seal(&payload, &row.id, &key)?
        }
        FactorKind::Passkey | FactorKind::SecurityKey => {
            let mut payload = row.open::<StoredKey>(&key)?;
            label.clone_into(&mut payload.label);
            factors::seal(&payload, &row.id, &key)?
        }
        FactorKind::Password | FactorKind::RecoveryCodes => return Ok(None),
    };
    Ok(Some((row, sealed)))
}
