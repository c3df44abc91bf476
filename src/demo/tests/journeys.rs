//! What people do: sign in, prescribe, refresh, sign out.

use axum::http::{StatusCode, header};
use serde_json::json;

use super::browser::Browser;
use super::fake::{Fake, NOW};

#[tokio::test]
async fn a_person_signs_in_and_sees_how() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let door = browser.open(&origin).await;
    assert!(door.has("sign-in") && !door.has("acr"));
    let home = browser.press(&door, "sign-in").await;
    assert_eq!((home.status, home.url.path()), (StatusCode::OK, "/"), "{}", home.html);
    assert_eq!(home.text("acr"), Some("urn:vouchsafe:acr:aal2"));
    assert_eq!(home.text("amr"), Some("pwd otp mfa"));
    assert_eq!(home.text("sub"), Some("person-1"));
    assert_eq!(home.text("auth-time"), Some((NOW - 30).to_string().as_str()));
    for words in [
        "30 seconds ago",
        "14:44:40 UTC, 20 Sep 2026",
        "a one-time code",
        "two proofs",
        "Lily",
        "ES256",
        "&#60;Adams&#62;",
    ] {
        assert!(home.html.contains(words), "{words} in {}", home.html);
    }
    let asked = fake.knobs().asked.clone();
    assert_eq!(asked["scope"], "openid profile email offline_access");
    assert_eq!((asked["code_challenge_method"].as_str(), asked["response_type"].as_str()), ("S256", "code"));
    assert_eq!((asked["state"].len(), asked["nonce"].len()), (43, 43));
    assert!(!asked.contains_key("acr_values") && !asked.contains_key("max_age"));
}

