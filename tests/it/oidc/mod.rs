//! The protocol endpoints, one folder or file each, as the paths stand.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod attacks;
mod authorize;
mod ciba;
mod client_keys;
mod cross_origin;
mod details;
mod device;
mod discovery;
mod dpop;
mod encryption;
mod exchange;
mod introspection;
mod jwks;
mod logout;
mod logout_apps;
mod malformed;
mod mtls;
mod nodes;
mod par;
mod register;
mod request_object;
mod resource;
mod revocation;
mod token;
mod userinfo;

use std::collections::BTreeMap;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::actors::Answer;
use crate::idp::TestIdp;

/// The claims of a JWT, its signature verified by a library not ours against the published keys.
async fn verified(idp: &TestIdp, jwt: &str) -> BTreeMap<String, Value> {
    let keys: JwkSet = serde_json::from_str(&idp.http.get("/jwks").await.body).unwrap();
    let header = decode_header(jwt).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    let mut rules = Validation::new(header.alg);
    // The test's clock is not the library's.
    rules.validate_exp = false;
    rules.set_required_spec_claims(&["iss"]);
    rules.validate_aud = false;
    rules.set_issuer(&[&idp.issuer]);
    decode(jwt, &DecodingKey::from_jwk(key).unwrap(), &rules).unwrap().claims
}

/// Insists on an HTML page of ours that leads nowhere.
#[track_caller]
fn is_shown(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.location().is_none(), "{answer:?}");
    assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(url::Url::parse(&answer.url).unwrap().path(), path);
}
