//! `account …`

use super::{Host, PASSWORD};

fn create(host: &Host, more: &str, password: &str) -> super::Ran {
    host.fed(&format!("account create --role clinician --password-stdin {more}"), password)
}

#[test]
fn what_is_wrong_with_a_new_person_is_told_and_nobody_is_created() {
    let host = Host::with_rose();
    host.write("bad.json", r#"{"admin":true}"#);
    create(&host, "--username Rose", PASSWORD).is(1).says("taken");
    create(&host, "--username r2 --email ROSE@example.org", PASSWORD).is(1).says("taken");
    create(&host, "--username r3", "password1234\n").is(1).says("password: ");
    create(&host, "--username r3", "\n").is(2).says("no password");
    create(&host, "--username r3 --email nowhere", PASSWORD).is(1).says("email: ");
    create(&host, "--username r3 --claims bad.json", PASSWORD).is(1).says("`admin`");
    create(&host, "--username r3 --claims none.json", PASSWORD).is(1).says("--claims: ");
    host.fed("account create --username r3 --role nurse --password-stdin", PASSWORD).is(2).says("clinician");
    host.run("account create --username r3 --role patient").is(2).says("--password-stdin");
    assert_eq!(host.run("account list --json").is(0).lines().len(), 1);
}

#[test]
fn a_person_is_shown_by_any_name_and_without_secrets() {
    let host = Host::with_rose();
    let shown = host.run("account show rose --json").is(0).json();
    let id = shown["id"].as_str().unwrap();
    for name in ["ROSE", "rose@example.org", id] {
        assert_eq!(host.run(&format!("account show {name} --json")).is(0).json(), shown);
    }
    let text = host.run("account show rose").is(0).out;
    for said in ["rose@example.org (verified)", "patient", "password"] {
        assert!(text.contains(said), "{text}");
    }
    assert_eq!(shown["factors"][0]["kind"], "password");
    assert!(!format!("{text}{shown}").contains("argon2"), "{text}{shown}");
    host.run("account show nobody").is(1).says("nobody");
}

#[test]
fn people_are_listed_in_pages() {
    let host = Host::with_rose();
    for name in ["b", "c"] {
        create(&host, &format!("--username {name}"), PASSWORD).is(0);
    }
    let first = host.run("account list --json --limit 2").is(0);
    let place = first.err.split("--after ").nth(1).unwrap().trim().to_owned();
    let second = host.run(&format!("account list --json --limit 2 --after {place}")).is(0);
    let names: Vec<_> =
        first.lines().into_iter().chain(second.lines()).map(|a| a["username"].clone()).collect();
    assert_eq!(names, ["rose", "b", "c"]);
    assert!(!second.err.contains("--after"), "{second:?}");
    host.run("account list --after here").is(2);
}

#[test]
fn a_person_is_disabled_once_and_enabled_again() {
    let host = Host::with_rose();
    let changed = |words: &str| host.run(words).is(0).json()["changed"].clone();
    assert_eq!(changed("account disable rose --json"), true);
    assert_eq!(changed("account disable rose --json"), false);
    assert_eq!(host.run("account show rose --json").json()["state"], "disabled");
    assert_eq!(changed("account enable rose --json"), true);
    host.run("account end-sessions rose").is(0).says("has ended");
    let kinds: Vec<_> = host.events().iter().map(|e| e["kind"].clone()).collect();
    let count = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!(
        (count("account.disabled"), count("account.enabled"), count("account.sessions_ended")),
        (1, 1, 1)
    );
}

#[test]
fn a_password_is_not_removed_and_an_unknown_factor_is_named() {
    let host = Host::with_rose();
    let shown = host.run("account show rose --json").is(0).json();
    let password = shown["factors"][0]["id"].as_str().unwrap();
    host.run(&format!("account remove-factor rose {password}")).is(5).says("disable");
    host.run("account remove-factor rose none").is(1).says("no factor `none`");
}

#[test]
fn an_erasure_is_confirmed_and_leaves_the_trail_whole() {
    let host = Host::with_rose();
    host.run("account erase rose").is(5).says("--yes");
    assert_eq!(host.run("account list --json").lines().len(), 1);
    host.run("account erase rose --yes").is(0);
    host.run("account show rose").is(1);
    host.run("audit verify").is(0);
    host.run("doctor").is(0);
    // The name is free again.
    create(&host, "--username rose --email rose@example.org", PASSWORD).is(0);
}

#[test]
fn quiet_says_nothing_but_data_and_errors() {
    let host = Host::with_rose();
    assert_eq!(host.run("account disable rose --quiet").is(0).err, "");
    assert!(!host.run("account list --quiet").is(0).out.is_empty());
    host.run("account show nobody --quiet").is(1).says("error: ");
}
