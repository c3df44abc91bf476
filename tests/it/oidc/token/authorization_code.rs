//! `grant_type=authorization_code`: once, for whom it was made, within a minute.

use crate::idp::on_each_engine;

#[tokio::test]
async fn a_code_buys_tokens_once() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let tokens = rp.redeem(&code).await.is_granted();
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        rp.redeem(&code).await.is_refused("invalid_grant");
        idp.audit().await.ends_with(&["code.redeemed", "code.replayed", "family.revoked"]);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401, "what it bought is dead");
    })
    .await;
}
