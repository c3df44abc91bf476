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
    assert_eq!(host.run("audit export --from 2020-01-01 --until 2090-01-01").is(0).lines().len(), all.len());
    assert_eq!(host.run("audit export --until 2020-01-01T00:00:00Z").is(0).out, "");
    assert_eq!(host.run("audit export --from 2090-01-01").is(0).out, "");
    host.run("audit export --from yesterday").is(2).says("2026-11-23");
}
