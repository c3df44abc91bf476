//! Signing keys: loaded and parsed at most once a second, rotated by schedule or by command.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::{Cx, unavailable};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{Digest, Timestamp};
use crate::keys::ring::{Change, KeyRing, Schedule};
use crate::keys::seal::derive_mac;
use crate::keys::{Algorithm, ClientJwks, KeyState, SigningKey};
use crate::store::signing_keys::{self, KeyRow};
use crate::store::{self, Writer};

/// How long a loaded ring is used, in microseconds.
const FRESH: i64 = 900_000;

/// The signing keys, at most a second old; a key is parsed once and kept while it lasts.
#[derive(Default)]
pub struct Signing {
    kept: Mutex<Option<(Timestamp, Arc<KeyRing>)>>,
}

impl Signing {
    /// Every published key.
    pub async fn ring(&self, cx: &Cx) -> Result<Arc<KeyRing>, store::Error> {
        let before = self.kept.lock().ok().and_then(|kept| kept.clone());
        if let Some((at, ring)) = &before
            && (cx.now.micros() - at.micros()).abs() < FRESH
        {
            return Ok(ring.clone());
        }
        let ring = Arc::new(load(cx, before.map(|(_, ring)| ring)).await?);
        if let Ok(mut kept) = self.kept.lock() {
            *kept = Some((cx.now, ring.clone()));
        }
        Ok(ring)
    }

    /// The key that signs with this algorithm now.
    pub async fn active(&self, cx: &Cx, algorithm: Algorithm) -> Result<SigningKey, store::Error> {
        let ring = self.ring(cx).await?;
        ring.active(algorithm).cloned().ok_or_else(|| store::Error::corrupt("no active signing key"))
    }

    /// The key that signed with this algorithm when the ring was last loaded; for callers that cannot wait.
    pub fn latest(&self, algorithm: Algorithm) -> Option<SigningKey> {
        let kept = self.kept.lock().ok()?;
        kept.as_ref().and_then(|(_, ring)| ring.active(algorithm).cloned())
    }

    fn forget(&self) {
        if let Ok(mut kept) = self.kept.lock() {
            *kept = None;
        }
    }
}

fn context(kid: &str) -> String {
    format!("signing-key.{kid}")
}

async fn load(cx: &Cx, before: Option<Arc<KeyRing>>) -> Result<KeyRing, store::Error> {
    let mut keys = Vec::new();
    for row in signing_keys::list(&cx.store).await? {
        if let Some(known) = before.as_ref().and_then(|ring| ring.verifying(&row.kid)) {
            keys.push(known.moved_to(row.state, row.state_since));
            continue;
        }
        let corrupt = || store::Error::corrupt("signing key");
        let der = cx.master.open(&context(&row.kid), &row.sealed).map_err(|_| corrupt())?;
        let key =
            SigningKey::from_pkcs8(row.algorithm, row.state, row.created_at, row.state_since, der.expose());
        keys.push(key.map_err(|_| corrupt())?);
    }
    Ok(KeyRing::new(keys))
}

/// Whether the master key is the one this installation was made with, as far as there is anything to tell by.
pub async fn is_own_master(cx: &Cx) -> Result<bool, store::Error> {
    let rows = signing_keys::list(&cx.store).await?;
    let signs = rows.iter().all(|row| cx.master.open(&context(&row.kid), &row.sealed).is_ok());
    Ok(signs && cx.vault.opens().await?.unwrap_or(true))
}

/// The schedule of the settings: each algorithm, published ahead, kept after.
pub fn schedule(cx: &Cx) -> Schedule {
    Schedule {
        publish_ahead: cx.config.keys.overlap.seconds(),
        active_for: cx.config.keys.rotation_period.seconds(),
        keep_retired: cx.config.keys.overlap.seconds(),
        ..Schedule::default()
    }
}

/// Does what the schedule asks; safe on many nodes at once. Says what was done.
pub async fn rotate_by_schedule(cx: &Cx) -> Result<Vec<Change>, store::Error> {
    let ring = cx.signing.ring(cx).await?;
    let changes = ring.rotate(cx.now, &schedule(cx));
    apply(cx, changes).await
}

/// Replaces the active keys now: of one algorithm, or of all.
pub async fn rotate_now(cx: &Cx, algorithm: Option<Algorithm>) -> Result<Vec<Change>, store::Error> {
    let ring = cx.signing.ring(cx).await?;
    let all: Vec<_> =
        Algorithm::ALL.iter().copied().filter(|a| algorithm.is_none_or(|wanted| wanted == *a)).collect();
    let changes = all.into_iter().flat_map(|a| ring.replace_now(a)).collect();
    apply(cx, changes).await
}

/// A change with the key it needs, generated before the transaction.
#[derive(Clone, Debug)]
struct Prepared {
    change: Change,
    row: Option<KeyRow>,
    event: Event,
}

