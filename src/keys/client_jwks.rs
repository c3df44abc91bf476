//! A client's public keys as it registered them (`jwks`, RFC 7591 §2), parsed once.
//!
//! Private members are refused, so that a client which pastes its private key is told so and we never keep it.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};

use super::{Algorithm, CertificateDigest, ClientCertificate, Rejected};

/// Most keys a client may register.
const KEY_LIMIT: usize = 16;

/// Members of private and symmetric keys (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The public keys of one client. Cheap to clone.
#[derive(Clone)]
pub struct ClientJwks {
    keys: std::sync::Arc<[ClientKey]>,
    certificates: std::sync::Arc<[CertificateDigest]>,
    registered: Value,
}

struct ClientKey {
    kid: Option<String>,
    alg: Option<String>,
    kind: Kind,
}

/// One verifier per algorithm the key may be used with.
enum Kind {
    Rsa { pkcs1: ParsedPublicKey, pss: ParsedPublicKey },
    Ec(ParsedPublicKey),
    Ed(ParsedPublicKey),
}

impl ClientJwks {
    /// Reads a key set. Keys for encryption and of kinds we do not verify are kept but never used; the error
    /// is a sentence for the developer.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let listed = value
            .get("keys")
            .and_then(Value::as_array)
            .ok_or("it must be a key set: an object with an array `keys` (RFC 7517 §5)")?;
        if listed.len() > KEY_LIMIT {
            return Err(format!("it holds {} keys; at most {KEY_LIMIT} are taken", listed.len()));
        }
        let (mut keys, mut certificates) = (Vec::new(), Vec::new());
        for (place, key) in listed.iter().enumerate() {
            let key = key.as_object().ok_or_else(|| format!("key {place} is no object"))?;
            keys.extend(ClientKey::parse(key).map_err(|why| format!("key {place} {why}"))?);
            certificates.extend(certificate(key).map_err(|why| format!("key {place} {why}"))?);
        }
        if keys.is_empty() && certificates.is_empty() {
            return Err(
                "it holds no signing key we can use: RSA (2048 bits or more), EC P-256 or Ed25519".to_owned()
            );
        }
        let registered = json!({ "keys": listed });
        Ok(Self { keys: keys.into(), certificates: certificates.into(), registered })
    }

    /// Whether any key came with a certificate (`x5c`, RFC 7517 §4.7).
    pub fn has_certificates(&self) -> bool {
        !self.certificates.is_empty()
    }

    /// Whether this very certificate came with a key (RFC 8705 §2.2).
    pub fn holds(&self, certificate: &ClientCertificate) -> bool {
        self.certificates.contains(certificate.digest())
    }

    /// The key set as it was registered.
    pub fn to_json(&self) -> &Value {
        &self.registered
    }

    /// Whether any key can be used with `algorithm`.
    pub fn supports(&self, algorithm: Algorithm) -> bool {
        self.keys.iter().any(|key| key.verifier(algorithm).is_some())
    }

    /// Whether the key with this `kid` made the signature.
    pub fn verifies(&self, algorithm: Algorithm, kid: &str, message: &[u8], signature: &[u8]) -> bool {
        self.verify(algorithm, Some(kid), message, signature).is_ok()
    }

    /// Verifies `signature` over `message` with the one key that fits `kid` and `algorithm`.
    ///
    /// Without a `kid`, and for keys registered without one, exactly one key may fit (RFC 7515 appendix D
    /// would try them all; we do not, so that the number of keys costs nothing).
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Rejected> {
        let verifier = self.find(algorithm, kid)?;
        verifier.verify_sig(message, signature).map_err(|_| Rejected::BadSignature)
    }

    fn find(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<&ParsedPublicKey, Rejected> {
        let fitting = || self.keys.iter().filter_map(|key| Some((key, key.verifier(algorithm)?)));
        let named = || fitting().filter(|(key, _)| kid.is_some() && key.kid.as_deref() == kid);
        let nameless = || fitting().filter(|(key, _)| kid.is_none() || key.kid.is_none());
        if named().next().is_some() { only(named()) } else { only(nameless()) }
    }
}

fn only<'a, K>(
    mut fitting: impl Iterator<Item = (K, &'a ParsedPublicKey)>,
) -> Result<&'a ParsedPublicKey, Rejected> {
    let (_, key) = fitting.next().ok_or(Rejected::UnknownKey)?;
    match fitting.next() {
        None => Ok(key),
        Some(_) => Err(Rejected::AmbiguousKey),
    }
}

