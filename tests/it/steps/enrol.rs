//! `/enrol…` and `/recovery-codes`: what is bound, when, how often, and what is shown of it.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::flows::account::ways;

use super::{codes, csrf, half_way, interaction, newcomer, step, with_passkey};
use crate::actors::{Answer, Browser, Callback, Person};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

/// The kinds of factors a person has, in the order they were bound.
async fn bound(idp: &TestIdp, person: &Person) -> Vec<&'static str> {
    let ways = ways(&idp.operator(), &person.account).await.unwrap();
    let mut kinds: Vec<_> = ways.iter().map(|way| way.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

fn key_on(page: &Answer) -> String {
    let key = page.body.split(" id=\"totp-key\"").nth(1).unwrap();
    key.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_app_is_linked_by_a_right_code_and_by_nothing_before() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, browser) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let key = key_on(&page);
        for _ in 0..2 {
            assert_eq!(key_on(&browser.open(&page.url).await), key, "a refresh shows the same key");
        }
        assert!(!page.url.contains(&key.replace(' ', "")));
        nina.link(&key);
        for wrong in ["", "000000", "12345"] {
            let page = browser.submit(&page, "code-submit", &[("code", wrong)]).await;
            assert_eq!((step(&page).as_str(), key_on(&page)), ("enrol/totp", key.clone()), "{wrong}");
            assert_eq!(bound(&idp, &nina).await, ["password"], "{wrong}");
        }
        let elsewhere = half_way(&idp.browser(), &rp.ask(), &nina).await;
        assert_eq!(step(&elsewhere), "enrol", "nothing is bound yet");
        let mark = idp.mark().await;
        let code = nina.next_code();
        let page = browser.submit(&page, "code-submit", &[("code", &code), ("label", "  my\nphone ")]).await;
        assert_eq!(step(&page), "recovery-codes");
        assert_eq!(idp.kinds_since(mark).await, ["factor.added", "recovery_codes.made"]);
        let way = ways(&idp.operator(), &nina.account).await.unwrap();
        assert!(way.iter().any(|way| way.label == "myphone"), "{way:?}");
        let told = vouchsafe::flows::notify::newest(&idp.operator(), 1).await.unwrap();
        assert_eq!(told[0].1.notice.as_str(), "factor_added");
        // The code that linked it is spent.
        let other = idp.browser();
        let page = half_way(&other, &rp.ask(), &nina).await;
        let again = other.submit(&page, "code-submit", &[("code", &code)]).await;
        assert!(again.body.contains("You already used that code"), "{}", again.body);
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_are_shown_until_they_were_seen() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, browser) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&page, &Authenticator::new(&idp)).await;
        let shown = codes(&page);
        assert_eq!(codes(&browser.open(&page.url).await), shown);
        let text = browser.get(&format!("{}.txt", page.url)).await;
        assert!(text.header("content-disposition").starts_with("attachment"));
        assert_eq!(
            (text.header("content-type"), text.header("cache-control")),
            ("text/plain; charset=utf-8", "no-store")
        );
        let paper = browser.get(&format!("{}/print", page.url)).await;
        assert_eq!(codes(&paper), shown);
        assert!(shown.iter().all(|code| text.body.contains(code)), "{}", text.body);
        assert!(!text.body.contains(&nina.password) && !paper.body.contains("<svg class=\"qr"));
        let next = browser.submit(&page, "continue", &[]).await;
        assert_eq!(step(&next), "consent");
        for path in ["", ".txt", "/print"] {
            let answer = browser.get(&format!("{}{path}", page.url)).await;
            assert_eq!(answer.status, 303);
            assert!(shown.iter().all(|code| !answer.body.contains(code)));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_three_tabs_that_bind_at_once_one_does() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let nina = newcomer(&idp, "nina").await;
        let mut tabs: Vec<(Browser, Answer, Person)> = Vec::new();
        for _ in 0..3 {
            let browser = idp.browser();
            let page = half_way(&browser, &rp.ask(), &nina).await;
            let page = browser.submit(&page, "enrol-totp", &[]).await;
            let own = Person::new(idp.clone(), nina.account.clone(), "nina", &nina.password, None);
            own.link(&key_on(&page));
            tabs.push((browser, page, own));
        }
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for (browser, page, own) in tabs {
            let code = own.next_code();
            tries.spawn(async move {
                (browser.submit(&page, "code-submit", &[("code", &code)]).await, own, browser)
            });
        }
        let mut won = Vec::new();
        for (page, own, browser) in tries.join_all().await {
            assert_eq!(page.status, 200, "{page:?}");
            match step(&page).as_str() {
                "recovery-codes" => won.push((page, own, browser)),
                other => assert_eq!(other, "code", "the others prove what the first one bound"),
            }
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!(
            (won.len(), counts["factor.added"], counts["recovery_codes.made"]),
            (1, 1, 1),
            "{counts:?}"
        );
        assert_eq!(bound(&idp, &nina).await, ["password", "recovery_codes", "totp"]);
        let (page, own, browser) = won.pop().unwrap();
        let done = own.answers(&browser, page).await;
        rp.redeem(&Callback::of(&done).code()).await.is_granted();
        rp.signs_in(&own, &idp.browser()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forms_that_bind_sent_four_times_at_once_bind_once() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, browser) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let totp = browser.submit(&page, "enrol-totp", &[]).await;
        nina.link(&key_on(&totp));
        let by_code = totp.form("code-submit").with("code", &nina.next_code());
        let passkey = browser.open(&page.url.replace("/enrol", "/enrol/passkey")).await;
        let key = Authenticator::new(&idp).creates(&browser.question(&passkey).await.json());
        let by_key = passkey.form("passkey-button").with("credential", &key);
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for n in 0..4 {
            let form = if n % 2 == 0 { by_code.clone() } else { by_key.clone() };
            let browser = browser.clone();
            tries.spawn(async move { browser.post(&form.action, &form.fields).await });
        }
        for answer in tries.join_all().await {
            assert_eq!(answer.status, 303, "{answer:?}");
            assert_eq!(step(&browser.follow(answer).await), "recovery-codes");
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["factor.added"], counts["recovery_codes.made"]), (1, 1), "{counts:?}");
        assert_eq!(bound(&idp, &nina).await.len(), 3);
        // What is shown is what was kept.
        let shown = codes(&browser.open(&totp.url.replace("/enrol/totp", "/recovery-codes")).await);
        let other = idp.browser();
        let page = half_way(&other, &rp.ask(), &nina).await;
        let at = page.url.rsplit_once('/').unwrap().0.to_owned();
        let page = other.open(&format!("{at}/recovery-code")).await;
        let page = other.submit(&page, "recovery-submit", &[("recovery_code", &shown[9])]).await;
        assert_eq!(step(&page), "enrol");
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_bound_by_the_answer_to_its_own_question_alone() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, kim) = (newcomer(&idp, "nina").await, newcomer(&idp, "kim").await);
        let (browser, his) = (idp.browser(), idp.browser());
        let choice = half_way(&browser, &rp.ask(), &nina).await;
        let page = browser.submit(&choice, "enrol-passkey", &[]).await;
        let kims = half_way(&his, &rp.ask(), &kim).await;
        let kims = his.submit(&kims, "enrol-passkey", &[]).await;
        let key = Authenticator::new(&idp);
        let question = async || browser.question(&page).await.json();
        let selection = &question().await["publicKey"]["authenticatorSelection"];
        assert_eq!(
            (&selection["residentKey"], &selection["userVerification"]),
            (&json!("required"), &json!("required"))
        );

        let to_security_key = format!("{}/security-key/options", choice.url);
        let as_second = browser.post(&to_security_key, &page.form("passkey-button").fields).await.json();
        let mut lowered = question().await;
        lowered["publicKey"]["authenticatorSelection"]["userVerification"] = json!("preferred");
        let discover = format!("/i/{}/passkey/options", interaction(&page));
        let anybody = browser.post(&idp.at(&discover), &page.form("passkey-button").fields).await.json();
        let answers = [
            ("another person's question", key.creates(&his.question(&kims).await.json())),
            ("a question for a security key", key.creates(&as_second)),
            ("no user verification", key.creates(&lowered)),
            ("another origin", Authenticator::at("http://localhost:1").creates(&question().await)),
            ("the answer to a question for a sign-in", key.signs(&anybody)),
            ("garbage", "{}".to_owned()),
        ];
        for (what, answer) in answers {
            let mark = idp.mark().await;
            let after = browser.replies(&page, &answer).await;
            assert_eq!(step(&after), "enrol/passkey", "{what}");
            assert!(after.body.contains("role=\"alert\""), "{what}");
            assert_eq!(idp.kinds_since(mark).await, ["passkey.refused"], "{what}");
            assert_eq!(bound(&idp, &nina).await, ["password"], "{what}");
        }
        let once = key.creates(&question().await);
        let late = key.creates(&question().await);
        assert_eq!(step(&browser.replies(&page, &once).await), "recovery-codes");
        let form = page.form("passkey-button").with("credential", &late);
        let again = browser.post(&form.action, &form.fields).await;
        assert_eq!(step(&browser.follow(again).await), "recovery-codes", "one key a sign-in");
        assert_eq!(bound(&idp, &nina).await, ["passkey", "password", "recovery_codes"]);
    })
    .await;
}

