//! Request objects (RFC 9101, OpenID Connect Core §6): the request that counts is the one its client signed, sent with the
//! request or kept where the client registered it.

use std::borrow::Cow;
use std::time::Duration;

use super::{Cx, PageError, client_keys, throttle};
use crate::clients::Client;
use crate::clients::requests::without_fragment;
use crate::keys::jwt::{ObjectRules, SIZE_LIMIT, verify_request_object};
use crate::keys::{ClientJwks, Rejected};
use crate::oidc::authorize::RawRequest;
use crate::oidc::authorize::object::{self, Around};
use crate::oidc::{Code, Error};
use crate::outbound::Target;

/// How long a client's server may take: a person waits for it.
const PATIENCE: Duration = Duration::from_secs(4);
/// What is hoped for there (RFC 9101 §5.2.3).
const ACCEPT: &str = "application/oauth-authz-req+jwt, application/jwt;q=0.9, */*;q=0.1";

/// All that is told of what came of fetching: it says nothing about what else is reached from here.
const UNUSABLE: &str = "no request object could be fetched there now";

/// Whether a request object came with a request, or its address.
pub fn came(raw: &RawRequest) -> bool {
    raw.get("request").is_some() || raw.get("request_uri").is_some()
}

/// The request that counts, where it came in an object; `None` where none came.
pub async fn read(
    cx: &Cx,
    raw: &RawRequest,
    client: &Client,
    around: Around,
) -> Result<Result<Option<RawRequest>, Error>, PageError> {
    let token = match (raw.get("request"), raw.get("request_uri")) {
        (None, None) => return Ok(Ok(None)),
        (Some(_), Some(_)) => {
            let why = "Send request or request_uri, not both.";
            return Ok(Err(Error::invalid_request(why, "request_object")));
        }
        (Some(token), None) => Cow::Borrowed(token),
        (None, Some(uri)) => match fetched(cx, client, uri).await? {
            Ok(token) => Cow::Owned(token),
            Err(error) => return Ok(Err(error)),
        },
    };
    Ok(verified(cx, raw, client, &token, around).await.map(Some))
}

async fn verified(
    cx: &Cx,
    raw: &RawRequest,
    client: &Client,
    token: &str,
    around: Around,
) -> Result<RawRequest, Error> {
    let strict = client.policy.require_signed_request_object;
    let metadata = &client.metadata;
    let rules = ObjectRules {
        client_id: client.id.as_str(),
        issuer: cx.issuer.as_str(),
        algorithms: &metadata.requests.object_algorithms(&client.policy),
        strict,
        now: cx.now,
    };
    let with =
        |keys: Option<&ClientJwks>| verify_request_object(keys.ok_or(Rejected::UnknownKey)?, token, &rules);
    let found = client_keys::trying(cx, client, with, Rejected::asks_for_new_keys).await;
    let found = found.map_err(object::refused)?;
    object::request(raw, &found, if strict { Around::Nothing } else { around })
}

/// The object at an address that the client registered; nowhere else is looked, whatever a browser brings.
async fn fetched(cx: &Cx, client: &Client, uri: &str) -> Result<Result<String, Error>, PageError> {
    let refused = |why: &str| {
        let why = format!("The request_uri is refused: {why}.");
        Ok(Err(Error::new(Code::InvalidRequestUri, why, "request_uri")))
    };
    if !client.metadata.requests.keeps_at(uri) {
        return refused("it is not registered for the client");
    }
    let Some(target) = Target::parse(without_fragment(uri)) else { return refused("it is no address") };
    // Anybody's browser can make us ask.
    throttle::begin(cx).await?;
    if !throttle::fetches(cx, &client.id).await? {
        return refused(UNUSABLE);
    }
    let asked = cx.outbound.get(&target, ACCEPT, SIZE_LIMIT);
    let answer = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => {
            tracing::info!(%why, client = %client.id, request = %cx.request, "a request object was not fetched");
            return refused(UNUSABLE);
        }
        Err(_) => return refused(UNUSABLE),
    };
    if answer.status != 200 {
        return refused(UNUSABLE);
    }
    match String::from_utf8(answer.body) {
        Ok(text) => Ok(Ok(text.trim().to_owned())),
        Err(_) => refused(UNUSABLE),
    }
}
