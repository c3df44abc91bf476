//! Signing keys: loaded and parsed at most once a second, rotated by schedule or by command, thrown away when others may know
//! them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::admin::{AdminActor, Refused};
use super::token::{ACCESS_LIFETIME, ID_LIFETIME};
use super::{Cx, unavailable};
use crate::audit::chain::Revoked;
use crate::audit::{Event, Kind, Outcome};
use crate::base::{Digest, Seconds, Timestamp};
use crate::duties::{Action, Reason};
use crate::keys::ring::{Change, KeyRing, Schedule, Slot};
use crate::keys::seal::derive_mac;
use crate::keys::{Algorithm, ClientJwks, KeyState, KeyUse, SigningKey};
use crate::oidc::authorize::SIGNED_LIFETIME;
use crate::oidc::logout::TOKEN_LIFETIME;
use crate::store::signing_keys::{self, KeyRow};
use crate::store::{self, Writer};

/// How long a loaded ring is used, in microseconds.
const FRESH: i64 = 900_000;
/// The longest that anything these keys sign is valid.
const LONGEST: Seconds = longest(&[ACCESS_LIFETIME, ID_LIFETIME, SIGNED_LIFETIME, TOKEN_LIFETIME]);
/// How far the clocks of whoever verifies our tokens may lag behind ours.
const CLOCKS: Seconds = 300;

const fn longest(mut lives: &[Seconds]) -> Seconds {
    let mut most = 0;
    while let [life, rest @ ..] = lives {
        most = if *life > most { *life } else { most };
        lives = rest;
    }
    most
}

/// The signing keys, at most a second old; a key is parsed once and kept while it lasts.
#[derive(Default)]
pub struct Signing {
    kept: Mutex<Option<(Timestamp, Arc<KeyRing>)>>,
    /// Held by whoever rotates by schedule: the others find it done.
    turn: tokio::sync::Mutex<()>,
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
        self.anew(cx).await
    }

    /// The key that signs for this use with this algorithm now.
    pub async fn active(
        &self,
        cx: &Cx,
        usage: KeyUse,
        algorithm: Algorithm,
    ) -> Result<SigningKey, store::Error> {
        let ring = self.ring(cx).await?;
        ring.active(usage, algorithm).cloned().ok_or_else(|| store::Error::corrupt("no active signing key"))
    }

    /// The key that signed for this use when the ring was last loaded; for callers that cannot wait.
    pub fn latest(&self, usage: KeyUse, algorithm: Algorithm) -> Option<SigningKey> {
        let kept = self.kept.lock().ok()?;
        kept.as_ref().and_then(|(_, ring)| ring.active(usage, algorithm).cloned())
    }

    /// The ring as it is stored at this moment.
    async fn anew(&self, cx: &Cx) -> Result<Arc<KeyRing>, store::Error> {
        let before = self.kept.lock().ok().and_then(|kept| kept.clone());
        let ring = Arc::new(load(cx, before.map(|(_, ring)| ring)).await?);
        if let Ok(mut kept) = self.kept.lock() {
            *kept = Some((cx.now, ring.clone()));
        }
        Ok(ring)
    }
}

fn context(kid: &str) -> String {
    format!("signing-key.{kid}")
}

async fn load(cx: &Cx, before: Option<Arc<KeyRing>>) -> Result<KeyRing, store::Error> {
    let mut keys = Vec::new();
    for row in signing_keys::list(&cx.store).await? {
        if let Some(known) = before.as_ref().and_then(|ring| ring.find(&row.kid)) {
            keys.push(known.moved_to(row.state, row.state_since));
            continue;
        }
        let corrupt = || store::Error::corrupt("signing key");
        let der = cx.master.open(&context(&row.kid), &row.sealed).map_err(|_| corrupt())?;
        let key =
            SigningKey::from_pkcs8(row.algorithm, row.state, row.created_at, row.state_since, der.expose());
        keys.push(key.map_err(|_| corrupt())?.used_for(row.usage));
    }
    Ok(KeyRing::new(keys))
}