async fn apply(cx: &Cx, changes: Vec<Change>) -> Result<Vec<Change>, store::Error> {
    if changes.is_empty() {
        return Ok(changes);
    }
    let mut prepared = Vec::new();
    // At once: an RSA key takes a good part of a second to find.
    let mut making: Vec<_> = Vec::new();
    for change in &changes {
        let (cx, change) = (cx.clone(), change.clone());
        making.push(tokio::spawn(async move { prepare(&cx, &change).await }));
    }
    for made in making {
        prepared.push(made.await.map_err(|_| store::Error::corrupt("no signing key could be generated"))??);
    }
    cx.store.write((prepared, cx.now), |w, (prepared, now)| Box::pin(write(w, prepared, *now))).await?;
    cx.signing.forget();
    Ok(changes)
}

async fn prepare(cx: &Cx, change: &Change) -> Result<Prepared, store::Error> {
    let (row, kind, detail) = match change {
        Change::Generate(algorithm, state) => {
            let (row, public) = generate(cx, *algorithm, *state).await?;
            // The key is deleted one day; its checkpoints are verified with what is written here.
            let mut detail = serde_json::json!({ "kid": row.kid, "algorithm": algorithm, "state": state });
            if let Some(members) = detail.as_object_mut() {
                members.insert("proof".to_owned(), proof(cx, &row.kid, &public).into());
                members.insert("public".to_owned(), public);
            }
            (Some(row), Kind::KeyCreated, detail)
        }
        Change::Activate(kid) => (None, Kind::KeyRotated, serde_json::json!({ "kid": kid })),
        Change::Retire(kid) | Change::Remove(kid) => {
            (None, Kind::KeyRetired, serde_json::json!({ "kid": kid }))
        }
    };
    let mut event = cx.event(kind, Outcome::Ok);
    event.detail = Some(detail);
    Ok(Prepared { change: change.clone(), row, event })
}

/// RSA keys take a second to find: off the async threads.
async fn generate(cx: &Cx, algorithm: Algorithm, state: KeyState) -> Result<(KeyRow, Value), store::Error> {
    let now = cx.now;
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm, now)).await;
    let (key, der) = made
        .map_err(|e| unavailable(&e))
        .and_then(|made| made.map_err(|e| unavailable(&e)))
        .map_err(|()| store::Error::corrupt("no signing key could be generated"))?;
    let sealed = cx.master.seal(&context(key.kid()), der.expose());
    let public = serde_json::to_value(key.jwk()).map_err(|_| store::Error::corrupt("public key"))?;
    let kid = key.kid().to_owned();
    Ok((KeyRow { kid, algorithm, state, sealed, created_at: now, state_since: now }, public))
}

/// Shows that we wrote the public key down: whoever can write to the database, but lacks the master key, cannot.
fn proof(cx: &Cx, kid: &str, public: &Value) -> String {
    let mac = derive_mac(&cx.master.derive("audit keys"), &[kid.as_bytes(), public.to_string().as_bytes()]);
    Digest::from_bytes(mac).to_base64url()
}

/// Public halves of every key there ever was, by `kid`, from the audit trail: `audit verify` needs them for the
/// checkpoints that keys long deleted have signed.
pub async fn ever(cx: &Cx) -> Result<HashMap<String, (Algorithm, ClientJwks)>, store::Error> {
    const PAGE: i64 = 200;
    let mut filter = store::audit::Filter { kinds: vec![Kind::KeyCreated], ..Default::default() };
    let mut known = HashMap::new();
    loop {
        let page = store::audit::list(&cx.store, &filter, PAGE).await?;
        known.extend(page.iter().filter_map(|event| remembered(cx, event.detail.as_ref()?)));
        match page.last() {
            Some(last) if i64::try_from(page.len()).is_ok_and(|len| len == PAGE) => {
                filter.after = Some((last.at, last.id.clone()));
            }
            _ => return Ok(known),
        }
    }
}

fn remembered(cx: &Cx, detail: &Value) -> Option<(String, (Algorithm, ClientJwks))> {
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    let (kid, public) = (text("kid")?, detail.get("public")?);
    let known = text("proof")? == proof(cx, kid, public);
    let algorithm = Algorithm::parse(text("algorithm")?)?;
    let keys = ClientJwks::parse(&serde_json::json!({ "keys": [public] })).ok()?;
    known.then(|| (kid.to_owned(), (algorithm, keys)))
}

async fn write(w: &mut Writer, prepared: &[Prepared], now: Timestamp) -> Result<(), store::Error> {
    for p in prepared {
        let done = match (&p.change, &p.row) {
            (Change::Generate(algorithm, state), Some(row)) => {
                // Another node may have been first.
                let there = signing_keys::has_live(w, *algorithm, *state).await?;
                if !there {
                    signing_keys::insert(w, row).await?;
                }
                !there
            }
            (Change::Activate(kid), _) => {
                signing_keys::advance(w, kid, KeyState::Next, KeyState::Active, now).await?
            }
            (Change::Retire(kid), _) => {
                signing_keys::advance(w, kid, KeyState::Active, KeyState::Retired, now).await?
            }
            (Change::Remove(kid), _) => signing_keys::delete(w, kid).await.map(|()| true)?,
            (Change::Generate(..), None) => false,
        };
        if done {
            w.record(&p.event).await?;
        }
    }
    Ok(())
}
