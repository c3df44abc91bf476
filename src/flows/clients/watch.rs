//! Watch mode: the last requests of an app that is being built, or looked at, for its developer.
//!
//! Only an app in test mode, or a live one somebody watches, is written down, for an hour, in the store of what may be
//! forgotten. It is written after the answer, and dropped when too much waits, so that requests take no longer; of any
//! other app there is a look into memory and no more. What may be told of a request is decided in [`crate::oidc::watch`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::Cx;
use crate::base::{ClientId, Digest, Seconds};
use crate::clients::Client;
use crate::clients::authentication::present;
use crate::ephemeral::Space;
use crate::oidc::authorize::RawRequest;
use crate::oidc::watch::{Endpoint, Seen, Verdict, told};
use crate::{ephemeral, oidc};

/// How long a request stays written down, in seconds.
pub const KEPT: Seconds = 3600;
/// Most requests of one app that are kept.
const MOST: usize = 100;
/// Most requests waiting to be written down by this process.
const WAITING: usize = 64;
/// How often a write is tried again when another request was written meanwhile.
const ROUNDS: usize = 32;

/// How many requests wait to be written down.
#[derive(Default)]
pub struct Waiting(AtomicUsize);

/// What became of a request.
pub enum Became<'e> {
    /// It was answered as asked.
    Good,
    /// The person is at our pages.
    Begun,
    /// It was refused with a protocol error.
    Error(&'e oidc::Error),
    /// It was refused with a page; the page's code and the stable word.
    Page(&'static str, &'static str),
}

fn key(id: &ClientId) -> Digest {
    Digest::of(format!("watch.{id}"))
}

/// What is written down of an app, newest first.
pub async fn seen(cx: &Cx, id: &ClientId) -> Result<Vec<Seen>, ephemeral::Error> {
    let Some(kept) = cx.ephemeral.get(Space::Watch, &key(id), cx.now).await? else { return Ok(Vec::new()) };
    let mut all: Vec<Seen> = serde_json::from_slice(&kept.value).unwrap_or_default();
    all.retain(|one| cx.now.since(one.at) < KEPT);
    all.reverse();
    Ok(all)
}

/// Writes down a request whose app is known.
pub fn note(
    cx: &Cx,
    client: &Arc<Client>,
    endpoint: Endpoint,
    raw: Option<&RawRequest>,
    became: &Became<'_>,
) {
    if client.is_watched(cx.now) {
        let raw = raw.map(|raw| told(raw, client)).unwrap_or_default();
        write_later(cx, client.id.clone(), entry(cx, endpoint, raw, became));
    }
}

/// Writes down a request of an app that says who it is, whether it proved that or not.
pub(in crate::flows) fn note_form<T>(
    cx: &Cx,
    endpoint: Endpoint,
    authorization: Option<&str>,
    form: &RawRequest,
    done: &Result<T, super::super::client_auth::Denied>,
) {
    if done.is_ok() && !cx.clients.has_watched() {
        return;
    }
    let named = form.get("client_id").map(str::to_owned);
    let id = present(authorization, &|name| form.get(name)).map(|presented| presented.id().to_owned());
    let Some(id) = id.ok().or(named).filter(|id| id.len() <= 256) else { return };
    let became = match done {
        Ok(_) => Became::Good,
        Err(denied) => Became::Error(&denied.error),
    };
    let id = ClientId::from_text(id);
    if let Some(known) = cx.clients.remembered(&id) {
        if let Some(client) = known {
            note(cx, &client, endpoint, Some(form), &became);
        }
        return;
    }
    // Refused before anybody looked the app up; that is done now, behind the answer.
    let (cx, form) = (cx.clone(), form.clone());
    let (at, code, detail) = match &became {
        Became::Error(error) => (endpoint, error.code, error.detail),
        Became::Good | Became::Begun | Became::Page(..) => return,
    };
    cx.clone().later.spawn(async move {
        if let Ok(Some(client)) = cx.clients.find(&cx, &id).await {
            let error = oidc::Error::new(code, "", detail);
            note(&cx, &client, at, Some(&form), &Became::Error(&error));
        }
    });
}

fn entry(cx: &Cx, endpoint: Endpoint, told: Vec<(String, String)>, became: &Became<'_>) -> Seen {
    let (verdict, code, detail) = match became {
        Became::Good => (Verdict::Good, "", "ok"),
        Became::Begun => (Verdict::Begun, "", "begun"),
        Became::Error(error) => (Verdict::Refused, error.code.as_str(), error.detail),
        Became::Page(code, detail) => (Verdict::Refused, *code, *detail),
    };
    Seen {
        at: cx.now,
        endpoint,
        verdict,
        code: code.to_owned(),
        detail: detail.to_owned(),
        told,
        reference: cx.request.clone(),
    }
}

fn write_later(cx: &Cx, id: ClientId, seen: Seen) {
    let waiting = &cx.clients.waiting.0;
    if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
        waiting.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let cx = cx.clone();
    cx.clone().later.spawn(async move {
        if let Err(error) = write(&cx, &id, seen).await {
            tracing::warn!(%error, "a watched request could not be written down");
        }
        cx.clients.waiting.0.fetch_sub(1, Ordering::Relaxed);
    });
}

async fn write(cx: &Cx, id: &ClientId, seen: Seen) -> Result<(), ephemeral::Error> {
    let key = key(id);
    for _ in 0..ROUNDS {
        let kept = cx.ephemeral.get(Space::Watch, &key, cx.now).await?;
        let (version, mut all) = match &kept {
            Some(kept) => {
                (kept.version, serde_json::from_slice::<Vec<Seen>>(&kept.value).unwrap_or_default())
            }
            // An empty list first, so that two who begin at once do not overwrite each other's entry.
            None => {
                if cx.ephemeral.mark(Space::Watch, &begun(id), 1, cx.now).await? {
                    cx.ephemeral.put(Space::Watch, &key, b"[]", KEPT, cx.now).await?;
                }
                continue;
            }
        };
        let at = all.partition_point(|one| one.at <= seen.at);
        all.insert(at, seen.clone());
        all.retain(|one| cx.now.since(one.at) < KEPT);
        let surplus = all.len().saturating_sub(MOST);
        all.drain(..surplus);
        let value = serde_json::to_vec(&all).unwrap_or_default();
        if cx.ephemeral.swap(Space::Watch, &key, version, &value, KEPT, cx.now).await?.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

fn begun(id: &ClientId) -> Digest {
    Digest::of(format!("watch.begun.{id}"))
}
