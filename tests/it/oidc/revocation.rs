//! `/revoke`: a client gives its own tokens back; about others it learns nothing and changes nothing.

use crate::idp::on_each_engine;

#[tokio::test]
async fn a_refresh_token_takes_its_family_along() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let mark = idp.mark().await;
        assert_eq!(rp.revoke(&tokens.refresh()).await.status, 200);
        assert_eq!(idp.kinds_since(mark).await, ["token.revoked"]);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        let mark = idp.mark().await;
        assert_eq!(rp.revoke(&tokens.refresh()).await.status, 200, "a second time changes nothing");
        assert!(idp.kinds_since(mark).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let first = rp.signs_in(&alice, &idp.browser()).await;
        let second = rp.refresh(&first.refresh()).await.is_granted();
        let mark = idp.mark().await;
        assert_eq!(rp.revoke(&first.access()).await.status, 200);
        assert_eq!(idp.kinds_since(mark).await, ["token.revoked"]);
        assert_eq!(rp.userinfo(&first.access()).await.status, 401);
        assert_eq!(rp.introspect(&first.access()).await.json()["active"], false);
        assert_eq!(rp.userinfo(&second.access()).await.status, 200);
        rp.refresh(&second.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn another_clients_token_and_nonsense_are_answered_alike_and_without_effect() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().basic().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let mark = idp.mark().await;
        for token in [&tokens.access(), &tokens.refresh(), &tokens.id(), "x", "a.b.c"] {
            let answer = other.revoke(token).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
        }
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        rp.refresh(&tokens.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn whoever_revokes_must_prove_themselves_and_send_one_token() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let form = crate::actors::pairs(&[("token", &tokens.refresh()), ("client_id", &rp.id)]);
        let mark = idp.mark().await;
        idp.http.post("/revoke", &form).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
        for form in [&[][..], &[("token", "a"), ("token", "b")]] {
            let mark = idp.mark().await;
            rp.posts("/revoke", form).await.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{form:?}");
        }
        rp.refresh(&tokens.refresh()).await.is_granted();
    })
    .await;
}
