//! `prompt` and `max_age`: without a page, with a fresh proof, with another agreement.

use vouchsafe::base::Role;

use crate::actors::{Callback, Rp};
use crate::idp::on_each_engine;

fn silent(rp: &Rp) -> crate::actors::Ask {
    rp.ask().set("prompt", "none")
}

#[tokio::test]
async fn without_a_page_nobody_is_signed_in_by_half() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let state = "s".repeat(128);
        let mark = idp.mark().await;
        let callback = Callback::of(&browser.get(&silent(&rp).set("state", &state).url()).await);
        callback.is_refused("login_required");
        assert_eq!(callback.get("state"), state);
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);

        let page = browser.open(&rp.ask().url()).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", &alice.username)]).await;
        Callback::of(&browser.open(&silent(&rp).url()).await).is_refused("login_required");
        let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        assert!(page.has("code"));
        Callback::of(&browser.open(&silent(&rp).url()).await).is_refused("login_required");
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert!(page.has("consent-allow"));
        let half = Callback::of(&browser.open(&silent(&rp).url()).await);
        assert!(["login_required", "consent_required"].contains(&half.get("error")));
        let done = browser.submit(&page, "consent-allow", &[]).await;
        rp.redeem(&Callback::of(&done).code()).await.is_granted();
        Callback::of(&browser.open(&silent(&rp).url()).await).code();
    })
    .await;
}

#[tokio::test]
async fn without_a_page_a_session_answers_with_the_same_person_and_time() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let first = rp.signs_in(&alice, &browser).await.id_claims();
        idp.advance(100);
        let code = Callback::of(&browser.get(&silent(&rp).url()).await).code();
        let second = rp.redeem(&code).await.is_granted().id_claims();
        assert_eq!((&first["sub"], &first["auth_time"]), (&second["sub"], &second["auth_time"]));
        assert_eq!(first["sid"], second["sid"]);

        Callback::of(&browser.get(&silent(&other).url()).await).is_refused("consent_required");
        let wider = silent(&rp).set("scope", "openid email");
        Callback::of(&browser.get(&wider.url()).await).is_refused("consent_required");
        let by_claim = silent(&rp).set("claims", r#"{"userinfo":{"email":null}}"#);
        Callback::of(&browser.get(&by_claim.url()).await).is_refused("consent_required");
        idp.advance(61);
        let old = silent(&rp).set("max_age", "60");
        Callback::of(&browser.get(&old.url()).await).is_refused("login_required");
        idp.advance(3600);
        Callback::of(&browser.get(&silent(&rp).url()).await).is_refused("login_required");
    })
    .await;
}

#[tokio::test]
async fn a_silent_request_is_no_activity_of_the_person() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let dora = idp.person_as("dora", Role::Clinician, true, serde_json::json!({})).await;
        let browser = idp.browser();
        rp.signs_in(&dora, &browser).await;
        for _ in 0..2 {
            idp.advance(7 * 60);
            Callback::of(&browser.get(&silent(&rp).url()).await).code();
        }
        idp.advance(2 * 60);
        Callback::of(&browser.get(&silent(&rp).url()).await).is_refused("login_required");
    })
    .await;
}

#[tokio::test]
async fn login_asks_for_everything_again() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let first = rp.signs_in(&alice, &browser).await.id_claims();
        idp.advance(90);
        let ask = rp.ask().set("prompt", "login");
        let page = browser.open(&ask.url()).await;
        assert!(page.has("password") || page.has("username"), "{}", page.body);
        let second = rp.redeem(&Callback::of(&alice.answers(&browser, page).await).code()).await;
        let second = second.is_granted().id_claims();
        assert!(second["auth_time"].as_i64() >= first["auth_time"].as_i64().map(|t| t + 90));
        assert_eq!(second["sub"], first["sub"]);
    })
    .await;
}

#[tokio::test]
async fn max_age_asks_again_only_when_it_has_passed() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let at = |age: &str| rp.ask().set("max_age", age);
        let first = rp.signs_in_with(&alice, &browser, &at("15000")).await.id_claims();
        idp.advance(2);
        let code = Callback::of(&browser.open(&at("10000").url()).await).code();
        let second = rp.redeem(&code).await.is_granted().id_claims();
        assert_eq!(first["auth_time"], second["auth_time"]);
        let page = browser.open(&at("1").url()).await;
        assert!(page.has("password") || page.has("username"), "{}", page.body);
        let third = rp.redeem(&Callback::of(&alice.answers(&browser, page).await).code()).await;
        let third = third.is_granted().id_claims();
        assert!(third["auth_time"].as_i64() > first["auth_time"].as_i64());
        assert!((idp.now().seconds() - third["auth_time"].as_i64().unwrap()).abs() < 60);
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_slower_than_max_age_comes_to_an_end() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        for age in ["0", "1", "5"] {
            let browser = idp.browser();
            let page = browser.open(&rp.ask().set("max_age", age).url()).await;
            let page = browser.submit(&page, "sign-in-submit", &[("username", &alice.username)]).await;
            idp.advance(20);
            let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
            idp.advance(20);
            let mut page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
            idp.advance(20);
            if page.has("consent-allow") {
                page = browser.submit(&page, "consent-allow", &[]).await;
            }
            rp.redeem(&Callback::of(&page).code()).await.is_granted();
        }
    })
    .await;
}

#[tokio::test]
async fn consent_and_another_account_are_asked_for_again() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let first = rp.signs_in(&alice, &browser).await.id_claims();
        let page = browser.open(&rp.ask().set("prompt", "consent").url()).await;
        assert!(page.has("consent-allow"));
        let mark = idp.mark().await;
        let denied = browser.submit(&page, "consent-deny", &[]).await;
        Callback::of(&denied).is_refused("access_denied");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused", "consent.denied"]);

        let page = browser.open(&rp.ask().set("prompt", "select_account").url()).await;
        assert!(page.has("username"), "{}", page.body);
        let callback = Callback::of(&bob.answers(&browser, page).await);
        let second = rp.redeem(&callback.code()).await.is_granted().id_claims();
        assert_ne!((&first["sub"], &first["sid"]), (&second["sub"], &second["sid"]));
        let code = Callback::of(&browser.open(&silent(&rp).url()).await).code();
        assert_eq!(rp.redeem(&code).await.is_granted().id_claims()["sub"], second["sub"]);
    })
    .await;
}
