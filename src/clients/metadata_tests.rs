//! Registrations by the table: what is taken, what is refused, and that each refusal names its member.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::metadata::*;
use super::policy::*;
use super::*;
use crate::base::Acr;
use crate::keys::{Algorithm, SigningKey};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

fn with(change: Value) -> Value {
    let mut value = json!({"redirect_uris": ["https://app.example/cb"]});
    for (name, member) in change.as_object().unwrap() {
        value[name] = member.clone();
    }
    value
}

fn parsed(change: Value) -> (Metadata, Policy) {
    parse(&with(change)).unwrap()
}

fn keys(algorithm: Algorithm) -> Value {
    let (key, _) = SigningKey::generate(algorithm, Timestamp::default()).unwrap();
    json!({"keys": [key.jwk()]})
}

#[test]
fn the_defaults_are_those_of_the_specifications_and_the_product() {
    let (metadata, policy) = parsed(json!({}));
    assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(metadata.token_endpoint_auth_method, AuthMethod::ClientSecretBasic);
    assert_eq!(metadata.id_token_signed_response_alg, Algorithm::Rs256);
    assert_eq!(metadata.subject_type, SubjectType::Pairwise);
    assert_eq!(metadata.scope.to_string(), "openid");
    assert!(policy.require_pkce && !policy.lower_role_floor);
    assert_eq!(policy.consent, ConsentMode::Remember);
    assert_eq!(policy.claims, [] as [&str; 0]);
    assert_eq!(metadata.to_json()["response_types"], json!(["code"]));
    assert_eq!(
        policy.to_json(),
        json!({
            "require_pkce": true, "require_par": false, "require_signed_request_object": false,
            "client_assertion_aud": "issuer_or_token_endpoint",
            "signing_algs": ["RS256", "PS256", "ES256", "EdDSA"], "sender_constraint": "none",
            "refresh_rotation": "rotate", "registration": "closed", "min_acr": null, "lower_role_floor": false,
            "consent": "remember", "claims": [], "resources": [], "serves": [], "exchange": false,
        })
    );
}

