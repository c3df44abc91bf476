//! `grant_type=authorization_code`: once, for whom it was made, within a minute.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::identity::State;

use super::super::verified;
use crate::actors::{VERIFIER, claims, header};
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_code_buys_tokens_once() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let tokens = rp.redeem(&code).await.is_granted();
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        rp.redeem(&code).await.is_refused("invalid_grant");
        idp.audit().await.ends_with(&["code.redeemed", "code.replayed", "family.revoked"]);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401, "what it bought is dead");
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn without_openid_a_code_buys_an_access_token_and_tells_nobody_who_it_was() {
    on_each_engine(async |idp| {
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let rp = idp.rp().basic().await;
        let ask = rp.ask().set("scope", "profile email unknown");
        let tokens = rp.signs_in_with(&alice, &browser, &ask).await;
        assert_eq!((tokens.0.get("id_token"), &tokens.0["scope"]), (None, &json!("profile email")));
        let mark = idp.mark().await;
        rp.userinfo(&tokens.access()).await.is_refused("insufficient_scope");
        assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"]);
        assert_eq!(rp.introspect(&tokens.access()).await.json()["active"], true);
        let next = rp.refresh(&tokens.refresh()).await.is_granted();
        assert_eq!(next.0.get("id_token"), None);

        // An app that is not registered for openid gets no sign-in by asking for it.
        let plain = idp.rp().with("scope", "profile rooms:read").basic().await;
        let tokens = plain.signs_in_with(&alice, &browser, &plain.ask().set("scope", "rooms:read")).await;
        assert_eq!((tokens.0.get("id_token"), &tokens.0["scope"]), (None, &json!("rooms:read")));
        let mark = idp.mark().await;
        let refused = alice.authorizes(&browser, &plain.ask().set("scope", "openid profile")).await;
        refused.is_refused("invalid_scope");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_comes_again_after_thirty_seconds_ends_what_it_bought() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let tokens = rp.redeem(&code).await.is_granted();
        idp.advance(30);
        rp.redeem(&code).await.is_refused("invalid_grant");
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        idp.advance(300);
        let mark = idp.mark().await;
        rp.redeem(&code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.replayed"], "still known as used");
    })
    .await;
}

#[tokio::test]
async fn of_64_redemptions_at_once_one_wins_at_most_and_nothing_it_won_lives() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        let mark = idp.mark().await;
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let (rp, code) = (rp.clone(), code.clone());
            all.spawn(async move { rp.redeem(&code).await });
        }
        let answers = all.join_all().await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(won.len() <= 1, "{} winners", won.len());
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.is_refused("invalid_grant");
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!(counts.get("code.redeemed").copied().unwrap_or(0), won.len());
        assert_eq!(counts["family.revoked"], 1);
        // Said once by itself; the others are counted into events of their second.
        let replays: u64 = idp
            .events_since(mark)
            .await
            .iter()
            .filter(|event| event.kind.as_str() == "code.replayed")
            .map(|event| event.detail.as_ref().map_or(1, |detail| detail["count"].as_u64().unwrap()))
            .sum();
        assert!(replays >= 63, "{replays} of 63");
        for answer in won {
            let tokens = answer.is_granted();
            assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
            rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_is_bound_to_its_client_its_redirect_uri_and_its_verifier() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let other = idp.rp().with("redirect_uris", json!([rp.redirect_uri])).public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let (uri, wrong) = (rp.redirect_uri.as_str(), format!("{}?", rp.redirect_uri));
        let (long, short) = ("a".repeat(43), &VERIFIER[..42]);
        let tries = [
            ("another client", &other, vec![("redirect_uri", uri), ("code_verifier", VERIFIER)]),
            ("another redirect_uri", &rp, vec![("redirect_uri", &wrong), ("code_verifier", VERIFIER)]),
            ("no redirect_uri", &rp, vec![("code_verifier", VERIFIER)]),
            ("another verifier", &rp, vec![("redirect_uri", uri), ("code_verifier", &long)]),
            ("no verifier", &rp, vec![("redirect_uri", uri)]),
            ("an empty verifier", &rp, vec![("redirect_uri", uri), ("code_verifier", "")]),
            ("a cut verifier", &rp, vec![("redirect_uri", uri), ("code_verifier", short)]),
        ];
        for (name, who, form) in tries {
            let code = alice.authorizes(&browser, &rp.ask()).await.code();
            let mark = idp.mark().await;
            who.redeem_with(&code, &form).await.is_refused("invalid_grant");
            assert_eq!(idp.kinds_since(mark).await, ["code.refused"], "{name}");
            rp.redeem(&code).await.is_refused("invalid_grant");
        }
    })
    .await;
}