/// Whether the master key is the one this installation was made with, as far as there is anything to tell by.
pub async fn is_own_master(cx: &Cx) -> Result<bool, store::Error> {
    let rows = signing_keys::list(&cx.store).await?;
    let signs = rows.iter().all(|row| cx.master.open(&context(&row.kid), &row.sealed).is_ok());
    Ok(signs && cx.vault.opens().await?.unwrap_or(true))
}

/// The schedule of the settings: each slot, published ahead, and kept after for as long as a token it signed may be shown.
pub fn schedule(cx: &Cx) -> Schedule {
    Schedule {
        publish_ahead: cx.config.keys.overlap.seconds(),
        active_for: cx.config.keys.rotation_period.seconds(),
        keep_retired: cx.config.keys.overlap.seconds().max(LONGEST + CLOCKS),
        ..Schedule::default()
    }
}

/// Does what the schedule asks; of any number at once, here and on other nodes, one does it. Says what was done.
pub async fn rotate_by_schedule(cx: &Cx) -> Result<Vec<Change>, store::Error> {
    let _turn = cx.signing.turn.lock().await;
    let ring = cx.signing.anew(cx).await?;
    let changes = ring.rotate(cx.now, &schedule(cx));
    apply(cx, None, changes).await
}

/// Replaces the active keys now: of one use or algorithm, or all. What they signed is still believed.
pub async fn rotate_now(
    cx: &Cx,
    usage: Option<KeyUse>,
    algorithm: Option<Algorithm>,
) -> Result<Vec<Change>, store::Error> {
    let ring = cx.signing.ring(cx).await?;
    let wanted = |slot: &Slot| {
        usage.is_none_or(|usage| usage == slot.usage)
            && algorithm.is_none_or(|algorithm| algorithm == slot.algorithm)
    };
    let changes = Slot::all().filter(wanted).flat_map(|slot| ring.replace_now(slot)).collect();
    apply(cx, None, changes).await
}

/// Throws a key away that others may know: it leaves `/jwks`, nothing it signed is believed any more, and where it
/// signed, another does. Of any number at once one does it; other nodes hear of it within a second.
pub async fn revoke(cx: &Cx, actor: &AdminActor, kid: &str, reason: &Reason) -> Result<Vec<Change>, Refused> {
    actor.is_for(Action::KeyRevoke)?;
    let ring = cx.signing.anew(cx).await?;
    let changes = ring.discard(kid).ok_or(Refused::NotFound)?;
    let why = Revocation { actor: actor.clone(), ring, reason: reason.clone() };
    let slot = why.ring.find(kid).map(Slot::of);
    let mut done = apply(cx, Some(Arc::new(why)), changes).await?;
    if done.is_empty() {
        return Err(Refused::Already);
    }
    // Whoever was to follow may have been thrown away at the same moment.
    let only = Schedule { slots: slot.into_iter().collect(), ..schedule(cx) };
    let left = cx.signing.anew(cx).await?.rotate(cx.now, &only);
    done.extend(apply(cx, None, left).await?);
    Ok(done)
}

/// By whom and why a key is thrown away, and what is known of it.
struct Revocation {
    actor: AdminActor,
    ring: Arc<KeyRing>,
    reason: Reason,
}

/// A change with the key it needs, generated before the transaction.
#[derive(Clone, Debug)]
struct Prepared {
    change: Change,
    row: Option<KeyRow>,
    event: Event,
}

/// Does these changes in one transaction, in which nobody else changes keys. Says what was done of them.
async fn apply(
    cx: &Cx,
    why: Option<Arc<Revocation>>,
    changes: Vec<Change>,
) -> Result<Vec<Change>, store::Error> {
    if changes.is_empty() {
        return Ok(changes);
    }
    let mut prepared = Vec::new();
    // At once: an RSA key takes a good part of a second to find.
    let mut making: Vec<_> = Vec::new();
    for change in changes {
        let (cx, why) = (cx.clone(), why.clone());
        making.push(tokio::spawn(async move { prepare(&cx, why.as_deref(), change).await }));
    }
    for made in making {
        prepared.push(made.await.map_err(|_| store::Error::corrupt("no signing key could be generated"))??);
    }
    let done = cx.store.write((prepared, cx.now), |w, (prepared, now)| Box::pin(write(w, prepared, *now)));
    let done = done.await?;
    // At hand again at once: checkpoints are signed by whoever cannot wait.
    cx.signing.anew(cx).await?;
    Ok(done)
}

