//! Something ends between the question, the answer and the tokens: the node, the session store, what it remembered. The request
//! goes on or is over, and nobody gets a second token for one answer.

use serde_json::json;
use tokio::task::JoinSet;

use super::{asking, asks, begins, looks, polls, says_yes};
use crate::actors::{Answer, Browser, Form, Rp};
use crate::faults::redis_away;
use crate::faults::stores::{Asked, Rests, on_each_store};
use crate::idp::{TestIdp, on_each_engine};
use crate::servers::soon;

/// How many requests wait for somebody.
const WAITING: &str = "SELECT count(*) FROM ciba_requests WHERE account IS NOT NULL AND answered_at IS NULL";

/// Asks 64 times at once, at one node and another.
async fn polls_at_once(rp: &Rp, nodes: [&TestIdp; 2], id: &str) -> Vec<Answer> {
    let mut all = JoinSet::new();
    for i in 0..64 {
        let (rp, id) = (rp.at(nodes[i % 2]), id.to_owned());
        all.spawn(async move { polls(&rp, &id).await });
    }
    all.join_all().await
}

/// Sends a form 64 times at once, at one node and another; how they were answered.
async fn posts_at_once(browser: &Browser, nodes: [&TestIdp; 2], form: &Form) -> Vec<u16> {
    let mut all = JoinSet::new();
    for i in 0..64 {
        let (browser, form) = (browser.at(nodes[i % 2]), form.clone());
        all.spawn(async move { browser.post(&form.action, &form.fields).await.status });
    }
    all.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_any_step_costs_nothing_and_brings_no_second_token() {
    on_each_engine(async |idp| {
        let (rp, alice, browser) = (asking(&idp).basic().await, idp.person("alice").await, idp.browser());
        let (id, unwanted) =
            (asks(&rp, &[("login_hint", "alice")]).await, asks(&rp, &[("login_hint", "alice")]).await);
        // The node that was asked goes, and so does each one that showed a page.
        let node = idp.restarted().await;
        polls(&rp.at(&node), &id).await.is_refused("authorization_pending");
        let page = looks(&alice.at(&node), &browser.at(&node), &node).await;
        let (yes, no) = (page.form("approve-yes-1"), page.form("approve-no-2"));
        let node = node.restarted().await;
        let here = browser.at(&node);
        let question = here.follow(here.post(&yes.action, &yes.fields).await).await;
        let agreed = question.form("consent-allow");
        let node = node.restarted().await;
        node.advance(6);
        polls(&rp.at(&node), &id).await.is_refused("authorization_pending");
        let here = browser.at(&node);
        let end = here.follow(here.post(&agreed.action, &agreed.fields).await).await;
        assert_eq!(end.status, 200, "{end:?}");

        // Answered and not asked about yet: the next node knows it, and answers nothing again.
        let node = node.restarted().await;
        let here = browser.at(&node);
        assert_eq!(here.open(&end.url).await.status, 200);
        let mark = node.mark().await;
        for form in [&yes, &agreed] {
            let again = here.follow(here.post(&form.action, &form.fields).await).await;
            assert!(again.status >= 400 || !again.has("consent-allow"), "{again:?}");
        }
        assert!(!node.kinds_since(mark).await.contains(&"authorize.granted"));
        let other = node.another().await;
        let answers = polls_at_once(&rp, [&node, &other], &id).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            let word = answer.member("error");
            assert!(["invalid_grant", "slow_down"].contains(&word.as_str()), "{answer:?}");
        }
        let tokens = won[0].is_granted();

        // One no of many, at two nodes.
        let mark = node.mark().await;
        let said = posts_at_once(&browser, [&node, &other], &no).await;
        assert!(said.iter().all(|status| [303, 404].contains(status)), "{said:?}");
        let refused = node.counts_since(mark).await;
        assert_eq!(refused.get("authorize.refused"), Some(&1), "{refused:?}");
        other.stop().await;

        let node = node.restarted().await;
        let rp = rp.at(&node);
        let mark = node.mark().await;
        polls(&rp, &id).await.is_refused("invalid_grant");
        polls(&rp, &unwanted).await.is_refused("access_denied");
        assert_eq!(node.kinds_since(mark).await, ["code.refused"; 2]);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        rp.refresh(&tokens.refresh()).await.is_granted();
        assert_eq!(node.place.count("SELECT count(*) FROM families").await, 1);
        node.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_nobody_is_asked_nothing_is_answered_and_no_token_is_made() {
    on_each_store(&[], async |idp, store| {
        let (rp, alice, browser) = (asking(&idp).basic().await, idp.person("alice").await, idp.browser());
        let agreed = asks(&rp, &[("login_hint", "alice")]).await;
        assert_eq!(says_yes(&alice, &browser, &idp).await.status, 200);
        let waits = asks(&rp, &[("login_hint", "alice")]).await;
        let page = looks(&alice, &browser, &idp).await;
        let (yes, no) = (page.form("approve-yes-1"), page.form("approve-no-1"));
        let known = "SELECT count(*) FROM ciba_requests";
        let before = (idp.place.count(known).await, idp.place.count(WAITING).await);

        let asked_again = || {
            let (asks, looks, page) = (rp.clone(), browser.clone(), idp.at("/approve"));
            vec![
                Asked::new("a question", Rests::Both, async move {
                    begins(&asks, &[("login_hint", "alice")]).await
                }),
                Asked::new("what waits", Rests::Session, async move { looks.get(&page).await }),
            ]
        };
        let answered = [("a yes", yes.clone()), ("a no", no)].map(|(name, form)| {
            let browser = browser.clone();
            Asked::new(name, Rests::Both, async move { browser.post(&form.action, &form.fields).await })
        });
        let polled =
            [("an app that waits", &waits), ("one that may have its tokens", &agreed)].map(|(name, id)| {
                let (rp, id) = (rp.clone(), id.clone());
                Asked::new(name, Rests::Both, async move { polls(&rp, &id).await })
            });
        assert!(store.meets(&idp, answered.into_iter().chain(polled).collect()).await.is_empty());
        for (name, answer) in store.away(&idp, asked_again).await {
            assert!(
                name == "what waits" && answer.has("approve-yes-1") && !answer.has("approve-yes-2"),
                "{name}"
            );
        }
        assert_eq!((idp.place.count(known).await, idp.place.count(WAITING).await), before);

        let tokens = polls(&rp, &agreed).await.is_granted();
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        polls(&rp, &agreed).await.is_refused("invalid_grant");
        polls(&rp, &waits).await.is_refused("authorization_pending");
        let page = browser.follow(browser.post(&yes.action, &yes.fields).await).await;
        assert_eq!(alice.answers(&browser, page).await.status, 200);
        polls(&rp, &waits).await.is_granted();
        assert_eq!(idp.place.count(WAITING).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_session_store_lost_is_over_and_keeps_no_place() {
    let Some((idp, mut redis)) = redis_away::with_its_own().await else { return };
    let (rp, alice, browser) = (asking(&idp).basic().await, idp.person("alice").await, idp.browser());
    let agreed = asks(&rp, &[("login_hint", "alice")]).await;
    assert_eq!(says_yes(&alice, &browser, &idp).await.status, 200);
    let waits = asks(&rp, &[("login_hint", "alice")]).await;
    let page = looks(&alice, &browser, &idp).await;
    let (yes, no) = (page.form("approve-yes-1"), page.form("approve-no-1"));
    redis.dies();
    redis.starts().await;
    soon("the page", async || browser.get(&idp.at("/approve")).await.status < 400).await;

    let mark = idp.mark().await;
    for id in [&agreed, &waits] {
        polls(&rp, id).await.is_refused("invalid_grant");
    }
    assert_eq!(idp.kinds_since(mark).await, ["code.refused"; 2]);
    // She signs in again; what she saw before is nothing that could be answered, and nothing is kept free for it.
    assert_eq!(idp.place.count(WAITING).await, 1);
    assert!(!looks(&alice, &browser, &idp).await.has("approve-yes-1"));
    assert_eq!(idp.place.count(WAITING).await, 0);
    let csrf = idp.csrf_of(&browser).await;
    let mark = idp.mark().await;
    for form in [yes, no].map(|form| form.with("csrf", &csrf)) {
        assert_eq!(browser.post(&form.action, &form.fields).await.status, 404);
    }
    assert_eq!(idp.counts_since(mark).await.into_keys().collect::<Vec<_>>(), ["interaction.refused"]);
    assert_eq!(idp.place.count("SELECT count(*) FROM families").await, 0);
    // Whoever asks anew is answered.
    let id = asks(&rp, &[("login_hint", "alice")]).await;
    assert_eq!(says_yes(&alice, &browser, &idp).await.status, 200);
    polls(&rp, &id).await.is_granted();
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_an_older_session_store_brings_back_buys_nothing() {
    let Some((idp, redis)) = redis_away::with_its_own().await else { return };
    let (rp, alice, browser) = (asking(&idp).basic().await, idp.person("alice").await, idp.browser());
    let id = asks(&rp, &[("login_hint", "alice")]).await;
    assert_eq!(says_yes(&alice, &browser, &idp).await.status, 200);
    redis.is_copied();
    let tokens = polls(&rp, &id).await.is_granted();
    redis.is_as_copied();
    // It believes that the app never asked; SQL knows better, and somebody has what the app has.
    let mark = idp.mark().await;
    polls(&rp, &id).await.is_refused("invalid_grant");
    assert_eq!(idp.kinds_since(mark).await, ["code.replayed", "family.revoked"]);
    assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
    rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
    assert_eq!(rp.introspect(&tokens.access()).await.json(), json!({ "active": false }));
    idp.stop().await;
}
