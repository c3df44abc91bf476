//! JWTs of clients: any text, and any claims that a client signed.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use vouchsafe::base::Timestamp;
use vouchsafe::keys::jwt::{self, AssertionRules, Audience};
use vouchsafe::keys::request_object::{ObjectRules, verify_request_object};
use vouchsafe::keys::assertion::verify_client_assertion;
use vouchsafe::keys::{Algorithm, ClientJwks, SigningKey, json as strict};

const CLIENT: &str = "app";
const ISSUER: &str = "https://id.example";
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

static KEYS: LazyLock<(SigningKey, ClientJwks)> = LazyLock::new(|| {
    let (key, _) = SigningKey::generate(Algorithm::Es256, NOW).expect("a key");
    let set = json!({ "keys": [serde_json::to_value(key.jwk()).expect("a public key")] });
    let set = ClientJwks::parse(&set).expect("a set of one key");
    (key, set)
});

fn verify(token: &str) -> (bool, bool) {
    let algorithms = &[Algorithm::Es256];
    let rules =
        AssertionRules { client_id: CLIENT, algorithms, audience: Audience::Issuer(ISSUER), now: NOW };
    let strict = ObjectRules { client_id: CLIENT, issuer: ISSUER, algorithms, strict: true, now: NOW };
    let assertion = verify_client_assertion(&KEYS.1, token, &rules).is_ok();
    let object = verify_request_object(&KEYS.1, token, &strict).is_ok();
    (assertion, object)
}

fuzz_target!(|text: &str| {
    let _ = jwt::unverified_subject(text);
    let _ = jwt::inspect(None, text);
    assert_eq!(verify(text), (false, false), "somebody signed for the client: {text}");
    let Ok(claims) = strict::parse(text.as_bytes()) else { return };
    let Value::Object(members) = &claims else { return };
    let signed = KEYS.0.sign("JWT", &claims).expect("a signature");
    let (assertion, object) = verify(&signed);
    if assertion || object {
        assert_eq!(members.get("iss"), Some(&json!(CLIENT)), "{text}");
    }
    if assertion {
        assert_eq!(members.get("sub"), Some(&json!(CLIENT)), "{text}");
        assert!(members.contains_key("jti") && members.contains_key("exp"), "{text}");
    }
});
