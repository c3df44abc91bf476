//! `/recovery-code`: ten codes, each once; one leads to a new factor and to nothing else.

use tokio::task::JoinSet;

use super::{codes, half_way, newcomer, step};
use crate::actors::{Answer, Browser, Callback, Person, Rp};
use crate::idp::on_each_engine;

/// A person with a code app and ten recovery codes.
async fn equipped(rp: &Rp, username: &str) -> (Person, Vec<String>) {
    let (person, browser) = (newcomer(rp.idp(), username).await, rp.idp().browser());
    let page = half_way(&browser, &rp.ask(), &person).await;
    let page = browser.submit(&page, "enrol-totp", &[]).await;
    let page = person.answer(&browser, &page).await.unwrap();
    let codes = codes(&page);
    person.answers(&browser, page).await;
    (person, codes)
}

/// The recovery-code page of a sign-in that stands at its second factor.
async fn asks(browser: &Browser, page: &Answer) -> Answer {
    let page = browser.open(&page.url.replace("/code", "/choose")).await;
    let page = browser.submit(&page, "choose-recovery-code", &[]).await;
    assert!(page.has("recovery-code"), "{}", page.body);
    page
}

async fn types(rp: &Rp, person: &Person, code: &str) -> (Browser, Answer) {
    let browser = rp.idp().browser();
    let page = half_way(&browser, &rp.ask(), person).await;
    let page = asks(&browser, &page).await;
    let page = browser.submit(&page, "recovery-submit", &[("recovery_code", code)]).await;
    (browser, page)
}

#[tokio::test]
async fn each_of_ten_codes_is_taken_once_however_it_is_written() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, codes) = equipped(&rp, "alice").await;
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!((codes.len(), different.len()), (10, 10));
        let write: [fn(&str) -> String; 5] = [
            str::to_owned,
            str::to_lowercase,
            |code| code.replace('-', " "),
            |code| code.replace('-', "").replace('0', "O").replace('1', "l"),
            |code| format!("  {}\u{2013}  ", code.replace('-', " - ").replace('1', "i").replace('0', "o")),
        ];
        for (n, code) in codes.iter().enumerate() {
            let mark = idp.mark().await;
            let (_, page) = types(&rp, &alice, &write[n % 5](code)).await;
            assert_eq!(step(&page), "enrol", "{code}");
            let events = idp.events_since(mark).await;
            let used = events.iter().find(|event| event.kind.as_str() == "recovery_code.used").unwrap();
            assert_eq!(used.detail.as_ref().unwrap()["left"], 9 - n);
            assert!(page.body.contains(&format!("{}", 9 - n)), "{}", page.body);
        }
        for code in &codes[..4] {
            let mark = idp.mark().await;
            let (browser, page) = types(&rp, &alice, code).await;
            assert_eq!(step(&page), "recovery-code", "spent: {code}");
            assert!(!browser.cookies().contains_key("vouchsafe-session"));
            idp.sees(mark, "recovery_code.refused").await;
        }
        let told = vouchsafe::flows::notify::newest(&idp.operator(), 100).await.unwrap();
        let count = |notice: &str| told.iter().filter(|(_, mail)| mail.notice.as_str() == notice).count();
        assert_eq!(
            (count("recovery_code_used"), count("recovery_codes_low")),
            (10, 4),
            "3, 2, 1 and none are few"
        );
    })
    .await;
}

#[tokio::test]
async fn a_code_leads_to_a_new_factor_that_completes_the_sign_in_and_ends_the_others() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, codes) = equipped(&rp, "alice").await;
        let old = idp.browser();
        let before = rp.signs_in(&alice, &old).await;
        let waiting = idp.browser();
        let in_flight = half_way(&waiting, &rp.ask(), &alice).await;

        let (browser, page) = types(&rp, &alice, &codes[3]).await;
        assert_eq!(step(&page), "enrol");
        let at = page.url.rsplit_once('/').unwrap().0.to_owned();
        for around in ["/code", "/recovery-code", "/consent", "/password", "/choose", "/security-key", ""] {
            assert_eq!(step(&browser.open(&format!("{at}{around}")).await), "enrol", "{around}");
        }
        assert_eq!(rp.userinfo(&before.access()).await.status, 200, "nothing ended yet");
        idp.advance(1);
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let mark = idp.mark().await;
        let done = alice.answers(&browser, page).await;
        let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2");
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        let events = idp.events_since(mark).await;
        let added = events.iter().find(|event| event.kind.as_str() == "factor.added").unwrap();
        assert_eq!(added.detail.as_ref().unwrap()["recovered"], true);
        assert!(!events.iter().any(|event| event.kind.as_str() == "recovery_codes.made"));
        idp.advance(1);
        assert_eq!(rp.userinfo(&before.access()).await.status, 401);
        Callback::of(&old.get(&rp.ask().set("prompt", "none").url()).await).is_refused("login_required");
        let late = waiting.submit(&in_flight, "code-submit", &[("code", &alice.next_code())]).await;
        assert_eq!(late.status, 400, "a sign-in in flight ended: {late:?}");
        assert!(!waiting.cookies().contains_key("vouchsafe-session"));
        Callback::of(&browser.get(&rp.ask().set("prompt", "none").url()).await).code();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_16_browsers_with_one_code_one_comes_on() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, codes) = equipped(&rp, "alice").await;
        let mut waiting = Vec::new();
        for _ in 0..16 {
            let browser = idp.browser();
            let page = half_way(&browser, &rp.ask(), &alice).await;
            waiting.push((asks(&browser, &page).await, browser));
        }
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for (page, browser) in waiting {
            let code = codes[0].clone();
            tries.spawn(async move {
                browser.submit(&page, "recovery-submit", &[("recovery_code", &code)]).await
            });
        }
        let answers = tries.join_all().await;
        let on = answers.iter().filter(|answer| answer.status == 200 && step(answer) == "enrol").count();
        assert_eq!(on, 1, "on {}", idp.engine);
        assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)), "{answers:?}");
        assert_eq!(idp.counts_since(mark).await["recovery_code.used"], 1);
    })
    .await;
}
