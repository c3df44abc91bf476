//! Request objects (RFC 9101, OpenID Connect Core §6): the request that counts is the one its client signed.

use super::Cx;
use crate::clients::Client;
use crate::keys::jwt::{ObjectRules, verify_request_object};
use crate::oidc::Error;
use crate::oidc::authorize::RawRequest;
use crate::oidc::authorize::object::{self, Around};

/// Whether a request object came with a request.
pub fn came(raw: &RawRequest) -> bool {
    raw.get("request").is_some()
}

/// The request that counts, where it came in an object; `None` where none came.
pub fn read(cx: &Cx, raw: &RawRequest, client: &Client, around: Around) -> Result<Option<RawRequest>, Error> {
    let Some(token) = raw.get("request") else { return Ok(None) };
    let strict = client.policy.require_signed_request_object;
    let metadata = &client.metadata;
    let rules = ObjectRules {
        client_id: client.id.as_str(),
        issuer: cx.issuer.as_str(),
        algorithms: &metadata.requests.object_algorithms(&client.policy),
        strict,
        now: cx.now,
    };
    let keys = metadata.jwks.as_ref().ok_or_else(|| object::refused("the client has registered no keys"))?;
    let found = verify_request_object(keys, token, &rules).map_err(object::refused)?;
    object::request(raw, &found, if strict { Around::Nothing } else { around }).map(Some)
}
