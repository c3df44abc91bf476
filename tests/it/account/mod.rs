//! `/account/…`: who may look, and who may add a way to sign in; what else is done there is in the files beside.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod activity;
mod apps;
mod details;
mod devices;
mod privacy;
mod removal;

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::audit::Outcome;
use vouchsafe::base::{Role, Timestamp};
use vouchsafe::flows::account::ways;
use vouchsafe::flows::notify;

use crate::actors::{Answer, Browser, Callback, Person};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

async fn kinds(idp: &TestIdp, person: &Person) -> Vec<&'static str> {
    let ways = ways(&idp.operator(), &person.account).await.unwrap();
    let mut kinds: Vec<_> = ways.iter().map(|way| way.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

/// Posts a form to one of the person's own pages, as their session would.
async fn posts(idp: &TestIdp, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut form = vec![("csrf".to_owned(), idp.csrf_of(browser).await)];
    form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    browser.post(&idp.at(path), &form).await
}

/// Signs in at the person's own pages.
async fn at_home(idp: &TestIdp, person: &Person) -> Browser {
    let browser = idp.browser();
    let page = browser.open(&idp.at("/account/")).await;
    let home = person.answers(&browser, page).await;
    assert_eq!((home.status, home.url), (200, idp.at("/account/")));
    browser
}

/// A browser whose session is a password and nothing more, as an app with a lower floor makes it.
async fn half(idp: &TestIdp, person: &Person) -> Browser {
    let low = idp.rp().policy("min_acr", "urn:vouchsafe:acr:aal1").policy("lower_role_floor", true);
    let (rp, browser) = (low.public().await, idp.browser());
    let page = browser.open(&rp.ask().url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", &person.username)]).await;
    let page = browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await;
    Callback::of(&person.answers(&browser, page).await).code();
    browser
}

/// The outcomes and reasons of the events since a mark.
async fn refusals(idp: &TestIdp, mark: Timestamp) -> Vec<(&'static str, String)> {
    let events = idp.events_since(mark).await;
    let refused = events.into_iter().filter(|event| event.outcome == Outcome::Refused);
    refused.map(|event| (event.kind.as_str(), event.reason.unwrap_or_default())).collect()
}

/// Where an address leads a browser: the last part of the path.
async fn leads(idp: &TestIdp, browser: &Browser, path: &str) -> (String, Answer) {
    let page = browser.open(&idp.at(path)).await;
    let at = url::Url::parse(&page.url).unwrap().path().to_owned();
    let step = at.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    (if at.starts_with("/i/") { step } else { at }, page)
}

#[tokio::test]
async fn a_way_is_added_behind_a_fresh_proof_and_nothing_else_ends() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (alice, browser, other) = (idp.person("alice").await, idp.browser(), idp.browser());
        let ask = rp.ask().set("scope", "openid offline_access").set("prompt", "consent");
        let elsewhere = rp.signs_in_with(&alice, &other, &ask).await;
        rp.signs_in(&alice, &browser).await;
        idp.advance(301);
        assert_eq!(leads(&idp, &browser, "/account/").await.0, "/account/");
        for kind in ["passkey", "security-key", "totp", "recovery-code"] {
            let mark = idp.mark().await;
            assert_eq!(leads(&idp, &browser, &format!("/account/add/{kind}")).await.0, "password", "{kind}");
            assert!(idp.kinds_since(mark).await.is_empty());
        }
        let (_, page) = leads(&idp, &browser, "/account/add/passkey").await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        assert!(page.has("code"), "a password alone adds nothing: {}", page.body);
        let at = page.url.rsplit_once('/').unwrap().0.to_owned();
        for around in ["enrol/passkey", "enrol/totp", "enrol", "recovery-codes"] {
            assert!(browser.open(&format!("{at}/{around}")).await.has("code"), "{around}");
        }
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert!(page.url.ends_with("/enrol/passkey"), "{}", page.url);
        let key = Authenticator::new(&idp);
        let mark = idp.mark().await;
        let page = browser.binds(&page, &key).await;
        assert_eq!(kinds(&idp, &alice).await, ["passkey", "password", "recovery_codes", "totp"]);
        let home = browser.submit(&page, "continue", &[]).await;
        assert_eq!(home.url, idp.at("/account/?added=passkey"));
        assert_eq!(home.status, 200);
        let seen = idp.kinds_since(mark).await;
        assert_eq!(seen, ["factor.added", "recovery_codes.made", "session.signed_in"]);
        let told = notify::newest(&idp.operator(), 1).await.unwrap();
        assert_eq!(told[0].1.notice.as_str(), "factor_added");
        assert_eq!(told[0].1.to, "alice@riverside.example");

        idp.advance(1);
        assert_eq!(rp.userinfo(&elsewhere.access()).await.status, 401, "five minutes are over");
        rp.refresh(&elsewhere.refresh()).await.is_granted();
        Callback::of(&other.get(&rp.ask().set("prompt", "none").url()).await).code();
        let claims = rp.signs_in_by(&idp.browser(), &key).await.id_claims();
        assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr");
    })
    .await;
}

