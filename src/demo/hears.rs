//! `POST /session-ended`: the sign-in service says that a session ended (OpenID Connect Back-Channel Logout 1.0 §2.5–2.7), and
//! whoever is signed in here by it is signed in no more.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, JsonWebKeyId};
use serde::Deserialize;
use serde_json::Value;

use super::verified::SKEW;
use super::{App, Failure};

/// Where the service posts.
pub(super) const PATH: &str = "/session-ended";

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[derive(Deserialize)]
pub(super) struct Told {
    logout_token: String,
}

/// Ends the sessions here that came from the one named; whatever is wrong with the token is answered by 400.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    told: Result<Form<Told>, FormRejection>,
) -> Result<Response, StatusCode> {
    let Form(told) = told.map_err(|_| StatusCode::BAD_REQUEST)?;
    let sid = match app.ended_session(&told.logout_token).await {
        Ok(sid) => sid,
        Err(failure) => {
            tracing::info!(%failure, "demo: a logout token was not believed");
            return Err(StatusCode::BAD_REQUEST);
        }
    };
    app.sessions.forget_all(|session| session.person.sid() == Some(&sid));
    Ok(([(header::CACHE_CONTROL, "no-store")], StatusCode::OK).into_response())
}

impl App {
    /// The session a token names, once everything about the token was checked.
    async fn ended_session(&self, token: &str) -> Result<String, Failure> {
        let rules =
            Rules { issuer: &self.settings.issuer, audience: &self.settings.client_id, now: self.now() };
        match rules.check(&self.provider.keys().await?, token) {
            // Its keys may have been rotated.
            Err(Doubt::UnknownKey) => {
                Ok(rules.check(&self.provider.discover().await?.keys, token).map_err(Failure::from)?)
            }
            checked => Ok(checked.map_err(Failure::from)?),
        }
    }
}

/// Why a token is not believed.
enum Doubt {
    UnknownKey,
    Other(&'static str),
}

impl From<Doubt> for Failure {
    fn from(doubt: Doubt) -> Self {
        let why = match doubt {
            Doubt::UnknownKey => "signed with a key the service does not publish",
            Doubt::Other(why) => why,
        };
        Self::Untrusted(format!("logout token: {why}"))
    }
}

struct Rules<'a> {
    issuer: &'a str,
    audience: &'a str,
    now: i64,
}

impl Rules<'_> {
    /// §2.6: as an ID token, but of its own type, with its event and without a nonce.
    fn check(&self, keys: &CoreJsonWebKeySet, token: &str) -> Result<String, Doubt> {
        let malformed = Doubt::Other("it is not well formed");
        let Some((signed, signature)) = token.rsplit_once('.') else { return Err(malformed) };
        let Some((head, claims)) = signed.split_once('.') else { return Err(malformed) };
        let (Some(head), Some(claims), Ok(signature)) =
            (object(head), object(claims), URL_SAFE_NO_PAD.decode(signature))
        else {
            return Err(malformed);
        };
        // The algorithm we registered for ID tokens, and nothing else.
        if text(&head, "typ") != Some("logout+jwt") || text(&head, "alg") != Some("ES256") {
            return Err(Doubt::Other("it is of another type, or signed in another way"));
        }
        let kid = JsonWebKeyId::new(text(&head, "kid").unwrap_or_default().to_owned());
        let key = keys.keys().iter().find(|key| key.key_id() == Some(&kid)).ok_or(Doubt::UnknownKey)?;
        key.verify_signature(&CoreJwsSigningAlgorithm::EcdsaP256Sha256, signed.as_bytes(), &signature)
            .map_err(|_| Doubt::Other("the signature does not verify"))?;
        self.claims(&claims)
    }

    fn claims(&self, claims: &Value) -> Result<String, Doubt> {
        let time = |name: &str| {
            claims.get(name).and_then(Value::as_i64).ok_or(Doubt::Other("it has no exp or no iat"))
        };
        if text(claims, "iss") != Some(self.issuer) || text(claims, "aud") != Some(self.audience) {
            return Err(Doubt::Other("it is from or for somebody else"));
        }
        if time("exp")? <= self.now || time("iat")? > self.now.saturating_add(SKEW) {
            return Err(Doubt::Other("it is not valid now"));
        }
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) || claims.get("nonce").is_some() {
            return Err(Doubt::Other("it tells of no end"));
        }
        text(claims, "sid").map(str::to_owned).ok_or(Doubt::Other("it names no session"))
    }
}

fn text<'a>(members: &'a Value, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

fn object(part: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    value.is_object().then_some(value)
}
