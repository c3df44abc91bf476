//! A restart costs nobody anything: what was begun goes on, what was over stays over.

use crate::actors::Callback;
use crate::idp::on_each_engine;

#[tokio::test]
async fn what_was_begun_goes_on_after_a_restart() {
    on_each_engine(async |idp| {
        let (rp, alice, browser) = (idp.rp().basic().await, idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        let other = idp.browser();
        let page = other.open(&rp.ask().url()).await;
        let half = other.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let posted = idp.browser().post("/authorize", &rp.ask().pairs).await.location().unwrap();

        let next = idp.another().await;
        idp.stop().await;
        let (rp, alice, browser, other) = (rp.at(&next), alice.at(&next), browser.at(&next), other.at(&next));
        let silent = browser.get(&rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).code();
        rp.redeem(&code).await.is_granted();
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        rp.refresh(&tokens.refresh()).await.is_granted();
        let page = alice.answers(&other, half).await;
        rp.redeem(&Callback::of(&page).code()).await.is_granted();
        assert!(next.browser().open(&posted).await.has("username"), "a posted request is still there");
        next.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_over_stays_over_after_a_restart() {
    on_each_engine(async |idp| {
        let (rp, alice, browser) = (idp.rp().basic().await, idp.person("alice").await, idp.browser());
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        let first = rp.redeem(&code).await.is_granted();
        let second = rp.refresh(&first.refresh()).await.is_granted();
        let third = rp.refresh(&second.refresh()).await.is_granted();
        let revoked = rp.signs_in(&alice, &browser).await;
        assert_eq!(rp.revoke(&revoked.access()).await.status, 200);
        assert_eq!(rp.revoke(&revoked.refresh()).await.status, 200);
        let (bob, gone) = (idp.person("bob").await, idp.browser());
        let hint = rp.signs_in(&bob, &gone).await;
        let thief = gone.stolen();
        gone.open(&idp.at(&format!("/logout?id_token_hint={}", hint.id()))).await;
        let used = alice.next_code();
        let page = idp.browser();
        let at_code = page.open(&rp.ask().url()).await;
        let at_code = page.submit(&at_code, "sign-in-submit", &[("username", "alice")]).await;
        let at_code = page.submit(&at_code, "sign-in-submit", &[("password", &alice.password)]).await;
        page.submit(&at_code, "code-submit", &[("code", &used)]).await;

        let next = idp.another().await;
        idp.stop().await;
        let rp = rp.at(&next);
        let again = next.browser();
        let at_code = again.open(&rp.ask().url()).await;
        let at_code = again.submit(&at_code, "sign-in-submit", &[("username", "alice")]).await;
        let at_code = again.submit(&at_code, "sign-in-submit", &[("password", &alice.password)]).await;
        let mark = next.mark().await;
        assert!(again.submit(&at_code, "code-submit", &[("code", &used)]).await.has("code"), "asked again");
        assert!(next.kinds_since(mark).await.contains(&"totp.replayed"));

        assert_eq!(rp.userinfo(&revoked.access()).await.status, 401);
        rp.refresh(&revoked.refresh()).await.is_refused("invalid_grant");
        let silent = thief.at(&next).get(&rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("login_required");
        // A refresh token that was rotated away before the restart ends its family after it.
        let mark = next.mark().await;
        rp.refresh(&first.refresh()).await.is_refused("invalid_grant");
        assert_eq!(next.kinds_since(mark).await, ["family.revoked", "refresh.replayed"]);
        rp.refresh(&third.refresh()).await.is_refused("invalid_grant");
        let mark = next.mark().await;
        rp.redeem(&code).await.is_refused("invalid_grant");
        assert_eq!(next.kinds_since(mark).await, ["code.replayed"]);
        next.stop().await;
    })
    .await;
}
