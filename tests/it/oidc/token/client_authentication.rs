//! How a client proves itself at `/token`, `/introspect` and `/revoke`: by the one method it registered.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::keys::{Algorithm, SigningKey};

use crate::actors::{Answer, Auth, Pairs, Rp, basic, encoded, mac, pairs};
use crate::idp::{TestIdp, on_each_engine};

const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A request that only asks who the client is: any refresh token will do.
async fn asks(idp: &TestIdp, authorization: Option<&str>, form: Pairs) -> Answer {
    let mut form = form;
    form.extend(pairs(&[("grant_type", "refresh_token"), ("refresh_token", "x")]));
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    idp.http.send("POST", "/token", &headers, encoded(&form)).await
}

fn secret(rp: &Rp) -> &str {
    rp.registered["client_secret"].as_str().unwrap()
}

async fn asserts(idp: &TestIdp, assertion: &str) -> Answer {
    let form = pairs(&[("client_assertion_type", BEARER), ("client_assertion", assertion)]);
    asks(idp, None, form).await
}

#[tokio::test]
async fn a_client_is_pinned_to_the_method_it_registered() {
    on_each_engine(async |idp| {
        let (by_header, by_form) = (idp.rp().basic().await, idp.rp().post().await);
        let (by_key, public) = (idp.rp().private_key_jwt().await, idp.rp().public().await);
        let tries = [
            (
                "secret in the form",
                None,
                pairs(&[("client_id", &by_header.id), ("client_secret", secret(&by_header))]),
            ),
            ("secret in the header", Some(basic(&by_form.id, secret(&by_form))), Vec::new()),
            ("only its name", None, pairs(&[("client_id", &by_header.id)])),
            ("only its name again", None, pairs(&[("client_id", &by_key.id)])),
            ("a secret it has not", Some(basic(&by_key.id, "secret")), Vec::new()),
            ("a secret for a public one", Some(basic(&public.id, "secret")), Vec::new()),
        ];
        for (name, header, form) in tries {
            let mark = idp.mark().await;
            asks(&idp, header.as_deref(), form).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{name}");
        }
        for rp in [&by_header, &by_form, &by_key, &public] {
            rp.refresh("x").await.is_refused("invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn two_methods_at_once_are_refused() {
    on_each_engine(async |idp| {
        let (rp, keyed) = (idp.rp().basic().await, idp.rp().private_key_jwt().await);
        let header = basic(&rp.id, secret(&rp));
        let assertion = keyed.assertion(&json!({}));
        let tries = [
            (Some(&header), pairs(&[("client_secret", secret(&rp))])),
            (Some(&header), pairs(&[("client_id", "another")])),
            (Some(&header), pairs(&[("client_assertion_type", BEARER), ("client_assertion", &assertion)])),
            (None, pairs(&[("client_id", &rp.id), ("client_secret", "x"), ("client_assertion", &assertion)])),
            (None, pairs(&[("client_assertion", &assertion)])),
            (None, pairs(&[("client_assertion_type", "saml2-bearer"), ("client_assertion", &assertion)])),
            (Some(&header), pairs(&[("client_secret", "a"), ("client_secret", "b")])),
            (None, pairs(&[("client_id", &rp.id), ("client_id", &rp.id)])),
        ];
        for (header, form) in tries {
            let mark = idp.mark().await;
            let answer = asks(&idp, header.map(String::as_str), form.clone()).await;
            answer.is_refused("invalid_request");
            // What is said twice is no request of any grant.
            let is_repeated = form.iter().skip(1).any(|(name, _)| *name == form[0].0);
            let kind = if is_repeated { "token.refused" } else { "client_auth.refused" };
            assert_eq!(idp.kinds_since(mark).await, [kind], "{form:?}");
        }
        let same = asks(&idp, Some(&header), pairs(&[("client_id", &rp.id)])).await;
        same.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn repeated_credentials_are_refused_at_every_endpoint() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let twice = [("token", "x"), ("client_secret", "a"), ("client_secret", "b")];
        for path in ["/introspect", "/revoke"] {
            let mark = idp.mark().await;
            rp.posts(path, &twice).await.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_malformed_header_is_refused_and_names_the_scheme() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let b64 = |text: &[u8]| format!("Basic {}", STANDARD.encode(text));
        let good = basic(&rp.id, secret(&rp));
        let headers = [
            "Basic".to_owned(),
            "Basic ".to_owned(),
            "Basic !!!".to_owned(),
            b64(b"no colon"),
            b64(b":secret"),
            b64(format!("{}:", rp.id).as_bytes()),
            b64(b"\xff\xfe:x"),
            b64(b"a%ZZ:x"),
            b64(b"a%00b:x"),
            good.replace("Basic ", "Bearer "),
            good.replace("Basic ", "Basic\t"),
            format!("{good}, {good}"),
            format!("Basic {}", "A".repeat(20_000)),
        ];
        for header in headers {
            let mark = idp.mark().await;
            let answer = asks(&idp, Some(&header), Vec::new()).await;
            answer.is_refused("invalid_client");
            assert!(answer.header("www-authenticate").starts_with("Basic "), "{header}");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{header}");
        }
        asks(&idp, Some(&good.replace("Basic", "bAsIc")), Vec::new()).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_client_a_disabled_one_and_a_wrong_secret_get_one_answer() {
    on_each_engine(async |idp| {
        let (rp, gone) = (idp.rp().basic().await, idp.rp().basic().await);
        idp.disable_client(&gone.id).await;
        let headers = [
            basic(&rp.id, "wrong"),
            basic("nobody", "wrong"),
            basic(&gone.id, secret(&gone)),
            basic("a\u{e9}", "x"),
        ];
        let mut seen = Vec::new();
        for header in &headers {
            let mark = idp.mark().await;
            let answer = asks(&idp, Some(header), Vec::new()).await;
            answer.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{header}");
            let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort();
            seen.push((answer.body.clone(), names));
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn an_assertion_must_be_the_clients_for_us_and_for_now() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (now, ours) = (idp.now().seconds(), idp.issuer.clone());
        let changes = [
            json!({ "aud": "https://other.example" }),
            json!({ "aud": [ours.clone(), "https://other.example"] }),
            json!({ "aud": [] }),
            json!({ "aud": null }),
            json!({ "aud": idp.at("/introspect") }),
            json!({ "aud": format!("{ours}/") }),
            json!({ "exp": null }),
            json!({ "exp": now - 1 }),
            json!({ "exp": now + 86_400, "iat": now }),
            json!({ "exp": "soon" }),
            json!({ "iat": now + 3600, "exp": now + 3700 }),
            json!({ "nbf": now + 3600 }),
            json!({ "jti": null }),
            json!({ "jti": "" }),
            json!({ "jti": 7 }),
            json!({ "jti": "x".repeat(2_000) }),
            json!({ "iss": "somebody" }),
            json!({ "iss": null }),
            json!({ "sub": "somebody" }),
            json!({ "sub": null }),
        ];
        for change in changes {
            let mark = idp.mark().await;
            let form = pairs(&[
                ("client_id", &rp.id),
                ("client_assertion_type", BEARER),
                ("client_assertion", &rp.assertion(&change)),
            ]);
            let answer = asks(&idp, None, form).await;
            let code = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(code == "invalid_client", "{change}: {answer:?}");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{change}");
        }
        for change in [json!({}), json!({ "aud": [ours] }), json!({ "aud": idp.at("/token") })] {
            asserts(&idp, &rp.assertion(&change)).await.is_refused("invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn an_assertion_that_another_key_made_or_none_is_refused() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let Auth::Key(key) = &rp.auth else { unreachable!() };
        let good = rp.assertion(&json!({}));
        let claims = rp.assertion_claims(&json!({}));
        let (other, _) = SigningKey::generate(Algorithm::Es256, idp.now()).unwrap();
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        let with_header = |header: Value, signature: &str| {
            format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header.to_string()))
        };
        let public = serde_json::to_string(key.jwk()).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let fakes = [
            with_header(json!({ "alg": "none" }), ""),
            with_header(json!({ "alg": "nOnE" }), "AA"),
            with_header(json!({ "alg": "ES256", "kid": key.kid() }), parts[2]),
            with_header(json!({ "alg": "ES256", "jwk": key.jwk() }), parts[2]),
            with_header(json!({ "alg": "ES256", "jku": "http://127.0.0.1/" }), parts[2]),
            mac("HS256", &public, &claims),
            mac("HS256", key.kid(), &claims),
            other.sign("JWT", &claims).unwrap(),
            key.sign("dpop+jwt", &claims).unwrap(),
            key.sign("at+jwt", &claims).unwrap(),
            good[..good.len() - 2].to_owned(),
            format!("{good}."),
            "..".to_owned(),
            "x".repeat(17_000),
        ];
        for fake in fakes {
            let mark = idp.mark().await;
            let form = pairs(&[
                ("client_id", &rp.id),
                ("client_assertion_type", BEARER),
                ("client_assertion", &fake),
            ]);
            asks(&idp, None, form).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{fake}");
        }
        asserts(&idp, &good).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn an_assertion_is_good_once_wherever_it_comes_again() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let assertion = rp.assertion(&json!({}));
        asserts(&idp, &assertion).await.is_refused("invalid_grant");
        let mark = idp.mark().await;
        asserts(&idp, &assertion).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["assertion.replayed"]);
        let form =
            pairs(&[("client_assertion_type", BEARER), ("client_assertion", &assertion), ("token", "x")]);
        for path in ["/introspect", "/revoke", "/par", "/device_authorization", "/bc-authorize"] {
            let mark = idp.mark().await;
            idp.http.post(path, &form).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["assertion.replayed"], "{path}");
        }
        idp.advance(59);
        asserts(&idp, &assertion).await.is_refused("invalid_client");
    })
    .await;
}

#[tokio::test]
async fn a_first_assertion_signed_a_few_seconds_ago_is_taken() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let assertion = rp.assertion(&json!({}));
        idp.advance(5);
        asserts(&idp, &assertion).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn of_64_uses_of_an_assertion_at_once_one_is_believed() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let assertion = rp.assertion(&json!({}));
        let mark = idp.mark().await;
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let (idp, assertion) = (idp.clone(), assertion.clone());
            all.spawn(async move { asserts(&idp, &assertion).await.member("error") });
        }
        let answers = all.join_all().await;
        assert_eq!(answers.iter().filter(|code| *code == "invalid_grant").count(), 1);
        assert_eq!(answers.iter().filter(|code| *code == "invalid_client").count(), 63);
        assert_eq!(idp.counts_since(mark).await["assertion.replayed"], 63);
    })
    .await;
}

#[tokio::test]
async fn a_policy_may_insist_on_the_issuer_as_audience() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("client_assertion_aud", "issuer").private_key_jwt().await;
        let at_endpoint = rp.assertion(&json!({ "aud": idp.at("/token") }));
        let mark = idp.mark().await;
        asserts(&idp, &at_endpoint).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
        asserts(&idp, &rp.assertion(&json!({}))).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn an_assertion_made_with_the_secret_is_good_once_and_by_no_other_method() {
    on_each_engine(async |idp| {
        let rp = idp.rp().secret_jwt().await;
        let pinned = idp.rp().with("token_endpoint_auth_signing_alg", "HS512").secret_jwt().await;
        let (basic_, keyed) = (idp.rp().basic().await, idp.rp().private_key_jwt().await);
        assert!(secret(&rp).len() >= 64, "as long as the hash of HS512 wants it");
        let claims = |rp: &Rp| rp.assertion_claims(&json!({}));
        for algorithm in ["HS256", "HS384", "HS512"] {
            asserts(&idp, &mac(algorithm, secret(&rp), &claims(&rp))).await.is_refused("invalid_grant");
        }
        asserts(&idp, &mac("HS512", secret(&pinned), &claims(&pinned))).await.is_refused("invalid_grant");
        let ours = idp.issuer.clone();
        let tries = [
            mac("HS256", secret(&pinned), &claims(&pinned)),
            mac("HS256", secret(&pinned), &claims(&rp)),
            mac("HS256", "", &claims(&rp)),
            mac("none", secret(&rp), &claims(&rp)),
            mac("HS256", secret(&rp), &rp.assertion_claims(&json!({ "aud": [ours, "https://x.example"] }))),
            mac("HS256", secret(&rp), &rp.assertion_claims(&json!({ "exp": idp.now().seconds() - 1 }))),
            mac("HS256", secret(&rp), &rp.assertion_claims(&json!({ "jti": null }))),
            mac("HS256", secret(&basic_), &claims(&basic_)),
            mac("HS256", secret(&rp), &claims(&keyed)),
        ];
        for assertion in tries {
            let mark = idp.mark().await;
            asserts(&idp, &assertion).await.is_refused("invalid_client");
            assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"], "{assertion}");
        }
        let by_form = pairs(&[("client_id", &rp.id), ("client_secret", secret(&rp))]);
        asks(&idp, None, by_form).await.is_refused("invalid_client");
        asks(&idp, Some(&basic(&rp.id, secret(&rp))), Vec::new()).await.is_refused("invalid_client");

        let assertion = rp.assertion(&json!({}));
        asserts(&idp, &assertion).await.is_refused("invalid_grant");
        let mark = idp.mark().await;
        asserts(&idp, &assertion).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["assertion.replayed"]);
        // At the other endpoints as well.
        assert_eq!(rp.introspect("x").await.json()["active"], false);
        assert_eq!(rp.revoke("x").await.status, 200);
    })
    .await;
}
