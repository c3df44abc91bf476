//! Parameters out of a verified request object, and what of the request around it counts beside them.

use serde_json::{Map, Value};

use super::{AuthorizeRequest, RawRequest};
use crate::keys::jwt::RequestObject;
use crate::oidc::{Code, Error};

/// What of the request around an object counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Nothing (RFC 9101 §6.3).
    Nothing,
    /// What the object leaves open, if what stands around it is a request by itself (OpenID Connect Core §6.1); else nothing.
    AsInCore,
}

/// Parameters whose value in an object is JSON of its own.
const DOCUMENTS: [&str; 1] = ["claims"];

/// A refusal of a request object.
pub fn refused(why: impl std::fmt::Display) -> Error {
    Error::new(Code::InvalidRequestObject, format!("The request object is refused: {why}."), "request_object")
}

/// The request that an object makes, with what counts of the request it came with.
pub fn request(outer: &RawRequest, object: &RequestObject, around: Around) -> Result<RawRequest, Error> {
    let claims = object.claims.as_map();
    for name in ["request", "request_uri"] {
        if claims.contains_key(name) {
            return Err(refused(format!("it must not hold {name}")));
        }
    }
    same_client(outer, claims, around)?;
    let mut pairs = parameters(claims, AuthorizeRequest::KNOWN)?;
    let by_itself = outer.get("response_type").is_some() && outer.get("scope").is_some();
    if around == Around::AsInCore && by_itself && !object.is_typed {
        let inner = pairs.clone();
        let stated =
            |name: &str| inner.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        if stated("response_type").is_some_and(|inside| outer.get("response_type") != Some(inside)) {
            return Err(refused("its response_type is another than the one beside it"));
        }
        let open = |name: &str| stated(name).is_none() && !matches!(name, "request" | "request_uri");
        pairs.extend(outer.pairs().iter().filter(|(name, _)| open(name)).cloned());
    }
    pairs.retain(|(name, _)| name != "client_id");
    pairs.extend(outer.get("client_id").map(|id| ("client_id".to_owned(), id.to_owned())));
    Ok(RawRequest::from_pairs(pairs))
}

/// `client_id` inside is that outside (RFC 9101 §5); who must sign must say it.
fn same_client(outer: &RawRequest, claims: &Map<String, Value>, around: Around) -> Result<(), Error> {
    match claims.get("client_id") {
        None if around == Around::AsInCore => Ok(()),
        None => Err(refused("it has no client_id")),
        Some(inside) if inside.as_str().is_some() && inside.as_str() == outer.get("client_id") => Ok(()),
        Some(_) => Err(refused("its client_id is another")),
    }
}

