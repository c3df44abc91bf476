//! Tokens that are bound to a key (RFC 9449): at the token endpoint, at userinfo and in introspection.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::Timestamp;

use crate::actors::{Answer, DpopKey, claims};
use crate::idp::{TestIdp, on_each_engine};

/// A refused token at an endpoint that gives something for it: 401, and the scheme it should be shown by.
#[track_caller]
fn is_challenged(answer: &Answer, scheme: &str, code: &str) {
    assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some(code)), "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with(&format!("{scheme} ")) && challenge.contains(code), "{challenge}");
}

async fn refused_once(idp: &TestIdp, mark: Timestamp, kind: &str) {
    assert_eq!(idp.kinds_since(mark).await, [kind]);
}

#[tokio::test]
async fn a_token_bound_to_a_key_is_good_with_a_proof_of_it_alone() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let (key, other) = (DpopKey::new(&idp).await, DpopKey::new(&idp).await);
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let answer = rp.redeem_proving(&code, &key).await;
        assert!(!answer.header("dpop-nonce").is_empty());
        let tokens = answer.is_granted();
        assert_eq!(tokens.0["token_type"], "DPoP");
        let access = tokens.access();
        assert_eq!(claims(&access)["cnf"], json!({ "jkt": key.thumbprint() }));

        let proof = key.proof_of(&access, "GET", "/userinfo");
        for scheme in ["DPoP", "dpop"] {
            let fresh = key.proof_of(&access, "GET", "/userinfo");
            let answer = rp.userinfo_by(scheme, &access, &[&fresh]).await;
            assert_eq!((answer.status, &answer.json()["sub"]), (200, &tokens.id_claims()["sub"]));
        }
        assert_eq!(rp.userinfo_by("DPoP", &access, &[&proof]).await.status, 200);
        let another = |path: &str| key.proof_of(&access, "GET", path);
        let tries = [
            ("shown as a bearer token", "Bearer", vec![], "invalid_token"),
            ("no proof", "DPoP", vec![], "invalid_dpop_proof"),
            ("the proof again", "DPoP", vec![proof.clone()], "invalid_dpop_proof"),
            ("two proofs", "DPoP", vec![another("/userinfo"), another("/userinfo")], "invalid_dpop_proof"),
            (
                "of another key",
                "DPoP",
                vec![other.proof_of(&access, "GET", "/userinfo")],
                "invalid_dpop_proof",
            ),
            ("for another path", "DPoP", vec![another("/token")], "invalid_dpop_proof"),
            ("of no token", "DPoP", vec![key.proof("GET", "/userinfo", &json!({}))], "invalid_dpop_proof"),
            (
                "of another token",
                "DPoP",
                vec![key.proof_of("x.y.z", "GET", "/userinfo")],
                "invalid_dpop_proof",
            ),
            ("no JWT", "DPoP", vec!["garbage".to_owned()], "invalid_dpop_proof"),
        ];
        for (name, scheme, proofs, code) in tries {
            let mark = idp.mark().await;
            let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
            is_challenged(&rp.userinfo_by(scheme, &access, &proofs).await, "DPoP", code);
            let kind = if name == "the proof again" { "assertion.replayed" } else { "userinfo.refused" };
            assert_eq!(idp.kinds_since(mark).await, [kind], "{name}");
        }
        // A public client's refresh tokens are bound to the key as well.
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_dpop_proof");
        let mark = idp.mark().await;
        rp.refresh_proving(&tokens, &other).await.is_refused("invalid_dpop_proof");
        refused_once(&idp, mark, "refresh.refused").await;
        let next = rp.refresh_proving(&tokens, &key).await.is_granted();
        assert_eq!(claims(&next.access())["cnf"], json!({ "jkt": key.thumbprint() }));

        // A token of no key stays what it was, and no scheme makes it more.
        let plain = rp.signs_in(&alice, &idp.browser()).await;
        assert_eq!((&plain.0["token_type"], claims(&plain.access()).get("cnf")), (&json!("Bearer"), None));
        let proof = key.proof_of(&plain.access(), "GET", "/userinfo");
        let answer = rp.userinfo_by("DPoP", &plain.access(), &[&proof]).await;
        is_challenged(&answer, "DPoP", "invalid_token");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_must_prove_a_key_gets_nothing_without() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("dpop_bound_access_tokens", true).basic().await;
        assert_eq!(rp.registered["policy"]["sender_constraint"], "dpop");
        let alice = idp.person("alice").await;
        let (key, next_key) = (DpopKey::new(&idp).await, DpopKey::new(&idp).await);
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let stale = json!({ "iat": idp.now().seconds() - 3600 });
        let tries = [
            (vec![], "invalid_request"),
            (vec!["garbage".to_owned()], "invalid_dpop_proof"),
            (vec![key.proof("POST", "/token", &stale)], "invalid_dpop_proof"),
        ];
        for (proofs, refusal) in &tries {
            let mark = idp.mark().await;
            let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
            let form = [("grant_type", "authorization_code"), ("code", code.as_str())];
            rp.posts_with("/token", &form, &proofs).await.is_refused(refusal);
            refused_once(&idp, mark, "token.refused").await;
        }
        // Nothing was spent by that.
        let tokens = rp.redeem_proving(&code, &key).await.is_granted();
        let seen = rp.introspect(&tokens.access()).await.json();
        assert_eq!(
            (&seen["token_type"], &seen["cnf"]),
            (&json!("DPoP"), &json!({ "jkt": key.thumbprint() }))
        );
        // Its refresh tokens are bound by its secret, so it may change its key.
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_request");
        let next = rp.refresh_proving(&tokens, &next_key).await.is_granted();
        assert_eq!(claims(&next.access())["cnf"], json!({ "jkt": next_key.thumbprint() }));
    })
    .await;
}

