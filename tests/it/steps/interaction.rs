//! `/i/{interaction}`: what grew old, was ended from elsewhere, or came twice.

use tokio::task::JoinSet;
use vouchsafe::base::{FactorId, InteractionId, Token, TokenKind};
use vouchsafe::factors::{FactorKind, Proof};
use vouchsafe::flows::interaction::{Flash, load, save};
use vouchsafe::flows::{PageError, accounts, sessions};
use vouchsafe::identity::State;

use super::{half_way, named, newcomer, step};
use crate::actors::{Answer, Browser, Callback, Person, Rp};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};

const PLACES: [&str; 7] =
    ["sign-in", "password", "code", "consent", "enrol", "enrol/passkey", "recovery-codes"];

/// A sign-in of a person made for it, at some step.
async fn at(rp: &Rp, place: &str, name: &str) -> (Person, Browser, Answer) {
    let (idp, browser) = (rp.idp(), rp.idp().browser());
    let has_code = !place.starts_with("enrol") && place != "recovery-codes";
    let person = if has_code { idp.person(name).await } else { newcomer(idp, name).await };
    let mut page = match place {
        "sign-in" => browser.open(&rp.ask().url()).await,
        "password" => named(&browser, &rp.ask(), name).await,
        _ => half_way(&browser, &rp.ask(), &person).await,
    };
    if place == "consent" {
        page = browser.submit(&page, "code-submit", &[("code", &person.next_code())]).await;
    }
    if place == "enrol/passkey" || place == "recovery-codes" {
        page = browser.submit(&page, "enrol-passkey", &[]).await;
    }
    if place == "recovery-codes" {
        page = browser.binds(&page, &Authenticator::new(idp)).await;
    }
    assert_eq!(step(&page), place);
    (person, browser, page)
}

/// Does at this step what the person would do next.
async fn goes_on(idp: &TestIdp, person: &Person, browser: &Browser, page: &Answer) -> Answer {
    match step(page).as_str() {
        "enrol/passkey" => {
            let question = browser.question(page).await;
            if question.status != 200 {
                return question;
            }
            browser.replies(page, &Authenticator::new(idp).creates(&question.json())).await
        }
        _ => person.answer(browser, page).await.unwrap(),
    }
}

