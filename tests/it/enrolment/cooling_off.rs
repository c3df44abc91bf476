//! `/i/{id}/recover` and `/recover/{token}`: a lost second factor, and what thieves get.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::Role;
use vouchsafe::flows::{recovery, upkeep};
use vouchsafe::notifications::Notice;
use vouchsafe::store::recovery_requests;

use super::{
    FRESH, bound, follows, forgets, half_way, is_home, known, link, mails, named, place, sets, told,
};
use crate::actors::{Answer, Ask, Browser, Person};
use crate::idp::{TestIdp, on_each_engine};

/// The page of somebody who cannot use any of their second factors.
async fn lost(browser: &Browser, ask: &Ask, person: &Person) -> Answer {
    let page = half_way(browser, ask, person).await;
    let at = page.url.rsplit_once('/').unwrap().0.to_owned();
    browser.open(&format!("{at}/recover")).await
}

/// Lets the program do what it does every minute.
async fn sweeps(idp: &TestIdp) {
    upkeep::sweep(&idp.operator()).await.unwrap();
    idp.tick();
}

#[tokio::test]
async fn a_patient_without_anything_left_waits_a_day_and_binds_a_new_factor() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser, elsewhere) = (idp.person("alice").await, idp.browser(), idp.browser());
        rp.signs_in(&alice, &elsewhere).await;
        let page = half_way(&browser, &rp.ask(), &alice).await;
        let choose = browser.open(&page.url.replace("/code", "/choose")).await;
        assert!(choose.has("recover"), "{}", choose.body);
        let page = lost(&browser, &rp.ask(), &alice).await;
        assert!(page.has("wait") && page.has("ask-clinic"), "{}", page.body);
        let mark = idp.mark().await;
        let page = browser.submit(&page, "wait", &[]).await;
        assert!(page.body.contains("A waiting time runs") && !page.has("wait"), "{}", page.body);
        assert_eq!(idp.kinds_since(mark).await, ["recovery.asked"]);
        assert_eq!(told(&idp, Notice::RecoveryStarted).await, ["alice@riverside.example"], "told at once");
        sweeps(&idp).await;
        assert!(told(&idp, Notice::RecoveryReady).await.is_empty(), "nothing before its time");
        assert!(is_home(&idp, &elsewhere).await, "nothing has ended yet");
        idp.advance(24 * 3600);
        sweeps(&idp).await;
        sweeps(&idp).await;
        assert_eq!(told(&idp, Notice::RecoveryReady).await, ["alice@riverside.example"], "once");
        let url = link(&idp, Notice::RecoveryReady).await;
        let browser = idp.browser();
        let page = follows(&browser, &url).await;
        assert_eq!(place(&page), "password", "the link alone binds nothing");
        for around in ["enrol", "enrol/totp", "enrol/passkey", "new-password"] {
            let answer = browser.open(&page.url.replace("/password", &format!("/{around}"))).await;
            assert_eq!(place(&answer), "password", "{around}");
        }
        let page = browser.submit(&page, "sign-in-submit", &[("password", &alice.password)]).await;
        assert_eq!(place(&page), "enrol", "{}", page.body);
        assert!(!is_home(&idp, &browser).await, "what is recovered is nothing until a factor is bound");
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let mark = idp.mark().await;
        let page = alice.answer(&browser, &page).await.unwrap();
        assert_eq!(place(&page), "recovery-codes");
        assert_eq!(idp.kinds_since(mark).await, ["factor.added", "recovery.done", "recovery_codes.made"]);
        let home = browser.submit(&page, "continue", &[]).await;
        assert_eq!(place(&home), "/account/");
        assert_eq!(bound(&idp, &alice.account).await, ["password", "recovery_codes", "totp"]);
        assert_eq!(told(&idp, Notice::RecoveryDone).await, ["alice@riverside.example"]);
        assert!(!is_home(&idp, &elsewhere).await, "everything else has ended");
        assert_eq!(browser.get(&url).await.status, 410);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_16_that_begin_to_wait_at_once_one_does() {
    on_each_engine(async |idp| {
        let (rp, other) = (idp.rp().public().await, idp.another().await);
        let alice = idp.person("alice").await;
        let mut pages = Vec::new();
        for i in 0..16 {
            let browser = idp.browser().at(if i % 2 == 0 { &idp } else { &other });
            pages.push((lost(&browser, &rp.ask(), &alice).await, browser));
        }
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for (page, browser) in pages {
            tries.spawn(async move { browser.submit(&page, "wait", &[]).await.status });
        }
        let answers = tries.join_all().await;
        assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
        let counts = idp.counts_since(mark).await;
        assert_eq!((counts["recovery.asked"], counts["recovery.refused"]), (1, 15), "{counts:?}");
        assert_eq!(told(&idp, Notice::RecoveryStarted).await.len(), 1);
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_stole_the_password_alone_gets_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let thief = idp.browser();
        let page = lost(&thief, &rp.ask(), &alice).await;
        thief.submit(&page, "wait", &[]).await;
        let stop = link(&idp, Notice::RecoveryStarted).await;
        // Alice reads her mail; a scanner did before.
        assert_eq!(idp.http.get(&stop).await.status, 200);
        let browser = idp.browser();
        let page = browser.open(&stop).await;
        let mark = idp.mark().await;
        let page = browser.submit(&page, "continue", &[]).await;
        assert!(page.body.contains("It is stopped"), "{}", page.body);
        assert_eq!(idp.kinds_since(mark).await, ["recovery.cancelled"]);
        assert_eq!(browser.get(&stop).await.status, 410);
        idp.advance(3600);
        // Not again within a day, with the password and with the mailbox as well.
        let page = lost(&thief, &rp.ask(), &alice).await;
        assert!(!page.has("wait"), "{}", page.body);
        let form = page.form("ask-clinic").with("way", "wait");
        let mark = idp.mark().await;
        let answer = thief.post(&form.action, &form.fields).await;
        assert_eq!(answer.status, 303);
        idp.hears(mark, "recovery.refused").await;
        idp.advance(24 * 3600 - 3700);
        sweeps(&idp).await;
        assert!(told(&idp, Notice::RecoveryReady).await.is_empty());
        assert_eq!(told(&idp, Notice::RecoveryStarted).await.len(), 1);
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
    })
    .await;
}

