//! `/account/password`: another password, behind a fresh proof at the account's own level.

use vouchsafe::notifications::Notice;

use super::{FRESH, half_way, is_home, place, sets, told};
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_password_is_changed_behind_a_fresh_proof_and_ends_everything_else() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (alice, browser, elsewhere) = (idp.person("alice").await, idp.browser(), idp.browser());
        let tokens = rp.signs_in(&alice, &elsewhere).await;
        rp.signs_in(&alice, &browser).await;
        let found = idp.http.get("/.well-known/change-password").await;
        assert_eq!(found.header("location"), "/account/password");
        idp.advance(301);
        let page = browser.open(&idp.at("/account/password")).await;
        assert_eq!(place(&page), "password", "too long ago");
        let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        assert_eq!(place(&page), "code", "a password alone changes nothing");
        let around = browser.open(&page.url.replace("/code", "/new-password")).await;
        assert_eq!(place(&around), "code");
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert_eq!(place(&page), "new-password");
        // A sign-in in flight somewhere else.
        let flying = idp.browser();
        let half = half_way(&flying, &rp.ask(), &alice).await;
        assert!(half.has("code"));
        let mark = idp.mark().await;
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(place(&page), "/account/", "{}", page.body);
        assert!(page.body.contains("Your new password works now"), "{}", page.body);
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.contains(&"password.changed"), "{kinds:?}");
        assert_eq!(told(&idp, Notice::PasswordChanged).await, ["alice@riverside.example"]);
        assert!(is_home(&idp, &browser).await && !is_home(&idp, &elsewhere).await);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        let late = flying.submit(&half, "code-submit", &[("code", &alice.next_code())]).await;
        assert_eq!(late.status, 400, "in flight, and over");
        let page = half_way(&idp.browser(), &rp.ask(), &alice).await;
        assert_eq!(place(&page), "password", "the old password is wrong");
        let renewed = super::Person::new(idp.clone(), alice.account.clone(), "alice", FRESH, None);
        assert!(half_way(&idp.browser(), &rp.ask(), &renewed).await.has("code"));
    })
    .await;
}
