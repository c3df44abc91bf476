//! Only a registered address is ever answered; everything else is shown at `/authorize`.

use serde_json::json;

use super::super::is_shown;
use crate::actors::Callback;
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_redirect_uri_is_compared_character_by_character() {
    on_each_engine(async |idp| {
        let registered = [
            "https://app.example/cb",
            "https://app.example/cb?tenant=1",
            "http://127.0.0.1/native",
            "http://localhost:9000/cb",
            "com.example.app:/cb",
        ];
        let rp = idp
            .rp()
            .with("redirect_uris", json!(registered))
            .with("application_type", "native")
            // No pairwise `sub` has so many hosts.
            .with("subject_type", "public")
            .public()
            .await;
        let long = format!("https://app.example/cb?{}", "a".repeat(5_000));
        let refused = [
            "https://app.example/cb/",
            "https://app.example/cb/x",
            "https://app.example/CB",
            "https://APP.example/cb",
            "https://app.example/cb?",
            "https://app.example/cb#",
            "https://app.example/cb?x=1",
            "https://app.example/cb?tenant=1&x=1",
            "https://app.example/cb?tenant=2",
            "https://app.example:443/cb",
            "https://app.example:8443/cb",
            "https://app.example/a/../cb",
            "https://app.example//cb",
            "https://app.example/%63b",
            "https://app.example/..;/cb",
            "https://app.example/x/..;/cb",
            "https://app.example/cb;x=1",
            "https://app.example/cb%23",
            "https://app.example/cb%00",
            "https://app.example./cb",
            "https://\u{430}pp.example/cb",
            "https://xn--pp-8jc.example/cb",
            "https://evil.example@app.example/cb",
            "https://app.example@app.example@evil.example/cb",
            "https://app.example\\@evil.example/cb",
            "https://app.example@evil.example/cb",
            "https://evil.example/https://app.example/cb",
            "https://app.example.evil.example/cb",
            "https://evil.example#https://app.example/cb",
            "https://xapp.example/cb",
            "http://app.example/cb",
            "HTTPS://app.example/cb",
            "//app.example/cb",
            "/cb",
            " https://app.example/cb",
            "https://app.example/cb ",
            "https://app.example/cb\n",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)//https://app.example/cb",
            "data:text/html,x",
            "http://127.0.0.1/other",
            "http://127.0.0.1:80x/native",
            "http://127.0.0.1:0/native",
            "http://127.0.0.1:99999/native",
            "http://127.0.0.1@evil.example/native",
            "http://127.0.0.1.evil.example/native",
            "http://127.0.0.2/native",
            "http://[::1]/native",
            "http://localhost:9001/cb",
            "http://localhost/cb",
            "http://localhost:9000.evil.example/cb",
            "http://localhost.evil.example:9000/cb",
            "http://localhost:9000@evil.example/cb",
            "http://localhost:9000/cb/..",
            "http://127.0.0.1:9000/cb",
            "com.example.app:/cb/",
            "com.example.other:/cb",
            "urn:ietf:wg:oauth:2.0:oob",
            &long,
        ];
        for uri in refused {
            let mark = idp.mark().await;
            let answer = idp.http.get(&rp.ask().set("redirect_uri", uri).url()).await;
            is_shown(&answer, "/authorize");
            assert!(!answer.body.contains("evil.example") && !answer.body.contains("alert(1)"), "{uri}");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{uri}");
        }
        let freed = ["http://127.0.0.1:49152/native", "http://127.0.0.1:1/native"];
        for uri in registered.into_iter().chain(freed) {
            let ask = rp.ask().set("redirect_uri", uri).set("prompt", "none");
            let answer = idp.http.get(&ask.url()).await;
            assert_eq!(answer.status, 303, "{uri}");
            assert!(answer.header("location").starts_with(uri), "{uri}");
            assert!(answer.header("location").contains("error=login_required"));
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_client_or_an_address_nothing_is_sent_anywhere() {
    on_each_engine(async |idp| {
        let (rp, gone) = (idp.rp().public().await, idp.rp().public().await);
        idp.disable_client(&gone.id).await;
        let ask = rp.ask();
        let tries = [
            ("no client_id", ask.clone().without("client_id")),
            ("an empty client_id", ask.clone().set("client_id", "")),
            ("two client_ids", ask.clone().add("client_id", &rp.id)),
            ("an unknown client", ask.clone().set("client_id", "nobody")),
            ("a long client_id", ask.clone().set("client_id", &"x".repeat(10_000))),
            ("another case", ask.clone().set("client_id", &rp.id.to_ascii_uppercase())),
            ("a disabled client", gone.ask()),
            ("no redirect_uri", ask.clone().without("redirect_uri")),
            ("two redirect_uris", ask.clone().add("redirect_uri", "https://evil.example/")),
            ("the same twice", ask.clone().add("redirect_uri", &rp.redirect_uri)),
            ("another client's", ask.clone().set("redirect_uri", &gone.redirect_uri)),
        ];
        for (name, ask) in tries {
            let mark = idp.mark().await;
            let answer = idp.http.get(&ask.url()).await;
            is_shown(&answer, "/authorize");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_posted_request_is_taken_and_every_order_of_parameters() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let mut ask = rp.ask().set("scope", "profile openid");
        ask.pairs.reverse();
        let first = browser.post(&idp.at("/authorize"), &ask.pairs).await;
        assert_eq!(first.status, 303, "before the session is looked at");
        let page = browser.follow(first.clone()).await;
        let callback = Callback::of(&alice.answers(&browser, page).await);
        rp.redeem(&callback.code()).await.is_granted();
        let again = browser.get(&first.location().unwrap()).await;
        assert_eq!(again.status, 400, "a parked request is taken once");
    })
    .await;
}

#[tokio::test]
async fn every_answer_names_the_issuer_and_echoes_the_state_exactly() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let long = "x".repeat(128);
        for state in ["a b+c%20&=\"<>", "ünïcode ✓", long.as_str()] {
            let callback = alice.authorizes(&browser, &rp.ask().set("state", state)).await;
            assert_eq!((callback.get("state"), callback.get("iss")), (state, idp.issuer.as_str()));
            assert_eq!(callback.params.len(), 3, "{callback:?}");
            let ask = rp.ask().set("state", state).set("response_type", "token");
            let callback = Callback::of(&idp.browser().open(&ask.url()).await);
            callback.is_refused("unsupported_response_type");
            assert_eq!((callback.get("state"), callback.get("iss")), (state, idp.issuer.as_str()));
        }
        let callback = alice.authorizes(&browser, &rp.ask().without("state")).await;
        assert_eq!(callback.params.keys().collect::<Vec<_>>(), ["code", "iss"]);
    })
    .await;
}

#[tokio::test]
async fn an_address_with_a_query_keeps_it() {
    on_each_engine(async |idp| {
        let uri = "https://app.example/cb?a=1&b=x%20y";
        let rp = idp.rp().with("redirect_uris", json!([uri])).public().await;
        let alice = idp.person("alice").await;
        let page = idp.browser();
        let callback = alice.authorizes(&page, &rp.ask()).await;
        assert_eq!((callback.get("a"), callback.get("b")), ("1", "x y"));
        rp.redeem(&callback.code()).await.is_granted();
    })
    .await;
}
