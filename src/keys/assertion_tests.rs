//! Client assertions by the table, and key sets as developers paste them.

use serde_json::{Value, json};

use super::jwt::*;
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://id.example";
const ENDPOINT: &str = "https://id.example/token";

fn new_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate_sized(algorithm, RsaBits::Bits2048, NOW).unwrap().0
}

/// A key set as clients register it, with these members changed (null removes).
fn jwks(keys: &[&SigningKey], change: Value) -> Value {
    let one = |key: &&SigningKey| {
        let mut jwk = serde_json::to_value(key.jwk()).unwrap();
        for (name, value) in change.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        jwk
    };
    json!({"keys": keys.iter().map(one).collect::<Vec<_>>()})
}

fn claims(change: Value) -> Value {
    let now = NOW.seconds();
    let mut claims =
        json!({"iss": "app", "sub": "app", "aud": ISSUER, "jti": "j", "iat": now, "exp": now + 60});
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn rules() -> AssertionRules<'static> {
    AssertionRules {
        client_id: "app",
        algorithms: Algorithm::ALL,
        audience: Audience::IssuerOrEndpoint(ISSUER, &[ENDPOINT]),
        now: NOW,
    }
}

#[test]
fn claims_are_compared_by_the_table() {
    let key = new_key(Algorithm::Es256);
    let set = ClientJwks::parse(&jwks(&[&key], json!({}))).unwrap();
    let now = NOW.seconds();
    let several = json!([ISSUER, ENDPOINT]);
    let table = [
        (json!({}), Ok(())),
        (json!({"aud": ENDPOINT}), Ok(())),
        (json!({"aud": [ENDPOINT]}), Ok(())),
        (json!({"aud": several}), Err(Rejected::WrongAudience)),
        (json!({"aud": [ISSUER, ISSUER]}), Err(Rejected::WrongAudience)),
        (json!({"aud": [ISSUER, 1]}), Err(Rejected::WrongAudience)),
        (json!({"aud": []}), Err(Rejected::WrongAudience)),
        (json!({"aud": "https://id.example/"}), Err(Rejected::WrongAudience)),
        (json!({"aud": null}), Err(Rejected::WrongAudience)),
        (json!({"iss": "other"}), Err(Rejected::WrongIssuer)),
        (json!({"sub": "other"}), Err(Rejected::WrongSubject)),
        (json!({"sub": null}), Err(Rejected::WrongSubject)),
        (json!({"jti": null}), Err(Rejected::Claim("jti"))),
        (json!({"jti": ""}), Err(Rejected::Claim("jti"))),
        (json!({"jti": 1}), Err(Rejected::Claim("jti"))),
        (json!({"jti": "j".repeat(256)}), Ok(())),
        (json!({"jti": "j".repeat(257)}), Err(Rejected::Claim("jti"))),
        (json!({"exp": now}), Err(Rejected::Expired)),
        (json!({"exp": null}), Err(Rejected::Claim("exp"))),
        (json!({"exp": now + 300}), Ok(())),
        (json!({"exp": now + 361}), Err(Rejected::TooLongLived)),
        (json!({"exp": now + 300, "iat": now - 301}), Err(Rejected::TooLongLived)),
        (json!({"iat": null}), Ok(())),
        (json!({"iat": now + 10, "nbf": now + 10}), Ok(())),
        (json!({"iat": now + 61, "exp": now + 200}), Err(Rejected::NotYet)),
        (json!({"nbf": now + 61}), Err(Rejected::NotYet)),
    ];
    for (change, wanted) in table {
        let token = key.sign("JWT", &claims(change.clone())).unwrap();
        assert_eq!(verify_client_assertion(&set, &token, &rules()).map(|_| ()), wanted, "{change}");
    }
    let strict = AssertionRules { audience: Audience::Issuer(ISSUER), ..rules() };
    for aud in [json!(ENDPOINT), json!([ISSUER]), json!([ISSUER, ENDPOINT])] {
        let token = key.sign("JWT", &claims(json!({"aud": aud}))).unwrap();
        assert_eq!(verify_client_assertion(&set, &token, &strict), Err(Rejected::WrongAudience), "{aud}");
    }
    let token = key.sign("JWT", &claims(json!({}))).unwrap();
    assert!(verify_client_assertion(&set, &token, &strict).is_ok());
    for typ in ["dpop+jwt", "at+jwt", "logout+jwt"] {
        let token = key.sign(typ, &claims(json!({}))).unwrap();
        assert_eq!(verify_client_assertion(&set, &token, &rules()), Err(Rejected::WrongType));
    }
}

