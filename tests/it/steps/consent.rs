//! `/consent`: asked once for what is new, of each person at each app; a no is a no.

use tokio::task::JoinSet;

use super::{half_way, step};
use crate::actors::{Answer, Ask, Browser, Callback, Person, pairs};
use crate::idp::on_each_engine;

/// The page after both factors.
async fn proved(browser: &Browser, ask: &Ask, person: &Person) -> Answer {
    let page = half_way(browser, ask, person).await;
    browser.submit(&page, "code-submit", &[("code", &person.next_code())]).await
}

/// The items of the list of what an app will be able to do.
fn will(page: &Answer) -> Vec<String> {
    let list = page.body.split("<ul class=\"will\">").nth(1).unwrap().split("</ul>").next().unwrap();
    list.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_no_goes_to_the_app_and_is_not_remembered() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = proved(&browser, &rp.ask(), &alice).await;
        let mark = idp.mark().await;
        let denied = Callback::of(&browser.submit(&page, "consent-deny", &[]).await);
        denied.is_refused("access_denied");
        assert_eq!((denied.get("state"), denied.get("iss")), ("state of the app", idp.issuer.as_str()));
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused", "consent.denied"]);
        assert!(!browser.cookies().contains_key("vouchsafe-session"));
        Callback::of(&browser.get(&rp.ask().set("prompt", "none").url()).await).is_refused("login_required");
        let again = browser.submit(&page, "consent-allow", &[]).await;
        assert_eq!((again.status, again.location()), (200, None), "a no is not taken back");
        let page = proved(&idp.browser(), &rp.ask(), &alice).await;
        assert_eq!(step(&page), "consent");
    })
    .await;
}

#[tokio::test]
async fn a_yes_is_remembered_for_one_person_one_app_and_what_was_said() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.rp().public().await);
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let email = rp.ask().set("scope", "openid email");
        let (browser, his) = (idp.browser(), idp.browser());
        let page = proved(&browser, &email, &alice).await;
        let narrow = will(&page);
        let mark = idp.mark().await;
        Callback::of(&browser.submit(&page, "consent-allow", &[]).await).code();
        assert!(idp.kinds_since(mark).await.contains(&"consent.given"));

        for silent in [&email, &rp.ask()] {
            Callback::of(&browser.open(&silent.url()).await).code();
        }
        let wider = rp.ask().set("scope", "openid email phone");
        let page = browser.open(&wider.url()).await;
        assert_eq!(step(&page), "consent");
        assert!(will(&page).iter().all(|item| !narrow.contains(item)), "only what is new: {:?}", will(&page));
        Callback::of(&browser.submit(&page, "consent-deny", &[]).await).is_refused("access_denied");
        Callback::of(&browser.open(&email.url()).await).code();
        let page = browser.open(&wider.url()).await;
        Callback::of(&browser.submit(&page, "consent-allow", &[]).await).code();
        for asked in ["openid phone", "openid email phone", "openid"] {
            Callback::of(&browser.open(&rp.ask().set("scope", asked).url()).await).code();
        }
        assert_eq!(step(&browser.open(&other.ask().url()).await), "consent", "another app");
        assert_eq!(step(&proved(&his, &email, &bob).await), "consent", "another person");
        let page = browser.open(&email.clone().set("prompt", "consent").url()).await;
        assert_eq!(step(&page), "consent", "asked again where the app wants it");
    })
    .await;
}

#[tokio::test]
async fn an_app_that_always_asks_is_answered_each_time_and_one_of_ours_never_asks() {
    on_each_engine(async |idp| {
        let always = idp.rp().policy("consent", "always").public().await;
        let never = idp.rp().policy("consent", "skip").public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        always.signs_in(&alice, &browser).await;
        assert_eq!(step(&browser.open(&always.ask().url()).await), "consent");
        Callback::of(&browser.open(&never.ask().url()).await).code();
        let page = browser.open(&never.ask().set("prompt", "consent").url()).await;
        assert_eq!(step(&page), "consent");
    })
    .await;
}

#[tokio::test]
async fn whoever_agrees_reads_who_asks_where_it_goes_and_for_how_long() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("client_name", "Riverside Visits").public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let host = rp.redirect_uri.trim_end_matches("/callback").to_owned();
        let page = proved(&browser, &rp.ask().set("scope", "openid email"), &alice).await;
        assert!(page.body.contains("Share your details with") && page.body.contains("Riverside Visits"));
        assert!(page.body.contains(&format!("<bdi dir=\"ltr\">{host}</bdi>")), "{}", page.body);
        let once = will(&page);
        assert!(page.body.contains("Keep access when you are not using it"), "{}", page.body);
        let offline = rp.ask().set("scope", "openid email offline_access");
        let longer = proved(&idp.browser(), &offline, &alice).await;
        assert!(!longer.body.contains("Keep access when you are not using it"), "{}", longer.body);
        let added: Vec<_> = will(&longer).into_iter().filter(|line| !once.contains(line)).collect();
        assert_eq!(added.len(), 1, "{added:?}");
        assert!(added[0].starts_with("Keep access when you are not using the app, until "), "{added:?}");
    })
    .await;
}

#[tokio::test]
async fn only_allow_is_a_yes() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = proved(&browser, &rp.ask(), &alice).await;
        let form = page.form("consent-allow").fields;
        let csrf = pairs(&[("csrf", &super::csrf(&page))]);
        for wrong in [
            Vec::new(),
            pairs(&[("decision", "")]),
            pairs(&[("decision", "Allow")]),
            pairs(&[("decision", "yes")]),
            pairs(&[("decision", "allow"), ("decision", "allow")]),
            pairs(&[("decision", "allow"), ("decision", "deny")]),
        ] {
            let answer = browser.post(&page.url, &[csrf.clone(), wrong.clone()].concat()).await;
            assert_eq!(step(&browser.follow(answer).await), "consent", "{wrong:?}");
        }
        Callback::of(&browser.post(&page.url, &form).await).code();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_16_answers_at_once_one_is_sent() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let page = proved(&browser, &rp.ask(), &alice).await;
        let (yes, no) = (page.form("consent-allow"), page.form("consent-deny"));
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for n in 0..16 {
            let (browser, form) = (browser.stolen(), if n % 4 == 3 { no.clone() } else { yes.clone() });
            tries.spawn(async move { browser.post(&form.action, &form.fields).await });
        }
        let answers = tries.join_all().await;
        assert!(answers.iter().all(|answer| answer.status < 400), "{answers:?}");
        let away = |answer: &&Answer| answer.location().is_some_and(|to| to.starts_with(&rp.redirect_uri));
        assert_eq!(answers.iter().filter(away).count(), 1, "on {}", idp.engine);
        let counts = idp.counts_since(mark).await;
        let granted = counts.get("authorize.granted").copied().unwrap_or_default();
        let refused = counts.get("authorize.refused").copied().unwrap_or_default();
        assert_eq!(granted + refused, 1, "{counts:?}");
    })
    .await;
}
