//! The sealer: one a process, links what is committed into its chain and has the chains' heads signed.
//!
//! A change never waits for it. A process shows that it lives by renewing its chain's `beat_at`; what a dead one
//! left unlinked is linked by any other, and its chain is continued by the next process that begins.

use std::time::Duration;

use super::Stored;
use crate::audit::chain::{Checkpoint, Head, link, origin};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{Clock, Digest, Entropy, Seconds, Timestamp};
use crate::store::{Error, Store, Writer, sql};

/// A process that has not renewed its chain for so long is dead.
const STALE: Seconds = 10;
/// As many events as one transaction links; other changes run between.
const LINKED: i64 = 128;
/// As many are linked by one statement.
const AT_ONCE: usize = 16;

/// Whether events are linked many at a time.
#[derive(Clone, Copy)]
enum How {
    AtOnce,
    Singly,
}
/// How often a process links and shows that it lives.
const BEAT: Duration = Duration::from_millis(500);

/// Signs a checkpoint's body: the key's id and the signature, or why not.
pub type Sign = Box<dyn Fn(&[u8]) -> Result<(String, Vec<u8>), String> + Send + Sync>;

/// Links committed events into this process's chain.
pub struct Sealer {
    store: Store,
    entropy: Entropy,
    clock: Clock,
    sign: Sign,
    mine: Mine,
}

/// The chain this process holds.
#[derive(Clone, Debug)]
struct Mine {
    chain: String,
    holder: String,
}

impl Sealer {
    /// Takes over the chain of a dead process, or begins one. Events recorded through `store` (and its clones)
    /// from now on are this sealer's.
    pub async fn begin(store: Store, clock: Clock, entropy: Entropy, sign: Sign) -> Result<Self, Error> {
        let holder = store.begin_process(&name(&entropy));
        let mine = claim(&store, holder, name(&entropy), clock.now()).await?;
        Ok(Self { store, entropy, clock, sign, mine })
    }

    /// Links every half second and signs every `period`, until `stop`; then does both once more and lets go of
    /// the chain. A database that is away is tried again.
    pub async fn run(mut self, period: Duration, stop: impl Future<Output = ()>) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut checkpoints = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        let mut stop = std::pin::pin!(stop);
        let mut away = false;
        loop {
            let done = tokio::select! {
                () = &mut stop => break,
                _ = beat.tick() => self.link().await.map(|_| ()),
                _ = checkpoints.tick() => self.checkpoint().await,
            };
            if let (false, Err(error)) = (away, &done) {
                tracing::warn!(%error, "the audit trail cannot be linked; trying on");
            }
            away = done.is_err();
        }
        if let Err(error) = self.finish().await {
            tracing::warn!(%error, "the last events are left to another process to link");
        }
    }

    /// Links what is committed and unlinked, of this process and of dead ones; answers how many.
    pub async fn link(&mut self) -> Result<u64, Error> {
        let mut linked = 0;
        loop {
            let done = match self.link_batch(How::AtOnce).await {
                Err(Error::Conflict) => self.link_batch(How::Singly).await?,
                other => other?,
            };
            match done {
                Some(LINKED) => linked += LINKED.unsigned_abs(),
                Some(last) => return Ok(linked + last.unsigned_abs()),
                // This process slept so long that another took its chain.
                None => {
                    let (holder, now) = (self.mine.holder.clone(), self.clock.now());
                    self.mine = claim(&self.store, holder, name(&self.entropy), now).await?;
                }
            }
        }
    }

    async fn link_batch(&self, how: How) -> Result<Option<i64>, Error> {
        let input = (self.mine.clone(), self.clock.now());
        self.store.write(input, move |w, (mine, now)| Box::pin(link_some(w, mine, *now, how))).await
    }

    /// Signs the head of every chain. When another process does so at the same moment, its signature will do.
    pub async fn checkpoint(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        let last = sql!("SELECT seq, body FROM audit_checkpoints ORDER BY seq DESC LIMIT 1")
            .optional(&self.store)
            .await?;
        let (seq, previous) = match last {
            Some(row) => (row.get::<i64>(0)?, Digest::of(row.get::<String>(1)?).to_base64url()),
            None => (0, String::new()),
        };
        let heads = heads(&self.store).await?;
        let body = serde_json::to_string(&Checkpoint { at: now, previous, heads })
            .map_err(|e| Error::Corrupt(e.to_string()))?;
        let (kid, signature) = (self.sign)(body.as_bytes()).map_err(Error::Unavailable)?;
        let mut event = Event::new(Kind::AuditCheckpoint, Outcome::Ok, Actor::System, now, &self.entropy);
        event.detail = Some(serde_json::json!({ "checkpoint": seq + 1 }));
        // Said in the log as well, which is kept elsewhere: whoever cuts the trail's tail off cannot cut it off there.
        let digest = Digest::of(&body).to_base64url();
        let input = (seq + 1, now, body, kid, signature, event);
        let kept = self.store.write(input, |w, (seq, now, body, kid, signature, event)| {
            Box::pin(async move {
                // Whoever signs may not have heard yet that others know the key. While the key is there, its report is
                // in no chain whose head was read before.
                let other = sql!(
                    "SELECT count(*) FROM signing_keys
                     WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE kid = $1)"
                )
                .bind(kid.as_str());
                // Whoever signs with a key of another kind has none here.
                if other.one(&mut *w).await?.get::<i64>(0)? > 0 {
                    return Err(Error::Conflict);
                }
                sql!("INSERT INTO audit_checkpoints (seq, at, body, kid, signature) VALUES ($1, $2, $3, $4, $5)")
                    .bind(seq)
                    .bind(now)
                    .bind(body)
                    .bind(kid)
                    .bind(signature)
                    .execute(&mut *w)
                    .await?;
                w.record(event).await
            })
        });
        match kept.await {
            Err(Error::Conflict) => Ok(()),
            other => {
                other.inspect(|()| tracing::info!(checkpoint = seq + 1, digest, "the audit trail was signed"))
            }
        }
    }

    /// Links and signs what is there, and lets go of the chain, so that the next process continues it at once.
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.link().await?;
        self.checkpoint().await?;
        self.link().await?;
        self.store
            .write(self.mine.clone(), |w, mine| {
                sql!("UPDATE audit_chains SET beat_at = 0 WHERE id = $1 AND holder = $2")
                    .bind(&mine.chain)
                    .bind(&mine.holder)
                    .execute(w)
            })
            .await
            .map(|_: u64| ())
    }

    /// The name of the chain this process writes.
    pub fn chain(&self) -> &str {
        &self.mine.chain
    }
}

