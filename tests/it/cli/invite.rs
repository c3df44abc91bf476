//! `admin invite`, `resend`, `letter`, `revoke`, `recover`

use super::Host;

#[test]
fn somebody_with_an_address_is_invited_by_mail_and_nothing_secret_is_printed() {
    let host = Host::ready();
    host.write("rose.json", r#"{"name":"Rose Adams"}"#);
    let done =
        host.run("admin invite --role patient --email rose@example.org --claims rose.json --json").is(0);
    let shown = done.json();
    assert_eq!(
        (shown["username"].as_str(), shown["state"].as_str()),
        (Some("rose@example.org"), Some("invited"))
    );
    assert!(shown["letter"].is_null(), "{shown}");
    assert!(!format!("{done:?}").contains("vsln_"), "{done:?}");
    host.run("admin invite --role patient --email ROSE@example.org").is(1).says("taken");
    host.run("admin invite --role nurse --email x@example.org").is(2).says("clinician");
    host.run("admin resend rose@example.org").is(0);
    let shown = host.run("account show rose@example.org --json").is(0).json();
    assert_eq!(shown["factors"].as_array().map(Vec::len), Some(0));
    host.run("admin revoke rose@example.org --json").is(0).says("");
    let again = host.run("admin revoke rose@example.org --json").is(0).json();
    assert_eq!(again["revoked"], false);
}

#[test]
fn somebody_without_an_address_gets_a_letter_whose_code_is_shown_once() {
    let host = Host::ready();
    let shown = host.run("admin invite --role patient --json").is(0).json();
    let (reference, code) =
        (shown["letter"]["reference"].as_str().unwrap(), shown["letter"]["code"].as_str().unwrap());
    assert_eq!((reference.len(), code.len()), (9, 9));
    assert_eq!(shown["letter"]["address"], "http://localhost:8080/activate");
    host.run(&format!("admin resend {reference}")).is(5).says("letter");
    let text = host.run(&format!("admin letter {reference}")).is(0).out;
    assert!(text.contains(reference) && text.contains("http://localhost:8080/activate"), "{text}");
    assert!(!text.contains(code), "another code each time");
    let page = host.run(&format!("admin letter {reference} --html")).is(0).out;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains(reference), "{page}");
    let told = format!("{}{}", host.run("audit export").is(0).out, host.run("account list --json").is(0).out);
    assert!(!told.contains(code), "kept as a digest: {told}");
    assert_eq!(told.matches("invitation.sent").count(), 3, "{told}");
}

#[test]
fn somebody_who_lost_a_phone_gets_a_code_to_be_shown_face_to_face() {
    let host = Host::with_rose();
    host.run("admin recover rose --face-to-face").is(2).says("--reason");
    let shown = host.run("admin recover rose --face-to-face --reason lost-phone --json").is(0).json();
    assert_eq!(shown["code"].as_str().map(str::len), Some(9), "{shown}");
    let trail = host.run("audit export").is(0).out;
    let reset = trail.lines().find(|line| line.contains("factors.reset")).unwrap();
    assert!(!reset.contains("lost-phone") && !reset.contains(shown["code"].as_str().unwrap()), "{reset}");
    assert!(host.run("admin requests --json").is(0).out.is_empty());
    host.run("admin requests").is(0).says("photo ID");
    assert_eq!(host.run("admin close-request rose --json").is(0).json()["closed"], false);
    host.run("admin recover nobody --reason lost-phone").is(1).says("nobody");
}