#[tokio::test]
async fn whoever_reads_the_mailbox_alone_gets_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let thief = idp.browser();
        forgets(&idp, &thief, &rp.ask(), "alice").await;
        let page = follows(&thief, &link(&idp, Notice::PasswordReset).await).await;
        let page = sets(&thief, &page, FRESH).await;
        assert_eq!(place(&page), "code");
        // The mailbox set the password: it must not be the other half of a recovery too.
        let stolen = Person::new(idp.clone(), alice.account.clone(), "alice", FRESH, None);
        for person in [&stolen, &stolen] {
            let page = lost(&thief, &rp.ask(), person).await;
            assert!(page.has("ask-clinic") && !page.has("wait"), "{}", page.body);
            let form = page.form("ask-clinic").with("way", "wait");
            let mark = idp.mark().await;
            thief.post(&form.action, &form.fields).await;
            idp.hears(mark, "recovery.refused").await;
            idp.advance(3 * 24 * 3600);
        }
        sweeps(&idp).await;
        assert!(told(&idp, Notice::RecoveryStarted).await.is_empty());
        assert!(told(&idp, Notice::RecoveryReady).await.is_empty());
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
        // Once alice proves her second factor, the password is hers again.
        let browser = idp.browser();
        let page = half_way(&browser, &rp.ask(), &stolen).await;
        let page = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        stolen.answers(&browser, page).await;
        assert!(lost(&idp.browser(), &rp.ask(), &stolen).await.has("wait"));
    })
    .await;
}

