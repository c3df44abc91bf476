//! Signing keys and sealing: JWT, JWKS, rotation, envelope encryption of secrets and personal data.
//!
//! A key is parsed once, when it is read or made, and signs and verifies from its parsed form ever after.
//! This module knows neither where keys are kept nor who asks; key generation draws inside aws-lc, and so do
//! the nonces of [`seal`] and the salts of PSS and ECDSA.

pub mod assertion;
pub mod certificate;
pub mod client_jwks;
pub mod distinguished;
pub mod dpop;
pub mod encryption;
pub mod json;
pub mod jwk;
pub mod jwt;
pub mod mac;
pub mod request_object;
pub mod ring;
pub mod seal;
pub mod webhook;

#[cfg(test)]
mod assertion_tests;
#[cfg(test)]
mod dpop_tests;
#[cfg(test)]
mod jwt_tests;
#[cfg(test)]
mod request_object_tests;
#[cfg(test)]
mod ring_tests;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RsaKeyPair, VerificationAlgorithm,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::base::words::words;
use crate::base::{Secret, Timestamp};

pub use certificate::{Authorities, CertificateDigest, CertificateName, ClientCertificate};
pub use client_jwks::ClientJwks;
pub use dpop::Thumbprint;
pub use jwk::{Jwk, Jwks};
pub use jwt::{Claims, Rejected};
pub use mac::{MacAlgorithm, SharedSecret};
pub use ring::{Change, KeyRing, Schedule, Slot};

words! {
    /// Signature algorithms taken and made (RFC 7518 §3.1, RFC 8037 §3.1). No HMAC, which is a list of its own
    /// ([`MacAlgorithm`]): a public key is never a shared secret. No `none`.
    Algorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256, the default of OpenID Connect.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

words! {
    /// Where a signing key stands in its life; it only moves forward.
    KeyState {
        /// Published, not signing yet, so that relying parties learn it before it is used.
        Next = "next",
        /// Signs, and verifies.
        Active = "active",
        /// Signs no more; published while a token it signed may still be shown.
        Retired = "retired",
    }
}

words! {
    /// What a signing key of ours signs; it signs nothing else, and what it did not sign for is not believed by it.
    KeyUse {
        /// What apps read: ID tokens, logout tokens, and answers that are signed.
        Answers = "answers",
        /// Access tokens.
        Access = "access",
        /// Checkpoints of the audit trail; not published, because no app reads them.
        Trail = "trail",
    }
}

impl KeyUse {
    /// The algorithms that must always have a key of this use: apps choose theirs, access tokens and checkpoints have one.
    pub const fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Answers => Algorithm::ALL,
            Self::Access | Self::Trail => &[Algorithm::Es256],
        }
    }

    /// Whether `/jwks` names keys of this use.
    pub const fn is_published(self) -> bool {
        match self {
            Self::Answers | Self::Access => true,
            Self::Trail => false,
        }
    }
}

impl Algorithm {
    /// How aws-lc verifies this algorithm; RSA keys under 2048 or over 8192 bits never verify.
    pub(crate) fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::EdDsa => &signature::ED25519,
        }
    }
}

/// Size of a new RSA modulus; the other algorithms have one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaBits {
    /// For tests and the demo: ten times faster to make.
    Bits2048,
    /// For everything else (ASVS 5.0 §11.2.3: 128 bits of security).
    Bits3072,
}

/// A key could not be made, read or used; never says more about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// aws-lc could not make a key.
    #[error("no signing key could be generated")]
    NotGenerated,
    /// The stored PKCS#8 text is no key of the stored algorithm.
    #[error("the stored signing key cannot be read as a key of its algorithm")]
    NotReadable,
    /// The claims are no JSON object, or the signature failed.
    #[error("the claims could not be signed")]
    NotSigned,
}

/// A signing key of ours, parsed. Cloning shares the key material.
#[derive(Clone)]
pub struct SigningKey {
    /// What it signs, and nothing else.
    pub usage: KeyUse,
    /// Where it stands in its life.
    pub state: KeyState,
    /// When it was generated.
    pub created_at: Timestamp,
    /// When it entered `state`.
    pub state_since: Timestamp,
    material: Arc<Material>,
}

struct Material {
    algorithm: Algorithm,
    jwk: Jwk,
    pair: Pair,
    public: ParsedPublicKey,
}

