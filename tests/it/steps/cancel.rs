//! `/cancel`: at every step a person may walk away, and the app hears it.

use serde_json::json;

use super::{half_way, interaction, named, newcomer, step};
use crate::actors::{Answer, Browser, Callback, Rp, pairs};
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

/// Presses Cancel where the app is in no browser: its request ends, and nothing leads to it.
async fn ends(browser: &Browser, page: &Answer, rp: &Rp, grant: &[(&str, &str)]) {
    let (idp, at) = (rp.idp(), step(page));
    assert!(page.has("cancel") && !page.body.contains("go back to"), "at {at}: {}", page.body);
    let mark = idp.mark().await;
    let end = browser.submit(page, "cancel", &[]).await;
    assert!(end.status == 200 && end.url.starts_with(&idp.issuer), "at {at}: {end:?}");
    assert!(end.body.contains("Nothing was shared. You can close this page."), "at {at}: {}", end.body);
    assert!(!end.body.contains("go back to") && !end.has("continue"), "at {at}: {}", end.body);
    assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "at {at}");
    rp.posts("/token", grant).await.is_refused("access_denied");
}

#[tokio::test]
async fn of_an_app_that_is_elsewhere_the_request_ends_and_nothing_leads_back_to_it() {
    const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    const CIBA: &str = "urn:openid:params:grant-type:ciba";
    on_each_engine(async |idp| {
        let elsewhere = |grant| idp.rp().with("grant_types", json!([grant])).with("redirect_uris", json!([]));
        let (alice, device) = (idp.person("alice").await, elsewhere(DEVICE).public().await);
        for place in ["sign-in", "password", "code", "consent"] {
            let (begun, browser) =
                (device.posts("/device_authorization", &[("scope", "openid")]).await, idp.browser());
            let page = browser.open(&idp.at("/device")).await;
            let user_code = begun.member("user_code");
            let page = browser.submit(&page, "continue", &[("user_code", &user_code)]).await;
            let mut page = browser.submit(&page, "device-yes", &[]).await;
            while step(&page) != place {
                page = alice.answer(&browser, &page).await.unwrap();
            }
            let code = begun.member("device_code");
            ends(&browser, &page, &device, &[("grant_type", DEVICE), ("device_code", &code)]).await;
        }

        let ciba = elsewhere(CIBA).with("backchannel_token_delivery_mode", "poll");
        let ciba = ciba.with("client_uri", "https://self.example/").basic().await;
        let browser = idp.browser();
        let page = browser.open(&idp.at("/approve")).await;
        alice.answers(&browser, page).await;
        for still_signed_in in [true, false] {
            let asked = [("scope", "openid"), ("login_hint", "alice")];
            let id = ciba.posts("/bc-authorize", &asked).await.member("auth_req_id");
            let page = browser.open(&idp.at("/approve")).await;
            let page = browser.submit(&page, "approve-yes-1", &[]).await;
            assert_eq!(step(&page), "consent");
            if !still_signed_in {
                browser.set_cookie("vouchsafe-session", None);
            }
            ends(&browser, &page, &ciba, &[("grant_type", CIBA), ("auth_req_id", &id)]).await;
            // Whoever goes back to the page is not sent to the app either.
            let back = browser.open(&page.url).await;
            assert!(back.status == 200 && !back.body.contains("self.example"), "{}", back.body);
        }
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
