//! How one event stands in its chain: linked as it is, and under which signature.

use crate::audit::Event;
use crate::audit::chain::{Checkpoint, link, origin};
use crate::base::{Digest, Timestamp};
use crate::flows::{Cx, keys};
use crate::store;
use crate::store::audit::{self as rows, Linked};

/// Rows read at once.
const PAGE: i64 = 500;
/// Most pages walked from an event to the checkpoint that signed it.
const MOST_PAGES: usize = 20;

/// Where an event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Recorded within the last second, or by a process that died: not in a chain yet.
    Unlinked,
    /// In its chain as it was linked; no checkpoint names it yet.
    Unsealed(Linked),
    /// As it was linked, and under a signature that holds.
    Sealed(Linked, Sealed),
    /// As it was linked, but the signature stands too far behind it for a page to walk there.
    Far(Linked, Sealed),
    /// Not as it was linked; what is wrong.
    Broken(Linked, &'static str),
}

/// The checkpoint that signed an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its number.
    pub checkpoint: i64,
    /// When it was signed.
    pub at: Timestamp,
    /// With which key.
    pub kid: String,
}

/// Examines an event: its own row and link, then every row up to the checkpoint, then the signature.
pub(super) async fn examine(
    cx: &Cx,
    event: &Event,
    linked: Option<Linked>,
) -> Result<Standing, store::Error> {
    let Some(linked) = linked else { return Ok(Standing::Unlinked) };
    // The row before it and itself.
    let pair = rows::linked(&cx.store, &linked.chain, linked.seq - 2, 2).await?;
    let before = match (linked.seq, pair.as_slice()) {
        (1, _) => Some(origin(&linked.chain)),
        (seq, [(before, hash, _), ..]) if *before == seq - 1 => Some(*hash),
        _ => None,
    };
    let own = pair.iter().find(|(seq, ..)| *seq == linked.seq);
    let (Some(before), Some((_, hash, row))) = (before, own) else {
        return Ok(Standing::Broken(linked, "a row is missing"));
    };
    if link(before, &row.bytes()) != *hash {
        return Ok(Standing::Broken(linked, "the row was changed, moved or put in"));
    }
    let Some(signed) = signing(cx, event.at, &linked).await? else { return Ok(Standing::Unsealed(linked)) };
    if !signed.holds {
        return Ok(Standing::Broken(linked, "the signature of its checkpoint is not right"));
    }
    walk(cx, linked, signed).await
}

/// A checkpoint that names an event's chain at its place or behind it.
struct Signing {
    sealed: Sealed,
    holds: bool,
    seq: i64,
    hash: String,
}

async fn signing(cx: &Cx, at: Timestamp, linked: &Linked) -> Result<Option<Signing>, store::Error> {
    let mut last = 0;
    loop {
        let page = rows::checkpoints_since(&cx.store, at, last, 20).await?;
        for (seq, body, kid, signature) in &page {
            last = *seq;
            let Ok(read) = serde_json::from_str::<Checkpoint>(body) else { continue };
            let head = read.heads.iter().find(|head| head.chain == linked.chain && head.seq >= linked.seq);
            if let Some(head) = head {
                let ring = cx.signing.ring(cx).await?;
                let ever = match ring.find(kid) {
                    Some(_) => keys::Ever::new(),
                    None => keys::ever(cx).await?,
                };
                let holds = keys::is_witnessed(&ring, &ever, kid, body.as_bytes(), signature);
                return Ok(Some(Signing {
                    sealed: Sealed { checkpoint: *seq, at: read.at, kid: kid.clone() },
                    holds,
                    seq: head.seq,
                    hash: head.hash.clone(),
                }));
            }
        }
        if page.is_empty() {
            return Ok(None);
        }
    }
}

async fn walk(cx: &Cx, linked: Linked, signed: Signing) -> Result<Standing, store::Error> {
    let (mut at, mut hash): (i64, Digest) = (linked.seq, linked.hash);
    for _ in 0..MOST_PAGES {
        if at >= signed.seq {
            let same = hash.to_base64url() == signed.hash;
            return Ok(match same {
                true => Standing::Sealed(linked, signed.sealed),
                false => Standing::Broken(linked, "the chain was written anew up to its checkpoint"),
            });
        }
        let page = rows::linked(&cx.store, &linked.chain, at, PAGE.min(signed.seq - at)).await?;
        if page.is_empty() {
            return Ok(Standing::Broken(linked, "the end of the chain is missing"));
        }
        for (seq, stored, row) in &page {
            hash = link(hash, &row.bytes());
            if *seq != at + 1 || hash != *stored {
                return Ok(Standing::Broken(
                    linked,
                    "a row between it and its checkpoint is not as it was linked",
                ));
            }
            at = *seq;
        }
    }
    Ok(Standing::Far(linked, signed.sealed))
}
