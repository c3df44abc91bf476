//! Half a sign-in is worth nothing anywhere.

use super::{codes, half_way, named, newcomer, step};
use crate::actors::{Answer, Browser, Callback, Person, Rp, pairs};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// Insists that whatever was proved so far opens nothing else.
async fn is_worth_nothing(idp: &TestIdp, rp: &Rp, browser: &Browser, what: &str) {
    assert!(!browser.cookies().contains_key("vouchsafe-session"), "{what}");
    let mark = idp.mark().await;
    let silent = Callback::of(&browser.get(&rp.ask().set("prompt", "none").url()).await);
    silent.is_refused("login_required");
    let page = browser.open(&rp.ask().url()).await;
    assert_eq!(step(&page), "sign-in", "{what}: a second sign-in begins at its beginning");
    let doors = [
        "/account/",
        "/account/sign-in",
        "/account/add/passkey",
        "/account/add/security-key",
        "/account/add/totp",
        "/account/add/recovery-code",
    ];
    for door in doors {
        let page = browser.open(&idp.at(door)).await;
        assert_eq!(step(&page), "sign-in", "{what}: {door}");
    }
    let out = browser.post(&idp.at("/account/sign-out"), &pairs(&[("csrf", "x")])).await;
    assert_eq!((out.status, out.location()), (303, Some(idp.at("/account/"))), "{what}");
    assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{what}");
}

async fn finishes(rp: &Rp, person: &Person, browser: &Browser, page: Answer) {
    let done = person.answers(browser, page).await;
    rp.redeem(&Callback::of(&done).code()).await.is_granted();
    assert!(browser.cookies().contains_key("vouchsafe-session"));
    assert_eq!(browser.open(&rp.idp().at("/account/")).await.status, 200);
}

#[tokio::test]
async fn a_sign_in_opens_nothing_before_its_end() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = named(&browser, &rp.ask(), "alice").await;
        is_worth_nothing(&idp, &rp, &browser, "the name alone").await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        is_worth_nothing(&idp, &rp, &browser, "the password alone").await;
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert!(page.has("consent-allow"));
        is_worth_nothing(&idp, &rp, &browser, "two factors without an end").await;
        finishes(&rp, &alice, &browser, page).await;
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_opens_nothing_before_its_end() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, browser) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &nina).await;
        is_worth_nothing(&idp, &rp, &browser, "the password of a newcomer").await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&page, &Authenticator::new(&idp)).await;
        assert_eq!(codes(&page).len(), 10);
        is_worth_nothing(&idp, &rp, &browser, "a passkey bound a moment ago").await;
        let page = browser.submit(&page, "continue", &[]).await;
        is_worth_nothing(&idp, &rp, &browser, "codes seen").await;
        finishes(&rp, &nina, &browser, page).await;
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_opens_nothing_but_enrolment() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, first) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&first, &rp.ask(), &nina).await;
        let page = first.submit(&page, "enrol-totp", &[]).await;
        let page = nina.answer(&first, &page).await.unwrap();
        let codes = codes(&page);
        nina.answers(&first, page).await;

        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let page = browser.open(&page.url.replace("/code", "/recovery-code")).await;
        let page = browser.submit(&page, "recovery-submit", &[("recovery_code", &codes[0])]).await;
        assert_eq!(step(&page), "enrol");
        is_worth_nothing(&idp, &rp, &browser, "a recovery code").await;
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let done = nina.answers(&browser, page).await;
        let tokens = rp.redeem(&Callback::of(&done).code()).await.is_granted();
        assert_eq!(tokens.id_claims()["acr"], "urn:vouchsafe:acr:aal2");
    })
    .await;
}