#[tokio::test]
async fn after_half_an_hour_a_sign_in_is_over_at_every_step() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("initiate_login_uri", "https://app.example/begin").public().await;
        for (n, place) in PLACES.into_iter().enumerate() {
            let (person, browser, page) = at(&rp, place, &format!("person{n}")).await;
            idp.advance(29 * 60);
            let still = browser.open(&page.url).await;
            assert_eq!(still.status, 200, "{place}");
            idp.advance(2 * 60);
            let mark = idp.mark().await;
            let gone = browser.open(&page.url).await;
            assert_eq!((gone.status, gone.location()), (400, None), "{place}");
            assert!(gone.body.contains("Please start again"), "{place}: {}", gone.body);
            let late = goes_on(&idp, &person, &browser, &page).await;
            assert_eq!((late.status, late.location()), (400, None), "{place}");
            let kinds = idp.kinds_since(mark).await;
            assert!(
                !kinds.is_empty() && kinds.iter().all(|kind| *kind == "interaction.refused"),
                "{place}: {kinds:?}"
            );
            assert!(!browser.cookies().contains_key("vouchsafe-session"), "{place}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_nobody_was_given_is_taken_for_an_old_one() {
    on_each_engine(async |idp| {
        let browser = idp.browser();
        browser.open(&idp.at("/account/")).await;
        let unknown = "A".repeat(43);
        for id in ["x", &unknown, "..%2f..%2fetc", "%01", "a%22%3E%3Cscript%3Ecanary", &"a".repeat(5_000)] {
            for path in ["", "/sign-in", "/code", "/recovery-codes", "/recovery-codes.txt"] {
                let mark = idp.mark().await;
                let answer = browser.get(&idp.at(&format!("/i/{id}{path}"))).await;
                assert_eq!((answer.status, answer.location()), (400, None), "{id}{path}");
                assert!(!answer.body.contains("canary"), "{id}");
                assert_eq!(idp.kinds_since(mark).await, ["interaction.refused"], "{id}{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_goes_no_further_from_any_step() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (n, place) in PLACES.into_iter().enumerate().skip(1) {
            let (person, browser, page) = at(&rp, place, &format!("person{n}")).await;
            idp.set_account(&person.account, State::Disabled).await;
            let id = super::interaction(&page);
            let after = goes_on(&idp, &person, &browser, &page).await;
            assert!(after.location().is_none(), "{place}: {after:?}");
            let hub = browser.open(&idp.at(&format!("/i/{id}"))).await;
            assert_eq!(step(&hub), "password", "{place}: as a name nobody has");
            let again = browser.submit(&hub, "sign-in-submit", &[("password", &person.password)]).await;
            assert_eq!(step(&again), "password", "{place}: the right password is a wrong one");
            assert!(!browser.cookies().contains_key("vouchsafe-session"), "{place}");
            idp.set_account(&person.account, State::Active).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_erased_person_is_nobody_from_any_step() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (n, place) in PLACES.into_iter().enumerate().skip(1) {
            let (person, browser, page) = at(&rp, place, &format!("person{n}")).await;
            let id = super::interaction(&page);
            idp.tick();
            accounts::erase(&idp.operator(), &person.account).await.unwrap();
            idp.advance(1);
            let after = goes_on(&idp, &person, &browser, &page).await;
            assert!(after.status < 500 && after.location().is_none(), "{place}: {after:?}");
            let hub = browser.open(&idp.at(&format!("/i/{id}"))).await;
            assert_eq!((hub.status, step(&hub).as_str()), (200, "password"), "{place}");
            let again = browser.submit(&hub, "sign-in-submit", &[("password", &person.password)]).await;
            assert_eq!(step(&again), "password", "{place}");
            assert!(!browser.cookies().contains_key("vouchsafe-session"), "{place}");
        }
        let (bob, browser) = (idp.person("bob").await, idp.browser());
        rp.signs_in(&bob, &browser).await;
        idp.tick();
        accounts::erase(&idp.operator(), &bob.account).await.unwrap();
        idp.advance(1);
        assert!(browser.open(&idp.at("/account/")).await.has("username"));
        let silent = rp.ask().set("prompt", "none").url();
        Callback::of(&browser.get(&silent).await).is_refused("login_required");
    })
    .await;
}

#[tokio::test]
async fn sessions_that_were_ended_take_sign_ins_in_flight_with_them() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for (n, place) in ["code", "consent", "enrol", "enrol/passkey"].into_iter().enumerate() {
            let (person, browser, page) = at(&rp, place, &format!("person{n}")).await;
            idp.end_sessions(&person.account).await;
            let late = goes_on(&idp, &person, &browser, &page).await;
            assert_eq!((late.status, late.location()), (400, None), "{place}: {late:?}");
            assert!(!browser.cookies().contains_key("vouchsafe-session"), "{place}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_disabled_client_gets_nothing_from_any_step() {
    on_each_engine(async |idp| {
        for (n, place) in PLACES.into_iter().enumerate() {
            let rp = idp.rp().public().await;
            let (person, browser, page) = at(&rp, place, &format!("person{n}")).await;
            idp.disable_client(&rp.id).await;
            for answer in [browser.open(&page.url).await, goes_on(&idp, &person, &browser, &page).await] {
                assert_eq!((answer.status, answer.location()), (400, None), "{place}: {answer:?}");
            }
            let form = crate::actors::pairs(&[("csrf", &super::csrf(&page))]);
            let cancel = format!("/i/{}/cancel", super::interaction(&page));
            let answer = browser.post(&idp.at(&cancel), &form).await;
            assert_eq!((answer.status, answer.location()), (400, None), "{place}: not even a no");
            assert!(!browser.cookies().contains_key("vouchsafe-session"), "{place}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_form_sent_eight_times_at_once_counts_once_at_every_step() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let mut page = browser.open(&rp.ask().url()).await;
        let fill = |page: &Answer| match step(page).as_str() {
            "sign-in" => page.form("sign-in-submit").with("username", "alice"),
            "password" => page.form("sign-in-submit").with("password", &alice.password),
            _ => page.form("code-submit").with("code", &alice.next_code()),
        };
        for (n, next) in ["password", "code", "consent"].into_iter().enumerate() {
            let form = fill(&page);
            let mut tries = JoinSet::new();
            // The right password eight times is eight attempts; beyond the fifth they would wait.
            for _ in 0..if n == 1 { 4 } else { 8 } {
                let (browser, form) = (browser.clone(), form.clone());
                tries.spawn(async move { browser.post(&form.action, &form.fields).await });
            }
            for answer in tries.join_all().await {
                assert!(answer.status == 303 || answer.status == 429, "{next}: {answer:?}");
                let hub = idp.at(&format!("/i/{}", super::interaction(&page)));
                assert_eq!(step(&browser.open(&hub).await), next);
            }
            page = browser.open(&idp.at(&format!("/i/{}", super::interaction(&page)))).await;
        }
        let done = browser.submit(&page, "consent-allow", &[]).await;
        rp.redeem(&Callback::of(&done).code()).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn an_error_saved_in_between_takes_no_proof_away() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (_, browser, page) = at(&rp, "code", "alice").await;
        let cookie = &browser.cookies()["vouchsafe-browser"];
        let own = Token::parse(TokenKind::Browser, cookie).unwrap().digest();
        let own = sessions::Browser::without_session(own);
        let (cx, id) = (idp.operator(), InteractionId::from_text(super::interaction(&page)));
        let read = async || load(&cx, &id, &own).await.unwrap();
        // Two equal forms and a wrong one, all read before the first is done.
        let (mut right, mut again, mut wrong) = (read().await, read().await, read().await);
        again.state.flash = Some(Flash::ReusedCode);
        save(&cx, &mut again).await.unwrap();
        let factor = FactorId::from_text("f");
        right.state.prove(Proof { method: FactorKind::Totp, at: cx.now, factor, user_verified: false });
        save(&cx, &mut right).await.unwrap();
        wrong.state.flash = Some(Flash::WrongCode);
        assert_eq!(save(&cx, &mut wrong).await, Err(PageError::Bad("double_submit")));
        again.state.identifier = Some("somebody".to_owned());
        assert_eq!(save(&cx, &mut again).await, Err(PageError::Bad("double_submit")));
        let kept = read().await.state;
        assert_eq!((kept.proofs.len(), kept.flash, kept.identifier.as_deref()), (2, None, Some("alice")));
    })
    .await;
}
