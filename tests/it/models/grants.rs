//! What rests on a key whose model does not count any more: sessions, refresh tokens, and a node that knows less than another.

use vouchsafe::flows::upkeep;
use vouchsafe::store::Error;

use super::*;
use crate::actors::{Rp, Tokens};

/// Somebody new signs in, binds this key on the way, and lets the app in.
async fn binds(idp: &TestIdp, rp: &Rp, name: &str, key: &Authenticator) -> (Browser, Tokens) {
    let (person, browser) = (newcomer(idp, name).await, idp.browser());
    let page = half_way(&browser, &rp.ask(), &person).await;
    let page = browser.submit(&page, "enrol-passkey", &[]).await;
    let done = person.answers(&browser, browser.binds(&page, key).await).await;
    let tokens = rp.redeem(&Callback::of(&done).code()).await.is_granted();
    (browser, tokens)
}

/// The app's refresh token is refused for good, and why.
async fn is_over(idp: &TestIdp, rp: &Rp, tokens: &Tokens, why: &str) {
    assert_eq!(rp.introspect(&tokens.refresh()).await.json()["active"], false, "{why}");
    let mark = idp.mark().await;
    rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
    let events = idp.events_since(mark).await;
    let told: Vec<_> = events.iter().map(|e| (e.kind.as_str(), e.reason.as_deref())).collect();
    assert_eq!(told, [("family.revoked", None), ("refresh.refused", Some(why))]);
    assert!(events.iter().all(|event| event.account.is_some()), "{events:?}");
    assert_eq!(rp.userinfo(&tokens.access()).await.status, 401, "what came of it is dead as well");
    let mark = idp.mark().await;
    rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
    assert_eq!(idp.kinds_since(mark).await, ["refresh.refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_on_a_key_of_a_model_reported_compromised_is_not_refreshed() {
    with_metadata(&[entry(&[], "FIDO_CERTIFIED")], async |idp, publisher| {
        let rp = idp.rp().basic().await;
        let key = Authenticator::of_model(&idp);
        let (_, first) = binds(&idp, &rp, "rose", &key).await;
        let second = rp.signs_in_by(&idp.browser(), &key).await;
        let other = rp.signs_in(&idp.person("alice").await, &idp.browser()).await;
        let first = rp.refresh(&first.refresh()).await.is_granted();
        assert_eq!(rp.introspect(&first.refresh()).await.json()["active"], true);

        publisher.publishes(2, &[entry(&[], "USER_KEY_REMOTE_COMPROMISE")]);
        models::refresh(&idp.operator()).await.unwrap();
        is_over(&idp, &rp, &first, "model_out_of_use").await;
        // As an older program wrote it down: by what is not known, whichever key it was.
        idp.place
            .sql("UPDATE families SET entitlement = REPLACE(entitlement, '\"proofs\":', '\"x\":')")
            .await;
        is_over(&idp, &rp, &second, "model_out_of_use").await;
        rp.refresh(&other.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_on_a_key_the_policy_no_longer_counts_is_over_in_the_session_and_at_the_app() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let key = Authenticator::of_model(&idp);
        let (browser, tokens) = binds(&idp, &rp, "rose", &key).await;
        let tokens = rp.refresh(&tokens.refresh()).await.is_granted();
        let silently = rp.ask().set("prompt", "none").url();
        Callback::of(&browser.open(&silently).await).code();
        asks(&idp, json!({ "patient.authenticators": { "deny": [MODEL] } })).await;
        // The password of the sign-in is left, which is not enough.
        Callback::of(&browser.open(&silently).await).is_refused("interaction_required");
        is_over(&idp, &rp, &tokens, "model_denied").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_knows_less_than_another_lets_no_key_count_until_it_knows_as_much() {
    with_metadata(&[entry(&[], "FIDO_CERTIFIED")], async |idp, publisher| {
        let rp = idp.rp().basic().await;
        let key = Authenticator::of_model(&idp);
        let (_, tokens) = binds(&idp, &rp, "rose", &key).await;
        let alice = idp.person("alice").await;
        let part = async || {
            let parts = upkeep::readiness(&idp.app.services).await;
            parts.iter().find(|(name, _)| *name == "fido_metadata").unwrap().1
        };
        assert_eq!(part().await, "ok");
        // Another node notes that it has read the next one; the file here is the same as before.
        idp.place.sql("UPDATE metadata_files SET number = 2").await;
        let lags = models::refresh(&idp.operator()).await.unwrap_err();
        assert!(matches!(lags, Trouble::Outdated { number: 1, newest: 2, .. }), "{lags}");
        assert_eq!(part().await, "outdated");

        let (browser, mark) = (idp.browser(), idp.mark().await);
        let page = browser.open(&rp.ask().set("prompt", "login").url()).await;
        let refused = browser.uses(&page, &key).await;
        assert_eq!(refused.status, 503, "{refused:?}");
        assert_eq!(rp.refresh(&tokens.refresh()).await.status, 503);
        assert!(idp.kinds_since(mark).await.is_empty(), "nothing is spent or told");
        let held = models::factors_of(&idp.operator(), &account_of(&idp, "rose").await).await;
        assert!(matches!(held, Err(Error::Unavailable(_))), "{held:?}");
        // Nobody binds such a key either; whoever has none signs in as ever.
        let browser = idp.browser();
        rp.signs_in(&alice, &browser).await;
        let page = alice.answers(&browser, browser.open(&idp.at("/account/add/passkey")).await).await;
        let before = keys(&idp, &alice).await.len();
        assert_eq!(browser.binds(&page, &Authenticator::of_model(&idp)).await.status, 503);
        assert_eq!(keys(&idp, &alice).await.len(), before);

        // It looks for the file as soon as it is asked how it is.
        publisher.publishes(2, &[entry(&[], "FIDO_CERTIFIED")]);
        assert_eq!(part().await, "ok");
        rp.refresh(&tokens.refresh()).await.is_granted();
        rp.signs_in_by(&idp.browser(), &key).await;
    })
    .await;
}

async fn account_of(idp: &TestIdp, name: &str) -> vouchsafe::base::AccountId {
    vouchsafe::flows::accounts::find(&idp.operator(), name).await.unwrap().unwrap().id
}
