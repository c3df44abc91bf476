//! Our public keys as they are published (RFC 7517, RFC 7518 §6, RFC 8037 §2) and their thumbprints.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::Algorithm;
use crate::base::Digest;

/// A public signing key of ours; holds no private member by construction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// Key id, the RFC 7638 thumbprint.
    pub kid: String,
    /// The one algorithm it is used with.
    pub alg: Algorithm,
    /// Always `sig` (RFC 7517 §4.2).
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// The key itself; its members stand beside the others.
    #[serde(flatten)]
    pub public: Public,
}

/// The members that make the key, in base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub enum Public {
    /// RFC 7518 §6.3.1.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// RFC 7518 §6.2.1; always P-256.
    #[serde(rename = "EC")]
    Ec {
        /// `P-256`.
        crv: &'static str,
        /// 32 bytes.
        x: String,
        /// 32 bytes.
        y: String,
    },
    /// RFC 8037 §2; always Ed25519.
    #[serde(rename = "OKP")]
    Okp {
        /// `Ed25519`.
        crv: &'static str,
        /// 32 bytes.
        x: String,
    },
}

/// A key set as `/jwks` answers it (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// Active keys first, so that a client which ignores `kid` still finds the signing one.
    pub keys: Vec<Jwk>,
}

impl Public {
    /// SHA-256 over the required members in lexical order (RFC 7638 §3), in base64url.
    pub fn thumbprint(&self) -> String {
        // base64url and the curve names need no JSON escaping.
        let canonical = match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        Digest::of(canonical).to_base64url()
    }
}

impl Jwk {
    pub(super) fn rsa(alg: Algorithm, n: &[u8], e: &[u8]) -> Self {
        Self::new(alg, Public::Rsa { n: URL_SAFE_NO_PAD.encode(n), e: URL_SAFE_NO_PAD.encode(e) })
    }

    pub(super) fn ec(alg: Algorithm, x: &[u8], y: &[u8]) -> Self {
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Self::new(alg, Public::Ec { crv: "P-256", x, y })
    }

    pub(super) fn okp(alg: Algorithm, x: &[u8]) -> Self {
        Self::new(alg, Public::Okp { crv: "Ed25519", x: URL_SAFE_NO_PAD.encode(x) })
    }

    fn new(alg: Algorithm, public: Public) -> Self {
        Self { kid: public.thumbprint(), alg, usage: "sig", public }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let public = Public::Rsa {
            n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP\
                ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY36\
                8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF\
                d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
                .to_owned(),
            e: "AQAB".to_owned(),
        };
        assert_eq!(public.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        let public =
            Public::Okp { crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned() };
        assert_eq!(public.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
