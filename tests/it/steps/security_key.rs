//! `/security-key`: a key of the person who was named, for the question that was asked.

use serde_json::{Value, json};

use super::{half_way, interaction, newcomer, step, with_passkey};
use crate::actors::{Answer, Browser, Callback, Person, Rp};
use crate::authenticator::{Authenticator, bent};
use crate::idp::{TestIdp, on_each_engine};

/// Sends an answer and insists that it is refused, and on the reason in the trail.
async fn is_refused(idp: &TestIdp, browser: &Browser, page: &Answer, answer: &str, reason: &str, what: &str) {
    let mark = idp.mark().await;
    let after = browser.replies(page, answer).await;
    assert_eq!((step(&after).as_str(), after.status), ("security-key", 200), "{what}");
    assert!(after.body.contains("role=\"alert\""), "{what}: {}", after.body);
    assert!(!browser.cookies().contains_key("vouchsafe-session"), "{what}");
    let events = idp.events_since(mark).await;
    let [event] = events.as_slice() else { panic!("{what}: {events:?}") };
    assert_eq!((event.kind.as_str(), event.reason.as_deref()), ("passkey.refused", Some(reason)), "{what}");
    assert!(event.account.is_some(), "{what}");
}

/// The page after a newcomer bound a security key and signed in with it.
async fn with_security_key(rp: &Rp, person: &Person) -> Authenticator {
    let (key, browser) = (Authenticator::new(rp.idp()), rp.idp().browser());
    let page = half_way(&browser, &rp.ask(), person).await;
    let page = browser.submit(&page, "enrol-security-key", &[]).await;
    let question = browser.question(&page).await.json();
    assert_eq!(question["publicKey"]["authenticatorSelection"]["userVerification"], "preferred");
    let page = browser.replies(&page, &key.creates(&question)).await;
    let done = person.answers(&browser, page).await;
    let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
    assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr", "bound here, not asked again");
    key
}

#[tokio::test]
async fn a_key_stands_second_after_a_password() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, kim) = (newcomer(&idp, "nina").await, newcomer(&idp, "kim").await);
        let touched = with_security_key(&rp, &nina).await;
        let verified = with_passkey(&rp, &kim, &idp.browser()).await;
        for (person, key, uv) in [(&nina, &touched, "preferred"), (&kim, &verified, "required")] {
            let browser = idp.browser();
            let page = half_way(&browser, &rp.ask(), person).await;
            assert_eq!(step(&page), "security-key");
            let question = browser.question(&page).await.json();
            assert_eq!(question["publicKey"]["userVerification"], uv);
            assert_eq!(question["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
            let done = browser.replies(&page, &key.signs(&question)).await;
            let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
            assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr");
            let amr = if uv == "preferred" {
                json!(["pwd", "swk", "user", "mfa", "pop"])
            } else {
                json!(["swk", "user", "mfa", "pop"])
            };
            assert_eq!(claims["amr"], amr);
        }
    })
    .await;
}

#[tokio::test]
async fn only_the_named_persons_key_answers_and_only_its_own_question() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, kim) = (newcomer(&idp, "nina").await, newcomer(&idp, "kim").await);
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let kims = with_passkey(&rp, &kim, &idp.browser()).await;
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &nina).await;
        assert_eq!(step(&page), "security-key");
        let ask = async || browser.question(&page).await.json();

        let foreign = kims.signs_unasked(&ask().await);
        is_refused(&idp, &browser, &page, &foreign, "unknown", "another person's key").await;
        let his = idp.browser();
        let kims_page = half_way(&his, &rp.ask(), &kim).await;
        let kims_answer = kims.signs(&his.question(&kims_page).await.json());
        is_refused(&idp, &browser, &page, &kims_answer, "expired", "another person's sign-in").await;
        let tab = half_way(&browser, &rp.ask(), &nina).await;
        let of_tab = key.signs(&browser.question(&tab).await.json());
        is_refused(&idp, &browser, &page, &of_tab, "expired", "another tab's question").await;
        let discover = format!("/i/{}/passkey/options", interaction(&page));
        let anybody = browser.post(&idp.at(&discover), &page.form("passkey-button").fields).await.json();
        is_refused(&idp, &browser, &page, &key.signs(&anybody), "expired", "a question to anybody").await;
        let handle: Value = serde_json::from_str(&kims.signs(&anybody)).unwrap();
        let handle = handle["response"]["userHandle"].clone();
        let answer = bent(&key.signs(&ask().await), |a| a["response"]["userHandle"] = handle);
        is_refused(&idp, &browser, &page, &answer, "unknown", "another person's handle").await;

        let unverified = key.signs_unverified(&ask().await);
        is_refused(&idp, &browser, &page, &unverified, "not_verified", "a passkey without its owner").await;
        let port = key.signs_from("http://localhost:1", &ask().await);
        is_refused(&idp, &browser, &page, &port, "wrong_origin", "another origin").await;
        let (one, two) = (ask().await, ask().await);
        let (older, newer) = (key.signs(&one), key.signs(&two));
        let other = idp.browser();
        let there = half_way(&other, &rp.ask(), &nina).await;
        other.uses(&there, &key).await;
        for answer in [&newer, &older] {
            is_refused(&idp, &browser, &page, answer, "counter_went_back", "a copied key").await;
        }
        is_refused(&idp, &browser, &page, "{}", "expired", "garbage").await;
        let spent = key.signs(&ask().await);
        let form = page.form("passkey-button").with("credential", &spent);
        let done = browser.post(&form.action, &form.fields).await;
        Callback::of(&done).code();
    })
    .await;
}

#[tokio::test]
async fn a_key_removed_while_it_was_asked_for_is_unknown() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let nina = newcomer(&idp, "nina").await;
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let answer = key.signs(&browser.question(&page).await.json());
        let ways = vouchsafe::flows::account::ways(&idp.operator(), &nina.account).await.unwrap();
        let passkey = ways.iter().find(|way| way.kind.as_str() == "passkey").unwrap();
        idp.tick();
        vouchsafe::flows::accounts::remove_factor(&idp.operator(), &nina.account, &passkey.id).await.unwrap();
        idp.advance(1);
        let after = browser.replies(&page, &answer).await;
        assert_eq!(after.status, 400, "what began before the change is over: {after:?}");
        assert!(!browser.cookies().contains_key("vouchsafe-session"));
        // The password alone binds no new one while the paper with the codes is there.
        assert_eq!(step(&half_way(&idp.browser(), &rp.ask(), &nina).await), "recovery-code");
    })
    .await;
}
