//! How the app speaks to the sign-in service: no redirects followed, 5 seconds, at most 1 MiB of answer.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse, http};

const PATIENCE: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 1 << 20;

/// Why a request brought no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Nobody answered, or the line broke.
    #[error("no answer: {0}")]
    Transport(#[from] reqwest::Error),
    /// Somebody answered that they cannot, now (any 5xx).
    #[error("the service answered {0}")]
    Unable(http::StatusCode),
    /// More than we are ready to read.
    #[error("the answer is too long")]
    TooLong,
    /// The answer's parts do not make an answer.
    #[error("the answer is malformed: {0}")]
    Malformed(#[from] http::Error),
}

/// A client for one service on the same machine: it ignores proxies.
pub(super) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .build()
}

/// Sends one request for the `openidconnect` crate.
pub(super) async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Error> {
    let mut answer = client.execute(request.try_into()?).await?;
    if answer.status().is_server_error() {
        return Err(Error::Unable(answer.status()));
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len() + piece.len() > MOST_BYTES {
            return Err(Error::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    let mut response = http::Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        *headers = answer.headers().clone();
    }
    Ok(response.body(body)?)
}