#[tokio::test]
async fn a_password_that_grew_old_binds_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, browser) = (newcomer(&idp, "nina").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        nina.link(&key_on(&page));
        idp.advance(601);
        let page = browser.submit(&page, "code-submit", &[("code", &nina.next_code())]).await;
        assert_eq!(step(&page), "password");
        assert_eq!(bound(&idp, &nina).await, ["password"]);
        let page = browser.submit(&page, "sign-in-submit", &[("password", &nina.password)]).await;
        assert_eq!(step(&page), "enrol");
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_second_factor_closes_an_enrolment_that_waited() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let nina = newcomer(&idp, "nina").await;
        // A thief who knows the password waits at the enrolment until its owner has enrolled.
        let thief = idp.browser();
        let choice = half_way(&thief, &rp.ask(), &nina).await;
        let page = thief.submit(&choice, "enrol-passkey", &[]).await;
        let answer = Authenticator::new(&idp).creates(&thief.question(&page).await.json());
        with_passkey(&rp, &nina, &idp.browser()).await;
        let after = thief.replies(&page, &answer).await;
        assert_eq!(step(&after), "security-key");
        let form = crate::actors::pairs(&[("csrf", &csrf(&choice)), ("method", "totp")]);
        assert_eq!(step(&thief.follow(thief.post(&choice.url, &form).await).await), "security-key");
        assert_eq!(bound(&idp, &nina).await, ["passkey", "password", "recovery_codes"]);
    })
    .await;
}
