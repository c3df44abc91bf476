//! DPoP proofs: any text, and any header and claims that somebody signed with the key they show.

#![no_main]

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use vouchsafe::base::Timestamp;
use vouchsafe::keys::dpop::{Request, verify};
use vouchsafe::keys::{Algorithm, SigningKey, json as strict};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
const PLACE: &str = "https://id.example/token";

static KEY: LazyLock<(SigningKey, Value)> = LazyLock::new(|| {
    let (key, _) = SigningKey::generate(Algorithm::Es256, NOW).expect("a key");
    let mut jwk = serde_json::to_value(key.jwk()).expect("a public key");
    if let Some(members) = jwk.as_object_mut() {
        members.retain(|name, _| matches!(name.as_str(), "kty" | "crv" | "x" | "y"));
    }
    (key, jwk)
});

fuzz_target!(|text: &str| {
    let urls = [PLACE.to_owned()];
    let request = Request { method: "POST", urls: &urls, access_token: None, now: NOW };
    let _ = verify(text, &request);
    // One document with both parts, so that the fuzzer may change either.
    let Ok(Value::Object(mut parts)) = strict::parse(text.as_bytes()) else { return };
    let (Some(Value::Object(mut header)), Some(claims)) = (parts.remove("header"), parts.remove("claims")) else {
        return;
    };
    header.entry("jwk").or_insert_with(|| KEY.1.clone());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&Value::Object(header.clone())), part(&claims));
    let signature = KEY.0.sign_bytes(message.as_bytes()).expect("a signature");
    let proof = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    if let Ok(proof) = verify(&proof, &request) {
        assert_eq!(header.get("typ"), Some(&json!("dpop+jwt")), "{text}");
        assert_eq!(header.get("alg"), Some(&json!("ES256")), "{text}");
        assert_eq!(proof.key.as_str(), KEY.0.kid(), "{text}");
        assert_eq!(claims.get("htm"), Some(&json!("POST")), "{text}");
    }
});
