//! The database is gone or silent: 503 within five seconds, discovery goes on, and it is found again by itself.

use std::sync::Arc;

use super::{Town, all_at_once, for_itself, is_answered, is_away};
use crate::actors::Callback;
use crate::idp::TestIdp;
use crate::installation::{Installation, copied_database, own_redis};
use crate::servers::{Proxy, Weather, host_of, in_five_seconds, soon};
use crate::stacks::{administer, server, with_database};

/// Runs `test` on a provider whose database lies behind a proxy.
pub async fn behind_a_proxy(test: impl AsyncFn(TestIdp, &Proxy)) {
    let (Some(postgres), Some(redis)) = (server("VOUCHSAFE_TEST_POSTGRES"), server("VOUCHSAFE_TEST_REDIS"))
    else {
        return;
    };
    let name = copied_database(&postgres).await;
    let proxy = Proxy::to(&host_of(&postgres)).await;
    let url = proxy.before(&with_database(&postgres, &name));
    let place = Installation::new("postgres", &url, &own_redis(&redis), &[]);
    let idp = TestIdp::start(Arc::new(place)).await;
    test(idp.clone(), &proxy).await;
    idp.stop().await;
    administer(&postgres, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Everything but what is fixed waits, and says so in time.
async fn everything_waits(town: &Town) {
    // Nothing remembered is good any more.
    town.idp.advance(2);
    let (waiting, facts, fixed) = tokio::join!(
        all_at_once(town.calls_on_sessions()),
        all_at_once(town.calls_on_facts()),
        all_at_once(town.calls_on_nothing())
    );
    for (name, answer) in waiting.iter().chain(&facts) {
        is_away(name, answer);
    }
    for (name, answer) in &fixed {
        is_answered(name, answer);
    }
    is_away("keys", &in_five_seconds("keys", town.idp.http.get("/jwks")).await);
    let parts =
        in_five_seconds("readiness", vouchsafe::flows::upkeep::readiness(&town.idp.app.services)).await;
    let away: Vec<_> = parts.iter().filter(|(_, word)| *word == "away").map(|(name, _)| *name).collect();
    assert_eq!(away, ["database", "key_store", "signing_key"], "readiness says which parts are away");
}

/// Nothing was lost and nothing was granted.
async fn everything_is_as_before(town: &Town) {
    soon("the keys", async || town.idp.http.get("/jwks").await.status == 200).await;
    soon("the session", async || {
        let answer = town.browser.get(&town.app.ask().set("prompt", "none").url()).await;
        answer.status == 303 && Callback::of(&answer).params.contains_key("code")
    })
    .await;
    for (name, answer) in all_at_once(town.calls_on_facts()).await {
        is_answered(name, &answer);
    }
    town.app.redeem(&town.code).await.is_granted();
    town.app.redeem(&town.code).await.is_refused("invalid_grant");
    for_itself(&town.keyed).await.is_granted();
    let (browser, form) = &town.half;
    let page = browser.post(&form.action, &form.fields).await;
    let page = browser.follow(page).await;
    Callback::of(&town.alice.answers(browser, page).await).code();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_refuses_connections_everything_else_waits_in_time() {
    behind_a_proxy(async |idp, proxy| {
        let town = Town::of(&idp).await;
        proxy.turns(Weather::Refusing);
        everything_waits(&town).await;
        proxy.turns(Weather::Fair);
        everything_is_as_before(&town).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_silent_everything_else_waits_in_time() {
    behind_a_proxy(async |idp, proxy| {
        let town = Town::of(&idp).await;
        proxy.turns(Weather::Silent);
        everything_waits(&town).await;
        proxy.turns(Weather::Fair);
        everything_is_as_before(&town).await;
    })
    .await;
}

/// As after a failover to another machine: nobody says goodbye to the old connections.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_stay_silent_for_good_are_given_up() {
    behind_a_proxy(async |idp, proxy| {
        let town = Town::of(&idp).await;
        // As many connections as the pool has are in use when it begins.
        proxy.turns(Weather::Silent);
        for _ in 0..2 {
            let mut calls = town.calls_on_facts();
            for _ in 0..5 {
                calls.extend(town.calls_on_facts());
            }
            town.idp.advance(2);
            for (name, answer) in all_at_once(calls).await {
                is_away(name, &answer);
            }
        }
        proxy.fair_for_new_connections();
        everything_is_as_before(&town).await;
    })
    .await;
}

/// The commit arrives, its answer does not: whether a token was rotated is not known, and the app may ask again.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_whose_outcome_is_unknown_costs_the_app_nothing() {
    behind_a_proxy(async |idp, proxy| {
        let (rp, alice) = (idp.rp().basic().await, idp.person("alice").await);
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let mark = idp.mark().await;
        proxy.falls_silent_after(&["SET generation = generation + $5", "COMMIT"]);
        is_away("the refresh", &in_five_seconds("the refresh", rp.refresh(&tokens.refresh())).await);
        proxy.fair_for_new_connections();
        soon("the keys", async || idp.http.get("/jwks").await.status == 200).await;
        soon("the trail", async || !idp.kinds_since(mark).await.is_empty()).await;
        assert_eq!(idp.kinds_since(mark).await, ["refresh.rotated"], "the commit had arrived");

        let again = rp.refresh(&tokens.refresh()).await.is_granted();
        assert_eq!(idp.kinds_since(mark).await, ["refresh.rotated"], "rotated once");
        assert_eq!(rp.userinfo(&again.access()).await.status, 200);
        let next = rp.refresh(&again.refresh()).await.is_granted();
        // A thief is still told apart from it.
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        rp.refresh(&next.refresh()).await.is_refused("invalid_grant");
    })
    .await;
}

/// An app that gives a token back is told that it is dead only when it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_given_back_is_not_called_dead() {
    for weather in [Weather::Refusing, Weather::Silent] {
        behind_a_proxy(async |idp, proxy| {
            let (rp, alice) = (idp.rp().basic().await, idp.person("alice").await);
            let tokens = rp.signs_in(&alice, &idp.browser()).await;
            let mark = idp.mark().await;
            proxy.turns(weather);
            for token in [tokens.access(), tokens.refresh()] {
                is_away("a revocation", &in_five_seconds("a revocation", rp.revoke(&token)).await);
            }
            proxy.turns(Weather::Fair);
            soon("claims", async || rp.userinfo(&tokens.access()).await.status == 200).await;
            assert!(idp.kinds_since(mark).await.is_empty(), "nothing was done, and nothing was refused");
            for token in [tokens.access(), tokens.refresh()] {
                assert_eq!(rp.revoke(&token).await.status, 200);
            }
            assert_eq!(idp.kinds_since(mark).await, ["token.revoked", "token.revoked"]);
            assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
            rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        })
        .await;
    }
}
