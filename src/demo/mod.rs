//! The demo telemedicine app "Riverside Video Clinic": a relying party built on the `openidconnect` crate.
//!
//! It knows nothing of our inside. It reads discovery, sends people to sign in, verifies what comes back and shows
//! it, asks for a stronger proof before a prescription, renews, and signs out: what a developer wants to see once
//! before writing their own. One file per page; `provider` and `verified` are the part worth copying.

mod cookies;
mod failure;
mod hears;
mod home;
mod http;
mod leave;
mod memory;
mod pages;
mod prescribe;
mod provider;
mod renew;
mod session;
mod shell;
mod sign_in;
#[cfg(test)]
mod tests;
mod verified;
mod words;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use failure::Failure;
use memory::Memory;
use provider::Provider;
use session::{Leaving, Pending, Session};

/// Everything the app is told; it reads no configuration and no environment.
pub struct Settings {
    /// The provider's issuer, exactly as its discovery document spells it.
    pub issuer: String,
    /// As registered at the provider.
    pub client_id: String,
    /// Sent as `client_secret_basic`; without one the app is a public client.
    pub client_secret: Option<String>,
    /// Where people reach the app, without a trailing slash: `http://localhost:8081`.
    pub origin: String,
    /// The clock, in Unix seconds.
    pub now: fn() -> i64,
}

/// What every page shares.
struct App {
    settings: Settings,
    provider: Provider,
    pending: Memory<Pending>,
    sessions: Memory<Session>,
    leaving: Memory<Leaving>,
}

/// Serves the app until `shutdown` completes. Says nothing to the provider before somebody signs in, so it may start
/// first; fails on settings that are no URLs, or when the listener does.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let router = router(settings)?;
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await?;
    Ok(())
}

/// The app's client metadata (RFC 7591 §2), with the `client_id` it would like to have; the provider issues the secret.
pub fn registration(origin: &str) -> Value {
    json!({
        "client_id": "demo-clinic",
        "client_name": "Riverside Video Clinic",
        "client_uri": origin,
        "redirect_uris": [format!("{origin}/callback")],
        "post_logout_redirect_uris": [format!("{origin}/signed-out")],
        "backchannel_logout_uri": format!("{origin}{}", hears::PATH),
        "backchannel_logout_session_required": true,
        "initiate_login_uri": format!("{origin}/sign-in"),
        "application_type": "web",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "ES256",
        "scope": provider::SCOPE.join(" "),
    })
}

fn router(settings: Settings) -> anyhow::Result<Router> {
    let shell = shell::Shell::new(&settings)?;
    let app = Arc::new(App {
        provider: Provider::new(&settings)?,
        pending: Memory::new(session::SIGN_IN_SECONDS),
        sessions: Memory::new(session::SESSION_SECONDS),
        leaving: Memory::new(session::SIGN_IN_SECONDS),
        settings,
    });
    Ok(Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(sign_in::begin).post(sign_in::begin))
        .route("/callback", get(sign_in::complete))
        .route("/prescribe", post(prescribe::begin))
        .route("/refresh", post(renew::renew))
        .route("/sign-out", post(leave::begin))
        .route("/signed-out", get(leave::complete))
        .route(hears::PATH, post(hears::end))
        .route("/style.css", get(shell::style))
        .route("/icon.svg", get(shell::icon))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(axum::middleware::from_fn_with_state(Arc::new(shell), shell::wrap))
        .with_state(app))
}

impl App {
    fn now(&self) -> i64 {
        (self.settings.now)()
    }

    /// Cookies are for https alone wherever the app itself is.
    fn is_secure(&self) -> bool {
        self.settings.origin.starts_with("https://")
    }
}
