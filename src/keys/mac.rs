//! `client_secret_jwt`: an assertion that the client made with a secret it shares with us (OpenID Connect Core §9).
//!
//! Its algorithms are a list of their own, so that a public key is never taken for a secret, nor a secret for a key.

use aws_lc_rs::hmac;

use super::Rejected;
use super::assertion::{AssertionRules, VerifiedAssertion, check_claims, is_assertion};
use super::jwt::Unverified;
use crate::base::Secret;
use crate::base::words::words;

words! {
    /// Algorithms of assertions made with a secret (RFC 7518 §3.2).
    MacAlgorithm {
        /// HMAC with SHA-256.
        Hs256 = "HS256",
        /// HMAC with SHA-384.
        Hs384 = "HS384",
        /// HMAC with SHA-512.
        Hs512 = "HS512",
    }
}

/// A secret of a client, opened to check an assertion with.
#[derive(Debug)]
pub struct SharedSecret {
    /// Its id.
    pub id: String,
    /// The secret as the client has it, in bytes.
    pub bytes: Secret<Vec<u8>>,
}

impl MacAlgorithm {
    fn of(self) -> hmac::Algorithm {
        match self {
            Self::Hs256 => hmac::HMAC_SHA256,
            Self::Hs384 => hmac::HMAC_SHA384,
            Self::Hs512 => hmac::HMAC_SHA512,
        }
    }
}

/// Verifies an assertion against the secrets of its client; answers the id of the one that made it as well.
pub fn verify_secret_assertion<'s>(
    secrets: &'s [SharedSecret],
    token: &str,
    algorithms: &[MacAlgorithm],
    rules: &AssertionRules<'_>,
) -> Result<(VerifiedAssertion, &'s str), Rejected> {
    let parsed = Unverified::parse(token)?;
    is_assertion(&parsed)?;
    let algorithm = parsed.text("alg").and_then(MacAlgorithm::parse).filter(|one| algorithms.contains(one));
    let algorithm = algorithm.ok_or(Rejected::WrongAlgorithm)?;
    let made = |secret: &&SharedSecret| {
        let key = hmac::Key::new(algorithm.of(), secret.bytes.expose());
        hmac::verify(&key, parsed.signed.as_bytes(), &parsed.signature).is_ok()
    };
    let secret = secrets.iter().find(made).ok_or(Rejected::BadSignature)?;
    Ok((check_claims(&parsed.claims, rules)?, &secret.id))
}
