//! `grant_type=refresh_token`: a chain with one living end.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::identity::State;

use super::super::verified;
use crate::idp::on_each_engine;

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_refreshed_id_token_keeps_who_and_when_and_has_no_nonce() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let first = rp.signs_in(&alice, &idp.browser()).await;
        idp.advance(120);
        let mark = idp.mark().await;
        let second = rp.refresh(&first.refresh()).await.is_granted();
        assert_eq!(idp.kinds_since(mark).await, ["refresh.rotated"]);
        let (old, new) = (first.id_claims(), verified(&idp, &second.id()).await);
        for same in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
            assert_eq!(old[same], new[same], "{same}");
        }
        assert!(new["iat"].as_i64() > old["iat"].as_i64());
        assert!(!new.contains_key("nonce"), "OpenID Connect Core §12.2");
        assert_ne!(first.refresh(), second.refresh());
        assert_eq!(second.0["token_type"], "Bearer");
        assert_eq!(rp.userinfo(&second.access()).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_retry_within_a_minute_gets_the_same_successor_while_that_is_unused() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let first = rp.signs_in(&alice, &idp.browser()).await.refresh();
        let second = rp.refresh(&first).await.is_granted().refresh();
        idp.advance(55);
        assert_eq!(rp.refresh(&first).await.is_granted().refresh(), second);
        let third = rp.refresh(&second).await.is_granted().refresh();
        let mark = idp.mark().await;
        rp.refresh(&first).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["family.revoked", "refresh.replayed"]);
        rp.refresh(&third).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_later_ends_the_family() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let first = rp.signs_in(&alice, &idp.browser()).await.refresh();
        let second = rp.refresh(&first).await.is_granted();
        idp.advance(61);
        let mark = idp.mark().await;
        rp.refresh(&first).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["family.revoked", "refresh.replayed"]);
        rp.refresh(&second.refresh()).await.is_refused("invalid_grant");
        assert_eq!(rp.userinfo(&second.access()).await.status, 401);
        let mark = idp.mark().await;
        rp.refresh(&first).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"], "it is over already");
    })
    .await;
}

#[tokio::test]
async fn of_64_at_once_all_get_the_one_living_leaf() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let first = rp.signs_in(&alice, &idp.browser()).await.refresh();
        let mark = idp.mark().await;
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let (rp, first) = (rp.clone(), first.clone());
            all.spawn(async move { rp.refresh(&first).await.is_granted().refresh() });
        }
        let leaves: BTreeSet<_> = all.join_all().await.into_iter().collect();
        assert_eq!(leaves.len(), 1);
        assert_eq!(idp.kinds_since(mark).await, ["refresh.rotated"]);
        rp.refresh(leaves.first().unwrap()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_alone() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().basic().await, idp.rp().basic().await);
        let alice = idp.person("alice").await;
        let token = rp.signs_in(&alice, &idp.browser()).await.refresh();
        let mark = idp.mark().await;
        other.refresh(&token).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
        rp.refresh(&token).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn scope_is_narrowed_for_one_answer_and_never_widened() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let ask = rp.ask().set("scope", "openid email profile");
        let mut token = rp.signs_in_with(&alice, &idp.browser(), &ask).await.refresh();
        for (asked, granted) in
            [("openid email", "openid email"), ("email", "email"), ("", "openid email profile")]
        {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", asked)];
            let tokens = rp.posts("/token", &form).await.is_granted();
            assert_eq!(tokens.0["scope"], granted);
            assert_eq!(tokens.0.get("id_token").is_some(), granted.contains("openid"));
            token = tokens.refresh();
        }
        for wider in ["openid phone", "openid offline_access", "admin"] {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", wider)];
            let mark = idp.mark().await;
            rp.posts("/token", &form).await.is_refused("invalid_scope");
            assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
        }
        rp.refresh(&token).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn without_offline_access_a_refresh_token_ends_with_the_session() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let offline = rp.ask().set("scope", "openid offline_access").set("prompt", "consent");
        let online = rp.signs_in(&alice, &browser).await;
        let offline = rp.signs_in_with(&alice, &browser, &offline).await;
        browser.open(&idp.at(&format!("/logout?id_token_hint={}", online.id()))).await;
        let mark = idp.mark().await;
        rp.refresh(&online.refresh()).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
        assert_eq!(rp.userinfo(&online.access()).await.status, 401);
        assert_eq!(rp.userinfo(&offline.access()).await.status, 200);
        rp.refresh(&offline.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_does_not_outlive_a_day_long_session() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let mut token = rp.signs_in(&alice, &idp.browser()).await.refresh();
        for _ in 0..2 {
            idp.advance(DAY / 2 - 60);
            token = rp.refresh(&token).await.is_granted().refresh();
        }
        idp.advance(121);
        rp.refresh(&token).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn offline_access_ends_after_thirty_idle_days_and_after_ninety_in_all() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let ask = rp.ask().set("scope", "openid offline_access");
        let idle = rp.signs_in_with(&alice, &idp.browser(), &ask).await.refresh();
        let mut used = rp.signs_in_with(&alice, &idp.browser(), &ask).await.refresh();
        for _ in 0..3 {
            idp.advance(29 * DAY);
            used = rp.refresh(&used).await.is_granted().refresh();
        }
        rp.refresh(&idle).await.is_refused("invalid_grant");
        idp.advance(4 * DAY);
        let mark = idp.mark().await;
        rp.refresh(&used).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_disabled_is_dead_within_a_second() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().basic().await, idp.rp().basic().await);
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let ask = |rp: &crate::actors::Rp| rp.ask().set("scope", "openid offline_access");
        let (one, two) = (
            rp.signs_in_with(&alice, &browser, &ask(&rp)).await,
            other.signs_in_with(&alice, &browser, &ask(&other)).await,
        );
        idp.disable_client(&rp.id).await;
        rp.refresh(&one.refresh()).await.is_refused("invalid_client");
        assert_eq!(rp.userinfo(&one.access()).await.status, 401);
        idp.set_account(&alice.account, State::Disabled).await;
        other.refresh(&two.refresh()).await.is_refused("invalid_grant");
        assert_eq!(other.userinfo(&two.access()).await.status, 401);
        assert_eq!(other.introspect(&two.access()).await.json(), json!({ "active": false }));
        idp.set_account(&alice.account, State::Active).await;
        other.refresh(&two.refresh()).await.is_refused("invalid_grant");
        assert_eq!(other.userinfo(&two.access()).await.status, 401, "what ended stays ended");
    })
    .await;
}

#[tokio::test]
async fn nothing_else_passes_for_a_refresh_token() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let refresh = tokens.refresh();
        let mut changed = refresh.clone();
        let middle = refresh.len() / 2;
        changed.replace_range(middle..=middle, if &refresh[middle..=middle] == "A" { "B" } else { "A" });
        for fake in [&changed, &tokens.access(), &tokens.id(), &refresh[..refresh.len() - 1], "vsr_"] {
            let mark = idp.mark().await;
            rp.refresh(fake).await.is_refused("invalid_grant");
            assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
        }
        rp.refresh(&refresh).await.is_granted();
    })
    .await;
}
