//! Request objects by the table: what a client that may sign shows, and what one that must.

use serde_json::{Value, json};

use super::jwt::{ObjectRules, Rejected, RequestObject, verify_request_object};
use super::{Algorithm, ClientJwks, SigningKey};
use crate::base::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const US: &str = "https://id.example";
const FAPI: [Algorithm; 3] = [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, NOW).unwrap().0
}

fn keys(key: &SigningKey) -> ClientJwks {
    ClientJwks::parse(&json!({ "keys": [key.jwk()] })).unwrap()
}

fn claims(change: &Value) -> Value {
    let now = NOW.seconds();
    let mut claims = json!({"iss": "app", "aud": US, "nbf": now, "exp": now + 300, "scope": "openid"});
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn read(key: &SigningKey, token: &str, strict: bool) -> Result<RequestObject, Rejected> {
    let rules = ObjectRules { client_id: "app", issuer: US, algorithms: &FAPI, strict, now: NOW };
    verify_request_object(&keys(key), token, &rules)
}

#[test]
fn a_client_that_must_sign_shows_all_and_for_an_hour_at_most() {
    let (key, now) = (key(Algorithm::Es256), NOW.seconds());
    // What is changed, what becomes of it where the client must sign, and where it may.
    let table: [(Value, Option<Rejected>, bool); 22] = [
        (json!({}), None, true),
        (json!({"aud": ["https://other.example", US]}), None, true),
        (json!({"nbf": now + 8}), None, true),
        (json!({"nbf": now + 60}), None, true),
        (json!({"nbf": now + 61}), Some(Rejected::NotYet), false),
        (json!({"iat": now + 61}), Some(Rejected::NotYet), false),
        (json!({"exp": now}), Some(Rejected::Expired), false),
        (json!({"exp": now + 3600}), None, true),
        (json!({"exp": now + 3601}), Some(Rejected::TooLongLived), true),
        (json!({"nbf": now - 3661, "exp": now + 60}), Some(Rejected::TooLongLived), true),
        (json!({"nbf": now - 3700, "exp": now - 100}), Some(Rejected::Expired), false),
        (json!({"exp": null}), Some(Rejected::Claim("exp")), true),
        (json!({"nbf": null}), Some(Rejected::Claim("nbf")), true),
        (json!({"exp": "soon"}), Some(Rejected::Claim("exp")), false),
        (json!({"aud": "https://other.example"}), Some(Rejected::WrongAudience), false),
        (json!({"aud": format!("{US}/")}), Some(Rejected::WrongAudience), false),
        (json!({"aud": []}), Some(Rejected::WrongAudience), false),
        (json!({"aud": null}), Some(Rejected::WrongAudience), true),
        (json!({"iss": "other"}), Some(Rejected::WrongIssuer), false),
        (json!({"iss": 7}), Some(Rejected::WrongIssuer), false),
        (json!({"iss": null}), Some(Rejected::WrongIssuer), true),
        (json!({"sub": "app"}), Some(Rejected::WrongSubject), false),
    ];
    for (change, strict, loose) in table {
        let token = key.sign("JWT", &claims(&change)).unwrap();
        assert_eq!(read(&key, &token, true).err(), strict, "{change}");
        assert_eq!(read(&key, &token, false).is_ok(), loose, "{change}");
    }
}

#[test]
fn types_keys_and_algorithms_are_compared() {
    let (key, other, rsa) = (key(Algorithm::Es256), key(Algorithm::Es256), key(Algorithm::Rs256));
    let body = claims(&json!({}));
    for (typ, typed) in
        [("JWT", false), ("oauth-authz-req+jwt", true), ("application/oauth-authz-req+jwt", true)]
    {
        assert_eq!(read(&key, &key.sign(typ, &body).unwrap(), true).unwrap().is_typed, typed, "{typ}");
    }
    for typ in ["at+jwt", "dpop+jwt", "client-authentication+jwt", ""] {
        assert_eq!(
            read(&key, &key.sign(typ, &body).unwrap(), false).err(),
            Some(Rejected::WrongType),
            "{typ}"
        );
    }
    let refused = |key: &SigningKey, token: &str| read(key, token, false).err().unwrap();
    assert_eq!(refused(&other, &key.sign("JWT", &body).unwrap()), Rejected::UnknownKey);
    assert_eq!(refused(&rsa, &rsa.sign("JWT", &body).unwrap()), Rejected::WrongAlgorithm);
    let good = key.sign("JWT", &body).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none"}
    assert_eq!(refused(&key, &format!("eyJhbGciOiJub25lIn0.{}.", parts[1])), Rejected::BadSignature);
    assert_eq!(refused(&key, &format!("eyJhbGciOiJub25lIn0.{}.AA", parts[1])), Rejected::WrongAlgorithm);
    assert_eq!(refused(&key, &format!("{}.{}.{}", parts[0], parts[1], "AAAA")), Rejected::BadSignature);
    // Five parts: what is encrypted is not believed for that.
    assert_eq!(refused(&key, &format!("{good}.AAAA.AAAA")), Rejected::Malformed);
}