#[tokio::test]
async fn a_password_set_by_mail_meanwhile_stops_what_waits() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        let page = lost(&browser, &rp.ask(), &alice).await;
        browser.submit(&page, "wait", &[]).await;
        idp.advance(24 * 3600);
        sweeps(&idp).await;
        let url = link(&idp, Notice::RecoveryReady).await;
        forgets(&idp, &browser, &rp.ask(), "alice").await;
        let page = follows(&browser, &link(&idp, Notice::PasswordReset).await).await;
        sets(&browser, &page, FRESH).await;
        let thief = idp.browser();
        let page = follows(&thief, &url).await;
        let page = match place(&page).as_str() {
            "password" => thief.submit(&page, "sign-in-submit", &[("password", FRESH)]).await,
            _ => page,
        };
        assert!(!place(&page).starts_with("enrol"), "{page:?}");
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
    })
    .await;
}

#[tokio::test]
async fn clinicians_and_administrators_need_somebody_who_knows_them() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let carl = idp.person_as("carl", Role::Clinician, true, json!({})).await;
        let browser = idp.browser();
        let page = lost(&browser, &rp.ask(), &carl).await;
        assert!(page.has("ask-clinic") && !page.has("wait"), "{}", page.body);
        let form = page.form("ask-clinic").with("way", "wait");
        let mark = idp.mark().await;
        browser.post(&form.action, &form.fields).await;
        assert_eq!(idp.kinds_since(mark).await, ["recovery.refused"]);
        assert!(told(&idp, Notice::RecoveryStarted).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_request_for_help_reads_the_same_for_everybody_and_waits_for_the_clinic() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let mut bodies = Vec::new();
        for name in ["alice", "nosuch"] {
            let browser = idp.browser();
            let page = named(&browser, &rp.ask(), name).await;
            let page = browser.open(&page.url.replace("/password", "/recover")).await;
            assert!(!page.has("wait") && !page.has("use-recovery-code"), "nothing is told of anybody");
            let mark = idp.mark().await;
            let page = browser.submit(&page, "ask-clinic", &[("call", "+44 20 7946 0000")]).await;
            idp.hears(mark, "recovery.asked").await;
            let id = page.url.split('/').nth(4).unwrap().to_owned();
            let csrf = page.form("cancel").field("csrf").unwrap().to_owned();
            bodies.push(page.body.replace(&id, "ID").replace(&csrf, "CSRF").replace(name, "NAME"));
        }
        assert_eq!(bodies[0], bodies[1]);
        let cx = idp.operator();
        let open = recovery_requests::open(&cx.store, None, 10).await.unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!((&open[0].account, open[0].proved), (&alice.account, false));
        let key = cx.vault.key(&alice.account, cx.now).await.unwrap();
        assert_eq!(open[0].call(&key).unwrap().as_deref(), Some("+44 20 7946 0000"));
        assert_eq!(told(&idp, Notice::RecoveryAsked).await, ["alice@riverside.example"]);
        // With the password proved the request says so, and replaces the one before.
        let browser = idp.browser();
        let page = lost(&browser, &rp.ask(), &alice).await;
        let mark = idp.mark().await;
        browser.submit(&page, "ask-clinic", &[("call", "")]).await;
        idp.hears(mark, "recovery.asked").await;
        let open = recovery_requests::open(&cx.store, None, 10).await.unwrap();
        assert_eq!(open.iter().map(|request| request.proved).collect::<Vec<_>>(), [true]);
        assert_eq!(alice.password, known());
        // And a stranger, who proves nothing, puts no number in its place.
        let stranger = idp.browser();
        let page = named(&stranger, &rp.ask(), "alice").await;
        let page = stranger.open(&page.url.replace("/password", "/recover")).await;
        let mark = idp.mark().await;
        stranger.submit(&page, "ask-clinic", &[("call", "+44 666 666 666")]).await;
        idp.hears(mark, "recovery.asked").await;
        let kept = recovery_requests::open(&cx.store, None, 10).await.unwrap();
        assert_eq!((kept.len(), &kept[0].id, kept[0].proved), (1, &open[0].id, true));
        assert_eq!(kept[0].call(&key).unwrap(), None);
        let listed = recovery::requests(&cx, 10).await.unwrap();
        assert_eq!((listed.len(), &listed[0].account.id, listed[0].proved), (1, &alice.account, true));
        let mark = idp.mark().await;
        for closes in [true, false] {
            assert_eq!(recovery::close_request(&idp.operator(), &alice.account).await.unwrap(), closes);
        }
        assert_eq!(idp.kinds_since(mark).await, ["recovery.cancelled"]);
        assert!(recovery::requests(&cx, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn whoever_signs_in_with_the_second_factor_stops_what_waits() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        for ready in [false, true] {
            let alice = idp.person(if ready { "anna" } else { "alice" }).await;
            let thief = idp.browser();
            let page = lost(&thief, &rp.ask(), &alice).await;
            thief.submit(&page, "wait", &[]).await;
            let links = if ready {
                idp.advance(24 * 3600);
                sweeps(&idp).await;
                vec![link(&idp, Notice::RecoveryReady).await, link(&idp, Notice::RecoveryStarted).await]
            } else {
                vec![link(&idp, Notice::RecoveryStarted).await]
            };
            let told_before = told(&idp, Notice::RecoveryStopped).await.len();
            // The password alone, as the thief has it, stops nothing.
            let page = half_way(&idp.browser(), &rp.ask(), &alice).await;
            assert!(page.has("code"));
            assert_eq!(told(&idp, Notice::RecoveryStopped).await.len(), told_before);
            let mark = idp.mark().await;
            rp.signs_in(&alice, &idp.browser()).await;
            let events = idp.events_since(mark).await;
            let stopped: Vec<_> = events.iter().filter(|e| e.kind.as_str() == "recovery.cancelled").collect();
            assert_eq!(stopped.len(), 1, "{events:?}");
            assert_eq!(stopped[0].account.as_ref(), Some(&alice.account));
            assert_eq!(stopped[0].detail.as_ref().unwrap()["by"], "sign_in");
            let told_now = told(&idp, Notice::RecoveryStopped).await;
            assert_eq!(told_now.len(), told_before + 1);
            assert!(told_now.contains(&format!("{}@riverside.example", alice.username)));
            for link in links {
                assert_eq!(idp.http.get(&link).await.status, 410, "{link}");
            }
            let page = lost(&idp.browser(), &rp.ask(), &alice).await;
            assert!(!page.has("wait"), "not again within a day: {}", page.body);
            let mark = idp.mark().await;
            rp.signs_in(&alice, &idp.browser()).await;
            assert!(!idp.kinds_since(mark).await.contains(&"recovery.cancelled"), "once");
            idp.advance(24 * 3600 + 60);
            sweeps(&idp).await;
            assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
        }
        assert_eq!(told(&idp, Notice::RecoveryReady).await, ["anna@riverside.example"]);
    })
    .await;
}

#[tokio::test]
async fn saying_that_it_was_not_oneself_stops_what_waits() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        idp.advance(2 * 3600);
        let home = idp.browser();
        rp.signs_in(&alice, &home).await;
        let denial = mails(&idp).await.into_iter().find_map(|mail| mail.not_me).unwrap();
        let thief = idp.browser();
        let page = lost(&thief, &rp.ask(), &alice).await;
        thief.submit(&page, "wait", &[]).await;
        idp.advance(24 * 3600);
        sweeps(&idp).await;
        let ready = link(&idp, Notice::RecoveryReady).await;
        assert_eq!(idp.http.get(&ready).await.status, 200);
        let browser = idp.browser();
        let page = browser.open(&denial).await;
        let mark = idp.mark().await;
        browser.submit(&page, "not-me-confirm", &[]).await;
        assert_eq!(idp.kinds_since(mark).await, ["account.repudiated"]);
        assert_eq!(idp.http.get(&ready).await.status, 410, "the link of what waited is dead");
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM recoveries WHERE ended_at IS NULL").await, 0);
        let page = lost(&thief, &rp.ask(), &alice).await;
        assert!(!page.has("wait"), "and none begins for a day: {}", page.body);
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
    })
    .await;
}
