//! Serving connections: the limits of time and number that an open door needs, and an end that does not wait for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// A request's head must have arrived in this time; an idle connection is closed after as long.
const HEAD: Duration = Duration::from_secs(30);
/// Connections open at once; further ones wait to be accepted.
const MOST: usize = 8_192;
/// How long requests in flight may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(15);
/// A pause when the system has no more files to give.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` is cancelled, then finishes what is under way.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    http.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD).max_concurrent_streams(128);
    let mut routes = router.into_make_service_with_connect_info::<SocketAddr>();
    let (places, graceful) = (Arc::new(Semaphore::new(MOST)), GracefulShutdown::new());
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = places.clone().acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            next = next => next,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        stream.set_nodelay(true).ok();
        let Ok(service) = routes.call(peer).await;
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let watched = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            // A broken connection is its client's affair.
            watched.await.ok();
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end and were cut");
    }
}
