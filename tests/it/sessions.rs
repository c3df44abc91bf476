//! The session behind the cookie: it rises, changes its value, belongs to one person and ends when it must.

use vouchsafe::base::Role;
use vouchsafe::identity::State;

use crate::actors::{Answer, Browser, Callback, Person, Rp, pairs};
use crate::idp::{TestIdp, on_each_engine};

const SESSION: &str = "vouchsafe-session";

/// An app that is content with a password, and one that is not.
async fn two_apps(idp: &TestIdp) -> (Rp, Rp) {
    let low = idp.rp().policy("min_acr", "urn:vouchsafe:acr:aal1").policy("lower_role_floor", true);
    (low.public().await, idp.rp().public().await)
}

async fn is_signed_in(rp: &Rp, browser: &Browser) -> bool {
    let callback = Callback::of(&browser.get(&rp.ask().set("prompt", "none").url()).await);
    if !callback.params.contains_key("code") {
        callback.is_refused("login_required");
    }
    callback.params.contains_key("code")
}

#[tokio::test]
async fn a_cookies_value_changes_at_each_rise_and_the_old_one_is_dead() {
    on_each_engine(async |idp| {
        let (low, high) = two_apps(&idp).await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        browser.set_cookie(SESSION, Some("planted by somebody"));
        let weak = low.signs_in(&alice, &browser).await;
        assert_eq!(weak.id_claims()["acr"], "urn:vouchsafe:acr:aal1");
        let first = browser.cookies()[SESSION].clone();
        let thief = browser.stolen();
        assert!(is_signed_in(&low, &thief).await, "what a thief has before the rise");
        Callback::of(&browser.get(&high.ask().set("prompt", "none").url()).await)
            .is_refused("login_required");

        let page = browser.open(&high.ask().url()).await;
        assert!(page.has("code") && !page.has("password"), "only what is missing: {}", page.body);
        let done = alice.answers(&browser, page).await;
        let strong = high.redeem(&Callback::of(&done).code()).await.is_granted();
        assert_eq!(strong.id_claims()["acr"], "urn:vouchsafe:acr:aal2");
        assert_eq!(strong.id_claims()["sid"], weak.id_claims()["sid"], "one session");
        assert_eq!(low.userinfo(&weak.access()).await.status, 200);
        let second = browser.cookies()[SESSION].clone();
        assert_ne!(first, second);
        assert!(is_signed_in(&low, &browser).await);
        assert!(!is_signed_in(&low, &thief).await, "the old value is worth nothing");
        let page = browser.open(&high.ask().set("prompt", "login").url()).await;
        alice.answers(&browser, page).await;
        assert_ne!(browser.cookies()[SESSION], second);
    })
    .await;
}

