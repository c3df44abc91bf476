//! DPoP proofs by the table of RFC 9449 §4.3.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::dpop::{Proof, Request, Thumbprint, verify};
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const URL: &str = "https://id.example/token";
const TOKEN: &str = "an.access.token";

fn new_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate_sized(algorithm, RsaBits::Bits2048, NOW).unwrap().0
}

fn changed(mut of: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().unwrap() {
        of[name] = value.clone();
    }
    of.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    of
}

/// The public key as a proof brings it.
fn jwk(key: &SigningKey) -> Value {
    changed(serde_json::to_value(key.jwk()).unwrap(), &json!({"kid": null, "alg": null, "use": null}))
}

/// A proof with these members of header and claims changed (null removes).
fn proof(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let first = json!({"typ": "dpop+jwt", "alg": key.algorithm().as_str(), "jwk": jwk(key)});
    let ath = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, TOKEN.as_bytes()));
    let second = json!({"jti": "one", "htm": "POST", "htu": URL, "iat": NOW.seconds(), "ath": ath});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(changed(first, header)), part(changed(second, claims)));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign_bytes(signed.as_bytes()).unwrap()))
}

fn read(text: &str) -> Result<Proof, Rejected> {
    verify(text, &Request { method: "POST", urls: &[URL.to_owned()], access_token: Some(TOKEN), now: NOW })
}

#[test]
fn a_proof_shows_the_thumbprint_of_its_key() {
    for algorithm in dpop::ALGORITHMS {
        let key = new_key(algorithm);
        let shown = read(&proof(&key, &json!({}), &json!({}))).unwrap();
        assert_eq!(shown.key.as_str(), key.kid(), "{algorithm}");
        assert_eq!(Thumbprint::parse(key.kid()), Some(shown.key));
    }
    assert_eq!(Thumbprint::parse("short"), None);
}

#[test]
fn a_proof_is_taken_for_its_own_request_alone() {
    let key = new_key(Algorithm::Es256);
    let now = NOW.seconds();
    let private = changed(jwk(&key), &json!({"d": "AAAA"}));
    let table = [
        (json!({}), json!({}), Ok(())),
        (json!({}), json!({"htu": "HTTPS://ID.example:443/token?a=b#c"}), Ok(())),
        (json!({}), json!({"iat": now - 10, "nbf": now - 10, "exp": now + 5, "more": 1}), Ok(())),
        (json!({}), json!({"iat": now + 10}), Ok(())),
        (json!({}), json!({"iat": now - 3600}), Err(Rejected::Expired)),
        (json!({}), json!({"iat": now - 61}), Err(Rejected::Expired)),
        (json!({}), json!({"iat": now + 16}), Err(Rejected::NotYet)),
        (json!({}), json!({"iat": now + 3600}), Err(Rejected::NotYet)),
        (json!({}), json!({"iat": null}), Err(Rejected::Claim("iat"))),
        (json!({}), json!({"iat": "now"}), Err(Rejected::Claim("iat"))),
        (json!({}), json!({"htm": "GET"}), Err(Rejected::Claim("htm"))),
        (json!({}), json!({"htm": "post"}), Err(Rejected::Claim("htm"))),
        (json!({}), json!({"htm": null}), Err(Rejected::Claim("htm"))),
        (json!({}), json!({"htu": "https://id.example/userinfo"}), Err(Rejected::Claim("htu"))),
        (json!({}), json!({"htu": ["https://id.example/token"]}), Err(Rejected::Claim("htu"))),
        (json!({}), json!({"htu": "http://id.example/token"}), Err(Rejected::Claim("htu"))),
        (json!({}), json!({"htu": null}), Err(Rejected::Claim("htu"))),
        (json!({}), json!({"ath": "AAAA"}), Err(Rejected::Claim("ath"))),
        (json!({}), json!({"ath": null}), Err(Rejected::Claim("ath"))),
        (json!({}), json!({"jti": null}), Err(Rejected::Claim("jti"))),
        (json!({}), json!({"jti": ""}), Err(Rejected::Claim("jti"))),
        (json!({}), json!({"jti": "j".repeat(257)}), Err(Rejected::Claim("jti"))),
        (json!({}), json!({"nonce": 1}), Err(Rejected::Claim("nonce"))),
        (json!({"typ": "JWT"}), json!({}), Err(Rejected::WrongType)),
        (json!({"typ": null}), json!({}), Err(Rejected::WrongType)),
        (json!({"alg": null}), json!({}), Err(Rejected::WrongAlgorithm)),
        (json!({"alg": "none"}), json!({}), Err(Rejected::WrongAlgorithm)),
        (json!({"alg": "HS256"}), json!({}), Err(Rejected::WrongAlgorithm)),
        (json!({"alg": "RS256"}), json!({}), Err(Rejected::WrongAlgorithm)),
        (json!({"alg": "EdDSA"}), json!({}), Err(Rejected::UnknownKey)),
        (json!({"jwk": null}), json!({}), Err(Rejected::Header("jwk"))),
        (json!({"jwk": "key"}), json!({}), Err(Rejected::Header("jwk"))),
        (json!({"jwk": private}), json!({}), Err(Rejected::Header("jwk"))),
        (json!({"jwk": {"kty": "oct", "k": "AAAA"}}), json!({}), Err(Rejected::Header("jwk"))),
        (json!({"jwk": jwk(&new_key(Algorithm::Es256))}), json!({}), Err(Rejected::BadSignature)),
        (json!({"crit": ["x"]}), json!({}), Err(Rejected::Header("crit"))),
    ];
    for (header, claims, wanted) in table {
        let got = read(&proof(&key, &header, &claims)).map(|_| ());
        assert_eq!(got, wanted, "{header} {claims}");
    }
    // A weak key, and an RSA key with the algorithm of another use.
    let rsa = new_key(Algorithm::Rs256);
    assert_eq!(read(&proof(&rsa, &json!({}), &json!({}))).unwrap_err(), Rejected::WrongAlgorithm);
    assert_eq!(read("garbage").unwrap_err(), Rejected::Malformed);
    assert_eq!(read(&"a".repeat(5_000)).unwrap_err(), Rejected::TooLong);
}

#[test]
fn marks_differ_by_key_and_by_id() {
    let (one, other) = (new_key(Algorithm::Es256), new_key(Algorithm::Es256));
    let mark =
        |key: &SigningKey, jti: &str| read(&proof(key, &json!({}), &json!({"jti": jti}))).unwrap().mark;
    assert_eq!(mark(&one, "a"), mark(&one, "a"));
    assert_ne!(mark(&one, "a"), mark(&one, "b"));
    assert_ne!(mark(&one, "a"), mark(&other, "a"));
}
