//! Requests of machines that are done once, however often they come: by a key the client chose (the draft of the
//! `Idempotency-Key` header). The first answer is kept sealed for a day and given again.
//!
//! Each change made for a request marks it in the same transaction. One that broke off before any is free again, at once or
//! after a moment ([`LEASE`]), and whoever held it before changes nothing more. One that broke off after a change keeps its key:
//! it is answered "was under way", and never done twice.

use serde::{Deserialize, Serialize};

use super::Cx;
use super::admin::Refused;
use crate::base::{ClientId, Digest, EventId, Seconds};
use crate::store;
use crate::store::machine_requests::{self as rows, Begun, Held, Known};

/// How long a key is remembered, in seconds.
pub const REMEMBERED: Seconds = 24 * 3600;

/// How long a request that nothing was done for stays its holder's, in seconds: longer than any may take.
pub const LEASE: Seconds = 15;

/// A request that was begun: whoever holds it does it.
#[derive(Debug)]
pub struct Claim(Held);

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
    let new = Begun { key, body, holder: EventId::new(cx.now, &cx.entropy).to_string() };
    let fresh =
        || Ok(Standing::Fresh(Claim(Held { client: client.clone(), key, holder: new.holder.clone() })));
    let begun = cx.store.write((client.clone(), new.clone(), cx.now), |w, (client, new, now)| {
        Box::pin(async move {
            rows::forget_old(w, client, new.key, now.plus(-REMEMBERED)).await?;
            rows::begin(w, client, new, *now).await
        })
    });
    if begun.await? {
        return fresh();
    }
    // Forgotten in between: as if it were still under way, and the client comes back.
    let Some(known) = rows::find(&cx.store, client, key).await? else { return Ok(Standing::UnderWay) };
    if !known.body.same(&body) {
        return Ok(Standing::Another);
    }
    let Some(sealed) = &known.answer else {
        return if take_over(cx, client, &new, &known).await? { fresh() } else { Ok(Standing::UnderWay) };
    };
    let plain = cx.master.open(&context(client, key), sealed);
    let plain = plain.map_err(|_| store::Error::corrupt("machine_request.answer"))?;
    let answer = serde_json::from_slice(plain.expose());
    Ok(Standing::Done(answer.map_err(|_| store::Error::corrupt("machine_request.answer"))?))
}

/// Takes over a request that was left lying before anything was done for it. Of any number at once, one does.
async fn take_over(cx: &Cx, client: &ClientId, new: &Begun, known: &Known) -> Result<bool, Refused> {
    let before = cx.now.plus(-LEASE);
    let Some(from) = known.holder.clone().filter(|_| !known.changed && known.begun_at <= before) else {
        return Ok(false);
    };
    let input = (client.clone(), new.clone(), from, (before, cx.now));
    let taken = cx.store.write(input, |w, (client, new, from, times)| {
        Box::pin(rows::take_over(w, client, new, from, *times))
    });
    Ok(taken.await?)
}

/// Does the work of a request: its changes count while the claim does.
pub async fn work<T>(cx: &Cx, claim: &Claim, work: impl Future<Output = T>) -> T {
    rows::holding(&cx.store, claim.0.clone(), work).await
}

/// Keeps the answer.
pub async fn done(cx: &Cx, claim: &Claim, answer: &Answer) -> Result<(), Refused> {
    let plain = serde_json::to_vec(answer).map_err(|_| store::Error::corrupt("machine_request.answer"))?;
    let Claim(held) = claim;
    let sealed = cx.master.seal(&context(&held.client, held.key), &zeroize::Zeroizing::new(plain));
    let kept =
        cx.store.write((held.clone(), sealed), |w, (held, sealed)| Box::pin(rows::answered(w, held, sealed)));
    Ok(kept.await?)
}

/// Gives the key back: the request was refused and nothing changed.
pub async fn refused(cx: &Cx, claim: &Claim) -> Result<(), Refused> {
    let gone = cx.store.write(claim.0.clone(), |w, held| Box::pin(rows::forget(w, held)));
    Ok(gone.await?)
}

/// Gives the key back where nothing was done: the request broke off.
pub async fn broke_off(cx: &Cx, claim: &Claim) -> Result<(), Refused> {
    let gone = cx.store.write(claim.0.clone(), |w, held| Box::pin(rows::forget_unchanged(w, held)));
    Ok(gone.await?)
}