impl ClientKey {
    /// `None` for a key that is not for verifying signatures we take.
    fn parse(key: &Map<String, Value>) -> Result<Option<Self>, String> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        if let Some(name) = PRIVATE.iter().find(|name| key.contains_key(**name)) {
            return Err(format!(
                "holds the private member `{name}`; register the public key alone, and replace this key, as it \
                 has left your hands"
            ));
        }
        let kind = match text("kty") {
            Some("RSA") => Kind::rsa(text("n"), text("e"))?,
            Some("EC") if text("crv") == Some("P-256") => Kind::ec(text("x"), text("y"))?,
            Some("OKP") if text("crv") == Some("Ed25519") => Kind::ed(text("x"))?,
            Some("oct") => return Err("is symmetric; only public keys are taken".to_owned()),
            Some(_) => return Ok(None),
            None => return Err("has no `kty`".to_owned()),
        };
        let kid = match key.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= 256 => Some(kid.clone()),
            Some(_) => return Err("has a `kid` that is no string of at most 256 bytes".to_owned()),
        };
        let for_signing = matches!(text("use"), None | Some("sig")) && may_verify(key.get("key_ops"));
        Ok(for_signing.then(|| Self { kid, alg: text("alg").map(str::to_owned), kind }))
    }

    fn verifier(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        // A key that names its algorithm is used with no other (RFC 8725 §3.1).
        if self.alg.as_deref().is_some_and(|alg| alg != algorithm.as_str()) {
            return None;
        }
        match (&self.kind, algorithm) {
            (Kind::Rsa { pkcs1, .. }, Algorithm::Rs256) => Some(pkcs1),
            (Kind::Rsa { pss, .. }, Algorithm::Ps256) => Some(pss),
            (Kind::Ec(key), Algorithm::Es256) | (Kind::Ed(key), Algorithm::EdDsa) => Some(key),
            (Kind::Rsa { .. } | Kind::Ec(_) | Kind::Ed(_), _) => None,
        }
    }
}

/// The certificate of a key, if it has one: the first of `x5c`, base64 with padding.
fn certificate(key: &Map<String, Value>) -> Result<Option<CertificateDigest>, String> {
    let first = match key.get("x5c") {
        None => return Ok(None),
        Some(Value::Array(all)) => all.first().and_then(Value::as_str),
        Some(_) => None,
    };
    let der = first.and_then(|text| STANDARD.decode(text).ok());
    let certificate = der.and_then(|der| ClientCertificate::of_chain(vec![der]));
    let certificate =
        certificate.ok_or("has an `x5c` that does not begin with a certificate (RFC 7517 §4.7)")?;
    Ok(Some(certificate.digest().clone()))
}

fn may_verify(operations: Option<&Value>) -> bool {
    match operations {
        None => true,
        Some(Value::Array(all)) => all.iter().any(|one| one == "verify"),
        Some(_) => false,
    }
}

impl Kind {
    fn rsa(n: Option<&str>, e: Option<&str>) -> Result<Self, String> {
        let (n, e) = (bytes("n", n)?, bytes("e", e)?);
        if n.first() == Some(&0) || e.first() == Some(&0) {
            return Err("has an `n` or `e` with leading zeros (RFC 7518 §2)".to_owned());
        }
        let bits = n.len() * 8 - n.first().map_or(0, |b| b.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(format!("has {bits} bits; RSA keys must have 2048 to 8192"));
        }
        if e.len() > 4 || e == [1] || e.last().is_none_or(|b| b % 2 == 0) {
            return Err("has an exponent that is even, 1 or over 32 bits; use 65537 (AQAB)".to_owned());
        }
        let parts = RsaPublicKeyComponents { n, e };
        let parse = |params| parts.to_parsed_public_key(params).map_err(|_| "is no RSA key".to_owned());
        Ok(Self::Rsa { pkcs1: parse(&RSA_PKCS1_2048_8192_SHA256)?, pss: parse(&RSA_PSS_2048_8192_SHA256)? })
    }

    fn ec(x: Option<&str>, y: Option<&str>) -> Result<Self, String> {
        let (x, y) = (bytes("x", x)?, bytes("y", y)?);
        if x.len() != 32 || y.len() != 32 {
            return Err("must have 32 bytes in `x` and in `y`".to_owned());
        }
        let point = [&[4], x.as_slice(), &y].concat();
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .map(Self::Ec)
            .map_err(|_| "is no point of P-256".to_owned())
    }

    fn ed(x: Option<&str>) -> Result<Self, String> {
        let x = bytes("x", x)?;
        if x.len() != 32 {
            return Err("must have 32 bytes in `x`".to_owned());
        }
        ParsedPublicKey::new(&ED25519, x).map(Self::Ed).map_err(|_| "is no Ed25519 key".to_owned())
    }
}

fn bytes(name: &str, text: Option<&str>) -> Result<Vec<u8>, String> {
    let text = text.ok_or_else(|| format!("has no `{name}`"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("has an `{name}` that is not base64url without padding"))
}

impl PartialEq for ClientJwks {
    fn eq(&self, other: &Self) -> bool {
        self.registered == other.registered
    }
}

impl fmt::Debug for ClientJwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientJwks({} keys)", self.keys.len())
    }
}
