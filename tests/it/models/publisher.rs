//! Somebody who publishes FIDO metadata below a root of their own, into a folder.

use std::path::PathBuf;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The publisher and where its files lie.
pub struct Publisher {
    directory: TempDir,
    signer: Vec<u8>,
    key: KeyPair,
}

/// The model software authenticators say they are.
pub const MODEL: &str = "0fb9bcbc-a0d4-4042-bbb0-559bc1631e28";

/// What is published of that model: by whom its keys are vouched for, and what was reported of it.
pub fn entry(roots: &[Vec<u8>], status: &str) -> Value {
    let roots: Vec<_> = roots.iter().map(|root| STANDARD.encode(root)).collect();
    json!({
        "aaguid": MODEL,
        "metadataStatement": { "description": "Soft <Token> 1", "attestationRootCertificates": roots },
        "statusReports": [{ "status": status, "effectiveDate": "2024-01-01" }],
    })
}

impl Publisher {
    /// A new one, with a root of its own.
    pub fn new() -> Self {
        let own = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let directory = tempfile::tempdir().unwrap();
        let root = params.self_signed(&own).unwrap();
        let text = STANDARD.encode(root.der());
        let text = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        std::fs::write(directory.path().join("root.pem"), text).unwrap();
        let issuer = Issuer::new(params, own);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["metadata.example".to_owned()]).unwrap();
        let signer = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        Self { directory, signer, key }
    }

    /// The published file.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("metadata.jwt")
    }

    /// The settings that read it.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        let root = self.directory.path().join("root.pem");
        [
            ("VOUCHSAFE__WEBAUTHN__METADATA_FILE", self.file().display().to_string()),
            ("VOUCHSAFE__WEBAUTHN__METADATA_ROOT_FILE", root.display().to_string()),
        ]
    }

    /// Puts a file in place.
    pub fn publishes(&self, number: i64, entries: &[Value]) {
        self.publishes_until("2027-01-01", number, entries);
    }

    /// As [`Self::publishes`], with another day on which a newer one is out.
    pub fn publishes_until(&self, next: &str, number: i64, entries: &[Value]) {
        let header = json!({ "alg": "ES256", "x5c": [STANDARD.encode(&self.signer)] });
        let payload = json!({ "no": number, "nextUpdate": next, "entries": entries });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&payload));
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key.serialize_der()).unwrap();
        let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        self.puts(&format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)));
    }

    /// Puts any text in place.
    pub fn puts(&self, text: &str) {
        // Another file each time, as a careful job would: a file that is looked at is whole.
        let fresh = self.directory.path().join("fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, self.file()).unwrap();
    }
}