async fn prepare(cx: &Cx, why: Option<&Revocation>, change: Change) -> Result<Prepared, store::Error> {
    let (row, kind, detail) = match &change {
        Change::Generate(slot, state) => {
            let (row, public) = generate(cx, *slot, *state).await?;
            // The key is deleted one day; its checkpoints are verified with what is written here.
            let mut detail = serde_json::json!({
                "kid": row.kid, "use": slot.usage, "algorithm": slot.algorithm, "state": state,
            });
            if let Some(members) = detail.as_object_mut() {
                members.insert("proof".to_owned(), proof(cx, &row.kid, &public).into());
                members.insert("public".to_owned(), public);
            }
            (Some(row), Kind::KeyCreated, detail)
        }
        Change::Activate(kid) => (None, Kind::KeyRotated, serde_json::json!({ "kid": kid })),
        Change::Retire(kid) => (None, Kind::KeyRetired, serde_json::json!({ "kid": kid })),
        Change::Remove(kid) => (None, Kind::KeyRemoved, serde_json::json!({ "kid": kid })),
        Change::Discard(kid) => {
            let key = why.and_then(|why| why.ring.find(kid));
            let detail = serde_json::json!({
                "kid": kid,
                "use": key.map(|key| key.usage),
                "algorithm": key.map(SigningKey::algorithm),
                "state": key.map(|key| key.state),
                "why": why.map(|why| why.reason.as_str()),
            });
            (None, Kind::KeyRevoked, detail)
        }
    };
    let mut event = match why {
        Some(why) => why.actor.event(cx, kind),
        None => cx.event(kind, Outcome::Ok),
    };
    event.detail = Some(detail);
    Ok(Prepared { change, row, event })
}

/// RSA keys take a second to find: off the async threads.
async fn generate(cx: &Cx, slot: Slot, state: KeyState) -> Result<(KeyRow, Value), store::Error> {
    let (now, Slot { usage, algorithm }) = (cx.now, slot);
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm, now)).await;
    let (key, der) = made
        .map_err(|e| unavailable(&e))
        .and_then(|made| made.map_err(|e| unavailable(&e)))
        .map_err(|()| store::Error::corrupt("no signing key could be generated"))?;
    let sealed = cx.master.seal(&context(key.kid()), der.expose());
    let public = serde_json::to_value(key.jwk()).map_err(|_| store::Error::corrupt("public key"))?;
    let kid = key.kid().to_owned();
    Ok((KeyRow { kid, usage, algorithm, state, sealed, created_at: now, state_since: now }, public))
}

/// Shows that we wrote the public key down: whoever can write to the database, but lacks the master key, cannot.
fn proof(cx: &Cx, kid: &str, public: &Value) -> String {
    let mac = derive_mac(&cx.master.derive("audit keys"), &[kid.as_bytes(), public.to_string().as_bytes()]);
    Digest::from_bytes(mac).to_base64url()
}

/// A key that may have signed checkpoints, as the trail remembers it.
pub struct Remembered {
    algorithm: Algorithm,
    public: ClientJwks,
    /// What it was made for.
    usage: KeyUse,
    /// Whether others may know it.
    revoked: Option<Revoked>,
}

/// The keys there ever were that may have signed checkpoints, by `kid`.
pub type Ever = HashMap<String, Remembered>;

impl Remembered {
    /// Its public half, as JSON.
    pub fn public(&self) -> Option<Value> {
        self.public.to_json().get("keys").and_then(|keys| keys.get(0)).cloned()
    }

    /// What it was made for.
    pub fn usage(&self) -> KeyUse {
        self.usage
    }

