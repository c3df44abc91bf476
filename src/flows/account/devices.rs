//! Where a person is signed in: the list, and ending one or all others. Ending needs no fresh proof: it only takes away.

use super::home;
use crate::audit::Kind;
use crate::base::{SessionId, Timestamp, Token};
use crate::flows::not_me as denial;
use crate::flows::sessions::{self, Browser};
use crate::flows::{About, Cx, PageError, notify};
use crate::keys::seal::DataKey;
use crate::notifications::Notice;
use crate::store::sessions::{self as rows, SessionRow};
use crate::store::{self, accounts, families};

/// How many sessions a page lists.
pub const PAGE: i64 = 20;

/// Where a person is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub id: SessionId,
    /// What it is, as far as it says.
    pub device: Option<String>,
    /// Where it was last signed in from.
    pub network: Option<String>,
    /// Since when.
    pub began: Timestamp,
    /// The last activity.
    pub seen: Timestamp,
}

impl SignedIn {
    /// A session as it is listed, its device unsealed.
    pub fn of(row: &SessionRow, key: &DataKey) -> Self {
        Self {
            id: row.id.clone(),
            device: row.device(key),
            network: row.network.clone(),
            began: row.began_at,
            seen: row.seen_at,
        }
    }
}

/// A page of the list.
pub struct Devices {
    /// Whose.
    pub home: super::Home,
    /// This very session; on the first page alone.
    pub this: Option<SignedIn>,
    /// The others, the newest first.
    pub others: Vec<SignedIn>,
    /// Where the next page begins, if there is one.
    pub next: Option<rows::Place>,
}

/// A page of where the person is signed in.
pub async fn list(cx: &Cx, browser: &Browser, after: Option<rows::Place>) -> Result<Devices, PageError> {
    let home = home(cx, browser).await?;
    let key = cx.vault.key(&home.account.id, cx.now).await?;
    let mut found = rows::living(&cx.store, &home.account.id, cx.now, after.as_ref(), PAGE + 1).await?;
    let next = match usize::try_from(PAGE).ok().and_then(|page| found.get(page.saturating_sub(1))) {
        Some(last) if found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX) => {
            Some((last.began_at, last.id.clone()))
        }
        _ => None,
    };
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let shown = |row: &SessionRow| SignedIn::of(row, &key);
    let own = &home.session.session;
    let this = after.is_none().then(|| SignedIn {
        id: own.sid.clone(),
        device: cx.device.clone(),
        network: cx.network.clone(),
        began: own.started_at,
        seen: cx.now,
    });
    let others = found.iter().filter(|row| row.id != own.sid).map(shown).collect();
    Ok(Devices { home, this, others, next })
}

/// Ends one session and everything apps got from it, at once. `false` when it is not this person's.
pub async fn end_one(cx: &Cx, browser: &Browser, id: &SessionId) -> Result<bool, PageError> {
    let home = home(cx, browser).await?;
    let mut event = cx.done(Kind::SessionEnded, &home.account.id).sid(id);
    event.reason = Some("ended_by_person".to_owned());
    let change = (home.account.id.clone(), id.clone(), cx.now, event);
    let known = cx
        .store
        .write(change, |w, (account, id, now, event)| {
            Box::pin(async move {
                if !rows::is_of(w, account, id).await? {
                    return Ok::<_, store::Error>(false);
                }
                if families::end_session(w, account, id, *now).await? {
                    w.record(event).await?;
                }
                families::end_of_session(w, id, *now).await?;
                Ok(true)
            })
        })
        .await?;
    if !known {
        sessions::refuse(cx, &home.session, Kind::SessionEnded, "unknown").await?;
    }
    Ok(known)
}

/// Ends everything the person has open but this session: sessions, refresh tokens, sign-ins in flight.
pub async fn end_others(cx: &Cx, browser: &Browser) -> Result<Token, PageError> {
    end_others_as(cx, browser, Kind::AccountSessionsEnded).await
}

/// As [`end_others`], because the person says that something was not them.
pub async fn not_me(cx: &Cx, browser: &Browser) -> Result<Token, PageError> {
    end_others_as(cx, browser, Kind::AccountRepudiated).await
}

async fn end_others_as(cx: &Cx, browser: &Browser, kind: Kind) -> Result<Token, PageError> {
    let home = home(cx, browser).await?;
    let session = home.session.session.clone();
    let event = cx.done(kind, &home.account.id).sid(&session.sid);
    let notice = match kind {
        Kind::AccountRepudiated => notify::prepare(cx, &home.account.id, Notice::Repudiated, None).await?,
        _ => Vec::new(),
    };
    let taken_back = denial::TakenBack::of(cx, &session.account).by(&event.actor, &session.sid);
    let held = cx
        .store
        .write(
            (session, cx.now, event, notice, taken_back),
            |w, (session, now, event, notice, taken_back)| {
                Box::pin(async move {
                    let account = &session.account;
                    if !accounts::hold_in_session(w, account, &session.sid, session.valid_from, *now).await? {
                        return Ok::<_, store::Error>(false);
                    }
                    accounts::end_all_but(w, account, &session.sid, *now).await?;
                    if event.kind == Kind::AccountRepudiated {
                        denial::withdraw(w, account, taken_back, *now).await?;
                    }
                    notify::write(w, notice).await?;
                    w.record(event).await?;
                    Ok(true)
                })
            },
        )
        .await?;
    if !held {
        return Err(PageError::SignedOut);
    }
    sessions::keep(cx, home.session).await
}
