//! What a registered app may have: the terms of its token, or little where anybody registers.

use serde_json::{Value, json};
use vouchsafe::base::OrganisationId;
use vouchsafe::clients::{Origin, Stage};
use vouchsafe::keys::{Algorithm, SigningKey};

use super::super::is_shown;
use super::{Made, OPEN, app, with};
use crate::idp::{on_each_engine, on_each_engine_with};
use crate::outbound::receiver::Receiver;

#[tokio::test]
async fn an_app_gets_its_tokens_policy_and_does_not_leave_its_terms() {
    on_each_engine(async |idp| {
        let terms = json!({ "auth_methods": ["private_key_jwt"], "grant_types": ["authorization_code"],
            "scope": "openid profile", "policy": { "min_acr": "urn:vouchsafe:acr:aal2-phr", "require_pkce": false,
            "signing_algs": ["ES256"], "sender_constraint": "dpop" } });
        let (_, token) = idp.client_token_for(&OrganisationId::root(), 1, terms).await;
        let (key, _) = SigningKey::generate(Algorithm::Es256, idp.now()).unwrap();
        let fits = |more: Value| {
            let mut document = with(json!({ "token_endpoint_auth_method": "private_key_jwt",
                "jwks": { "keys": [key.jwk()] }, "id_token_signed_response_alg": "ES256" }));
            document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            document
        };
        for (beyond, member) in [
            (json!({ "token_endpoint_auth_method": "client_secret_basic" }), "token_endpoint_auth_method"),
            (json!({ "token_endpoint_auth_method": "none" }), "policy.require_pkce"),
            (json!({ "grant_types": ["authorization_code", "refresh_token"] }), "grant_types"),
            (json!({ "grant_types": ["client_credentials"] }), "grant_types"),
            (json!({ "scope": "openid email" }), "scope"),
            (json!({ "scope": "openid admin:clients" }), "scope"),
            (json!({ "id_token_signed_response_alg": "RS256" }), "id_token_signed_response_alg"),
            (json!({ "userinfo_signed_response_alg": "PS256" }), "userinfo_signed_response_alg"),
            (json!({ "token_endpoint_auth_signing_alg": "EdDSA" }), "token_endpoint_auth_signing_alg"),
            (json!({ "dpop_bound_access_tokens": false }), "dpop_bound_access_tokens"),
        ] {
            let mark = idp.mark().await;
            let answer = idp.registers(Some(&token), &fits(beyond.clone())).await;
            answer.is_refused("invalid_client_metadata");
            assert!(answer.member("error_description").starts_with(member), "{beyond}: {answer:?}");
            assert_eq!(idp.kinds_since(mark).await, ["client_registration.refused"], "{beyond}");
        }
        assert_eq!(idp.apps().await, 0);
        let said = json!({ "policy": { "min_acr": null, "lower_role_floor": true, "consent": "skip",
            "serves": ["https://records.example/"], "resources": ["https://records.example/"], "exchange": true } });
        let made = Made::of(&idp, &idp.registers(Some(&token), &fits(said)).await).answer;
        let policy = &made["policy"];
        assert_eq!(policy["min_acr"], "urn:vouchsafe:acr:aal2-phr");
        assert_eq!((&policy["lower_role_floor"], &policy["consent"]), (&json!(false), &json!("remember")));
        // It is nobody's API, calls none, and acts for nobody.
        assert_eq!(
            (&policy["serves"], &policy["resources"], &policy["exchange"]),
            (&json!([]), &json!([]), &json!(false))
        );
        assert_eq!((&made["scope"], &made["dpop_bound_access_tokens"]), (&json!("openid profile"), &json!(true)));
        assert_eq!(made.get("client_secret"), None);
    })
    .await;
}