#[tokio::test]
async fn a_code_asked_for_with_a_key_is_redeemed_with_it_alone() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let (key, other) = (DpopKey::new(&idp).await, DpopKey::new(&idp).await);
        let ask = rp.ask().set("dpop_jkt", key.thumbprint());
        let browser = idp.browser();
        let code = alice.authorizes(&browser, &ask).await.code();
        let mark = idp.mark().await;
        rp.redeem_proving(&code, &other).await.is_refused("invalid_grant");
        refused_once(&idp, mark, "code.refused").await;
        rp.redeem_proving(&code, &key).await.is_refused("invalid_grant");
        let code = alice.authorizes(&browser, &ask).await.code();
        rp.redeem(&code).await.is_refused("invalid_grant");
        let code = alice.authorizes(&browser, &ask).await.code();
        rp.redeem_proving(&code, &key).await.is_granted();
        let malformed = browser.open(&rp.ask().set("dpop_jkt", "x").url()).await;
        crate::actors::Callback::of(&malformed).is_refused("invalid_request");
    })
    .await;
}

#[tokio::test]
async fn one_proof_is_good_for_one_of_64_requests() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("grant_types", json!(["client_credentials"])).with("redirect_uris", json!([]));
        let rp = rp.with("post_logout_redirect_uris", json!([])).with("scope", "reports").basic().await;
        let key = DpopKey::new(&idp).await;
        let proof = key.proof("POST", "/token", &json!({}));
        let mut tries = JoinSet::new();
        for _ in 0..64 {
            let (rp, proof) = (rp.clone(), proof.clone());
            tries.spawn(async move {
                rp.posts_with("/token", &[("grant_type", "client_credentials")], &[&proof]).await
            });
        }
        let answers = tries.join_all().await;
        let granted: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(granted.len(), 1);
        assert_eq!(granted[0].json()["token_type"], "DPoP");
        let others: BTreeSet<_> =
            answers.iter().filter(|a| a.status != 200).map(|a| a.member("error")).collect();
        assert_eq!(others, BTreeSet::from(["invalid_dpop_proof".to_owned()]));
        let mark = idp.mark().await;
        let again = rp.posts_with("/token", &[("grant_type", "client_credentials")], &[&proof]).await;
        again.is_refused("invalid_dpop_proof");
        refused_once(&idp, mark, "assertion.replayed").await;
    })
    .await;
}

#[tokio::test]
async fn a_nonce_that_is_not_ours_is_answered_with_one_that_is() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("grant_types", json!(["client_credentials"])).with("redirect_uris", json!([]));
        let rp = rp.with("post_logout_redirect_uris", json!([])).with("scope", "reports").basic().await;
        let key = DpopKey::new(&idp).await;
        let form = [("grant_type", "client_credentials")];
        let with = |nonce: &str| key.proof("POST", "/token", &json!({ "nonce": nonce }));
        let refused = rp.posts_with("/token", &form, &[&with("theirs")]).await;
        refused.is_refused("use_dpop_nonce");
        let nonce = refused.header("dpop-nonce").to_owned();
        rp.posts_with("/token", &form, &[&with(&nonce)]).await.is_granted();
        idp.advance(500);
        let old = rp.posts_with("/token", &form, &[&with(&nonce)]).await;
        old.is_refused("use_dpop_nonce");
        assert_ne!(old.header("dpop-nonce"), nonce);
    })
    .await;
}
