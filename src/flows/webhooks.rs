//! Telling machines outside: takes due deliveries out of SQL, signs and posts them, and notes what came of it. Like mail,
//! a delivery is marked after it arrived, so a crash between sends it twice, with the same id, and never loses it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::admin::webhooks::unkept;
use super::{About, Cx};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{EventId, Seconds};
use crate::keys::webhook as signing;
use crate::notifications::retry_after;
use crate::notifications::webhook::{Address, Delivery, FAILS_FOR, HookId, Stopped, Webhook};
use crate::outbound::{Failure, Target};
use crate::store::webhooks::{self as rows, Said, SecretRow};
use crate::store::{Error, Store};
use crate::telemetry;

/// How many deliveries to one hook are under way at once; to one that fails, or is slow until it fails, one.
const HANDFUL: usize = 8;

/// How many deliveries are under way at once on a node.
const MOST: usize = 800;

/// How often it is looked for what became due while something is under way.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long an attempt that is under way may take when the program is about to end.
const GRACE: Duration = Duration::from_secs(3);

/// The status by which a hook says that it is gone for good (Standard Webhooks).
const GONE: u16 = 410;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Deliveries that arrived.
    pub sent: u32,
    /// Deliveries that will be tried again.
    pub again: u32,
    /// Deliveries given up.
    pub dead: u32,
}

impl Swept {
    fn and(self, other: Self) -> Self {
        Self { sent: self.sent + other.sent, again: self.again + other.again, dead: self.dead + other.dead }
    }
}

/// What a hook's sealed secret is bound to.
pub(super) fn context(hook: &HookId, secret: &str) -> String {
    format!("webhook.{}.{secret}", hook.0)
}

/// A hook's address as it is kept. No secret's id is the word it is bound to.
pub(super) fn sealed(cx: &Cx, hook: &HookId, url: &str) -> Address {
    Address::Sealed(cx.master.seal(&context(hook, "address"), url.as_bytes()))
}

/// Where a hook is told; nothing where its address does not open, or is none.
pub fn target(cx: &Cx, hook: &Webhook) -> Option<Target> {
    match &hook.address {
        Address::Plain(url) => Target::parse(url),
        Address::Sealed(sealed) => {
            let opened = cx.master.open(&context(&hook.id, "address"), sealed).ok()?;
            Target::parse(std::str::from_utf8(opened.expose()).ok()?)
        }
    }
}

/// Seals addresses that were kept before they were sealed.
pub async fn seal_some(cx: &Cx, most: i64) -> Result<(), Error> {
    for (hook, url) in rows::unsealed(&cx.store, most).await? {
        let Address::Sealed(address) = sealed(cx, &hook, &url) else { continue };
        cx.store
            .write((hook, url, address), |w, (hook, url, address)| {
                Box::pin(rows::seal(w, hook, url, address))
            })
            .await?;
    }
    Ok(())
}

/// Sends whatever is due now, and whatever becomes due meanwhile, until nothing is. Deliveries go each at its own pace: one
/// that takes long keeps a place of its hook, and nothing else. A failure of the store ends it; what was claimed comes back
/// by itself.
pub async fn sweep(cx: &Cx, stop: &CancellationToken) -> Result<Swept, Error> {
    let mut round = Round::default();
    loop {
        if !stop.is_cancelled() {
            let now = Cx { now: cx.clock.now(), ..cx.clone() };
            match round.begin(&now, stop).await {
                Ok(()) => {}
                Err(error) if round.under_way.is_empty() => return Err(error),
                // What is under way is brought to its end.
                Err(error) => tracing::warn!(%error, "it could not be looked for what is due"),
            }
        }
        if round.under_way.is_empty() {
            return Ok(round.swept);
        }
        tokio::select! {
            Some(ended) = round.under_way.join_next() => {
                round.ended(ended);
                while let Some(ended) = round.under_way.try_join_next() {
                    round.ended(ended);
                }
            }
            // Hooks that another node was faster with, or that could not be told, are looked at again as well.
            () = tokio::time::sleep(LOOK_AGAIN) => round.resting.clear(),
        }
    }
}

/// What a delivery came to, or the store's failure.
type Ended = Result<(HookId, Result<Swept, Error>), tokio::task::JoinError>;

