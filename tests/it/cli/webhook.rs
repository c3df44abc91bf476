//! `admin webhook …`

use super::Host;

#[test]
fn a_webhook_is_registered_listed_switched_and_removed() {
    let host = Host::ready();
    let add = "admin webhook add --json --url https://192.88.98.1/hook --topics account,policy";
    let made = host.run(add).is(0).json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert!(secret.starts_with("whsec_"));
    let listed = host.run("admin webhook list --json").is(0);
    assert!(!listed.out.contains(secret), "the secret is shown twice");
    let hook = listed.json();
    assert_eq!((&hook["id"], &hook["state"]), (&id.into(), &"on".into()));
    assert_eq!(hook["topics"], serde_json::json!(["account", "policy"]));

    host.run(&format!("admin webhook off {id}")).is(0).says("is off");
    host.run(&format!("admin webhook off {id}")).is(1).says("so already");
    host.run(&format!("admin webhook on {id}")).is(0).says("is on");
    let second = host.run(&format!("admin webhook add-secret {id} --json")).is(0).json();
    host.run(&format!("admin webhook add-secret {id}")).is(1).says("too many secrets");
    let first = made["secret_id"].as_str().unwrap();
    host.run(&format!("admin webhook remove-secret {id} {first}")).is(0);
    let last = second["secret_id"].as_str().unwrap();
    host.run(&format!("admin webhook remove-secret {id} {last}")).is(1).says("last secret");

    host.run(&format!("admin webhook remove {id}")).is(5).says("--yes");
    host.run(&format!("admin webhook remove {id} --yes")).is(0);
    assert_eq!(host.run("admin webhook list --json").is(0).out, "");
    host.run(&format!("admin webhook on {id}")).is(1).says("there is no such");
    let changes: Vec<_> = host.events().into_iter().filter(|e| e["kind"] == "webhook.changed").collect();
    assert_eq!(changes.len(), 6);
    assert!(!format!("{changes:?}").contains("/hook"), "only the host is told");
}

#[test]
fn an_address_that_may_not_be_called_is_refused() {
    let host = Host::ready();
    for url in ["https://127.0.0.1/", "http://192.88.98.1/", "https://localhost/"] {
        host.run(&format!("admin webhook add --url {url} --topics account")).is(1).says("not allowed");
    }
    host.run("admin webhook add --url https://192.88.98.1/ --topics people").is(2).says("use one of");
    assert_eq!(host.run("admin webhook list --json").is(0).out, "");
}
