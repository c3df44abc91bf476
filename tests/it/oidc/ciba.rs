//! Apps that ask for people who are elsewhere (CIBA, FAPI-CIBA): the app, its person in a browser of their own, and those who stand
//! between.

mod interrupted;
mod unknown;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vouchsafe::flows::{notify, pings};
use vouchsafe::identity::State;
use vouchsafe::store::ciba as rows;

use crate::actors::{Answer, Browser, DpopKey, Person, Rp, RpBuilder, claims};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::stacks::random;
use crate::webhooks::NEAR;

const GRANT: &str = "urn:openid:params:grant-type:ciba";
const BEARER: &str = "8d67dc78-7faa-4d41-aabd-67707b374255";

/// An app that asks, which has no address a browser could come back to.
fn asking(idp: &TestIdp) -> RpBuilder {
    idp.rp()
        .with("grant_types", json!([GRANT, "refresh_token"]))
        .with("redirect_uris", json!([]))
        .with("backchannel_token_delivery_mode", "poll")
}

/// An app that is told there.
async fn told_at(idp: &TestIdp, receiver: &Receiver) -> Rp {
    let rp = asking(idp).with("backchannel_token_delivery_mode", "ping");
    rp.with("backchannel_client_notification_endpoint", receiver.url()).basic().await
}

async fn begins(rp: &Rp, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("scope", "openid profile offline_access"), ("client_notification_token", BEARER)];
    form.extend(more);
    rp.posts("/bc-authorize", &form).await
}

/// What the app asks with from now on.
async fn asks(rp: &Rp, more: &[(&str, &str)]) -> String {
    let answer = begins(rp, more).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{answer:?}");
    answer.member("auth_req_id")
}

async fn polls(rp: &Rp, id: &str) -> Answer {
    rp.posts("/token", &[("grant_type", GRANT), ("auth_req_id", id)]).await
}

/// What waits for this person, once they have signed in.
async fn looks(person: &Person, browser: &Browser, idp: &TestIdp) -> Answer {
    let page = browser.open(&idp.at("/approve")).await;
    person.answers(browser, page).await
}

/// Says yes to what waits first; the page at the end.
async fn says_yes(person: &Person, browser: &Browser, idp: &TestIdp) -> Answer {
    let page = looks(person, browser, idp).await;
    let page = browser.submit(&page, "approve-yes-1", &[]).await;
    person.answers(browser, page).await
}