#[test]
fn the_key_is_found_by_kid_or_when_only_one_fits() {
    let (a, b, rsa) = (new_key(Algorithm::Es256), new_key(Algorithm::Es256), new_key(Algorithm::Ps256));
    let token = a.sign("JWT", &claims(json!({}))).unwrap();
    let try_with =
        |set: Value| verify_client_assertion(&ClientJwks::parse(&set).unwrap(), &token, &rules()).map(|_| ());
    let nameless = json!({"kid": null, "alg": null, "use": null});
    assert_eq!(try_with(jwks(&[&a, &b, &rsa], json!({}))), Ok(()));
    assert_eq!(try_with(jwks(&[&a, &rsa], nameless.clone())), Ok(()));
    assert_eq!(try_with(jwks(&[&a, &b], nameless.clone())), Err(Rejected::AmbiguousKey));
    assert_eq!(try_with(jwks(&[&b], nameless)), Err(Rejected::BadSignature));
    assert_eq!(try_with(jwks(&[&b], json!({}))), Err(Rejected::UnknownKey));
    assert_eq!(try_with(jwks(&[&a, &b], json!({"kid": "same"}))), Err(Rejected::UnknownKey));
    assert_eq!(try_with(jwks(&[&rsa], json!({}))), Err(Rejected::UnknownKey));
}

#[test]
fn the_algorithm_must_be_registered_and_fit_the_key() {
    let key = new_key(Algorithm::Rs256);
    let free = ClientJwks::parse(&jwks(&[&key], json!({"alg": null}))).unwrap();
    let pinned = ClientJwks::parse(&jwks(&[&key], json!({"alg": "PS256"}))).unwrap();
    let token = key.sign("JWT", &claims(json!({}))).unwrap();
    assert!(verify_client_assertion(&free, &token, &rules()).is_ok());
    assert_eq!(verify_client_assertion(&pinned, &token, &rules()), Err(Rejected::UnknownKey));
    let only_es = AssertionRules { algorithms: &[Algorithm::Es256], ..rules() };
    assert_eq!(verify_client_assertion(&free, &token, &only_es), Err(Rejected::WrongAlgorithm));
    assert!(free.supports(Algorithm::Ps256) && !free.supports(Algorithm::Es256));
    for alg in ["none", "HS256", "HS512", "RS512"] {
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}"}}"#));
        let token = format!("{header}.{}.AAAA", URL_SAFE_NO_PAD.encode(claims(json!({})).to_string()));
        assert_eq!(verify_client_assertion(&free, &token, &rules()), Err(Rejected::WrongAlgorithm));
    }
}

#[test]
fn key_sets_are_refused_with_the_reason() {
    let (rsa, ec, ed) = (new_key(Algorithm::Rs256), new_key(Algorithm::Es256), new_key(Algorithm::EdDsa));
    for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for key in [&rsa, &ec, &ed] {
            let why = ClientJwks::parse(&jwks(&[key], json!({private: "AQAB"}))).unwrap_err();
            assert!(why.contains("private"), "{why}");
        }
    }
    let short = URL_SAFE_NO_PAD.encode([0xC1; 128]);
    let point = URL_SAFE_NO_PAD.encode([7; 32]);
    for (key, change, part) in [
        (&rsa, json!({"n": short}), "1024 bits"),
        (&rsa, json!({"n": format!("AAAA{short}")}), "leading zeros"),
        (&rsa, json!({"e": "Ag"}), "exponent"),
        (&rsa, json!({"e": "AQ"}), "exponent"),
        (&rsa, json!({"e": null}), "no `e`"),
        (&ec, json!({"x": point}), "no point"),
        (&ec, json!({"x": "AAAA"}), "32 bytes"),
        (&ec, json!({"x": "not base64"}), "base64url"),
        (&ed, json!({"x": "AAAA"}), "32 bytes"),
        (&ec, json!({"kty": "oct"}), "symmetric"),
        (&ec, json!({"kty": null}), "no `kty`"),
        (&ec, json!({"crv": "P-384"}), "no key we can use"),
        (&ec, json!({"use": "enc"}), "no key we can use"),
        (&ec, json!({"kid": 1}), "`kid`"),
    ] {
        let why = ClientJwks::parse(&jwks(&[key], change)).unwrap_err();
        assert!(why.contains(part), "{why} / {part}");
    }
    for bad in [json!({}), json!([]), json!({"keys": {}}), json!({"keys": []}), json!({"keys": ["x"]})] {
        assert!(ClientJwks::parse(&bad).is_err());
    }
    assert!(ClientJwks::parse(&jwks(&[&ec; 17], json!({}))).is_err());
}
