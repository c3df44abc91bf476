//! `/passkey`: a discoverable passkey is the whole sign-in, and nothing else is.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::identity::State;

use super::{half_way, named, newcomer, step, with_passkey};
use crate::actors::{Answer, Browser, Callback, Rp};
use crate::authenticator::{Authenticator, bent, with_client_data};
use crate::idp::{TestIdp, on_each_engine};

/// Sends an answer and insists that it is refused: the same page with an error, an event, nobody signed in.
async fn is_refused(idp: &TestIdp, browser: &Browser, page: &Answer, answer: &str, what: &str) -> Answer {
    let mark = idp.mark().await;
    let after = browser.replies(page, answer).await;
    assert_eq!((step(&after), after.status), (step(page), 200), "{what}");
    assert!(after.body.contains("role=\"alert\""), "{what}: {}", after.body);
    assert!(!browser.cookies().contains_key("vouchsafe-session"), "{what}");
    idp.sees(mark, "passkey.refused").await;
    let kinds = idp.kinds_since(mark).await;
    assert_eq!(kinds, ["passkey.refused"], "{what}");
    after
}

#[tokio::test]
async fn a_passkey_signs_in_alone_from_every_page_before_a_proof() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let nina = newcomer(&idp, "nina").await;
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let before = rp.signs_in_by(&idp.browser(), &key).await.id_claims();
        for place in ["sign-in", "password", "security-key", "another's password"] {
            let browser = idp.browser();
            let mut page = match place {
                "sign-in" => browser.open(&rp.ask().url()).await,
                "another's password" => named(&browser, &rp.ask(), "mabel").await,
                _ => named(&browser, &rp.ask(), "nina").await,
            };
            if place == "security-key" {
                page = browser.open(&page.url.replace("/password", "/security-key")).await;
            }
            let question = browser.question(&page).await.json();
            assert_eq!(question["publicKey"]["userVerification"], "required", "{place}");
            assert_eq!(question["publicKey"]["allowCredentials"], json!([]), "{place}: nobody is named");
            let mark = idp.mark().await;
            let done = browser.replies(&page, &key.signs(&question)).await;
            let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
            assert_eq!(claims["acr"], "urn:vouchsafe:acr:aal2-phr");
            assert_eq!(claims["amr"], json!(["swk", "user", "mfa", "pop"]));
            assert_eq!(claims["sub"], before["sub"]);
            let events = idp.counts_since(mark).await;
            assert_eq!(
                (events["passkey.accepted"], events["session.signed_in"]),
                (1, 1),
                "{place}: {events:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_counts_for_its_own_question_origin_and_person_alone() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, kim) = (newcomer(&idp, "nina").await, newcomer(&idp, "kim").await);
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let kims = with_passkey(&rp, &kim, &idp.browser()).await;
        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        let ask = async || browser.question(&page).await.json();

        let (other_browser, tab) = (idp.browser(), browser.open(&rp.ask().url()).await);
        let elsewhere = other_browser.open(&rp.ask().url()).await;
        let of_tab = key.signs(&browser.question(&tab).await.json());
        let of_other = key.signs(&other_browser.question(&elsewhere).await.json());
        is_refused(&idp, &browser, &page, &of_tab, "another tab's question").await;
        is_refused(&idp, &browser, &page, &of_other, "another browser's question").await;

        let fresh = key.signs(&ask().await);
        let twisted = with_client_data(&fresh, "challenge", json!("AAAAAAAAAAAAAAAAAAAAAA"));
        is_refused(&idp, &browser, &page, &twisted, "a challenge nobody asked").await;
        let port = key.signs_from("http://localhost:1", &ask().await);
        is_refused(&idp, &browser, &page, &port, "another origin, well signed").await;
        let framed = with_client_data(&key.signs(&ask().await), "crossOrigin", json!(true));
        is_refused(&idp, &browser, &page, &framed, "another site's frame").await;
        is_refused(&idp, &browser, &page, &key.signs_unverified(&ask().await), "no user verification").await;

        let kims_handle: Value = serde_json::from_str(&kims.signs(&ask().await)).unwrap();
        let kims_handle = kims_handle["response"]["userHandle"].clone();
        for (handle, what) in [
            (kims_handle, "another person's handle"),
            (Value::Null, "no handle"),
            (json!("AAAA"), "no person's handle"),
        ] {
            let answer = bent(&key.signs(&ask().await), |a| a["response"]["userHandle"] = handle);
            is_refused(&idp, &browser, &page, &answer, what).await;
        }
        for garbage in ["", "{}", "[]", "null", "x", &"[".repeat(15_000)] {
            is_refused(&idp, &browser, &page, garbage, "garbage").await;
        }
        let once = key.signs(&ask().await);
        idp.advance(301);
        is_refused(&idp, &browser, &page, &once, "after five minutes").await;
        let done = browser.uses(&page, &key).await;
        Callback::of(&done).code();
    })
    .await;
}

