//! Apps hear that a session ended: by a signed token from us, or in a frame of the page after a sign-out.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::duties::Duty;
use vouchsafe::flows::{accounts, logouts};
use vouchsafe::identity::State;
use vouchsafe::notifications::logout::Hearing;
use vouchsafe::store::logouts as rows;

use super::{is_shown, verified};
use crate::actors::{Browser, Person, Rp, Tokens, encoded, header, pairs};
use crate::api::ALL;
use crate::idp::{TestIdp, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::webhooks::NEAR;

/// Tells whoever is due, and waits for what this node's own sweeper has in its hand.
async fn settles(idp: &TestIdp) {
    loop {
        logouts::sweep(&idp.operator(), &CancellationToken::new()).await.unwrap();
        let due = rows::due(&idp.app.services.store, idp.now(), 0).await.unwrap();
        if due.is_empty()
            && idp.place.count("SELECT count(*) FROM logouts WHERE claimed_until > 0").await == 0
        {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// An app that is told there.
async fn told_at(idp: &TestIdp, receiver: &Receiver) -> Rp {
    idp.rp().with("backchannel_logout_uri", receiver.url()).basic().await
}

/// The tokens a receiver got, after a look that the request holds nothing else.
fn tokens(receiver: &Receiver) -> Vec<String> {
    let token = |body: &str| {
        let token = body.strip_prefix("logout_token=").unwrap();
        assert!(!token.contains('&'), "{body}");
        token.to_owned()
    };
    receiver.received().iter().map(|request| token(&request.body)).collect()
}

/// The sessions a receiver was told of.
fn sids(receiver: &Receiver) -> BTreeSet<String> {
    tokens(receiver)
        .iter()
        .map(|token| crate::actors::claims(token)["sid"].as_str().unwrap().to_owned())
        .collect()
}

fn sid(tokens: &Tokens) -> String {
    tokens.id_claims()["sid"].as_str().unwrap().to_owned()
}

/// Signs out by the app's own request, and must be sent back at once.
async fn leaves(rp: &Rp, browser: &Browser, tokens: &Tokens) {
    let back = rp.post_logout_redirect_uri.clone();
    let query = pairs(&[("id_token_hint", &tokens.id()), ("post_logout_redirect_uri", &back)]);
    let answer = browser.get(&rp.idp().at(&format!("/logout?{}", encoded(&query)))).await;
    assert_eq!((answer.status, answer.location()), (303, Some(back)));
}

async fn hearing(idp: &TestIdp, rp: &Rp) -> Hearing {
    rows::hearing(&idp.app.services.store, &ClientId::from_text(&rp.id)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_app_of_an_ended_session_gets_a_token_of_its_own_once() {
    on_each_engine_with(&NEAR, async |idp| {
        let (one, two) = (Receiver::new().await, Receiver::new().await);
        let first = told_at(&idp, &one).await;
        let second = idp.rp().with("backchannel_logout_uri", two.url());
        let second = second.with("id_token_signed_response_alg", "PS256").basic().await;
        let deaf = idp.rp().basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let asked = first.signs_in(&alice, &browser).await;
        let other = second.signs_in(&alice, &browser).await;
        deaf.signs_in(&alice, &browser).await;
        first.signs_in(&alice, &browser).await;
        first.signs_in(&alice, &idp.browser()).await;
        leaves(&first, &browser, &asked).await;
        settles(&idp).await;
        for (receiver, rp, got, alg) in [(&one, &first, &asked, "RS256"), (&two, &second, &other, "PS256")] {
            let [token] = &tokens(receiver)[..] else { unreachable!("{:?}", receiver.received()) };
            let request = &receiver.received()[0];
            assert_eq!(request.line, "POST /hook HTTP/1.1");
            assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
            assert_eq!((&header(token)["typ"], &header(token)["alg"]), (&json!("logout+jwt"), &json!(alg)));
            let claims = verified(&idp, token).await;
            let names: Vec<&str> = claims.keys().map(String::as_str).collect();
            assert_eq!(names, ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"]);
            let id = got.id_claims();
            for (name, value) in [("aud", &json!(rp.id)), ("sid", &id["sid"]), ("sub", &id["sub"])] {
                assert_eq!(&claims[name], value, "{name}");
            }
            assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
            let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
            assert!(iat <= idp.now().seconds() && exp - iat == 120);
            let hint = idp.at(&format!("/logout?id_token_hint={token}"));
            is_shown(&browser.get(&hint).await, "/logout");
        }
        settles(&idp).await;
        assert_eq!((one.received().len(), two.received().len()), (1, 1), "it is told once");
        assert_eq!(idp.place.count("SELECT count(*) FROM logouts WHERE sub IS NOT NULL").await, 0);
    })
    .await;
}

/// Somebody who is signed in to an app from two browsers.
struct Twice {
    person: Person,
    browsers: [Browser; 2],
    sids: [String; 2],
}

async fn twice(idp: &TestIdp, rp: &Rp, name: &str) -> Twice {
    let person = idp.person(name).await;
    let browsers = [idp.browser(), idp.browser()];
    let [one, two] = &browsers;
    let sids = [sid(&rp.signs_in(&person, one).await), sid(&rp.signs_in(&person, two).await)];
    idp.advance(1);
    Twice { person, browsers, sids }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_session_is_told_and_the_session_that_goes_on_is_not() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let rp = told_at(&idp, &receiver).await;
        let mut expected = BTreeSet::new();

        let suspended = twice(&idp, &rp, "suspended").await;
        idp.set_account(&suspended.person.account, State::Disabled).await;
        expected.extend(suspended.sids);
        let ended = twice(&idp, &rp, "ended").await;
        idp.end_sessions(&ended.person.account).await;
        expected.extend(ended.sids);
        let erased = twice(&idp, &rp, "erased").await;
        accounts::erase(&idp.operator(), &erased.person.account).await.unwrap();
        expected.extend(erased.sids);

        let kept = twice(&idp, &rp, "kept").await;
        let [_, desk] = &kept.browsers;
        let [elsewhere, here] = kept.sids;
        let list = desk.open(&idp.at("/account/devices")).await;
        assert_eq!(desk.submit(&list, "end-others", &[]).await.status, 200);
        expected.insert(elsewhere);
        settles(&idp).await;
        assert_eq!(sids(&receiver), expected);
        assert_eq!(receiver.received().len(), expected.len(), "each once");

        let home = desk.open(&idp.at("/account/")).await;
        assert_eq!(desk.submit(&home, "sign-out", &[]).await.status, 200);
        expected.insert(here);
        settles(&idp).await;
        assert_eq!(sids(&receiver), expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_access_lives_on_where_somebody_only_signs_out() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let rp = told_at(&idp, &receiver).await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let plain = rp.signs_in(&alice, &browser).await;
        let ask = rp.ask().set("scope", "openid offline_access").set("prompt", "consent");
        let offline = rp.signs_in_with(&alice, &browser, &ask).await;
        leaves(&rp, &browser, &plain).await;
        settles(&idp).await;
        rp.refresh(&plain.refresh()).await.is_refused("invalid_grant");
        rp.refresh(&offline.refresh()).await.is_granted();
        idp.advance(1);
        idp.set_account(&alice.account, State::Disabled).await;
        settles(&idp).await;
        assert_eq!(receiver.received().len(), 1, "of a session it knows already it is not told again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_told_again_by_another_node_and_is_seen_to_fail() {
    on_each_engine_with(&NEAR, async |idp| {
        let (good, bad) = (Receiver::new().await, Receiver::new().await);
        bad.behave(Manners::status(500));
        let (prompt, slow) = (told_at(&idp, &good).await, told_at(&idp, &bad).await);
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let got = slow.signs_in(&alice, &browser).await;
        prompt.signs_in(&alice, &browser).await;
        leaves(&slow, &browser, &got).await;
        settles(&idp).await;
        assert_eq!((good.received().len(), bad.received().len()), (1, 1));
        let seen = hearing(&idp, &slow).await;
        assert_eq!((seen.waiting, seen.dead, seen.told_at), (1, 0, None));
        let failed = seen.failed.unwrap();
        assert_eq!((failed.status, failed.why.as_str()), (Some(500), "status"));
        assert!((8..=10).contains(&seen.next_at.unwrap().since(idp.now())));
        let fine = hearing(&idp, &prompt).await;
        assert!(fine.waiting == 0 && fine.failed.is_none() && fine.told_at.is_some());

        let developer = idp.admin("devi", &[(Duty::AppDeveloper, &OrganisationId::root())]).await;
        let page = developer.get(&format!("/admin/apps/{}", slow.id)).await;
        assert!(page.body.contains("<code dir=\"ltr\">status 500</code>"), "{}", page.body);
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let told = machine.gets(&format!("/apps/{}/logouts", slow.id)).await.json();
        assert_eq!(
            (&told["waiting"], &told["status"], &told["failure"]),
            (&json!(1), &json!(500), &json!("status"))
        );

        // A restart on another node, where 64 look at once.
        bad.behave(Manners::status(200));
        let next = idp.another().await;
        idp.stop().await;
        next.advance(60);
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let cx = next.operator();
            all.spawn(async move { logouts::sweep(&cx, &CancellationToken::new()).await.unwrap() });
        }
        all.join_all().await;
        settles(&next).await;
        let [first, second] = &tokens(&bad)[..] else { unreachable!("{:?}", bad.received()) };
        assert_ne!(crate::actors::claims(first)["jti"], crate::actors::claims(second)["jti"]);
        let seen = hearing(&next, &slow).await;
        assert!(seen.waiting == 0 && seen.failed.is_none() && seen.told_at.is_some());
        next.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_given_up_after_a_day_or_when_it_has_no_address_any_more() {
    on_each_engine_with(&NEAR, async |idp| {
        let (gone, mute) = (Receiver::new().await, Receiver::new().await);
        mute.behave(Manners::status(400));
        let (unplugged, silent) = (told_at(&idp, &gone).await, told_at(&idp, &mute).await);
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let got = silent.signs_in(&alice, &browser).await;
        unplugged.signs_in(&alice, &browser).await;
        idp.disable_client(&unplugged.id).await;
        leaves(&silent, &browser, &got).await;
        assert_eq!(hearing(&idp, &unplugged).await, Hearing::default(), "a disabled app hears nothing");
        for _ in 0..40 {
            settles(&idp).await;
            idp.advance(3600);
        }
        let seen = hearing(&idp, &silent).await;
        assert_eq!((seen.waiting, seen.dead, gone.received().len()), (0, 1, 0));
        let tries = mute.received().len();
        assert!((25..=40).contains(&tries), "{tries}");
        assert_eq!(idp.place.count("SELECT count(*) FROM logouts WHERE sub IS NOT NULL").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_loads_the_apps_that_hear_by_it_and_the_page_names_all() {
    on_each_engine_with(&NEAR, async |idp| {
        let framed = idp.rp().with("redirect_uris", json!(["https://front.example/cb"]));
        let framed = framed.with("frontchannel_logout_uri", "https://front.example/bye?x=1");
        let framed = framed.with("client_name", "Framed").basic().await;
        let asker = idp.rp().with("client_name", "Asker").basic().await;
        let deaf = idp.rp().with("client_name", "Deaf & co").basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let got = asker.signs_in(&alice, &browser).await;
        for rp in [&framed, &deaf] {
            rp.signs_in(&alice, &browser).await;
        }
        let ask = browser.get(&idp.at("/logout")).await;
        let (told, untold) = ask.body.split_once("class=\"notice warn\"").unwrap();
        assert!(told.contains("Framed") && untold.contains("Asker") && untold.contains("Deaf &#38; co"));
        assert!(ask.has("sign-out-confirm") && !ask.body.contains("<iframe"));

        let back = asker.post_logout_redirect_uri.clone();
        let query =
            pairs(&[("id_token_hint", &got.id()), ("post_logout_redirect_uri", &back), ("state", "a&b")]);
        let page = browser.get(&idp.at(&format!("/logout?{}", encoded(&query)))).await;
        assert!(page.status == 200 && page.location().is_none());
        assert!(page.header("content-security-policy").ends_with("; frame-src https://front.example"));
        let address = format!("https://front.example/bye?x=1&#38;iss={}&#38;sid={}", "ISSUER", sid(&got));
        let issuer: String = url::form_urlencoded::byte_serialize(idp.issuer.as_bytes()).collect();
        assert!(page.body.contains(&address.replace("ISSUER", &issuer)), "{}", page.body);
        assert_eq!(page.body.matches("<iframe").count(), 1);
        assert!(page.body.contains(&format!("href=\"{back}?state=a%26b\"")), "{}", page.body);
        assert!(page.has("continue") && page.body.contains("/assets/signed_out."));
        let (told, untold) = page.body.split_once("class=\"notice warn\"").unwrap();
        assert!(told.contains("Framed") && told.contains("Asker") && untold.contains("Deaf"));
        assert_eq!(asker.userinfo(&got.access()).await.status, 401);
    })
    .await;
}
