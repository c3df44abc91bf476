//! Where a person is signed in: what is listed, and what an end ends.

use vouchsafe::base::{SessionId, Timestamp};
use vouchsafe::factors::Proof;
use vouchsafe::sessions::BrowserSession;
use vouchsafe::store::sessions;

use super::{at_home, half, leads, posts, refusals};
use crate::actors::{Answer, Browser, Callback, Person};
use crate::idp::{TestIdp, on_each_engine};

const LIST: &str = "/account/devices";

/// How many other devices a page lists.
fn others(page: &Answer) -> usize {
    page.body.matches(" name=\"session\"").count()
}

async fn list(idp: &TestIdp, browser: &Browser) -> Answer {
    let (at, page) = leads(idp, browser, LIST).await;
    assert_eq!((at.as_str(), page.status), (LIST, 200));
    page
}

/// Signs in from a browser that says what it is.
async fn signs_in_as(idp: &TestIdp, person: &Person, agent: &str) -> Browser {
    let browser = at_home(idp, person).await;
    let _ = browser.send("GET", &idp.at(LIST), &[("user-agent", agent)], String::new()).await;
    browser
}

#[tokio::test]
async fn one_device_is_signed_out_from_another_and_its_apps_with_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (alice, phone) = (idp.person("alice").await, idp.browser());
        let ask = rp.ask().set("scope", "openid offline_access").set("prompt", "consent");
        let tokens = rp.signs_in_with(&alice, &phone, &ask).await;
        let desk = idp.browser();
        let kept = rp.signs_in(&alice, &desk).await;
        let page = list(&idp, &desk).await;
        assert_eq!(others(&page), 1, "{}", page.body);
        let sid = tokens.id_claims()["sid"].as_str().unwrap().to_owned();
        assert_eq!(page.form("end-1").field("session"), Some(sid.as_str()));
        let mark = idp.mark().await;
        let after = desk.submit(&page, "end-1", &[]).await;
        assert_eq!((after.status, after.url), (200, idp.at("/account/devices?done=device")));
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].kind.as_str(), "session.ended");
        assert_eq!(events[0].session.as_ref().unwrap().as_str(), sid);
        assert_eq!(events[0].reason.as_deref(), Some("ended_by_person"));
        assert_eq!(others(&list(&idp, &desk).await), 0);

        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        let silent = phone.get(&rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("login_required");
        assert_eq!(rp.userinfo(&kept.access()).await.status, 200, "this device and its apps go on");
        Callback::of(&desk.get(&rp.ask().set("prompt", "none").url()).await).code();
    })
    .await;
}

#[tokio::test]
async fn all_others_are_signed_out_at_once_and_this_device_goes_on() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let alice = idp.person("alice").await;
        let mut elsewhere = Vec::new();
        for _ in 0..3 {
            let browser = idp.browser();
            let tokens = rp.signs_in(&alice, &browser).await;
            elsewhere.push((browser, tokens));
        }
        let desk = at_home(&idp, &alice).await;
        let page = list(&idp, &desk).await;
        assert_eq!(others(&page), 3);
        let mark = idp.mark().await;
        let after = desk.submit(&page, "end-others", &[]).await;
        assert_eq!((after.status, &after.url), (200, &idp.at("/account/devices?done=others")));
        assert_eq!(idp.kinds_since(mark).await, ["account.sessions_ended"]);
        assert_eq!(others(&after), 0);
        idp.advance(1);
        for (browser, tokens) in elsewhere {
            assert_eq!(leads(&idp, &browser, LIST).await.0, "sign-in");
            assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
            rp.refresh(&tokens.refresh()).await.is_refused("invalid_grant");
        }
        assert_eq!(leads(&idp, &desk, LIST).await.0, LIST);
    })
    .await;
}

