//! Answers that a client has encrypted to its key, or put into a JWT.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::{aead, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vouchsafe::keys::{Algorithm, SigningKey};

use super::verified;
use crate::actors::{Callback, Rp, RpBuilder, header};
use crate::faults::stores::{Asked, Rests, on_each_store};
use crate::idp::{TestIdp, on_each_engine};

const JWT: &str = "application/token-introspection+jwt";

/// A client's private keys, and the set it registers.
pub struct Keys {
    rsa: PrivateDecryptingKey,
    ec: PrivateKey,
    /// The set.
    pub jwks: Value,
}

/// New ones.
pub fn keys(idp: &TestIdp) -> Keys {
    let (rsa, der) = SigningKey::generate(Algorithm::Rs256, idp.now()).unwrap();
    let public = serde_json::to_value(rsa.jwk()).unwrap();
    let ec = PrivateKey::generate(&ECDH_P256).unwrap();
    let point = ec.compute_public_key().unwrap();
    let (x, y) = point.as_ref()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let jwks = json!({ "keys": [
        { "kty": "RSA", "use": "enc", "kid": "rsa", "n": public["n"], "e": public["e"] },
        { "kty": "EC", "crv": "P-256", "use": "enc", "kid": "ec", "alg": "ECDH-ES", "x": x, "y": y },
    ] });
    Keys { rsa: PrivateDecryptingKey::from_pkcs8(der.expose()).unwrap(), ec, jwks }
}

impl Keys {
    /// The key of a message (RFC 7518 §4.3, §4.6).
    fn of(&self, head: &Value, sealed: &[u8]) -> Vec<u8> {
        let length: usize = if head["enc"] == "A256GCM" { 32 } else { 16 };
        if head["alg"] == "RSA-OAEP-256" {
            let private = OaepPrivateDecryptingKey::new(self.rsa.clone()).unwrap();
            let mut key = vec![0; private.min_output_size()];
            return private.decrypt(&OAEP_SHA256_MGF1SHA256, sealed, &mut key, None).unwrap().to_vec();
        }
        let of = |name: &str| URL_SAFE_NO_PAD.decode(head["epk"][name].as_str().unwrap()).unwrap();
        let point = [&[4_u8][..], &of("x"), &of("y")].concat();
        let secret =
            agree(&self.ec, UnparsedPublicKey::new(&ECDH_P256, point), (), |s| Ok(s.to_vec())).unwrap();
        let number = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
        let enc = head["enc"].as_str().unwrap();
        let info =
            [&number(enc.len())[..], enc.as_bytes(), &number(0), &number(0), &number(length * 8)].concat();
        let hash = digest::digest(&digest::SHA256, &[&number(1)[..], &secret, &info].concat());
        hash.as_ref()[..length].to_vec()
    }

    /// What a message says, and its header.
    pub fn open(&self, message: &str) -> (Value, String) {
        let parts: Vec<&str> = message.split('.').collect();
        let bytes = |at: usize| URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
        let head: Value = serde_json::from_slice(&bytes(0)).unwrap();
        assert!(parts.len() == 5 && head.get("zip").is_none(), "{head}");
        let key = self.of(&head, &bytes(1));
        let algorithm = if key.len() == 32 { &aead::AES_256_GCM } else { &aead::AES_128_GCM };
        let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, &key).unwrap());
        let nonce = aead::Nonce::try_assume_unique_for_key(&bytes(2)).unwrap();
        let mut text = [bytes(3), bytes(4)].concat();
        let plain = key.open_in_place(nonce, aead::Aad::from(parts[0].as_bytes()), &mut text).unwrap();
        (head, String::from_utf8(plain.to_vec()).unwrap())
    }
}

/// An app whose every answer is signed and encrypted to its keys.
fn reading(idp: &TestIdp, own: &Keys) -> RpBuilder {
    idp.rp()
        .with("jwks", own.jwks.clone())
        .with("id_token_signed_response_alg", "ES256")
        .with("id_token_encrypted_response_alg", "RSA-OAEP-256")
        .with("id_token_encrypted_response_enc", "A256GCM")
        .with("userinfo_signed_response_alg", "PS256")
        .with("userinfo_encrypted_response_alg", "ECDH-ES")
        .with("userinfo_encrypted_response_enc", "A128GCM")
        .with("introspection_encrypted_response_alg", "ECDH-ES")
        .with("introspection_encrypted_response_enc", "A256GCM")
}

