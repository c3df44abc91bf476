//! Requests no grant answers.

use crate::idp::on_each_engine;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SAML: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";

#[tokio::test]
async fn a_malformed_request_is_refused_by_name_and_leaves_a_trace() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let long = "x".repeat(5_000);
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[], "invalid_request"),
            (&[("grant_type", "")], "invalid_request"),
            (&[("grant_type", "password"), ("username", "a"), ("password", "b")], "unsupported_grant_type"),
            (&[("grant_type", "implicit")], "unsupported_grant_type"),
            (&[("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")], "invalid_request"),
            (&[("grant_type", JWT_BEARER), ("assertion", "a.b.c")], "unsupported_grant_type"),
            (&[("grant_type", SAML), ("assertion", "x")], "unsupported_grant_type"),
            (&[("grant_type", "Authorization_Code"), ("code", "x")], "unsupported_grant_type"),
            (&[("grant_type", "authorization_code")], "invalid_request"),
            (&[("grant_type", "authorization_code"), ("code", "")], "invalid_request"),
            (&[("grant_type", "authorization_code"), ("code", "a"), ("code", "b")], "invalid_request"),
            (&[("grant_type", "authorization_code"), ("grant_type", "refresh_token")], "invalid_request"),
            (&[("grant_type", "authorization_code"), ("code", &long)], "invalid_request"),
            (&[("grant_type", "refresh_token")], "invalid_request"),
            (&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "\"")], "invalid_scope"),
            (&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", &long)], "invalid_scope"),
        ];
        for (form, code) in cases {
            let mark = idp.mark().await;
            rp.posts("/token", form).await.is_refused(code);
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"], "{form:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_uses_only_the_grants_it_registered() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("grant_types", serde_json::json!(["authorization_code"])).basic().await;
        for form in [
            [("grant_type", "client_credentials"), ("scope", "")],
            [("grant_type", "refresh_token"), ("refresh_token", "x")],
        ] {
            let mark = idp.mark().await;
            rp.posts("/token", &form).await.is_refused("unauthorized_client");
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
        }
        let alice = idp.person("alice").await;
        let ask = rp.ask().set("scope", "openid offline_access");
        let tokens = rp.signs_in_with(&alice, &idp.browser(), &ask).await;
        assert!(tokens.0.get("refresh_token").is_none());
        assert_eq!(tokens.0["scope"], "openid", "offline_access means nothing to it");
    })
    .await;
}

#[tokio::test]
async fn parameters_in_the_query_are_not_read() {
    on_each_engine(async |idp| {
        let rp = idp.rp().post().await;
        let secret = rp.registered["client_secret"].as_str().unwrap();
        let path = format!("/token?client_id={}&client_secret={secret}&grant_type=refresh_token", rp.id);
        let form = crate::actors::pairs(&[("grant_type", "refresh_token"), ("refresh_token", "x")]);
        idp.http.post(&path, &form).await.is_refused("invalid_client");
        idp.http.post(&path, &[]).await.is_refused("invalid_request");
    })
    .await;
}
