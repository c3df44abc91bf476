//! Proof Key for Code Exchange (RFC 7636): S256 alone, and both directions of the downgrade closed.
//!
//! A verifier where no challenge was made is refused as much as a missing one (RFC 9700 §4.8.2).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::base::Digest;
use crate::base::secret::same_bytes;

/// Values of `code_challenge_methods_supported`.
pub const METHODS: [&str; 1] = ["S256"];

/// A well-formed S256 `code_challenge`, kept with the code.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Challenge(String);

/// Why an authorization request's PKCE is refused: `invalid_request` (RFC 7636 §4.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadChallenge {
    /// A method stands alone.
    #[error("code_challenge_method without code_challenge")]
    MethodAlone,
    /// `plain`, or none given, which means `plain`.
    #[error("code_challenge_method must be S256")]
    Method,
    /// Not 43 characters of base64url.
    #[error("code_challenge must be 43 characters of base64url")]
    Grammar,
}

/// Why a token request's verifier is refused: `invalid_grant` (RFC 7636 §4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVerifier {
    /// The code was asked with a challenge, and no verifier came.
    #[error("code_verifier is missing")]
    Missing,
    /// The code was asked without a challenge.
    #[error("code_verifier without a code_challenge in the authorization request")]
    Unasked,
    /// Not 43 to 128 unreserved characters (RFC 7636 §4.1).
    #[error("code_verifier must be 43 to 128 unreserved characters")]
    Grammar,
    /// It is another's.
    #[error("code_verifier does not match")]
    Mismatch,
}

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request; `None` when neither is
    /// there. Whether the client may leave it out is the client's policy.
    pub fn parse(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, BadChallenge> {
        let text = match (challenge, method) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(BadChallenge::MethodAlone),
            (Some(text), Some("S256")) => text,
            (Some(_), None | Some(_)) => return Err(BadChallenge::Method),
        };
        let ok =
            text.len() == 43 && text.bytes().all(|b| matches!(b, b'-' | b'_') || b.is_ascii_alphanumeric());
        if ok { Ok(Some(Self(text.to_owned()))) } else { Err(BadChallenge::Grammar) }
    }

    /// The challenge of a verifier, as a client makes it (RFC 7636 §4.2).
    pub fn of(verifier: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Digest::of(verifier).as_bytes()))
    }

    /// The challenge as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Compares the verifier of a token request with the challenge its code was asked with, in constant time.
pub fn check(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), BadVerifier> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(BadVerifier::Unasked),
        (Some(_), None) => Err(BadVerifier::Missing),
        (Some(_), Some(verifier)) if !is_verifier(verifier) => Err(BadVerifier::Grammar),
        (Some(challenge), Some(verifier)) => {
            let same = same_bytes(Challenge::of(verifier).0.as_bytes(), challenge.0.as_bytes());
            if same { Ok(()) } else { Err(BadVerifier::Mismatch) }
        }
    }
}

fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_rfc_7636_appendix_b() {
        let challenge = Challenge::parse(Some(CHALLENGE), Some("S256")).unwrap().unwrap();
        assert_eq!(check(Some(&challenge), Some(VERIFIER)), Ok(()));
        assert_eq!(Challenge::of(VERIFIER), challenge);
    }

    #[test]
    fn every_downgrade_is_refused() {
        let challenge = Challenge::of(VERIFIER);
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(None, Some(VERIFIER)), Err(BadVerifier::Unasked));
        assert_eq!(check(Some(&challenge), None), Err(BadVerifier::Missing));
        assert_eq!(check(Some(&challenge), Some("")), Err(BadVerifier::Grammar));
        assert_eq!(check(Some(&challenge), Some(CHALLENGE)), Err(BadVerifier::Mismatch));
        assert_eq!(check(Some(&challenge), Some(&"a".repeat(42))), Err(BadVerifier::Grammar));
        assert_eq!(check(Some(&challenge), Some(&"a".repeat(128))), Err(BadVerifier::Mismatch));
        assert_eq!(check(Some(&challenge), Some(&"a".repeat(129))), Err(BadVerifier::Grammar));
        assert_eq!(check(Some(&challenge), Some(&("a".repeat(43) + " "))), Err(BadVerifier::Grammar));
    }

    #[test]
    fn requests_are_read_by_the_table() {
        use BadChallenge as B;
        let long = "a".repeat(44);
        let table = [
            (None, None, Ok(false)),
            (None, Some("S256"), Err(B::MethodAlone)),
            (None, Some("plain"), Err(B::MethodAlone)),
            (Some(CHALLENGE), None, Err(B::Method)),
            (Some(CHALLENGE), Some("plain"), Err(B::Method)),
            (Some(CHALLENGE), Some("s256"), Err(B::Method)),
            (Some(CHALLENGE), Some("S256"), Ok(true)),
            (Some(""), Some("S256"), Err(B::Grammar)),
            (Some(&CHALLENGE[1..]), Some("S256"), Err(B::Grammar)),
            (Some(long.as_str()), Some("S256"), Err(B::Grammar)),
            (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="), Some("S256"), Err(B::Grammar)),
        ];
        for (challenge, method, wanted) in table {
            let got = Challenge::parse(challenge, method).map(|read| read.is_some());
            assert_eq!(got, wanted, "{challenge:?} {method:?}");
        }
    }

    proptest! {
        #[test]
        fn a_verifier_fits_its_own_challenge_alone(a in "[A-Za-z0-9._~-]{43,128}", b in "[A-Za-z0-9._~-]{43,128}") {
            let challenge = Challenge::of(&a);
            prop_assert!(Challenge::parse(Some(challenge.as_str()), Some("S256")).unwrap().is_some());
            prop_assert_eq!(check(Some(&challenge), Some(&a)), Ok(()));
            prop_assert_eq!(check(Some(&challenge), Some(&b)).is_ok(), a == b);
        }

        #[test]
        fn anything_is_read_without_panic(challenge in ".{0,60}", method in ".{0,6}", verifier in ".{0,140}") {
            let _ = Challenge::parse(Some(&challenge), Some(&method));
            let _ = check(Some(&Challenge::of("x")), Some(&verifier));
        }
    }
}
