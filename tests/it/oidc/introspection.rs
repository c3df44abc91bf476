//! `/introspect`: a client learns about its own tokens, and about nobody else's.

use serde_json::json;
use vouchsafe::base::ClientId;
use vouchsafe::clients::ClientState;
use vouchsafe::flows::clients;
use vouchsafe::flows::clients::settings::{self, Within};

use crate::actors::Rp;
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_client_learns_about_its_own_tokens() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let answer = rp.introspect(&tokens.access()).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
        let (access, id) = (answer.json(), tokens.id_claims());
        assert_eq!((&access["active"], &access["client_id"]), (&json!(true), &json!(rp.id)));
        assert_eq!((&access["sub"], &access["acr"]), (&id["sub"], &id["acr"]));
        assert_eq!((&access["auth_time"], &access["iss"]), (&id["auth_time"], &json!(idp.issuer)));
        assert_eq!((&access["token_type"], &access["scope"]), (&json!("Bearer"), &json!("openid")));
        let refresh = rp.introspect(&tokens.refresh()).await.json();
        assert_eq!((&refresh["active"], &refresh["sub"]), (&json!(true), &id["sub"]));
        assert!(refresh.get("token_type").is_none(), "a refresh token is no bearer token");
    })
    .await;
}

#[tokio::test]
async fn whatever_is_not_the_askers_business_is_inactive_and_nothing_more() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().basic().await, idp.rp().basic().await);
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        for token in [&tokens.access(), &tokens.refresh()] {
            assert_eq!(other.introspect(token).await.json(), json!({ "active": false }));
        }
        let access = tokens.access();
        let tampered = format!("{}AA", &access[..access.len() - 2]);
        let mark = idp.mark().await;
        for token in [tokens.id().as_str(), &code, &tampered, "x", "a.b.c", "{}"] {
            let answer = rp.introspect(token).await;
            assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })), "{token}");
        }
        assert!(idp.kinds_since(mark).await.is_empty(), "to ask is no mistake");
        rp.redeem(&code).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_over_is_inactive() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let inactive = json!({ "active": false });
        let first = rp.signs_in(&alice, &idp.browser()).await;
        idp.advance(301);
        assert_eq!(rp.introspect(&first.access()).await.json(), inactive, "expired");
        let second = rp.refresh(&first.refresh()).await.is_granted();
        assert_eq!(rp.introspect(&first.refresh()).await.json(), inactive, "rotated");
        assert_eq!(rp.introspect(&second.refresh()).await.json()["active"], true);
        idp.end_sessions(&alice.account).await;
        assert_eq!(rp.introspect(&second.access()).await.json(), inactive, "sessions ended");
        assert_eq!(rp.introspect(&second.refresh()).await.json(), inactive);
        let third = rp.signs_in(&alice, &idp.browser()).await;
        idp.advance(25 * 3600);
        assert_eq!(rp.introspect(&third.refresh()).await.json(), inactive, "idle for a day");
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_must_prove_themselves_and_send_one_token() {
    on_each_engine(async |idp| {
        let (rp, public) = (idp.rp().basic().await, idp.rp().public().await);
        let mark = idp.mark().await;
        public.introspect("x").await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
        let form = crate::actors::pairs(&[("token", "x")]);
        idp.http.post("/introspect", &form).await.is_refused("invalid_client");
        for form in [&[][..], &[("token", "")], &[("token", "a"), ("token", "b")]] {
            let mark = idp.mark().await;
            rp.posts("/introspect", form).await.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{form:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_buys_nothing_any_more_is_inactive() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let inactive = json!({ "active": false });
        let offline = async |rp: &Rp| {
            let ask = rp.ask().set("scope", "openid email offline_access");
            let tokens = rp.signs_in_with(&alice, &idp.browser(), &ask).await;
            assert_eq!(rp.introspect(&tokens.refresh()).await.json()["active"], true);
            tokens
        };
        let is_over = async |rp: &Rp, token: &str, code: &str, kind: &str| {
            assert_eq!(rp.introspect(token).await.json(), inactive, "{code}");
            let mark = idp.mark().await;
            rp.refresh(token).await.is_refused(code);
            assert_eq!(idp.kinds_since(mark).await, [kind]);
        };
        // The app was stopped, and may go on.
        let rp = idp.rp().basic().await;
        let tokens = offline(&rp).await;
        idp.disable_client(&rp.id).await;
        let id = ClientId::from_text(rp.id.as_str());
        assert!(clients::set_state(&idp.operator(), &id, ClientState::Enabled).await.unwrap());
        idp.advance(1);
        is_over(&rp, &tokens.refresh(), "invalid_grant", "refresh.refused").await;
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);

        // What it was granted for, or the grant, is not the app's any more.
        for (member, less, code, kind) in [
            ("scope", json!("openid email"), "invalid_grant", "refresh.refused"),
            ("grant_types", json!(["authorization_code"]), "unauthorized_client", "token.refused"),
        ] {
            let rp = idp.rp().basic().await;
            let tokens = offline(&rp).await;
            let mut document = rp.registered.clone();
            document.retain(|name, _| !name.starts_with("client_secret") && !name.starts_with("client_id"));
            document[member] = less;
            let id = ClientId::from_text(rp.id.as_str());
            settings::change(&idp.operator(), &Within::All, &id, &document.into()).await.unwrap();
            idp.advance(1);
            is_over(&rp, &tokens.refresh(), code, kind).await;
        }
    })
    .await;
}