#[tokio::test]
async fn where_anybody_registers_people_are_asked_and_told_that_nobody_checked_the_app() {
    on_each_engine_with(&OPEN, async |idp| {
        for beyond in [
            json!({ "token_endpoint_auth_method": "none" }),
            json!({ "grant_types": ["client_credentials"] }),
            json!({ "scope": "openid address" }),
            json!({ "scope": "openid admin:read" }),
        ] {
            idp.registers(None, &with(beyond)).await.is_refused("invalid_client_metadata");
        }
        let document = with(
            json!({ "policy_uri": "https://self.example/privacy", "tos_uri": "https://self.example/tos" }),
        );
        let made = Made::of(&idp, &idp.registers(None, &document).await);
        assert_eq!(
            (&made.answer["policy"]["consent"], &made.answer["policy"]["require_pkce"]),
            (&json!("always"), &json!(true))
        );
        assert_eq!(idp.kept_client(&made.id).await.unwrap().origin, Origin::Open);

        let ask = |challenge: &str| {
            let uri = "https%3A%2F%2Fself.example%2Fcb";
            let query = format!("client_id={}&redirect_uri={uri}&response_type=code&scope=openid", made.id);
            idp.at(&format!("/authorize?{query}&state=s{challenge}"))
        };
        let browser = idp.browser();
        // A mistake leads on to it only by a press: the person reads whose it is first.
        let pkce = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        for (more, code) in [
            (String::new(), "invalid_request"),
            ("&prompt=none".to_owned(), "invalid_request"),
            (format!("{pkce}&claims=none&response_mode=jwt"), "response="),
            (format!("{pkce}&claims=none&response_mode=form_post"), ""),
        ] {
            let mark = idp.mark().await;
            let page = browser.get(&ask(&more)).await;
            is_shown(&page, "/authorize");
            assert!(page.body.contains("has checked this app"), "{}", page.body);
            assert!(page.body.contains("https://self.example<"), "{}", page.body);
            assert!(!page.has("form-post") && page.header("refresh").is_empty(), "{page:?}");
            let leads = page.body.contains("href=\"https://self.example/cb?");
            assert_eq!(
                (leads, leads && page.body.contains(code)),
                (!code.is_empty(), !code.is_empty()),
                "{more}"
            );
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{more}");
        }
        // A silent question has nobody to read a page.
        let silent = browser.get(&ask(&format!("{pkce}&prompt=none"))).await;
        assert!(silent.location().unwrap().contains("error=login_required"), "{silent:?}");
        // An app that came with a token of an administrator's is told at once, as any of theirs.
        let trusted = Made::new(&idp, json!({}), &document).await;
        let told = browser.get(&ask("").replace(&made.id, &trusted.id)).await;
        assert!(told.location().unwrap().contains("error=invalid_request"), "{told:?}");
        let page = browser
            .open(&ask(
                "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
            ))
            .await;
        assert!(page.has("username") && page.body.contains("has checked this app"), "{}", page.body);
        assert!(page.has("app-privacy") && page.has("app-terms"));
        let alice = idp.person("alice").await;
        let mut consent = page;
        while !consent.has("consent-allow") {
            consent = alice.answer(&browser, &consent).await.unwrap();
        }
        assert!(consent.body.contains("has checked this app"), "{}", consent.body);
    })
    .await;
}

#[tokio::test]
async fn an_app_on_its_developers_own_machine_is_one_in_test() {
    on_each_engine(async |idp| {
        let near = json!({ "redirect_uris": ["http://localhost:9999/cb"] });
        let made = Made::new(&idp, json!({}), &near).await;
        assert_eq!(idp.kept_client(&made.id).await.unwrap().stage, Stage::Test);
        let native = json!({ "redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native" });
        let made = Made::new(&idp, json!({}), &native).await;
        assert_eq!(idp.kept_client(&made.id).await.unwrap().stage, Stage::Live);
        let (_, token) = idp.client_token(&OrganisationId::root()).await;
        let odd = with(json!({ "redirect_uris": ["https://self.example/cb?code=x"] }));
        idp.registers(Some(&token), &odd).await.is_refused("invalid_redirect_uri");
        assert_eq!(idp.registers(Some(&token), &app()).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn an_app_makes_us_call_nobody_in_our_networks_and_learns_nothing_of_them() {
    on_each_engine(async |idp| {
        let server = Receiver::new().await;
        let (_, token) = idp.client_token(&OrganisationId::root()).await;
        for member in ["logo_uri", "sector_identifier_uri"] {
            let mut told = Vec::new();
            for url in [
                format!("https://127.0.0.1:{}/", server.port),
                server.url(),
                "http://127.0.0.1:1/".to_owned(),
                "https://[::1]:1/".to_owned(),
                "https://169.254.169.254/latest/meta-data/".to_owned(),
                "https://10.0.0.1/".to_owned(),
                "https://[::ffff:127.0.0.1]/".to_owned(),
                "https://nobody.invalid/".to_owned(),
            ] {
                let answer = idp.registers(Some(&token), &with(json!({ member: url }))).await;
                answer.is_refused("invalid_client_metadata");
                told.push(answer.member("error_description"));
            }
            told.dedup();
            assert_eq!(told.len(), 1, "{told:?}");
        }
        assert_eq!((server.connections(), idp.apps().await), (0, 0));
    })
    .await;
}