/// What is under way.
#[derive(Default)]
struct Round {
    under_way: JoinSet<(HookId, Result<Swept, Error>)>,
    /// How many of them go to each hook.
    places: HashMap<HookId, usize>,
    /// Hooks to leave alone for a moment.
    resting: HashSet<HookId>,
    swept: Swept,
}

impl Round {
    /// Claims what is due, as far as there are places, and sets it on its way.
    async fn begin(&mut self, cx: &Cx, stop: &CancellationToken) -> Result<(), Error> {
        // Those whose places are taken may stand before the others.
        let passed_over = self.places.len() + self.resting.len();
        for hook in rows::due(&cx.store, cx.now, passed_over).await? {
            let taken = self.places.get(&hook.id).copied().unwrap_or_default();
            // Whoever does not answer waits alone, so that few of them leave no place for the others.
            let own = if hook.failing_since.is_some() { 1 } else { HANDFUL };
            let room = own.saturating_sub(taken).min(MOST.saturating_sub(self.under_way.len()));
            if room == 0 || self.resting.contains(&hook.id) {
                continue;
            }
            match claimed(cx, &hook, room).await {
                Ok((deliveries, secrets)) if !deliveries.is_empty() => {
                    *self.places.entry(hook.id.clone()).or_default() += deliveries.len();
                    for delivery in deliveries {
                        let told = tell(cx.clone(), hook.clone(), secrets.clone(), delivery, stop.clone());
                        self.under_way.spawn(told);
                    }
                }
                // Another node was faster.
                Ok(_) => drop(self.resting.insert(hook.id)),
                // One hook that cannot be told keeps nothing from the others.
                Err(error) => {
                    tracing::warn!(%error, "a webhook could not be told");
                    self.resting.insert(hook.id);
                }
            }
        }
        Ok(())
    }

    fn ended(&mut self, ended: Ended) {
        let Ok((hook, told)) = ended else {
            // Its place stays taken until the sweep ends: what broke off is not begun again at once.
            tracing::error!("a delivery of a webhook broke off");
            return;
        };
        if let Some(taken) = self.places.get_mut(&hook) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.places.remove(&hook);
            }
        }
        match told {
            Ok(swept) => self.swept = self.swept.and(swept),
            Err(error) => {
                tracing::warn!(%error, "what came of a webhook could not be noted");
                self.resting.insert(hook);
            }
        }
    }
}

/// Some deliveries of a hook, for this node alone, and what they are signed with; none where another node was faster, or
/// nobody answers for the hook any more.
async fn claimed(cx: &Cx, hook: &Webhook, room: usize) -> Result<(Vec<Delivery>, Vec<SecretRow>), Error> {
    if let Some(why) = unkept(cx, hook).await? {
        stop_for(cx, hook, why).await?;
        return Ok((Vec::new(), Vec::new()));
    }
    let most = i64::try_from(room).unwrap_or(i64::MAX);
    let input = (hook.id.clone(), most, cx.now);
    let claimed = cx.store.write(input, |w, (id, most, now)| Box::pin(rows::claim(w, id, *most, *now)));
    let claimed = claimed.await?;
    if claimed.is_empty() {
        return Ok((claimed, Vec::new()));
    }
    Ok((claimed, rows::secrets(&cx.store, &hook.id).await?))
}

/// Brings one delivery to its hook, and notes what came of it.
async fn tell(
    cx: Cx,
    hook: Webhook,
    secrets: Vec<SecretRow>,
    delivery: Delivery,
    stop: CancellationToken,
) -> (HookId, Result<Swept, Error>) {
    let came = post(&cx, &hook, &secrets, &delivery, &stop).await;
    let noted = note(&cx, &hook, delivery, came).await;
    (hook.id, noted)
}

/// What came of an attempt.
enum Came {
    /// An answer, whatever its status.
    Answer(u16),
    /// No answer.
    Nothing(Failure),
    /// The program is about to end.
    Stopping,
    /// Nothing could be sent: the secrets do not open, or the address is none.
    Unsent,
}

