//! What a request must hold, and what it may.

use serde_json::json;

use crate::actors::{Ask, Callback, claims};
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_wrong_request_goes_back_with_its_code_and_begins_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let ask = rp.ask();
        let set = |name: &str, value: &str| ask.clone().set(name, value);
        let twice = |name: &str| ask.clone().add(name, "again");
        let long = "a".repeat(3_000);
        let many = format!(
            "{{\"userinfo\":{{{}}}}}",
            (0..70).map(|i| format!("\"c{i}\":null")).collect::<Vec<_>>().join(",")
        );
        let tries: Vec<(Ask, &str)> = vec![
            (ask.clone().without("response_type"), "invalid_request"),
            (set("response_type", "token"), "unsupported_response_type"),
            (set("response_type", "id_token"), "unsupported_response_type"),
            (set("response_type", "code id_token"), "unsupported_response_type"),
            (set("response_type", "code token"), "unsupported_response_type"),
            (set("response_type", "CODE"), "unsupported_response_type"),
            (set("response_type", "none"), "unsupported_response_type"),
            (ask.clone().without("scope"), "invalid_scope"),
            (set("scope", "unknown"), "invalid_scope"),
            (set("scope", "openid \"x\""), "invalid_scope"),
            (set("scope", &format!("openid {long}")), "invalid_scope"),
            (ask.clone().without("code_challenge").without("code_challenge_method"), "invalid_request"),
            (ask.clone().without("code_challenge"), "invalid_request"),
            (ask.clone().without("code_challenge_method"), "invalid_request"),
            (set("code_challenge_method", "plain"), "invalid_request"),
            (set("code_challenge_method", "s256"), "invalid_request"),
            (set("code_challenge", "short"), "invalid_request"),
            (set("code_challenge", &"a".repeat(44)), "invalid_request"),
            (set("code_challenge", &format!("{}=", "a".repeat(42))), "invalid_request"),
            (set("prompt", "none login"), "invalid_request"),
            (set("prompt", "maybe"), "invalid_request"),
            (set("max_age", "-1"), "invalid_request"),
            (set("max_age", "1.5"), "invalid_request"),
            (set("max_age", "1e3"), "invalid_request"),
            (set("max_age", "99999999999999999999"), "invalid_request"),
            (set("nonce", &long), "invalid_request"),
            (set("state", &long), "invalid_request"),
            (set("claims", "{"), "invalid_request"),
            (set("claims", "[]"), "invalid_request"),
            (set("claims", "{\"userinfo\":{\"a\":1}}"), "invalid_request"),
            (set("claims", &many), "invalid_request"),
            (set("id_token_hint", "nonsense"), "invalid_request"),
            (set("request", "eyJhbGciOiJub25lIn0.e30."), "invalid_request_object"),
            (set("request_uri", "https://app.example/request"), "invalid_request_uri"),
            (set("registration", "{}"), "registration_not_supported"),
            (set("resource", "https://api.example"), "invalid_target"),
            (
                set("claims", r#"{"id_token":{"acr":{"essential":true,"value":"urn:vouchsafe:acr:aal3"}}}"#),
                "unmet_authentication_requirements",
            ),
            (twice("response_type"), "invalid_request"),
            (twice("scope"), "invalid_request"),
            (twice("state"), "invalid_request"),
            (twice("nonce"), "invalid_request"),
            (twice("code_challenge"), "invalid_request"),
            (ask.clone().add("prompt", "none").add("prompt", "login"), "invalid_request"),
            (ask.clone().add("max_age", "1").add("max_age", "2"), "invalid_request"),
        ];
        for (ask, code) in tries {
            let mark = idp.mark().await;
            let browser = idp.browser();
            let callback = Callback::of(&browser.get(&ask.url()).await);
            callback.is_refused(code);
            let described = callback.get("error_description");
            assert!(described.bytes().all(|b| (0x20..0x7f).contains(&b)), "{described}");
            assert_eq!(callback.get("iss"), idp.issuer);
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{ask:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_we_do_not_know_or_need_changes_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let harmless = [
            ("extra", "foobar"),
            ("display", "page"),
            ("display", "popup"),
            ("display", "hologram"),
            ("ui_locales", "se"),
            ("ui_locales", "de fr"),
            ("claims_locales", "se"),
            ("login_hint", "buffy@nowhere.example"),
            ("login_hint", "\u{202e}<b>"),
            ("acr_values", "urn:example:gold"),
            ("scope", "openid unheard_of"),
            ("nonce", ""),
            ("max_age", "100000"),
            ("audience", "https://x.example"),
        ];
        for (name, value) in harmless {
            let ask = rp.ask().set(name, value);
            let code = alice.authorizes(&browser, &ask).await.code();
            assert_eq!(rp.redeem(&code).await.is_granted().0["scope"], "openid", "{name}={value}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_long_login_hint_ends_in_no_loop() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let ask = rp.ask().set("login_hint", &"a".repeat(2_000));
        alice.authorizes(&idp.browser(), &ask).await.code();
    })
    .await;
}

#[tokio::test]
async fn a_client_that_is_not_registered_for_codes_gets_none() {
    on_each_engine(async |idp| {
        let rp = idp
            .rp()
            .with("grant_types", json!(["client_credentials"]))
            .with("redirect_uris", json!(["https://worker.example/cb"]))
            .with("scope", "openid rooms:read")
            .basic()
            .await;
        let mark = idp.mark().await;
        let callback = Callback::of(&idp.browser().open(&rp.ask().url()).await);
        callback.is_refused("unauthorized_client");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
    })
    .await;
}

#[tokio::test]
async fn a_level_that_was_asked_for_is_reached_and_said() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let aal2 = "urn:vouchsafe:acr:aal2";
        let essential = json!({ "id_token": { "acr": { "essential": true, "values": [aal2] } } }).to_string();
        for ask in [rp.ask().set("acr_values", aal2), rp.ask().set("claims", &essential)] {
            let tokens = rp.signs_in_with(&alice, &browser, &ask).await;
            assert_eq!(tokens.id_claims()["acr"], aal2);
        }
        // An essential level is answered by one of its values, be it less than what was reached.
        let less =
            json!({ "id_token": { "acr": { "essential": true, "values": ["urn:vouchsafe:acr:aal1"] } } });
        let tokens = rp.signs_in_with(&alice, &browser, &rp.ask().set("claims", &less.to_string())).await;
        assert_eq!(tokens.id_claims()["acr"], "urn:vouchsafe:acr:aal1");
        let wished =
            json!({ "id_token": { "acr": { "values": ["urn:vouchsafe:acr:aal2-phr"] } } }).to_string();
        for ask in [rp.ask().set("claims", &wished), rp.ask().set("claims", &wished).set("prompt", "none")] {
            let page = browser.open(&ask.url()).await;
            assert!(page.has("enrol-passkey") || page.has("passkey-button") || page.location().is_some());
            if page.location().is_some() {
                Callback::of(&page).is_refused("interaction_required");
            }
        }
        let phr = rp.ask().set("acr_values", "urn:vouchsafe:acr:aal2-phr");
        let page = browser.open(&phr.url()).await;
        assert!(page.has("enrol-passkey") || page.has("passkey-button"), "{}", page.body);
        let silent = phr.set("prompt", "none");
        Callback::of(&browser.open(&silent.url()).await).is_refused("interaction_required");
    })
    .await;
}

