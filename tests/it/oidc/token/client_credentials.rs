//! `grant_type=client_credentials`: an app on its own behalf.

use serde_json::json;

use super::super::verified;
use crate::idp::on_each_engine;

#[tokio::test]
async fn an_app_gets_a_token_for_itself_and_nothing_of_a_person() {
    on_each_engine(async |idp| {
        let rp = idp
            .rp()
            .with("grant_types", json!(["client_credentials"]))
            .with("scope", "openid email rooms:read rooms:write")
            .basic()
            .await;
        let mark = idp.mark().await;
        let tokens = rp.posts("/token", &[("grant_type", "client_credentials")]).await.is_granted();
        assert_eq!(idp.kinds_since(mark).await, ["token.issued"]);
        assert_eq!(tokens.0["scope"], "rooms:read rooms:write");
        assert!(tokens.0.get("id_token").is_none() && tokens.0.get("refresh_token").is_none());
        let claims = verified(&idp, &tokens.access()).await;
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(rp.id), &json!(rp.id)));
        assert!(["acr", "amr", "auth_time"].iter().all(|name| !claims.contains_key(*name)));
        assert_eq!(rp.introspect(&tokens.access()).await.json()["active"], true);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 403, "there is nobody to tell of");
        let form = [("grant_type", "client_credentials"), ("scope", "rooms:read")];
        assert_eq!(rp.posts("/token", &form).await.is_granted().0["scope"], "rooms:read");
    })
    .await;
}

#[tokio::test]
async fn an_app_without_scopes_of_its_own_gets_a_token_that_names_none() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("grant_types", json!(["client_credentials"])).basic().await;
        let tokens = rp.posts("/token", &[("grant_type", "client_credentials")]).await.is_granted();
        assert_eq!(tokens.0.get("scope"), None);
        assert_eq!(rp.introspect(&tokens.access()).await.json()["active"], true);
    })
    .await;
}

#[tokio::test]
async fn scopes_of_people_and_unregistered_ones_are_refused() {
    on_each_engine(async |idp| {
        let rp = idp
            .rp()
            .with("grant_types", json!(["client_credentials"]))
            .with("scope", "openid rooms:read")
            .basic()
            .await;
        for scope in ["openid", "rooms:write", "rooms:read openid", "offline_access"] {
            let mark = idp.mark().await;
            let form = [("grant_type", "client_credentials"), ("scope", scope)];
            rp.posts("/token", &form).await.is_refused("invalid_scope");
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"], "{scope}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_disabled_clients_token_is_dead_within_a_second() {
    on_each_engine(async |idp| {
        let grants = json!(["client_credentials"]);
        let rp = idp.rp().with("grant_types", grants.clone()).with("scope", "rooms:read").basic().await;
        let token = rp.posts("/token", &[("grant_type", "client_credentials")]).await.is_granted().access();
        assert_eq!(rp.userinfo(&token).await.status, 403);
        idp.disable_client(&rp.id).await;
        assert_eq!(rp.userinfo(&token).await.status, 401);
    })
    .await;
}
