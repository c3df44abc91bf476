//! Messages read back by the key they were encrypted to, and the derivation by the example of its specification.

use aws_lc_rs::agreement::{PrivateKey, agree};
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};

use super::*;
use crate::base::Timestamp;
use crate::keys::{Algorithm, SigningKey};

fn part(token: &str, at: usize) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&part(token, 0)).unwrap()
}

fn opened(token: &str, key: &[u8], encryption: ContentEncryption) -> Vec<u8> {
    let aad = token.split('.').next().unwrap();
    let mut text = [part(token, 3), part(token, 4)].concat();
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(encryption.algorithm(), key).unwrap());
    let nonce = aead::Nonce::try_assume_unique_for_key(&part(token, 2)).unwrap();
    key.open_in_place(nonce, aead::Aad::from(aad.as_bytes()), &mut text).unwrap().to_vec()
}

#[test]
fn the_derived_key_is_the_one_of_rfc_7518() {
    // Appendix C.
    let secret = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218,
        128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    let key = derived(&secret, ContentEncryption::A128Gcm, b"Alice", b"Bob");
    assert_eq!(URL_SAFE_NO_PAD.encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
}

#[test]
fn a_message_is_read_by_the_holder_of_an_rsa_key_alone() {
    let (key, der) = SigningKey::generate(Algorithm::Rs256, Timestamp::default()).unwrap();
    let private = PrivateDecryptingKey::from_pkcs8(der.expose()).unwrap();
    let public = serde_json::to_value(key.jwk()).unwrap();
    let jwk = json!({ "kty": "RSA", "use": "enc", "kid": "a", "n": public["n"], "e": public["e"] });
    let recipient = Recipient::find(&json!({ "keys": [jwk] }), KeyManagement::RsaOaep256).unwrap();
    for encryption in ContentEncryption::ALL {
        let token = recipient.encrypt(*encryption, b"a.b.c", true, &Entropy::system()).unwrap();
        assert_eq!(
            header(&token),
            json!({ "alg": "RSA-OAEP-256", "enc": encryption, "kid": "a", "cty": "JWT" })
        );
        let private = OaepPrivateDecryptingKey::new(private.clone()).unwrap();
        let mut key = vec![0; private.min_output_size()];
        let key = private.decrypt(&OAEP_SHA256_MGF1SHA256, &part(&token, 1), &mut key, None).unwrap();
        assert_eq!(opened(&token, key, *encryption), b"a.b.c");
    }
}

#[test]
fn a_message_is_read_by_the_holder_of_a_p256_key_alone_and_no_two_are_alike() {
    let private = PrivateKey::generate(&ECDH_P256).unwrap();
    let public = private.compute_public_key().unwrap();
    let (x, y) = public.as_ref()[1..].split_at(32);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ECDH-ES", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    let recipient = Recipient::find(&json!({ "keys": [jwk] }), KeyManagement::EcdhEs).unwrap();
    for encryption in ContentEncryption::ALL {
        let token = recipient.encrypt(*encryption, b"{}", false, &Entropy::system()).unwrap();
        let header = header(&token);
        assert_eq!((&header["alg"], header.get("cty"), header.get("kid")), (&json!("ECDH-ES"), None, None));
        assert!(part(&token, 1).is_empty());
        let of = |name: &str| URL_SAFE_NO_PAD.decode(header["epk"][name].as_str().unwrap()).unwrap();
        let point = [&[4_u8][..], &of("x"), &of("y")].concat();
        let theirs = UnparsedPublicKey::new(&ECDH_P256, point);
        let key = agree(&private, theirs, (), |secret| Ok(derived(secret, *encryption, b"", b""))).unwrap();
        assert_eq!(opened(&token, &key, *encryption), b"{}");
        assert_ne!(token, recipient.encrypt(*encryption, b"{}", false, &Entropy::system()).unwrap());
    }
}

#[test]
fn a_key_for_something_else_is_not_encrypted_to() {
    let ec = |change: Value| {
        let (key, _) = SigningKey::generate(Algorithm::Es256, Timestamp::default()).unwrap();
        let mut jwk = serde_json::to_value(key.jwk()).unwrap();
        jwk.as_object_mut().unwrap().retain(|name, _| !["use", "alg", "kid"].contains(&name.as_str()));
        for (name, value) in change.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        Recipient::find(&json!({ "keys": [jwk] }), KeyManagement::EcdhEs).is_some()
    };
    assert!(ec(json!({})) && ec(json!({ "use": "enc" })));
    for change in [
        json!({ "use": "sig" }),
        json!({ "alg": "ES256" }),
        json!({ "key_ops": ["verify"] }),
        json!({ "x": "AAAA" }),
        json!({ "y": URL_SAFE_NO_PAD.encode([7; 32]) }),
        json!({ "crv": "P-384" }),
    ] {
        assert!(!ec(change.clone()), "{change}");
    }
    assert!(Recipient::find(&json!({}), KeyManagement::RsaOaep256).is_none());
}