#[tokio::test]
async fn nobody_ends_another_persons_session_or_looks_with_half_of_one() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, bob, browser) = (idp.person("alice").await, idp.person("bob").await, idp.browser());
        let sid = rp.signs_in(&alice, &browser).await.id_claims()["sid"].as_str().unwrap().to_owned();
        let strangers = at_home(&idp, &bob).await;
        assert_eq!(others(&list(&idp, &strangers).await), 0);
        let mark = idp.mark().await;
        let answer = posts(&idp, &strangers, "/account/devices/end", &[("session", &sid)]).await;
        assert_eq!(answer.status, 404);
        assert_eq!(refusals(&idp, mark).await, [("session.ended", "unknown".to_owned())]);
        for path in ["/account/devices/end", "/account/devices/end-others", "/account/not-me"] {
            let mark = idp.mark().await;
            let forged = vec![("csrf".to_owned(), "x".to_owned()), ("session".to_owned(), sid.clone())];
            assert_eq!(browser.post(&idp.at(path), &forged).await.status, 403, "{path}");
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
        }
        let thief = half(&idp, &alice).await;
        assert_eq!(leads(&idp, &thief, LIST).await.0, "code");
        for path in ["/account/devices/end", "/account/devices/end-others", "/account/not-me"] {
            let mark = idp.mark().await;
            assert_eq!(posts(&idp, &thief, path, &[("session", &sid)]).await.status, 303, "{path}");
            assert!(idp.kinds_since(mark).await.is_empty(), "{path}");
        }
        Callback::of(&browser.get(&rp.ask().set("prompt", "none").url()).await).code();
    })
    .await;
}

#[tokio::test]
async fn a_device_is_told_by_its_name_and_network_and_forgotten_in_time() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let agent =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1 <canary>";
        let browser = signs_in_as(&idp, &alice, agent).await;
        let page = browser.send("GET", &idp.at(LIST), &[("user-agent", agent)], String::new()).await;
        assert!(page.body.contains("Safari, iPhone") && page.body.contains("127.0.0.1"), "{}", page.body);
        assert!(!page.body.contains("canary") && !page.body.contains("/32"));
        let other = at_home(&idp, &alice).await;
        assert!(list(&idp, &other).await.body.contains("Unknown device"), "what it said at its sign-in");
        let rows = "SELECT count(*) FROM sessions";
        assert_eq!(idp.place.count(rows).await, 2);
        idp.advance(91 * 24 * 3600);
        vouchsafe::flows::upkeep::sweep(&idp.operator()).await.unwrap();
        assert_eq!(idp.place.count(rows).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_sessions_are_listed_in_pages() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let cx = idp.operator();
        let key = cx.vault.key(&alice.account, cx.now).await.unwrap();
        let begin = |i: i64| {
            let (sid, at) =
                (SessionId::new(cx.now, &cx.entropy), Timestamp::from_micros(cx.now.micros() + i));
            let proofs: Vec<Proof> = Vec::new();
            BrowserSession::begin(sid, alice.account.clone(), vouchsafe::base::Role::Patient, proofs, at)
        };
        let all: Vec<_> = (0..1000)
            .map(begin)
            .map(|session| (sessions::seal(None, &session.sid, &key).unwrap(), session))
            .collect();
        let written = cx.store.write(all, |w, all| {
            Box::pin(async move {
                for (device, session) in all {
                    sessions::record(w, session, session.started_at.plus(24 * 3600), device, None).await?;
                }
                Ok::<_, vouchsafe::store::Error>(())
            })
        });
        written.await.unwrap();
        idp.advance(1);
        let browser = at_home(&idp, &alice).await;
        let (mut page, mut seen, mut pages) = (list(&idp, &browser).await, 0, 1);
        loop {
            seen += others(&page);
            assert!(page.body.len() < 16 * 1024, "{}", page.body.len());
            let Some(rest) = page.body.split(" id=\"older\" href=\"").nth(1) else { break };
            let next = rest.split('"').next().unwrap().to_owned();
            page = browser.get(&idp.at(&next)).await;
            pages += 1;
        }
        assert_eq!((seen, pages), (1000, 51));
        for odd in
            ["?after=", "?after=x.y", "?after=9.%3Cb%3E", "?after=99999999999999999999.a", "?done=canary"]
        {
            let page = browser.get(&idp.at(&format!("{LIST}{odd}"))).await;
            assert_eq!((page.status, others(&page)), (200, 19), "{odd}");
        }
        let page = list(&idp, &browser).await;
        let after = browser.submit(&page, "end-others", &[]).await;
        assert_eq!(others(&after), 0);
    })
    .await;
}
