//! `audit verify` beside a database that somebody edited: it ends with 1 and names the first row that is wrong.

use serde_json::Value;

use crate::idp::TestIdp;
use crate::installation::{Installation, each_installation};
use crate::servers::{Process, command};

/// The command's exit code and what it found.
pub fn verified(place: &Installation) -> (i32, Value) {
    let ran = command(place, "audit verify --json", &[]).output().unwrap();
    let told = serde_json::from_slice(&ran.stdout).unwrap_or_else(|why| panic!("{why}: {ran:?}"));
    (ran.status.code().unwrap(), told)
}

/// Name, the edit, the row that is named, and a word of the reason.
const EDITS: [(&str, &str, i64, &str); 10] = [
    ("changed", "UPDATE events SET outcome = 'refused' WHERE seq = 4", 4, "changed"),
    ("an actor changed", "UPDATE events SET actor = 'host:mallory' WHERE seq = 1", 1, "changed"),
    ("deleted", "DELETE FROM events WHERE seq = 5", 5, "missing"),
    ("the first deleted", "DELETE FROM events WHERE seq = 1", 1, "missing"),
    (
        "swapped",
        "UPDATE events SET seq = 9999 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 7;
         UPDATE events SET seq = 7 WHERE seq = 9999",
        6,
        "changed",
    ),
    (
        "put in",
        "INSERT INTO events (id, at, kind, outcome, organisation, actor, process, chain, seq, hash)
         SELECT 'forged', at, kind, outcome, organisation, actor, process, chain, seq + 1, hash FROM events
         WHERE seq = (SELECT max(seq) FROM events)",
        0,
        "changed",
    ),
    ("the end cut off", "DELETE FROM events WHERE seq >= 8", 8, "missing"),
    (
        "the end cut off, and the head with it",
        "DELETE FROM events WHERE seq >= 8; UPDATE audit_chains SET seq = 7,
         hash = (SELECT hash FROM events WHERE seq = 7)",
        8,
        "missing",
    ),
    ("everything deleted", "DELETE FROM events; DELETE FROM audit_chains", 1, "missing"),
    ("a checkpoint removed", "DELETE FROM audit_checkpoints WHERE seq = 1", 2, "missing"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_first_row_that_was_tampered_with_is_named_by_the_command() {
    each_installation(&[], async |place| {
        let operator = TestIdp::beside(place.clone()).await;
        for round in 0..2 {
            // What a running server links, and signs when it ends.
            let process = Process::serves(&place, &[]).await;
            for number in 0..5 {
                operator.person(&format!("person{round}{number}")).await;
            }
            process.signal("TERM");
            assert_eq!(process.ended().await, Some(0));
        }
        // Commands link what an operator without a chain of their own recorded.
        let ran = command(&place, "keys rotate --algorithm ES256", &[]).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let (code, told) = verified(&place);
        assert_eq!((code, &told["ok"], &told["unlinked"]), (0, &true.into(), &0.into()), "{told}");
        assert!(told["checkpoints"].as_u64().unwrap() >= 3, "{told}");
        assert_eq!(told["chains"], 1, "one process after the other continues the chain: {told}");
        let events = told["events"].as_i64().unwrap();
        assert!(events > 10, "{told}");

        let tables = ["events", "audit_chains", "audit_checkpoints"];
        for table in tables {
            place.sql(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        for (name, edit, row, why) in EDITS {
            place.sql(edit).await;
            let (code, told) = verified(&place);
            let bad = &told["first_bad"];
            assert_eq!((code, &told["ok"]), (1, &false.into()), "{name}: {told}");
            let row = if row == 0 { events + 1 } else { row };
            assert_eq!(bad["seq"], row, "{name}: {told}");
            assert!(bad["why"].as_str().unwrap().contains(why), "{name}: {told}");
            assert_eq!(bad["chain"] == "checkpoints", name == "a checkpoint removed", "{name}: {told}");
            for table in tables {
                place
                    .sql(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}"))
                    .await;
            }
            assert_eq!(verified(&place).0, 0, "{name} put right");
        }
        operator.stop().await;
    })
    .await;
}
