//! Tokens as attackers send them: another algorithm, another key, another reading of the same text.

use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::jwt::*;
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// One key of each algorithm, made once.
fn ring() -> &'static KeyRing {
    static RING: OnceLock<KeyRing> = OnceLock::new();
    RING.get_or_init(|| {
        let make = |algorithm: &Algorithm| {
            let (key, _) = SigningKey::generate_sized(*algorithm, RsaBits::Bits2048, NOW).unwrap();
            key.moved_to(KeyState::Active, NOW)
        };
        KeyRing::new(Algorithm::ALL.iter().map(make).collect())
    })
}

fn key(algorithm: Algorithm) -> &'static SigningKey {
    ring().active(KeyUse::Answers, algorithm).unwrap()
}

fn good() -> Value {
    let now = NOW.seconds();
    json!({"iss": "https://id.example", "sub": "s", "aud": "app", "iat": now, "nbf": now, "exp": now + 300})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn expected() -> Expected<'static> {
    Expected {
        usage: KeyUse::Answers,
        typ: "JWT",
        issuer: "https://id.example",
        now: NOW,
        leeway: 10,
        age: Age::Live,
    }
}

fn verify(token: &str) -> Result<Claims, Rejected> {
    verify_own(ring(), token, &expected())
}

/// Signs any header and payload text with the key.
fn forge(key: &SigningKey, header: &str, payload: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.material.pair.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header(key: &SigningKey, more: &str) -> String {
    format!(r#"{{"alg":"{}","kid":"{}","typ":"JWT"{more}}}"#, key.algorithm(), key.kid())
}

#[test]
fn what_a_key_signs_it_verifies_and_an_independent_library_does_too() {
    for algorithm in Algorithm::ALL {
        let token = key(*algorithm).sign("JWT", &good()).unwrap();
        let claims = verify(&token).unwrap();
        assert_eq!(claims.subject(), Some("s"));
        assert_eq!(claims.audience(), ["app"]);

        let jwk: jsonwebtoken::jwk::Jwk =
            serde_json::from_value(serde_json::to_value(key(*algorithm).jwk()).unwrap()).unwrap();
        let mut rules = jsonwebtoken::Validation::new(algorithm.as_str().parse().unwrap());
        rules.validate_exp = false;
        rules.set_audience(&["app"]);
        let read = jsonwebtoken::decode::<Value>(
            &token,
            &jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap(),
            &rules,
        );
        assert_eq!(read.unwrap().claims, good());
        assert_eq!(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap(), key(*algorithm).kid());
    }
}

#[test]
fn a_stored_key_is_the_same_key() {
    for algorithm in Algorithm::ALL {
        let (key, der) = SigningKey::generate_sized(*algorithm, RsaBits::Bits2048, NOW).unwrap();
        let again = SigningKey::from_pkcs8(*algorithm, KeyState::Retired, NOW, NOW, der.expose()).unwrap();
        assert_eq!((key.kid(), key.jwk()), (again.kid(), again.jwk()));
        assert!(!format!("{key:?}").contains("pair"));
        for other in Algorithm::ALL {
            let rsa = |a: &Algorithm| matches!(a, Algorithm::Rs256 | Algorithm::Ps256);
            let read = SigningKey::from_pkcs8(*other, KeyState::Next, NOW, NOW, der.expose());
            assert_eq!(read.is_ok(), other == algorithm || (rsa(other) && rsa(algorithm)));
        }
        assert!(SigningKey::from_pkcs8(*algorithm, KeyState::Next, NOW, NOW, b"no key").is_err());
    }
}

#[test]
fn published_keys_hold_no_private_member() {
    let text = serde_json::from_str::<Value>(ring().published()).unwrap();
    let keys = text["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 4);
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none());
        }
        for member in ["kid", "use", "alg", "kty"] {
            assert!(key[member].is_string(), "{key}");
        }
    }
    assert_eq!(keys[0]["e"], "AQAB");
}

#[test]
fn the_algorithm_is_the_keys_and_never_the_headers() {
    let (rsa, ec) = (key(Algorithm::Rs256), key(Algorithm::Es256));
    let claims = good().to_string();
    for alg in ["none", "None", "NONE", "HS256", "PS256", "rs256", "RS384", "ES256", ""] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{}","typ":"JWT"}}"#, rsa.kid());
        assert_eq!(verify(&forge(rsa, &header, &claims)), Err(Rejected::WrongAlgorithm), "{alg}");
    }
    // HMAC under the public key's text (RFC 8725 §2.1).
    let public = serde_json::to_vec(rsa.jwk()).unwrap();
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","kid":"{}","typ":"JWT"}}"#, rsa.kid())),
        URL_SAFE_NO_PAD.encode(&claims)
    );
    let mac = aws_lc_rs::hmac::sign(
        &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public),
        text.as_bytes(),
    );
    assert!(verify(&format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac))).is_err());
    // Signed by a key of ours under the name of another.
    assert_eq!(verify(&forge(ec, &header(rsa, ""), &claims)), Err(Rejected::BadSignature));
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(header(rsa, "")), URL_SAFE_NO_PAD.encode(&claims));
    assert_eq!(verify(&unsigned), Err(Rejected::BadSignature));
}

