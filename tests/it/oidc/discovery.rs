//! Discovery: made from the code's own lists, and nothing in it that does not work.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::idp::on_each_engine;

#[tokio::test]
async fn the_document_says_what_works_and_nothing_else() {
    on_each_engine(async |idp| {
        let answer = idp.http.get("/.well-known/openid-configuration").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let doc = answer.json();
        let at = |path: &str| json!(idp.at(path));
        let wanted = [
            ("issuer", json!(idp.issuer)),
            ("authorization_endpoint", at("/authorize")),
            ("pushed_authorization_request_endpoint", at("/par")),
            ("token_endpoint", at("/token")),
            ("require_pushed_authorization_requests", json!(false)),
            ("dpop_signing_alg_values_supported", json!(["ES256", "PS256", "EdDSA"])),
            ("userinfo_endpoint", at("/userinfo")),
            ("jwks_uri", at("/jwks")),
            ("introspection_endpoint", at("/introspect")),
            ("revocation_endpoint", at("/revoke")),
            ("end_session_endpoint", at("/logout")),
            ("registration_endpoint", at("/register")),
            ("response_types_supported", json!(["code"])),
            ("response_modes_supported", json!(["query", "form_post", "jwt", "query.jwt", "form_post.jwt"])),
            ("require_signed_request_object", json!(false)),
            ("subject_types_supported", json!(["pairwise", "public"])),
            ("claims_parameter_supported", json!(true)),
            ("request_parameter_supported", json!(true)),
            ("request_uri_parameter_supported", json!(true)),
            ("require_request_uri_registration", json!(true)),
            ("code_challenge_methods_supported", json!(["S256"])),
            ("authorization_response_iss_parameter_supported", json!(true)),
            ("prompt_values_supported", json!(["none", "login", "consent", "select_account"])),
        ];
        for (name, value) in &wanted {
            assert_eq!(&doc[*name], value, "{name}");
        }
        let list = |name: &str| -> BTreeSet<String> {
            doc[name].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
        };
        let set = |all: &[&str]| all.iter().map(|v| (*v).to_owned()).collect::<BTreeSet<_>>();
        let algorithms = set(&["RS256", "PS256", "ES256", "EdDSA"]);
        let methods = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"];
        let assertions = &algorithms | &set(&["HS256", "HS384", "HS512"]);
        assert_eq!(list("token_endpoint_auth_signing_alg_values_supported"), assertions);
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        let ciba = "urn:openid:params:grant-type:ciba";
        let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
        let grants = ["authorization_code", "refresh_token", "client_credentials", device, exchange, ciba];
        assert_eq!(list("grant_types_supported"), set(&grants));
        assert_eq!(list("id_token_signing_alg_values_supported"), algorithms);
        assert_eq!(list("userinfo_signing_alg_values_supported"), algorithms);
        assert_eq!(list("request_object_signing_alg_values_supported"), algorithms);
        assert_eq!(list("authorization_signing_alg_values_supported"), algorithms);
        assert_eq!(list("introspection_endpoint_auth_methods_supported"), set(&methods));
        assert_eq!(list("token_endpoint_auth_methods_supported"), &set(&methods) | &set(&["none"]));
        assert!(list("scopes_supported").contains("openid"));
        assert!(!list("acr_values_supported").contains("urn:vouchsafe:acr:aal3"));
        assert!(list("claims_supported").is_superset(&set(&["sub", "acr", "auth_time", "email", "name"])));
        assert_eq!(list("ui_locales_supported"), set(&["en", "de", "es", "fr", "ar"]));
        for name in doc.as_object().unwrap().keys() {
            assert!(is_registered(name), "{name} is no member of any specification");
        }
        let oauth = idp.http.get("/.well-known/oauth-authorization-server").await;
        assert_eq!(oauth.json(), doc);
    })
    .await;
}

/// Members of RFC 8414 §2, OpenID Connect Discovery §3, RP-Initiated, Back-Channel and Front-Channel Logout §2.1,
/// RFC 9207, RFC 9101 §10.5, JARM §4 and the prompt values.
fn is_registered(name: &str) -> bool {
    let plain = [
        "issuer",
        "jwks_uri",
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "acr_values_supported",
        "subject_types_supported",
        "claim_types_supported",
        "claims_supported",
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
        "require_signed_request_object",
        "display_values_supported",
        "ui_locales_supported",
        "prompt_values_supported",
        "code_challenge_methods_supported",
        "dpop_signing_alg_values_supported",
        "require_pushed_authorization_requests",
        "tls_client_certificate_bound_access_tokens",
        "authorization_response_iss_parameter_supported",
        "backchannel_token_delivery_modes_supported",
        "backchannel_user_code_parameter_supported",
        "backchannel_authentication_request_signing_alg_values_supported",
    ];
    let endpoints = [
        "authorization",
        "device_authorization",
        "backchannel_authentication",
        "pushed_authorization_request",
        "token",
        "userinfo",
        "introspection",
        "revocation",
        "end_session",
        "registration",
    ];
    let of = |rest: &str| {
        ["token", "introspection", "revocation"].iter().any(|e| *name == format!("{e}_endpoint_auth_{rest}"))
    };
    let channel = |rest: &str| {
        ["frontchannel", "backchannel"].iter().any(|channel| *name == format!("{channel}_logout_{rest}"))
    };
    plain.contains(&name)
        || channel("supported")
        || channel("session_supported")
        || ["id_token", "userinfo", "introspection"].iter().any(|answer| {
            let of = |what: &str| *name == format!("{answer}_{what}_values_supported");
            of("signing_alg") || of("encryption_alg") || of("encryption_enc")
        })
        || endpoints.iter().any(|e| *name == format!("{e}_endpoint"))
        || of("methods_supported")
        || of("signing_alg_values_supported")
        || ["authorization", "id_token", "request_object", "userinfo"]
            .iter()
            .any(|e| *name == format!("{e}_signing_alg_values_supported"))
}

#[tokio::test]
async fn every_endpoint_lies_on_the_issuer_and_answers() {
    on_each_engine(async |idp| {
        let doc = idp.http.get("/.well-known/openid-configuration").await.json();
        let endpoints = doc.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint"));
        for (name, url) in endpoints.chain([(&"jwks_uri".to_owned(), &doc["jwks_uri"])]) {
            let url = url.as_str().unwrap();
            assert!(url.starts_with(&format!("{}/", idp.issuer)), "{name}");
            for method in ["GET", "POST"] {
                let status = idp.http.send(method, url, &[], "").await.status;
                assert!(status != 404 && status < 500, "{method} {name}: {status}");
            }
        }
        assert!(matches!(doc["issuer"], Value::String(_)));
    })
    .await;
}

#[tokio::test]
async fn a_host_header_does_not_move_the_issuer() {
    on_each_engine(async |idp| {
        let plain = idp.http.get("/.well-known/openid-configuration").await.body;
        let spoofed = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "host=evil.example;proto=https"),
        ];
        let answer = idp.http.send("GET", "/.well-known/openid-configuration", &spoofed, "").await;
        assert_eq!(answer.body, plain);
    })
    .await;
}
