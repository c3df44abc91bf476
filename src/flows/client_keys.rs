//! The keys of clients: those they registered, or those that stand at their `jwks_uri`, fetched through the guarded client
//! and remembered for a while by each node. Whoever verifies something of a client, or encrypts for it, asks here.
//!
//! A key set is fetched at most once a minute per client, whoever asks for it by whatever `kid`. One that could not be
//! fetched is none: nothing is believed by keys that may have been taken back long ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Mutex as Turns;

use super::Cx;
use crate::base::{ClientId, Seconds, Timestamp};
use crate::clients::Client;
use crate::keys::ClientJwks;
use crate::outbound::{Failure, Target};

/// How long a key set is used before it is fetched anew, in seconds.
const FRESH: Seconds = 600;
/// How long nobody fetches the same key set again, in seconds.
const PAUSE: Seconds = 60;
/// How long a key set may take to come.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of a key set.
const BYTES: usize = 64 * 1024;
/// Most clients remembered; then all are forgotten.
const MOST: usize = 4_096;
/// What is hoped for (RFC 7517 §8.5).
const MEDIA: &str = "application/jwk-set+json, application/json";

/// What is remembered of the key sets of clients.
#[derive(Default)]
pub struct Published {
    kept: Mutex<HashMap<ClientId, Arc<Turns<Kept>>>>,
}

/// One client's key set.
#[derive(Default)]
struct Kept {
    uri: String,
    tried_at: Option<Timestamp>,
    found: Option<Found>,
}

#[derive(Clone)]
struct Found {
    keys: ClientJwks,
    at: Timestamp,
}

impl Published {
    fn of(&self, client: &ClientId) -> Arc<Turns<Kept>> {
        let Ok(mut kept) = self.kept.lock() else { return Arc::default() };
        if kept.len() >= MOST && !kept.contains_key(client) {
            kept.clear();
        }
        kept.entry(client.clone()).or_default().clone()
    }
}

/// The client's keys, `None` where it has none or they cannot be had now.
pub async fn of(cx: &Cx, client: &Client) -> Option<ClientJwks> {
    if let Some(registered) = &client.metadata.jwks {
        return Some(registered.clone());
    }
    Some(published(cx, client, None).await?.keys)
}

/// Works with the client's keys, and once more with those that stand at its `jwks_uri` by now where the first try
/// `asks_for_new_keys` and there are any.
pub async fn trying<T, E>(
    cx: &Cx,
    client: &Client,
    work: impl Fn(Option<&ClientJwks>) -> Result<T, E>,
    asks_for_new_keys: impl Fn(&E) -> bool,
) -> Result<T, E> {
    if let Some(registered) = &client.metadata.jwks {
        return work(Some(registered));
    }
    let found = published(cx, client, None).await;
    let tried = work(found.as_ref().map(|found| &found.keys));
    match (&tried, &found) {
        (Err(why), Some(known)) if asks_for_new_keys(why) => {
            match published(cx, client, Some(known.at)).await {
                Some(newer) => work(Some(&newer.keys)),
                None => tried,
            }
        }
        _ => tried,
    }
}

/// The key set that stands at the client's `jwks_uri`: of those remembered only one that was fetched after `than`.
async fn published(cx: &Cx, client: &Client, than: Option<Timestamp>) -> Option<Found> {
    let uri = client.metadata.jwks_uri.as_ref().filter(|_| client.is_enabled())?;
    // Whoever asks meanwhile waits for the same answer.
    let mut kept = cx.client_keys.of(&client.id).lock_owned().await;
    if kept.uri != *uri {
        *kept = Kept { uri: uri.clone(), ..Kept::default() };
    }
    let usable = |found: &Found| cx.now.since(found.at) < FRESH && than.is_none_or(|than| found.at > than);
    if let Some(found) = kept.found.clone().filter(usable) {
        return Some(found);
    }
    if kept.tried_at.is_some_and(|at| cx.now.since(at) < PAUSE) {
        return None;
    }
    let (cx, id, uri) = (cx.clone(), client.id.clone(), uri.clone());
    // To its end, whoever goes away meanwhile: a caller that breaks off must not use up the minute for others.
    let fetching = cx.clone().later.spawn(async move {
        kept.tried_at = Some(cx.now);
        match fetch(&cx, &uri).await {
            Ok(keys) => kept.found = Some(Found { keys, at: cx.now }),
            Err(why) => {
                tracing::warn!(client = %id, reason = why, "the keys of a client could not be fetched")
            }
        }
        kept.found.clone().filter(|found| found.at == cx.now)
    });
    fetching.await.ok().flatten()
}

/// Fetches a key set; a refusal is a word for the log.
async fn fetch(cx: &Cx, uri: &str) -> Result<ClientJwks, &'static str> {
    let target = Target::parse(uri).ok_or("no_target")?;
    let answer = tokio::time::timeout(PATIENCE, cx.outbound.get(&target, MEDIA, BYTES)).await;
    let answer = answer.map_err(|_| Failure::Silence.as_str())?.map_err(Failure::as_str)?;
    if answer.status != 200 {
        return Err("status");
    }
    let document = serde_json::from_slice(&answer.body).map_err(|_| "no_json")?;
    ClientJwks::parse(&document).map_err(|_| "no_key_set")
}
