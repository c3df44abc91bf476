//! Signing in for a device on which nobody can type (RFC 8628): the device, the person's browser, and those who stand between.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::identity::State;

use crate::actors::{Answer, Browser, Person, Rp, claims};
use crate::idp::{TestIdp, on_each_engine};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// An app on a device, which has no address a browser could come back to.
async fn device(idp: &TestIdp) -> Rp {
    let rp = idp.rp().with("grant_types", json!([GRANT, "refresh_token"])).with("redirect_uris", json!([]));
    rp.public().await
}

async fn asks(rp: &Rp) -> Value {
    let answer = rp.posts("/device_authorization", &[("scope", "openid profile offline_access")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn text(begun: &Value, name: &str) -> String {
    begun[name].as_str().unwrap().to_owned()
}

async fn polls(rp: &Rp, code: &str) -> Answer {
    rp.posts("/token", &[("grant_type", GRANT), ("device_code", code)]).await
}

/// The page with the code in question, as the person types it.
async fn types(browser: &Browser, code: &str) -> Answer {
    let page = browser.get("/device").await;
    browser.submit(&page, "continue", &[("user_code", code)]).await
}

/// Signs in for the device; the page at the end.
async fn goes_on(person: &Person, browser: &Browser, code: &str) -> Answer {
    let page = types(browser, code).await;
    let page = browser.submit(&page, "device-yes", &[]).await;
    let page = browser.follow(page).await;
    let answer = person.answers(browser, page).await;
    browser.follow(answer).await
}

#[tokio::test]
async fn a_person_signs_in_elsewhere_and_the_device_gets_its_tokens_once() {
    on_each_engine(async |idp| {
        let rp = device(&idp).await;
        let alice = idp.person("alice").await;
        let begun = asks(&rp).await;
        let (code, user_code) = (text(&begun, "device_code"), text(&begun, "user_code"));
        assert_eq!(begun["verification_uri"], json!(idp.at("/device")));
        assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(600), &json!(5)));
        let discovered = idp.http.get("/.well-known/openid-configuration").await.json();
        assert_eq!(discovered["device_authorization_endpoint"], json!(idp.at("/device_authorization")));

        polls(&rp, &code).await.is_refused("authorization_pending");
        polls(&rp, &code).await.is_refused("slow_down");
        idp.advance(5);
        polls(&rp, &code).await.is_refused("slow_down");
        idp.advance(16);
        polls(&rp, &code).await.is_refused("authorization_pending");

        let browser = idp.browser();
        let page = types(&browser, &user_code.to_lowercase().replace('-', " ")).await;
        assert!(page.body.contains(&user_code) && page.body.contains("App "), "{}", page.body);
        let end = goes_on(&alice, &browser, &user_code).await;
        assert!(end.status == 200 && !end.url.contains("code="), "{end:?}");
        // The code leads nowhere else any more, and the same end is seen again by this browser alone.
        assert_eq!(types(&idp.browser(), &user_code).await.status, 422);
        assert_eq!(idp.browser().open(&end.url).await.status, 404);
        assert_eq!(browser.open(&end.url).await.status, 200);

        let mut asking = JoinSet::new();
        for _ in 0..64 {
            let (rp, code) = (rp.clone(), code.clone());
            asking.spawn(async move { polls(&rp, &code).await });
        }
        let answers = asking.join_all().await;
        let granted: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(granted.len(), 1);
        let tokens = granted[0].is_granted();
        let account = claims(&tokens.id());
        assert_eq!((&account["aud"], &account["acr"]), (&json!(rp.id), &json!("urn:vouchsafe:acr:aal2")));
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        let mark = idp.mark().await;
        polls(&rp, &code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        // Whoever asks too often loses nothing by it.
        rp.refresh(&tokens.refresh()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn nobody_else_gets_what_a_device_waits_for() {
    on_each_engine(async |idp| {
        let (rp, other) = (device(&idp).await, device(&idp).await);
        let (alice, mallory) = (idp.person("alice").await, idp.browser());
        let begun = asks(&rp).await;
        let (code, user_code) = (text(&begun, "device_code"), text(&begun, "user_code"));
        let mark = idp.mark().await;
        polls(&other, &code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        polls(&rp, &(code.clone() + "x")).await.is_refused("invalid_grant");
        polls(&rp, &user_code).await.is_refused("invalid_grant");

        // Nor does a browser get what the device did not ask for.
        let browser = idp.browser();
        let page = types(&browser, &user_code).await;
        let form = page.form("device-yes").with("decision", "yes");
        let to = browser.post(&form.action, &form.fields).await.location().unwrap();
        assert!(to.contains("scope=openid+profile+offline_access"), "{to}");
        for changed in
            [to.replace("+offline_access", ""), format!("{to}&acr_values=urn%3Avouchsafe%3Aacr%3Aaal1")]
        {
            assert_eq!(browser.get(&changed).await.status, 400, "{changed}");
        }

        // Another browser cannot use the address the sign-in comes back to, nor go on with its request.
        let browser = idp.browser();
        let page = types(&browser, &user_code).await;
        let form = page.form("device-yes").with("decision", "yes");
        let sent = browser.post(&form.action, &form.fields).await;
        let address = sent.location().unwrap();
        let stolen = mallory.open(&address).await;
        assert_eq!(stolen.status, 400, "{stolen:?}");
        let page = browser.follow(sent).await;
        let mut page = page;
        let back = loop {
            if let Some(form) = page.has("consent-allow").then(|| page.form("consent-allow")) {
                let form = form.with("decision", "allow");
                break browser.post(&form.action, &form.fields).await.location().unwrap();
            }
            page = alice.answer(&browser, &page).await.unwrap();
        };
        assert!(back.starts_with(&idp.at("/device/done?run=")), "{back}");
        assert_eq!(mallory.open(&back).await.status, 404);
        polls(&rp, &code).await.is_refused("authorization_pending");
        // Nor is the code in it good at the token endpoint: its verifier never left us.
        let stray = url::Url::parse(&back).unwrap();
        let stray = stray.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        rp.posts("/token", &[("grant_type", "authorization_code"), ("code", &stray)])
            .await
            .is_refused("unauthorized_client");
        assert_eq!(browser.open(&back).await.status, 200);
        polls(&rp, &code).await.is_granted();

        // An app that is not registered for it gets no code, and no request without a registered scope is taken.
        let web = idp.rp().public().await;
        let mark = idp.mark().await;
        web.posts("/device_authorization", &[]).await.is_refused("unauthorized_client");
        rp.posts("/device_authorization", &[("scope", "unknown")]).await.is_refused("invalid_scope");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused", "authorize.refused"]);
    })
    .await;
}

#[tokio::test]
async fn a_device_is_told_when_its_person_says_no_or_nobody_comes() {
    on_each_engine(async |idp| {
        let rp = device(&idp).await;
        let begun = asks(&rp).await;
        let browser = idp.browser();
        let page = types(&browser, &text(&begun, "user_code")).await;
        assert_eq!(browser.submit(&page, "device-no", &[]).await.status, 200);
        polls(&rp, &text(&begun, "device_code")).await.is_refused("access_denied");
        // No again, and yes after no.
        assert_eq!(browser.submit(&page, "device-no", &[]).await.status, 422);
        assert_eq!(browser.submit(&page, "device-yes", &[]).await.status, 422);

        let begun = asks(&rp).await;
        let page = types(&browser, &text(&begun, "user_code")).await;
        let page = browser.submit(&page, "device-yes", &[]).await;
        let page = browser.follow(page).await;
        let answer = browser.submit(&page, "cancel", &[]).await;
        assert_eq!(browser.follow(answer).await.status, 200);
        polls(&rp, &text(&begun, "device_code")).await.is_refused("access_denied");

        let begun = asks(&rp).await;
        idp.advance(601);
        let mark = idp.mark().await;
        assert_eq!(types(&browser, &text(&begun, "user_code")).await.status, 422);
        polls(&rp, &text(&begun, "device_code")).await.is_refused("expired_token");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused", "device_code.refused"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_device_waits_for_dies_with_what_it_rests_on() {
    on_each_engine(async |idp| {
        let rp = device(&idp).await;
        let waits = async |name: &str| {
            let (person, begun) = (idp.person(name).await, asks(&rp).await);
            let end = goes_on(&person, &idp.browser(), &text(&begun, "user_code")).await;
            assert_eq!(end.status, 200, "{end:?}");
            (person, text(&begun, "device_code"))
        };
        let is_dead = async |code: &str, error: &str, kind: &str| {
            for _ in 0..2 {
                let mark = idp.mark().await;
                polls(&rp, code).await.is_refused(error);
                assert_eq!(idp.kinds_since(mark).await, [kind]);
            }
        };
        let (alice, code) = waits("alice").await;
        idp.set_account(&alice.account, State::Disabled).await;
        is_dead(&code, "invalid_grant", "code.refused").await;
        idp.set_account(&alice.account, State::Active).await;
        is_dead(&code, "invalid_grant", "code.refused").await;
        let (bob, code) = waits("bob").await;
        idp.end_sessions(&bob.account).await;
        is_dead(&code, "invalid_grant", "code.refused").await;
        let (_, code) = waits("carol").await;
        idp.disable_client(&rp.id).await;
        is_dead(&code, "invalid_client", "client_auth.refused").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_on_another_node_and_after_a_restart_leads_to_the_same_device() {
    on_each_engine(async |idp| {
        let rp = device(&idp).await;
        let alice = idp.person("alice").await;
        let begun = asks(&rp).await;
        let (code, two) = (text(&begun, "device_code"), idp.another().await);
        let browser = two.browser();
        let page = types(&browser, &text(&begun, "user_code")).await;
        // The nodes that gave the code and showed the question are gone.
        idp.stop().await;
        two.stop().await;
        let (three, four) = (idp.another().await, idp.another().await);
        let (browser, here, there) = (browser.at(&three), rp.at(&three), rp.at(&four));
        polls(&there, &code).await.is_refused("authorization_pending");
        let page = browser.submit(&page, "device-yes", &[]).await;
        let page = browser.follow(page).await;
        let answer = alice.at(&three).answers(&browser, page).await;
        assert_eq!(browser.at(&four).follow(answer).await.status, 200);
        let mut asking = JoinSet::new();
        for i in 0..64 {
            let (rp, code) = (if i % 2 == 0 { here.clone() } else { there.clone() }, code.clone());
            asking.spawn(async move { polls(&rp, &code).await });
        }
        let answers = asking.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        three.stop().await;
        four.stop().await;
    })
    .await;
}
