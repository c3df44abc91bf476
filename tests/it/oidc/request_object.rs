//! Requests that the app signed (RFC 9101, OpenID Connect Core §6): at `/authorize` and at `/par`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::is_shown;
use crate::actors::{Ask, Callback, claims};
use crate::idp::{on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::webhooks::NEAR;

const TYP: &str = "oauth-authz-req+jwt";

#[tokio::test]
async fn what_the_app_signed_is_the_request_whatever_stands_around_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let ask = rp.ask().set("state", "inside");
        // As OpenID Connect Core has it: a request by itself, in which the object's values win.
        let core = rp
            .ask()
            .set("state", "outside")
            .set("redirect_uri", "https://evil.example/")
            .set("nonce", "around it")
            .add(
                "request",
                &rp.object(&ask.clone().without("nonce"), "JWT", &json!({ "aud": null, "nbf": null })),
            );
        let callback = alice.authorizes(&browser, &core).await;
        assert_eq!((callback.get("state"), callback.uri.as_str()), ("inside", rp.redirect_uri.as_str()));
        assert_eq!(claims(&rp.redeem(&callback.code()).await.is_granted().id())["nonce"], "around it");

        // As RFC 9101 has it: nothing else counts, by GET and by POST.
        let object =
            rp.object(&ask, TYP, &json!({ "max_age": 600, "claims": { "id_token": { "acr": null } } }));
        let alone = ask.bringing(&[("request", &object)]);
        let around = core.clone().set("request", &object);
        for ask in [&alone, &around] {
            let callback = alice.authorizes(&browser, ask).await;
            assert_eq!((callback.get("state"), callback.uri.as_str()), ("inside", rp.redirect_uri.as_str()));
            assert_eq!(claims(&rp.redeem(&callback.code()).await.is_granted().id())["nonce"], "n-0S6_WzA2Mj");
        }
        let parked = browser.post(&idp.at("/authorize"), &alone.pairs).await;
        Callback::of(&browser.follow(parked).await).code();
        // What is wrong inside is told where the object says: it verified.
        let silent = rp.object(&ask, TYP, &json!({ "prompt": "none", "max_age": 0 }));
        let told = Callback::of(&browser.open(&ask.bringing(&[("request", &silent)]).url()).await);
        assert_eq!(told.is_refused("login_required").get("state"), "inside");
    })
    .await;
}

