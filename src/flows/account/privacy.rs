//! A person's copy of their data, and closing the account.

use serde_json::{Value, json};

use super::apps::{self, App};
use super::{Home, Way, for_change, home};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, Role, Timestamp, Token};
use crate::flows::sessions::{self, Browser};
use crate::flows::{About, Cx, PageError, notify};
use crate::notifications::{Draft, Message, Notice};
use crate::sessions::BrowserSession;
use crate::store::{self, Writer, accounts, audit, closings, grants, outbox, sessions as session_rows};

/// How many rows of a kind a copy holds at most.
const MOST: i64 = 5_000;
/// How far back the copy of the trail goes, in seconds.
const TRAIL: i64 = 90 * 24 * 3600;
/// Where the mail about a closing leads.
const KEEP_PATH: &str = "/account/privacy";

/// The home, and when the account will be erased, where it will.
pub async fn show(cx: &Cx, browser: &Browser) -> Result<(Home, Option<Timestamp>), PageError> {
    let home = home(cx, browser).await?;
    let due = closings::due_at(&cx.store, &home.account.id).await?;
    Ok((home, due))
}

/// Everything the installation knows of a person and may tell them; no secrets, and nothing of anybody else.
/// Beside it the events of the trail, for whoever says them in words.
pub async fn export(cx: &Cx, browser: &Browser) -> Result<(Home, Value, Vec<Event>), PageError> {
    let home = for_change(cx, browser, Kind::AccountExported).await?;
    let account = &home.account;
    let key = cx.vault.key(&account.id, cx.now).await?;
    let sessions: Vec<Value> = session_rows::newest(&cx.store, &account.id, MOST)
        .await?
        .iter()
        .map(|row| {
            json!({ "began": row.began_at.to_rfc3339(), "last_seen": row.seen_at.to_rfc3339(),
                "device": row.device(&key), "network": row.network })
        })
        .collect();
    let mut apps = Vec::new();
    for App { client, shared, details } in apps::of(cx, &account.id).await? {
        apps.push(
            json!({ "app": client.map(|c| c.shown_name().to_owned()), "client": shared.client.as_str(),
            "scope": shared.consent.scopes.to_string(), "authorization_details": details, "since": shared.consent.granted_at.to_rfc3339(),
            "last_used": shared.used_at.map(Timestamp::to_rfc3339) }),
        );
    }
    let events = audit::of_account(&cx.store, &account.id, cx.now.plus(-TRAIL), None, MOST).await?;
    let profile = &account.profile;
    let copy = json!({
        "made": cx.now.to_rfc3339(),
        "organisation": cx.config.organisation.name,
        "profile": {
            "username": profile.username, "role": account.role, "created": account.created_at.to_rfc3339(),
            "email": profile.email, "email_verified": profile.email_verified,
            "second_email": profile.second_email, "second_email_verified": profile.second_email_verified,
            "language": profile.locale, "claims": profile.claims,
        },
        "ways_to_sign_in": home.ways.iter().map(way).collect::<Vec<_>>(),
        "sessions": sessions,
        "apps": apps,
        "activity": events.iter().map(happened).collect::<Vec<_>>(),
        "messages": messages(cx, &home).await?,
    });
    let event = cx.done(Kind::AccountExported, &account.id).sid(&home.session.session.sid);
    cx.record(event).await?;
    Ok((home, copy, events))
}

fn way(way: &Way) -> Value {
    json!({ "kind": way.kind, "name": way.label, "added": way.added.to_rfc3339(),
        "last_used": way.used.map(Timestamp::to_rfc3339), "switched_off": way.disabled,
        "on_all_devices": way.synced, "codes_left": way.left, "model": way.model })
}

fn happened(event: &Event) -> Value {
    json!({ "at": event.at.to_rfc3339(), "what": event.kind, "outcome": event.outcome,
        "app": event.client.as_ref().map(|id| id.as_str()), "network": event.network,
        "reference": event.request, "reason": event.reason })
}

