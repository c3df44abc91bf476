//! Requests no grant answers.

use crate::actors::claims;
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
        let mark = idp.mark().await;
        idp.http.post(&path, &form).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
        let mark = idp.mark().await;
        idp.http.post(&path, &[]).await.is_refused("invalid_request");
        assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_said_beside_a_code_or_a_refresh_token_changes_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let his = rp.signs_in(&bob, &idp.browser()).await.id_claims()["sub"].as_str().unwrap().to_owned();
        let beside = [
            ("sub", his.as_str()),
            ("username", "bob"),
            ("password", &bob.password),
            ("nonce", "changed"),
            ("acr", "urn:vouchsafe:acr:aal3"),
            ("auth_time", "1"),
            ("exp", "99999999999"),
            ("expires_in", "99999999"),
            ("client_session_host", "evil.example"),
            ("client_session_state", "x"),
            ("subject_token", "x.y.z"),
            ("assertion", "x.y.z"),
            ("dpop_jkt", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        ];
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        let own = [("redirect_uri", rp.redirect_uri.as_str()), ("code_verifier", crate::actors::VERIFIER)];
        let mark = idp.mark().await;
        let first = rp.redeem_with(&code, &[&own[..], &beside[..]].concat()).await.is_granted();
        let refresh = first.refresh();
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let second = rp.posts("/token", &[&form[..], &beside[..]].concat()).await.is_granted();
        assert_eq!(idp.kinds_since(mark).await, ["code.redeemed", "refresh.rotated"]);
        let plain = rp.refresh(&second.refresh()).await.is_granted();
        for tokens in [&first, &second] {
            let (access, id) = (claims(&tokens.access()), tokens.id_claims());
            for name in ["sub", "aud", "acr", "amr", "auth_time", "scope", "client_id", "cnf"] {
                assert_eq!(access.get(name), claims(&plain.access()).get(name), "{name}");
            }
            for name in ["sub", "aud", "acr", "amr", "auth_time", "sid"] {
                assert_eq!(id[name], plain.id_claims()[name], "{name}");
            }
            assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 300);
            assert_ne!(id["sub"], his.as_str());
            assert!(id.get("nonce").is_none_or(|nonce| nonce == "n-0S6_WzA2Mj"));
        }
    })
    .await;
}
