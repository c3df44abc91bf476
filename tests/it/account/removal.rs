//! Naming and removing ways to sign in: never the last one, never without a fresh proof.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use tokio::task::JoinSet;
use vouchsafe::base::FactorId;
use vouchsafe::flows::account::ways;
use vouchsafe::flows::notify;

use super::{at_home, half, kinds, leads, posts, refusals};
use crate::actors::{Browser, Callback, Person};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// The id of a person's only way of a kind.
async fn way(idp: &TestIdp, person: &Person, kind: &str) -> FactorId {
    let ways = ways(&idp.operator(), &person.account).await.unwrap();
    ways.into_iter().find(|way| way.kind.as_str() == kind).unwrap().id
}

/// Adds a passkey in this browser.
async fn adds_passkey(idp: &TestIdp, person: &Person, browser: &Browser) -> Authenticator {
    let key = Authenticator::new(idp);
    let (_, page) = leads(idp, browser, "/account/add/passkey").await;
    let page = person.answers(browser, page).await;
    let page = browser.binds(&page, &key).await;
    person.answers(browser, page).await;
    key
}

#[tokio::test]
async fn a_way_is_removed_behind_a_fresh_proof_and_everything_else_ends() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (alice, other) = (idp.person("alice").await, idp.browser());
        let ask = rp.ask().set("scope", "openid offline_access").set("prompt", "consent");
        let elsewhere = rp.signs_in_with(&alice, &other, &ask).await;
        let browser = at_home(&idp, &alice).await;
        let key = adds_passkey(&idp, &alice, &browser).await;
        let path = format!("/account/ways/{}/remove", way(&idp, &alice, "totp").await);
        idp.advance(301);
        assert_eq!(leads(&idp, &browser, "/account/").await.0, "/account/");

        let mark = idp.mark().await;
        let refused = posts(&idp, &browser, &path, &[]).await;
        assert_eq!(refused.status, 303, "what was proved six minutes ago removes nothing");
        assert_eq!(refusals(&idp, mark).await, [("factor.removed", "not_fresh".to_owned())]);
        assert_eq!(kinds(&idp, &alice).await, ["passkey", "password", "recovery_codes", "totp"]);

        let (step, page) = leads(&idp, &browser, &path).await;
        assert_eq!(step, "security-key");
        let page = browser.uses(&page, &key).await;
        assert_eq!((page.status, &page.url), (200, &idp.at(&path)), "back at the page that asks");
        let before = browser.stolen();
        let mark = idp.mark().await;
        let home = browser.submit(&page, "continue", &[]).await;
        assert_eq!((home.status, &home.url), (200, &idp.at("/account/?done=removed")));
        assert_eq!(kinds(&idp, &alice).await, ["passkey", "password", "recovery_codes"]);
        assert_eq!(idp.kinds_since(mark).await, ["factor.removed"]);
        let told = notify::newest(&idp.operator(), 1).await.unwrap();
        assert_eq!(
            (told[0].1.notice.as_str(), told[0].1.about.as_deref()),
            ("factor_removed", Some("totp "))
        );

        idp.advance(1);
        assert_eq!(rp.userinfo(&elsewhere.access()).await.status, 401);
        rp.refresh(&elsewhere.refresh()).await.is_refused("invalid_grant");
        let silent = other.get(&rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("login_required");
        assert_eq!(leads(&idp, &before, "/account/").await.0, "sign-in", "the cookie's old value is dead");
        assert_eq!(leads(&idp, &browser, "/account/").await.0, "/account/", "this session goes on");
    })
    .await;
}

#[tokio::test]
async fn what_began_elsewhere_before_a_removal_is_over() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        adds_passkey(&idp, &alice, &browser).await;
        let elsewhere = idp.browser();
        let page = elsewhere.open(&rp.ask().url()).await;
        let page = elsewhere.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = elsewhere.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        let path = format!("/account/ways/{}/remove", way(&idp, &alice, "totp").await);
        let (at, asks) = leads(&idp, &browser, &path).await;
        assert_eq!(at, path);
        assert!(browser.submit(&asks, "continue", &[]).await.url.ends_with("?done=removed"));
        assert_eq!(elsewhere.get(&page.url).await.status, 400, "its password was before the change");
    })
    .await;
}

#[tokio::test]
async fn the_last_way_the_role_needs_stays() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        for kind in ["totp", "password"] {
            let path = format!("/account/ways/{}/remove", way(&idp, &alice, kind).await);
            let home = browser.open(&idp.at("/account/")).await;
            assert!(!home.body.contains(&path), "nothing leads there: {}", home.body);
            assert_eq!(browser.get(&idp.at(&path)).await.location(), Some(idp.at("/account/?done=last")));
            let mark = idp.mark().await;
            let answer = posts(&idp, &browser, &path, &[]).await;
            assert_eq!(answer.location(), Some(idp.at("/account/?done=last")));
            assert_eq!(refusals(&idp, mark).await, [("factor.removed", "last_way".to_owned())]);
            assert_eq!(idp.kinds_since(mark).await.len(), 1);
        }
        assert_eq!(kinds(&idp, &alice).await, ["password", "totp"]);
    })
    .await;
}

