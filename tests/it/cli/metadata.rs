//! The FIDO metadata file as commands read it: `config check`, `doctor`, and whether `serve` starts.

use super::{Host, Ran, finished};
use crate::models::publisher::{Publisher, entry};

fn ran(host: &Host, publisher: &Publisher, words: &str) -> Ran {
    let mut command = host.command(words);
    command.envs(publisher.settings());
    finished(command, "")
}

fn doctor(ran: &Ran) -> (String, String) {
    let checks = ran.lines();
    let found = checks.iter().find(|c| c["check"] == "FIDO metadata").unwrap_or_else(|| panic!("{ran:?}"));
    (found["state"].as_str().unwrap().to_owned(), found["told"].as_str().unwrap().to_owned())
}

#[test]
fn commands_say_what_the_metadata_file_is_and_why_it_will_not_do() {
    let (host, publisher) = (Host::ready(), Publisher::new());
    let missing = ran(&host, &publisher, "config check").is(3);
    assert!(missing.err.contains("webauthn.metadata_file: cannot read"), "{missing:?}");

    publisher.publishes_until("2090-01-01", 12, &[entry(&[], "REVOKED")]);
    ran(&host, &publisher, "config check").is(0).says("number 12, 1 models, the next update on 2090-01-01");
    let told = ran(&host, &publisher, "config check --json").is(0).json();
    let fresh = serde_json::json!({ "no": 12, "models": 1, "next_update": "2090-01-01", "stale": false });
    assert_eq!(told["metadata"], fresh);
    assert_eq!(doctor(&ran(&host, &publisher, "doctor --json").is(0)).0, "ok");

    publisher.publishes_until("2020-01-01", 13, &[]);
    let (state, told) = doctor(&ran(&host, &publisher, "doctor --json").is(0));
    assert_eq!(
        (state.as_str(), told.as_str()),
        ("warn", "number 13, 0 models, the next update on 2020-01-01")
    );
    assert_eq!(ran(&host, &publisher, "config check --json").is(0).json()["metadata"]["stale"], true);

    let signed = std::fs::read_to_string(publisher.file()).unwrap();
    let (text, signature) = signed.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    publisher.puts(&format!("{text}.{other}{}", &signature[1..]));
    for words in ["config check", "config check --json"] {
        let refused = ran(&host, &publisher, words).is(3);
        assert!(format!("{}{}", refused.out, refused.err).contains("its signature is wrong"), "{refused:?}");
    }
    let refused = ran(&host, &publisher, "doctor --json").is(1);
    assert_eq!(doctor(&refused).0, "fail");
    let refused = ran(&host, &publisher, "serve");
    assert!(refused.code != 0 && refused.err.contains("its signature is wrong"), "{refused:?}");
}
