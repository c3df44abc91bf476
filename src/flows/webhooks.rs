//! Telling machines outside: takes due deliveries out of SQL, signs and posts them, and notes what came of it. Like mail,
//! a delivery is marked after it arrived, so a crash between sends it twice, with the same id, and never loses it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::admin::webhooks::unkept;
use super::courier::{self, Came, Lane, Queue};
use super::{About, Cx};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{EventId, Seconds};
use crate::keys::webhook as signing;
use crate::notifications::retry_after;
use crate::notifications::webhook::{Address, Delivery, FAILS_FOR, HookId, Stopped, Webhook};
use crate::outbound::Target;
use crate::store::webhooks::{self as rows, Said, SecretRow};
use crate::store::{Error, Store};
use crate::telemetry;

pub use super::courier::Swept;

/// The status by which a hook says that it is gone for good (Standard Webhooks).
const GONE: u16 = 410;

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

/// Sends whatever is due; see [`courier::sweep`].
pub async fn sweep(cx: &Cx, stop: &CancellationToken) -> Result<Swept, Error> {
    courier::sweep::<Deliveries>(cx, stop).await
}

/// The deliveries that wait, hook by hook.
struct Deliveries;

impl Queue for Deliveries {
    type Receiver = Webhook;
    /// A delivery, and what it is signed with.
    type Message = (Delivery, Arc<[SecretRow]>);
    const NAME: &'static str = "webhook";

    async fn due(cx: &Cx, more: usize) -> Result<Vec<Lane<Webhook>>, Error> {
        let lane = |to: Webhook| Lane { id: to.id.0.clone(), failing: to.failing_since.is_some(), to };
        Ok(rows::due(&cx.store, cx.now, more).await?.into_iter().map(lane).collect())
    }

    async fn claim(cx: &Cx, to: &Webhook, room: i64) -> Result<Vec<Self::Message>, Error> {
        if let Some(why) = unkept(cx, to).await? {
            stop_for(cx, to, why).await?;
            return Ok(Vec::new());
        }
        let input = (to.id.clone(), room, cx.now);
        let claimed = cx.store.write(input, |w, (id, most, now)| Box::pin(rows::claim(w, id, *most, *now)));
        let claimed = claimed.await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let secrets: Arc<[SecretRow]> = rows::secrets(&cx.store, &to.id).await?.into();
        Ok(claimed.into_iter().map(|delivery| (delivery, secrets.clone())).collect())
    }

    async fn bring(
        cx: &Cx,
        to: &Webhook,
        (delivery, secrets): Self::Message,
        stop: &CancellationToken,
    ) -> Result<Swept, Error> {
        let came = post(cx, to, &secrets, &delivery, stop).await;
        note(cx, to, delivery, came).await
    }
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
    // The secrets do not open, or the address is none.
    let Some(target) = target(cx, hook).filter(|_| !signatures.is_empty()) else {
        return Came::Unsent("unsent");
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.seconds().to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    courier::post(cx, &target, &headers, body, stop).await
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
            return Ok(Swept::SENT);
        }
        Came::Stopping => {
            let event = delivery.told.event;
            lets_go(&cx.store, &hook.id, event, Said::default(), (now, Some(0))).await?;
            return Ok(Swept::AGAIN);
        }
        Came::Answer(status) => (failed(Some(status), "status"), status == GONE),
        Came::Nothing(failure) => (failed(None, failure.as_str()), false),
        Came::Unsent(why) => (failed(None, why), false),
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
    Ok(if pause.is_some() { Swept::AGAIN } else { Swept::DEAD })
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
