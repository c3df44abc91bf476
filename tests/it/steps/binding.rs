//! A sign-in belongs to one browser, one tab and our own pages: nobody else's cookie, form or site moves it.

use super::{csrf, half_way, interaction, named, step};
use crate::actors::{Answer, Browser, Callback, Pairs, encoded, pairs};
use crate::idp::{TestIdp, on_each_engine};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Every address of a sign-in that takes a form.
const FORMS: [&str; 20] = [
    "sign-in",
    "not-you",
    "password",
    "code",
    "recovery-code",
    "passkey",
    "passkey/options",
    "security-key",
    "security-key/options",
    "choose",
    "enrol",
    "enrol/totp",
    "enrol/passkey",
    "enrol/passkey/options",
    "enrol/security-key",
    "enrol/security-key/options",
    "enrol/recovery-codes",
    "recovery-codes",
    "consent",
    "cancel",
];

/// Sends a form to a sign-in and insists that it is taken for a forgery and nothing comes of it.
async fn is_forged(idp: &TestIdp, browser: &Browser, to: &str, headers: &[(&str, &str)], form: &Pairs) {
    let mark = idp.mark().await;
    let before = browser.cookies();
    let answer = browser.send("POST", &idp.at(to), &[headers, &[FORM]].concat(), encoded(form)).await;
    assert_eq!((answer.status, answer.location()), (403, None), "{to}: {headers:?} {form:?}");
    assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{to}");
    assert_eq!(browser.cookies(), before, "{to}");
}

#[tokio::test]
async fn a_form_without_the_value_of_its_own_page_is_a_forgery() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let other_tab = named(&browser, &rp.ask(), "alice").await;
        assert_ne!(interaction(&page), interaction(&other_tab));
        let strangers = half_way(&idp.browser(), &rp.ask(), &alice).await;
        let (own, code) = (csrf(&page), alice.next_code());
        let fields = pairs(&[
            ("username", "alice"),
            ("password", &alice.password),
            ("code", &code),
            ("credential", "{}"),
            ("decision", "allow"),
        ]);
        for path in FORMS {
            let to = format!("/i/{}/{path}", interaction(&page));
            is_forged(&idp, &browser, &to, &[], &fields).await;
            let with = |value: &str| [fields.clone(), pairs(&[("csrf", value)])].concat();
            is_forged(&idp, &browser, &to, &[], &with(&csrf(&other_tab))).await;
        }
        let to = format!("/i/{}/code", interaction(&page));
        let with = |value: &str| pairs(&[("code", &code), ("csrf", value)]);
        for wrong in ["x", "", &own[1..], &format!("{own}A"), &own.to_lowercase(), &csrf(&strangers)] {
            is_forged(&idp, &browser, &to, &[], &with(wrong)).await;
        }
        is_forged(&idp, &browser, &to, &[], &[with(&own), pairs(&[("csrf", &own)])].concat()).await;
        let answer = browser.follow(browser.post(&idp.at(&to), &with(&own)).await).await;
        assert!(answer.has("consent-allow"), "the code was not spent by a forgery");
    })
    .await;
}

#[tokio::test]
async fn another_site_sends_nothing_in_a_persons_name() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let to = format!("/i/{}/code", interaction(&page));
        let form = pairs(&[("code", &alice.next_code()), ("csrf", &csrf(&page))]);
        let slash = format!("{}/", idp.issuer);
        let rows: &[&[(&str, &str)]] = &[
            &[("origin", "https://evil.example")],
            &[("origin", "http://localhost")],
            &[("origin", "http://localhost.evil.example")],
            &[("origin", &slash)],
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", &idp.issuer), ("sec-fetch-site", "cross-site")],
        ];
        for headers in rows {
            is_forged(&idp, &browser, &to, headers, &form).await;
        }
        let own = [FORM, ("origin", "null"), ("sec-fetch-site", "same-origin")];
        let answer = browser.send("POST", &idp.at(&to), &own, encoded(&form)).await;
        assert!(browser.follow(answer).await.has("consent-allow"), "our own page, under no-referrer");
    })
    .await;
}

