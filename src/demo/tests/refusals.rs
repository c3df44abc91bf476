//! What the app does not believe, and what it says when the sign-in service says no or nothing.

use axum::http::{StatusCode, header};
use serde_json::json;

use super::browser::Browser;
use super::fake::{Fake, NOW, clinic};

#[tokio::test]
async fn a_state_of_another_browser_is_refused() {
    let (_, origin) = Fake::with_clinic().await;
    let (mut rose, mut mallory) = (Browser::new(), Browser::new());
    let to_provider = mallory.peek(&format!("{origin}/sign-in")).await;
    let answer = mallory.peek(&to_provider).await;
    for stranger in [&mut rose, &mut Browser::new()] {
        let page = stranger.open(&answer).await;
        assert_eq!((page.status, page.text("error")), (StatusCode::BAD_REQUEST, Some("state")));
        assert!(!stranger.open(&origin).await.has("acr"));
    }
    assert!(mallory.open(&answer).await.has("acr"), "a stranger's try spends nothing");
    assert_eq!(mallory.open(&answer).await.status, StatusCode::BAD_REQUEST, "an answer counts once");
}

#[tokio::test]
async fn a_changed_or_missing_state_is_refused() {
    let (_, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let to_provider = browser.peek(&format!("{origin}/sign-in")).await;
    let answer = browser.peek(&to_provider).await;
    for odd in [
        answer.replace("state=", "state=x"),
        answer.replace("state=", "estate="),
        format!("{answer}&state=two"),
        format!("{origin}/callback"),
        format!("{origin}/callback?error=access_denied"),
    ] {
        assert_eq!(browser.open(&odd).await.status, StatusCode::BAD_REQUEST, "{odd}");
    }
}

#[tokio::test]
async fn a_response_of_another_issuer_is_refused() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    for iss in [Some("http://mallory.test".to_owned()), None] {
        for error in [None, Some("access_denied")] {
            fake.knobs().iss.clone_from(&iss);
            fake.knobs().error = error;
            let page = browser.open(&format!("{origin}/sign-in")).await;
            assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{iss:?} {error:?}");
            assert!(page.text("error-detail").unwrap().contains("(iss)"));
        }
    }
    assert!(!browser.open(&origin).await.has("acr"));
}

#[tokio::test]
async fn an_id_token_that_is_wrong_in_one_way_is_refused() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    for (claims, why) in [
        (json!({"nonce": "another"}), "nonce"),
        (json!({"nonce": null}), "nonce"),
        (json!({"aud": "another-app"}), "audience"),
        (json!({"aud": ["demo-clinic", "another-app"]}), "audience"),
        (json!({"iss": "http://mallory.test"}), "issuer"),
        (json!({"exp": NOW}), "Expired"),
        (json!({"iat": NOW + 61}), "future"),
        (json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "at_hash"),
    ] {
        fake.knobs().claims = claims.clone();
        let page = browser.open(&format!("{origin}/sign-in")).await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{claims}");
        assert!(
            page.text("error-detail").unwrap().contains(why),
            "{claims}: {:?}",
            page.text("error-detail")
        );
    }
    fake.knobs().claims = json!({});
    fake.knobs().corrupts_signature = true;
    let page = browser.open(&format!("{origin}/sign-in")).await;
    assert!(page.text("error-detail").unwrap().contains("ignature"), "{:?}", page.text("error-detail"));
    fake.knobs().corrupts_signature = false;
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"), "and a right one is believed");
}

#[tokio::test]
async fn a_token_of_an_unpublished_key_is_refused() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    fake.knobs().signs_as = Some("unheard-of");
    let page = browser.open(&format!("{origin}/sign-in")).await;
    assert!(
        page.text("error-detail").unwrap().contains("does not publish"),
        "{:?}",
        page.text("error-detail")
    );
    assert_eq!(fake.knobs().key_fetches, 2, "asked once more, and not again");
    fake.knobs().signs_as = None;
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"));
    // Same name, another key: nothing is fetched, and the signature does not hold.
    fake.knobs().rotate();
    fake.knobs().kid = "k".into();
    assert_eq!(browser.open(&format!("{origin}/sign-in")).await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_refused() {
    let (fake, origin) = Fake::with_clinic().await;
    fake.knobs().userinfo_sub = Some("person-2");
    let page = Browser::new().open(&format!("{origin}/sign-in")).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text("error-detail").unwrap().contains("userinfo"));
}

