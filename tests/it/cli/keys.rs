//! `keys …`

use super::{Host, mode};

#[test]
fn key_files_are_made_for_their_owner_alone_and_never_overwritten() {
    let host = Host::bare();
    host.run("keys generate --master master.key --index index.key").is(0);
    let text = std::fs::read_to_string(host.path("master.key")).unwrap();
    assert!(text.starts_with("vouchsafe-master-key:v1:"));
    assert_eq!((mode(&host.path("master.key")), mode(&host.path("index.key"))), (0o600, 0o600));

    host.run("keys generate --master master.key --index other.key").is(5).says("--master: master.key exists");
    host.run("keys generate --master other.key --index index.key").is(5).says("--index: index.key exists");
    host.run("keys generate --master new.key --index none/index.key").is(1).says("--index: ");
    host.run("keys generate --master x.key --index x.key").is(2);
    assert_eq!(std::fs::read_to_string(host.path("master.key")).unwrap(), text);
    for name in ["other.key", "new.key", "x.key"] {
        assert!(!host.path(name).exists(), "{name} was left behind");
    }
}

#[test]
fn a_rotation_retires_the_key_that_signed() {
    let host = Host::ready();
    let before = host.run("keys list --json").is(0).lines();
    assert_eq!(before.len(), 1);
    let done = host.run("keys rotate --algorithm ES256 --json").is(0).lines();
    assert_eq!(
        done.iter().map(|d| d["done"].as_str().unwrap()).collect::<Vec<_>>(),
        ["retired", "generated"]
    );
    let after = host.run("keys list --json").is(0).lines();
    let state = |kid: &serde_json::Value| after.iter().find(|k| k["kid"] == *kid).unwrap()["state"].clone();
    assert_eq!((after.len(), state(&before[0]["kid"])), (2, "retired".into()));
    host.run("keys rotate --algorithm HS256").is(2).says("ES256");
}

#[test]
fn another_master_key_is_told_from_the_right_one() {
    let host = Host::ready();
    std::fs::remove_file(host.path("master.key")).unwrap();
    host.run("keys generate --master master.key --index spare.key").is(0);
    for command in ["keys list", "account list", "serve"] {
        let ran = host.run(command).is(3);
        assert!(ran.err.contains("not the key this database was made with"), "{ran:?}");
    }
    let ran = host.run("doctor").is(1);
    assert!(ran.out.contains("the master key must be the one"), "{ran:?}");
}