#[tokio::test]
async fn a_change_is_made_at_the_accounts_own_level() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let key = Authenticator::new(&idp);
        let (step, page) = leads(&idp, &browser, "/account/add/passkey").await;
        assert_eq!(step, "enrol/passkey", "fresh already");
        let page = browser.binds(&page, &key).await;
        alice.answers(&browser, page).await;

        // From now on her best is a passkey: a password and a code open her home and change nothing.
        let thief = idp.browser();
        let page = thief.open(&rp.ask().url()).await;
        let page = thief.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = thief.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        assert!(page.url.ends_with("/security-key"));
        let page = thief.open(&page.url.replace("/security-key", "/code")).await;
        let done = alice.answers(&thief, page).await;
        Callback::of(&done).code();
        assert_eq!(leads(&idp, &thief, "/account/").await.0, "/account/");
        for kind in ["passkey", "security-key", "totp", "recovery-code"] {
            let (step, page) = leads(&idp, &thief, &format!("/account/add/{kind}")).await;
            assert_eq!(step, "security-key", "{kind}");
            assert!(!page.has("choose-totp"));
            let at = page.url.rsplit_once('/').unwrap().0.to_owned();
            for around in
                ["enrol/passkey", "enrol/totp", "enrol/security-key", "enrol/recovery-codes", "code"]
            {
                assert!(
                    thief.open(&format!("{at}/{around}")).await.url.ends_with("/security-key"),
                    "{around}"
                );
            }
        }
        let (_, page) = leads(&idp, &thief, "/account/add/totp").await;
        let page = thief.uses(&page, &key).await;
        assert!(page.has("totp-key"), "her passkey opens it: {}", page.body);
    })
    .await;
}

#[tokio::test]
async fn one_authenticator_is_bound_once_and_a_second_passkey_beside_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let (first, second) = (Authenticator::new(&idp), Authenticator::new(&idp));
        let (_, page) = leads(&idp, &browser, "/account/add/passkey").await;
        let page = browser.binds(&page, &first).await;
        alice.answers(&browser, page).await;
        idp.advance(301);
        let (step, page) = leads(&idp, &browser, "/account/add/passkey").await;
        assert_eq!(step, "security-key", "the level rose: {}", page.body);
        let page = browser.uses(&page, &first).await;
        let question = browser.question(&page).await.json();
        let excluded = question["publicKey"]["excludeCredentials"].as_array().unwrap();
        assert_eq!(excluded.len(), 1, "the browser is told what is bound: {question}");
        let home = browser.replies(&page, &second.creates(&question)).await;
        assert_eq!(home.url, idp.at("/account/?added=passkey"), "no new recovery codes");
        for key in [&first, &second] {
            rp.signs_in_by(&idp.browser(), key).await;
        }
        assert_eq!(kinds(&idp, &alice).await.iter().filter(|kind| **kind == "passkey").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn new_recovery_codes_make_the_old_ones_void() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let mut sets: Vec<Vec<String>> = Vec::new();
        for _ in 0..2 {
            let (step, page) = leads(&idp, &browser, "/account/add/recovery-code").await;
            assert_eq!(step, "enrol/recovery-codes");
            let mark = idp.mark().await;
            let page = browser.submit(&page, "continue", &[]).await;
            assert_eq!(idp.kinds_since(mark).await, ["recovery_codes.made"]);
            let list =
                page.body.split(" id=\"recovery-codes\"").nth(1).unwrap().split("</ol>").next().unwrap();
            sets.push(
                list.split("<li>").skip(1).map(|li| li.split('<').next().unwrap().to_owned()).collect(),
            );
            let home = browser.submit(&page, "continue", &[]).await;
            assert_eq!(home.url, idp.at("/account/?added=recovery-code"));
        }
        for (code, works) in [(&sets[0][0], false), (&sets[1][0], true)] {
            let stranger = idp.browser();
            let page = stranger.open(&rp.ask().url()).await;
            let page = stranger.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
            let page = stranger.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
            let page = stranger.open(&page.url.replace("/code", "/recovery-code")).await;
            let page = stranger.submit(&page, "recovery-submit", &[("recovery_code", code)]).await;
            assert_eq!(page.url.ends_with("/enrol"), works, "{code}");
        }
        assert_eq!(kinds(&idp, &alice).await, ["password", "recovery_codes", "totp"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_codes_made_in_two_tabs_at_once_the_kept_ones_are_shown() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for _ in 0..2 {
            let (_, page) = leads(&idp, &browser, "/account/add/recovery-code").await;
            let form = page.form("continue");
            for _ in 0..2 {
                let (browser, form) = (browser.clone(), form.clone());
                tries.spawn(async move { browser.post(&form.action, &form.fields).await });
            }
        }
        let mut shown = BTreeSet::new();
        for answer in tries.join_all().await {
            assert_eq!(answer.status, 303, "{answer:?}");
            let page = browser.follow(answer).await;
            if page.url.ends_with("/recovery-codes") && page.has("recovery-codes") {
                shown.insert(page.body.split("<li>").nth(1).unwrap().split('<').next().unwrap().to_owned());
            }
        }
        assert_eq!(kinds(&idp, &alice).await, ["password", "recovery_codes", "totp"]);
        assert_eq!(idp.counts_since(mark).await["recovery_codes.made"], shown.len());
        let mut good = 0;
        for code in &shown {
            let stranger = idp.browser();
            let page = stranger.open(&rp.ask().url()).await;
            let page = stranger.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
            let page = stranger.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
            let page = stranger.open(&page.url.replace("/code", "/recovery-code")).await;
            let page = stranger.submit(&page, "recovery-submit", &[("recovery_code", code)]).await;
            good += usize::from(page.url.ends_with("/enrol"));
        }
        assert_eq!(good, 1, "on {}: {shown:?}", idp.engine);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_looks_at_nothing_without_a_phishing_resistant_proof() {
    on_each_engine(async |idp| {
        let low = idp.rp().policy("min_acr", "urn:vouchsafe:acr:aal1").policy("lower_role_floor", true);
        let rp = low.public().await;
        let ada = idp.person_as("ada", Role::Administrator, true, json!({})).await;
        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "ada")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &ada.password)]).await;
        let page = browser.submit(&page, "code-submit", &[("code", &ada.next_code())]).await;
        assert!(page.has("enrol-passkey") && !page.has("enrol-totp"), "no app lowers it: {}", page.body);
        assert_eq!(leads(&idp, &browser, "/account/").await.0, "sign-in");
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&page, &Authenticator::new(&idp)).await;
        let done = ada.answers(&browser, page).await;
        let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr");
        assert_eq!(leads(&idp, &browser, "/account/").await.0, "/account/");
    })
    .await;
}

