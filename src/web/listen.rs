//! Serving connections: the limits of time and number that an open door needs, and an end that does not wait for ever.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::tls::Door;
use crate::keys::ClientCertificate;

/// A request's head must have arrived in this time; an idle connection is closed after as long.
const HEAD: Duration = Duration::from_secs(30);
/// Connections open at once; further ones wait to be accepted.
const MOST: usize = 8_192;
/// How long requests in flight may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(15);
/// A pause when the system has no more files to give.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` is cancelled, then finishes what is under way. Behind a `door` by TLS, else in plain HTTP.
pub async fn serve(listener: TcpListener, router: Router, door: Option<Door>, stop: CancellationToken) {
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
        let (http, watcher, door) = (http.clone(), graceful.watcher(), door.clone());
        tokio::spawn(async move {
            match door {
                None => converse(http, watcher, stream, Known { service, certificate: None }).await,
                // A handshake that fails is its client's affair.
                Some(door) => {
                    if let Ok((stream, certificate)) = door.open(stream).await {
                        converse(http, watcher, stream, Known { service, certificate }).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end and were cut");
    }
}

async fn converse<I, S>(http: Builder<TokioExecutor>, watcher: Watcher, stream: I, service: Known<S>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request, Response = axum::response::Response, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    // A broken connection is its client's affair.
    watcher.watch(connection.into_owned()).await.ok();
}

/// A service that tells its requests which certificate their connection was made with.
#[derive(Clone)]
struct Known<S> {
    service: S,
    certificate: Option<Arc<ClientCertificate>>,
}

impl<B, S> Service<axum::http::Request<B>> for Known<S>
where
    B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: axum::http::Request<B>) -> S::Future {
        let mut request = request.map(axum::body::Body::new);
        if let Some(certificate) = &self.certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        self.service.call(request)
    }
}
