//! `/sign-in` and "Not you?": another name in the middle takes everything with it.

use tokio::task::JoinSet;

use super::{half_way, interaction, named, step, with_passkey};
use crate::actors::{Callback, pairs};
use crate::idp::on_each_engine;

#[tokio::test]
async fn another_name_in_the_middle_clears_what_was_proved() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let (id, code) = (interaction(&page), alice.next_code());
        let again = |name: &str| {
            let form = [page.form("code-submit").fields, pairs(&[("username", name)])].concat();
            let (browser, to) = (browser.clone(), idp.at(&format!("/i/{id}/sign-in")));
            async move { browser.follow(browser.post(&to, &form).await).await }
        };
        for other in ["bob", "nobody", "bob@riverside.example"] {
            assert_eq!(step(&again(other).await), "password", "{other}");
            let form = [page.form("code-submit").fields, pairs(&[("code", &code)])].concat();
            let early = browser.post(&page.url, &form).await;
            assert_eq!(step(&browser.follow(early).await), "password", "{other}: not even with a code");
            assert_eq!(step(&again("alice").await), "password", "{other}: alice begins anew");
            let form = [page.form("code-submit").fields, pairs(&[("password", &alice.password)])].concat();
            let back = browser.post(&idp.at(&format!("/i/{id}/password")), &form).await;
            assert_eq!(step(&browser.follow(back).await), "code", "{other}");
        }
        // The same person by another name goes on.
        assert_eq!(step(&again("ALICE@riverside.example ").await), "code");
        assert_eq!(step(&again("").await), "sign-in");
        assert_eq!(step(&again("alice").await), "password", "nothing typed is nobody");
        let page = again("bob").await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &bob.password)]).await;
        let wrong = browser.submit(&page, "code-submit", &[("code", &code)]).await;
        assert_eq!(step(&wrong), "code", "alice's code is not bob's");
        let done = bob.answers(&browser, wrong).await;
        let his = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        let hers = rp.signs_in(&alice, &idp.browser()).await.id_claims();
        assert_ne!(his["sub"], hers["sub"]);
    })
    .await;
}

#[tokio::test]
async fn not_you_forgets_who_it_was() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert!(page.has("consent-allow") && page.has("not-you"));
        let page = browser.submit(&page, "not-you", &[]).await;
        assert!(page.has("username") && !page.body.contains("alice"), "{}", page.body);
        let page = browser.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        assert_eq!(step(&page), "password");
        assert!(!browser.cookies().contains_key("vouchsafe-session"));
    })
    .await;
}

#[tokio::test]
async fn a_passkey_of_somebody_else_in_the_middle_is_that_persons_own_sign_in() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, nina) = (idp.person("alice").await, super::newcomer(&idp, "nina").await);
        let key = with_passkey(&rp, &nina, &idp.browser()).await;
        let nina_sub = rp.signs_in_by(&idp.browser(), &key).await.id_claims()["sub"].clone();

        let browser = idp.browser();
        let password = named(&browser, &rp.ask(), "alice").await;
        let code = browser.submit(&password, "sign-in-submit", &[("password", &alice.password)]).await;
        assert_eq!(step(&code), "code");
        let done = browser.uses(&password, &key).await;
        let claims = rp.redeem(&Callback::of(&done).code()).await.is_granted().id_claims();
        assert_eq!(claims["sub"], nina_sub);
        assert_eq!(
            claims["amr"],
            serde_json::json!(["swk", "user", "mfa", "pop"]),
            "alice's password counts nowhere"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_and_another_name_at_once_never_mix() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("consent", "skip").public().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let hers = rp.signs_in(&alice, &idp.browser()).await.id_claims()["sub"].clone();
        for _ in 0..6 {
            let browser = idp.browser();
            let page = half_way(&browser, &rp.ask(), &alice).await;
            let code = page.form("code-submit").with("code", &alice.next_code());
            let mut name = page.form("code-submit").with("username", "bob");
            name.action = name.action.replace("/code", "/sign-in");
            let mut both = JoinSet::new();
            for form in [code, name] {
                let browser = browser.clone();
                both.spawn(async move { browser.post(&form.action, &form.fields).await });
            }
            let answers = both.join_all().await;
            let to_app =
                answers.iter().find(|a| a.location().is_some_and(|to| to.starts_with(&rp.redirect_uri)));
            match to_app {
                Some(answer) => {
                    let claims = rp.redeem(&Callback::of(answer).code()).await.is_granted().id_claims();
                    assert_eq!(claims["sub"], hers, "the code was hers, and so is the sign-in");
                }
                None => {
                    let hub = browser.open(&idp.at(&format!("/i/{}", interaction(&page)))).await;
                    assert_eq!(step(&hub), "password", "bob begins at the beginning");
                    assert!(!browser.cookies().contains_key("vouchsafe-session"));
                }
            }
        }
        rp.signs_in(&bob, &idp.browser()).await;
    })
    .await;
}