#[tokio::test]
async fn a_verifier_nobody_asked_for_is_refused() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("require_pkce", false).basic().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let ask = rp.ask().without("code_challenge").without("code_challenge_method");
        let code = alice.authorizes(&browser, &ask).await.code();
        let mark = idp.mark().await;
        rp.redeem(&code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        let code = alice.authorizes(&browser, &ask).await.code();
        rp.redeem_with(&code, &[("redirect_uri", &rp.redirect_uri)]).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        idp.advance(58);
        rp.redeem(&code).await.is_granted();
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        idp.advance(61);
        let mark = idp.mark().await;
        rp.redeem(&code).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
    })
    .await;
}

#[tokio::test]
async fn a_code_dies_with_what_it_rests_on() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let is_dead = async |code: &str| {
            let mark = idp.mark().await;
            rp.redeem(code).await.is_refused("invalid_grant");
            assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        };
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let code = alice.authorizes(&idp.browser(), &rp.ask()).await.code();
        idp.set_account(&alice.account, State::Disabled).await;
        is_dead(&code).await;

        let browser = idp.browser();
        let hint = rp.signs_in(&bob, &browser).await.id();
        let code = bob.authorizes(&browser, &rp.ask()).await.code();
        browser.open(&idp.at(&format!("/logout?id_token_hint={hint}"))).await;
        is_dead(&code).await;

        let code = bob.authorizes(&browser, &rp.ask()).await.code();
        idp.end_sessions(&bob.account).await;
        is_dead(&code).await;

        let code = bob.authorizes(&idp.browser(), &rp.ask()).await.code();
        idp.disable_client(&rp.id).await;
        let mark = idp.mark().await;
        rp.redeem(&code).await.is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["client_auth.refused"]);
    })
    .await;
}

#[tokio::test]
async fn nothing_else_passes_for_a_code() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let tokens = rp.signs_in(&alice, &browser).await;
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        let truncated = &code[..code.len() - 1];
        let swapped = code.to_ascii_uppercase();
        for fake in [&tokens.refresh(), &tokens.access(), truncated, swapped.as_str(), "x", "../../"] {
            let mark = idp.mark().await;
            rp.redeem(fake).await.is_refused("invalid_grant");
            assert_eq!(idp.kinds_since(mark).await, ["code.refused"], "{fake}");
        }
        rp.refresh(&code).await.is_refused("invalid_grant");
        rp.redeem(&code).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn codes_are_long_and_never_the_same() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let mut seen = BTreeSet::new();
        for _ in 0..5 {
            let code = alice.authorizes(&browser, &rp.ask()).await.code();
            assert!(code.len() >= 43, "256 bits in base64url: {code}");
            assert!(seen.insert(code));
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_token_says_what_it_must_in_every_algorithm() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
            let rp = idp.rp().with("id_token_signed_response_alg", alg).basic().await;
            let tokens = rp.signs_in(&alice, &browser).await;
            let id = verified(&idp, &tokens.id()).await;
            assert_eq!(header(&tokens.id())["alg"], alg);
            assert_eq!(header(&tokens.id())["typ"], "JWT");
            assert_eq!((&id["iss"], &id["aud"]), (&json!(idp.issuer), &json!(rp.id)));
            assert_eq!(id["nonce"], "n-0S6_WzA2Mj");
            let (iat, exp) = (id["iat"].as_i64().unwrap(), id["exp"].as_i64().unwrap());
            assert!((idp.now().seconds() - iat).abs() <= 1 && exp - iat == 300);
            assert!(id["auth_time"].as_i64().unwrap() <= iat);
            assert_eq!(id["acr"], "urn:vouchsafe:acr:aal2");
            let amr: Vec<_> = id["amr"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
            assert!(["pwd", "otp", "mfa"].iter().all(|m| amr.contains(m)), "{amr:?}");
            let names: Vec<_> = id.keys().map(String::as_str).collect();
            let wanted = [
                "acr",
                "amr",
                "at_hash",
                "aud",
                "auth_time",
                "exp",
                "iat",
                "iss",
                "jti",
                "nonce",
                "sid",
                "sub",
            ];
            assert_eq!(names, wanted, "no claim nobody asked for");
        }
        let standard = idp.rp().basic().await;
        let tokens = standard.signs_in(&alice, &browser).await;
        assert_eq!(header(&tokens.id())["alg"], "RS256", "the default of OpenID Connect");
    })
    .await;
}