#[test]
fn headers_that_bring_keys_or_extensions_are_refused() {
    let ec = key(Algorithm::Es256);
    for more in [
        r#","crit":["exp"]"#,
        r#","jku":"https://evil.example/jwks""#,
        r#","x5u":"https://evil.example/x""#,
        r#","jwk":{"kty":"oct"}"#,
        r#","b64":false"#,
        r#","b64":true"#,
        r#","zip":"DEF""#,
    ] {
        let got = verify(&forge(ec, &header(ec, more), &good().to_string()));
        assert!(matches!(got, Err(Rejected::Header(_))), "{more}: {got:?}");
    }
    for more in [r#","alg":"none""#, r#","kid":"x""#, r#","\u0061lg":"none""#] {
        assert_eq!(verify(&forge(ec, &header(ec, more), &good().to_string())), Err(Rejected::Malformed));
    }
    for typ in ["at+jwt", "jwt", "application/JWT", ""] {
        let token = ec.sign(typ, &good()).unwrap();
        assert_eq!(verify(&token), Err(Rejected::WrongType), "{typ}");
    }
    let nameless = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, ec.algorithm());
    assert_eq!(verify(&forge(ec, &nameless, &good().to_string())), Err(Rejected::UnknownKey));
}

#[test]
fn one_text_for_one_token() {
    let token = key(Algorithm::EdDsa).sign("JWT", &good()).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let last = token.chars().last().unwrap();
    // The signature has 86 characters, the last of which carries four bits that must be zero.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    for bad in [
        format!("{}{next}", &token[..token.len() - 1]),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}.{}", parts[2]),
        token.replace('-', "+").replace('_', "/") + "+",
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a".repeat(SIZE_LIMIT + 1),
        "é.é.é".to_owned(),
    ] {
        assert!(verify(&bad).is_err(), "{bad}");
    }
    assert!(verify(&token).is_ok());
}

#[test]
fn claims_are_strict_json_objects() {
    let ec = key(Algorithm::Es256);
    let body = good().to_string();
    let twice = body.replacen('{', r#"{"sub":"other","#, 1);
    let deep = body.replacen('{', &format!(r#"{{"x":{}{},"#, "[".repeat(20), "]".repeat(20)), 1);
    for bad in [twice.as_str(), deep.as_str(), "[]", "1", "", "null", &format!("{body}{body}")] {
        assert_eq!(verify(&forge(ec, &header(ec, ""), bad)), Err(Rejected::Malformed), "{bad}");
    }
    assert_eq!(ec.sign("JWT", &json!([])), Err(KeyError::NotSigned));
}

#[test]
fn times_and_issuer_are_compared_by_the_table() {
    let now = NOW.seconds();
    let ec = key(Algorithm::Es256);
    let table = [
        (with("iss", json!("https://id.example/")), Err(Rejected::WrongIssuer)),
        (with("iss", json!(["https://id.example"])), Err(Rejected::WrongIssuer)),
        (with("exp", json!(now - 9)), Ok(())),
        (with("exp", json!(now - 10)), Err(Rejected::Expired)),
        (with("exp", json!(now as f64 + 0.5)), Ok(())),
        (with("exp", json!((now + 9).to_string())), Err(Rejected::Claim("exp"))),
        (with("exp", json!(1e300)), Err(Rejected::Claim("exp"))),
        (with("exp", json!(u64::MAX)), Err(Rejected::Claim("exp"))),
        (with("exp", json!(-1)), Err(Rejected::Claim("exp"))),
        (with("exp", Value::Null), Err(Rejected::Claim("exp"))),
        (with("iat", json!(now + 10)), Ok(())),
        (with("iat", json!(now + 11)), Err(Rejected::NotYet)),
        (with("nbf", json!(now + 11)), Err(Rejected::NotYet)),
    ];
    for (claims, wanted) in table {
        let got = verify(&ec.sign("JWT", &claims).unwrap()).map(|_| ());
        assert_eq!(got, wanted, "{claims}");
    }
    let old = ec.sign("JWT", &with("exp", json!(now - 1_000_000))).unwrap();
    assert!(verify_own(ring(), &old, &Expected { age: Age::Any, ..expected() }).is_ok());
}

proptest! {
    #[test]
    fn any_text_is_refused_without_panic(text in "[A-Za-z0-9_.=-]{0,200}", any in ".{0,80}") {
        prop_assert!(verify(&text).is_err());
        prop_assert!(verify(&any).is_err());
    }

    #[test]
    fn any_change_of_a_byte_is_refused(place in 0usize..2000, to in "[A-Za-z0-9_.-]") {
        let token = key(Algorithm::Es256).sign("JWT", &good()).unwrap();
        let place = place % token.len();
        let mut changed = token.clone();
        changed.replace_range(place..=place, &to);
        prop_assert_eq!(verify(&changed).is_ok(), changed == token);
    }
}

#[test]
fn what_a_key_signed_for_another_use_is_not_believed() {
    let token = key(Algorithm::Es256).sign("JWT", &good()).unwrap();
    assert!(verify_own(ring(), &token, &expected()).is_ok());
    for usage in [KeyUse::Access, KeyUse::Trail] {
        let refused = verify_own(ring(), &token, &Expected { usage, ..expected() });
        assert_eq!(refused, Err(Rejected::UnknownKey), "{usage}");
    }
}
