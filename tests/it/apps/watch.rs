//! Watch mode: the developer of an app sees its requests with verdict and fix, and nothing that could be misused.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use vouchsafe::base::ClientId;
use vouchsafe::clients::Stage;
use vouchsafe::flows::clients::settings::{self, Within};
use vouchsafe::flows::clients::watch;
use vouchsafe::oidc::watch::{Endpoint, Seen, Verdict, fix};

use super::at_once;
use crate::actors::{Auth, Rp};
use crate::idp::{TestIdp, on_each_engine};

/// What is written down of an app by now, newest first.
async fn seen(idp: &TestIdp, rp: &Rp) -> Vec<Seen> {
    let later = &idp.app.services.later;
    later.close();
    later.wait().await;
    later.reopen();
    watch::seen(&idp.operator(), &ClientId::from_text(rp.id.as_str())).await.unwrap()
}

async fn in_test_mode(idp: &TestIdp, rp: &Rp) {
    let id = ClientId::from_text(rp.id.as_str());
    settings::set_stage(&idp.operator(), &Within::All, &id, Stage::Test).await.unwrap();
    idp.advance(1);
}

fn short(seen: &[Seen]) -> Vec<(Endpoint, Verdict, &str)> {
    seen.iter().rev().map(|one| (one.endpoint, one.verdict, one.detail.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_sign_in_is_seen_request_by_request() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        in_test_mode(&idp, &rp).await;
        let (person, browser) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&person, &browser).await;
        rp.userinfo(&tokens.access()).await;
        rp.introspect(&tokens.access()).await;
        rp.revoke(&tokens.refresh()).await;
        rp.userinfo(&tokens.access()).await;
        let all = seen(&idp, &rp).await;
        use Endpoint::{Authorize, Introspect, Revoke, Token, Userinfo};
        use Verdict::{Begun, Good};
        assert_eq!(
            short(&all),
            [
                (Authorize, Begun, "begun"),
                (Authorize, Good, "ok"),
                (Token, Good, "ok"),
                (Userinfo, Good, "ok"),
                (Introspect, Good, "ok"),
                (Revoke, Good, "ok"),
            ]
        );
        let text = serde_json::to_string(&all).unwrap();
        for hidden in [
            "alice",
            "state of the app",
            "n-0S6_WzA2Mj",
            crate::actors::VERIFIER,
            &tokens.access(),
            &tokens.refresh(),
            &tokens.id(),
            person.account.as_str(),
        ] {
            assert!(!text.contains(hidden), "{hidden} is in {text}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_verdict_and_its_fix() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        in_test_mode(&idp, &rp).await;
        let browser = idp.browser();
        let secret = "vscs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let wrong = rp.ask().set("redirect_uri", &format!("{}/?client_secret={secret}", rp.redirect_uri));
        browser.get(&wrong.add(secret, secret).add("client_secret", secret).url()).await;
        browser.get(&rp.ask().without("code_challenge").without("code_challenge_method").url()).await;
        browser.get(&rp.ask().set("scope", "unknown").url()).await;
        browser.get(&rp.ask().set("prompt", "none").url()).await;
        rp.posts("/token", &[("grant_type", "password"), ("username", "alice"), ("password", secret)]).await;
        rp.posts("/token", &[("grant_type", "client_credentials")]).await;
        rp.redeem("no code").await;
        let mut guessing = rp.clone();
        guessing.auth = Auth::Basic(secret.to_owned());
        guessing.redeem("no code").await;
        guessing.auth = Auth::Post(secret.to_owned());
        guessing.introspect("no token").await;
        let all = seen(&idp, &rp).await;
        use Endpoint::{Authorize, Introspect, Token};
        let refused: Vec<_> = short(&all).into_iter().map(|(at, _, detail)| (at, detail)).collect();
        assert_eq!(
            refused,
            [
                (Authorize, "unknown_redirect_uri"),
                (Authorize, "pkce"),
                (Authorize, "no_scope"),
                (Authorize, "prompt_none"),
                (Token, "grant_type"),
                (Token, "grant_not_registered"),
                (Token, "malformed_code"),
                (Token, "secret_wrong"),
                (Introspect, "method_differs"),
            ]
        );
        assert!(all.iter().all(|one| one.verdict == Verdict::Refused && !one.code.is_empty()));
        let unexplained = fix("a word nobody knows");
        assert!(all.iter().all(|one| fix(&one.detail) != unexplained));
        let text = serde_json::to_string(&all).unwrap();
        assert!(!text.contains("vscs_") && !text.contains("alice"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_app_is_written_down_only_while_it_is_watched() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (id, browser) = (ClientId::from_text(rp.id.as_str()), idp.browser());
        let ask = rp.ask().url();
        browser.get(&ask).await;
        assert!(seen(&idp, &rp).await.is_empty());
        settings::set_watched(&idp.operator(), &Within::All, &id, true).await.unwrap();
        idp.advance(1);
        browser.get(&ask).await;
        assert_eq!(seen(&idp, &rp).await.len(), 1);
        settings::set_watched(&idp.operator(), &Within::All, &id, false).await.unwrap();
        idp.advance(1);
        browser.get(&ask).await;
        assert_eq!(seen(&idp, &rp).await.len(), 1);
        settings::set_watched(&idp.operator(), &Within::All, &id, true).await.unwrap();
        idp.advance(3601);
        browser.get(&ask).await;
        assert_eq!(seen(&idp, &rp).await, Vec::new(), "an hour later something is kept, or written");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_leaves_the_last_hundred_requests() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        in_test_mode(&idp, &rp).await;
        for _ in 0..4 {
            let floods = (0..30).map(|_| {
                let (browser, url) = (idp.browser(), rp.ask().set("scope", "profile").url());
                async move { browser.get(&url).await.status }
            });
            assert!(at_once(floods).await.iter().all(|status| *status == 303));
            seen(&idp, &rp).await;
        }
        let all = seen(&idp, &rp).await;
        assert_eq!(all.len(), 100);
        assert!(all.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_app_in_test_mode_tells_strangers_what_is_wrong() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let wrong = rp.ask().set("redirect_uri", "https://evil.example/cb").url();
        for (stage_is_test, told) in [(false, false), (true, true)] {
            if stage_is_test {
                in_test_mode(&idp, &rp).await;
            }
            let page = idp.browser().get(&wrong).await;
            assert_eq!(page.status, 400);
            assert_eq!(page.body.contains("letter by letter"), told);
        }
    })
    .await;
}