#[tokio::test]
async fn addresses_of_the_account_echo_and_change_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let mark = idp.mark().await;
        for path in ["/account/?added=%3Cscript%3Ecanary", "/account/?added=password", "/account/?x=canary"] {
            let page = browser.get(&idp.at(path)).await;
            assert!(page.status == 200 && !page.body.contains("canary"), "{path}");
        }
        for path in ["/account/add/password", "/account/add/canary", "/account/add/TOTP", "/account"] {
            let answer = browser.get(&idp.at(path)).await;
            assert_eq!((answer.status, answer.location()), (303, Some(idp.at("/account/"))), "{path}");
        }
        for (method, path) in
            [("POST", "/account/"), ("POST", "/account/add/passkey"), ("GET", "/account/sign-out")]
        {
            let answer = browser.send(method, &idp.at(path), &[], String::new()).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
        for path in ["/account/x", "/account/add", "/account/add/passkey/x"] {
            assert_eq!(browser.get(&idp.at(path)).await.status, 404, "{path}");
        }
        let change = idp.http.get("/.well-known/change-password").await;
        assert_eq!((change.status, change.location()), (302, Some(idp.at("/account/password"))));
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(kinds(&idp, &alice).await, ["password", "totp"]);
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_are_shown_no_longer_than_the_session_they_were_made_in() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (n, (ends, path)) in [
            ("elsewhere", "recovery-code"),
            ("all", "recovery-code"),
            ("elsewhere", "passkey"),
            ("all", "passkey"),
        ]
        .into_iter()
        .enumerate()
        {
            let alice = idp.person(&format!("alice{n}")).await;
            let key = Authenticator::new(&idp);
            let (browser, other) = (idp.browser(), idp.browser());
            let started = rp.signs_in(&alice, &browser).await;
            let page = browser.open(&idp.at(&format!("/account/add/{path}"))).await;
            let page = match path {
                "passkey" => browser.binds(&page, &key).await,
                _ => browser.submit(&page, "continue", &[]).await,
            };
            assert!(page.has("recovery-codes"), "{}", page.body);
            let at = page.url.clone();
            let paper = [at.clone(), format!("{at}.txt"), format!("{at}/print")];
            for url in &paper {
                assert_eq!(browser.get(url).await.status, 200, "{url}");
            }
            match ends {
                "all" => idp.end_sessions(&alice.account).await,
                _ => {
                    let sid = started.id_claims()["sid"].as_str().unwrap().to_owned();
                    let home = other.open(&idp.at("/account/")).await;
                    match path {
                        "passkey" => drop(other.uses(&home, &key).await),
                        _ => drop(alice.answers(&other, home).await),
                    }
                    let ended = posts(&idp, &other, "/account/devices/end", &[("session", &sid)]).await;
                    assert_eq!(ended.status, 303, "{ended:?}");
                }
            }
            idp.advance(1);
            let code = page.body.split("<li>").nth(1).unwrap().split('<').next().unwrap();
            for url in &paper {
                let answer = browser.get(url).await;
                assert_eq!(answer.status, 400, "{ends} {path} {url}: {answer:?}");
                assert!(!answer.body.contains(code), "{ends} {path}: {}", answer.body);
            }
        }
    })
    .await;
}
