//! The session store is gone, silent, emptied, or back with what it held an hour ago.

use std::sync::Arc;

use serde_json::json;
use vouchsafe::audit::Kind;

use super::{Town, all_at_once, for_itself, is_answered, is_away};
use crate::actors::{Callback, DpopKey, Rp};
use crate::idp::TestIdp;
use crate::installation::{Installation, own_redis};
use crate::servers::{OwnRedis, Proxy, Weather, host_of, in_five_seconds, soon};
use crate::stacks::server;

/// A provider whose session store lies behind a proxy.
pub async fn behind_a_proxy() -> Option<(TestIdp, Proxy)> {
    behind_a_proxy_with(&[]).await
}

/// As [`behind_a_proxy`], with settings.
pub async fn behind_a_proxy_with(settings: &[(&str, &str)]) -> Option<(TestIdp, Proxy)> {
    let redis = own_redis(&server("VOUCHSAFE_TEST_REDIS")?);
    let proxy = Proxy::to(&host_of(&redis)).await;
    let place = Installation::sqlite_with(&proxy.before(&redis), settings);
    Some((TestIdp::start(Arc::new(place)).await, proxy))
}

/// A provider with a Redis of its own.
pub async fn with_its_own() -> Option<(TestIdp, OwnRedis)> {
    let redis = OwnRedis::start(&[]).await?;
    let place = Installation::sqlite_with(&redis.url(), &[]);
    Some((TestIdp::start(Arc::new(place)).await, redis))
}

async fn what_needs_sessions_waits_and_the_rest_goes_on(town: &Town) {
    let mark = town.idp.mark().await;
    town.idp.advance(2);
    let (waiting, going) = tokio::join!(
        all_at_once(town.calls_on_sessions()),
        all_at_once(town.calls_on_facts().into_iter().chain(town.calls_on_nothing()).collect())
    );
    for (name, answer) in &waiting {
        is_away(name, answer);
    }
    for (name, answer) in &going {
        is_answered(name, answer);
    }
    let kinds = town.idp.kinds_since(mark).await;
    for kind in &kinds {
        assert!(["refresh.rotated", "token.issued", "client_auth.refused"].contains(kind), "{kinds:?}");
    }
    let parts = vouchsafe::flows::upkeep::readiness(&town.idp.app.services).await;
    let away: Vec<_> = parts.iter().filter(|(_, word)| *word == "away").map(|(name, _)| *name).collect();
    assert_eq!(away, ["sessions"], "readiness says which part is away");
}

