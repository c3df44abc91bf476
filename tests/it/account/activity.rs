//! What a person reads of the trail: their own, in sentences, and nothing of anybody else.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use super::{at_home, leads};
use crate::actors::{Answer, Rp};
use crate::idp::on_each_engine;

const LIST: &str = "/account/activity";

fn name(rp: &Rp) -> &str {
    rp.registered["client_name"].as_str().unwrap()
}

fn rows(page: &Answer) -> usize {
    page.body.matches("<li class=\"row\">").count()
}

#[tokio::test]
async fn a_person_reads_what_happened_to_them_and_nothing_of_others() {
    on_each_engine(async |idp| {
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let (rp, bobs) = (idp.rp().public().await, idp.rp().public().await);
        bobs.signs_in(&bob, &idp.browser()).await;
        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", "not that one 1")]).await;
        alice.answers(&browser, page).await;
        let (at, page) = leads(&idp, &browser, LIST).await;
        assert_eq!(at, LIST);
        for said in ["Your account was made.", "wrong password", "You signed in.", "You signed in to an app."]
        {
            assert!(page.body.contains(said), "{said}: {}", page.body);
        }
        assert!(page.body.contains(name(&rp)) && !page.body.contains(name(&bobs)), "{}", page.body);
        assert!(!page.body.contains("host:"), "who acted for the clinic is not told");
        let (_, tries) = leads(&idp, &browser, "/account/activity?show=sign-in").await;
        assert!(tries.body.contains("wrong password") && !tries.body.contains("Your account was made."));
        let (_, page) = leads(&idp, &browser, "/account/activity?show=canary").await;
        assert!(!page.body.contains("canary") && page.body.contains("Your account was made."));
    })
    .await;
}

#[tokio::test]
async fn ninety_days_are_read_in_pages_and_no_more() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        idp.advance(80 * 24 * 3600);
        for _ in 0..12 {
            at_home(&idp, &alice).await;
        }
        let cx = idp.operator();
        for _ in 0..30 {
            let event = cx.refusal(vouchsafe::audit::Kind::TotpRefused, "wrong");
            let mut event = vouchsafe::audit::Event { account: Some(alice.account.clone()), ..event };
            event.network = Some("192.0.2.7/32".to_owned());
            cx.record(event).await.unwrap();
        }
        let browser = at_home(&idp, &alice).await;
        let (_, mut page) = leads(&idp, &browser, LIST).await;
        let (mut seen, mut pages) = (0, 0);
        loop {
            (seen, pages) = (seen + rows(&page), pages + 1);
            assert!(rows(&page) <= 20 && page.body.len() < 16 * 1024);
            let Some(rest) = page.body.split(" id=\"older\" href=\"").nth(1) else { break };
            page = browser.get(&idp.at(rest.split('"').next().unwrap())).await;
        }
        assert_eq!((seen, pages), (1 + 13 + 30, 3), "the account, the sign-ins, the wrong codes");
        idp.advance(11 * 24 * 3600);
        let browser = at_home(&idp, &alice).await;
        let mut all = String::new();
        let (_, mut page) = leads(&idp, &browser, LIST).await;
        loop {
            all.push_str(&page.body);
            let Some(rest) = page.body.split(" id=\"older\" href=\"").nth(1) else { break };
            page = browser.get(&idp.at(rest.split('"').next().unwrap())).await;
        }
        assert!(!all.contains("Your account was made."), "ninety-one days are too long ago");
        assert!(all.contains("wrong code"));
    })
    .await;
}

#[tokio::test]
async fn what_was_not_me_signs_out_everywhere_else() {
    on_each_engine(async |idp| {
        let (alice, rp) = (idp.person("alice").await, idp.rp().public().await);
        let thief = idp.browser();
        let tokens = rp.signs_in(&alice, &thief).await;
        let browser = at_home(&idp, &alice).await;
        let (_, page) = leads(&idp, &browser, LIST).await;
        let mark = idp.mark().await;
        let home = browser.submit(&page, "not-me", &[]).await;
        assert_eq!((home.status, &home.url), (200, &idp.at("/account/?done=not-me")));
        assert!(home.body.contains("change your password"), "{}", home.body);
        assert_eq!(idp.kinds_since(mark).await, ["account.repudiated"]);
        idp.advance(1);
        assert_eq!(leads(&idp, &thief, LIST).await.0, "sign-in");
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
    })
    .await;
}
