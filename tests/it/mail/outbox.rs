//! What waits in the outbox: sent once, tried again while the server is away or refuses for a while, given up in the end.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use vouchsafe::base::Role;
use vouchsafe::config::{Setting, SmtpUrl};
use vouchsafe::flows::{accounts, notify};
use vouchsafe::mail::{Catcher, Outbox, Smtp, Swept};
use vouchsafe::notifications::Notice;
use vouchsafe::store::{Error, outbox};

use super::sink::{Manners, Sink};
use crate::actors::Person;
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};

const HOUR: i64 = 3600;

fn over(idp: &TestIdp, url: &str) -> Outbox {
    let smtp = Smtp::new(SmtpUrl::parse(url).unwrap(), "localhost", None).unwrap();
    idp.app.outbox(Arc::new(smtp))
}

async fn tell(idp: &TestIdp, person: &Person, notice: Notice) {
    let cx = idp.operator();
    let prepared = notify::prepare(&cx, &person.account, notice, None).await.unwrap();
    assert!(!prepared.is_empty());
    let written = cx.store.write(prepared, |w, prepared| Box::pin(notify::write(w, prepared)));
    written.await.unwrap();
    idp.tick();
}

/// Three people with a notice each.
async fn three(idp: &TestIdp) -> Vec<String> {
    for name in ["alice", "bob", "carol"] {
        tell(idp, &idp.person(name).await, Notice::PasswordChanged).await;
    }
    ["alice", "bob", "carol"].map(|name| format!("{name}@riverside.example")).to_vec()
}

