//! `doctor`

use super::{Host, set_mode};
use crate::mail::sink::Sink;

/// The state of one check.
fn state(ran: &super::Ran, check: &str) -> String {
    let checks = ran.lines();
    let found = checks.iter().find(|c| c["check"] == check).unwrap_or_else(|| panic!("no {check}: {ran:?}"));
    found["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_installation_is_led_from_check_to_check() {
    let host = Host::bare();
    let ran = host.run("doctor").is(1);
    assert!(ran.out.contains("vouchsafe keys generate") && ran.out.contains("vouchsafe migrate"), "{ran:?}");
    assert!(!host.path("v.sqlite").exists(), "the doctor made a database");

    host.run("keys generate --master master.key --index index.key").is(0);
    host.run("migrate").is(0);
    let ran = host.run("doctor --json").is(0);
    assert_eq!(state(&ran, "signing keys"), "warn");
    for check in
        ["settings", "key files", "database and key store", "sessions", "clock", "support phone", "erasures"]
    {
        assert_eq!(state(&ran, check), "ok", "{check}: {ran:?}");
    }
}

#[test]
fn key_files_that_others_read_and_a_demos_fail() {
    let host = Host::ready();
    set_mode(&host.path("index.key"), 0o640);
    let ran = host.run("doctor --json").is(1);
    assert_eq!(state(&ran, "key files"), "fail");
    assert!(ran.out.contains("chmod 600 index.key"), "{ran:?}");
}

#[tokio::test]
async fn a_clock_that_went_back_fails() {
    let host = Host::ready();
    host.tamper("UPDATE events SET at = at + 86400000000").await;
    assert_eq!(state(&host.run("doctor --json").is(1), "clock"), "fail");
}

#[test]
fn stores_that_are_away_are_four() {
    let host = Host::ready();
    let mut database = host.command("doctor --json");
    database.env("VOUCHSAFE__DATABASE__URL", "postgres://v@127.0.0.1:1/v");
    let ran = super::finished(database, "").is(4);
    assert_eq!(state(&ran, "database and key store"), "fail");

    let mut sessions = host.command("doctor --json");
    sessions.env("VOUCHSAFE__SESSIONS__URL", "redis://127.0.0.1:1");
    let ran = super::finished(sessions, "").is(4);
    assert_eq!((state(&ran, "sessions"), state(&ran, "erasures")), ("fail".to_owned(), "ok".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_server_is_spoken_with_and_nothing_is_sent() {
    let host = Host::ready();
    let asked = |url: &str| {
        let mut command = host.command("doctor --json");
        command.env("VOUCHSAFE__MAIL__SMTP_URL", url).env("VOUCHSAFE__MAIL__FROM", "no-reply@id.example");
        super::finished(command, "")
    };
    let sink = Sink::new().await;
    let ran = asked(&sink.url()).is(0);
    assert_eq!(state(&ran, "mail"), "ok");
    assert!(ran.out.contains("not encrypted"), "{ran:?}");
    let said = sink.verbs();
    assert!(said.contains(&"EHLO".to_owned()) && !said.contains(&"MAIL".to_owned()), "{said:?}");

    // It is there and offers no TLS: broken, not away. The password is not shown.
    let port = sink.port;
    let ran = asked(&format!("smtp://rose:hunter2@localhost:{port}?tls=required")).is(1);
    assert_eq!(state(&ran, "mail"), "fail");
    assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"), "{ran:?}");

    drop(sink);
    let ran = asked("smtp://127.0.0.1:1").is(4);
    assert_eq!((state(&ran, "mail"), state(&ran, "erasures")), ("fail".to_owned(), "ok".to_owned()));
}