/// Asks about a token, for an answer in a JWT.
async fn introspects(rp: &Rp, token: &str) -> crate::actors::Answer {
    let (own, form) = rp.proof();
    let mut headers: Vec<_> = own.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    headers.extend([("accept", JWT), ("content-type", "application/x-www-form-urlencoded")]);
    let body = crate::actors::encoded(&[form, crate::actors::pairs(&[("token", token)])].concat());
    rp.idp().http.send("POST", "/introspect", &headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_encrypted_to_the_clients_key_once_they_are_signed() {
    on_each_engine(async |idp| {
        let own = keys(&idp);
        let rp = reading(&idp, &own).basic().await;
        let got = rp.signs_in(&idp.person("alice").await, &idp.browser()).await;
        let (head, signed) = own.open(&got.id());
        assert_eq!(head, json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "rsa", "cty": "JWT" }));
        assert_eq!(header(&signed)["alg"], "ES256");
        let claims = verified(&idp, &signed).await;
        assert_eq!((&claims["aud"], &claims["nonce"]), (&json!(rp.id), &json!("n-0S6_WzA2Mj")));

        let answer = rp.userinfo(&got.access()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/jwt"));
        let (head, signed) = own.open(&answer.body);
        assert_eq!(
            (&head["alg"], &head["enc"], &head["kid"]),
            (&json!("ECDH-ES"), &json!("A128GCM"), &json!("ec"))
        );
        assert_eq!(header(&signed)["alg"], "PS256");
        assert_eq!(verified(&idp, &signed).await["sub"], claims["sub"]);

        let answer = introspects(&rp, &got.access()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, JWT));
        let (_, signed) = own.open(&answer.body);
        assert_eq!(verified(&idp, &signed).await["token_introspection"]["sub"], claims["sub"]);

        let again = rp.refresh(&got.refresh()).await.is_granted();
        assert_eq!(verified(&idp, &own.open(&again.id()).1).await["sub"], claims["sub"]);
        let back = rp.post_logout_redirect_uri.clone();
        let hint = crate::actors::pairs(&[("id_token_hint", &signed), ("post_logout_redirect_uri", &back)]);
        let url = idp.at(&format!("/logout?{}", crate::actors::encoded(&hint)));
        assert_eq!(idp.browser().get(&url).await.status, 400, "another JWT is no hint");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_may_be_encrypted_alone_and_introspection_signed_alone() {
    on_each_engine(async |idp| {
        let own = keys(&idp);
        let rp = idp.rp().with("jwks", own.jwks.clone());
        let rp = rp
            .with("userinfo_encrypted_response_alg", "RSA-OAEP-256")
            .with("userinfo_encrypted_response_enc", "A128GCM")
            .with("introspection_signed_response_alg", "EdDSA")
            .basic()
            .await;
        let got = rp.signs_in(&idp.person("alice").await, &idp.browser()).await;
        let (head, plain) = own.open(&rp.userinfo(&got.access()).await.body);
        assert!(head.get("cty").is_none());
        let claims: Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(claims["sub"], got.id_claims()["sub"]);

        let answer = introspects(&rp, &got.access()).await;
        assert_eq!(
            (&header(&answer.body)["typ"], &header(&answer.body)["alg"]),
            (&json!("token-introspection+jwt"), &json!("EdDSA"))
        );
        let claims = verified(&idp, &answer.body).await;
        let names: Vec<&str> = claims.keys().map(String::as_str).collect();
        assert_eq!(names, ["aud", "iat", "iss", "token_introspection"]);
        assert_eq!((&claims["aud"], &claims["token_introspection"]["active"]), (&json!(rp.id), &json!(true)));
        let dead = verified(&idp, &introspects(&rp, "x").await.body).await;
        assert_eq!(dead["token_introspection"], json!({ "active": false }));
        assert_eq!(rp.introspect(&got.access()).await.header("content-type"), "application/json");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_no_answer_is_given_that_needs_it_and_none_in_the_clear() {
    on_each_store(&[], async |idp, store| {
        let own = keys(&idp);
        let rp = reading(&idp, &own).with("authorization_signed_response_alg", "ES256").basic().await;
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let got = rp.signs_in(&alice, &browser).await;
        let subject = verified(&idp, &own.open(&got.id()).1).await["sub"].clone();
        let code = alice.authorizes(&browser, &rp.ask()).await.code();
        let met = vec![Asked::new("a code", Rests::Both, {
            let (rp, code) = (rp.clone(), code.clone());
            async move { rp.redeem(&code).await }
        })];
        assert!(store.meets(&idp, met).await.is_empty());
        let silent = rp.ask().set("prompt", "none").set("response_mode", "jwt").url();
        let asks =
            || {
                let [refreshing, claiming, looking] = [(); 3].map(|()| (rp.clone(), got.clone()));
                let (silent, browser) = (silent.clone(), browser.clone());
                vec![
                    Asked::new("a signed answer", Rests::Both, async move { browser.get(&silent).await }),
                    Asked::new("a refresh", Rests::Change, async move {
                        refreshing.0.refresh(&refreshing.1.refresh()).await
                    })
                    .telling("refresh.rotated"),
                    Asked::new("claims", Rests::Facts, async move {
                        claiming.0.userinfo(&claiming.1.access()).await
                    }),
                    Asked::new("an introspection", Rests::Facts, async move {
                        introspects(&looking.0, &looking.1.access()).await
                    }),
                ]
            };
        for (name, answer) in store.away(&idp, asks).await {
            match name {
                "a refresh" => assert!(own.open(&answer.is_granted().id()).1.starts_with("ey")),
                _ => {
                    let typed = if name == "claims" { "application/jwt" } else { JWT };
                    assert_eq!(answer.header("content-type"), typed, "{name}");
                    assert!(own.open(&answer.body).1.starts_with("ey"), "{name}");
                }
            }
        }
        let said = verified(&idp, Callback::of(&browser.get(&silent).await).get("response")).await;
        rp.redeem(said["code"].as_str().unwrap()).await.is_granted();
        let got = rp.redeem(&code).await.is_granted();
        assert_eq!(verified(&idp, &own.open(&got.id()).1).await["sub"], subject);
        let told = own.open(&rp.userinfo(&got.access()).await.body).1;
        assert_eq!(verified(&idp, &told).await["sub"], subject);
        let told = own.open(&introspects(&rp, &got.access()).await.body).1;
        assert_eq!(verified(&idp, &told).await["token_introspection"]["sub"], subject);
    })
    .await;
}
