//! `keys …`

use super::{Host, finished, mode};

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
    assert_eq!(before.len(), 3, "one for each use");
    let old = before.iter().find(|key| key["use"] == "access").unwrap();
    let done = host.run("keys rotate --use access --json").is(0).lines();
    assert_eq!(
        done.iter().map(|d| d["done"].as_str().unwrap()).collect::<Vec<_>>(),
        ["retired", "generated"]
    );
    let after = host.run("keys list --json").is(0).lines();
    let state = |kid: &serde_json::Value| after.iter().find(|k| k["kid"] == *kid).unwrap()["state"].clone();
    assert_eq!((after.len(), state(&old["kid"])), (4, "retired".into()));
    host.run("keys rotate --algorithm HS256").is(2).says("ES256");
    host.run("keys rotate --use access --algorithm RS256").is(2).says("access by ES256");
    host.run("keys rotate --use tokens").is(2).says("answers, access, trail");
}

#[test]
fn a_key_that_others_may_know_is_thrown_away_with_a_reason() {
    let host = Host::ready();
    let keys = host.run("keys list --json").is(0).lines();
    let old = keys.iter().find(|key| key["use"] == "trail").unwrap()["kid"].as_str().unwrap().to_owned();
    let run = |words: String| {
        let mut command = host.command("keys revoke");
        command.arg(&old).args(words.split('|').filter(|word| !word.is_empty()));
        finished(command, "")
    };
    run("--yes".into()).is(2).says("--reason");
    run("--yes|--reason=no".into()).is(2).says("5 to 500");
    run("--reason=A backup was lost".into()).is(5).says("--yes");
    let done = run("--yes|--json|--reason=A backup was lost".into()).is(0).lines();
    let done: Vec<_> = done.iter().map(|d| d["done"].as_str().unwrap()).collect();
    assert_eq!(done, ["revoked", "generated"]);
    let after = host.run("keys list --json").is(0).lines();
    assert!(after.len() == 3 && after.iter().all(|key| key["kid"] != old.as_str()));
    run("--yes|--reason=Once more".into()).is(1).says("keys list");
    let told = host.events().into_iter().find(|event| event["kind"] == "key.revoked").unwrap();
    assert_eq!(
        (&told["detail"]["why"], &told["detail"]["use"]),
        (&"A backup was lost".into(), &"trail".into())
    );
    host.run("audit verify").is(0);
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
