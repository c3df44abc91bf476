//! One computer, several people: what one of them began, left open or merely knows helps nobody else.

use serde_json::json;
use vouchsafe::base::Role;

use crate::actors::{Answer, Browser, Callback, Rp};
use crate::idp::{PASSWORD, TestIdp, on_each_engine};

/// A sign-in of a newcomer that stopped where the second factor is set up.
async fn stops_at_set_up(rp: &Rp, browser: &Browser, name: &str) -> Answer {
    let page = browser.open(&rp.ask().url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", name)]).await;
    let page = browser.submit(&page, "sign-in-submit", &[("password", PASSWORD)]).await;
    assert!(page.has("enrol-totp"), "{}", page.body);
    page
}

async fn newcomer(idp: &TestIdp, name: &str) {
    idp.person_as(name, Role::Patient, false, json!({})).await;
}

#[tokio::test]
async fn signing_out_ends_what_was_begun_in_the_browser() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        rp.signs_in(&alice, &browser).await;
        // A tab that waits for consent, with the proofs of this very person.
        let ask = rp.ask().set("prompt", "login consent");
        let mut page = browser.open(&ask.url()).await;
        while !page.has("consent-allow") {
            page = alice.answer(&browser, &page).await.unwrap();
        }
        let home = browser.get(&idp.at("/account/")).await;
        let before = browser.cookies()["vouchsafe-browser"].clone();
        let signed_out = browser.submit(&home, "sign-out", &[]).await;
        assert_eq!(signed_out.status, 200, "{signed_out:?}");
        assert_ne!(browser.cookies()["vouchsafe-browser"], before);
        let form = page.form("consent-allow");
        let late = browser.post(&form.action, &form.fields).await;
        assert!((400..500).contains(&late.status) && late.location().is_none(), "{late:?}");
        let silent = rp.ask().set("prompt", "none");
        Callback::of(&browser.open(&silent.url()).await).is_refused("login_required");
        // The browser is still one this person signed in with: no notice of a new one.
        let mark = idp.mark().await;
        rp.signs_in(&alice, &browser).await;
        assert!(idp.kinds_since(mark).await.contains(&"session.signed_in"));
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_left_alone_is_over_when_a_session_would_be_idle() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        idp.person_as("okafor", Role::Clinician, false, json!({})).await;
        newcomer(&idp, "rose").await;
        let (one, other) = (idp.browser(), idp.browser());
        let clinician = stops_at_set_up(&rp, &one, "okafor").await;
        let patient = stops_at_set_up(&rp, &other, "rose").await;
        idp.advance(15 * 60 + 1);
        assert_eq!(one.get(&clinician.url).await.status, 400, "fifteen minutes for clinicians");
        assert_eq!(
            other.get(&patient.url).await.status,
            303,
            "a patient is asked again, in the same sign-in"
        );
    })
    .await;
}

#[tokio::test]
async fn a_password_alone_makes_no_browser_known() {
    on_each_engine(async |idp| {
        let weak = idp.rp().policy("min_acr", "urn:vouchsafe:acr:aal1").policy("lower_role_floor", true);
        let (weak, strong) = (weak.public().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        // A thief with the password takes a fresh jar and the weak app, hoping for a budget of their own.
        for guesses in 0..3 {
            let browser = idp.browser();
            let mut page = browser.open(&weak.ask().url()).await;
            page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
            page = browser.submit(&page, "sign-in-submit", &[("password", PASSWORD)]).await;
            alice.answers(&browser, page).await;
            let page = browser.open(&strong.ask().set("acr_values", "urn:vouchsafe:acr:aal2").url()).await;
            assert!(page.has("code"), "{}", page.body);
            let form = page.form("code-submit").with("code", "000000");
            for _ in 0..2 {
                let answer = browser.post(&form.action, &form.fields).await;
                assert!(guesses == 2 || answer.status == 303, "{answer:?}");
            }
        }
        let browser = idp.browser();
        let page = browser.open(&strong.ask().url()).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", PASSWORD)]).await;
        let form = page.form("code-submit").with("code", "000000");
        let answer = browser.post(&form.action, &form.fields).await;
        assert_eq!(answer.status, 429, "all guesses came out of one budget: {answer:?}");
    })
    .await;
}

#[tokio::test]
async fn asking_for_somebody_tells_no_stranger_whether_a_name_is_known() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let hint = rp.signs_in(&alice, &idp.browser()).await.id();
        idp.person("bob").await;
        let claims = json!({ "id_token": { "sub": { "value": "somebody" } } }).to_string();
        for ask in [rp.ask().set("claims", &claims), rp.ask().set("id_token_hint", &hint)] {
            let mut answers = Vec::new();
            for name in ["alice", "bob", "nobody"] {
                let browser = idp.browser();
                let page = browser.open(&ask.url()).await;
                let form = page.form("sign-in-submit").with("username", name);
                let answer = browser.post(&form.action, &form.fields).await;
                answers
                    .push((answer.status, answer.location().unwrap().rsplit('/').next().unwrap().to_owned()));
            }
            assert_eq!(answers, vec![(303, "password".to_owned()); 3]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_that_was_used_is_nobody_elses_to_end() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let tokens = rp.redeem(&code).await.is_granted();
        let mark = idp.mark().await;
        other.redeem(&code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        let mark = idp.mark().await;
        for _ in 0..5 {
            rp.redeem(&code).await.is_refused("invalid_grant");
        }
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        let counts = idp.counts_since(mark).await;
        assert_eq!(counts["family.revoked"], 1, "{counts:?}");
        assert!(counts["code.replayed"] <= 3, "repeating it buys no rows: {counts:?}");
    })
    .await;
}
