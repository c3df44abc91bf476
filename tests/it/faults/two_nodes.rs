//! Two nodes on the same stores are one provider: whoever asks which, gets the same answer.

use std::collections::BTreeSet;

use tokio::task::JoinSet;
use vouchsafe::identity::State;
use vouchsafe::keys::Algorithm;

use crate::actors::{Callback, header};
use crate::idp::{TestIdp, on_each_engine};

/// Runs `test` on two nodes of one installation.
pub async fn on_two_nodes(test: impl AsyncFn(TestIdp, TestIdp)) {
    on_each_engine(async |one| {
        let two = one.another().await;
        test(one, two.clone()).await;
        two.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_redemptions_over_two_nodes_one_wins_at_most_and_nothing_it_won_lives() {
    on_two_nodes(async |one, two| {
        let rp = one.rp().public().await;
        let alice = one.person("alice").await;
        let code = alice.authorizes(&one.browser(), &rp.ask()).await.code();
        let mark = one.mark().await;
        let mut all = JoinSet::new();
        for i in 0..64 {
            let (rp, code) = (rp.at(if i % 2 == 0 { &one } else { &two }), code.clone());
            all.spawn(async move { rp.redeem(&code).await });
        }
        let answers = all.join_all().await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(won.len() <= 1, "{} winners", won.len());
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.is_refused("invalid_grant");
        }
        let counts = one.counts_since(mark).await;
        assert_eq!(counts.get("code.redeemed").copied().unwrap_or(0), won.len());
        assert_eq!(counts["family.revoked"], 1);
        for answer in won {
            let tokens = answer.is_granted();
            for node in [&one, &two] {
                assert_eq!(rp.at(node).userinfo(&tokens.access()).await.status, 401);
                rp.at(node).refresh(&tokens.refresh()).await.is_refused("invalid_grant");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_refreshes_over_two_nodes_all_get_the_one_living_leaf() {
    on_two_nodes(async |one, two| {
        let rp = one.rp().public().await;
        let alice = one.person("alice").await;
        let first = rp.signs_in(&alice, &one.browser()).await.refresh();
        let mark = one.mark().await;
        let mut all = JoinSet::new();
        for i in 0..64 {
            let (rp, first) = (rp.at(if i % 2 == 0 { &one } else { &two }), first.clone());
            all.spawn(async move { rp.refresh(&first).await.is_granted().refresh() });
        }
        let leaves: BTreeSet<_> = all.join_all().await.into_iter().collect();
        assert_eq!(leaves.len(), 1);
        assert_eq!(one.kinds_since(mark).await, ["refresh.rotated"]);
        let next = rp.at(&two).refresh(leaves.first().unwrap()).await.is_granted();
        // Whoever comes with the first now is a thief to both.
        rp.refresh(&first).await.is_refused("invalid_grant");
        rp.at(&two).refresh(&next.refresh()).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_a_sign_in_may_be_at_another_node() {
    on_two_nodes(async |one, two| {
        let rp = one.rp().basic().await;
        let (alice, mut browser) = (one.person("alice").await, one.browser());
        let nodes = [&two, &one];
        let mut page = browser.open(&rp.ask().url()).await;
        for i in 0..20 {
            browser = browser.at(nodes[i % 2]);
            page = match alice.at(nodes[i % 2]).answer(&browser, &page).await {
                Some(next) => next,
                None => break,
            };
        }
        let code = Callback::of(&page).code();
        let tokens = rp.at(&two).redeem(&code).await.is_granted();
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        let silent = browser.at(&one).get(&rp.ask().set("prompt", "none").url()).await;
        let code = Callback::of(&silent).code();
        rp.at(&two).redeem(&code).await.is_granted();
        rp.redeem(&code).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_at_one_node_is_over_at_the_other() {
    on_two_nodes(async |one, two| {
        let (rp, other) = (one.rp().basic().await, one.rp().basic().await);
        let (alice, bob) = (one.person("alice").await, one.person("bob").await);
        let (browser, gone) = (one.browser(), one.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        let others = other.signs_in(&alice, &browser).await;
        let hint = rp.signs_in(&bob, &gone).await;
        let silently = async |browser: &crate::actors::Browser| {
            let ask = other.ask().set("prompt", "none").url();
            Callback::of(&browser.at(&two).get(&ask).await)
        };
        // What the second node remembers is as good as ever.
        assert_eq!(rp.at(&two).userinfo(&tokens.access()).await.status, 200);
        assert_eq!(rp.at(&two).userinfo(&hint.access()).await.status, 200);
        silently(&browser).await.code();

        let left = gone.stolen();
        gone.open(&one.at(&format!("/logout?id_token_hint={}", hint.id()))).await;
        assert_eq!(rp.at(&two).userinfo(&hint.access()).await.status, 401, "at once: ends are read from SQL");
        silently(&left).await.is_refused("login_required");

        one.disable_client(&rp.id).await;
        rp.at(&two).refresh(&tokens.refresh()).await.is_refused("invalid_client");
        assert_eq!(rp.at(&two).userinfo(&tokens.access()).await.status, 401);
        assert_eq!(other.at(&two).userinfo(&others.access()).await.status, 200);

        one.set_account(&alice.account, State::Disabled).await;
        assert_eq!(other.at(&two).userinfo(&others.access()).await.status, 401);
        other.at(&two).refresh(&others.refresh()).await.is_refused("invalid_grant");
        silently(&browser).await.is_refused("login_required");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_rotated_at_one_node_signs_and_is_known_at_the_other() {
    on_two_nodes(async |one, two| {
        let rp = one.rp().with("id_token_signed_response_alg", "ES256").basic().await;
        let alice = one.person("alice").await;
        let before = rp.at(&two).signs_in(&alice.at(&two), &two.browser()).await;
        vouchsafe::flows::keys::rotate_now(&one.operator(), None, Some(Algorithm::Es256)).await.unwrap();
        one.advance(1);
        let after = rp.at(&two).refresh(&before.refresh()).await.is_granted();
        let kid = |tokens: &crate::actors::Tokens| header(&tokens.id())["kid"].as_str().unwrap().to_owned();
        assert_ne!(kid(&before), kid(&after));
        for node in [&one, &two] {
            let known = node.http.get("/jwks").await.body;
            assert!(known.contains(&kid(&after)) && known.contains(&kid(&before)), "{known}");
            assert_eq!(rp.at(node).userinfo(&after.access()).await.status, 200);
        }
    })
    .await;
}
