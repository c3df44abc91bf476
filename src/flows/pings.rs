//! Telling apps that their person has answered elsewhere (CIBA Core 1.0 §10.2): takes due messages out of SQL, posts them, and
//! notes what came of it. No token goes this way, and what the answer says beside its status interests nobody.

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::Cx;
use super::courier::{self, Came, Lane, Queue, Swept};
use crate::base::{ClientId, Digest};
use crate::clients::Client;
use crate::notifications::ping::{Ping, is_worth_repeating};
use crate::outbound::Target;
use crate::store::Error;
use crate::store::ciba as rows;
use crate::store::due::Due;
use crate::telemetry;

/// What an app is told with; kept sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Telling {
    /// What the app asks with.
    pub auth_req_id: String,
    /// The bearer token by which it knows us.
    pub token: String,
}

/// What is said of the request.
#[derive(Serialize)]
struct Said<'a> {
    auth_req_id: &'a str,
}

fn context(id: &Digest) -> String {
    format!("ciba.{}", id.to_base64url())
}

/// What an app is told with, as it is kept.
pub(super) fn sealed(cx: &Cx, id: &Digest, telling: &Telling) -> Vec<u8> {
    cx.master.seal(&context(id), &serde_json::to_vec(telling).unwrap_or_default())
}

fn opened(cx: &Cx, ping: &Ping) -> Option<Telling> {
    let plain = cx.master.open(&context(&ping.id), ping.telling.as_deref()?).ok()?;
    serde_json::from_slice(plain.expose()).ok()
}

/// Tells whoever is due; see [`courier::sweep`].
pub async fn sweep(cx: &Cx, stop: &CancellationToken) -> Result<Swept, Error> {
    courier::sweep::<Pings>(cx, stop).await
}

/// The messages that wait, app by app.
struct Pings;

impl Queue for Pings {
    type Receiver = ClientId;
    type Message = Ping;
    const NAME: &'static str = "ping";

    async fn due(cx: &Cx, more: usize) -> Result<Vec<Lane<ClientId>>, Error> {
        let lane = |due: Due| Lane { id: due.client.to_string(), failing: due.failing, to: due.client };
        Ok(rows::due(&cx.store, cx.now, more).await?.into_iter().map(lane).collect())
    }

    async fn claim(cx: &Cx, to: &ClientId, room: i64) -> Result<Vec<Ping>, Error> {
        let input = (to.clone(), room, cx.now);
        cx.store.write(input, |w, (to, room, now)| Box::pin(rows::claim(w, to, *room, *now))).await
    }

    async fn bring(cx: &Cx, to: &ClientId, ping: Ping, stop: &CancellationToken) -> Result<Swept, Error> {
        let came = match cx.clients.find(&cx.by_now(), to).await? {
            Some(client) if client.is_enabled() => post(cx, &client, &ping, stop).await,
            _ => Came::Unsent("no_app"),
        };
        note(cx, ping, came).await
    }
}

async fn post(cx: &Cx, client: &Client, ping: &Ping, stop: &CancellationToken) -> Came {
    let endpoint = client.metadata.ciba.notification_endpoint.as_deref();
    let (Some(target), Some(telling)) = (endpoint.and_then(Target::parse), opened(cx, ping)) else {
        return Came::Unsent("unsent");
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("authorization", format!("Bearer {}", telling.token)),
    ];
    let said = serde_json::to_vec(&Said { auth_req_id: &telling.auth_req_id }).unwrap_or_default();
    courier::post(cx, &target, &headers, said, stop).await
}

/// Writes down what came of an attempt.
async fn note(cx: &Cx, ping: Ping, came: Came) -> Result<Swept, Error> {
    let now = cx.clock.now();
    let (status, failure, next) = match came {
        Came::Answer(200..=299) => {
            telemetry::ping("sent");
            cx.store.write(ping.id, |w, id| Box::pin(rows::again(w, *id, None, None))).await?;
            return Ok(Swept::SENT);
        }
        // What was begun when the program ended is begun again when it is back.
        Came::Stopping => (None, None, Some(now)),
        Came::Answer(status) => {
            (Some(status), Some("status"), ping.next_at(now).filter(|_| is_worth_repeating(status)))
        }
        Came::Nothing(why) => (None, Some(why.as_str()), ping.next_at(now)),
        Came::Unsent(why) => (None, Some(why), None),
    };
    if let Some(failure) = failure {
        telemetry::ping(if next.is_some() { "again" } else { "dead" });
        tracing::warn!(
            client = ping.client.as_str(),
            attempts = ping.attempts,
            status,
            failure,
            "an app was not told that its person has answered"
        );
    }
    cx.store
        .write((ping.id, failure, next), |w, (id, failure, next)| {
            Box::pin(rows::again(w, *id, *failure, *next))
        })
        .await?;
    Ok(if next.is_some() { Swept::AGAIN } else { Swept::DEAD })
}