/// Every chain's head.
pub(super) async fn heads(store: &Store) -> Result<Vec<Head>, Error> {
    let rows = sql!("SELECT id, seq, hash FROM audit_chains ORDER BY id").all(store).await?;
    let head = |row: &crate::store::Row| {
        Ok(Head { chain: row.get(0)?, seq: row.get(1)?, hash: row.get::<Digest>(2)?.to_base64url() })
    };
    rows.iter().map(head).collect()
}

/// A random name for a process or a chain.
fn name(entropy: &Entropy) -> String {
    entropy.bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn claim(store: &Store, holder: String, fresh: String, now: Timestamp) -> Result<Mine, Error> {
    store
        .write((holder, fresh, now), |w, (holder, fresh, now)| {
            Box::pin(async move {
                let dead = sql!(
                    "UPDATE audit_chains SET holder = $1, beat_at = $2
                     WHERE beat_at < $3 AND id = (SELECT min(id) FROM audit_chains WHERE beat_at < $3) RETURNING id"
                )
                .bind(holder)
                .bind(now)
                .bind(now.plus(-STALE))
                .optional(&mut *w)
                .await?;
                if let Some(row) = dead {
                    return Ok(Mine { chain: row.get(0)?, holder: holder.clone() });
                }
                sql!("INSERT INTO audit_chains (id, holder, beat_at, seq, hash) VALUES ($1, $2, $3, 0, $4)")
                    .bind(fresh)
                    .bind(holder)
                    .bind(now)
                    .bind(origin(fresh))
                    .execute(w)
                    .await?;
                Ok(Mine { chain: fresh.clone(), holder: holder.clone() })
            })
        })
        .await
}

/// Links a few events behind `head` by one statement and answers the new head; `Conflict` when one of them is linked
/// already.
async fn link_chunk(
    w: &mut Writer,
    mine: &Mine,
    events: &[Stored],
    head: (i64, Digest),
) -> Result<(i64, Digest), Error> {
    let (mut seq, mut hash) = head;
    let mut statement = sql!(
        "UPDATE events SET chain = $1,
             seq = CASE id WHEN $2 THEN $3 WHEN $5 THEN $6 WHEN $8 THEN $9 WHEN $11 THEN $12 WHEN $14 THEN $15 WHEN $17 THEN
             $18 WHEN $20 THEN $21 WHEN $23 THEN $24 WHEN $26 THEN $27 WHEN $29 THEN $30 WHEN $32
             THEN $33 WHEN $35 THEN $36 WHEN $38 THEN $39 WHEN $41 THEN $42 WHEN $44 THEN $45 WHEN
             $47 THEN $48
                 ELSE seq END,
             hash = CASE id WHEN $2 THEN $4 WHEN $5 THEN $7 WHEN $8 THEN $10 WHEN $11 THEN $13 WHEN $14 THEN $16 WHEN $17 THEN
             $19 WHEN $20 THEN $22 WHEN $23 THEN $25 WHEN $26 THEN $28 WHEN $29 THEN $31 WHEN $32
             THEN $34 WHEN $35 THEN $37 WHEN $38 THEN $40 WHEN $41 THEN $43 WHEN $44 THEN $46 WHEN
             $47 THEN $49
                 ELSE hash END
         WHERE hash IS NULL AND id IN ($2, $5, $8, $11, $14, $17, $20, $23, $26, $29, $32, $35, $38, $41, $44, $47)"
    )
    .bind(&mine.chain);
    for place in 0..AT_ONCE {
        // No event has an empty id: what is left of the places names nothing.
        let id = match events.get(place) {
            Some(event) => {
                (seq, hash) = (seq + 1, link(hash, &event.bytes()));
                event.id.as_str()
            }
            None => "",
        };
        statement = statement.bind(id).bind(seq).bind(hash);
    }
    let linked = statement.execute(w).await?;
    // Another sealer adopted some of them first: the whole change is undone, and each is tried by itself.
    if linked != events.len() as u64 { Err(Error::Conflict) } else { Ok((seq, hash)) }
}

/// As [`link_chunk`], one by one: an event that another sealer adopted first is passed over.
async fn link_singly(
    w: &mut Writer,
    mine: &Mine,
    events: &[Stored],
    head: (i64, Digest),
) -> Result<(i64, Digest), Error> {
    let (mut seq, mut hash) = head;
    for event in events {
        let next = link(hash, &event.bytes());
        let linked = sql!("UPDATE events SET chain = $1, seq = $2, hash = $3 WHERE id = $4 AND hash IS NULL")
            .bind(&mine.chain)
            .bind(seq + 1)
            .bind(next)
            .bind(&event.id)
            .execute(&mut *w)
            .await?;
        if linked == 1 {
            (seq, hash) = (seq + 1, next);
        }
    }
    Ok((seq, hash))
}

/// Links at most `LINKED` events and answers how many it found; `None` when the chain is no longer ours.
async fn link_some(w: &mut Writer, mine: &Mine, now: Timestamp, how: How) -> Result<Option<i64>, Error> {
    let ours = sql!("UPDATE audit_chains SET beat_at = $1 WHERE id = $2 AND holder = $3 RETURNING seq, hash")
        .bind(now)
        .bind(&mine.chain)
        .bind(&mine.holder)
        .optional(&mut *w)
        .await?;
    let Some(row) = ours else { return Ok(None) };
    let (mut seq, mut hash): (i64, Digest) = (row.get(0)?, row.get(1)?);
    let found = sql!(
        "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason,
             detail, sealed
         FROM events
         WHERE hash IS NULL AND (process = $1
             OR process NOT IN (SELECT holder FROM audit_chains WHERE beat_at >= $2))
         ORDER BY at, id LIMIT $3"
    )
    .bind(&mine.holder)
    .bind(now.plus(-STALE))
    .bind(LINKED)
    .all(&mut *w)
    .await?;
    let events = found.iter().map(Stored::read).collect::<Result<Vec<_>, _>>()?;
    for some in events.chunks(AT_ONCE) {
        let head = (seq, hash);
        (seq, hash) = match how {
            How::AtOnce => link_chunk(w, mine, some, head).await?,
            How::Singly => link_singly(w, mine, some, head).await?,
        };
    }
    sql!("UPDATE audit_chains SET seq = $1, hash = $2 WHERE id = $3")
        .bind(seq)
        .bind(hash)
        .bind(&mine.chain)
        .execute(w)
        .await?;
    Ok(Some(i64::try_from(found.len()).unwrap_or(LINKED)))
}
