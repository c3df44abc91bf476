//! `audit …`

use super::Host;

#[tokio::test]
async fn a_changed_row_is_named() {
    let host = Host::with_rose();
    let event = host.events().into_iter().find(|e| e["kind"] == "account.created").unwrap();
    let id = event["id"].as_str().unwrap();
    host.tamper(&format!("UPDATE events SET actor = 'host:mallory' WHERE id = '{id}'")).await;
    host.run("audit verify").is(1).says(id).says("was changed");
    let told = host.run("audit verify --json").is(1).json();
    assert_eq!((&told["ok"], &told["first_bad"]["event"]), (&false.into(), &id.into()));
}

#[tokio::test]
async fn a_missing_row_is_named() {
    let host = Host::with_rose();
    host.tamper("DELETE FROM events WHERE kind = 'account.created'").await;
    host.run("audit verify").is(1).says("a row is missing");
}

#[tokio::test]
async fn unlinked_events_are_counted() {
    let host = Host::with_rose();
    host.tamper(
        "INSERT INTO events (id, at, kind, outcome, organisation, actor, process)
         VALUES ('z', 1, 'account.changed', 'ok', 'root', 'system', 'gone')",
    )
    .await;
    let told = host.run("audit verify --json").is(0).json();
    assert_eq!(told["unlinked"], 1);
}

#[tokio::test]
async fn checkpoints_outlive_the_keys_that_signed_them() {
    let host = Host::with_rose();
    host.run("keys rotate --algorithm ES256").is(0);
    // As the schedule does a day later.
    host.tamper("DELETE FROM signing_keys WHERE state = 'retired'").await;
    let told = host.run("audit verify --json").is(0).json();
    assert!(told["checkpoints"].as_u64().unwrap() >= 2, "{told}");

    // Whoever lacks the master key cannot put in a key of their own: the row is linked, and its proof is sealed.
    host.tamper(
        "UPDATE events SET detail = replace(detail, '\"proof\":\"', '\"proof\":\"A') WHERE kind = 'key.created'",
    )
    .await;
    host.run("audit verify").is(1).says("chain checkpoints, row 1");
}

#[test]
fn an_export_is_bounded_by_moments() {
    let host = Host::with_rose();
    let all = host.run("audit export").is(0).lines();
    let times: Vec<_> = all.iter().map(|e| e["at_micros"].as_i64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "the newest first: {times:?}");
    // Taking a copy is in the trail, so only what others did is counted.
    let others = |lines: &[serde_json::Value]| {
        lines.iter().filter(|e| !e["kind"].as_str().unwrap().starts_with("audit.")).count()
    };
    let bounded = host.run("audit export --from 2020-01-01 --until 2090-01-01").is(0).lines();
    assert_eq!(others(&bounded), others(&all));
    assert_eq!(host.run("audit export --until 2020-01-01T00:00:00Z").is(0).out, "");
    assert_eq!(host.run("audit export --from 2090-01-01").is(0).out, "");
    host.run("audit export --from yesterday").is(2).says("2026-11-23");
}

#[test]
fn a_copy_is_filtered_and_taking_it_is_in_the_trail() {
    let host = Host::with_rose();
    let created = host.run("audit export --kind account.created").is(0).lines();
    assert_eq!(created.len(), 1);
    let account = created[0]["account"].as_str().unwrap().to_owned();
    let actor = created[0]["actor"].as_str().unwrap().to_owned();
    assert_eq!(created[0]["sentence"], format!("{actor} created the account of {account}."));
    for more in [
        format!("--account {account}"),
        format!("--actor {actor} --kind account.created"),
        format!("--request {}", created[0]["request"].as_str().unwrap()),
        "--organisation root --outcome ok --kind account.created".to_owned(),
    ] {
        let found = host.run(&format!("audit export {more}")).is(0).lines();
        assert!(found.iter().any(|event| event["id"] == created[0]["id"]), "{more}: {found:?}");
        assert!(found.iter().all(|event| event["actor"] == actor.as_str()), "{more}");
    }
    for none in
        ["--account nobody", "--client none", "--network 10.0.0.0/8", "--request none", "--outcome failed"]
    {
        assert_eq!(host.run(&format!("audit export {none}")).is(0).out, "", "{none}");
    }
    host.run("audit export --kind nothing.happened").is(2).says("password.refused");
    host.run("audit export --actor mallory").is(2).says("host:USER");
    host.run("audit export --signed --csv").is(2);
    let copies = host.run("audit export --kind audit.exported").is(0).lines();
    assert_eq!(copies.len(), 10);
    assert_eq!(copies[9]["detail"]["kinds"], serde_json::json!(["account.created"]));
    assert_eq!(copies[0]["detail"]["outcome"], "failed");
    host.run("audit verify").is(0).says("0 events are not linked yet");
}

