//! Requests of machines that are done once, however often they come: by a key the client chose (the draft of the
//! `Idempotency-Key` header). The first answer is kept sealed for a day and given again.
//!
//! A request that broke off, so that nobody knows whether it was done, keeps its key: it is answered "was under way", and
//! never done twice.

use serde::{Deserialize, Serialize};

use super::Cx;
use super::admin::Refused;
use crate::base::{ClientId, Digest, Seconds};
use crate::store;
use crate::store::machine_requests::{self as rows, Begun};

/// How long a key is remembered, in seconds.
pub const REMEMBERED: Seconds = 24 * 3600;

/// A request that was begun: whoever holds it does it.
#[derive(Debug)]
pub struct Claim {
    client: ClientId,
    key: Digest,
}

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

/// What a key says about a request.
#[derive(Debug)]
pub enum Standing {
    /// Nobody used it: do it.
    Fresh(Claim),
    /// It was done; this was the answer.
    Done(Answer),
    /// It is under way, or broke off.
    UnderWay,
    /// The key was used for something else.
    Another,
}

fn context(client: &ClientId, key: Digest) -> String {
    format!("machine_request.{client}.{}", key.to_base64url())
}

/// Begins a request, or says how the one with this key stands.
pub async fn begin(cx: &Cx, client: &ClientId, key: &str, body: Digest) -> Result<Standing, Refused> {
    let key = Digest::of(key);
    let begun = cx.store.write((client.clone(), Begun { key, body }, cx.now), |w, (client, new, now)| {
        Box::pin(async move {
            rows::forget_old(w, client, new.key, now.plus(-REMEMBERED)).await?;
            rows::begin(w, client, *new, *now).await
        })
    });
    if begun.await? {
        return Ok(Standing::Fresh(Claim { client: client.clone(), key }));
    }
    // Forgotten in between: as if it were still under way, and the client comes back.
    let Some(known) = rows::find(&cx.store, client, key).await? else { return Ok(Standing::UnderWay) };
    if !known.body.same(&body) {
        return Ok(Standing::Another);
    }
    let Some(sealed) = known.answer else { return Ok(Standing::UnderWay) };
    let plain = cx.master.open(&context(client, key), &sealed);
    let plain = plain.map_err(|_| store::Error::corrupt("machine_request.answer"))?;
    let answer = serde_json::from_slice(plain.expose());
    Ok(Standing::Done(answer.map_err(|_| store::Error::corrupt("machine_request.answer"))?))
}

/// Keeps the answer.
pub async fn done(cx: &Cx, claim: &Claim, answer: &Answer) -> Result<(), Refused> {
    let plain = serde_json::to_vec(answer).map_err(|_| store::Error::corrupt("machine_request.answer"))?;
    let sealed = cx.master.seal(&context(&claim.client, claim.key), &zeroize::Zeroizing::new(plain));
    let input = (claim.client.clone(), claim.key, sealed);
    let kept = cx.store.write(input, |w, (client, key, sealed)| {
        Box::pin(async move { rows::answered(w, client, *key, sealed).await })
    });
    Ok(kept.await?)
}

/// Gives the key back: the request was refused and nothing changed.
pub async fn refused(cx: &Cx, claim: &Claim) -> Result<(), Refused> {
    let input = (claim.client.clone(), claim.key);
    let gone = cx
        .store
        .write(input, |w, (client, key)| Box::pin(async move { rows::forget(w, client, *key).await }));
    Ok(gone.await?)
}
