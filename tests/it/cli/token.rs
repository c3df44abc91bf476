//! `token inspect`

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Host;

fn jwt(header: &str, claims: &str) -> String {
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(header), encode(claims), encode("signature"))
}

#[test]
fn a_token_is_taken_apart_and_its_words_explained() {
    let host = Host::ready();
    let claims = r#"{"iss":"x","exp":1,"acr":"urn:vouchsafe:acr:aal2-phr","amr":["pwd","otp"]}"#;
    let foreign = jwt(r#"{"alg":"ES256","kid":"elsewhere","typ":"JWT"}"#, claims);
    let told = host.fed("token inspect --json", &foreign).is(0).json();
    assert_eq!(told["signature"]["state"], "unknown_key");
    assert_eq!(told["claims"]["iss"], "x");
    assert!(told["times"]["expires"].as_str().unwrap().contains("ago"), "{told}");
    assert!(told["meaning"]["amr otp"].as_str().unwrap().contains("one-time code"), "{told}");
    let text = host.fed("token inspect -", &foreign).is(0).out;
    assert!(text.contains("phishing-resistant") && text.contains("1970-01-01T00:00:01Z"), "{text}");

    let kid = host.run("keys list --json").is(0).lines()[0]["kid"].as_str().unwrap().to_owned();
    let forged = jwt(&format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"JWT"}}"#), claims);
    let told = host.fed("token inspect --json", &forged).is(1).json();
    assert_eq!(told["signature"]["state"], "bad");
}

#[test]
fn without_an_installation_a_token_is_taken_apart_all_the_same() {
    let host = Host::bare();
    let told = host.fed("token inspect --json", &jwt(r#"{"alg":"ES256"}"#, "{}")).is(0).json();
    assert_eq!(told["signature"]["state"], "not_checked");
}

#[test]
fn what_is_no_token_is_told_and_never_an_argument() {
    let host = Host::bare();
    host.fed("token inspect", "hello").is(1).says("not well formed");
    host.fed("token inspect", "").is(1);
    host.run("token inspect eyJ.eyJ.x").is(2).says("standard input");
    let opaque = host.fed("token inspect", "vsrt_short").is(0).out;
    assert!(opaque.contains("cut short"), "{opaque}");
}
