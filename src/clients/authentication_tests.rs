//! Client authentication by the table; everything that depends on the registration has one public answer.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::authentication::{AuthenticatedClient, *};
use super::*;
use crate::base::Digest;
use crate::keys::{Algorithm, Rejected, SigningKey};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const HERE: Here<'static> = Here {
    issuer: "https://id.example",
    endpoints: &["https://id.example/token"],
    keys: None,
    certificate: None,
    authorities: None,
    secrets: &[],
    now: NOW,
};

fn client(method: &str, jwks: Value) -> Client {
    let document = json!({"redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": method, "jwks": jwks});
    let secrets = ["old", "s3cret:+%"].map(|text| ClientSecret::new(Digest::of(text), None, NOW)).to_vec();
    let parsed = metadata::parse(&document).unwrap();
    Client { secrets, ..Client::described(ClientId::from_text("app"), parsed, NOW) }
}

/// Header, form, and the method read or the error code.
type Row<'a> = (Option<&'a str>, Vec<(&'a str, &'static str)>, Result<AuthMethod, &'a str>);

fn read(header: Option<&str>, form: &[(&str, &'static str)]) -> Result<Presented, Refused> {
    present(header, &|name| form.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn try_with(client: Client, presented: &Presented) -> Result<AuthenticatedClient, Refused> {
    prove(Some(Arc::new(client)), presented, &HERE).map(|(proof, _)| proof)
}

#[test]
fn basic_is_decoded_strictly() {
    for good in ["app:s3cret%3A%2B%25", "app:s3cret:%2b%25", "%61pp:s3cret%3a%2B%25"] {
        let presented = read(Some(&basic(good)), &[]).unwrap();
        assert!(try_with(client("client_secret_basic", Value::Null), &presented).is_ok(), "{good}");
    }
    for header in [
        basic("app"),
        basic(""),
        basic(":"),
        basic("app:"),
        basic(":s"),
        basic("app:%"),
        basic("app:%zz"),
        basic("app:%+1"),
        basic("app:%ff"),
        basic("app:a%00"),
        basic("app:a\n"),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!!".to_owned(),
        "Basic YXBwOnM".to_owned(),
        "Basic YXBwOnM= ".to_owned(),
        "Bearer x".to_owned(),
        "Digest username=x".to_owned(),
        String::new(),
        basic(&"a".repeat(5000)),
    ] {
        let refused = read(Some(&header), &[]).unwrap_err();
        assert_eq!(
            (refused.code(), refused.status(), refused.by_header),
            ("invalid_client", 401, true),
            "{header}"
        );
    }
}

#[test]
fn one_method_at_a_time() {
    let header = basic("app:s");
    let header = Some(header.as_str());
    let (id, secret) = (("client_id", "app"), ("client_secret", "s"));
    let (jwt, typ) = (("client_assertion", "a.b.c"), ("client_assertion_type", JWT_BEARER));
    let table: [Row<'_>; 17] = [
        (None, vec![], Err("invalid_client")),
        (None, vec![secret], Err("invalid_client")),
        (None, vec![id], Ok(AuthMethod::None)),
        (None, vec![id, ("client_secret", "")], Ok(AuthMethod::None)),
        (None, vec![id, secret], Ok(AuthMethod::ClientSecretPost)),
        (None, vec![id, jwt, typ], Ok(AuthMethod::PrivateKeyJwt)),
        (None, vec![jwt, typ], Err("invalid_client")),
        (None, vec![id, jwt], Err("invalid_request")),
        (None, vec![id, typ], Err("invalid_request")),
        (None, vec![id, jwt, ("client_assertion_type", "x")], Err("invalid_request")),
        (None, vec![id, secret, jwt, typ], Err("invalid_request")),
        (header, vec![], Ok(AuthMethod::ClientSecretBasic)),
        (header, vec![id], Ok(AuthMethod::ClientSecretBasic)),
        (header, vec![("client_id", "other")], Err("invalid_request")),
        (header, vec![id, secret], Err("invalid_request")),
        (header, vec![jwt, typ], Err("invalid_request")),
        (Some("Bearer x"), vec![id, secret], Err("invalid_request")),
    ];
    for (header, form, wanted) in table {
        match (read(header, &form), wanted) {
            (Ok(presented), Ok(method)) => assert!(presented.is_by(method), "{form:?}"),
            (got, wanted) => assert_eq!(got.err().as_ref().map(Refused::code), wanted.err(), "{form:?}"),
        }
    }
}

#[test]
fn only_the_registered_method_counts() {
    let header = basic("app:old");
    let by_basic = read(Some(&header), &[]).unwrap();
    let by_post = read(None, &[("client_id", "app"), ("client_secret", "old")]).unwrap();
    let by_name = read(None, &[("client_id", "app")]).unwrap();
    for method in ["client_secret_basic", "client_secret_post", "none", "client_secret_jwt"] {
        for presented in [&by_basic, &by_post, &by_name] {
            let proved = try_with(client(method, Value::Null), presented);
            assert_eq!(proved.is_ok(), presented.is_by(AuthMethod::parse(method).unwrap()));
            if let Ok(proof) = proved {
                assert_eq!(proof.id.as_str(), "app");
            }
        }
    }
}

#[test]
fn refusals_look_alike_from_outside() {
    let wrong = read(None, &[("client_id", "app"), ("client_secret", "wrong")]).unwrap();
    let right = read(None, &[("client_id", "app"), ("client_secret", "old")]).unwrap();
    let post = || client("client_secret_post", Value::Null);
    let disabled = Client { state: ClientState::Disabled, ..post() };
    let keyless = Client { secrets: Vec::new(), ..post() };
    let other = Client { id: ClientId::from_text("other"), ..post() };
    let refusals = [
        prove(None, &right, &HERE).map(|_| ()),
        prove(Some(Arc::new(other)), &right, &HERE).map(|_| ()),
        try_with(post(), &wrong).map(|_| ()),
        try_with(disabled, &right).map(|_| ()),
        try_with(keyless, &right).map(|_| ()),
        try_with(client("client_secret_basic", Value::Null), &right).map(|_| ()),
    ]
    .map(Result::unwrap_err);
    for refused in &refusals {
        let public = (refused.code(), refused.description(), refused.status(), refused.by_header);
        assert_eq!(public, ("invalid_client", "client authentication failed", 401, false), "{refused}");
    }
    assert_eq!(refusals[0].reason, Reason::Unknown);
    assert_eq!(refusals[3].reason, Reason::Disabled);
    assert!(!format!("{wrong:?}").contains("wrong"));
}

#[test]
fn an_assertion_proves_and_leaves_a_mark() {
    let (key, _) = SigningKey::generate(Algorithm::Es256, NOW).unwrap();
    let app = Arc::new(client("private_key_jwt", json!({"keys": [key.jwk()]})));
    let sign = |sub: &str, jti: &str| {
        let now = NOW.seconds();
        let claims =
            json!({"iss": sub, "sub": sub, "aud": HERE.issuer, "jti": jti, "iat": now, "exp": now + 60});
        key.sign("JWT", &claims).unwrap()
    };
    let shown = |jwt: &str| Presented::Assertion { id: "app".to_owned(), jwt: jwt.to_owned() };
    let here = Here { keys: app.metadata.jwks.as_ref(), ..HERE };
    let first = prove(Some(app.clone()), &shown(&sign("app", "1")), &here).unwrap().1.unwrap();
    let again = prove(Some(app.clone()), &shown(&sign("app", "1")), &here).unwrap().1.unwrap();
    let second = prove(Some(app.clone()), &shown(&sign("app", "2")), &here).unwrap().1.unwrap();
    assert_eq!(first, again);
    assert_ne!(first.digest, second.digest);
    assert_eq!(first.until, NOW.plus(60));
    let refused = prove(Some(app.clone()), &shown(&sign("other", "1")), &here).unwrap_err();
    assert_eq!(refused.reason, Reason::Assertion(Rejected::WrongIssuer));
    let keyless = prove(Some(app.clone()), &shown(&sign("app", "1")), &HERE).unwrap_err();
    assert_eq!(keyless.reason, Reason::Assertion(Rejected::UnknownKey));
    assert!(keyless.asks_for_new_keys() && !refused.asks_for_new_keys());

    let jwt: &'static str = Box::leak(sign("app", "3").into_boxed_str());
    let presented = read(None, &[("client_assertion", jwt), ("client_assertion_type", JWT_BEARER)]).unwrap();
    assert_eq!(presented.id(), "app");
}

/// A JWT made with a secret.
fn mac(algorithm: aws_lc_rs::hmac::Algorithm, header: &Value, claims: &Value, secret: &[u8]) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let tag = aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(algorithm, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[test]
fn an_assertion_made_with_a_secret_proves_where_that_is_registered_and_nowhere_else() {
    use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};

    use crate::keys::SharedSecret;
    let secrets = ["old", "new"].map(|text| SharedSecret {
        id: text.to_owned(),
        bytes: crate::base::Secret::new(text.as_bytes().to_vec()),
    });
    let now = NOW.seconds();
    let claims = json!({"iss": "app", "sub": "app", "aud": HERE.issuer, "jti": "1", "exp": now + 60});
    let with = |app: &Arc<Client>, jwt: String| {
        let shown = Presented::Assertion { id: "app".to_owned(), jwt };
        let here = Here { secrets: &secrets, keys: app.metadata.jwks.as_ref(), ..HERE };
        prove(Some(app.clone()), &shown, &here).map_err(|refused| refused.reason)
    };
    let app = Arc::new(client("client_secret_jwt", Value::Null));
    for (algorithm, name) in [(HMAC_SHA256, "HS256"), (HMAC_SHA384, "HS384"), (HMAC_SHA512, "HS512")] {
        for secret in ["old", "new"] {
            let jwt = mac(algorithm, &json!({"alg": name}), &claims, secret.as_bytes());
            let (proved, mark) = with(&app, jwt).unwrap();
            assert_eq!((proved.secret(), mark.is_some()), (Some(secret), true));
        }
    }
    let (key, _) = SigningKey::generate(Algorithm::Es256, NOW).unwrap();
    let jwks = json!({"keys": [key.jwk()]});
    let by_key = Arc::new(client("private_key_jwt", jwks.clone()));
    let both = Arc::new(client("client_secret_jwt", jwks.clone()));
    let public = serde_json::to_vec(key.jwk()).unwrap();
    let hs256 = |secret: &[u8]| mac(HMAC_SHA256, &json!({"alg": "HS256", "kid": key.kid()}), &claims, secret);
    let refused = |reason| Reason::Assertion(reason);
    let table = [
        // The public key for a secret, and a secret for a key.
        (&by_key, hs256(&public), refused(Rejected::WrongAlgorithm)),
        (&by_key, hs256(b"old"), refused(Rejected::WrongAlgorithm)),
        (&both, hs256(&public), refused(Rejected::BadSignature)),
        (&both, key.sign("JWT", &claims).unwrap(), refused(Rejected::WrongAlgorithm)),
        (&app, hs256(b"wrong"), refused(Rejected::BadSignature)),
        (&app, hs256(b""), refused(Rejected::BadSignature)),
        (&app, mac(HMAC_SHA512, &json!({"alg": "HS256"}), &claims, b"old"), refused(Rejected::BadSignature)),
        (&app, mac(HMAC_SHA256, &json!({"alg": "none"}), &claims, b"old"), refused(Rejected::WrongAlgorithm)),
        (
            &app,
            mac(HMAC_SHA256, &json!({"alg": "HS256", "typ": "at+jwt"}), &claims, b"old"),
            refused(Rejected::WrongType),
        ),
        (&Arc::new(client("client_secret_basic", Value::Null)), hs256(b"old"), Reason::Method),
    ];
    for (app, jwt, reason) in table {
        assert_eq!(with(app, jwt).unwrap_err(), reason);
    }
}

proptest! {
    #[test]
    fn any_header_is_read_without_panic(text in ".{0,60}", inner in ".{0,40}") {
        let _ = read(Some(&text), &[]);
        let _ = read(Some(&basic(&inner)), &[]);
    }

    #[test]
    fn what_is_encoded_is_decoded(id in "[!-~]{1,30}", secret in "[ -~é]{1,30}") {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let header = basic(&format!("{}:{}", encode(&id), encode(&secret)));
        match read(Some(&header), &[]).unwrap() {
            Presented::Basic { id: read_id, secret: read_secret } => {
                prop_assert_eq!(&read_id, &id);
                prop_assert_eq!(read_secret.expose(), &secret);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