#[test]
fn claims_default_to_those_of_the_scope() {
    let (_, policy) = parsed(json!({"scope": "openid email phone records.read"}));
    assert_eq!(policy.claims, ["email", "email_verified", "phone_number", "phone_number_verified"]);
    let (_, policy) = parsed(json!({"scope": "openid email", "policy": {"claims": ["email"]}}));
    assert!(policy.allows_claim("email") && !policy.allows_claim("email_verified"));
    assert_eq!(claims_of(crate::base::Scope::Profile).len(), 14);
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name() {
    let table = [
        (json!({"redirect_uris": []}), "redirect_uris"),
        (json!({"backchannel_logout_uri": "http://app.example/out"}), "backchannel_logout_uri"),
        (json!({"backchannel_logout_uri": "https://app.example/out#x"}), "backchannel_logout_uri"),
        (json!({"backchannel_logout_session_required": "yes"}), "backchannel_logout_session_required"),
        (json!({"frontchannel_logout_uri": "https://app.example:444/out"}), "frontchannel_logout_uri"),
        (json!({"frontchannel_logout_uri": "https://other.example/out"}), "frontchannel_logout_uri"),
        (json!({"redirect_uris": "https://app.example/cb"}), "redirect_uris"),
        (json!({"redirect_uris": ["https://app.example/cb#x"]}), "redirect_uris"),
        (json!({"redirect_uris": ["JAVASCRIPT:alert(1)"]}), "redirect_uris"),
        (json!({"redirect_uris": ["https://a.example/", "https://b.example/"]}), "redirect_uris"),
        (json!({"post_logout_redirect_uris": ["http://app.example/"]}), "post_logout_redirect_uris"),
        (json!({"grant_types": ["implicit"]}), "grant_types"),
        (json!({"grant_types": ["password"]}), "grant_types"),
        (json!({"grant_types": []}), "grant_types"),
        (json!({"grant_types": ["refresh_token"]}), "grant_types"),
        (json!({"response_types": ["code", "id_token"]}), "response_types"),
        (json!({"response_types": ["token"]}), "response_types"),
        (json!({"response_types": []}), "response_types"),
        (json!({"response_modes": ["fragment"]}), "response_modes"),
        (json!({"token_endpoint_auth_method": "tls_client_auth"}), "tls_client_auth"),
        (json!({"tls_client_auth_san_dns": "app.example"}), "tls_client_auth"),
        (json!({"tls_client_auth_subject_dn": "app"}), "tls_client_auth_subject_dn"),
        (json!({"tls_client_auth_san_ip": "app.example"}), "tls_client_auth_san_ip"),
        (
            json!({"tls_client_auth_san_dns": "a.example", "tls_client_auth_san_uri": "urn:a"}),
            "tls_client_auth_san_uri",
        ),
        (json!({"token_endpoint_auth_method": "self_signed_tls_client_auth"}), "jwks"),
        (json!({"jwks": {"keys": [{"kty": "EC", "x5c": ["AAAA"]}]}}), "jwks"),
        (
            json!({"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "ES256"}),
            "token_endpoint_auth_signing_alg",
        ),
        (json!({"token_endpoint_auth_method": "private_key_jwt"}), "jwks"),
        (json!({"token_endpoint_auth_signing_alg": "HS256"}), "token_endpoint_auth_signing_alg"),
        (json!({"id_token_signed_response_alg": "none"}), "id_token_signed_response_alg"),
        (json!({"id_token_signed_response_alg": "HS256"}), "id_token_signed_response_alg"),
        (json!({"id_token_encrypted_response_alg": "RSA-OAEP"}), "id_token_encrypted_response_alg"),
        (json!({"id_token_encrypted_response_alg": "RSA-OAEP-256"}), "id_token_encrypted_response_enc"),
        (json!({"userinfo_encrypted_response_enc": "A128GCM"}), "userinfo_encrypted_response_alg"),
        (json!({"userinfo_encrypted_response_enc": "A128CBC-HS256"}), "userinfo_encrypted_response_enc"),
        (
            json!({"userinfo_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_enc": "A128GCM"}),
            "userinfo_encrypted_response_alg",
        ),
        (json!({"introspection_signed_response_alg": "HS256"}), "introspection_signed_response_alg"),
        (
            json!({"introspection_signed_response_alg": "ES256", "policy": {"signing_algs": ["RS256"]}}),
            "introspection_signed_response_alg",
        ),
        (json!({"jwks_uri": "http://app.example/jwks"}), "jwks_uri"),
        (json!({"jwks_uri": "https://app.example/jwks", "jwks": keys(Algorithm::EdDsa)}), "jwks_uri"),
        (json!({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}), "jwks"),
        (json!({"sector_identifier_uri": "ftp://a.example/"}), "sector_identifier_uri"),
        (json!({"subject_type": "private"}), "subject_type"),
        (json!({"scope": ["openid"]}), "scope"),
        (json!({"scope": "open\"id"}), "scope"),
        (json!({"default_max_age": -1}), "default_max_age"),
        (json!({"default_max_age": "60"}), "default_max_age"),
        (json!({"default_max_age": u64::MAX}), "default_max_age"),
        (json!({"default_max_age": 1.5}), "default_max_age"),
        (json!({"require_auth_time": "true"}), "require_auth_time"),
        (json!({"default_acr_values": ["urn:vouchsafe:acr:aal3"]}), "default_acr_values"),
        (json!({"client_name": ""}), "client_name"),
        (json!({"client_name": "a\u{202e}b"}), "client_name"),
        (json!({"logo_uri": "http://app.example/x"}), "logo_uri"),
        (json!({"tos_uri": "javascript:alert(1)"}), "tos_uri"),
        (json!({"policy_uri": "https://u@app.example/x"}), "policy_uri"),
        (json!({"initiate_login_uri": "/x"}), "initiate_login_uri"),
        (json!({"contacts": "x"}), "contacts"),
        (json!({"dpop_bound_access_tokens": "true"}), "dpop_bound_access_tokens"),
        (
            json!({"dpop_bound_access_tokens": true, "policy": {"sender_constraint": "none"}}),
            "dpop_bound_access_tokens",
        ),
        (
            json!({"require_pushed_authorization_requests": false, "policy": {"require_par": true}}),
            "require_pushed_authorization_requests",
        ),
        (json!({"policy": []}), "policy"),
        (json!({"policy": {"require_pcke": true}}), "policy"),
        (json!({"policy": {"require_par": 1}}), "policy.require_par"),
        (json!({"policy": {"require_signed_request_object": true}}), "jwks"),
        (json!({"require_signed_request_object": true}), "jwks"),
        (json!({"require_signed_request_object": "yes"}), "require_signed_request_object"),
        (json!({"request_object_signing_alg": "none"}), "request_object_signing_alg"),
        (json!({"request_object_signing_alg": "HS256"}), "request_object_signing_alg"),
        (json!({"request_object_signing_alg": "ES256"}), "jwks"),
        (json!({"request_uris": ["https://app.example/r"]}), "jwks"),
        (json!({"request_uris": ["http://app.example/r"]}), "request_uris"),
        (json!({"request_uris": ["https://u@app.example/r"]}), "request_uris"),
        (json!({"request_uris": [format!("https://app.example/{}", "x".repeat(500))]}), "request_uris"),
        (json!({"request_uris": "https://app.example/r"}), "request_uris"),
        (json!({"authorization_signed_response_alg": "none"}), "authorization_signed_response_alg"),
        (
            json!({"authorization_signed_response_alg": "ES256", "policy": {"signing_algs": ["RS256"]}}),
            "authorization_signed_response_alg",
        ),
        (json!({"policy": {"sender_constraint": "tls"}}), "policy.sender_constraint"),
        (
            json!({"token_endpoint_auth_method": "none", "policy": {"sender_constraint": "mtls"}}),
            "policy.sender_constraint",
        ),
        (
            json!({"dpop_bound_access_tokens": true, "tls_client_certificate_bound_access_tokens": true}),
            "tls_client_certificate_bound_access_tokens",
        ),
        (json!({"policy": {"refresh_rotation": "none"}}), "policy.refresh_rotation"),
        (json!({"policy": {"refresh_rotation": "never"}}), "policy.refresh_rotation"),
        (json!({"policy": {"min_acr": "aal2"}}), "policy.min_acr"),
        (json!({"policy": {"min_acr": "urn:vouchsafe:acr:aal3"}}), "policy.min_acr"),
        (json!({"policy": {"consent": "never"}}), "policy.consent"),
        (json!({"policy": {"signing_algs": []}}), "policy.signing_algs"),
        (json!({"policy": {"signing_algs": ["ES256"]}}), "id_token_signed_response_alg"),
        (json!({"userinfo_signed_response_alg": "none"}), "userinfo_signed_response_alg"),
        (
            json!({"userinfo_signed_response_alg": "ES256", "policy": {"signing_algs": ["RS256"]}}),
            "userinfo_signed_response_alg",
        ),
        (json!({"policy": {"claims": [""]}}), "policy.claims"),
        (json!({"policy": {"resources": ["api"]}}), "policy.resources"),
        (json!({"policy": {"resources": ["https://api.example/#x"]}}), "policy.resources"),
        (json!({"policy": {"serves": "https://api.example/"}}), "policy.serves"),
        (json!({"policy": {"exchange": "yes"}}), "policy.exchange"),
        (json!({"authorization_details_types": "medicines"}), "authorization_details_types"),
        (json!({"authorization_details_types": ["two words"]}), "authorization_details_types"),
        (json!({"grant_types": [EXCHANGE]}), "grant_types"),
        (
            json!({"grant_types": [EXCHANGE], "policy": {"exchange": true}, "token_endpoint_auth_method": "none"}),
            "grant_types",
        ),
    ];
    let missing = |change| parse(&with(change)).unwrap_err().to_string();
    assert!(missing(json!({"grant_types": [EXCHANGE]})).contains("\"exchange\": true"));
    let public = json!({"grant_types": [EXCHANGE], "policy": {"exchange": true}, "token_endpoint_auth_method": "none"});
    assert!(missing(public).contains("a client that authenticates"));
    for (change, member) in table {
        let refused = parse(&with(change.clone())).unwrap_err();
        assert!(refused.to_string().starts_with(&format!("{member}: ")), "{change}: {refused}");
        let wanted =
            if member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
        let several = refused.to_string().contains("several hosts");
        assert!(several || refused.code() == wanted, "{change}");
    }
    assert!(parse(&json!([])).is_err());
}

#[test]
fn unknown_members_null_and_false_are_ignored() {
    let (metadata, _) = parsed(json!({
        "foo": 1, "client_name#de": "Praxis", "jwks_uri": null, "jwks": null, "policy": null,
        "require_pushed_authorization_requests": false, "request_uris": [], "response_types": ["code"],
    }));
    assert_eq!(metadata, parsed(json!({})).0);
}

#[test]
fn a_public_client_authenticates_never_and_uses_pkce_always() {
    let public = |more: Value| {
        let mut change = json!({"token_endpoint_auth_method": "none"});
        change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parse(&with(change))
    };
    assert!(public(json!({"grant_types": ["authorization_code", "refresh_token"]})).is_ok());
    assert!(public(json!({"grant_types": ["authorization_code", "client_credentials"]})).is_err());
    assert!(public(json!({"policy": {"require_pkce": false}})).is_err());
}

#[test]
fn a_service_needs_no_redirect_uri() {
    let (metadata, _) =
        parse(&json!({"grant_types": ["client_credentials"], "response_types": [], "scope": "records.read"}))
            .unwrap();
    assert!(metadata.allows(GrantType::ClientCredentials) && !metadata.matches_redirect(""));
    assert_eq!(metadata.to_json()["response_types"], json!([]));
}

#[test]
fn keys_must_fit_the_algorithms_of_requests() {
    let signs = |alg: Value, policy: Value| {
        parse(&with(
            json!({"request_object_signing_alg": alg, "jwks": keys(Algorithm::Es256), "policy": policy}),
        ))
    };
    assert!(signs(json!("ES256"), Value::Null).is_ok());
    assert!(signs(json!("EdDSA"), Value::Null).is_err());
    let (metadata, policy) = signs(Value::Null, json!({"require_signed_request_object": true})).unwrap();
    assert!(policy.require_signed_request_object);
    assert_eq!(metadata.requests.object_algorithms(&policy), Algorithm::ALL);
    assert_eq!(metadata.answer_algorithm(), Algorithm::Rs256);
    let keeps = json!({"request_uris": ["https://app.example/r#old", "https://app.example/q?a"], "jwks": keys(Algorithm::Es256)});
    let (metadata, _) = parsed(keeps);
    for (uri, known) in [
        ("https://app.example/r#old", true),
        ("https://app.example/r#new", true),
        ("https://app.example/r", true),
        ("https://app.example/q?a#x", true),
        ("https://app.example/q", false),
        ("https://app.example/r/", false),
        ("https://app.example/r?x", false),
    ] {
        assert_eq!(metadata.requests.keeps_at(uri), known, "{uri}");
    }
    assert!(
        signs(Value::Null, json!({"require_signed_request_object": true, "signing_algs": ["RS256"]}))
            .is_err()
    );
}

#[test]
fn keys_must_fit_the_algorithms() {
    let jwt = |alg: Value, jwks: Value, policy: Value| {
        parse(&with(json!({"token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": alg, "jwks": jwks, "policy": policy})))
    };
    let ec = keys(Algorithm::Es256);
    assert!(jwt(Value::Null, ec.clone(), Value::Null).is_ok());
    assert!(jwt(json!("ES256"), ec.clone(), Value::Null).is_ok());
    assert!(jwt(json!("EdDSA"), ec.clone(), Value::Null).is_err());
    assert!(jwt(json!("ES256"), ec.clone(), json!({"signing_algs": ["RS256"]})).is_err());
    assert!(jwt(Value::Null, ec, json!({"signing_algs": ["RS256"]})).is_err());
}

#[test]
fn sectors_are_one_host_or_the_client() {
    let of = |uris: Value, subject: &str| {
        let (metadata, _) = parsed(json!({"redirect_uris": uris, "subject_type": subject}));
        sector::sector(&metadata, &ClientId::from_text("app.example")).unwrap()
    };
    assert_eq!(
        of(json!(["https://app.example/a", "https://app.example:8443/b"]), "pairwise"),
        "host:app.example"
    );
    assert_eq!(of(json!(["https://a.example/", "https://b.example/"]), "public"), "public");
    assert_eq!(of(json!(["com.example.app:/cb"]), "pairwise"), "client:app.example");
    assert_eq!(of(json!(["http://localhost:1/a", "http://localhost:2/b"]), "pairwise"), "host:localhost");
    assert_eq!(of(json!(["http://127.0.0.1/a", "http://[::1]/a"]), "pairwise"), "client:app.example");
    assert_eq!(of(json!(["https://a.example/", "http://127.0.0.1/a"]), "pairwise"), "host:a.example");
}

#[test]
fn redirects_and_origins() {
    let (metadata, _) = parsed(json!({"redirect_uris":
        ["https://a.example/cb", "https://a.example/other?x", "http://127.0.0.1:7/cb", "com.example.app:/cb"]}));
    assert!(metadata.matches_redirect("https://a.example/other?x"));
    assert!(metadata.matches_redirect("http://127.0.0.1:9999/cb"));
    assert!(!metadata.matches_redirect("https://a.example/cb?x"));
    assert_eq!(metadata.origins(), ["http://127.0.0.1:7", "https://a.example"]);
}

#[test]
fn privileges_are_named() {
    let policy = json!({"lower_role_floor": true, "consent": "skip", "min_acr": "urn:vouchsafe:acr:aal1"});
    let (_, policy) = parsed(json!({"policy": policy}));
    assert_eq!(policy.privileged(), ["policy.lower_role_floor", "policy.consent"]);
    assert_eq!(policy.min_acr, Some(Acr::Aal1));
}

#[test]
fn what_is_written_is_read_back() {
    let full = with(json!({
        "post_logout_redirect_uris": ["https://app.example/out"],
        "grant_types": ["refresh_token", "authorization_code", "client_credentials"],
        "response_modes": ["form_post"], "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "EdDSA", "scope": "openid offline_access profile x:y",
        "jwks": keys(Algorithm::EdDsa), "id_token_signed_response_alg": "PS256", "subject_type": "public",
        "request_object_signing_alg": "EdDSA", "request_uris": ["https://app.example/r?a=b#c"], "authorization_signed_response_alg": "PS256",
        "require_signed_request_object": true,
        "application_type": "native", "default_max_age": 0, "require_auth_time": true,
        "default_acr_values": ["urn:vouchsafe:acr:aal2"], "client_name": " Praxis Müller ",
        "client_uri": "https://app.example/", "logo_uri": "https://app.example/l.png",
        "policy_uri": "https://app.example/p", "tos_uri": "https://app.example/t",
        "initiate_login_uri": "https://app.example/in", "contacts": ["it@app.example"],
        "introspection_signed_response_alg": "PS256",
        "backchannel_logout_uri": "https://elsewhere.example/out", "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://app.example/out?a=b", "frontchannel_logout_session_required": true,
        "policy": {"require_pkce": false, "client_assertion_aud": "issuer", "signing_algs": ["EdDSA", "PS256"],
            "min_acr": "urn:vouchsafe:acr:aal2-phr", "consent": "always", "claims": ["name"],
            "resources": ["https://api.example/fhir", "urn:example:api"], "serves": ["https://app.example/api"]},
    }));
    let by_secret = with(json!({
        "token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "HS384",
    }));
    assert_eq!(parse(&by_secret).unwrap().0.assertion_macs(), [crate::keys::MacAlgorithm::Hs384]);
    for value in [full, by_secret, with(json!({}))] {
        let (metadata, policy) = parse(&value).unwrap();
        let mut written = Value::Object(metadata.to_json());
        written["policy"] = policy.to_json();
        assert_eq!(parse(&written).unwrap(), (metadata, policy));
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        prop_oneof![
            Just("code"),
            Just("ES256"),
            Just("none"),
            Just("https://app.example/cb"),
            Just("openid")
        ]
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(prop_oneof![Just("keys".to_owned()), "[a-z_]{1,8}"], inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_registration_is_read_without_panic_and_twice_alike(
        members in proptest::collection::hash_map(prop_oneof![
            Just("redirect_uris"), Just("grant_types"), Just("scope"), Just("jwks"), Just("policy"),
            Just("client_name"), Just("token_endpoint_auth_method"), Just("default_max_age"), Just("contacts"),
        ], any_json(), 0..5)
    ) {
        let mut value = with(json!({}));
        for (name, member) in members {
            value[name] = member;
        }
        if let Ok((metadata, policy)) = parse(&value) {
            let mut written = Value::Object(metadata.to_json());
            written["policy"] = policy.to_json();
            prop_assert_eq!(parse(&written).unwrap(), (metadata, policy));
        }
    }
}
