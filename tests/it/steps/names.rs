//! Whether a name is known, and what its owner could prove, is told by no page before something was proved.

use serde_json::json;
use vouchsafe::base::Role;
use vouchsafe::identity::State;

use super::{codes, csrf, half_way, interaction, named, newcomer, plain, with_passkey};
use crate::actors::{Answer, Browser, Callback, Rp, pairs};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// Names of one length; nobody has the first.
const NAMES: [&str; 7] = ["mabel", "alice", "nelly", "kimmy", "sally", "admin", "dinah"];

/// People of every kind: with a code app, with nothing, with a passkey, with a security key, of another role, disabled.
async fn people(idp: &TestIdp, rp: &Rp) {
    idp.person("alice").await;
    newcomer(idp, "nelly").await;
    with_passkey(rp, &newcomer(idp, "kimmy").await, &idp.browser()).await;
    let (sally, browser) = (newcomer(idp, "sally").await, idp.browser());
    let page = half_way(&browser, &rp.ask(), &sally).await;
    let page = browser.submit(&page, "enrol-security-key", &[]).await;
    let page = browser.binds(&page, &Authenticator::new(idp)).await;
    assert_eq!(codes(&page).len(), 10);
    sally.answers(&browser, page).await;
    idp.person_as("admin", Role::Administrator, true, json!({})).await;
    let dinah = idp.person("dinah").await;
    idp.set_account(&dinah.account, State::Disabled).await;
}

/// Everything a stranger can do with a name, and what comes of it.
async fn everything(idp: &TestIdp, rp: &Rp, name: &str) -> Vec<(String, Vec<String>)> {
    let browser = idp.browser();
    let page = named(&browser, &rp.ask(), name).await;
    let (id, csrf) = (interaction(&page), csrf(&page));
    let mut out = vec![("password".to_owned(), plain(&page, name))];
    for path in [
        "choose",
        "security-key",
        "code",
        "recovery-code",
        "enrol",
        "enrol/totp",
        "recovery-codes",
        "consent",
        "help",
    ] {
        let answer = browser.get(&idp.at(&format!("/i/{id}/{path}"))).await;
        out.push((format!("GET {path}"), plain(&answer, name)));
    }
    let posts = [
        ("security-key/options", ""),
        ("security-key", "credential"),
        ("code", "code"),
        ("recovery-code", "recovery_code"),
        ("choose", "method"),
        ("enrol", "method"),
        ("enrol/passkey/options", ""),
        ("consent", "decision"),
        ("password", "empty"),
        ("password", "password"),
        ("sign-in", "username"),
        ("not-you", ""),
    ];
    for (path, field) in posts {
        let value = match field {
            "method" => "totp",
            "decision" => "allow",
            "username" => name,
            _ => "123456",
        };
        let form = pairs(&[("csrf", &csrf), (field, value)]);
        let answer = browser.post(&idp.at(&format!("/i/{id}/{path}")), &form).await;
        out.push((format!("POST {path}"), plain(&answer, name)));
        let after: Answer = browser.open(&idp.at(&format!("/i/{id}"))).await;
        out.push((format!("after POST {path}"), plain(&after, name)));
    }
    out.push(("cancelled".to_owned(), cancelled(idp, rp, &browser, name).await));
    out
}

async fn cancelled(idp: &TestIdp, rp: &Rp, browser: &Browser, name: &str) -> Vec<String> {
    let page = named(browser, &rp.ask(), name).await;
    let form = pairs(&[("csrf", &csrf(&page))]);
    let answer = browser.post(&idp.at(&format!("/i/{}/cancel", interaction(&page))), &form).await;
    Callback::of(&answer).is_refused("access_denied");
    plain(&answer, name)
}

#[tokio::test]
async fn no_page_tells_one_name_from_another() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let phr = idp
            .rp()
            .with("client_name", "Phr")
            .policy("min_acr", "urn:vouchsafe:acr:aal2-phr")
            .public()
            .await;
        people(&idp, &rp).await;
        for app in [&rp, &phr] {
            let nobody = everything(&idp, app, NAMES[0]).await;
            for name in &NAMES[1..] {
                let somebody = everything(&idp, app, name).await;
                assert_eq!(nobody.len(), somebody.len());
                for (theirs, nobodys) in somebody.iter().zip(&nobody) {
                    assert_eq!(theirs, nobodys, "{name}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_hint_of_an_app_names_nobody_on_the_page_but_what_it_says() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        people(&idp, &rp).await;
        let mut seen = Vec::new();
        for name in NAMES {
            let page = idp.browser().open(&rp.ask().set("login_hint", name).url()).await;
            assert!(page.has("username"), "{name}");
            seen.push(plain(&page, name));
        }
        assert!(seen.iter().all(|page| *page == seen[0]));
    })
    .await;
}