#[tokio::test]
async fn a_copy_for_spreadsheets_holds_no_formula() {
    let host = Host::with_rose();
    host.tamper(
        "INSERT INTO events (id, at, kind, outcome, organisation, actor, reason, process)
         VALUES ('z', 1, 'account.changed', 'refused', 'root', 'host:=x', '=HYPERLINK(\"x\")', 'gone')",
    )
    .await;
    let sheet = host.run("audit export --csv").is(0).out;
    assert!(sheet.starts_with("at,kind,severity,outcome,sentence,actor,"), "{sheet}");
    assert!(sheet.contains(",\"'=HYPERLINK(\"\"x\"\")\","), "{sheet}");
    assert!(sheet.lines().all(|line| !line.contains(",=") && !line.contains(",\"=")), "{sheet}");
}

/// A signed copy and the public keys, in files.
fn copied(host: &Host) -> Vec<String> {
    let copy = host.run("audit export --signed").is(0).out;
    host.write("keys.json", &host.run("audit keys").is(0).out);
    copy.lines().map(str::to_owned).collect()
}

fn examined(lines: &[String]) -> super::Ran {
    // Another machine: neither settings, nor keys, nor a database.
    let elsewhere = Host::bare();
    std::fs::remove_file(elsewhere.path("vouchsafe.toml")).unwrap();
    elsewhere.write("copy.ndjson", &(lines.join("\n") + "\n"));
    elsewhere.write("keys.json", &KEYS.with(|keys| keys.borrow().clone()));
    elsewhere.run("audit verify --file copy.ndjson --keys keys.json --json")
}

thread_local! {
    static KEYS: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

#[test]
fn a_signed_copy_proves_itself_elsewhere_and_names_its_first_bad_line() {
    let host = Host::with_rose();
    host.run("keys rotate --algorithm ES256").is(0);
    let lines = copied(&host);
    KEYS.with(|keys| *keys.borrow_mut() = std::fs::read_to_string(host.path("keys.json")).unwrap());
    let whole = examined(&lines).is(0).json();
    // The event of the last checkpoint itself stands behind it.
    assert_eq!((&whole["ok"], &whole["unsigned"]), (&true.into(), &1.into()));
    assert!(whole["checkpoints"].as_u64().unwrap() >= 2 && whole["events"].as_u64().unwrap() >= 4, "{whole}");
    assert!(!lines.join("").contains("rose"), "no personal data but sealed");

    let read = |at: usize| serde_json::from_str::<serde_json::Value>(&lines[at]).unwrap();
    let events: Vec<usize> = (0..lines.len()).filter(|at| read(*at)["line"] == "event").collect();
    let bad = |change: &dyn Fn(&mut Vec<String>), line: usize, why: &str| {
        let mut changed = lines.clone();
        change(&mut changed);
        examined(&changed).is(1).says(&format!("line {line}: ")).says(why);
    };
    // Two rows of one chain.
    let first = *events.iter().find(|at| read(**at)["chain"] == read(**at + 1)["chain"]).unwrap();
    bad(
        &|lines| lines[first] = lines[first].replace("\"outcome\":\"ok\"", "\"outcome\":\"refused\""),
        first + 1,
        "was changed",
    );
    bad(&|lines| drop(lines.remove(first)), first + 1, "a row before it is missing");
    bad(&|lines| lines.swap(first, first + 1), first + 1, "a row before it is missing");
    bad(&|lines| drop(lines.remove(1)), 2, "a checkpoint before it is missing");
    bad(&|lines| lines[1] = lines[1].replace("\\\"seq\\\":", "\\\"seq\\\":1"), 2, "signature");
    bad(&|lines| drop(lines.pop()), lines.len(), "the end of the file is missing");
    bad(&|lines| lines.insert(1, "nothing".to_owned()), 2, "cannot be read");
    bad(&|lines| drop(lines.remove(0)), 1, "header");
    // A chain cut at its end, with the sums put right: a checkpoint names what is gone.
    let checkpoint = (0..lines.len()).rev().find(|at| read(*at)["line"] == "checkpoint").unwrap();
    let body: serde_json::Value = serde_json::from_str(read(checkpoint)["body"].as_str().unwrap()).unwrap();
    let head = body["heads"].as_array().unwrap().iter().find(|head| head["seq"].as_i64() > Some(0)).unwrap();
    let gone = |at: &usize| {
        let row = read(*at);
        row["chain"] == head["chain"] && row["seq"].as_i64() >= head["seq"].as_i64()
    };
    let gone: Vec<usize> = events.iter().copied().filter(gone).collect();
    let left = whole["events"].as_u64().unwrap() - u64::try_from(gone.len()).unwrap();
    let cut = |lines: &mut Vec<String>| {
        for at in gone.iter().rev() {
            drop(lines.remove(*at));
        }
        *lines.last_mut().unwrap() =
            format!("{{\"line\":\"end\",\"checkpoints\":{},\"events\":{left}}}", whole["checkpoints"]);
    };
    bad(&cut, lines.len() - gone.len() + 1, "the end of a chain is missing");
    // Another's keys prove nothing.
    let mallory = Host::ready();
    KEYS.with(|keys| *keys.borrow_mut() = mallory.run("audit keys").is(0).out);
    bad(&|_| (), 2, "signature");
}
