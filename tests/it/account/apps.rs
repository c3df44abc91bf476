//! Apps a person shares with, and the end of it.

use super::{at_home, half, leads, posts, refusals};
use crate::actors::Callback;
use crate::idp::on_each_engine;

const LIST: &str = "/account/apps";

#[tokio::test]
async fn what_is_no_longer_shared_is_dead_at_once_and_asked_for_again() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().private_key_jwt().await, idp.rp().private_key_jwt().await);
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let ask = rp.ask().set("scope", "openid profile offline_access").set("prompt", "consent");
        let tokens = rp.signs_in_with(&alice, &browser, &ask).await;
        let kept = other.signs_in(&alice, &browser).await;
        let bob = idp.person("bob").await;
        let of_bob = rp.signs_in(&bob, &idp.browser()).await;
        let waiting = Callback::of(&browser.get(&rp.ask().set("prompt", "none").url()).await).code();

        let (at, page) = leads(&idp, &browser, LIST).await;
        assert_eq!(at, LIST);
        for words in
            ["Know that it is you", "See your name and basic details", "Keep access when you are not"]
        {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        let stop = (1..=2).map(|i| page.form(&format!("stop-{i}")));
        let form = stop.into_iter().find(|form| form.field("client") == Some(rp.id.as_str())).unwrap();
        let mark = idp.mark().await;
        let after = browser.post(&form.action, &form.fields).await;
        assert_eq!(after.location(), Some(idp.at("/account/apps?done=stopped")));
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].kind.as_str(), "consent.withdrawn");
        assert_eq!(events[0].client.as_ref().unwrap().as_str(), rp.id.as_str());

        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        assert_eq!(rp.introspect(&tokens.access()).await.json()["active"], false);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        rp.redeem(&waiting).await.is_refused("invalid_grant");
        assert_eq!(other.userinfo(&kept.access()).await.status, 200, "another app goes on");
        assert_eq!(rp.userinfo(&of_bob.access()).await.status, 200, "another person goes on");
        let silent = browser.get(&rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("consent_required");
        let page = browser.open(&rp.ask().url()).await;
        assert!(page.has("consent-allow"), "{}", page.body);
        let done = alice.answers(&browser, page).await;
        let again = rp.redeem(&Callback::of(&done).code()).await.is_granted();
        assert_eq!(rp.userinfo(&again.access()).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_withdrawn_for_somebody_else_or_twice() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        let bob = idp.person("bob").await;
        let strangers = at_home(&idp, &bob).await;
        let (_, page) = leads(&idp, &strangers, LIST).await;
        assert!(page.body.contains("You do not share"), "{}", page.body);
        let stop = "/account/apps/stop";
        let mark = idp.mark().await;
        for client in [rp.id.as_str(), "canary", ""] {
            assert_eq!(posts(&idp, &strangers, stop, &[("client", client)]).await.status, 404);
        }
        assert_eq!(refusals(&idp, mark).await.len(), 3);
        let mark = idp.mark().await;
        let thief = half(&idp, &alice).await;
        let half_way = idp.mark().await;
        assert_eq!(posts(&idp, &thief, stop, &[("client", rp.id.as_str())]).await.status, 303);
        assert!(idp.kinds_since(half_way).await.is_empty());
        assert!(!idp.kinds_since(mark).await.contains(&"consent.withdrawn"));
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        assert_eq!(posts(&idp, &browser, stop, &[("client", rp.id.as_str())]).await.status, 303);
        assert_eq!(
            posts(&idp, &browser, stop, &[("client", rp.id.as_str())]).await.status,
            404,
            "it is done"
        );
    })
    .await;
}

#[tokio::test]
async fn an_app_that_never_asks_is_listed_while_it_holds_tokens_and_can_be_stopped() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("consent", "skip").private_key_jwt().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        let (_, page) = leads(&idp, &browser, LIST).await;
        assert!(page.body.contains("See your name and basic details"), "{}", page.body);
        let form = page.form("stop-1");
        assert_eq!(form.field("client"), Some(rp.id.as_str()));
        let mark = idp.mark().await;
        let after = browser.post(&form.action, &form.fields).await;
        assert_eq!(after.location(), Some(idp.at("/account/apps?done=stopped")));
        assert_eq!(idp.kinds_since(mark).await, ["consent.withdrawn"]);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        let (_, page) = leads(&idp, &browser, LIST).await;
        assert!(page.body.contains("You do not share"), "{}", page.body);
        assert_eq!(browser.post(&form.action, &form.fields).await.status, 404, "it is done");
    })
    .await;
}
