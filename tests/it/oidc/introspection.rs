//! `/introspect`: a client learns about its own tokens, and about nobody else's.

use serde_json::json;

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
        for token in [tokens.id().as_str(), &code, &tampered, "x", "a.b.c", "{}"] {
            let answer = rp.introspect(token).await;
            assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })), "{token}");
        }
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