#[tokio::test]
async fn half_a_session_and_another_persons_change_nothing() {
    on_each_engine(async |idp| {
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = at_home(&idp, &alice).await;
        adds_passkey(&idp, &alice, &browser).await;
        let thief = half(&idp, &alice).await;
        let strangers = at_home(&idp, &bob).await;
        let totp = way(&idp, &alice, "totp").await;
        for (what, kind) in [("remove", "factor.removed"), ("name", "factor.renamed")] {
            let path = format!("/account/ways/{totp}/{what}");
            assert_eq!(leads(&idp, &thief, &path).await.0, "security-key");
            let mark = idp.mark().await;
            assert_eq!(posts(&idp, &thief, &path, &[("label", "mine")]).await.status, 303);
            assert_eq!(refusals(&idp, mark).await, [(kind, "not_fresh".to_owned())]);

            assert_eq!(strangers.get(&idp.at(&path)).await.status, 404);
            let mark = idp.mark().await;
            assert_eq!(posts(&idp, &strangers, &path, &[("label", "mine")]).await.status, 404);
            assert_eq!(refusals(&idp, mark).await, [(kind, "unknown".to_owned())]);

            let mark = idp.mark().await;
            let forged = browser.post(&idp.at(&path), &[("csrf".to_owned(), "x".to_owned())]).await;
            assert_eq!(forged.status, 403);
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
        }
        assert_eq!(kinds(&idp, &alice).await, ["passkey", "password", "recovery_codes", "totp"]);
        let all = ways(&idp.operator(), &alice.account).await.unwrap();
        assert!(all.iter().all(|way| way.label != "mine"));
    })
    .await;
}

#[tokio::test]
async fn a_name_is_kept_as_typed_and_ends_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, other) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &other).await;
        let browser = at_home(&idp, &alice).await;
        for kind in ["totp", "passkey"] {
            if kind == "passkey" {
                adds_passkey(&idp, &alice, &browser).await;
            }
            let path = format!("/account/ways/{}/name", way(&idp, &alice, kind).await);
            let (at, page) = leads(&idp, &browser, &path).await;
            assert_eq!(at, path);
            let mark = idp.mark().await;
            let typed = format!("  <b>{kind}</b> \u{7}& {}", "x".repeat(80));
            let home = browser.submit(&page, "continue", &[("label", &typed)]).await;
            assert_eq!(home.url, idp.at("/account/?done=named"));
            assert!(!home.body.contains("<b>") && home.body.contains("&#60;b&#62;"), "{}", home.body);
            assert_eq!(idp.kinds_since(mark).await, ["factor.renamed"]);
            let all = ways(&idp.operator(), &alice.account).await.unwrap();
            let named = all.into_iter().find(|way| way.kind.as_str() == kind).unwrap().label;
            assert!(
                named.starts_with(&format!("<b>{kind}</b> & x")) && named.chars().count() <= 60,
                "{named}"
            );
        }
        let path = format!("/account/ways/{}/name", way(&idp, &alice, "password").await);
        assert_eq!(posts(&idp, &browser, &path, &[("label", "x")]).await.status, 404, "it has none");
        Callback::of(&other.get(&rp.ask().set("prompt", "none").url()).await).code();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_last_ways_removed_at_once_on_two_nodes_one_stays() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let (first, node) = (at_home(&idp, &alice).await, idp.another().await);
        let key = adds_passkey(&idp, &alice, &first).await;
        let second = idp.browser();
        let page = second.open(&idp.at("/account/")).await;
        let home = second.uses(&page, &key).await;
        assert_eq!(home.url, idp.at("/account/"));
        let (totp, passkey) = (way(&idp, &alice, "totp").await, way(&idp, &alice, "passkey").await);
        let mark = idp.mark().await;
        // Whoever comes first ends the other's session, and with it what its page would say.
        let forms = [idp.csrf_of(&first).await, idp.csrf_of(&second).await];
        let mut tries = JoinSet::new();
        for i in 0..64 {
            let form = vec![("csrf".to_owned(), forms[i % 2].clone())];
            let (browser, id) = if i % 2 == 0 { (&first, &totp) } else { (&second, &passkey) };
            let (here, path) =
                (if i % 4 < 2 { idp.clone() } else { node.clone() }, format!("/account/ways/{id}/remove"));
            let browser = browser.stolen().at(&here);
            tries.spawn(async move { browser.post(&here.at(&path), &form).await.status });
        }
        let answers = tries.join_all().await;
        assert!(answers.iter().all(|status| [303, 404].contains(status)), "{answers:?}");
        let left = kinds(&idp, &alice).await;
        let seconds = left.iter().filter(|kind| ["passkey", "totp"].contains(kind)).count();
        assert_eq!(seconds, 1, "{left:?}");
        let removed = idp.events_since(mark).await;
        let done =
            removed.iter().filter(|e| e.kind.as_str() == "factor.removed" && e.reason.is_none()).count();
        assert_eq!(done, 1);
        node.stop().await;
    })
    .await;
}
