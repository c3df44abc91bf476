//! `/par`: what the app asks for travels without the browser (RFC 9126).

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::{InteractionId, Token, TokenKind};
use vouchsafe::flows::par;

use super::is_shown;
use crate::actors::{Answer, Ask, Callback, DpopKey, Rp, pairs};
use crate::idp::on_each_engine;

/// Pushes a request as the app.
async fn pushes(rp: &Rp, ask: &Ask) -> Answer {
    let form: Vec<(&str, &str)> =
        ask.pairs.iter().filter(|(n, _)| n != "client_id").map(|(n, v)| (n.as_str(), v.as_str())).collect();
    rp.posts("/par", &form).await
}

#[track_caller]
fn named(answer: &Answer) -> String {
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"), "{answer:?}");
    assert_eq!(answer.json()["expires_in"], 90);
    let name = answer.member("request_uri");
    assert!(name.starts_with("urn:ietf:params:oauth:request_uri:") && name.len() > 80, "{name}");
    name
}

/// What the browser brings: the app and the name, and whatever else.
fn brings(rp: &Rp, name: &str) -> Ask {
    let mut ask = rp.ask();
    ask.pairs = pairs(&[("client_id", &rp.id), ("request_uri", name)]);
    ask
}

#[tokio::test]
async fn a_pushed_request_is_the_request_whatever_the_browser_says_beside_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let name = named(&pushes(&rp, &rp.ask().set("state", "inside")).await);
        let changed = brings(&rp, &name)
            .add("state", "outside")
            .add("scope", "openid email")
            .add("redirect_uri", "https://evil.example/")
            .add("response_type", "token");
        // The page may be loaded again, and the request may come by POST.
        browser.open(&changed.url()).await;
        let parked = browser.post(&idp.at("/authorize"), &changed.pairs).await;
        let page = browser.follow(parked).await;
        let callback = Callback::of(&alice.answers(&browser, page).await);
        assert_eq!((callback.get("state"), callback.uri.as_str()), ("inside", rp.redirect_uri.as_str()));
        let tokens = rp.redeem(&callback.code()).await.is_granted();
        assert_eq!(tokens.0["scope"], "openid");

        let mark = idp.mark().await;
        is_shown(&browser.open(&brings(&rp, &name).url()).await, "/authorize");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
    })
    .await;
}

#[tokio::test]
async fn one_pushed_request_leads_to_one_answer_of_64() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        rp.signs_in(&alice, &browser).await;
        // Two tabs of one request: the first to end has the answer.
        let name = named(&pushes(&rp, &rp.ask().set("prompt", "login")).await);
        let tabs =
            [browser.open(&brings(&rp, &name).url()).await, browser.open(&brings(&rp, &name).url()).await];
        Callback::of(&alice.answers(&browser, tabs[0].clone()).await).code();
        let mark = idp.mark().await;
        let second = Callback::of(&alice.answers(&browser, tabs[1].clone()).await);
        second.is_refused("invalid_request_uri");
        assert!(idp.kinds_since(mark).await.contains(&"authorize.refused"));

        let name = named(&pushes(&rp, &rp.ask().set("prompt", "none")).await);
        let mut tries = JoinSet::new();
        for _ in 0..64 {
            let (browser, url) = (browser.clone(), brings(&rp, &name).url());
            tries.spawn(async move { browser.get(&url).await });
        }
        let answers = tries.join_all().await;
        let codes = answers.iter().filter_map(Answer::location).filter(|to| to.contains("code=")).count();
        assert_eq!(codes, 1);
        assert!(answers.iter().all(|a| a.status == 303 || a.status == 400), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn the_very_sign_in_that_ended_a_pushed_request_may_be_repeated() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let name = named(&pushes(&rp, &rp.ask()).await);
        let page = browser.open(&brings(&rp, &name).url()).await;
        // As if the node had died between the note of the answer and the answer.
        let token = name.rsplit(':').next().unwrap();
        let pushed = Token::parse(TokenKind::Pushed, token).unwrap().digest();
        let path = url::Url::parse(&page.url).unwrap().path().to_owned();
        let own = InteractionId::from_text(path.split('/').nth(2).unwrap());
        assert!(par::end(&idp.operator(), &pushed, &own).await.unwrap());
        let other = InteractionId::from_text("another");
        assert!(!par::end(&idp.operator(), &pushed, &other).await.unwrap(), "no other sign-in ends it");
        let code = Callback::of(&alice.answers(&browser, page).await).code();
        rp.redeem(&code).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn a_name_is_good_for_its_app_and_its_time_alone() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().basic().await, idp.rp().basic().await);
        let name = named(&pushes(&rp, &rp.ask()).await);
        let tampered = format!("{}x", &name[..name.len() - 1]);
        let tries = [
            brings(&other, &name),
            brings(&rp, &tampered),
            brings(&rp, "urn:ietf:params:oauth:request_uri:x"),
            brings(&rp, &name).add("client_id", &rp.id),
        ];
        for ask in tries {
            let mark = idp.mark().await;
            is_shown(&idp.browser().open(&ask.url()).await, "/authorize");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{:?}", ask.pairs);
        }
        idp.advance(91);
        is_shown(&idp.browser().open(&brings(&rp, &name).url()).await, "/authorize");

        // It belongs to the browser that brought it first, and an error ends it as a code does.
        let (browser, thief) = (idp.browser(), idp.browser());
        let name = named(&pushes(&rp, &rp.ask().set("prompt", "none")).await);
        let silent = Callback::of(&browser.open(&brings(&rp, &name).url()).await);
        silent.is_refused("login_required");
        is_shown(&browser.open(&brings(&rp, &name).url()).await, "/authorize");
        let name = named(&pushes(&rp, &rp.ask()).await);
        assert!(browser.open(&brings(&rp, &name).url()).await.has("username"));
        is_shown(&thief.open(&brings(&rp, &name).url()).await, "/authorize");
        assert!(browser.open(&brings(&rp, &name).url()).await.has("username"));
    })
    .await;
}

