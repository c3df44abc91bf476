//! Encryption to a client's key (RFC 7516, compact form): RSA-OAEP-256 or ECDH-ES over P-256, with AES-GCM.
//!
//! Nothing else exists here: no RSA1_5, no password, no symmetric key of a client's secret, no compression. We encrypt and never
//! decrypt.

use aws_lc_rs::agreement::{
    ECDH_P256, EphemeralPrivateKey, ParsedPublicKey, UnparsedPublicKey, agree_ephemeral,
};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use aws_lc_rs::{aead, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::base::Entropy;
use crate::base::words::words;

words! {
    /// How the key of a message reaches its receiver (RFC 7518 §4.1).
    KeyManagement {
        /// Encrypted to an RSA key.
        RsaOaep256 = "RSA-OAEP-256",
        /// Agreed on with a key of P-256, and used as it is.
        EcdhEs = "ECDH-ES",
    }
}

words! {
    /// How the message is encrypted (RFC 7518 §5.1).
    ContentEncryption {
        /// AES-128-GCM.
        A128Gcm = "A128GCM",
        /// AES-256-GCM.
        A256Gcm = "A256GCM",
    }
}

impl ContentEncryption {
    fn algorithm(self) -> &'static aead::Algorithm {
        match self {
            Self::A128Gcm => &aead::AES_128_GCM,
            Self::A256Gcm => &aead::AES_256_GCM,
        }
    }
}

/// Why something could not be encrypted; there is nothing more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it could not be encrypted")]
pub struct Unencrypted;

/// The one key of a client that a message is encrypted to.
#[derive(Debug)]
pub struct Recipient {
    kid: Option<String>,
    key: Key,
}

#[derive(Debug)]
enum Key {
    Rsa(PublicEncryptingKey),
    /// The uncompressed point.
    P256(Vec<u8>),
}

impl Recipient {
    /// The key of a set (RFC 7517) for this algorithm: the first one for encryption, else the first that says nothing of its use.
    pub fn find(jwks: &Value, management: KeyManagement) -> Option<Self> {
        let keys = jwks.get("keys").and_then(Value::as_array)?;
        let of_use = |wanted: Option<&'static str>| {
            let keys = keys.iter().filter_map(Value::as_object);
            let keys = keys.filter(move |key| key.get("use").and_then(Value::as_str) == wanted);
            keys.filter_map(|key| Self::read(key, management)).next()
        };
        of_use(Some("enc")).or_else(|| of_use(None))
    }

    /// Whether a set holds a key for any algorithm, though perhaps none that verifies.
    pub fn is_in(jwks: &Value) -> bool {
        KeyManagement::ALL.iter().any(|management| Self::find(jwks, *management).is_some())
    }

    fn read(key: &Map<String, Value>, management: KeyManagement) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        // A key that names its algorithm is used with no other (RFC 8725 §3.1).
        if text("alg").is_some_and(|alg| alg != management.as_str()) || key.contains_key("key_ops") {
            return None;
        }
        let key = match (management, text("kty")?) {
            (KeyManagement::RsaOaep256, "RSA") => {
                let parts = PublicKeyComponents { n: bytes("n")?, e: bytes("e")? };
                let key: PublicEncryptingKey = parts.try_into().ok()?;
                Key::Rsa(Some(key).filter(|key| key.key_size_bits() >= 2048)?)
            }
            (KeyManagement::EcdhEs, "EC") if text("crv") == Some("P-256") => {
                let point = [&[4_u8][..], &bytes("x")?, &bytes("y")?].concat();
                // A point that is none is no key.
                ParsedPublicKey::try_from(&UnparsedPublicKey::new(&ECDH_P256, &point)).ok()?;
                Key::P256(point)
            }
            _ => return None,
        };
        Some(Self { kid: text("kid").map(str::to_owned), key })
    }

    /// A message in the compact form. `nested` says that it is a signed JWT (RFC 7519 §5.2), else it is a set of claims.
    pub fn encrypt(
        &self,
        encryption: ContentEncryption,
        message: &[u8],
        nested: bool,
        entropy: &Entropy,
    ) -> Result<String, Unencrypted> {
        let mut header = Map::new();
        header.insert("enc".to_owned(), json!(encryption));
        if let Some(kid) = &self.kid {
            header.insert("kid".to_owned(), json!(kid));
        }
        if nested {
            header.insert("cty".to_owned(), json!("JWT"));
        }
        let (key, encrypted_key) = match &self.key {
            Key::Rsa(public) => {
                header.insert("alg".to_owned(), json!(KeyManagement::RsaOaep256));
                wrapped(public, encryption, entropy)?
            }
            Key::P256(point) => {
                header.insert("alg".to_owned(), json!(KeyManagement::EcdhEs));
                let (key, epk) = agreed(point, encryption)?;
                header.insert("epk".to_owned(), epk);
                (key, Vec::new())
            }
        };
        let header = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
        let nonce = entropy.bytes::<12>();
        let mut text = message.to_vec();
        let key = aead::UnboundKey::new(encryption.algorithm(), &key).map_err(|_| Unencrypted)?;
        let tag = aead::LessSafeKey::new(key)
            .seal_in_place_separate_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(header.as_bytes()),
                &mut text,
            )
            .map_err(|_| Unencrypted)?;
        let parts = [&encrypted_key, nonce.as_slice(), &text, tag.as_ref()];
        let parts: Vec<String> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        Ok(format!("{header}.{}", parts.join(".")))
    }
}

/// A new key, and the same encrypted to the receiver (RFC 7518 §4.3).
fn wrapped(
    public: &PublicEncryptingKey,
    encryption: ContentEncryption,
    entropy: &Entropy,
) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), Unencrypted> {
    let mut key = Zeroizing::new(entropy.bytes::<32>().to_vec());
    key.truncate(encryption.algorithm().key_len());
    let public = OaepPublicEncryptingKey::new(public.clone()).map_err(|_| Unencrypted)?;
    let mut out = vec![0; public.ciphertext_size()];
    let sealed = public.encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut out, None).map_err(|_| Unencrypted)?;
    let sealed = sealed.to_vec();
    Ok((key, sealed))
}

/// A key agreed on with a key pair of this one message, and its public half (RFC 7518 §4.6).
fn agreed(point: &[u8], encryption: ContentEncryption) -> Result<(Zeroizing<Vec<u8>>, Value), Unencrypted> {
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).map_err(|_| Unencrypted)?;
    let public = ours.compute_public_key().map_err(|_| Unencrypted)?;
    let (x, y) = public.as_ref().get(1..).and_then(|both| both.split_at_checked(32)).ok_or(Unencrypted)?;
    let epk = json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    let theirs = UnparsedPublicKey::new(&ECDH_P256, point);
    let key = agree_ephemeral(ours, theirs, Unencrypted, |secret| Ok(derived(secret, encryption, b"", b"")))?;
    Ok((key, epk))
}

/// The Concat KDF with SHA-256 (RFC 7518 §4.6.2): one round makes every key we need.
fn derived(secret: &[u8], encryption: ContentEncryption, apu: &[u8], apv: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = encryption.algorithm().key_len();
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&number(1));
    hash.update(secret);
    for part in [encryption.as_str().as_bytes(), apu, apv] {
        hash.update(&number(part.len()));
        hash.update(part);
    }
    hash.update(&number(length * 8));
    let mut key = Zeroizing::new(hash.finish().as_ref().to_vec());
    key.truncate(length);
    key
}

#[cfg(test)]
#[path = "encryption_tests.rs"]
mod tests;