#[tokio::test]
async fn a_session_of_a_password_is_a_stranger_where_more_is_needed() {
    on_each_engine(async |idp| {
        let (low, high) = two_apps(&idp).await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        low.signs_in(&alice, &browser).await;
        for door in ["/account/", "/account/add/passkey", "/account/add/recovery-code"] {
            let page = browser.open(&idp.at(door)).await;
            assert!(page.has("code") && page.url.ends_with("/code"), "{door}: {}", page.url);
        }
        assert!(!is_signed_in(&high, &browser).await);
        let page = browser.open(&high.ask().url()).await;
        for _ in 0..2 {
            let wrong = browser.submit(&page, "code-submit", &[("code", "000000")]).await;
            assert!(wrong.has("code"));
        }
        assert!(!is_signed_in(&high, &browser).await, "a wrong code lifts nothing");
        assert!(is_signed_in(&low, &browser).await, "and takes nothing");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_not_lifted_by_somebody_elses_proof() {
    on_each_engine(async |idp| {
        let (low, high) = two_apps(&idp).await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let hers = low.signs_in(&alice, &browser).await;
        let old = browser.stolen();
        let page = browser.open(&high.ask().url()).await;
        let asked = page.clone();
        let wrong = browser.submit(&page, "code-submit", &[("code", &bob.next_code())]).await;
        assert!(wrong.has("code"), "bob's code on alice's page");
        // He names himself in her browser, by the form that any page of a sign-in carries.
        let to = asked.url.replace("/code", "/sign-in");
        let form = [asked.form("code-submit").fields, pairs(&[("username", "bob")])].concat();
        let page = browser.follow(browser.post(&to, &form).await).await;
        assert!(page.has("password"), "{}", page.body);
        let early = [asked.form("code-submit").fields, pairs(&[("code", &bob.next_code())])].concat();
        let page = browser.follow(browser.post(&asked.url, &early).await).await;
        assert!(page.has("password"), "her password is not his");
        let mark = idp.mark().await;
        let done = bob.answers(&browser, page).await;
        let his = high.redeem(&Callback::of(&done).code()).await.is_granted();
        assert_ne!(his.id_claims()["sub"], hers.id_claims()["sub"]);
        assert_ne!(his.id_claims()["sid"], hers.id_claims()["sid"]);
        let events = idp.events_since(mark).await;
        let ended = events.iter().find(|event| event.kind.as_str() == "session.ended").unwrap();
        assert_eq!(
            (ended.account.as_ref(), ended.reason.as_deref()),
            (Some(&alice.account), Some("another_person"))
        );
        idp.advance(1);
        assert!(!is_signed_in(&low, &old).await, "her session ended with his");
        assert_eq!(low.userinfo(&hers.access()).await.status, 401);
        let home = browser.open(&idp.at("/account/")).await;
        assert!(home.body.contains("bob") && !home.body.contains("alice"), "{}", home.body);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_with_a_bit_changed_is_a_stranger() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let value = browser.cookies()[SESSION].clone();
        let mut damaged: Vec<String> = (0..value.len())
            .step_by(5)
            .map(|n| {
                let mut bytes = value.clone().into_bytes();
                bytes[n] = if bytes[n] == b'A' { b'B' } else { b'A' };
                String::from_utf8(bytes).unwrap()
            })
            .collect();
        damaged.extend([
            value[..value.len() - 1].to_owned(),
            format!("{value}A"),
            value.to_lowercase(),
            format!("\"{value}\""),
            browser.cookies()["vouchsafe-browser"].clone(),
            "x".repeat(5_000),
            String::new(),
        ]);
        for cookie in damaged.iter().filter(|cookie| **cookie != value) {
            let thief = browser.stolen();
            thief.set_cookie(SESSION, Some(cookie));
            assert!(!is_signed_in(&rp, &thief).await, "{cookie}");
            assert!(thief.open(&idp.at("/account/")).await.has("username"), "{cookie}");
        }
        let twice = [("cookie", &*format!("{SESSION}={value}; {SESSION}={value}"))];
        let silent = rp.ask().set("prompt", "none").url();
        Callback::of(&idp.http.send("GET", &silent, &twice, "").await).is_refused("login_required");
        assert!(is_signed_in(&rp, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn an_end_is_seen_within_a_second_wherever_a_session_is_used() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (n, end) in ["sessions ended", "account disabled", "signed out here"].into_iter().enumerate() {
            let person = idp.person(&format!("person{n}")).await;
            let (browser, other) = (idp.browser(), idp.browser());
            rp.signs_in(&person, &browser).await;
            rp.signs_in(&person, &other).await;
            let old = browser.stolen();
            match n {
                0 => idp.end_sessions(&person.account).await,
                1 => idp.set_account(&person.account, State::Disabled).await,
                _ => {
                    let home = browser.open(&idp.at("/account/")).await;
                    let mark = idp.mark().await;
                    let page = browser.submit(&home, "sign-out", &[]).await;
                    assert_eq!((page.status, page.location()), (200, None));
                    assert!(!browser.cookies().contains_key(SESSION));
                    assert_eq!(idp.kinds_since(mark).await, ["session.ended"]);
                    idp.advance(1);
                }
            }
            assert!(!is_signed_in(&rp, &old).await, "{end}");
            assert!(old.open(&idp.at("/account/")).await.has("username"), "{end}");
            assert!(old.open(&idp.at("/account/add/totp")).await.has("username"), "{end}");
            assert_eq!(is_signed_in(&rp, &other).await, n == 2, "{end}: another browser");
            if n == 1 {
                idp.set_account(&person.account, State::Active).await;
                assert!(!is_signed_in(&rp, &old).await, "what ended stays ended");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_idle_session_wants_a_password_and_a_long_one_everything() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let dora = idp.person_as("dora", Role::Clinician, true, serde_json::json!({})).await;
        let browser = idp.browser();
        let first = rp.signs_in(&dora, &browser).await.id_claims();
        idp.advance(15 * 60);
        assert!(!is_signed_in(&rp, &browser).await);
        for door in ["/account/", "/account/add/totp"] {
            let page = browser.open(&idp.at(door)).await;
            assert!(page.has("password") && page.body.contains("dora"), "{door}: {}", page.body);
        }
        let page = browser.open(&rp.ask().url()).await;
        assert!(page.has("password"));
        let done = browser.submit(&page, "sign-in-submit", &[("password", &dora.password)]).await;
        let again = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(again["sid"], first["sid"], "reopened, not begun");
        for _ in 0..50 {
            idp.advance(14 * 60);
            browser.get(&idp.at("/account/")).await;
        }
        assert!(is_signed_in(&rp, &browser).await, "activity keeps it awake");
        idp.advance(5 * 60);
        assert!(!is_signed_in(&rp, &browser).await, "twelve hours are over");
        assert!(browser.open(&rp.ask().url()).await.has("username"));
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_needs_its_own_form_and_tells_the_browser_to_forget() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        rp.signs_in(&alice, &browser).await;
        let home = browser.open(&idp.at("/account/")).await;
        let form = home.form("sign-out");
        let bob = idp.person("bob").await;
        let other = idp.browser();
        rp.signs_in(&bob, &other).await;
        let foreign = other.open(&idp.at("/account/")).await.form("sign-out").fields;
        let confirm = browser.open(&idp.at("/logout")).await.form("sign-out-confirm").fields;
        for fields in [Vec::new(), pairs(&[("csrf", "x")]), foreign.clone(), confirm] {
            let mark = idp.mark().await;
            let answer = browser.post(&form.action, &fields).await;
            assert_eq!((answer.status, answer.location()), (403, None), "{fields:?}");
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
            assert!(is_signed_in(&rp, &browser).await);
        }
        for fields in [Vec::new(), form.fields.clone(), foreign] {
            let mark = idp.mark().await;
            assert_eq!(browser.post(&idp.at("/logout/confirm"), &fields).await.status, 403);
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
            assert!(is_signed_in(&rp, &browser).await);
        }
        let page = browser.open(&idp.at("/logout")).await;
        let old = browser.stolen();
        let done: Answer = browser.submit(&page, "sign-out-confirm", &[]).await;
        assert_eq!((done.status, done.header("clear-site-data")), (200, "\"cache\""));
        assert!(!browser.cookies().contains_key(SESSION));
        assert!(browser.cookies().contains_key("vouchsafe-browser"), "the browser is still known");
        idp.advance(1);
        assert!(!is_signed_in(&rp, &old).await);
        assert!(is_signed_in(&rp, &other).await, "nobody else");
    })
    .await;
}

#[tokio::test]
async fn sign_ins_at_once_of_one_browser_end_in_one_living_session() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("consent", "skip").public().await;
        let (alice, browser): (Person, Browser) = (idp.person("alice").await, idp.browser());
        let mut tabs = Vec::new();
        for _ in 0..2 {
            let page = browser.open(&rp.ask().url()).await;
            let page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
            tabs.push(browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await);
        }
        let mut sids = Vec::new();
        for page in tabs {
            let done = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
            sids.push(rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims()["sid"].clone());
        }
        assert_eq!(sids[0], sids[1], "the second tab joins the session of the first");
        assert!(is_signed_in(&rp, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_told_of_a_browser_they_never_used() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, own) = (idp.person("alice").await, idp.browser());
        let told = async || {
            let newest = vouchsafe::flows::notify::newest(&idp.operator(), 100).await.unwrap();
            newest.iter().filter(|(_, message)| message.notice.as_str() == "new_browser").count()
        };
        rp.signs_in(&alice, &own).await;
        assert_eq!(told().await, 0, "the first sign-in is no news");
        idp.advance(3601);
        own.set_cookie(SESSION, None);
        rp.signs_in(&alice, &own).await;
        assert_eq!(told().await, 0, "her own browser");
        rp.signs_in(&alice, &idp.browser()).await;
        assert_eq!(told().await, 1);
        let page = idp.browser().open(&rp.ask().url()).await;
        assert!(page.has("username"));
        assert_eq!(told().await, 1, "half a sign-in is no sign-in");
    })
    .await;
}
