//! `/logout`: an app may end the session it began, and send the person where it registered.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use vouchsafe::base::ClientId;
use vouchsafe::clients::Stage;
use vouchsafe::flows::clients::settings::{self, Within};

use super::is_shown;
use crate::actors::{Auth, Browser, Callback, Pairs, Person, Rp, Tokens, claims, encoded, pairs};
use crate::idp::{TestIdp, on_each_engine};

struct SignedIn {
    rp: Rp,
    alice: Person,
    browser: Browser,
    tokens: Tokens,
}

async fn signed_in(idp: &TestIdp) -> SignedIn {
    let rp = idp.rp().private_key_jwt().await;
    let (alice, browser) = (idp.person("alice").await, idp.browser());
    let tokens = rp.signs_in(&alice, &browser).await;
    SignedIn { rp, alice, browser, tokens }
}

impl SignedIn {
    async fn asks(&self, query: Pairs) -> crate::actors::Answer {
        self.browser.get(&self.rp.idp().at(&format!("/logout?{}", encoded(&query)))).await
    }

    async fn is_signed_in(&self) -> bool {
        let ask = self.rp.ask().set("prompt", "none");
        let callback = Callback::of(&self.browser.open(&ask.url()).await);
        if !callback.params.contains_key("code") {
            callback.is_refused("login_required");
        }
        callback.params.contains_key("code")
    }
}

#[tokio::test]
async fn an_app_signs_its_person_out_and_gets_them_back_with_state_alone() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        let state = "s".repeat(128);
        let back = it.rp.post_logout_redirect_uri.clone();
        let query = pairs(&[
            ("id_token_hint", &it.tokens.id()),
            ("post_logout_redirect_uri", &back),
            ("state", &state),
        ]);
        let mark = idp.mark().await;
        let answer = it.asks(query).await;
        assert_eq!((answer.status, answer.location()), (303, Some(format!("{back}?state={state}"))));
        assert_eq!(idp.kinds_since(mark).await, ["logout.done", "session.ended"]);
        assert!(!it.browser.cookies().contains_key("vouchsafe-session"));
        assert!(!it.is_signed_in().await);
        assert_eq!(it.rp.userinfo(&it.tokens.access()).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_signs_nobody_out_leads_to_no_app_that_nobody_checked() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("consent", "always").private_key_jwt().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        let back = rp.post_logout_redirect_uri.clone();
        let query = pairs(&[("id_token_hint", &tokens.id()), ("post_logout_redirect_uri", &back)]);
        let link = idp.at(&format!("/logout?{}", encoded(&query)));
        // An administrator's own app is gone back to at once.
        assert_eq!(idp.browser().get(&link).await.location(), Some(back.clone()));
        idp.came_openly(&rp.id).await;
        let page = idp.browser().get(&link).await;
        is_shown_as(&page, 200);
        assert!(page.body.contains("has checked this app"), "{}", page.body);
        assert!(page.body.contains(&format!("href=\"{back}\"")), "{}", page.body);
        assert!(!page.body.contains("signed_out.js"), "{}", page.body);
        // Whoever is at another session is asked, and after that told the same.
        let (bob, other) = (idp.person("bob").await, idp.browser());
        idp.rp().private_key_jwt().await.signs_in(&bob, &other).await;
        let asked = other.get(&link).await;
        let page = other.submit(&asked, "sign-out-confirm", &[]).await;
        is_shown_as(&page, 200);
        assert!(page.body.contains("has checked this app"), "{}", page.body);
        // Its own person, who signs out of it, knows where that is.
        let own = browser.get(&link).await;
        assert_eq!((own.status, own.location()), (303, Some(back)));
    })
    .await;
}

/// A page, and nothing that leads on by itself.
fn is_shown_as(page: &crate::actors::Answer, status: u16) {
    assert_eq!((page.status, page.location()), (status, None), "{page:?}");
    assert!(page.header("refresh").is_empty() && !page.has("form-post"), "{page:?}");
}

#[tokio::test]
async fn without_state_none_is_sent_and_an_expired_hint_will_do() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        idp.advance(600);
        let back = it.rp.post_logout_redirect_uri.clone();
        let form = pairs(&[("id_token_hint", &it.tokens.id()), ("post_logout_redirect_uri", &back)]);
        let parked = it.browser.post(&idp.at("/logout"), &form).await;
        let ticket = parked.location().unwrap();
        assert!(parked.status == 303 && ticket.contains("/logout?parked=") && it.is_signed_in().await);
        let answer = it.browser.get(&ticket).await;
        assert_eq!((answer.status, answer.location()), (303, Some(back)));
        assert!(!it.is_signed_in().await);
        assert_eq!(it.browser.get(&ticket).await.status, 400, "a ticket is good once");
    })
    .await;
}

