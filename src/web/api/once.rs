//! The `Idempotency-Key` header: a request with a known key is not done again, and gets the first answer.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::Machine;
use super::input::bounded;
use super::problem::Problem;
use crate::base::Digest;
use crate::flows::admin::Who;
use crate::flows::once::{self, Answer, Claim, Standing};
use crate::web::answers;

/// The header.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Largest answer that is kept, in bytes.
const ANSWER: usize = 256 * 1024;
/// What of an answer is kept besides its body.
const HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// Runs a request once for its key; one without a key is simply run. Nothing larger than the route takes is read.
pub(super) async fn run(machine: &Machine, limit: usize, request: Request, next: Next) -> Response {
    let key = match key(request.headers()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(key)) => key,
        Err(problem) => return machine.problem(&problem),
    };
    let Who::Client(client) = &machine.who else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let bytes = match bounded(machine, body, limit).await {
        Ok(bytes) => bytes,
        Err(refused) => return refused,
    };
    let media = parts.headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let head = format!("{} {} {}", parts.method, parts.uri, Digest::of(media).to_base64url());
    let sent = Digest::of([head.as_bytes(), b"\n", bytes.as_ref()].concat());
    let claim = match once::begin(&machine.cx, &client.id, &key, sent).await {
        Ok(Standing::Fresh(claim)) => claim,
        Ok(Standing::Done(answer)) => return again(&answer),
        Ok(Standing::UnderWay) => {
            let detail = "The request with this key is under way, or broke off and may have been done. Look before \
                          you send it with another key.";
            return machine
                .problem(&Problem::new("VS-4091", detail).with(RETRY_AFTER, once::LEASE.to_string()));
        }
        Ok(Standing::Another) => {
            let detail =
                "This key came with another request in the last 24 hours. Use a new key for each request.";
            return machine.problem(&Problem::new("VS-4220", detail));
        }
        Err(why) => return machine.refuse(&why),
    };
    let done = once::work(&machine.cx, &claim, next.run(Request::from_parts(parts, Body::from(bytes)))).await;
    settle(machine, &claim, done).await
}

/// Keeps what was done; gives the key back where nothing was. Where that cannot be written, the key frees itself in a moment.
async fn settle(machine: &Machine, claim: &Claim, response: Response) -> Response {
    if response.status().is_client_error() {
        return match once::refused(&machine.cx, claim).await {
            Ok(()) => response,
            Err(why) => machine.refuse(&why),
        };
    }
    if !response.status().is_success() {
        if let Err(error) = once::broke_off(&machine.cx, claim).await {
            tracing::warn!(%error, "the key of a request that broke off could not be given back");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER).await else { return machine.problem(&Problem::unavailable()) };
    let text = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: HEADERS.iter().filter_map(text).collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    // It was done: an answer that cannot be kept is given all the same, and a repetition is told that it was under way.
    if let Err(error) = once::done(&machine.cx, claim, &answer).await {
        tracing::warn!(%error, "the answer to a request with a key could not be kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn again(answer: &Answer) -> Response {
    let mut response = answers::json(200, &());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    response.headers_mut().remove(CONTENT_TYPE);
    for (name, value) in &answer.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            answers::put(&mut response, name, value);
        }
    }
    answers::put(&mut response, REPLAYED, "true");
    *response.body_mut() = Body::from(answer.body.clone());
    response
}

/// The key of a request: 1 to 128 visible characters, once.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(KEY).iter();
    let Some(first) = all.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or_default();
    let plain = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    match (plain, all.next()) {
        (true, None) => Ok(Some(text.to_owned())),
        _ => Err(Problem::new("VS-4000", "Idempotency-Key: send 1 to 128 visible characters, once.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_few_visible_characters_once() {
        let of = |all: &[&str]| {
            let mut headers = HeaderMap::new();
            for one in all {
                headers.append(KEY, one.parse().unwrap());
            }
            key(&headers)
        };
        assert_eq!(of(&[]).unwrap(), None);
        assert_eq!(of(&["8e03978e-40d5-43dd"]).unwrap().as_deref(), Some("8e03978e-40d5-43dd"));
        assert!(of(&[""]).is_err() && of(&["a b"]).is_err() && of(&["a", "a"]).is_err());
        assert!(of(&["x".repeat(129).as_str()]).is_err());
    }
}