/// Without a page, for whoever is signed in.
async fn silently(town: &Town) -> Option<Callback> {
    let answer = town.browser.get(&town.app.ask().set("prompt", "none").url()).await;
    (answer.status == 303).then(|| Callback::of(&answer))
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_refuses_connections_only_what_needs_it_waits() {
    let Some((idp, proxy)) = behind_a_proxy().await else { return };
    let town = Town::of(&idp).await;
    proxy.turns(Weather::Refusing);
    what_needs_sessions_waits_and_the_rest_goes_on(&town).await;
    proxy.turns(Weather::Fair);
    soon("the session", async || silently(&town).await.is_some()).await;
    // Nobody took the code meanwhile, and nobody gets it twice.
    town.app.redeem(&town.code).await.is_granted();
    town.app.redeem(&town.code).await.is_refused("invalid_grant");
    for_itself(&town.keyed).await.is_granted();
    let (browser, form) = &town.half;
    let page = browser.post(&form.action, &form.fields).await;
    let page = browser.follow(page).await;
    Callback::of(&town.alice.answers(browser, page).await).code();
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_silent_only_what_needs_it_waits() {
    for old_connections_live_on in [true, false] {
        let Some((idp, proxy)) = behind_a_proxy().await else { return };
        let town = Town::of(&idp).await;
        proxy.turns(Weather::Silent);
        what_needs_sessions_waits_and_the_rest_goes_on(&town).await;
        match old_connections_live_on {
            true => proxy.turns(Weather::Fair),
            false => proxy.fair_for_new_connections(),
        }
        soon("the session", async || silently(&town).await.is_some()).await;
        // What was asked in the dark may have been done: the code is good once at most.
        let first = town.app.redeem(&town.code).await;
        match first.status {
            200 => drop(town.app.refresh(&first.is_granted().refresh()).await.is_granted()),
            _ => drop(first.is_refused("invalid_grant")),
        }
        town.app.redeem(&town.code).await.is_refused("invalid_grant");
        for_itself(&town.keyed).await.is_granted();
        idp.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_cannot_be_remembered_is_answered_503_and_told_nowhere() {
    let Some((idp, proxy)) = behind_a_proxy().await else { return };
    let app = idp.rp().basic().await;
    let machine =
        idp.rp().with("grant_types", json!(["client_credentials"])).with("scope", "api").basic().await;
    let key = DpopKey::new(&idp).await;
    proxy.turns(Weather::Refusing);
    let mark = idp.mark().await;
    let asked = app.ask();
    let pairs = asked.pairs.iter().filter(|(name, _)| name != "client_id");
    let pushed: Vec<_> = pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let (token, par) = (key.proof("POST", "/token", &json!({})), key.proof("POST", "/par", &json!({})));
    let form = [("grant_type", "client_credentials")];
    let (token, par) = ([token.as_str()], [par.as_str()]);
    let asked = machine.posts_with("/token", &form, &token);
    is_away("a proof", &in_five_seconds("a proof", asked).await);
    let asked = app.posts_with("/par", &pushed, &par);
    is_away("a pushed request", &in_five_seconds("a pushed request", asked).await);
    assert!(idp.kinds_since(mark).await.is_empty(), "nobody did anything wrong");
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_died_and_lost_everything_costs_a_sign_in_and_grants_nothing() {
    let Some((idp, mut redis)) = with_its_own().await else { return };
    let town = Town::of(&idp).await;
    let spent = town.alice.authorizes(&town.browser, &town.app.ask()).await.code();
    let kept = town.app.redeem(&spent).await.is_granted();
    let (before, unused) = (town.keyed.assertion(&json!({})), town.keyed.assertion(&json!({})));
    asserts(&town.keyed, &before).await.is_granted();
    redis.dies();
    what_needs_sessions_waits_and_the_rest_goes_on(&town).await;
    redis.starts().await;
    soon("an answer", async || silently(&town).await.is_some()).await;

    // Codes are unknown, whether they were used or not; what they bought before lives on.
    for code in [&town.code, &spent] {
        let mark = idp.mark().await;
        town.app.redeem(code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
    }
    town.app.refresh(&kept.refresh()).await.is_granted();
    // Assertions signed before the loss could have been used before it.
    for assertion in [&before, &unused] {
        let mark = idp.mark().await;
        asserts(&town.keyed, assertion).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, [Kind::AssertionReplayed.as_str()]);
    }
    // And one of a clock that runs a minute ahead as well.
    let ahead = town.keyed.assertion(&json!({ "iat": idp.now().seconds() + 40 }));
    let mark = idp.mark().await;
    asserts(&town.keyed, &ahead).await.is_refused("invalid_client");
    assert_eq!(idp.kinds_since(mark).await, [Kind::AssertionReplayed.as_str()]);
    idp.advance(61);
    for_itself(&town.keyed).await.is_granted();
    // People sign in again.
    silently(&town).await.unwrap().is_refused("login_required");
    let (browser, form) = &town.half;
    let lost = browser.post(&form.action, &form.fields).await;
    let lost = browser.follow(lost).await;
    assert_eq!(lost.status, 400, "{lost:?}");
    assert!(!lost.has("code") && lost.location().is_none(), "a sign-in that is lost leads nowhere: {lost:?}");
    town.app.signs_in(&town.alice, &town.browser).await;
    idp.stop().await;
}

async fn asserts(app: &Rp, assertion: &str) -> crate::actors::Answer {
    let typ = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = crate::actors::pairs(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", typ),
        ("client_assertion", assertion),
    ]);
    app.idp().http.post("/token", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_with_older_data_brings_nothing_back_to_life() {
    let Some((idp, redis)) = with_its_own().await else { return };
    let town = Town::of(&idp).await;
    let bob = idp.person("bob").await;
    let gone = idp.browser();
    let hint = town.app.signs_in(&bob, &gone).await;
    let out = gone.stolen();
    redis.is_copied();
    let bought = town.app.redeem(&town.code).await.is_granted();
    gone.open(&idp.at(&format!("/logout?id_token_hint={}", hint.id()))).await;
    redis.is_as_copied();

    // Redis believes that the code was never taken; SQL knows better.
    let mark = idp.mark().await;
    town.app.redeem(&town.code).await.is_refused("invalid_grant");
    assert_eq!(idp.kinds_since(mark).await, ["code.replayed", "family.revoked"]);
    town.app.refresh(&bought.refresh()).await.is_refused("invalid_grant");
    assert_eq!(town.app.userinfo(&bought.access()).await.status, 401);
    // And that bob is still signed in.
    let answer = out.get(&town.app.ask().set("prompt", "none").url()).await;
    Callback::of(&answer).is_refused("login_required");
    // Whoever was signed in and did not leave still is.
    silently(&town).await.unwrap().code();
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_or_read_only_refuses_what_is_written_and_loses_nothing() {
    let ills =
        [("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"), ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")];
    for (ill, well) in ills {
        let Some((idp, redis)) = with_its_own().await else { return };
        let town = Town::of(&idp).await;
        redis.agrees(ill);
        idp.advance(2);
        let mark = idp.mark().await;
        let reads = ["the account", "a sign-out", "the page of a sign-in"];
        for (name, answer) in all_at_once(town.calls_on_sessions()).await {
            match reads.contains(&name) {
                true => assert!(answer.status < 400, "{ill}: {name}: {answer:?}"),
                false => is_away(name, &answer),
            }
        }
        for (name, answer) in all_at_once(town.calls_on_facts()).await {
            is_answered(name, &answer);
        }
        let kinds = idp.kinds_since(mark).await;
        for forbidden in ["code.redeemed", "session.signed_in", "password.accepted"] {
            assert!(!kinds.contains(&forbidden), "{ill}: {kinds:?}");
        }
        redis.agrees(well);
        soon("a code", async || silently(&town).await.is_some_and(|it| it.params.contains_key("code"))).await;
        town.app.redeem(&town.code).await.is_granted();
        for_itself(&town.keyed).await.is_granted();
        let (browser, form) = &town.half;
        let page = browser.post(&form.action, &form.fields).await;
        let page = browser.follow(page).await;
        Callback::of(&town.alice.answers(browser, page).await).code();
        idp.stop().await;
    }
}