#[tokio::test]
async fn a_hint_must_be_ours_and_the_clients_and_may_be_old() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.rp().public().await);
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let own = rp.signs_in(&alice, &browser).await;
        let foreign = other.signs_in(&alice, &browser).await;
        let of_bob = rp.signs_in(&bob, &idp.browser()).await;
        idp.advance(600);
        let silent = |hint: &str| rp.ask().set("prompt", "none").set("id_token_hint", hint);
        let code = Callback::of(&browser.open(&silent(&own.id()).url()).await).code();
        assert_eq!(rp.redeem(&code).await.is_granted().id_claims()["sub"], own.id_claims()["sub"]);
        Callback::of(&browser.open(&silent(&of_bob.id()).url()).await).is_refused("login_required");
        let id = own.id();
        let cut = &id[..id.len() - 3];
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", id.split('.').nth(1).unwrap());
        for bad in [foreign.id().as_str(), &own.access(), cut, &none] {
            for ask in [silent(bad), rp.ask().set("id_token_hint", bad)] {
                let mark = idp.mark().await;
                Callback::of(&browser.open(&ask.url()).await).is_refused("invalid_request");
                assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_person_a_claim_asks_for_is_the_only_one_who_will_do() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let tokens = rp.signs_in(&alice, &browser).await;
        let of_bob = rp.signs_in(&bob, &idp.browser()).await;
        let wants = |sub: &serde_json::Value| {
            let asked = json!({ "id_token": { "sub": { "value": sub } } });
            rp.ask().set("prompt", "none").set("claims", &asked.to_string())
        };
        let same = Callback::of(&browser.open(&wants(&tokens.id_claims()["sub"]).url()).await).code();
        assert_eq!(claims(&rp.redeem(&same).await.is_granted().id())["sub"], tokens.id_claims()["sub"]);
        let other = wants(&of_bob.id_claims()["sub"]);
        Callback::of(&browser.open(&other.url()).await).is_refused("login_required");
        // Nobody is called by a number, and two people are not one.
        let (own, bobs) = (&tokens.id_claims()["sub"], &of_bob.id_claims()["sub"]);
        for asked in [
            json!({ "id_token": { "sub": { "value": 7 } } }),
            json!({ "id_token": { "sub": { "value": own } }, "userinfo": { "sub": { "value": bobs } } }),
        ] {
            let ask = rp.ask().set("prompt", "none").set("claims", &asked.to_string());
            Callback::of(&browser.open(&ask.url()).await).is_refused("login_required");
        }
        let either = json!({ "id_token": { "sub": { "values": [bobs, own] }, "unheard_of": { "x": 1 } } });
        let ask = rp.ask().set("prompt", "none").set("claims", &either.to_string());
        Callback::of(&browser.open(&ask.url()).await).code();
    })
    .await;
}
