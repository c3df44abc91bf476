//! A copy of one's data, and closing the account.

use serde_json::{Value, json};
use vouchsafe::base::Role;
use vouchsafe::flows::{accounts, notify, upkeep};

use super::{at_home, half, leads, posts, refusals};
use crate::actors::{Browser, Callback};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

const CLOSE: &str = "/account/privacy/close";

async fn closes(idp: &TestIdp, browser: &Browser) {
    let (at, page) = leads(idp, browser, CLOSE).await;
    assert_eq!(at, CLOSE);
    let after = browser.submit(&page, "continue", &[]).await;
    assert_eq!((after.status, after.url), (200, idp.at("/account/privacy?done=closing")));
}

#[tokio::test]
async fn a_copy_holds_what_is_known_and_no_secrets() {
    on_each_engine(async |idp| {
        let claims = json!({ "name": "Zephyrine Quill", "phone_number": "+44 20 7946 0991" });
        let alice = idp.person_as("alice", Role::Patient, true, claims).await;
        let (bob, rp) = (idp.person("bob").await, idp.rp().public().await);
        rp.signs_in(&bob, &idp.browser()).await;
        let browser = idp.browser();
        let tokens = rp.signs_in(&alice, &browser).await;
        let (_, page) = leads(&idp, &browser, "/account/privacy/copy").await;
        let mark = idp.mark().await;
        let json_file = browser.submit(&page, "copy-json", &[]).await;
        assert_eq!(json_file.status, 200);
        assert!(json_file.header("content-disposition").starts_with("attachment; filename="));
        assert_eq!(json_file.header("cache-control"), "no-store");
        let copy: Value = json_file.json();
        assert_eq!(copy["profile"]["claims"]["name"], "Zephyrine Quill");
        assert_eq!(copy["profile"]["email"], "alice@riverside.example");
        assert_eq!(copy["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(copy["apps"][0]["client"], rp.id.as_str());
        let mut kinds: Vec<_> = copy["ways_to_sign_in"]
            .as_array()
            .unwrap()
            .iter()
            .map(|way| way["kind"].as_str().unwrap())
            .collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["password", "totp"]);
        let what: Vec<_> =
            copy["activity"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
        assert!(what.contains(&"account.created") && what.contains(&"session.signed_in"), "{what:?}");
        assert_eq!(idp.kinds_since(mark).await, ["account.exported"]);
        let html = browser.submit(&page, "copy-html", &[]).await;
        assert!(html.header("content-disposition").contains("my-data.html"));
        assert!(html.body.contains("Zephyrine Quill") && html.body.starts_with("<!DOCTYPE html>"));
        for word in ["Code app", "Patient", "You signed in"] {
            assert!(html.body.contains(word), "{word}: {}", html.body);
        }
        for raw in ["totp", "session.signed_in", "patient<", "new_browser", "T00:"] {
            assert!(!html.body.contains(raw), "{raw}: {}", html.body);
        }
        for file in [&json_file.body, &html.body] {
            for secret in [tokens.access().as_str(), "$argon2", "secret", "link", "bob", "host:"] {
                assert!(!file.contains(secret), "{secret}: {file}");
            }
            assert!(!browser.cookies().values().any(|cookie| file.contains(cookie.as_str())));
        }
    })
    .await;
}

#[tokio::test]
async fn a_copy_and_a_closing_need_a_fresh_proof() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        let thief = half(&idp, &alice).await;
        idp.advance(301);
        for who in [&browser, &thief] {
            for (path, kind) in [("/account/privacy/copy", "account.exported"), (CLOSE, "account.closing")] {
                assert_ne!(leads(&idp, who, path).await.0, path);
                let mark = idp.mark().await;
                let answer = posts(&idp, who, path, &[("format", "json")]).await;
                assert_eq!(answer.status, 303);
                assert!(!answer.body.contains("alice"));
                assert_eq!(refusals(&idp, mark).await, [(kind, "not_fresh".to_owned())]);
            }
        }
        assert_eq!(idp.place.count("SELECT count(*) FROM closings").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_closing_account_opens_no_app_and_is_kept_by_its_person() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (alice, phone) = (idp.person("alice").await, idp.browser());
        let ask = rp.ask().set("scope", "openid offline_access").set("prompt", "consent");
        let tokens = rp.signs_in_with(&alice, &phone, &ask).await;
        let browser = at_home(&idp, &alice).await;
        let mark = idp.mark().await;
        closes(&idp, &browser).await;
        assert_eq!(idp.kinds_since(mark).await, ["account.closing"]);
        let told = notify::newest(&idp.operator(), 1).await.unwrap();
        assert_eq!(told[0].1.notice.as_str(), "account_closing");
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        assert_eq!(leads(&idp, &phone, "/account/").await.0, "sign-in");
        let mark = idp.mark().await;
        let page = browser.open(&rp.ask().url()).await;
        Callback::of(&alice.answers(&browser, page).await).is_refused("access_denied");
        assert_eq!(refusals(&idp, mark).await, [("authorize.refused", "account_closing".to_owned())]);

        let again = at_home(&idp, &alice).await;
        let (_, page) = leads(&idp, &again, "/account/").await;
        assert!(page.body.contains("Keep my account"), "{}", page.body);
        let (_, page) = leads(&idp, &again, "/account/privacy").await;
        let mark = idp.mark().await;
        let after = again.submit(&page, "keep", &[]).await;
        assert_eq!(after.url, idp.at("/account/privacy?done=kept"));
        assert_eq!(idp.kinds_since(mark).await, ["account.kept"]);
        let mark = idp.mark().await;
        posts(&idp, &again, "/account/privacy/keep", &[]).await;
        assert_eq!(refusals(&idp, mark).await, [("account.kept", "not_closing".to_owned())]);
        idp.advance(8 * 24 * 3600);
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert!(accounts::find(&idp.operator(), "alice").await.unwrap().is_some());
        rp.signs_in(&alice, &idp.browser()).await;
    })
    .await;
}

#[tokio::test]
async fn after_seven_days_a_closed_account_is_erased() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        closes(&idp, &browser).await;
        idp.advance(7 * 24 * 3600 - 120);
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert!(accounts::find(&idp.operator(), "alice").await.unwrap().is_some(), "not yet");
        idp.advance(121);
        let mark = idp.mark().await;
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert_eq!(idp.kinds_since(mark).await, ["account.erased"]);
        assert!(accounts::find(&idp.operator(), "alice").await.unwrap().is_none());
        for table in ["accounts", "factors", "sessions", "closings", "outbox"] {
            assert_eq!(idp.place.count(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_administrator_does_not_close_their_own_account() {
    on_each_engine(async |idp| {
        let ada = idp.person_as("ada", Role::Administrator, true, json!({})).await;
        let browser = idp.browser();
        let page = browser.open(&idp.at("/account/")).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "ada")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &ada.password)]).await;
        let page = browser.submit(&page, "code-submit", &[("code", &ada.next_code())]).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&page, &Authenticator::new(&idp)).await;
        ada.answers(&browser, page).await;
        let (at, page) = leads(&idp, &browser, "/account/privacy").await;
        assert_eq!(at, "/account/privacy");
        assert!(!page.has("close") && page.body.contains("Ask another administrator"), "{}", page.body);
        let mark = idp.mark().await;
        assert_eq!(posts(&idp, &browser, CLOSE, &[]).await.location(), Some(idp.at("/account/privacy")));
        assert_eq!(refusals(&idp, mark).await, [("account.closing", "administrator".to_owned())]);
        assert_eq!(idp.place.count("SELECT count(*) FROM closings").await, 0);
    })
    .await;
}