/// What was written to the person: to whom and about what. Links are secrets, and stay out.
async fn messages(cx: &Cx, home: &Home) -> Result<Vec<Value>, PageError> {
    let key = cx.vault.key(&home.account.id, cx.now).await?;
    let mut out = Vec::new();
    for (id, sealed) in outbox::of_account(&cx.store, &home.account.id, MOST).await? {
        let Ok(plain) = key.open(&format!("outbox.{id}"), &sealed) else { continue };
        if let Ok(message) = serde_json::from_slice::<Message>(plain.expose()) {
            out.push(json!({ "at": message.at.to_rfc3339(), "to": message.to, "about": message.notice }));
        }
    }
    Ok(out)
}

/// What became of a wish to close.
#[derive(Debug)]
pub enum Closing {
    /// It will be erased in seven days; everything else the person had open has ended.
    Asked(Token),
    /// An administrator's account is closed by another administrator.
    Administrator,
}

/// Whether the person may close the account by themselves: whoever looks after others' is seen to by somebody else.
pub async fn may_close(cx: &Cx, home: &Home) -> Result<bool, PageError> {
    let account = &home.account;
    Ok(account.role != Role::Administrator && grants::of_account(&cx.store, &account.id).await?.is_empty())
}

struct Asking {
    session: BrowserSession,
    event: Event,
    notice: Vec<notify::Prepared>,
    now: Timestamp,
}

/// Begins to close the account: apps get nothing any more, and in seven days everything is erased.
pub async fn close(cx: &Cx, browser: &Browser) -> Result<Closing, PageError> {
    let home = for_change(cx, browser, Kind::AccountClosing).await?;
    if !may_close(cx, &home).await? {
        sessions::refuse(cx, &home.session, Kind::AccountClosing, "administrator").await?;
        return Ok(Closing::Administrator);
    }
    let asking = Asking {
        session: home.session.session.clone(),
        event: cx.done(Kind::AccountClosing, &home.account.id).sid(&home.session.session.sid),
        notice: told(cx, &home.account.id).await?,
        now: cx.now,
    };
    match cx.store.write(asking, |w, a| Box::pin(write_closing(w, a))).await? {
        true => Ok(Closing::Asked(sessions::keep(cx, home.session).await?)),
        false => Err(PageError::SignedOut),
    }
}

/// What the person is told when the account is about to close, whoever asked for it.
pub(in crate::flows) async fn told(
    cx: &Cx,
    account: &AccountId,
) -> Result<Vec<notify::Prepared>, store::Error> {
    let mail = Draft {
        link: Some(cx.issuer.join(KEEP_PATH)),
        until: Some(cx.now.plus(closings::UNDO)),
        ..Draft::of(Notice::AccountClosing)
    };
    notify::draft(cx, account, mail).await
}

async fn write_closing(w: &mut Writer, a: &Asking) -> Result<bool, store::Error> {
    let (account, session) = (&a.session.account, &a.session);
    if !accounts::hold_in_session(w, account, &session.sid, session.valid_from, a.now).await? {
        return Ok(false);
    }
    if closings::ask(w, account, a.now).await? {
        notify::write(w, &a.notice).await?;
        w.record(&a.event).await?;
    }
    accounts::end_all_but(w, account, &session.sid, a.now).await?;
    Ok(true)
}

/// Keeps an account that was about to close; `false` when it was not, or it is too late.
pub async fn keep(cx: &Cx, browser: &Browser) -> Result<bool, PageError> {
    let home = home(cx, browser).await?;
    let event = cx.done(Kind::AccountKept, &home.account.id).sid(&home.session.session.sid);
    let notice = notify::prepare(cx, &home.account.id, Notice::AccountKept, None).await?;
    let change = (home.account.id.clone(), event, notice, cx.now);
    let kept = cx.store.write(change, |w, (account, event, notice, now)| {
        Box::pin(async move {
            if !closings::keep(w, account, *now).await? {
                return Ok::<_, store::Error>(false);
            }
            notify::write(w, notice).await?;
            w.record(event).await?;
            Ok(true)
        })
    });
    let kept = kept.await?;
    if !kept {
        sessions::refuse(cx, &home.session, Kind::AccountKept, "not_closing").await?;
    }
    Ok(kept)
}
