//! `audit verify`: reads every chain from its origin and names the first row that is not as it was linked.

use std::collections::{BTreeMap, BTreeSet};

use super::{Stored, sealer};
use crate::audit::chain::{Checkpoint, Head, link, origin};
use crate::base::{Digest, EventId};
use crate::store::{Error, Store, sql};

/// Rows read at once.
const PAGE: i64 = 500;

/// Whether a signature (last) over a body is that of the key with this id.
pub type Check<'a> = &'a (dyn Fn(&str, &[u8], &[u8]) -> bool + Send + Sync);

/// What the trail's examination found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Chains examined.
    pub chains: u64,
    /// Linked events examined.
    pub events: u64,
    /// Events committed and not yet linked: those of the last second, or of a host without a running server.
    pub unlinked: u64,
    /// Checkpoints whose signature and order are right.
    pub checkpoints: u64,
    /// The first thing wrong; `None` when the trail is whole.
    pub first_bad: Option<Bad>,
}

/// A row that is not as it was linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The chain; `checkpoints` for one of those.
    pub chain: String,
    /// The row's place, from 1.
    pub seq: i64,
    /// The event found there; `None` when it is missing.
    pub event: Option<EventId>,
    /// What is wrong with it.
    pub why: &'static str,
}

/// What rows must have been there: place to hash, by chain.
type Promised = BTreeMap<String, BTreeMap<i64, String>>;

/// Examines the whole trail in pages, while the program runs.
pub async fn verify(store: &Store, check: Check<'_>) -> Result<Verdict, Error> {
    verify_telling(store, check, &|_| ()).await
}

/// As [`verify`]; says after every page how many events were examined.
pub async fn verify_telling(
    store: &Store,
    check: Check<'_>,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<Verdict, Error> {
    let mut verdict = Verdict { chains: 0, events: 0, unlinked: 0, checkpoints: 0, first_bad: None };
    let mut promised = Promised::new();
    // The heads first: what is linked while we read comes behind them.
    promise(&mut promised, &sealer::heads(store).await?);
    checkpoints(store, check, &mut promised, &mut verdict).await?;
    let mut chains: BTreeSet<String> = promised.keys().cloned().collect();
    for row in sql!("SELECT DISTINCT chain FROM events WHERE chain IS NOT NULL").all(store).await? {
        chains.insert(row.get(0)?);
    }
    for chain in chains {
        let promised = promised.remove(&chain).unwrap_or_default();
        let bad = examine(store, &chain, promised, &mut verdict.events, tell).await?;
        verdict.chains += 1;
        verdict.first_bad = verdict.first_bad.or(bad);
    }
    let row = sql!("SELECT count(*) FROM events WHERE hash IS NULL").one(store).await?;
    verdict.unlinked = row.get::<i64>(0)?.unsigned_abs();
    Ok(verdict)
}

/// Adds what the heads promise; the empty chain promises nothing but its name.
fn promise(promised: &mut Promised, heads: &[Head]) -> bool {
    let mut consistent = true;
    for head in heads {
        let rows = promised.entry(head.chain.clone()).or_default();
        if head.seq > 0 {
            let before = rows.insert(head.seq, head.hash.clone());
            consistent &= before.is_none_or(|hash| hash == head.hash);
        }
    }
    consistent
}

async fn checkpoints(
    store: &Store,
    check: Check<'_>,
    promised: &mut Promised,
    verdict: &mut Verdict,
) -> Result<(), Error> {
    let (mut last, mut previous) = (0, String::new());
    loop {
        let page = sql!(
            "SELECT seq, body, kid, signature FROM audit_checkpoints WHERE seq > $1 ORDER BY seq LIMIT $2"
        )
        .bind(last)
        .bind(PAGE)
        .all(store)
        .await?;
        for row in &page {
            let (seq, body): (i64, String) = (row.get(0)?, row.get(1)?);
            let signed = check(&row.get::<String>(2)?, body.as_bytes(), &row.get::<Vec<u8>>(3)?);
            let read = serde_json::from_str::<Checkpoint>(&body).ok();
            let why = match read {
                _ if seq != last + 1 => Some("a checkpoint before it is missing"),
                _ if !signed => Some("its signature is not right"),
                Some(read) if read.previous != previous => Some("it does not follow the one before it"),
                Some(read) if !promise(promised, &read.heads) => {
                    Some("it names another hash than the chain's head")
                }
                Some(_) => None,
                None => Some("it cannot be read"),
            };
            if let Some(why) = why {
                let bad = Bad { chain: "checkpoints".to_owned(), seq, event: None, why };
                verdict.first_bad.get_or_insert(bad);
                return Ok(());
            }
            verdict.checkpoints += 1;
            (last, previous) = (seq, Digest::of(&body).to_base64url());
        }
        if i64::try_from(page.len()).unwrap_or(PAGE) < PAGE {
            return Ok(());
        }
    }
}

/// Walks one chain; answers its first bad row and stops there.
async fn examine(
    store: &Store,
    chain: &str,
    promised: BTreeMap<i64, String>,
    events: &mut u64,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<Option<Bad>, Error> {
    let bad = |seq, event, why| Ok(Some(Bad { chain: chain.to_owned(), seq, event, why }));
    let (mut last, mut hash) = (0, origin(chain));
    loop {
        let page = sql!(
            "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request,
                 reason, detail, sealed, seq, hash
             FROM events WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"
        )
        .bind(chain)
        .bind(last)
        .bind(PAGE)
        .all(store)
        .await?;
        for row in &page {
            let (seq, stored) = (row.get::<i64>(14)?, row.get::<Option<Digest>>(15).ok().flatten());
            if seq != last + 1 {
                return bad(last + 1, None, "a row is missing");
            }
            let Ok(event) = Stored::read(row) else { return bad(seq, None, "the row cannot be read") };
            (last, hash) = (seq, link(hash, &event.bytes()));
            if stored != Some(hash) {
                return bad(seq, Some(EventId::from_text(event.id)), "the row was changed, moved or put in");
            }
            if promised.get(&seq).is_some_and(|promised| *promised != hash.to_base64url()) {
                return bad(
                    seq,
                    Some(EventId::from_text(event.id)),
                    "the chain was written anew up to this row",
                );
            }
            *events += 1;
        }
        tell(*events);
        if i64::try_from(page.len()).unwrap_or(PAGE) < PAGE {
            break;
        }
    }
    match promised.last_key_value() {
        Some((seq, _)) if *seq > last => bad(last + 1, None, "the end of the chain is missing"),
        _ => Ok(None),
    }
}
