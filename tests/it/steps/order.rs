//! A step cannot be skipped, repeated or moved: every form of a sign-in, at every place it can stand.

use super::{codes, csrf, half_way, interaction, named, newcomer, step, with_passkey};
use crate::actors::{Answer, Browser, Pairs, Person, Rp, pairs};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// Every form that moves a sign-in on, filled in as well as somebody could who knows everything.
struct Knowing<'a> {
    person: &'a Person,
    recovery_code: &'a str,
}

impl Knowing<'_> {
    fn forms(&self, code: &str) -> Vec<(&'static str, Pairs)> {
        vec![
            ("password", pairs(&[("password", &self.person.password)])),
            ("code", pairs(&[("code", code)])),
            ("recovery-code", pairs(&[("recovery_code", self.recovery_code)])),
            ("security-key/options", Pairs::new()),
            ("security-key", pairs(&[("credential", "{}")])),
            ("enrol/totp", pairs(&[("code", code), ("label", "mine")])),
            ("enrol/passkey/options", Pairs::new()),
            ("enrol/passkey", pairs(&[("credential", "{}")])),
            ("enrol/security-key/options", Pairs::new()),
            ("enrol/security-key", pairs(&[("credential", "{}")])),
            ("enrol/recovery-codes", Pairs::new()),
            ("recovery-codes", Pairs::new()),
            ("consent", pairs(&[("decision", "allow")])),
            ("consent", pairs(&[("decision", "deny")])),
        ]
    }

    /// Sends every form but those of the step the sign-in stands at, and insists that nothing comes of it.
    async fn tries_the_others(&self, idp: &TestIdp, browser: &Browser, page: &Answer, fitting: &[&str]) {
        let (id, here) = (interaction(page), step(page));
        let code = if here == "enrol/totp" { "000000".to_owned() } else { self.person.next_code() };
        let before = browser.cookies();
        for (path, fields) in self.forms(&code) {
            if fitting.contains(&path) {
                continue;
            }
            let mark = idp.mark().await;
            let form = [fields, pairs(&[("csrf", &csrf(page))])].concat();
            let answer = browser.post(&idp.at(&format!("/i/{id}/{path}")), &form).await;
            let what = format!("{path} at {here}");
            assert_eq!(idp.kinds_since(mark).await, ["interaction.refused"], "{what}");
            match path.ends_with("/options") {
                true => {
                    assert_eq!((answer.status, answer.member("error").as_str()), (409, "not_now"), "{what}")
                }
                false => assert_eq!(answer.location(), Some(idp.at(&format!("/i/{id}"))), "{what}"),
            }
            assert_eq!(browser.cookies(), before, "{what}");
            assert_eq!(step(&browser.open(&idp.at(&format!("/i/{id}"))).await), here, "{what}");
        }
        self.tries_the_other_pages(idp, browser, page).await;
    }

    /// Opens every page but the one the sign-in stands at: each leads back.
    async fn tries_the_other_pages(&self, idp: &TestIdp, browser: &Browser, page: &Answer) {
        let (id, here) = (interaction(page), step(page));
        let pages = [
            "sign-in",
            "password",
            "code",
            "security-key",
            "recovery-code",
            "choose",
            "enrol",
            "enrol/totp",
            "enrol/passkey",
            "enrol/security-key",
            "enrol/recovery-codes",
            "recovery-codes",
            "recovery-codes.txt",
            "recovery-codes/print",
            "consent",
            "help",
        ];
        let mut shown = Vec::new();
        for path in pages {
            let answer = browser.get(&idp.at(&format!("/i/{id}/{path}"))).await;
            match answer.status {
                200 => shown.push(path),
                _ => assert_eq!(answer.location(), Some(idp.at(&format!("/i/{id}"))), "{path} at {here}"),
            }
        }
        let may: &[&str] = match here.as_str() {
            "sign-in" => &["sign-in"],
            "password" => &["password", "security-key", "choose"],
            "code" => &["code", "recovery-code", "choose"],
            "security-key" => &["security-key", "recovery-code", "choose"],
            "enrol" => &["enrol", "enrol/totp", "enrol/passkey", "enrol/security-key"],
            "recovery-codes" => &["recovery-codes", "recovery-codes.txt", "recovery-codes/print"],
            "consent" => &["consent"],
            other => panic!("{other}"),
        };
        assert_eq!(shown, may, "at {here}");
    }
}

/// A person with a code app and recovery codes, and one code they did not use.
async fn equipped(idp: &TestIdp, rp: &Rp, username: &str) -> (Person, String) {
    let (person, browser) = (newcomer(idp, username).await, idp.browser());
    let page = half_way(&browser, &rp.ask(), &person).await;
    let page = browser.submit(&page, "enrol-totp", &[]).await;
    let page = person.answer(&browser, &page).await.unwrap();
    let code = codes(&page)[0].clone();
    person.answers(&browser, page).await;
    (person, code)
}

