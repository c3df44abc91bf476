//! `/cancel`: at every step a person may walk away, and the app hears it.

use super::{half_way, interaction, named, newcomer, step};
use crate::actors::{Answer, Browser, Callback, pairs};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// Presses Cancel, and insists that the app hears it and nobody is signed in.
async fn cancels(idp: &TestIdp, browser: &Browser, page: &Answer, error: &str) {
    let mark = idp.mark().await;
    let form = pairs(&[("csrf", &super::csrf(page))]);
    let answer = browser.post(&idp.at(&format!("/i/{}/cancel", interaction(page))), &form).await;
    let callback = Callback::of(&answer);
    callback.is_refused(error);
    assert_eq!((callback.get("state"), callback.get("iss")), ("state of the app", idp.issuer.as_str()));
    assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "at {}", step(page));
    assert!(!browser.cookies().contains_key("vouchsafe-session"));
    let back = browser.get(&page.url).await;
    assert_eq!((back.status, back.location()), (200, None), "the sign-in is over");
    let again = browser.post(&idp.at(&format!("/i/{}/cancel", interaction(page))), &form).await;
    assert_eq!((again.status, again.location()), (200, None), "and is cancelled once");
}

#[tokio::test]
async fn at_every_step_the_app_hears_of_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, nina) = (idp.person("alice").await, newcomer(&idp, "nina").await);
        let at = async |place: &str| {
            let browser = idp.browser();
            let page = match place {
                "sign-in" => browser.open(&rp.ask().url()).await,
                "password" => named(&browser, &rp.ask(), "alice").await,
                "code" => half_way(&browser, &rp.ask(), &alice).await,
                "consent" => {
                    let page = half_way(&browser, &rp.ask(), &alice).await;
                    browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await
                }
                "enrol" => half_way(&browser, &rp.ask(), &nina).await,
                "enrol/totp" => {
                    let page = half_way(&browser, &rp.ask(), &nina).await;
                    browser.submit(&page, "enrol-totp", &[]).await
                }
                _ => {
                    let page = half_way(&browser, &rp.ask(), &nina).await;
                    let page = browser.submit(&page, "enrol-passkey", &[]).await;
                    browser.binds(&page, &Authenticator::new(&idp)).await
                }
            };
            assert_eq!(step(&page), place);
            assert_eq!(page.has("cancel"), place != "recovery-codes", "{place}");
            (browser, page)
        };
        for place in ["sign-in", "password", "code", "consent", "enrol", "enrol/totp", "recovery-codes"] {
            let (browser, page) = at(place).await;
            cancels(&idp, &browser, &page, "access_denied").await;
        }
        let phr = rp
            .ask()
            .set("claims", r#"{"id_token":{"acr":{"essential":true,"values":["urn:vouchsafe:acr:aal2"]}}}"#);
        let browser = idp.browser();
        let page = half_way(&browser, &phr, &alice).await;
        cancels(&idp, &browser, &page, "unmet_authentication_requirements").await;
    })
    .await;
}

#[tokio::test]
async fn whoever_only_said_a_name_is_a_stranger_in_the_trail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let mut seen = Vec::new();
        for name in ["alice", "mabel"] {
            let browser = idp.browser();
            let page = named(&browser, &rp.ask(), name).await;
            let mark = idp.mark().await;
            let answer = browser.submit(&page, "cancel", &[]).await;
            Callback::of(&answer).is_refused("access_denied");
            let events = idp.events_since(mark).await;
            assert_eq!(events.len(), 1, "{events:?}");
            assert_eq!(events[0].client.as_ref().map(ToString::to_string), Some(rp.id.clone()));
            seen.push((
                events[0].kind,
                events[0].account.clone(),
                events[0].reason.clone(),
                events[0].detail.clone(),
            ));
        }
        assert_eq!(seen[0], seen[1], "the same for a known and an unknown name");
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let mark = idp.mark().await;
        browser.submit(&page, "cancel", &[]).await;
        assert_eq!(
            idp.events_since(mark).await[0].account.as_ref(),
            Some(&alice.account),
            "after a proof they are known"
        );
    })
    .await;
}

#[tokio::test]
async fn at_the_account_a_step_up_can_be_left_and_nothing_changed() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        idp.advance(301);
        let before = browser.cookies();
        let page = browser.open(&idp.at("/account/add/passkey")).await;
        assert_eq!(step(&page), "password");
        let home = browser.submit(&page, "cancel", &[]).await;
        assert_eq!((home.status, home.url), (200, idp.at("/account/")));
        assert_eq!(browser.cookies(), before);
        assert!(browser.open(&idp.at("/account/add/passkey")).await.has("password"), "still to be proved");
    })
    .await;
}
