//! `vouchsafe serve`: production.

use tokio::net::TcpListener;

use super::session::{config, key_files, migrated, own_master};
use super::{Around, Failure};
use crate::app::{App, Listeners, metrics, open_stores};
use crate::base::{Clock, Entropy};
use crate::config::check;
use crate::telemetry::{self, systemd};

/// Serves until SIGTERM or Ctrl-C, then finishes what is under way.
pub async fn run(around: &Around) -> Result<(), Failure> {
    let config = config(around)?;
    telemetry::init(&config.log);
    for warning in check(&config) {
        tracing::warn!(key = warning.key, "{}", warning.message);
    }
    let (master, index) = key_files(&config)?;
    if master.is_demo() || index.is_demo() {
        return Err(Failure::refused(
            "the key files are a demo's, which serves no people; make your own: \
             vouchsafe keys generate --master FILE --index FILE",
        ));
    }
    let (listen, inside) = (config.server.listen, config.server.internal_listen);
    let public = bind(listen, "server.listen").await?;
    let internal = bind(inside, "server.internal_listen").await?;
    let certified = match config.server.mtls_listen {
        Some(address) => Some(bind(address, "server.mtls_listen").await?),
        None => None,
    };
    let stores = open_stores(&config).await?;
    migrated(&stores).await?;
    let metrics = metrics()?;
    let app = App::compose(config, stores, Clock::System, Entropy::system()).await?;
    own_master(&app).await?;
    app.start().await?;
    tracing::info!(issuer = %app.services.issuer, %listen, internal = %inside, "serving");
    tell(systemd::State::Ready);
    stop_on_signal(&app);
    let served = app.serve(Listeners { public, internal, certified }, metrics, None).await;
    app.close().await;
    Ok(served?)
}

/// Binds an address; a taken one names the key or flag that moves it.
pub async fn bind(address: std::net::SocketAddr, moved_by: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|why| {
        Failure::failed(format!("cannot listen on {address} ({why}); choose another with {moved_by}"))
    })
}

/// Cancels the app's token at the first signal.
pub fn stop_on_signal(app: &App) {
    let stop = app.stopper();
    tokio::spawn(async move {
        signal().await;
        tell(systemd::State::Stopping);
        stop.cancel();
    });
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = match signal(SignalKind::terminate()) {
        Ok(term) => term,
        Err(_) => return,
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn tell(state: systemd::State) {
    if let Err(error) = systemd::notify(state) {
        tracing::warn!(%error, "systemd was not told");
    }
}