#[tokio::test]
async fn two_tabs_sign_in_side_by_side() {
    let (_, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let first = browser.peek(&format!("{origin}/sign-in")).await;
    let second = browser.peek(&format!("{origin}/sign-in")).await;
    assert_eq!(browser.open(&second).await.status, StatusCode::OK);
    assert_eq!(browser.open(&first).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_app_may_start_the_sign_in() {
    let (fake, origin) = Fake::with_clinic().await;
    let issuer = fake.knobs().issuer.clone();
    let mut browser = Browser::new();
    let page = browser.open(&format!("{origin}/sign-in?iss={issuer}&login_hint=rose")).await;
    assert!(page.has("acr"));
    assert_eq!(fake.knobs().asked["login_hint"], "rose");
    let page = browser.open(&format!("{origin}/sign-in?iss=http://other.test")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_prescription_is_signed_with_a_fresh_proof() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let home = browser.open(&format!("{origin}/sign-in")).await;
    let session = browser.cookies.clone();
    let signed = browser.press(&home, "prescribe").await;
    assert!(signed.has("prescription-signed"), "{}", signed.html);
    assert!(signed.html.contains("Signed at 14:45:10 UTC, 20 Sep 2026"));
    let asked = fake.knobs().asked.clone();
    assert_eq!((asked["acr_values"].as_str(), asked["max_age"].as_str()), ("urn:vouchsafe:acr:aal2", "60"));
    assert_ne!(browser.cookies, session, "a new session id at every rise");
    assert!(
        !Browser { cookies: session, ..Browser::new() }.open(&origin).await.has("acr"),
        "the old one is over"
    );

    let page = browser.press(&signed, "prescribe-phr").await;
    assert_eq!(fake.knobs().asked["acr_values"], "urn:vouchsafe:acr:aal2-phr");
    assert!(page.has("prescription-refused"), "aal2 is less than was asked for");
    fake.knobs().acr = "urn:vouchsafe:acr:aal2-phr";
    assert!(browser.press(&page, "prescribe-phr").await.has("prescription-signed"));
}

#[tokio::test]
async fn a_prescription_is_not_signed_with_an_old_proof_or_by_somebody_else() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let home = browser.open(&format!("{origin}/sign-in")).await;
    fake.knobs().auth_time = NOW - 66;
    let page = browser.press(&home, "prescribe").await;
    assert!(page.has("prescription-refused") && page.html.contains("no older than 60 seconds"));
    {
        let mut knobs = fake.knobs();
        knobs.auth_time = NOW;
        knobs.sub = "person-2";
    }
    let page = browser.press(&page, "prescribe").await;
    assert!(page.has("prescription-refused") && page.html.contains("Somebody else"));
    assert_eq!(page.text("sub"), Some("person-2"));
}

#[tokio::test]
async fn a_refresh_brings_new_times_for_the_same_sign_in() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let home = browser.open(&format!("{origin}/sign-in")).await;
    let page = browser.press(&home, "refresh").await;
    assert!(page.has("refreshed") && page.html.contains("sub and auth_time are unchanged"), "{}", page.html);
    assert_eq!(page.text("issued"), Some((NOW + 1).to_string().as_str()));
    assert_eq!(page.text("auth-time"), home.text("auth-time"));
    let again = browser.press(&page, "refresh").await;
    assert!(again.has("refreshed"), "the rotated token is the one used");

    fake.knobs().refuses_refresh = true;
    let over = browser.press(&again, "refresh").await;
    assert_eq!((over.status, over.text("error")), (StatusCode::FORBIDDEN, Some("invalid_grant")));
    assert!(browser.open(&origin).await.has("sign-in"), "the session ended with the sign-in");
}

#[tokio::test]
async fn signing_out_ends_it_here_and_there() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let home = browser.open(&format!("{origin}/sign-in")).await;
    let kept = browser.clone();
    let page = browser.press(&home, "sign-out").await;
    assert_eq!(page.url.path(), "/signed-out");
    assert!(page.has("signed-out"), "{}", page.html);
    let left = fake.knobs().left.clone();
    assert_eq!(left["id_token_hint"].split('.').count(), 3);
    assert_eq!(left["post_logout_redirect_uri"], format!("{origin}/signed-out"));
    assert_eq!(left["client_id"], "demo-clinic");
    assert!({ kept }.open(&origin).await.has("sign-in"), "the cookie alone brings nobody back");
    assert!(browser.open(page.url.as_str()).await.has("signed-out-here"), "an answer counts once");
    assert!(browser.open(&format!("{origin}/signed-out")).await.has("signed-out-here"));
}

#[tokio::test]
async fn a_session_that_ended_there_ends_here_by_a_token_that_is_believed() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"));
    let url = format!("{origin}/session-ended");
    let nothing = json!({});
    let mut refused = vec![
        fake.logout_token("JWT", &nothing),
        fake.logout_token("logout+jwt", &json!({ "iss": "https://other.example" })),
        fake.logout_token("logout+jwt", &json!({ "aud": "another" })),
        fake.logout_token("logout+jwt", &json!({ "exp": NOW })),
        fake.logout_token("logout+jwt", &json!({ "iat": NOW + 120, "exp": NOW + 240 })),
        fake.logout_token("logout+jwt", &json!({ "events": {} })),
        fake.logout_token("logout+jwt", &json!({ "nonce": "n" })),
        fake.logout_token("logout+jwt", &json!({ "sid": null })),
        "a.b.c".to_owned(),
    ];
    fake.knobs().corrupts_signature = true;
    refused.push(fake.logout_token("logout+jwt", &nothing));
    fake.knobs().corrupts_signature = false;
    for token in refused {
        let answer = browser.post(&url, &format!("logout_token={token}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{token}");
    }
    let another = fake.logout_token("logout+jwt", &json!({ "sid": "another" }));
    assert_eq!(browser.post(&url, &format!("logout_token={another}")).await.status, StatusCode::OK);
    assert!(browser.open(&origin).await.has("acr"), "nothing ended yet");
    fake.knobs().rotate();
    let told = fake.logout_token("logout+jwt", &nothing);
    assert_eq!(browser.post(&url, &format!("logout_token={told}")).await.status, StatusCode::OK);
    assert!(browser.open(&origin).await.has("sign-in"));
}

#[tokio::test]
async fn rotated_keys_are_fetched_when_a_token_names_one() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"));
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"));
    assert_eq!(fake.knobs().key_fetches, 1, "discovery is remembered");
    fake.knobs().rotate();
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"));
    assert_eq!(fake.knobs().key_fetches, 2);
}

#[tokio::test]
async fn every_page_is_sealed_off() {
    let (fake, origin) = Fake::with_clinic().await;
    let issuer = fake.knobs().issuer.clone();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut browser = Browser::new();
    for path in ["/", "/style.css", "/icon.svg", "/signed-out", "/callback", "/nowhere", "/refresh"] {
        let page = browser.open(&format!("{origin}{path}")).await;
        assert_eq!(page.headers[header::CONTENT_SECURITY_POLICY], policy, "{path}");
        assert_eq!(page.headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert!(!page.html.contains("<script") && !page.html.contains(" style="), "{path}");
    }
}

#[tokio::test]
async fn another_host_name_leads_to_the_right_one() {
    let (_, origin) = Fake::with_clinic().await;
    let other = origin.replace("127.0.0.1", "localhost");
    assert_eq!(
        Browser::new().peek(&format!("{other}/callback?code=x")).await,
        format!("{origin}/callback?code=x")
    );
    let refused = Browser::new().post(&format!("{other}/refresh"), "csrf=").await;
    assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST);
}
