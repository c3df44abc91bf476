//! What no page of ours would send: a 4xx page at every form, noted, nothing broken, nothing moved.

use super::{csrf, half_way, interaction, step};
use crate::idp::{PASSWORD, on_each_engine};

const FORM: &str = "application/x-www-form-urlencoded";
/// Stands in every body; no answer may hold it.
const CANARY: &str = "canary4711";

const PATHS: [&str; 20] = [
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

#[tokio::test]
async fn a_broken_form_is_a_page_with_4xx_and_moves_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let own = format!("csrf={}&code={}&username=alice&{CANARY}=", csrf(&page), alice.next_code());
        let rows: [(&str, &str, String, u16); 8] = [
            ("a megabyte", FORM, format!("{own}{}", "x".repeat(1 << 20)), 413),
            ("bad UTF-8", FORM, format!("{own}%ff%fe"), 400),
            ("half a character", FORM, format!("{own}%e2%82"), 400),
            ("a NUL", FORM, format!("{own}a%00b"), 400),
            ("a hundred and one fields", FORM, own.clone() + &"&a=1".repeat(101), 400),
            ("JSON", "application/json", format!("{{\"code\":\"{CANARY}\"}}"), 400),
            ("plain text", "text/plain", own.clone(), 400),
            ("no type", "", own.clone(), 400),
        ];
        let accounts = ["/account/sign-out".to_owned(), "/logout/confirm".to_owned(), "/locale".to_owned()];
        let steps = PATHS.iter().map(|path| format!("/i/{}/{path}", interaction(&page)));
        for path in steps.chain(accounts) {
            for (name, media, body, status) in &rows {
                let mark = idp.mark().await;
                let headers = [("content-type", *media)];
                let headers = if media.is_empty() { &headers[..0] } else { &headers[..] };
                let before = browser.cookies();
                let answer = browser.send("POST", &idp.at(&path), headers, body.clone()).await;
                assert_eq!((answer.status, answer.location()), (*status, None), "{name} at {path}");
                assert!(
                    answer.header("content-type").starts_with("text/html"),
                    "{name} at {path}: {answer:?}"
                );
                assert!(!answer.body.contains(CANARY) && !answer.body.contains(PASSWORD), "{name} at {path}");
                assert_eq!(idp.kinds_since(mark).await, ["input.refused"], "{name} at {path}");
                assert_eq!(browser.cookies(), before, "{name} at {path}");
            }
        }
        assert_eq!(step(&browser.open(&page.url).await), "code");
        assert!(
            browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await.has("consent-allow")
        );
    })
    .await;
}

#[tokio::test]
async fn every_form_is_sent_by_post_and_every_page_asked_by_get() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let id = interaction(&page);
        for path in [
            "not-you",
            "passkey",
            "passkey/options",
            "security-key/options",
            "enrol/passkey/options",
            "cancel",
        ] {
            let answer = browser.get(&idp.at(&format!("/i/{id}/{path}?csrf={}", csrf(&page)))).await;
            assert_eq!(answer.status, 405, "{path}");
        }
        for path in PATHS.into_iter().chain(["", "/", "recovery-codes.txt", "recovery-codes/print", "help"]) {
            for method in ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT"].into_iter().take(4) {
                let answer =
                    browser.send(method, &idp.at(&format!("/i/{id}/{path}")), &[], String::new()).await;
                assert!([404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
            }
        }
        assert_eq!(step(&browser.open(&page.url).await), "code");
    })
    .await;
}