enum Pair {
    Rsa(RsaKeyPair, &'static signature::RsaSignatureEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl SigningKey {
    /// Makes a key in state `next` (RSA with 3072 bits); the second value is its PKCS#8 DER, to be sealed and
    /// stored.
    pub fn generate(algorithm: Algorithm, now: Timestamp) -> Result<(Self, Secret<Vec<u8>>), KeyError> {
        Self::generate_sized(algorithm, RsaBits::Bits3072, now)
    }

    /// As [`Self::generate`] with a chosen RSA size.
    pub fn generate_sized(
        algorithm: Algorithm,
        bits: RsaBits,
        now: Timestamp,
    ) -> Result<(Self, Secret<Vec<u8>>), KeyError> {
        let der = new_pkcs8(algorithm, bits).ok_or(KeyError::NotGenerated)?;
        let key = Self::from_pkcs8(algorithm, KeyState::Next, now, now, der.expose())?;
        Ok((key, der))
    }

    /// Reads a stored key; `pkcs8` is the opened DER.
    pub fn from_pkcs8(
        algorithm: Algorithm,
        state: KeyState,
        created_at: Timestamp,
        state_since: Timestamp,
        pkcs8: &[u8],
    ) -> Result<Self, KeyError> {
        let pair = Pair::from_pkcs8(algorithm, pkcs8).ok_or(KeyError::NotReadable)?;
        let public = ParsedPublicKey::new(algorithm.verification(), pair.public_bytes())
            .map_err(|_| KeyError::NotReadable)?;
        let jwk = pair.jwk(algorithm).ok_or(KeyError::NotReadable)?;
        let material = Arc::new(Material { algorithm, jwk, pair, public });
        Ok(Self { usage: KeyUse::Answers, state, created_at, state_since, material })
    }

    /// The same key for another use; one that was made or read is for what apps read.
    pub fn used_for(self, usage: KeyUse) -> Self {
        Self { usage, ..self }
    }

    /// The same key moved to `state` at `now`; shares the key material.
    pub fn moved_to(&self, state: KeyState, now: Timestamp) -> Self {
        Self { state, state_since: now, ..self.clone() }
    }

    /// The key's id: its RFC 7638 thumbprint (SHA-256, base64url).
    pub fn kid(&self) -> &str {
        &self.material.jwk.kid
    }

    /// The one algorithm this key is used with (RFC 8725 §3.1).
    pub fn algorithm(&self) -> Algorithm {
        self.material.algorithm
    }

    /// The public half as it is published.
    pub fn jwk(&self) -> &Jwk {
        &self.material.jwk
    }

    /// A compact JWS of `claims` (RFC 7515 §7.1) with the header `alg`, `kid` and `typ` (`JWT`, `at+jwt`, …).
    ///
    /// Signs in whatever state the key is: whoever signs takes the key from [`KeyRing::active`].
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        #[derive(Serialize)]
        struct Header<'a> {
            alg: Algorithm,
            kid: &'a str,
            typ: &'a str,
        }
        let header = Header { alg: self.algorithm(), kid: self.kid(), typ };
        let header = serde_json::to_vec(&header).map_err(|_| KeyError::NotSigned)?;
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::NotSigned)?;
        if claims.first() != Some(&b'{') {
            return Err(KeyError::NotSigned);
        }
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.material.pair.sign(token.as_bytes()).ok_or(KeyError::NotSigned)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Signs bytes as they are; for checkpoints, not for tokens. `None` when the key fails.
    pub fn sign_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.material.pair.sign(bytes)
    }

    /// Whether this key made the signature.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.material.public.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("algorithm", &self.algorithm())
            .field("usage", &self.usage)
            .field("state", &self.state)
            .field("state_since", &self.state_since)
            .finish_non_exhaustive()
    }
}

fn new_pkcs8(algorithm: Algorithm, bits: RsaBits) -> Option<Secret<Vec<u8>>> {
    let der = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => {
            let size = match bits {
                RsaBits::Bits2048 => KeySize::Rsa2048,
                RsaBits::Bits3072 => KeySize::Rsa3072,
            };
            let pair = RsaKeyPair::generate(size).ok()?;
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?.as_ref().to_vec()
        }
        Algorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
            pair.to_pkcs8v1().ok()?.as_ref().to_vec()
        }
        Algorithm::EdDsa => Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
    };
    Some(Secret::new(der))
}

impl Pair {
    fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::Rs256 => {
                RsaKeyPair::from_pkcs8(der).ok().map(|pair| Self::Rsa(pair, &signature::RSA_PKCS1_SHA256))
            }
            Algorithm::Ps256 => {
                RsaKeyPair::from_pkcs8(der).ok().map(|pair| Self::Rsa(pair, &signature::RSA_PSS_SHA256))
            }
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der).ok().map(Self::Ec)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Self::Ed),
        }
    }

    fn public_bytes(&self) -> &[u8] {
        match self {
            Self::Rsa(pair, _) => pair.public_key().as_ref(),
            Self::Ec(pair) => pair.public_key().as_ref(),
            Self::Ed(pair) => pair.public_key().as_ref(),
        }
    }

    fn jwk(&self, algorithm: Algorithm) -> Option<Jwk> {
        match self {
            Self::Rsa(pair, _) => {
                let public = pair.public_key();
                let (n, e) = (public.modulus(), public.exponent());
                Some(Jwk::rsa(
                    algorithm,
                    n.big_endian_without_leading_zero(),
                    e.big_endian_without_leading_zero(),
                ))
            }
            // The public key is 0x04, x, y (SEC 1 §2.3.3).
            Self::Ec(pair) => match pair.public_key().as_ref().split_first_chunk::<33>() {
                Some(([4, x @ ..], y)) => Some(Jwk::ec(algorithm, x, y)),
                Some(_) | None => None,
            },
            Self::Ed(pair) => Some(Jwk::okp(algorithm, pair.public_key().as_ref())),
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair, padding) => {
                let mut out = vec![0u8; pair.public_modulus_len()];
                pair.sign(*padding, &random, message, &mut out).ok()?;
                Some(out)
            }
            Self::Ec(pair) => pair.sign(&random, message).ok().map(|s| s.as_ref().to_vec()),
            Self::Ed(pair) => pair.try_sign(message).ok().map(|s| s.as_ref().to_vec()),
        }
    }
}