    /// Whether others may know it, since when, and where the trail says so.
    pub fn revoked(&self) -> Option<&Revoked> {
        self.revoked.as_ref()
    }

    /// Whether it signed a checkpoint while it was believed.
    fn witnesses(&self, kid: &str, body: &[u8], signature: &[u8]) -> bool {
        let believed = self.revoked.as_ref().is_none_or(|revoked| revoked.spares(body));
        believed && self.public.verifies(self.algorithm, kid, body, signature)
    }
}

/// Whether one of our keys signed a checkpoint: one of the ring that may, or one there ever was.
pub fn is_witnessed(ring: &KeyRing, ever: &Ever, kid: &str, body: &[u8], signature: &[u8]) -> bool {
    match ring.find(kid) {
        Some(key) => key.usage != KeyUse::Access && key.verifies(body, signature),
        None => ever.get(kid).is_some_and(|known| known.witnesses(kid, body, signature)),
    }
}

/// Public halves of the keys there ever were, from the audit trail: `audit verify` needs them for the checkpoints that
/// keys long deleted have signed. Before there were keys for the trail, those of the answers signed them.
pub async fn ever(cx: &Cx) -> Result<Ever, store::Error> {
    const PAGE: i64 = 200;
    let kinds = vec![Kind::KeyCreated, Kind::KeyRevoked];
    let mut filter = store::audit::Filter { kinds, ..Default::default() };
    let (mut known, mut revoked) = (Ever::new(), Vec::new());
    loop {
        let page = store::audit::list(&cx.store, &filter, PAGE).await?;
        for event in &page {
            let Some(detail) = &event.detail else { continue };
            if event.kind == Kind::KeyCreated {
                known.extend(remembered(cx, detail));
            } else if let Some(kid) = detail.get("kid").and_then(Value::as_str) {
                revoked.push((kid.to_owned(), event.id.clone(), event.at));
            }
        }
        match page.last() {
            Some(last) if i64::try_from(page.len()).is_ok_and(|len| len == PAGE) => {
                filter.after = Some((last.at, last.id.clone()));
            }
            _ => break,
        }
    }
    for (kid, id, at) in revoked {
        if let Some(key) = known.get_mut(&kid) {
            let linked = store::audit::find(&cx.store, &id).await?.and_then(|(_, linked)| linked);
            key.revoked = Some(Revoked { at, place: linked.map(|linked| (linked.chain, linked.seq)) });
        }
    }
    Ok(known)
}

fn remembered(cx: &Cx, detail: &Value) -> Option<(String, Remembered)> {
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    let (kid, public) = (text("kid")?, detail.get("public")?);
    // Before keys had uses, those of the answers signed the trail too.
    let usage = text("use").map_or(Some(KeyUse::Answers), KeyUse::parse)?;
    if usage == KeyUse::Access || text("proof")? != proof(cx, kid, public) {
        return None;
    }
    let algorithm = Algorithm::parse(text("algorithm")?)?;
    let public = ClientJwks::parse(&serde_json::json!({ "keys": [public] })).ok()?;
    Some((kid.to_owned(), Remembered { algorithm, public, usage, revoked: None }))
}

/// Does what is still to be done, and answers that; where the key to be thrown away is gone already, nothing.
async fn write(w: &mut Writer, prepared: &[Prepared], now: Timestamp) -> Result<Vec<Change>, store::Error> {
    signing_keys::take_turn(w, now).await?;
    let mut all = Vec::new();
    for p in prepared {
        let done = match (&p.change, &p.row) {
            (Change::Generate(slot, state), Some(row)) => {
                // Another node may have been first.
                let there = signing_keys::has_live(w, *slot, *state).await?;
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
            (Change::Remove(kid), _) => signing_keys::delete_retired(w, kid).await?,
            (Change::Discard(kid), _) => {
                if !signing_keys::delete(w, kid).await? {
                    return Ok(all);
                }
                true
            }
            (Change::Generate(..), None) => false,
        };
        if done {
            w.record(&p.event).await?;
            all.push(p.change.clone());
        }
    }
    Ok(all)
}