/// The links of the mails that were written so far.
async fn mails(idp: &TestIdp) -> Vec<(String, Option<String>)> {
    let later = &idp.app.services.later;
    later.close();
    later.wait().await;
    later.reopen();
    let all = notify::newest(&idp.operator(), 20).await.unwrap();
    let asked = all.into_iter().filter(|(_, mail)| mail.notice.as_str() == "sign_in_asked");
    asked.map(|(_, mail)| (mail.to, mail.link)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_answers_elsewhere_and_the_app_gets_its_tokens_once() {
    on_each_engine(async |idp| {
        let (rp, other) = (asking(&idp).basic().await, asking(&idp).post().await);
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let mark = idp.mark().await;
        let begun = begins(&rp, &[("login_hint", "alice"), ("binding_message", "Visit 47-11")]).await.json();
        assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(600), &json!(5)));
        let id = begun["auth_req_id"].as_str().unwrap().to_owned();
        assert_eq!(idp.kinds_since(mark).await, ["sign_in.asked"]);
        let told = mails(&idp).await;
        assert!(
            !told.is_empty() && told.iter().all(|(_, link)| *link == Some(idp.at("/approve"))),
            "{told:?}"
        );

        polls(&rp, &id).await.is_refused("authorization_pending");
        polls(&rp, &id).await.is_refused("slow_down");
        idp.advance(20);
        polls(&rp, &id).await.is_refused("authorization_pending");
        let mark = idp.mark().await;
        polls(&other, &id).await.is_refused("invalid_grant");
        polls(&rp, &(id.clone() + "x")).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused", "code.refused"]);

        // What the app asked for is not the browser's to change: without its words the request is nobody's.
        let page = looks(&alice, &browser, &idp).await;
        let form = page.form("approve-yes-1").with("decision", "yes");
        let to = browser.post(&form.action, &form.fields).await.location().unwrap();
        assert!(to.contains("max_age=300"), "{to}");
        let less = to.replace("max_age=300", "max_age=301");
        for changed in
            [less, format!("{to}&resource=https%3A%2F%2Fapi.example"), format!("{to}&claims=%7B%7D")]
        {
            let mark = idp.mark().await;
            assert_eq!(browser.get(&changed).await.status, 400, "{changed}");
            assert!(!idp.kinds_since(mark).await.contains(&"authorize.granted"));
        }
        assert!(browser.get(&to).await.location().is_some_and(|step| step.contains("/i/")), "{to}");

        // Opening the link answers nothing, and the page says what the app says.
        let page = looks(&alice, &browser, &idp).await;
        assert!(page.body.contains("Visit 47-11") && page.body.contains("App "), "{}", page.body);
        assert!(browser.open(&idp.at("/account/")).await.body.contains("href=\"/approve\""));
        let page = browser.submit(&page, "approve-yes-1", &[]).await;
        assert!(page.has("consent-allow") && page.body.contains("Visit 47-11"), "{page:?}");

        // The app may ask as often as it likes while its person answers.
        let mut asking = JoinSet::new();
        for _ in 0..16 {
            let (rp, id) = (rp.clone(), id.clone());
            asking.spawn(async move { polls(&rp, &id).await });
        }
        let end = browser.submit(&page, "consent-allow", &[]).await;
        let mut answers = asking.join_all().await;
        assert!(end.status == 200 && !end.url.contains("code="), "{end:?}");
        let mut asking = JoinSet::new();
        for _ in 0..48 {
            let (rp, id) = (rp.clone(), id.clone());
            asking.spawn(async move { polls(&rp, &id).await });
        }
        answers.extend(asking.join_all().await);
        let granted: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(granted.len(), 1, "{answers:?}");
        let tokens = granted[0].is_granted();
        let got = claims(&tokens.id());
        assert_eq!((&got["aud"], &got["acr"]), (&json!(rp.id), &json!("urn:vouchsafe:acr:aal2")));
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);

        let mark = idp.mark().await;
        polls(&rp, &id).await.is_refused("invalid_grant");
        assert_eq!(idp.kinds_since(mark).await, ["code.refused"]);
        rp.refresh(&tokens.refresh()).await.is_granted();
        // The end is seen again by this browser alone, and nothing waits any more.
        assert_eq!(browser.open(&end.url).await.status, 200);
        assert!(!looks(&alice, &browser, &idp).await.has("approve-yes-1"));
        let thief = browser.stolen();
        thief.set_cookie("vouchsafe-browser", None);
        assert_eq!(thief.open(&end.url).await.status, 404);

        // Whoever has an ID token may name its person by it, and no other app's.
        let id = asks(&rp, &[("id_token_hint", &tokens.id())]).await;
        let page = looks(&alice, &browser, &idp).await;
        let mark = idp.mark().await;
        assert_eq!(browser.submit(&page, "approve-no-1", &[]).await.status, 200);
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"]);
        assert_eq!(browser.submit(&page, "approve-no-1", &[]).await.status, 404);
        let over = browser.submit(&page, "approve-yes-1", &[]).await;
        assert!(over.status == 404 && over.body.contains("This request is over"), "{over:?}");
        assert!(browser.open(&idp.at("/account/activity")).await.body.contains("You said no."));
        polls(&rp, &id).await.is_refused("access_denied");

        // Who says no again and again is asked nothing more by this app for a while, which learns nothing of that.
        for _ in 1..10 {
            asks(&rp, &[("login_hint", "alice")]).await;
            let page = looks(&alice, &browser, &idp).await;
            assert_eq!(browser.submit(&page, "approve-no-1", &[]).await.status, 200);
        }
        let mark = idp.mark().await;
        let id = asks(&rp, &[("login_hint", "alice")]).await;
        assert_eq!(idp.events_since(mark).await[0].reason.as_deref(), Some("refused_too_often"));
        assert!(!looks(&alice, &browser, &idp).await.has("approve-yes-1"));
        polls(&rp, &id).await.is_refused("authorization_pending");
        asks(&other, &[("login_hint", "alice")]).await;
        assert!(looks(&alice, &browser, &idp).await.has("approve-yes-1"));
        begins(&other, &[("id_token_hint", &tokens.id())]).await.is_refused("invalid_request");
    })
    .await;
}

/// An app, what it asks, and the word it is refused with.
type Refused<'r> = (&'r Rp, &'r [(&'r str, &'r str)], &'r str);

