//! Exit codes mean one thing each, whatever the command: 2 usage, 3 configuration, 4 not reachable, 5 refused.

use super::{Host, finished};

const COMMANDS: [&str; 5] = ["account list", "client list", "keys list", "audit verify", "audit export"];

#[test]
fn settings_that_cannot_be_read_are_three() {
    let host = Host::ready();
    host.write("bad.toml", "issuer = \"http://id.example\"\n[databse]\nurl = \"sqlite:x\"\n");
    for command in COMMANDS.into_iter().chain(["serve", "migrate", "doctor", "config check"]) {
        let ran = host.run(&format!("--config bad.toml {command}")).is(3);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("issuer") && told.contains("databse"), "{command} names both: {ran:?}");
    }
    host.run("--config none.toml account list").is(3);
}

#[test]
fn missing_key_files_are_three_and_the_way_out_is_named() {
    let host = Host::ready();
    std::fs::remove_file(host.path("index.key")).unwrap();
    for command in COMMANDS.into_iter().chain(["serve"]) {
        host.run(command).is(3).says("index.key").says("vouchsafe keys generate");
    }
}

#[test]
fn a_database_that_is_away_is_four() {
    let host = Host::ready();
    for command in ["account list", "keys rotate", "serve", "migrate"] {
        let mut away = host.command(command);
        away.env("VOUCHSAFE__DATABASE__URL", "postgres://v:hunter2@127.0.0.1:1/v");
        let ran = finished(away, "").is(4).says("database.url");
        assert!(!ran.err.contains("hunter2"), "{ran:?}");
    }
}

#[test]
fn commands_work_on_facts_while_redis_is_away() {
    let host = Host::with_rose();
    let mut command = host.command("account disable rose");
    command.env("VOUCHSAFE__SESSIONS__URL", "redis://127.0.0.1:1");
    finished(command, "").is(0);
    let mut serve = host.command("serve");
    serve.env("VOUCHSAFE__SESSIONS__URL", "redis://127.0.0.1:1");
    finished(serve, "").is(4).says("sessions.url");
}

#[test]
fn a_database_that_is_not_migrated_is_refused_and_not_made() {
    let host = Host::bare();
    host.run("keys generate --master master.key --index index.key").is(0);
    for command in COMMANDS {
        host.run(command).is(5).says("vouchsafe migrate");
        assert!(!host.path("v.sqlite").exists(), "{command} made a database");
    }
    host.run("serve").is(5).says("vouchsafe migrate");
}

#[test]
fn serve_refuses_a_demos_keys() {
    let host = Host::ready();
    for name in ["master", "index"] {
        let path = host.path(&format!("{name}.key"));
        let own = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, own.replace("vouchsafe-", "vouchsafe-demo-")).unwrap();
        host.run("serve").is(5).says("a demo's");
        std::fs::write(&path, own).unwrap();
    }
}

#[test]
fn nonsense_is_two() {
    let host = Host::ready();
    for command in ["account", "account frobnicate", "client create", "keys generate", "--color loud doctor"]
    {
        host.run(command).is(2);
    }
}