#[tokio::test]
async fn a_post_from_another_site_carries_no_cookie_and_signs_nobody_out_unasked() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        // As a browser sends it across sites: without its cookies.
        let parked = idp.http.post("/logout", &pairs(&[("state", "x")])).await;
        assert_eq!(parked.status, 303);
        assert!(parked.header("set-cookie").is_empty(), "{parked:?}");
        let page = it.browser.get(&parked.location().unwrap()).await;
        assert!(page.status == 200 && page.has("sign-out-confirm"));
        assert!(it.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn an_address_nobody_registered_or_vouches_for_is_never_gone_to() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        let other = idp.rp().basic().await;
        let back = it.rp.post_logout_redirect_uri.clone();
        let hint = it.tokens.id();
        let parts: Vec<&str> = hint.split('.').collect();
        let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#), parts[1]);
        let Auth::Key(key) = &it.rp.auth else { unreachable!() };
        let mut swapped = claims(&hint);
        (swapped["iss"], swapped["aud"]) = (json!(it.rp.id), json!(idp.issuer));
        let by_client = key.sign("JWT", &swapped).unwrap();
        let access = it.tokens.access();
        let with =
            |hint: &str, back: &str| pairs(&[("id_token_hint", hint), ("post_logout_redirect_uri", back)]);
        let mut mismatch = with(&hint, &back);
        mismatch.extend(pairs(&[("client_id", &other.id)]));
        let mut twice = with(&hint, &back);
        twice.extend(pairs(&[("post_logout_redirect_uri", "https://evil.example")]));
        let tries = [
            ("another address", with(&hint, "https://evil.example/")),
            ("a query added", with(&hint, &format!("{back}?x=1"))),
            ("another client's", with(&hint, &other.post_logout_redirect_uri)),
            ("the redirect_uri", with(&hint, &it.rp.redirect_uri)),
            ("alg none", with(&none, &back)),
            ("signed by the client", with(&by_client, &back)),
            ("an access token", with(&access, &back)),
            ("nonsense", with("x", &back)),
            ("no hint", pairs(&[("post_logout_redirect_uri", &back)])),
            ("no hint but a name", pairs(&[("post_logout_redirect_uri", &back), ("client_id", &it.rp.id)])),
            ("another client_id", mismatch),
            ("twice", twice),
        ];
        for (name, query) in tries {
            let mark = idp.mark().await;
            let answer = it.asks(query).await;
            is_shown(&answer, "/logout");
            assert!(!answer.body.contains("evil.example"), "{name}");
            assert_eq!(idp.kinds_since(mark).await, ["logout.refused"], "{name}");
        }
        assert!(it.is_signed_in().await, "nothing happened");

        // While the app is in test, its developer reads on the page what is wrong.
        let wrong = with(&hint, "https://evil.example/");
        let told = "post_logout_redirect_uri is not registered for this client.";
        assert!(!it.asks(wrong.clone()).await.body.contains(told));
        let id = ClientId::from_text(&it.rp.id);
        settings::set_stage(&idp.operator(), &Within::All, &id, Stage::Test).await.unwrap();
        idp.advance(1);
        assert!(it.asks(wrong).await.body.contains(told));
    })
    .await;
}

#[tokio::test]
async fn a_disabled_clients_address_is_not_gone_to() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        idp.disable_client(&it.rp.id).await;
        let back = it.rp.post_logout_redirect_uri.clone();
        let query = pairs(&[("id_token_hint", &it.tokens.id()), ("post_logout_redirect_uri", &back)]);
        assert!(it.asks(query).await.location().is_none());
    })
    .await;
}

#[tokio::test]
async fn who_has_nothing_to_show_is_asked_first() {
    on_each_engine(async |idp| {
        for query in [Vec::new(), pairs(&[("state", "only")])] {
            let rp = idp.rp().basic().await;
            let name = format!("person{}", query.len());
            let (person, browser) = (idp.person(&name).await, idp.browser());
            rp.signs_in(&person, &browser).await;
            let page = browser.get(&idp.at(&format!("/logout?{}", encoded(&query)))).await;
            assert!(page.status == 200 && page.has("sign-out-confirm"));
            let silent = rp.ask().set("prompt", "none").url();
            Callback::of(&browser.open(&silent).await).code();
            let form = page.form("sign-out-confirm");
            let forged = browser.post(&form.action, &form.clone().with("csrf", "x").fields).await;
            assert_eq!(forged.status, 403);
            Callback::of(&browser.open(&silent).await).code();
            let done = browser.submit(&page, "sign-out-confirm", &[]).await;
            assert!(done.status == 200 && done.location().is_none());
            Callback::of(&browser.open(&silent).await).is_refused("login_required");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hint_alone_signs_out_and_shows_a_page() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        let answer = it.asks(pairs(&[("id_token_hint", &it.tokens.id())])).await;
        assert!(answer.status == 200 && answer.location().is_none());
        assert!(!it.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn a_hint_of_another_session_is_asked_about() {
    on_each_engine(async |idp| {
        let it = signed_in(&idp).await;
        let bob = idp.person("bob").await;
        let foreign = it.rp.signs_in(&bob, &idp.browser()).await.id();
        let back = it.rp.post_logout_redirect_uri.clone();
        let query =
            pairs(&[("id_token_hint", &foreign), ("post_logout_redirect_uri", &back), ("state", "x")]);
        let page = it.asks(query).await;
        assert!(page.status == 200 && page.has("sign-out-confirm"));
        assert!(page.header("content-security-policy").contains(back.trim_end_matches("/signed-out")));
        assert!(it.is_signed_in().await);
        let done = it.browser.submit(&page, "sign-out-confirm", &[]).await;
        assert_eq!(done.location(), Some(format!("{back}?state=x")));
        assert!(!it.is_signed_in().await);
        it.rp.signs_in(&it.alice, &it.browser).await;
    })
    .await;
}