/// Five parts, as of an encrypted object.
fn nested(header: &str) -> String {
    let inside = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#) + ".e30.";
    format!("{}.AAAA.AAAA.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(inside))
}

#[tokio::test]
async fn an_object_that_does_not_verify_is_told_where_the_request_around_it_says() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().private_key_jwt().await, idp.rp().private_key_jwt().await);
        let keyless = idp.rp().public().await;
        let now = idp.now().seconds();
        let ask = rp.ask();
        let object = |changes: Value| rp.object(&ask, "JWT", &changes);
        let good = object(json!({}));
        let unsigned =
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), good.split('.').nth(1).unwrap());
        let tries = [
            unsigned,
            good[..good.len() - 2].to_owned(),
            "nonsense".to_owned(),
            // Encrypted, whatever may be inside: nothing is decrypted for anybody, and no signature is let off by it.
            nested(r#"{"alg":"RSA-OAEP","enc":"A256GCM","cty":"JWT"}"#),
            nested(r#"{"alg":"dir","enc":"A128GCM"}"#),
            nested(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}"#),
            nested(r#"{"alg":"none"}"#),
            other.object(&ask, "JWT", &json!({ "iss": rp.id })),
            rp.object(&ask, "at+jwt", &json!({})),
            rp.assertion(&json!({})),
            object(json!({ "iss": other.id })),
            object(json!({ "aud": "https://other.example" })),
            object(json!({ "exp": now - 1 })),
            object(json!({ "nbf": now + 3600 })),
            object(json!({ "client_id": other.id })),
            object(json!({ "request": "x.y.z" })),
            object(json!({ "request_uri": "https://app.example/request" })),
            object(json!({ "scope": ["openid"] })),
        ];
        let differs = ask.clone().add("request", &object(json!({ "response_type": "code id_token" })));
        Callback::of(&idp.browser().get(&differs.url()).await).is_refused("invalid_request_object");
        for object in tries {
            let mark = idp.mark().await;
            let asked = ask.clone().set("state", "outside").add("request", &object);
            let told = Callback::of(&idp.browser().get(&asked.url()).await);
            assert_eq!(told.is_refused("invalid_request_object").get("state"), "outside");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{object}");
            // No address of the app around it: a page, whatever the object says.
            for asked in
                [ask.bringing(&[("request", &object)]), asked.set("redirect_uri", "https://evil.example/")]
            {
                let mark = idp.mark().await;
                is_shown(&idp.browser().get(&asked.url()).await, "/authorize");
                assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{object}");
            }
        }
        let keyless_object = keyless.ask().add("request", &good);
        Callback::of(&idp.browser().get(&keyless_object.url()).await).is_refused("invalid_request_object");
        let foreign = other.ask().add("request", &good);
        Callback::of(&idp.browser().get(&foreign.url()).await).is_refused("invalid_request_object");
        let twice = ask.clone().add("request", &good).add("request", &good);
        Callback::of(&idp.browser().get(&twice.url()).await).is_refused("invalid_request");
        // Nothing of an object that nobody could be told of is kept for a POST.
        let alone = ask.bringing(&[("request", &rp.object(&ask, "JWT", &json!({ "exp": now - 1 })))]);
        is_shown(&idp.browser().post(&idp.at("/authorize"), &alone.pairs).await, "/authorize");
        for lost in
            [ask.bringing(&[("request", &good)]).without("client_id"), alone.set("client_id", "nobody")]
        {
            is_shown(&idp.browser().get(&lost.url()).await, "/authorize");
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_that_must_sign_is_heard_no_other_way_and_for_an_hour_at_most() {
    on_each_engine(async |idp| {
        let rp = idp
            .rp()
            .with("require_signed_request_object", true)
            .with("id_token_signed_response_alg", "ES256")
            .policy("signing_algs", json!(["PS256", "ES256"]))
            .private_key_jwt()
            .await;
        assert_eq!(rp.registered["policy"]["require_signed_request_object"], true);
        let ask = rp.ask();
        let form: Vec<(&str, &str)> = ask
            .pairs
            .iter()
            .filter(|(n, _)| n != "client_id")
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let mark = idp.mark().await;
        rp.posts("/par", &form).await.is_refused("invalid_request");
        Callback::of(&idp.browser().get(&ask.url()).await).is_refused("invalid_request");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused", "authorize.refused"]);

        let now = idp.now().seconds();
        let object = |typ: &str, changes: Value| rp.object(&ask, typ, &changes);
        let refused = [
            object("JWT", json!({ "exp": null })),
            object("JWT", json!({ "nbf": null })),
            object("JWT", json!({ "exp": now - 300 })),
            object("JWT", json!({ "exp": now + 70 * 60 })),
            object("JWT", json!({ "nbf": now - 70 * 60 })),
            object("JWT", json!({ "aud": "https://other.example" })),
            object("JWT", json!({ "aud": null })),
            object("JWT", json!({ "iss": null })),
            object("JWT", json!({ "client_id": null })),
            object("JWT", json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x" })),
            "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        ];
        for object in refused {
            let mark = idp.mark().await;
            rp.posts("/par", &[("request", &object)]).await.is_refused("invalid_request_object");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{object}");
        }
        let without = ask.clone().without("redirect_uri");
        let pushed = rp.posts("/par", &[("request", &rp.object(&without, TYP, &json!({})))]).await;
        pushed.is_refused("invalid_request");

        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let good = [
            object(TYP, json!({})),
            object("JWT", json!({ "aud": ["https://other.example", idp.issuer], "nbf": now + 8 })),
        ];
        for object in good {
            // What stands beside the object, and what the browser says, counts for nothing.
            let beside = [("request", object.as_str()), ("state", "outside"), ("client_id", &rp.id)];
            let name = rp.posts("/par", &beside).await.member("request_uri");
            let brought =
                ask.bringing(&[("request_uri", &name), ("state", "outside"), ("scope", "openid email")]);
            let callback = alice.authorizes(&browser, &brought).await;
            assert_eq!(callback.get("state"), "state of the app");
            assert_eq!(rp.redeem(&callback.code()).await.is_granted().0["scope"], "openid");
            let front = ask.clone().set("state", "outside").add("request", &object);
            let callback = alice.authorizes(&browser, &front).await;
            assert_eq!(callback.get("state"), "state of the app");
        }
    })
    .await;
}

#[tokio::test]
async fn a_pinned_algorithm_is_the_only_one() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("request_object_signing_alg", "ES256").private_key_jwt().await;
        let ask: Ask = rp.ask();
        let object = rp.object(&ask, TYP, &json!({}));
        let tampered = object.replacen(
            object.split('.').next().unwrap(),
            &URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","typ":"oauth-authz-req+jwt"}"#),
            1,
        );
        rp.posts("/par", &[("request", &tampered)]).await.is_refused("invalid_request_object");
        assert_eq!(rp.posts("/par", &[("request", &object)]).await.status, 201);
    })
    .await;
}

/// A server of the app's that keeps this object.
fn keeps(object: &str) -> Manners {
    Manners::Says(200, format!("content-type: {TYP}\r\n"), format!("{object}\n"))
}

#[tokio::test]
async fn an_object_is_fetched_where_the_app_registered_it_and_nowhere_else() {
    on_each_engine_with(&NEAR, async |idp| {
        let server = Receiver::new().await;
        let kept = format!("{}?request#made-before", server.url());
        let rp = idp.rp().with("request_uris", json!([kept])).private_key_jwt().await;
        let other = idp.rp().with("request_uris", json!([kept])).private_key_jwt().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let ask = rp.ask().set("state", "inside");
        server.behave(keeps(&rp.object(&ask, TYP, &json!({}))));
        // What is behind the # is the app's own mark of what it keeps there.
        let named = format!("{}?request#made-now", server.url());
        let alone = ask.bringing(&[("request_uri", &named)]);
        let around = rp.ask().set("state", "outside").add("request_uri", &named);
        for ask in [&alone, &around] {
            let callback = alice.authorizes(&browser, ask).await;
            assert_eq!(callback.get("state"), "inside");
            rp.redeem(&callback.code()).await.is_granted();
        }
        let seen = server.received();
        assert_eq!(seen[0].line, "GET /hook?request HTTP/1.1");
        assert!(seen[0].header("accept").starts_with("application/oauth-authz-req+jwt"));
        let before = server.connections();
        let parked = browser.post(&idp.at("/authorize"), &alone.pairs).await;
        Callback::of(&browser.follow(parked).await).code();
        assert_eq!(server.connections() - before, 1);

        // Another's object, and answers that are none.
        let now = idp.now().seconds();
        let says = |status: u16, body: &str| Manners::Says(status, String::new(), body.to_owned());
        let elsewhere = format!("location: {}\r\n", server.url());
        let tries = [
            (keeps(&other.object(&ask, TYP, &json!({ "iss": rp.id }))), "invalid_request_object"),
            (keeps(&rp.object(&ask, TYP, &json!({ "exp": now - 1 }))), "invalid_request_object"),
            (keeps(&rp.object(&ask, TYP, &json!({ "request_uri": named }))), "invalid_request_object"),
            (says(200, "<html>"), "invalid_request_object"),
            (says(404, &rp.object(&ask, TYP, &json!({}))), "invalid_request_uri"),
            (Manners::Says(302, elsewhere, String::new()), "invalid_request_uri"),
            (says(200, &"x".repeat(17_000)), "invalid_request_uri"),
            (Manners::Babbles, "invalid_request_uri"),
        ];
        for (manners, code) in tries {
            server.behave(manners);
            let mark = idp.mark().await;
            let (before, told) = (server.connections(), browser.get(&around.url()).await);
            assert_eq!(Callback::of(&told).is_refused(code).get("state"), "outside");
            is_shown(&browser.get(&alone.url()).await, "/authorize");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused", "authorize.refused"], "{code}");
            assert_eq!(server.connections() - before, 2);
        }
        // What is not registered is not asked for.
        server.behave(keeps(&rp.object(&ask, TYP, &json!({}))));
        let before = server.connections();
        for strange in [server.url(), format!("{}?request&x", server.url()), "file:///etc/passwd".to_owned()]
        {
            let told = browser.get(&around.clone().set("request_uri", &strange).url()).await;
            Callback::of(&told).is_refused("invalid_request_uri");
            let alone = ask.bringing(&[("request_uri", &strange)]);
            is_shown(&browser.get(&alone.url()).await, "/authorize");
            is_shown(&browser.post(&idp.at("/authorize"), &alone.pairs).await, "/authorize");
        }
        let both = around.clone().add("request", &rp.object(&ask, TYP, &json!({})));
        Callback::of(&browser.get(&both.url()).await).is_refused("invalid_request");
        rp.posts("/par", &[("request_uri", &named)]).await.is_refused("invalid_request");
        assert_eq!(server.connections(), before);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_fetched_from_our_own_networks() {
    on_each_engine(async |idp| {
        let server = Receiver::new().await;
        let rp = idp.rp().with("request_uris", json!([server.url()])).private_key_jwt().await;
        server.behave(keeps(&rp.object(&rp.ask(), TYP, &json!({}))));
        let told = idp.browser().get(&rp.ask().add("request_uri", &server.url()).url()).await;
        Callback::of(&told).is_refused("invalid_request_uri");
        assert_eq!(server.connections(), 0);
    })
    .await;
}
