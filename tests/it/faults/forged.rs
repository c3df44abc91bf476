//! Somebody can write to a store and has no key: what they move from one place to another opens nothing there.

use std::sync::Arc;

use super::Town;
use crate::actors::{Browser, Callback, Person, Rp};
use crate::idp::{TestIdp, on_each_engine};
use crate::installation::Installation;
use crate::servers::OwnRedis;

/// Two people signed in, each with a code on its way; what is written under one id is moved to the other's.
async fn nothing_moved_opens(idp: &TestIdp, moves: impl AsyncFn(&str)) {
    let town = Town::of(idp).await;
    let (mallory, browser) = (idp.person("mallory").await, idp.browser());
    town.app.signs_in(&mallory, &browser).await;
    let own = mallory.authorizes(&browser, &town.app.ask()).await.code();
    for space in ["session", "code", "interaction"] {
        moves(space).await;
    }
    // Each value opens at its own place alone: whoever was moved is nobody, and nobody became somebody else.
    for browser in [&town.browser, &browser] {
        let silent = browser.get(&town.app.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("login_required");
    }
    for code in [&town.code, &own] {
        town.app.redeem(code).await.is_refused("invalid_grant");
    }
    let (other, form) = &town.half;
    let page = other.post(&form.action, &form.fields).await;
    let page = other.follow(page).await;
    assert!(page.status == 400 && !page.has("code"), "{page:?}");
    town.app.signs_in(&mallory, &browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_within_the_table_of_sessions_opens_nothing() {
    let place = Arc::new(Installation::sqlite(&[]));
    let idp = TestIdp::start(place.clone()).await;
    nothing_moved_opens(&idp, async |space| {
        // Every value goes to the next id of its space.
        let moved = format!(
            "CREATE TABLE m AS SELECT id, lead(value) OVER (ORDER BY id) AS value, first_value(value) OVER (ORDER BY id) \
             AS first FROM ephemeral WHERE space = '{space}' AND version > 0;
             UPDATE ephemeral SET value = (SELECT coalesce(m.value, m.first) FROM m WHERE m.id = ephemeral.id)
             WHERE space = '{space}' AND version > 0;
             DROP TABLE m"
        );
        place.sql(&moved).await;
    })
    .await;
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_moved_within_redis_opens_nothing() {
    let Some(redis) = OwnRedis::start(&[]).await else { return };
    let idp = TestIdp::start(Arc::new(Installation::sqlite_with(&redis.url(), &[]))).await;
    nothing_moved_opens(&idp, async |space| {
        let script = "local keys = redis.call('KEYS', 'vs:' .. ARGV[1] .. ':*') \
            if #keys < 2 then return 'FEW' end \
            redis.call('RENAME', keys[#keys], 'kept') \
            for i = #keys, 2, -1 do redis.call('RENAME', keys[i - 1], keys[i]) end \
            redis.call('RENAME', 'kept', keys[1]) return 'OK'";
        let moved = redis.tells(&["EVAL", script, "0", space]);
        assert!(moved.contains("OK"), "{space}: {moved}");
    })
    .await;
    idp.stop().await;
}

async fn signs_in_with(rp: &Rp, browser: &Browser, name: &str, password: &str) -> crate::actors::Answer {
    let page = browser.open(&rp.ask().url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", name)]).await;
    browser.submit(&page, "sign-in-submit", &[("password", password)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_put_in_place_of_another_persons_lets_nobody_in() {
    on_each_engine(async |idp| {
        let (rp, alice) = (idp.rp().basic().await, idp.person("alice").await);
        let mallory = idp.person("mallory").await;
        let of = |person: &Person| format!("account = '{}' AND kind = 'password'", person.account);
        idp.place
            .sql(&format!(
                "UPDATE factors SET sealed = (SELECT sealed FROM factors WHERE {}) WHERE {}",
                of(&mallory),
                of(&alice)
            ))
            .await;
        let mark = idp.mark().await;
        let page = signs_in_with(&rp, &idp.browser(), "alice", &mallory.password).await;
        assert_eq!(page.status, 503, "{page:?}");
        assert!(idp.kinds_since(mark).await.is_empty(), "nothing was accepted");
        // Whoever moves the row as well has a factor sealed for somebody else.
        idp.place
            .sql(&format!("UPDATE factors SET account = '{}' WHERE {}", alice.account, of(&mallory)))
            .await;
        let page = signs_in_with(&rp, &idp.browser(), "alice", &mallory.password).await;
        assert!(page.status == 503, "{page:?}");
        assert!(!idp.audit().await.has("password.accepted"));
    })
    .await;
}