#[tokio::test]
async fn an_access_token_is_a_jwt_of_rfc_9068() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in_with(&alice, &idp.browser(), &rp.ask().set("scope", "openid email")).await;
        assert_eq!((tokens.0["token_type"].as_str(), &tokens.0["expires_in"]), (Some("Bearer"), &json!(300)));
        assert_eq!(tokens.0["scope"], "openid email");
        let access = verified(&idp, &tokens.access()).await;
        assert_eq!(header(&tokens.access())["typ"], "at+jwt");
        assert_eq!((&access["iss"], &access["aud"]), (&json!(idp.issuer), &json!(idp.issuer)));
        assert_eq!((&access["client_id"], &access["scope"]), (&json!(rp.id), &json!("openid email")));
        assert_eq!(access["sub"], tokens.id_claims()["sub"]);
        assert_ne!(access["jti"], tokens.id_claims()["jti"]);
        assert_ne!(access["sub"], json!(alice.account.as_str()), "the account's id is nobody's business");
    })
    .await;
}

#[tokio::test]
async fn apps_of_two_hosts_know_a_person_by_two_names() {
    on_each_engine(async |idp| {
        let (one, two) = (idp.rp().public().await, idp.rp().public().await);
        let (third, fourth) = (
            idp.rp().with("subject_type", "public").public().await,
            idp.rp().with("subject_type", "public").public().await,
        );
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = idp.browser();
        let mut subs = Vec::new();
        for rp in [&one, &two, &third, &fourth, &one] {
            subs.push(rp.signs_in(&alice, &browser).await.id_claims()["sub"].clone());
        }
        assert_ne!(subs[0], subs[1]);
        assert_ne!(subs[0], subs[2]);
        assert_eq!(subs[2], subs[3]);
        assert_eq!(subs[0], subs[4], "the same again");
        assert_ne!(one.signs_in(&bob, &idp.browser()).await.id_claims()["sub"], subs[0]);
        assert_eq!(claims(&two.signs_in(&alice, &browser).await.access())["sub"], subs[1]);
    })
    .await;
}

#[tokio::test]
async fn every_way_to_prove_a_client_redeems_a_code_without_nonce_or_pkce_where_allowed() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let open = || idp.rp().policy("require_pkce", false);
        for rp in [open().basic().await, open().post().await, open().private_key_jwt().await] {
            let ask = rp.ask().without("code_challenge").without("code_challenge_method").without("nonce");
            let code = alice.authorizes(&browser, &ask).await.code();
            let answer = rp.redeem_with(&code, &[("redirect_uri", &rp.redirect_uri)]).await;
            let tokens = answer.is_granted();
            assert!(tokens.id_claims().get("nonce").is_none());
            assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        }
    })
    .await;
}