#[tokio::test]
async fn a_key_nobody_holds_looks_like_a_wrong_signature() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, kim) = (newcomer(&idp, "nina").await, newcomer(&idp, "kim").await);
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        // Made for kim, and never sent.
        let (unbound, hers) = (Authenticator::new(&idp), idp.browser());
        let page = half_way(&hers, &rp.ask(), &kim).await;
        let page = hers.submit(&page, "enrol-passkey", &[]).await;
        unbound.creates(&hers.question(&page).await.json());

        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        let question = async || browser.question(&page).await.json();
        let unknown = is_refused(&idp, &browser, &page, &unbound.signs(&question().await), "unknown").await;
        let wrong = bent(&key.signs(&question().await), |a| {
            a["response"]["signature"] = json!("MEUCIQDAAAA");
        });
        let wrong = is_refused(&idp, &browser, &page, &wrong, "wrong").await;
        assert_eq!(unknown.body, wrong.body);
        idp.set_account(&nina.account, State::Disabled).await;
        let disabled = is_refused(&idp, &browser, &page, &key.signs(&question().await), "disabled").await;
        assert_eq!(unknown.body, disabled.body);
    })
    .await;
}

#[tokio::test]
async fn a_security_key_is_no_passkey() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (nina, browser) = (newcomer(&idp, "nina").await, idp.browser());
        let key = Authenticator::new(&idp);
        let page = half_way(&browser, &rp.ask(), &nina).await;
        let page = browser.submit(&page, "enrol-security-key", &[]).await;
        let page = browser.binds(&page, &key).await;
        nina.answers(&browser, page).await;
        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        let question = browser.question(&page).await.json();
        is_refused(&idp, &browser, &page, &key.signs(&question), "a security key alone").await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_taken_once_and_a_counter_never_goes_back() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let asking = idp.rp().policy("consent", "always").public().await;
        let nina = newcomer(&idp, "nina").await;
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let browser = idp.browser();
        let page = browser.open(&asking.ask().url()).await;
        let (one, two) = (browser.question(&page).await.json(), browser.question(&page).await.json());
        let (older, newer) = (key.signs(&one), key.signs(&two));
        assert_eq!(step(&browser.replies(&page, &newer).await), "consent");
        let mark = idp.mark().await;
        assert_eq!(step(&browser.replies(&page, &newer).await), "consent", "a double submit");
        assert!(idp.kinds_since(mark).await.is_empty());
        let mark = idp.mark().await;
        assert_eq!(step(&browser.replies(&page, &older).await), "consent");
        assert_eq!(idp.kinds_since(mark).await, ["passkey.refused"], "the counter went back");
        let copy = idp.browser();
        let page = copy.open(&rp.ask().url()).await;
        is_refused(&idp, &copy, &page, &newer, "an answer of another sign-in").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_16_equal_answers_at_once_one_counts() {
    on_each_engine(async |idp| {
        let rp: Rp = idp.rp().policy("consent", "skip").public().await;
        let nina = newcomer(&idp, "nina").await;
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        let answer = key.signs(&browser.question(&page).await.json());
        let form = page.form("passkey-button").with("credential", &answer);
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for _ in 0..16 {
            let (browser, form) = (browser.stolen(), form.clone());
            tries.spawn(async move { browser.post(&form.action, &form.fields).await });
        }
        let answers = tries.join_all().await;
        assert!(answers.iter().all(|answer| answer.status < 500), "{answers:?}");
        let sent = answers.iter().filter(|a| a.location().is_some_and(|to| to.contains("code="))).count();
        let counts = idp.counts_since(mark).await;
        assert_eq!((sent, counts["passkey.accepted"], counts["session.signed_in"]), (1, 1, 1), "{counts:?}");
    })
    .await;
}
