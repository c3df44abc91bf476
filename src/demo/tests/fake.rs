//! A provider small enough to lie on demand: it answers every request at once, as its knobs say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::PkceCodeChallenge;
use openidconnect::PkceCodeVerifier;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::{Settings, serve};

/// The moment at which every test happens.
pub(super) const NOW: i64 = 1_789_915_510;
const SECRET: &str = "a secret & more";

type Params = HashMap<String, String>;

/// What the provider is told to do, and what it was asked.
pub(super) struct Knobs {
    pub(super) issuer: String,
    pub(super) error: Option<&'static str>,
    pub(super) iss: Option<String>,
    pub(super) is_away: bool,
    pub(super) acr: &'static str,
    pub(super) auth_time: i64,
    pub(super) sub: &'static str,
    pub(super) userinfo_sub: Option<&'static str>,
    /// Replaces claims of the next ID token.
    pub(super) claims: Value,
    pub(super) refuses_refresh: bool,
    pub(super) corrupts_signature: bool,
    pub(super) asked: Params,
    pub(super) left: Params,
    pub(super) key_fetches: u32,
    pub(super) kid: String,
    /// Names a key that is not published.
    pub(super) signs_as: Option<&'static str>,
    key: EcdsaKeyPair,
    refreshes: u32,
}

impl Knobs {
    /// A new signing key under a new name.
    pub(super) fn rotate(&mut self) {
        self.kid.push('+');
        self.key = new_key();
    }
}

#[derive(Clone)]
pub(super) struct Fake(Arc<Mutex<Knobs>>);

impl Fake {
    /// Starts the provider and the clinic; returns the clinic's origin.
    pub(super) async fn with_clinic() -> (Self, String) {
        let fake = Self::start().await;
        let issuer = fake.knobs().issuer.clone();
        (fake, clinic(issuer).await)
    }

    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self(Arc::new(Mutex::new(Knobs {
            iss: Some(issuer.clone()),
            issuer,
            error: None,
            is_away: false,
            acr: "urn:vouchsafe:acr:aal2",
            auth_time: NOW - 30,
            sub: "person-1",
            userinfo_sub: None,
            claims: json!({}),
            refuses_refresh: false,
            corrupts_signature: false,
            asked: Params::new(),
            left: Params::new(),
            key_fetches: 0,
            kid: "k".into(),
            signs_as: None,
            key: new_key(),
            refreshes: 0,
        })));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/logout", get(logout))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// A logout token with some claims changed, or of another type.
    pub(super) fn logout_token(&self, typ: &str, changes: &Value) -> String {
        let knobs = self.knobs();
        let mut claims = json!({
            "iss": knobs.issuer, "aud": "demo-clinic", "sub": knobs.sub, "sid": "s", "jti": "j",
            "iat": NOW, "exp": NOW + 120,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        sign_as(&knobs, typ, claims)
    }

    pub(super) fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.0.lock().unwrap()
    }
}

/// A clinic that trusts that issuer.
pub(super) async fn clinic(issuer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings {
        issuer,
        client_id: "demo-clinic".into(),
        client_secret: Some(SECRET.into()),
        origin: origin.clone(),
        now: || NOW,
    };
    tokio::spawn(serve(listener, settings, std::future::pending()));
    origin
}

fn new_key() -> EcdsaKeyPair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap()
}

async fn discovery(State(fake): State<Fake>) -> Response {
    let knobs = fake.knobs();
    if knobs.is_away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let at = |path: &str| format!("{}{path}", knobs.issuer);
    Json(json!({
        "issuer": knobs.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "end_session_endpoint": at("/logout"),
        "jwks_uri": at("/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        "authorization_response_iss_parameter_supported": true,
        "something_new": {"a": 1},
    }))
    .into_response()
}

async fn jwks(State(fake): State<Fake>) -> Json<Value> {
    let mut knobs = fake.knobs();
    knobs.key_fetches += 1;
    let point = knobs.key.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    Json(json!({"keys": [{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":knobs.kid,"x":x,"y":y}]}))
}

async fn authorize(State(fake): State<Fake>, Query(params): Query<Params>) -> Redirect {
    let mut knobs = fake.knobs();
    let mut answer = vec![("state", params["state"].clone())];
    if let Some(iss) = knobs.iss.clone() {
        answer.push(("iss", iss));
    }
    match knobs.error {
        Some(error) => answer.extend([("error", error.into()), ("error_description", "because <b>".into())]),
        None => answer.push(("code", "the-code".into())),
    }
    let target = openidconnect::url::Url::parse_with_params(&params["redirect_uri"], answer).unwrap();
    knobs.asked = params;
    Redirect::to(target.as_str())
}

async fn token(State(fake): State<Fake>, headers: HeaderMap, Form(params): Form<Params>) -> Response {
    let mut knobs = fake.knobs();
    let secret: String = openidconnect::url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let basic = format!("Basic {}", STANDARD.encode(format!("demo-clinic:{secret}")));
    if headers[header::AUTHORIZATION] != basic.as_str() {
        return refusal("invalid_client");
    }
    match params["grant_type"].as_str() {
        "authorization_code" => {
            let verifier = PkceCodeVerifier::new(params["code_verifier"].clone());
            let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
            if challenge.as_str() != knobs.asked["code_challenge"] || params["code"] != "the-code" {
                return refusal("invalid_grant");
            }
        }
        _ if knobs.refuses_refresh || params["refresh_token"] != format!("refresh-{}", knobs.refreshes) => {
            return refusal("invalid_grant");
        }
        _ => knobs.refreshes += 1,
    }
    Json(json!({
        "access_token": sign(&knobs, json!({"iss": knobs.issuer, "sub": knobs.sub, "scope": "openid"})),
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": format!("refresh-{}", knobs.refreshes),
        "id_token": id_token(&knobs),
    }))
    .into_response()
}

fn refusal(code: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": code}))).into_response()
}

fn id_token(knobs: &Knobs) -> String {
    let mut claims = json!({
        "iss": knobs.issuer, "aud": "demo-clinic", "sub": knobs.sub, "jti": "j", "sid": "s",
        "iat": NOW + i64::from(knobs.refreshes), "exp": NOW + 300 + i64::from(knobs.refreshes),
        "auth_time": knobs.auth_time, "acr": knobs.acr, "amr": ["pwd", "otp", "mfa"],
        "nonce": knobs.asked["nonce"],
    });
    for (name, value) in knobs.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    sign(knobs, claims)
}

fn sign(knobs: &Knobs, claims: Value) -> String {
    sign_as(knobs, "JWT", claims)
}

fn sign_as(knobs: &Knobs, typ: &str, claims: Value) -> String {
    let header = json!({"alg": "ES256", "typ": typ, "kid": knobs.signs_as.unwrap_or(&knobs.kid)});
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let signature = knobs.key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    let mut signature = signature.as_ref().to_vec();
    if knobs.corrupts_signature {
        signature[40] ^= 1;
    }
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn userinfo(State(fake): State<Fake>, headers: HeaderMap) -> Response {
    let knobs = fake.knobs();
    if !headers[header::AUTHORIZATION].to_str().unwrap().starts_with("Bearer ") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let sub = knobs.userinfo_sub.unwrap_or(knobs.sub);
    Json(json!({"sub": sub, "name": "Rose <Adams>", "email": "rose@example.test", "ward": "Lily"}))
        .into_response()
}

async fn logout(State(fake): State<Fake>, Query(params): Query<Params>) -> Redirect {
    let target = format!("{}?state={}", params["post_logout_redirect_uri"], params["state"]);
    fake.knobs().left = params;
    Redirect::to(&target)
}