#[tokio::test]
async fn no_form_counts_but_that_of_the_step_a_sign_in_stands_at() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, recovery_code) = equipped(&idp, &rp, "alice").await;
        let knowing = Knowing { person: &alice, recovery_code: &recovery_code };
        let another = idp.rp().public().await;
        let browser = idp.browser();
        let page = browser.open(&another.ask().url()).await;
        knowing.tries_the_others(&idp, &browser, &page, &[]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        knowing.tries_the_others(&idp, &browser, &page, &["password"]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        knowing.tries_the_others(&idp, &browser, &page, &["code", "recovery-code"]).await;
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        knowing.tries_the_others(&idp, &browser, &page, &["consent"]).await;
        let done = browser.submit(&page, "consent-allow", &[]).await;
        another.redeem(&crate::actors::Callback::of(&done).code()).await.is_granted();
        // The recovery code was never looked at.
        let page = half_way(&idp.browser(), &rp.ask(), &alice).await;
        assert!(page.has("code"));
    })
    .await;
}

#[tokio::test]
async fn nobody_knows_by_a_form_whether_a_name_is_known() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, recovery_code) = equipped(&idp, &rp, "alice").await;
        let knowing = Knowing { person: &alice, recovery_code: &recovery_code };
        let browser = idp.browser();
        let page = named(&browser, &rp.ask(), "nobody").await;
        knowing.tries_the_others(&idp, &browser, &page, &["password"]).await;
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_that_is_asked_for_cannot_be_stepped_over() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, recovery_code) = equipped(&idp, &rp, "alice").await;
        let newcomer = newcomer(&idp, "nina").await;
        // The newcomer's password, and codes of somebody else's app.
        let knowing = Knowing { person: &alice, recovery_code: &recovery_code };
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &newcomer).await;
        assert_eq!(step(&page), "enrol");
        let binding = [
            "enrol/totp",
            "enrol/passkey",
            "enrol/passkey/options",
            "enrol/security-key",
            "enrol/security-key/options",
        ];
        knowing.tries_the_others(&idp, &browser, &page, &binding).await;
        let choice = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&choice, &Authenticator::new(&idp)).await;
        assert_eq!(step(&page), "recovery-codes");
        knowing.tries_the_others(&idp, &browser, &page, &["recovery-codes"]).await;
        let page = browser.submit(&page, "continue", &[]).await;
        knowing.tries_the_others(&idp, &browser, &page, &["consent"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_asked_for_cannot_be_stepped_over() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("min_acr", "urn:vouchsafe:acr:aal2-phr").public().await;
        let (alice, recovery_code) = equipped(&idp, &idp.rp().public().await, "alice").await;
        let person = newcomer(&idp, "kim").await;
        with_passkey(&idp.rp().public().await, &person, &idp.browser()).await;
        let knowing = Knowing { person: &alice, recovery_code: &recovery_code };
        let browser = idp.browser();
        let page = named(&browser, &rp.ask(), "kim").await;
        // A password leads nowhere at this app, and the page does not say so before it was tried.
        let page = browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await;
        assert_eq!(step(&page), "security-key");
        knowing
            .tries_the_others(
                &idp,
                &browser,
                &page,
                &["security-key", "security-key/options", "recovery-code"],
            )
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_finished_sign_in_takes_nothing_more() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, recovery_code) = equipped(&idp, &rp, "alice").await;
        let (browser, another) = (idp.browser(), idp.rp().public().await);
        let page = half_way(&browser, &another.ask(), &alice).await;
        let consent = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        let done = browser.submit(&consent, "consent-allow", &[]).await;
        another.redeem(&crate::actors::Callback::of(&done).code()).await.is_granted();
        let (id, before) = (interaction(&consent), browser.cookies());
        let knowing = Knowing { person: &alice, recovery_code: &recovery_code };
        let mark = idp.mark().await;
        let mut forms = knowing.forms(&alice.next_code());
        forms.extend([
            ("sign-in", pairs(&[("username", "alice")])),
            ("not-you", Pairs::new()),
            ("passkey", pairs(&[("credential", "{}")])),
            ("passkey/options", Pairs::new()),
            ("choose", pairs(&[("method", "totp")])),
            ("cancel", Pairs::new()),
        ]);
        for (path, fields) in forms {
            let form = [fields, pairs(&[("csrf", &csrf(&consent))])].concat();
            let answer = browser.post(&idp.at(&format!("/i/{id}/{path}")), &form).await;
            assert_eq!((answer.status, answer.location()), (200, None), "{path}");
            assert!(answer.has("continue") && answer.body.contains("already"), "{path}: {}", answer.body);
            assert_eq!(browser.cookies(), before, "{path}");
        }
        assert!(idp.kinds_since(mark).await.is_empty(), "nothing was done");
    })
    .await;
}