fn answers(answers: &[(&'static str, u16)]) -> Manners {
    Manners { answers: answers.iter().copied().collect::<BTreeMap<_, _>>(), ..Manners::default() }
}

async fn waiting(idp: &TestIdp) -> u32 {
    outbox::waiting(&idp.app.services.store).await.unwrap()
}

#[tokio::test]
async fn a_notice_goes_out_once_in_the_persons_language() {
    on_each_engine(async |idp| {
        let sink = Sink::new().await;
        let rose = idp.person_as("rose", Role::Patient, true, json!({ "locale": "de-AT" })).await;
        tell(&idp, &rose, Notice::PasswordChanged).await;
        let outbox = over(&idp, &sink.url());
        assert_eq!(outbox.sweep().await.unwrap(), Swept { sent: 1, ..Swept::default() });
        assert_eq!(outbox.sweep().await.unwrap(), Swept::default());
        let [mail] = &sink.received()[..] else { unreachable!() };
        assert_eq!(mail.to, "rose@riverside.example");
        assert_eq!(mail.header("To"), "rose@riverside.example");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert_eq!(mail.header("Content-Language"), "de");
        assert!(mail.header("Message-ID").ends_with("@localhost>"), "{}", mail.text);
        assert!(!mail.header("Date").is_empty() && mail.header("From").contains("Account security"));
        assert!(mail.plain().contains(&format!("{}/not-me/", idp.issuer)), "{}", mail.plain());
        assert_eq!(waiting(&idp).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_away_for_an_hour_loses_no_mail() {
    on_each_engine(async |idp| {
        // The port is free: whoever connects is refused.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mark = idp.mark().await;
        let everybody = three(&idp).await;
        let outbox = over(&idp, &format!("smtp://127.0.0.1:{port}"));
        let mut failed = 0;
        for _ in 0..60 {
            failed += outbox.sweep().await.unwrap().again;
            idp.advance(60);
        }
        assert_eq!(failed, 3 * 6, "at once, then after 1, 2, 4, 8, 16 minutes");
        assert_eq!(waiting(&idp).await, 3);
        let sink = Sink::on(TcpListener::bind(("127.0.0.1", port)).await.unwrap(), Manners::default());
        for _ in 0..60 {
            outbox.sweep().await.unwrap();
            idp.advance(60);
        }
        assert_eq!(sink.recipients(), everybody);
        assert!(!idp.kinds_since(mark).await.contains(&"notice.failed"));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_hangs_or_refuses_for_a_while_gets_the_mail_later() {
    on_each_engine(async |idp| {
        let sink = Sink::new().await;
        let mark = idp.mark().await;
        let everybody = three(&idp).await;
        let smtp = Smtp::new(SmtpUrl::parse(&sink.url()).unwrap(), "localhost", None).unwrap();
        let outbox = idp.app.outbox(Arc::new(smtp.patient_for(Duration::from_millis(300))));
        let bad = [
            Manners { hangs: true, ..Manners::default() },
            answers(&[("GREETING", 421)]),
            // These mean us and not the mail: a setting may mend them.
            answers(&[("GREETING", 554)]),
            answers(&[("MAIL", 451)]),
            answers(&[("MAIL", 550)]),
            answers(&[("RCPT", 450)]),
            answers(&[("RCPT", 421)]),
            answers(&[("DATA", 451)]),
            answers(&[(".", 452)]),
        ];
        for manners in bad {
            sink.becomes(manners);
            let swept = outbox.sweep().await.unwrap();
            assert_eq!(swept, Swept { again: 3, ..Swept::default() });
            assert_eq!(outbox.sweep().await.unwrap(), Swept::default(), "not before its time");
            idp.advance(HOUR);
        }
        sink.becomes(Manners::default());
        assert_eq!(outbox.sweep().await.unwrap(), Swept { sent: 3, ..Swept::default() });
        assert_eq!(sink.recipients(), everybody);
        assert!(!idp.kinds_since(mark).await.contains(&"notice.failed"));
    })
    .await;
}

#[tokio::test]
async fn an_address_refused_for_good_is_given_up_and_holds_up_nobody() {
    on_each_engine(async |idp| {
        let refuses = Some("bob@riverside.example".to_owned());
        let sink = Sink::with(Manners { refuses, ..Manners::default() }).await;
        three(&idp).await;
        let mark = idp.mark().await;
        let outbox = over(&idp, &sink.url());
        assert_eq!(outbox.sweep().await.unwrap(), Swept { sent: 2, dead: 1, again: 0 });
        assert_eq!(sink.recipients(), ["alice@riverside.example", "carol@riverside.example"]);
        let events = idp.events_since(mark).await;
        let [event] = &events[..] else { unreachable!("{events:?}") };
        let bob = accounts::find(&idp.operator(), "bob").await.unwrap().unwrap();
        assert_eq!((event.kind.as_str(), event.outcome.as_str()), ("notice.failed", "failed"));
        assert_eq!((&event.account, event.reason.as_deref()), (&Some(bob.id), Some("recipient")));
        let detail = event.detail.as_ref().unwrap();
        assert_eq!((&detail["notice"], &detail["code"]), (&json!("password_changed"), &json!(550)));
        assert!(!format!("{event:?}").contains("riverside"), "no address: {event:?}");
        sink.becomes(Manners::default());
        idp.advance(100 * HOUR);
        assert_eq!(outbox.sweep().await.unwrap(), Swept::default(), "a dead letter stays one");
    })
    .await;
}

#[tokio::test]
async fn after_three_days_a_mail_is_given_up_and_told_once() {
    on_each_engine(async |idp| {
        let sink = Sink::with(answers(&[(".", 451)])).await;
        tell(&idp, &idp.person("alice").await, Notice::PasswordChanged).await;
        let (mark, begun) = (idp.mark().await, idp.now());
        let outbox = over(&idp, &sink.url());
        while waiting(&idp).await > 0 {
            outbox.sweep().await.unwrap();
            idp.advance(HOUR / 2);
        }
        let tried_for = idp.now().since(begun);
        assert!((72 * HOUR..76 * HOUR).contains(&tried_for), "{tried_for}");
        assert_eq!(idp.kinds_since(mark).await, ["notice.failed"]);
        sink.becomes(Manners::default());
        idp.advance(HOUR);
        assert_eq!(outbox.sweep().await.unwrap(), Swept::default());
        assert!(sink.received().is_empty());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sent_to_a_person_who_was_erased_while_mail_waited() {
    on_each_engine(async |idp| {
        let sink = Sink::new().await;
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        tell(&idp, &alice, Notice::PasswordChanged).await;
        tell(&idp, &bob, Notice::PasswordChanged).await;
        let mark = idp.mark().await;
        accounts::erase(&idp.operator(), &alice.account).await.unwrap();
        idp.advance(1);
        let outbox = over(&idp, &sink.url());
        assert_eq!(outbox.sweep().await.unwrap(), Swept { sent: 1, ..Swept::default() });
        assert_eq!(sink.recipients(), ["bob@riverside.example"]);
        assert_eq!(idp.kinds_since(mark).await, ["account.erased"]);
    })
    .await;
}

#[tokio::test]
async fn a_node_that_died_with_mail_in_its_hand_leaves_it_to_the_others() {
    on_each_engine(async |idp| {
        let sink = Sink::new().await;
        let everybody = three(&idp).await;
        let store = &idp.app.services.store;
        let claimed: Result<_, Error> =
            store.write(idp.now(), |w, now| Box::pin(outbox::claim(w, 100, *now))).await;
        assert_eq!(claimed.unwrap().len(), 3);
        let outbox = over(&idp, &sink.url());
        idp.advance(14 * 60);
        assert_eq!(outbox.sweep().await.unwrap(), Swept::default(), "another node may be at it");
        idp.advance(2 * 60);
        assert_eq!(outbox.sweep().await.unwrap(), Swept { sent: 3, ..Swept::default() });
        assert_eq!(sink.recipients(), everybody);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_mail_once() {
    on_each_engine(async |idp| {
        let sink = Sink::new().await;
        let rose = idp.person("rose").await;
        for _ in 0..64 {
            tell(&idp, &rose, Notice::PasswordChanged).await;
        }
        let other = idp.another().await;
        let (one, two) = (over(&idp, &sink.url()), over(&other, &sink.url()));
        let (one, two) = tokio::join!(one.sweep(), two.sweep());
        assert_eq!(one.unwrap().sent + two.unwrap().sent, 64);
        let mut ids: Vec<_> = sink.received().iter().map(|mail| mail.header("Message-ID")).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), sink.received().len()), (64, 64));
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_demo_catches_mail_and_sends_none() {
    on_each_engine(async |idp| {
        three(&idp).await;
        let outbox = idp.app.outbox(Arc::new(Catcher));
        assert_eq!(outbox.sweep().await.unwrap(), Swept { sent: 3, ..Swept::default() });
        assert_eq!(waiting(&idp).await, 0);
        assert_eq!(notify::newest(&idp.operator(), 10).await.unwrap().len(), 3, "its mailbox shows them");
    })
    .await;
}

#[tokio::test]
async fn mail_that_went_out_is_forgotten_after_thirty_days() {
    on_each_engine(async |idp| {
        three(&idp).await;
        idp.app.outbox(Arc::new(Catcher)).sweep().await.unwrap();
        tell(&idp, &idp.person("dora").await, Notice::PasswordChanged).await;
        for (days, left) in [(29, 4), (2, 1)] {
            idp.advance(days * 24 * HOUR);
            vouchsafe::flows::upkeep::sweep(&idp.operator()).await.unwrap();
            let rows = idp.place.count("SELECT count(*) FROM outbox").await;
            assert_eq!(rows, left, "what was not sent waits on");
        }
    })
    .await;
}

#[tokio::test]
async fn a_running_node_sends_by_itself_what_a_sign_in_from_a_new_place_writes() {
    let sink = Sink::new().await;
    let url = sink.url();
    let settings =
        [("VOUCHSAFE__MAIL__SMTP_URL", url.as_str()), ("VOUCHSAFE__MAIL__FROM", "no-reply@id.example")];
    on_each_engine_with(&settings, async |idp| {
        let rp = idp.rp().public().await;
        let name = format!("{}alice", idp.engine);
        let alice = idp.person(&name).await;
        idp.advance(2 * HOUR);
        let browser = idp.browser().calls_itself("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0");
        rp.signs_in(&alice, &browser).await;
        let mail = sink.takes(|mail| mail.to.starts_with(&name)).await;
        assert_eq!(mail.header("Subject"), "Someone signed in on a new device");
        let text = mail.plain();
        assert!(
            text.contains("Device: Firefox, Linux") && text.contains("Internet address: 127.0.0.1"),
            "{text}"
        );
    })
    .await;
}