#[tokio::test]
async fn a_request_that_is_none_is_refused_with_an_event_and_nobody_is_asked() {
    on_each_engine(async |idp| {
        let (rp, web) = (asking(&idp).basic().await, idp.rp().basic().await);
        let signs = asking(&idp).with("backchannel_authentication_request_signing_alg", "ES256");
        let signs = signs.private_key_jwt().await;
        idp.person("alice").await;
        let long = "x".repeat(65);
        let alice = ("login_hint", "alice");
        let table: [Refused<'_>; 13] = [
            (&web, &[alice], "unauthorized_client"),
            (&rp, &[], "invalid_request"),
            (&rp, &[alice, ("id_token_hint", "x")], "invalid_request"),
            (&rp, &[alice, ("login_hint", "bob")], "invalid_request"),
            (&rp, &[("login_hint_token", "x")], "invalid_request"),
            (&rp, &[("id_token_hint", "x.y.z")], "invalid_request"),
            (&rp, &[alice, ("user_code", "1")], "invalid_request"),
            (&rp, &[alice, ("authorization_details", "[]")], "invalid_request"),
            (&rp, &[alice, ("requested_expiry", "soon")], "invalid_request"),
            (&rp, &[alice, ("binding_message", "two\nlines")], "invalid_binding_message"),
            (&rp, &[alice, ("binding_message", &long)], "invalid_binding_message"),
            (&rp, &[alice, ("request_uri", "https://app.example/request")], "invalid_request"),
            (&signs, &[alice], "invalid_request"),
        ];
        for (rp, form, code) in table {
            let mark = idp.mark().await;
            begins(rp, form).await.is_refused(code);
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{form:?}");
        }
        let mark = idp.mark().await;
        rp.posts("/bc-authorize", &[alice, ("scope", "profile")]).await.is_refused("invalid_scope");
        rp.by(crate::actors::Auth::Basic("wrong".to_owned()))
            .posts("/bc-authorize", &[alice, ("scope", "openid")])
            .await
            .is_refused("invalid_client");
        assert_eq!(idp.kinds_since(mark).await, ["authorize.refused", "client_auth.refused"]);
        assert_eq!(idp.place.count("SELECT count(*) FROM ciba_requests").await, 0);
        assert!(mails(&idp).await.is_empty());
        // What may be asked for: seconds as digits, up to half an hour.
        for (asked, given) in [("30", 30), ("86400", 1800)] {
            let answer = begins(&rp, &[alice, ("requested_expiry", asked)]).await.json();
            assert_eq!(answer["expires_in"], json!(given));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_app_signed_counts_once_and_only_within_the_hour() {
    on_each_engine(async |idp| {
        let signs = || asking(&idp).with("backchannel_authentication_request_signing_alg", "ES256");
        let (rp, other) = (signs().private_key_jwt().await, signs().private_key_jwt().await);
        let (alice, now) = (idp.person("alice").await, idp.now().seconds());
        // Marks of what was used count from a minute before what is signed now.
        idp.operator().ephemeral.epoch(idp.now()).await.unwrap();
        idp.advance(90);
        let now = now + 90;
        let object = |rp: &Rp, typ: &str, changes: Value| {
            let mut ask = rp.ask();
            ask.pairs = crate::actors::pairs(&[("scope", "openid"), ("login_hint", "alice")]);
            let mut all = json!({ "jti": random().to_base64url(), "requested_expiry": 300 });
            for (name, value) in changes.as_object().unwrap() {
                all[name] = value.clone();
            }
            rp.object(&ask, typ, &all)
        };
        let good = |changes: Value| object(&rp, "oauth-authz-req+jwt", changes);
        let sent = async |object: &str| rp.posts("/bc-authorize", &[("request", object)]).await;

        let used = good(json!({ "binding_message": "47-11" }));
        let begun = sent(&used).await;
        assert_eq!((begun.status, &begun.json()["expires_in"]), (200, &json!(300)), "{begun:?}");
        assert_eq!(sent(&good(json!({ "requested_expiry": "30" }))).await.json()["expires_in"], json!(30));
        let mark = idp.mark().await;
        sent(&used).await.is_refused("invalid_request");
        assert_eq!(idp.kinds_since(mark).await, ["assertion.replayed"]);
        let once = good(json!({}));
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let (rp, once) = (rp.clone(), once.clone());
            all.spawn(async move { rp.posts("/bc-authorize", &[("request", &once)]).await.status });
        }
        assert_eq!(all.join_all().await.into_iter().filter(|status| *status == 200).count(), 1);

        let plain = used.split('.').nth(1).unwrap();
        let unsigned = format!("{}.{plain}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        let minutes = |count: i64| now + count * 60;
        let refused = [
            unsigned,
            used[..used.len() - 2].to_owned(),
            object(&other, "JWT", json!({ "iss": rp.id })),
            object(&rp, "at+jwt", json!({})),
            good(json!({ "aud": null })),
            good(json!({ "aud": "https://other.example" })),
            good(json!({ "iss": null })),
            good(json!({ "iss": other.id })),
            good(json!({ "exp": null })),
            good(json!({ "exp": minutes(-1) })),
            good(json!({ "exp": minutes(70) })),
            good(json!({ "iat": null })),
            good(json!({ "nbf": null })),
            good(json!({ "nbf": minutes(10), "exp": minutes(15) })),
            good(json!({ "nbf": minutes(-70) })),
            good(json!({ "jti": null })),
            good(json!({ "login_hint": ["alice"] })),
            good(json!({ "authorization_details": [] })),
            good(json!({ "id_token_hint": "x" })),
        ];
        for object in refused {
            let mark = idp.mark().await;
            sent(&object).await.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["authorize.refused"], "{object}");
        }
        // Nothing stands beside what was signed.
        let beside = good(json!({}));
        let beside = [("request", beside.as_str()), ("login_hint", "bob")];
        rp.posts("/bc-authorize", &beside).await.is_refused("invalid_request");
        assert_eq!(says_yes(&alice, &idp.browser(), &idp).await.status, 200);
        polls(&rp, &begun.member("auth_req_id")).await;
    })
    .await;
}

#[tokio::test]
async fn nobody_but_the_person_answers_and_nobody_learns_who_is_known() {
    on_each_engine(async |idp| {
        let rp = asking(&idp).basic().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let (hers, his) = (idp.browser(), idp.browser());
        // A name that stands for nobody is answered as any other, until it is too late.
        let mark = idp.mark().await;
        let nobody = begins(&rp, &[("login_hint", "nobody-here"), ("requested_expiry", "60")]).await;
        let known = begins(&rp, &[("login_hint", "bob"), ("requested_expiry", "60")]).await;
        let members =
            |answer: &Answer| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!((nobody.status, members(&nobody)), (known.status, members(&known)));
        let events = idp.events_since(mark).await;
        let said: Vec<_> = events.iter().map(|e| (e.kind.as_str(), e.reason.as_deref())).collect();
        assert_eq!(said, [("sign_in.asked", Some("nobody_to_ask")), ("sign_in.asked", None)]);
        for answer in [&nobody, &known] {
            polls(&rp, &answer.member("auth_req_id")).await.is_refused("authorization_pending");
        }
        idp.advance(61);
        for answer in [&nobody, &known] {
            polls(&rp, &answer.member("auth_req_id")).await.is_refused("expired_token");
        }

        // Bob sees nothing of what waits for Alice, and cannot answer it.
        let id = asks(&rp, &[("login_hint", "alice")]).await;
        let page = looks(&alice, &hers, &idp).await;
        let form = page.form("approve-yes-1");
        let own = looks(&bob, &his, &idp).await;
        assert!(!own.has("approve-yes-1"), "{}", own.body);
        let csrf = his.open(&idp.at("/account/")).await.form("sign-out").field("csrf").unwrap().to_owned();
        for decision in ["yes", "no"] {
            let mark = idp.mark().await;
            let sent = form.clone().with("csrf", &csrf).with("decision", decision);
            assert_eq!(his.post(&sent.action, &sent.fields).await.status, 404);
            assert_eq!(idp.kinds_since(mark).await, ["interaction.refused"]);
        }
        // Nor is a form good without its own session, or in another browser.
        for browser in [idp.browser(), his.clone()] {
            assert!(browser.post(&form.action, &form.fields).await.status >= 300);
        }
        polls(&rp, &id).await.is_refused("authorization_pending");

        // In the middle of her sign-in Bob sits down: he is asked who he is, and gets nowhere.
        let page = hers.submit(&page, "approve-yes-1", &[]).await;
        assert!(page.has("consent-allow"), "{page:?}");
        let address = page.url.clone();
        let mut page = hers.submit(&page, "not-you", &[]).await;
        for _ in 0..3 {
            page = bob.answer(&hers, &page).await.unwrap();
        }
        assert!(page.has("username"), "{page:?}");
        assert!(his.open(&address).await.status >= 400);
        idp.advance(20);
        polls(&rp, &id).await.is_refused("authorization_pending");

        // She is asked again, and is suspended before the app comes for its tokens.
        let fresh = idp.browser();
        assert_eq!(says_yes(&alice, &fresh, &idp).await.status, 200);
        idp.set_account(&alice.account, State::Disabled).await;
        let mark = idp.mark().await;
        idp.advance(30);
        polls(&rp, &id).await.is_refused("invalid_grant");
        assert!(idp.kinds_since(mark).await.contains(&"code.refused"));
        // Of somebody suspended nothing is asked, as of nobody.
        let mark = idp.mark().await;
        asks(&rp, &[("login_hint", "alice")]).await;
        let events = idp.events_since(mark).await;
        assert_eq!(events[0].reason.as_deref(), Some("nobody_to_ask"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_so_often_and_no_more_and_at_the_level_the_app_wants() {
    on_each_engine(async |idp| {
        let (rp, two, three) =
            (asking(&idp).basic().await, asking(&idp).basic().await, asking(&idp).basic().await);
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        // One app leaves room for the others.
        for _ in 0..6 {
            asks(&rp, &[("login_hint", "alice")]).await;
        }
        let page = looks(&alice, &browser, &idp).await;
        assert!(page.has("approve-yes-5") && !page.has("approve-yes-6"), "{}", page.body);
        assert_eq!(mails(&idp).await.len(), 3, "three mails an hour of one app");
        let mut all = JoinSet::new();
        for i in 0..64 {
            let rp = if i % 2 == 0 { two.clone() } else { three.clone() };
            all.spawn(async move { begins(&rp, &[("login_hint", "alice")]).await.status });
        }
        assert!(all.join_all().await.iter().all(|status| *status == 200));
        let page = looks(&alice, &browser, &idp).await;
        assert!(page.has("approve-yes-10") && !page.has("approve-yes-11"), "{}", page.body);
        assert!(mails(&idp).await.len() <= 9, "nine mails an hour of all");
        // What is lost keeps no place.
        let waits = "SELECT count(*) FROM ciba_requests WHERE account IS NOT NULL AND answered_at IS NULL";
        let before = idp.place.count(waits).await;
        let store = idp.app.services.store.clone();
        let lost = rows::Asked {
            id: random(),
            client: vouchsafe::base::ClientId::from_text(two.id.clone()),
            account: Some(alice.account.clone()),
            named: random(),
            until: idp.now().plus(600),
            telling: None,
        };
        let input = (lost, idp.now());
        let room = rows::Room { all: 100, of_app: 100 };
        let kept = store
            .write(input, move |w, (lost, now)| {
                Box::pin(async move { rows::insert(w, lost, room, *now).await })
            })
            .await;
        assert!(kept.unwrap());
        assert_eq!(idp.place.count(waits).await, before + 1);
        looks(&alice, &browser, &idp).await;
        assert_eq!(idp.place.count(waits).await, before);
        // Nor does an app ask without end, for whomever.
        let mark = idp.mark().await;
        let mut all = JoinSet::new();
        for _ in 0..121 {
            let rp = rp.clone();
            all.spawn(async move { begins(&rp, &[]).await.status });
        }
        let said = all.join_all().await;
        assert_eq!(said.iter().filter(|status| **status == 503).count(), 7, "six were taken before");
        assert!(idp.kinds_since(mark).await.contains(&"machine.throttled"));
        idp.advance(601);
        assert!(!looks(&alice, &browser, &idp).await.has("approve-yes-1"));

        // What she has does not reach that far: the ordinary sign-in says so, and the app gets nothing.
        let id = asks(&rp, &[("login_hint", "alice"), ("acr_values", "urn:vouchsafe:acr:aal2-phr")]).await;
        let page = looks(&alice, &browser, &idp).await;
        let page = browser.submit(&page, "approve-yes-1", &[]).await;
        assert!(!page.has("consent-allow") && page.url.contains("/i/"), "{page:?}");
        polls(&rp, &id).await.is_refused("authorization_pending");
    })
    .await;
}

/// Tells whoever is due, and waits for what this node's own sweeper has in its hand.
async fn settles(idp: &TestIdp) {
    loop {
        pings::sweep(&idp.operator(), &CancellationToken::new()).await.unwrap();
        let due = rows::due(&idp.app.services.store, idp.now(), 0).await.unwrap();
        let held = idp.place.count("SELECT count(*) FROM ciba_requests WHERE claimed_until > 0").await;
        if due.is_empty() && held == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_told_once_that_its_person_has_answered() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let rp = told_at(&idp, &receiver).await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        begins(&rp, &[("login_hint", "alice"), ("client_notification_token", "twice")])
            .await
            .is_refused("invalid_request");
        let id = asks(&rp, &[("login_hint", "alice")]).await;
        settles(&idp).await;
        assert!(receiver.received().is_empty(), "nobody answered yet");
        let end = says_yes(&alice, &browser, &idp).await;
        assert_eq!((end.status, browser.open(&end.url).await.status), (200, 200));
        settles(&idp).await;
        let [told] = &receiver.received()[..] else { unreachable!("{:?}", receiver.received()) };
        assert_eq!(told.line, "POST /hook HTTP/1.1");
        assert_eq!(told.header("authorization"), format!("Bearer {BEARER}"));
        assert_eq!(told.header("content-type"), "application/json");
        assert_eq!(serde_json::from_str::<Value>(&told.body).unwrap(), json!({ "auth_req_id": id }));
        polls(&rp, &id).await.is_granted();
        assert_eq!(idp.place.count("SELECT count(*) FROM ciba_requests WHERE telling IS NOT NULL").await, 0);

        // Of a no it is told as well; whatever it says then is its last word, and nothing is followed.
        let away = format!("location: {}\r\n", receiver.url());
        let says = [
            Manners::Says(200, String::new(), "{\"error\":\"x\"}".to_owned()),
            Manners::status(401),
            Manners::status(403),
            Manners::Says(302, away, String::new()),
        ];
        for manners in says {
            receiver.behave(manners);
            let before = receiver.received().len();
            let id = asks(&rp, &[("login_hint", "alice")]).await;
            let page = looks(&alice, &browser, &idp).await;
            assert_eq!(browser.submit(&page, "approve-no-1", &[]).await.status, 200);
            settles(&idp).await;
            idp.advance(120);
            settles(&idp).await;
            assert_eq!(receiver.received().len(), before + 1);
            polls(&rp, &id).await.is_refused("access_denied");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_its_node_and_an_app_that_is_away_is_told_again() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        receiver.behave(Manners::status(503));
        let rp = told_at(&idp, &receiver).await;
        let alice = idp.person("alice").await;
        let id = asks(&rp, &[("login_hint", "alice")]).await;
        let another = idp.another().await;
        let end = says_yes(&alice.at(&another), &another.browser(), &another).await;
        assert_eq!(end.status, 200, "{end:?}");
        settles(&another).await;
        assert_eq!(receiver.received().len(), 1);
        receiver.behave(Manners::status(204));
        another.stop().await;
        idp.advance(10);
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let cx = idp.operator();
            all.spawn(async move { pings::sweep(&cx, &CancellationToken::new()).await.unwrap() });
        }
        all.join_all().await;
        settles(&idp).await;
        assert_eq!(receiver.received().len(), 2, "once more, and then no more");
        polls(&rp, &id).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn what_an_app_shows_with_its_question_binds_its_tokens() {
    on_each_engine(async |idp| {
        let rp = asking(&idp).policy("sender_constraint", "dpop").basic().await;
        let (alice, key) = (idp.person("alice").await, DpopKey::new(&idp).await);
        let id = asks(&rp, &[("login_hint", "alice")]).await;
        assert_eq!(says_yes(&alice, &idp.browser(), &idp).await.status, 200);
        let form = [("grant_type", GRANT), ("auth_req_id", id.as_str())];
        assert_eq!(rp.posts("/token", &form).await.status, 400, "no proof, no token");
        let proof = key.proof("POST", "/token", &json!({}));
        let tokens = rp.posts_with("/token", &form, &[&proof]).await.is_granted();
        assert_eq!(tokens.0["token_type"], json!("DPoP"));
        assert_eq!(claims(&tokens.access())["cnf"]["jkt"], json!(key.thumbprint()));
    })
    .await;
}