#[tokio::test]
async fn a_refresh_that_changes_the_person_or_the_sign_in_is_refused() {
    let (fake, origin) = Fake::with_clinic().await;
    for (claims, why) in [
        (json!({"sub": "person-2"}), "(sub)"),
        (json!({"auth_time": NOW}), "(auth_time)"),
        (json!({"nonce": "another"}), "nonce"),
    ] {
        let mut browser = Browser::new();
        fake.knobs().claims = json!({});
        let home = browser.open(&format!("{origin}/sign-in")).await;
        fake.knobs().claims = claims.clone();
        let page = browser.press(&home, "refresh").await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{claims}");
        assert!(
            page.text("error-detail").unwrap().contains(why),
            "{claims}: {:?}",
            page.text("error-detail")
        );
        assert_eq!(browser.open(&origin).await.text("sub"), Some("person-1"));
    }
}

#[tokio::test]
async fn a_refresh_without_nonce_is_believed() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let home = browser.open(&format!("{origin}/sign-in")).await;
    fake.knobs().claims = json!({"nonce": null});
    assert!(browser.press(&home, "refresh").await.has("refreshed"));
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let (_, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    browser.open(&format!("{origin}/sign-in")).await;
    for path in ["/prescribe", "/refresh", "/sign-out"] {
        for body in
            ["level=aal2", "level=aal2&csrf=", "level=aal2&csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
        {
            let page = browser.post(&format!("{origin}{path}"), body).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {body}");
        }
    }
    assert!(browser.open(&origin).await.has("acr"), "still signed in");
    let page = Browser::new().post(&format!("{origin}/refresh"), "csrf=x").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_services_no_is_told_calmly() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    for (error, status) in [
        ("access_denied", 403),
        ("login_required", 403),
        ("unmet_authentication_requirements", 403),
        ("server_error", 502),
        ("invalid_scope", 502),
        ("temporarily_unavailable", 503),
    ] {
        fake.knobs().error = Some(error);
        let page = browser.open(&format!("{origin}/sign-in")).await;
        assert_eq!(page.status.as_u16(), status, "{error}");
        assert!(page.has("try-again") && page.html.contains("because &#60;b&#62;"), "{}", page.html);
    }
}

#[tokio::test]
async fn a_no_to_a_prescription_leaves_the_person_signed_in() {
    let (fake, origin) = Fake::with_clinic().await;
    let mut browser = Browser::new();
    let home = browser.open(&format!("{origin}/sign-in")).await;
    fake.knobs().error = Some("unmet_authentication_requirements");
    let page = browser.press(&home, "prescribe-phr").await;
    assert_eq!(page.text("error"), Some("unmet_authentication_requirements"));
    assert!(page.html.contains("id=\"try-again\" href=\"/\""), "back, not in");
    assert!(browser.open(&origin).await.has("prescribe"));
}

#[tokio::test]
async fn a_service_that_is_away_is_a_503_and_comes_back() {
    let (fake, origin) = Fake::with_clinic().await;
    fake.knobs().is_away = true;
    let mut browser = Browser::new();
    let page = browser.open(&format!("{origin}/sign-in")).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.headers[header::RETRY_AFTER], "5");
    fake.knobs().is_away = false;
    assert!(browser.open(&format!("{origin}/sign-in")).await.has("acr"));

    let alone = clinic("http://127.0.0.1:9".into()).await;
    assert_eq!(browser.open(&alone).await.status, StatusCode::OK);
    assert_eq!(browser.open(&format!("{alone}/sign-in")).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
