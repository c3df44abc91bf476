//! `/userinfo`: the claims behind an access token, and behind nothing else.

use serde_json::{Value, json};
use vouchsafe::base::Role;

use super::verified;
use crate::actors::Answer;
use crate::idp::{TestIdp, on_each_engine};

fn everything() -> Value {
    json!({
        "name": "Rose Adams", "given_name": "Rose", "family_name": "Adams", "middle_name": "May",
        "nickname": "Rosie", "profile": "https://a.example/rose", "picture": "https://a.example/rose.png",
        "website": "https://rose.example", "gender": "female", "birthdate": "1950-02-01",
        "zoneinfo": "Europe/London", "locale": "en", "updated_at": 1_700_000_000,
        "address": { "formatted": "1 High Street" }, "phone_number": "+44 20 7946 0000",
        "phone_number_verified": true,
    })
}

const PROFILE: [&str; 14] = [
    "birthdate",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

async fn with(idp: &TestIdp, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    idp.http.send(method, url, headers, body.to_owned()).await
}

#[tokio::test]
async fn each_scope_brings_its_claims_and_no_others() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let rose = idp.person_as("rose", Role::Patient, true, everything()).await;
        let browser = idp.browser();
        let all: Vec<&str> = PROFILE
            .into_iter()
            .chain(["address", "email", "email_verified", "phone_number", "phone_number_verified"])
            .collect();
        let cases: [(&str, Vec<&str>); 6] = [
            ("openid", Vec::new()),
            ("openid profile", PROFILE.to_vec()),
            ("email openid", vec!["email", "email_verified"]),
            ("openid address", vec!["address"]),
            ("openid phone", vec!["phone_number", "phone_number_verified"]),
            ("phone address email profile openid", all),
        ];
        for (scope, mut wanted) in cases {
            let tokens = rp.signs_in_with(&rose, &browser, &rp.ask().set("scope", scope)).await;
            let answer = rp.userinfo(&tokens.access()).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
            assert_eq!(answer.header("cache-control"), "no-store");
            let claims = answer.json();
            wanted.push("sub");
            wanted.sort_unstable();
            let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, wanted, "{scope}");
            assert_eq!(claims["sub"], tokens.id_claims()["sub"]);
            if scope == "email openid" {
                assert_eq!(claims["email_verified"], json!(true));
            }
            assert!(claims.get("updated_at").is_none_or(Value::is_number));
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_gets_no_claim_its_policy_does_not_name() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("claims", json!(["name"])).basic().await;
        let rose = idp.person_as("rose", Role::Patient, true, everything()).await;
        let asked = r#"{"userinfo":{"gender":{"essential":true},"account":null},"id_token":{"email":null}}"#;
        let ask = rp.ask().set("scope", "openid profile email").set("claims", asked);
        let tokens = rp.signs_in_with(&rose, &idp.browser(), &ask).await;
        let claims = rp.userinfo(&tokens.access()).await.json();
        assert_eq!(claims, json!({ "sub": tokens.id_claims()["sub"], "name": "Rose Adams" }));
        assert!(tokens.id_claims().get("email").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_claim_asked_for_by_name_comes_where_it_was_asked_for() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let rose = idp.person_as("rose", Role::Patient, true, everything()).await;
        let browser = idp.browser();
        let ask = rp.ask().set("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);
        let tokens = rp.signs_in_with(&rose, &browser, &ask).await;
        assert_eq!(rp.userinfo(&tokens.access()).await.json()["name"], "Rose Adams");
        assert!(tokens.id_claims().get("name").is_none());
        let ask = rp.ask().set("claims", r#"{"id_token":{"email":null,"sub":null,"iss":null}}"#);
        let tokens = rp.signs_in_with(&rose, &browser, &ask).await;
        assert_eq!(tokens.id_claims()["email"], "rose@riverside.example");
        assert!(rp.userinfo(&tokens.access()).await.json().get("email").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_token_comes_in_the_header_or_in_a_form() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let token = rp.signs_in(&alice, &idp.browser()).await.access();
        let bearer = format!("Bearer {token}");
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let body = format!("access_token={token}");
        assert_eq!(with(&idp, "POST", "/userinfo", &[("authorization", &bearer)], "").await.status, 200);
        let both = [("authorization", bearer.as_str()), form_type];
        assert_eq!(with(&idp, "POST", "/userinfo", &both, "").await.status, 200);
        assert_eq!(with(&idp, "POST", "/userinfo", &[form_type], &body).await.status, 200);
        let lower = format!("bearer {token}");
        assert_eq!(with(&idp, "GET", "/userinfo", &[("authorization", &lower)], "").await.status, 200);

        let two = with(&idp, "POST", "/userinfo", &both, &body).await;
        two.is_refused("invalid_request");
        let twice = with(&idp, "POST", "/userinfo", &[form_type], &format!("{body}&{body}")).await;
        twice.is_refused("invalid_request");
        let query = with(&idp, "GET", &format!("/userinfo?access_token={token}"), &[], "").await;
        assert_eq!(query.status, 401);
        assert!(!query.body.contains(&token));
        let query = with(&idp, "POST", &format!("/userinfo?access_token={token}"), &[form_type], "").await;
        assert_eq!(query.status, 401);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_not_good_gets_a_challenge_and_leaves_a_trace() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let access = tokens.access();
        let parts: Vec<&str> = access.split('.').collect();
        let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", parts[1]);
        let id_parts = tokens.id();
        let id_parts: Vec<&str> = id_parts.split('.').collect();
        let mixed = format!("{}.{}.{}", parts[0], id_parts[1], parts[2]);
        let cut = &access[..access.len() - 4];
        for bad in [tokens.id().as_str(), &tokens.refresh(), &none, &mixed, cut, "x", "a.b.c"] {
            let mark = idp.mark().await;
            let answer = rp.userinfo(bad).await;
            answer.is_refused("invalid_token");
            assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
            assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"], "{bad}");
        }
        let nothing = idp.http.get("/userinfo").await;
        assert_eq!(nothing.status, 401);
        assert_eq!(nothing.header("www-authenticate"), "Bearer realm=\"vouchsafe\"");
        let other = [("authorization", "Basic eDp5")];
        assert_eq!(idp.http.send("GET", "/userinfo", &other, "").await.status, 401);
        idp.advance(301);
        rp.userinfo(&access).await.is_refused("invalid_token");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_was_not_granted_for_openid_tells_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().basic().await;
        let alice = idp.person("alice").await;
        let ask = rp.ask().set("scope", "openid email");
        let token = rp.signs_in_with(&alice, &idp.browser(), &ask).await.refresh();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str()), ("scope", "email")];
        let narrowed = rp.posts("/token", &form).await.is_granted();
        let mark = idp.mark().await;
        rp.userinfo(&narrowed.access()).await.is_refused("insufficient_scope");
        assert_eq!(idp.kinds_since(mark).await, ["userinfo.refused"]);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_asks_for_it_is_answered_in_a_jwt_that_is_no_id_token() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("userinfo_signed_response_alg", "PS256").basic().await;
        let rose = idp.person_as("rose", Role::Patient, true, everything()).await;
        let ask = rp.ask().set("scope", "openid profile");
        let tokens = rp.signs_in_with(&rose, &idp.browser(), &ask).await;
        let answer = rp.userinfo(&tokens.access()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/jwt"));
        assert_eq!(answer.header("cache-control"), "no-store");
        let told = verified(&idp, &answer.body).await;
        assert_eq!(crate::actors::header(&answer.body)["alg"], "PS256");
        assert_eq!((&told["iss"], &told["aud"]), (&json!(idp.issuer), &json!(rp.id)));
        assert_eq!((&told["sub"], &told["name"]), (&tokens.id_claims()["sub"], &json!("Rose Adams")));
        assert!(!told.contains_key("nonce") && !told.contains_key("exp"));
        // It opens nothing that an ID token opens.
        let hinted = rp.ask().set("prompt", "none").set("id_token_hint", &answer.body);
        let callback = crate::actors::Callback::of(&idp.browser().open(&hinted.url()).await);
        callback.is_refused("invalid_request");
        let refused = rp.userinfo("x.y.z").await;
        assert_eq!(refused.header("content-type"), "application/json");
    })
    .await;
}
