//! Telling apps that a session ended (OpenID Connect Back-Channel Logout 1.0): takes due messages out of SQL, signs a token for
//! each attempt, posts it, and notes what came of it. Nobody waits for it but the app.

use tokio_util::sync::CancellationToken;

use super::Cx;
use super::courier::{self, Came, Lane, Queue, Swept};
use super::token;
use crate::base::{ClientId, EventId};
use crate::clients::Client;
use crate::notifications::logout::{Logout, retry_after};
use crate::oidc::logout::{Events, LogoutTokenClaims, TOKEN_LIFETIME, TOKEN_TYP};
use crate::outbound::Target;
use crate::store::Error;
use crate::store::due::Due;
use crate::store::logouts as rows;
use crate::store::webhooks::Said;
use crate::telemetry;

/// Tells whoever is due; see [`courier::sweep`].
pub async fn sweep(cx: &Cx, stop: &CancellationToken) -> Result<Swept, Error> {
    courier::sweep::<Logouts>(cx, stop).await
}

/// The messages that wait, app by app.
struct Logouts;

impl Queue for Logouts {
    type Receiver = ClientId;
    type Message = Logout;
    const NAME: &'static str = "logout";

    async fn due(cx: &Cx, more: usize) -> Result<Vec<Lane<ClientId>>, Error> {
        let lane = |due: Due| Lane { id: due.client.to_string(), failing: due.failing, to: due.client };
        Ok(rows::due(&cx.store, cx.now, more).await?.into_iter().map(lane).collect())
    }

    async fn claim(cx: &Cx, to: &ClientId, room: i64) -> Result<Vec<Logout>, Error> {
        let input = (to.clone(), room, cx.now);
        cx.store.write(input, |w, (to, room, now)| Box::pin(rows::claim(w, to, *room, *now))).await
    }

    async fn bring(cx: &Cx, to: &ClientId, told: Logout, stop: &CancellationToken) -> Result<Swept, Error> {
        let came = match cx.clients.find(&cx.by_now(), to).await? {
            Some(client) if client.is_enabled() => post(cx, &client, &told, stop).await,
            // Nobody is left to be told.
            _ => Came::Unsent(NOBODY),
        };
        note(cx, told, came).await
    }
}

/// Why nothing is sent where there is no app, or no address, any more.
const NOBODY: &str = "no_address";

async fn post(cx: &Cx, client: &Client, told: &Logout, stop: &CancellationToken) -> Came {
    let Some(target) = client.metadata.logout.back.as_deref().and_then(Target::parse) else {
        return Came::Unsent(NOBODY);
    };
    let Ok(token) = logout_token(&cx.by_now(), client, told).await else {
        return Came::Unsent("unsigned");
    };
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    // A JWT holds nothing that a form would have to escape.
    courier::post(cx, &target, &headers, format!("logout_token={token}").into_bytes(), stop).await
}

/// The token of one attempt, signed as the app's ID tokens are.
async fn logout_token(cx: &Cx, client: &Client, told: &Logout) -> Result<String, crate::oidc::Error> {
    let claims = LogoutTokenClaims {
        iss: cx.issuer.as_str(),
        aud: client.id.as_str(),
        iat: cx.now.seconds(),
        exp: cx.now.seconds() + TOKEN_LIFETIME,
        jti: EventId::new(cx.now, &cx.entropy).to_string(),
        events: Events::default(),
        sub: told.sub.as_deref(),
        sid: told.session.as_str(),
    };
    token::sign(cx, client.metadata.id_token_signed_response_alg, TOKEN_TYP, &claims).await
}

/// Writes down what came of an attempt.
async fn note(cx: &Cx, told: Logout, came: Came) -> Result<Swept, Error> {
    let now = cx.clock.now();
    let (said, pause) = match came {
        Came::Answer(status @ 200..=299) => {
            telemetry::logout("sent");
            let input = (told, status, now);
            cx.store
                .write(input, |w, (told, status, now)| Box::pin(rows::done(w, told, *status, *now)))
                .await?;
            return Ok(Swept::SENT);
        }
        // What was begun when the program ended is begun again when it is back.
        Came::Stopping => (Said::default(), Some(0)),
        Came::Answer(status) => {
            (Said { status: Some(status), failure: Some("status") }, retry_after(told.attempts))
        }
        Came::Nothing(why) => {
            (Said { status: None, failure: Some(why.as_str()) }, retry_after(told.attempts))
        }
        Came::Unsent(NOBODY) => (Said { status: None, failure: Some(NOBODY) }, None),
        Came::Unsent(why) => (Said { status: None, failure: Some(why) }, retry_after(told.attempts)),
    };
    if let Some(failure) = said.failure {
        telemetry::logout(if pause.is_some() { "again" } else { "dead" });
        tracing::warn!(
            client = told.client.as_str(),
            attempts = told.attempts,
            status = said.status,
            failure,
            "an app was not told that a session ended"
        );
    }
    let next = pause.map(|pause| now.plus(pause));
    cx.store
        .write((told, said, now, next), |w, (told, said, now, next)| {
            Box::pin(rows::again(w, told, *said, (*now, *next)))
        })
        .await?;
    Ok(if pause.is_some() { Swept::AGAIN } else { Swept::DEAD })
}