#[tokio::test]
async fn another_browser_sees_and_moves_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let (hers, his) = (idp.browser(), idp.browser());
        let page = half_way(&hers, &rp.ask(), &alice).await;
        let other = half_way(&his, &rp.ask(), &bob).await;
        let id = interaction(&page);
        let form = pairs(&[("code", &alice.next_code()), ("csrf", &csrf(&page))]);
        for path in FORMS {
            let to = format!("/i/{id}/{path}");
            is_forged(&idp, &his, &to, &[], &form).await;
            let with_his = pairs(&[("code", &bob.next_code()), ("csrf", &csrf(&other))]);
            is_forged(&idp, &his, &to, &[], &with_his).await;
        }
        let pages = [
            "",
            "/",
            "/sign-in",
            "/password",
            "/code",
            "/choose",
            "/enrol/totp",
            "/consent",
            "/recovery-codes",
            "/recovery-codes.txt",
            "/recovery-codes/print",
        ];
        for path in pages {
            let mark = idp.mark().await;
            let answer = his.get(&idp.at(&format!("/i/{id}{path}"))).await;
            is_stale(&answer, "This sign-in began in another browser");
            assert!(!answer.body.contains("alice"), "{path}");
            assert_eq!(idp.kinds_since(mark).await, ["interaction.refused"], "{path}");
        }
        let done = hers.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert!(done.has("consent-allow"), "hers goes on");
        assert_eq!(step(&his.open(&other.url).await), "code", "and so does his");
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookie_is_told_so() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let form = pairs(&[("code", &alice.next_code()), ("csrf", &csrf(&page))]);
        for damaged in
            [None, Some(""), Some("x"), Some("vsb_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
        {
            let bare = idp.browser();
            bare.set_cookie("vouchsafe-browser", damaged);
            let mark = idp.mark().await;
            is_stale(&bare.get(&page.url).await, "Your browser did not keep a small file we need");
            assert_eq!(idp.kinds_since(mark).await, ["interaction.refused"], "{damaged:?}");
            let bare = idp.browser();
            bare.set_cookie("vouchsafe-browser", damaged);
            is_stale(&bare.post(&page.url, &form).await, "Your browser did not keep a small file we need");
        }
        let twice =
            [FORM, ("cookie", &*format!("vouchsafe-browser={}", browser.cookies()["vouchsafe-browser"]))];
        let answer = browser.send("POST", &page.url, &twice, encoded(&form)).await;
        is_stale(&answer, "Your browser did not keep a small file we need");
        assert!(
            browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await.has("consent-allow")
        );
    })
    .await;
}

#[tokio::test]
async fn two_tabs_are_two_sign_ins() {
    on_each_engine(async |idp| {
        let (one, two) = (idp.rp().public().await, idp.rp().public().await);
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let first = half_way(&browser, &one.ask(), &alice).await;
        let second = half_way(&browser, &two.ask(), &bob).await;
        let second = browser.submit(&second, "code-submit", &[("code", &bob.next_code())]).await;
        assert_eq!(step(&browser.open(&first.url).await), "code", "bob's code did nothing for alice");
        let done = browser.submit(&second, "consent-allow", &[]).await;
        let his = two.redeem(&Callback::of(&done).code()).await.is_granted();
        let first = browser.submit(&first, "code-submit", &[("code", &alice.next_code())]).await;
        let done = browser.submit(&first, "consent-allow", &[]).await;
        let hers = one.redeem(&Callback::of(&done).code()).await.is_granted();
        assert_ne!(his.id_claims()["sid"], hers.id_claims()["sid"]);
        assert_eq!(two.userinfo(&his.access()).await.status, 401, "one browser, one person");
        assert_eq!(one.userinfo(&hers.access()).await.status, 200);
    })
    .await;
}

#[track_caller]
fn is_stale(answer: &Answer, heading: &str) {
    assert_eq!((answer.status, answer.location()), (400, None), "{answer:?}");
    assert!(answer.body.contains(heading), "{}", answer.body);
}
