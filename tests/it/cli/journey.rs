//! A new installation from its key files to its proof, by commands alone.

use super::{Host, PASSWORD};

#[test]
fn an_installation_is_made_used_and_proved() {
    let host = Host::bare();
    host.run("keys generate --master master.key --index index.key").is(0);
    host.run("account list").is(5).says("run: vouchsafe migrate");
    let applied = host.run("migrate --json").is(0).json();
    assert!(!applied["applied"].as_array().unwrap().is_empty());
    host.run("migrate").is(0).says("Nothing to do");

    let create =
        "account create --username rose --email rose@example.org --role patient --password-stdin --json";
    let rose = host.fed(create, PASSWORD).is(0).json();
    assert_eq!(
        (&rose["username"], &rose["role"], &rose["state"]),
        (&"rose".into(), &"patient".into(), &"active".into())
    );
    let listed = host.run("account list --json").is(0).lines();
    assert_eq!(listed, [rose]);

    host.write("app.json", r#"{"client_id":"app","redirect_uris":["https://app.example/cb"]}"#);
    host.run("client create --from app.json").is(0);
    host.run("keys rotate --algorithm ES256").is(0);

    let told = host.run("audit verify --json").is(0).json();
    assert_eq!((&told["ok"], &told["unlinked"]), (&true.into(), &0.into()));
    let kinds: Vec<_> = host.events().iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect();
    for kind in ["account.created", "client.created", "key.created", "audit.checkpoint"] {
        assert!(kinds.iter().any(|known| known == kind), "{kind} is not in {kinds:?}");
    }
    let created = host.events().into_iter().find(|e| e["kind"] == "account.created").unwrap();
    assert!(created["actor"].as_str().unwrap().starts_with("host:"), "{created}");
    assert!(!created.to_string().contains("rose"), "personal data in the trail: {created}");
}