async fn post(
    cx: &Cx,
    hook: &Webhook,
    secrets: &[SecretRow],
    delivery: &Delivery,
    stop: &CancellationToken,
) -> Came {
    let (id, at) = (delivery.told.event.as_str(), cx.clock.now());
    let body = delivery.told.body();
    let sign = |row: &SecretRow| {
        let secret = cx.master.open(&context(&hook.id, &row.id), &row.sealed).ok()?;
        signing::signature(std::str::from_utf8(secret.expose()).ok()?, id, at, &body)
    };
    let signatures: Vec<String> = secrets.iter().filter_map(sign).collect();
    let Some(target) = target(cx, hook).filter(|_| !signatures.is_empty()) else {
        return Came::Unsent;
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.seconds().to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    let ending = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        answer = cx.outbound.post(&target, &headers, body) => match answer {
            Ok(answer) => Came::Answer(answer.status),
            // The status counts; what else the answer says interests nobody.
            Err(failure) => Came::Nothing(failure),
        },
        () = ending => Came::Stopping,
    }
}

/// Writes down what came of an attempt; a hook that failed for days is switched off, which stands in the trail.
async fn note(cx: &Cx, hook: &Webhook, delivery: Delivery, came: Came) -> Result<Swept, Error> {
    let now = cx.clock.now();
    let failed = |status, failure| Said { status, failure: Some(failure) };
    let (said, gone) = match came {
        Came::Answer(status @ 200..=299) => {
            telemetry::webhook("sent");
            let input =
                (hook.id.clone(), delivery.told.event, Said { status: Some(status), failure: None }, now);
            cx.store
                .write(input, |w, (hook, event, said, now)| Box::pin(rows::done(w, hook, event, *said, *now)))
                .await?;
            return Ok(Swept { sent: 1, ..Swept::default() });
        }
        Came::Stopping => {
            let event = delivery.told.event;
            lets_go(&cx.store, &hook.id, event, Said::default(), (now, Some(0))).await?;
            return Ok(Swept { again: 1, ..Swept::default() });
        }
        Came::Answer(status) => (failed(Some(status), "status"), status == GONE),
        Came::Nothing(failure) => (failed(None, failure.as_str()), false),
        Came::Unsent => (failed(None, "unsent"), false),
    };
    let pause = retry_after(delivery.attempts);
    telemetry::webhook(if pause.is_some() { "again" } else { "dead" });
    tracing::warn!(
        hook = hook.id.0,
        event = delivery.told.event.as_str(),
        attempts = delivery.attempts,
        status = said.status,
        failure = said.failure,
        "a webhook was not delivered"
    );
    lets_go(&cx.store, &hook.id, delivery.told.event, said, (now, pause)).await?;
    let input = (
        hook.id.clone(),
        (!gone).then(|| now.plus(-FAILS_FOR)),
        now,
        switched_off(cx, hook, if gone { "gone" } else { "failing" }),
    );
    cx.store
        .write(input, |w, (hook, since, now, event)| {
            Box::pin(async move {
                if rows::fails(w, hook, *since, *now).await? {
                    w.record(event).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    let (again, dead) = if pause.is_some() { (1, 0) } else { (0, 1) };
    Ok(Swept { sent: 0, again, dead })
}

/// Nobody answers for a hook: nothing more is told by it until somebody who may takes it over.
async fn stop_for(cx: &Cx, hook: &Webhook, why: Stopped) -> Result<(), Error> {
    let event = switched_off(cx, hook, why.as_str());
    cx.store
        .write((hook.clone(), why, event), |w, (hook, why, event)| {
            Box::pin(async move {
                if rows::stop(w, hook, *why).await? {
                    w.record(event).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
}

async fn lets_go(
    store: &Store,
    hook: &HookId,
    event: EventId,
    said: Said,
    (now, pause): (crate::base::Timestamp, Option<Seconds>),
) -> Result<(), Error> {
    let input = (hook.clone(), event, said, now, pause.map(|pause| now.plus(pause)));
    store
        .write(input, |w, (hook, event, said, now, next)| {
            Box::pin(rows::again(w, hook, event, *said, (*now, *next)))
        })
        .await
}

fn switched_off(cx: &Cx, hook: &Webhook, why: &str) -> Event {
    let mut event = cx.event(Kind::WebhookChanged, Outcome::Failed).within(&hook.organisation);
    event.actor = Actor::System;
    event.reason = Some(why.to_owned());
    event.with(serde_json::json!({ "webhook": hook.id, "change": "switched_off" }))
}
