//! Keys that apps prove with every request (RFC 9449).

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vouchsafe::keys::{Algorithm, SigningKey};

use super::{Answer, Rp, Tokens, VERIFIER, encoded, pairs};
use crate::idp::TestIdp;
use crate::stacks::random;

/// A key that somebody proves.
#[derive(Clone)]
pub struct DpopKey {
    key: Arc<SigningKey>,
    idp: TestIdp,
}

impl DpopKey {
    /// A new one, made when proofs are believed without a nonce: a while after the session store's marks began.
    pub async fn new(idp: &TestIdp) -> Self {
        idp.operator().ephemeral.epoch(idp.now()).await.unwrap();
        idp.advance(16);
        let (key, _) = SigningKey::generate(Algorithm::Es256, idp.now()).unwrap();
        Self { key: Arc::new(key), idp: idp.clone() }
    }

    /// Its thumbprint.
    pub fn thumbprint(&self) -> &str {
        self.key.kid()
    }

    /// A proof for a request, with some claims changed (null leaves one out).
    pub fn proof(&self, method: &str, path: &str, changes: &Value) -> String {
        let mut jwk = serde_json::to_value(self.key.jwk()).unwrap();
        jwk.as_object_mut().unwrap().retain(|name, _| matches!(name.as_str(), "kty" | "crv" | "x" | "y"));
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let mut claims = json!({
            "jti": random().to_base64url(), "htm": method, "htu": self.idp.at(path),
            "iat": self.idp.now().seconds(),
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.key.sign_bytes(signed.as_bytes()).unwrap()))
    }

    /// A proof for a request that carries a token.
    pub fn proof_of(&self, token: &str, method: &str, path: &str) -> String {
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        self.proof(method, path, &json!({ "ath": hash }))
    }
}

impl Rp {
    /// As [`Rp::posts`], with these `DPoP` headers.
    pub async fn posts_with(&self, path: &str, form: &[(&str, &str)], proofs: &[&str]) -> Answer {
        let (headers, mut all) = self.proof();
        all.extend(pairs(form));
        let mut headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        self.idp().http.send("POST", path, &headers, encoded(&all)).await
    }

    /// Redeems a code and proves a key.
    pub async fn redeem_proving(&self, code: &str, key: &DpopKey) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.posts_with("/token", &form, &[&key.proof("POST", "/token", &json!({}))]).await
    }

    /// Uses a refresh token and proves a key.
    pub async fn refresh_proving(&self, tokens: &Tokens, key: &DpopKey) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh())];
        self.posts_with("/token", &form, &[&key.proof("POST", "/token", &json!({}))]).await
    }

    /// Asks for claims with a token shown by this scheme and these proofs.
    pub async fn userinfo_by(&self, scheme: &str, token: &str, proofs: &[&str]) -> Answer {
        let shown = format!("{scheme} {token}");
        let mut headers = vec![("authorization", shown.as_str())];
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        self.idp().http.send("GET", "/userinfo", &headers, "").await
    }
}
