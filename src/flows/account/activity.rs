//! What happened to an account, as its person may read it: their own events of the last 90 days.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Home, home};
use crate::audit::Event;
use crate::base::{ClientId, EventId, SessionId, Timestamp};
use crate::clients::Client;
use crate::flows::sessions::Browser;
use crate::flows::{Cx, PageError};
use crate::store::{audit, sessions as session_rows};

/// How far back a person reads, in seconds.
const DAYS_SHOWN: i64 = 90 * 24 * 3600;
/// How many events a page shows.
const PAGE: usize = 20;
/// How many events are looked at for a page at most: what nobody reads is skipped in steps of this.
const CHUNK: i64 = 200;
/// How many steps one page makes before it stops and offers the next.
const STEPS: usize = 10;
/// How many sessions are looked at for the devices.
const SESSIONS: i64 = 200;

/// Where a page ended.
pub type Place = (Timestamp, EventId);

/// Something that happened, with what makes it readable.
pub struct Happened {
    /// The event.
    pub event: Event,
    /// The app it is about.
    pub app: Option<Arc<Client>>,
    /// The device of its session, where that is still known.
    pub device: Option<String>,
}

/// A page of what happened, the newest first; `wanted` says what a person reads. With where the next page begins.
pub async fn page(
    cx: &Cx,
    browser: &Browser,
    after: Option<Place>,
    wanted: impl Fn(&Event) -> bool,
) -> Result<(Home, Vec<Happened>, Option<Place>), PageError> {
    let home = home(cx, browser).await?;
    let from = cx.now.plus(-DAYS_SHOWN);
    let (mut place, mut events, mut more) = (after, Vec::new(), true);
    for _ in 0..STEPS {
        let found = audit::of_account(&cx.store, &home.account.id, from, place.as_ref(), CHUNK).await?;
        more = i64::try_from(found.len()).is_ok_and(|found| found == CHUNK);
        for event in found {
            if events.len() == PAGE {
                more = true;
                break;
            }
            place = Some((event.at, event.id.clone()));
            if wanted(&event) {
                events.push(event);
            }
        }
        if !more || events.len() == PAGE {
            break;
        }
    }
    let happened = readable(cx, &home, events).await?;
    Ok((home, happened, place.filter(|_| more)))
}

async fn readable(cx: &Cx, home: &Home, events: Vec<Event>) -> Result<Vec<Happened>, PageError> {
    let key = cx.vault.key(&home.account.id, cx.now).await?;
    let sessions = session_rows::newest(&cx.store, &home.account.id, SESSIONS).await?;
    let devices: HashMap<SessionId, String> =
        sessions.iter().filter_map(|row| Some((row.id.clone(), row.device(&key)?))).collect();
    let mut apps: HashMap<ClientId, Option<Arc<Client>>> = HashMap::new();
    let mut out = Vec::with_capacity(events.len());
    for event in events {
        let app = match &event.client {
            Some(id) if !apps.contains_key(id) => {
                let found = cx.clients.find(cx, id).await?;
                apps.entry(id.clone()).or_insert(found).clone()
            }
            Some(id) => apps.get(id).cloned().flatten(),
            None => None,
        };
        let device = event.session.as_ref().and_then(|id| devices.get(id)).cloned();
        out.push(Happened { event, app, device });
    }
    Ok(out)
}