#[tokio::test]
async fn a_request_is_refused_where_it_is_pushed() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let plain = rp.ask();
        let tries = [
            (plain.clone().set("redirect_uri", "https://evil.example/"), "invalid_request"),
            (plain.clone().without("redirect_uri"), "invalid_request"),
            (plain.clone().without("code_challenge").without("code_challenge_method"), "invalid_request"),
            (plain.clone().set("code_challenge_method", "plain"), "invalid_request"),
            (plain.clone().set("response_type", "code id_token"), "unsupported_response_type"),
            (plain.clone().set("scope", "unknown"), "invalid_scope"),
            (plain.clone().add("state", "twice"), "invalid_request"),
            (plain.clone().add("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
            (plain.clone().add("id_token_hint", "x.y.z"), "invalid_request"),
            (plain.clone().add("dpop_jkt", "x"), "invalid_request"),
        ];
        for (ask, code) in tries {
            let mark = idp.mark().await;
            pushes(&rp, &ask).await.is_refused(code);
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{:?}", ask.pairs);
        }
        let mark = idp.mark().await;
        idp.http.post("/par", &plain.pairs).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
        assert_eq!(idp.http.send("PUT", "/par", &[], "").await.status, 405);
        assert_eq!(idp.http.get("/par").await.status, 405);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_must_push_is_heard_no_other_way() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("require_pushed_authorization_requests", true).private_key_jwt().await;
        assert_eq!(rp.registered["policy"]["require_par"], true);
        let mark = idp.mark().await;
        let front = idp.browser().open(&rp.ask().url()).await;
        Callback::of(&front).is_refused("invalid_request");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
        let alice = idp.person("alice").await;
        let name = named(&pushes(&rp, &rp.ask()).await);
        let code = alice.authorizes(&idp.browser(), &brings(&rp, &name)).await.code();
        rp.redeem(&code).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn the_key_proved_at_the_push_binds_the_code() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let (key, other) = (DpopKey::new(&idp).await, DpopKey::new(&idp).await);
        let (browser, ask) = (idp.browser(), rp.ask());
        let form: Vec<(&str, &str)> = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let proof = || key.proof("POST", "/par", &json!({}));
        let mark = idp.mark().await;
        let mut named_another = form.clone();
        named_another.push(("dpop_jkt", other.thumbprint()));
        rp.posts_with("/par", &named_another, &[&proof()]).await.is_refused("invalid_dpop_proof");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
        let code = async || {
            let name = named(&rp.posts_with("/par", &form, &[&proof()]).await);
            alice.authorizes(&browser, &brings(&rp, &name)).await.code()
        };
        let (first, second) = (code().await, code().await);
        rp.redeem_proving(&first, &other).await.is_refused("invalid_grant");
        rp.redeem_proving(&second, &key).await.is_granted();
    })
    .await;
}