/// The claims that are parameters of these names; whatever else stands there says something about the JWT, or nothing to us.
pub fn parameters(claims: &Map<String, Value>, names: &[&str]) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    for name in names {
        let malformed = || refused(format!("its {name} is malformed"));
        let Some(value) = claims.get(*name) else { continue };
        let texts = match value {
            Value::Null => Vec::new(),
            Value::String(text) => vec![text.clone()],
            Value::Number(number) => vec![number.to_string()],
            Value::Object(_) if DOCUMENTS.contains(name) => vec![value.to_string()],
            Value::Array(_) if *name == "authorization_details" => vec![value.to_string()],
            // As many as there are: whether several may be is the parameter's own question.
            Value::Array(all) if *name == "resource" => {
                let texts = all.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
                texts.ok_or_else(malformed)?
            }
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(malformed()),
        };
        if texts.iter().any(|text| text.contains('\0')) {
            return Err(malformed());
        }
        pairs.extend(texts.into_iter().map(|text| ((*name).to_owned(), text)));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::base::Timestamp;
    use crate::keys::jwt::{ObjectRules, verify_request_object};
    use crate::keys::{Algorithm, ClientJwks, SigningKey};

    fn object(claims: &Value, typ: &str) -> RequestObject {
        let now = Timestamp::from_seconds(1_800_000_000);
        let (key, _) = SigningKey::generate(Algorithm::EdDsa, now).unwrap();
        let jwks = ClientJwks::parse(&json!({ "keys": [key.jwk()] })).unwrap();
        let rules =
            ObjectRules { client_id: "app", issuer: "us", algorithms: Algorithm::ALL, strict: false, now };
        verify_request_object(&jwks, &key.sign(typ, claims).unwrap(), &rules).unwrap()
    }

    fn read(outer: &str, claims: &Value, typ: &str, around: Around) -> Result<String, Error> {
        let raw = RawRequest::parse(outer).unwrap();
        let read = request(&raw, &object(claims, typ), around)?;
        let mut pairs: Vec<_> = read.pairs().iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.sort();
        Ok(pairs.join("&"))
    }

    #[test]
    fn what_stands_around_an_object_counts_where_core_says_so() {
        let outer = "client_id=app&response_type=code&scope=openid&state=out&nonce=out&request=x";
        let inner =
            json!({"client_id": "app", "state": "in", "max_age": 60, "foo": 1, "claims": {"userinfo": {}}});
        let typed = "oauth-authz-req+jwt";
        let alone = "claims={\"userinfo\":{}}&client_id=app&max_age=60&state=in";
        let both = "claims={\"userinfo\":{}}&client_id=app&max_age=60&nonce=out&response_type=code&scope=openid&state=in";
        let table = [
            (outer, "JWT", Around::AsInCore, both),
            (outer, "JWT", Around::Nothing, alone),
            (outer, typed, Around::AsInCore, alone),
            ("client_id=app&request=x&state=out", "JWT", Around::AsInCore, alone),
            ("client_id=app&request=x&response_type=code&state=out", "JWT", Around::AsInCore, alone),
        ];
        for (outer, typ, around, wanted) in table {
            assert_eq!(read(outer, &inner, typ, around).as_deref(), Ok(wanted), "{outer} {typ} {around:?}");
        }
    }

    #[test]
    fn an_object_that_is_no_request_of_its_client_is_refused() {
        let outer = "client_id=app&response_type=code&scope=openid&request=x";
        let table = [
            json!({"client_id": "other"}),
            json!({"client_id": ["app"]}),
            json!({"client_id": "app", "request": "x"}),
            json!({"client_id": "app", "request_uri": "urn:x"}),
            json!({"client_id": "app", "request_uri": null}),
            json!({"client_id": "app", "response_type": "code id_token"}),
            json!({"client_id": "app", "state": {"a": 1}}),
            json!({"client_id": "app", "scope": ["openid"]}),
            json!({"client_id": "app", "nonce": "a\u{0}b"}),
            json!({"client_id": "app", "resource": [1]}),
            json!({"client_id": "app", "prompt": true}),
            json!({"client_id": "app", "authorization_details": {"type": "a"}}),
        ];
        for claims in table {
            let refused = read(outer, &claims, "JWT", Around::AsInCore).unwrap_err();
            assert_eq!(
                (refused.code, refused.detail),
                (Code::InvalidRequestObject, "request_object"),
                "{claims}"
            );
        }
        assert!(read(outer, &json!({}), "JWT", Around::AsInCore).is_ok());
        assert!(read(outer, &json!({}), "JWT", Around::Nothing).is_err());
    }

    proptest! {
        #[test]
        fn any_claims_are_read_or_refused(
            members in proptest::collection::hash_map(
                prop_oneof![Just("client_id"), Just("scope"), Just("claims"), Just("resource"), Just("max_age")],
                prop_oneof![Just(json!("app")), Just(json!({"a": [1]})), Just(json!([1])), Just(json!(1.5)), Just(Value::Null)],
                0..5)
        ) {
            let claims: Map<String, Value> = members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
            let _ = read("client_id=app", &Value::Object(claims), "JWT", Around::AsInCore);
        }
    }
}
