//! `client …`

use super::Host;

#[test]
fn a_client_is_registered_from_standard_input_and_keeps_its_id() {
    let host = Host::ready();
    let document = r#"{"client_id":"clinic-app","client_name":"Clinic","redirect_uris":["https://app.example/cb"],
        "scope":"openid email","policy":{"min_acr":"urn:vouchsafe:acr:aal2-phr"}}"#;
    let answer = host.fed("client create --from - --json", document).is(0).json();
    assert_eq!(answer["client_id"], "clinic-app");
    assert_eq!(answer["policy"]["min_acr"], "urn:vouchsafe:acr:aal2-phr");
    assert_eq!(answer["client_secret_expires_at"], 0);
    let secret = answer["client_secret"].as_str().unwrap();

    host.fed("client create --from - --json", document).is(1).says("client_id: is taken");
    let shown = host.run("client show clinic-app --json").is(0);
    assert_eq!(shown.json()["redirect_uris"], answer["redirect_uris"]);
    let everything = format!("{}{}", shown.out, host.run("client show clinic-app").is(0).out);
    assert!(!everything.contains(secret), "the secret is shown twice");
    assert_eq!(host.run("client list --json").is(0).lines().len(), 1);
}

#[test]
fn bad_metadata_names_the_member() {
    let host = Host::ready();
    for (document, said) in [
        ("{", "no JSON"),
        (r#"{"redirect_uris":["http://app.example/cb"]}"#, "redirect_uris"),
        (r#"{"redirect_uris":["https://a.example/"],"policy":{"min_arc":"x"}}"#, "min_arc"),
        (r#"{"client_id":"a b","redirect_uris":["https://a.example/"]}"#, "client_id"),
    ] {
        host.fed("client create --from -", document).is(1).says(said);
    }
    host.run("client create --from none.json").is(1).says("none.json");
    assert_eq!(host.run("client list --json").is(0).out, "");
}

#[test]
fn a_client_is_disabled_and_enabled() {
    let host = Host::ready();
    host.fed("client create --from -", r#"{"client_id":"a","redirect_uris":["https://a.example/"]}"#).is(0);
    for (verb, changed, state) in
        [("disable", true, "disabled"), ("disable", false, "disabled"), ("enable", true, "enabled")]
    {
        let told = host.run(&format!("client {verb} a --json")).is(0).json();
        assert_eq!((&told["changed"], &told["state"]), (&changed.into(), &state.into()));
        assert_eq!(host.run("client show a --json").json()["state"], state);
    }
    host.run("client disable b").is(1).says("client list");
}

#[test]
fn what_lowers_protection_is_in_the_trail_and_the_doctor_warns() {
    let host = Host::ready();
    let policy = r#"{"min_acr":"urn:vouchsafe:acr:aal1","lower_role_floor":true}"#;
    let document =
        format!(r#"{{"client_id":"low","redirect_uris":["https://a.example/"],"policy":{policy}}}"#);
    host.fed("client create --from -", &document).is(0);
    let created = host.events().into_iter().find(|e| e["kind"] == "client.created").unwrap();
    assert_eq!(created["detail"]["privileged"][0], "policy.lower_role_floor");
    let checks = host.run("doctor --json").lines();
    let warned =
        checks.iter().any(|c| c["state"] == "warn" && c["told"].as_str().unwrap().starts_with("low "));
    assert!(warned, "{checks:?}");
}

#[test]
fn a_snippet_is_filled_in_and_holds_no_secret() {
    let host = Host::ready();
    let document = r#"{"client_id":"web","redirect_uris":["https://app.example/callback"]}"#;
    let secret = host.fed("client create --from - --json", document).is(0).json()["client_secret"].clone();
    for lang in ["openid-client", "oauth4webapi", "auth.js", "authlib", "openidconnect", "curl"] {
        let told = host.run(&format!("client snippet web --lang {lang}")).is(0).out;
        assert!(!told.contains(secret.as_str().unwrap()), "{lang}");
        for part in ["web", "https://app.example/callback"] {
            // Auth.js is called back at a path of its own.
            assert!(told.contains(part) || (lang == "auth.js" && part != "web"), "{lang}: {part}");
        }
    }
    let told = host.run("client snippet web --lang curl --json").is(0).json();
    assert_eq!(told["file"], "sign-in.sh");
    assert!(told["environment"].as_str().unwrap().contains("CLIENT_ID=web\n"));
    host.run("client snippet web --lang oidc-client-ts").is(1).says("browser");
    host.run("client snippet web --lang cobol").is(2).says("openid-client");
    host.run("client snippet nobody --lang curl").is(1).says("client list");
}

#[test]
fn a_token_for_registration_is_printed_once_listed_and_taken_back() {
    let host = Host::ready();
    let terms = r#"{"scope":"openid email","policy":{"require_pkce":false,"min_acr":"urn:vouchsafe:acr:aal1",
        "lower_role_floor":true}}"#;
    let made =
        host.fed("client token create --label ci --uses 3 --days 2 --terms - --json", terms).is(0).json();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("vsia_"));
    host.run("client token create").is(0).says("shown once");
    let listed = host.run("client token list --json").is(0);
    assert!(!listed.out.contains(token), "the token is shown twice");
    let kept = listed.lines().into_iter().find(|line| line["id"] == made["id"]).unwrap();
    assert_eq!((&kept["state"], &kept["uses"], &kept["used"]), (&"open".into(), &3.into(), &0.into()));
    assert_eq!(kept["terms"]["policy"]["require_pkce"], false);
    let id = made["id"].as_str().unwrap();
    assert_eq!(host.run(&format!("client token revoke {id} --json")).is(0).json()["state"], "revoked");
    host.run(&format!("client token revoke {id}")).is(1).says("so already");
    host.run("client token revoke nobody").is(1);
    host.fed("client token create --terms -", r#"{"scopes":"x"}"#).is(1).says("scopes");
    host.run("client token create --uses 0").is(1).says("--uses");
    let kinds: Vec<_> = host.events().iter().map(|event| event["kind"].clone()).collect();
    assert!(kinds.contains(&"client_token.made".into()) && kinds.contains(&"client_token.revoked".into()));
    assert!(!format!("{:?}", host.events()).contains(token));
}
