//! Answers in one signed JWT (JARM), for codes and errors alike.

use serde_json::json;

use crate::actors::{Callback, Rp, header};
use crate::idp::on_each_engine;
use crate::oidc::verified;

/// What the one parameter of a signed answer says, checked with the published keys.
async fn opened(rp: &Rp, callback: &Callback, algorithm: &str) -> Callback {
    assert_eq!(callback.params.keys().collect::<Vec<_>>(), ["response"]);
    let jwt = callback.get("response");
    assert_eq!(header(jwt)["alg"], algorithm);
    let mut said = verified(rp.idp(), jwt).await;
    assert_eq!(said["aud"], json!(rp.id));
    let left = said["exp"].as_i64().unwrap() - rp.idp().now().seconds();
    assert!((10..=600).contains(&left), "{left}");
    said.retain(|name, _| !matches!(name.as_str(), "aud" | "exp"));
    let params = said.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect();
    Callback { uri: callback.uri.clone(), params, by_post: callback.by_post }
}

#[tokio::test]
async fn a_code_and_an_error_travel_signed_in_the_query_and_in_a_form() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        for (mode, by_post) in [("jwt", false), ("query.jwt", false), ("form_post.jwt", true)] {
            let ask = rp.ask().set("response_mode", mode);
            let callback = alice.authorizes(&browser, &ask).await;
            assert_eq!((callback.by_post, &callback.uri), (by_post, &rp.redirect_uri), "{mode}");
            let said = opened(&rp, &callback, "RS256").await;
            assert_eq!((said.get("state"), said.get("iss")), ("state of the app", idp.issuer.as_str()));
            let tokens = rp.redeem(&said.code()).await.is_granted();
            // An answer passes for no ID token.
            let hinted = rp.ask().set("id_token_hint", callback.get("response")).set("prompt", "none");
            Callback::of(&browser.open(&hinted.url()).await).is_refused("invalid_request");
            assert!(tokens.0["id_token"].is_string());

            for (name, value, code) in [("prompt", "none", "login_required"), ("scope", "x", "invalid_scope")]
            {
                let mark = idp.mark().await;
                let page = idp.browser().open(&ask.clone().set(name, value).url()).await;
                let said = opened(&rp, &Callback::of(&page), "RS256").await;
                assert_eq!(said.is_refused(code).get("state"), "state of the app");
                assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{mode}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_that_registered_signed_answers_alone_gets_no_other() {
    on_each_engine(async |idp| {
        let rp = idp
            .rp()
            .with("response_modes", json!(["jwt"]))
            .with("authorization_signed_response_alg", "PS256")
            .basic()
            .await;
        let alice = idp.person("alice").await;
        let said = opened(&rp, &alice.authorizes(&idp.browser(), &rp.ask()).await, "PS256").await;
        rp.redeem(&said.code()).await.is_granted();
        for mode in ["query", "form_post", "fragment", "fragment.jwt", "form_post.jwt"] {
            let page = idp.browser().get(&rp.ask().set("response_mode", mode).url()).await;
            opened(&rp, &Callback::of(&page), "PS256").await.is_refused("invalid_request");
        }
    })
    .await;
}
