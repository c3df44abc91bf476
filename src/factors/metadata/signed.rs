//! The envelope of a metadata file: a JWS whose header carries its signer's certificates (FIDO MDS 3, §3.1.7).
//! `webpki` judges the certificates; nothing of that is written here.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Deserialize;
use webpki::aws_lc_rs as algorithms;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{LONGEST, Unusable};
use crate::base::Timestamp;

/// GlobalSign Root CA - R3, which the FIDO Alliance names as the root of its Metadata Service. The test beside this
/// compares its SHA-256 fingerprint.
const FIDO_ROOT: &[u8] = include_bytes!("globalsign-root-r3.pem");
/// Who signs below that root; it stands above many others.
const FIDO_NAME: &str = "mds.fidoalliance.org";
/// id-kp-serverAuth: the signer's certificate is one as web servers have.
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];

/// Whose word about models is taken.
#[derive(Clone, Debug)]
pub struct Root {
    certificate: CertificateDer<'static>,
    /// Whom the signer must be; anybody below a root of one's own.
    name: Option<&'static str>,
}

impl Root {
    /// The FIDO Alliance's.
    pub fn fido() -> Result<Self, Unusable> {
        Ok(Self { certificate: pem(FIDO_ROOT)?, name: Some(FIDO_NAME) })
    }

    /// A root of one's own, from a PEM file.
    pub fn from_pem(text: &[u8]) -> Result<Self, Unusable> {
        let certificate = pem(text)?;
        anchor_from_trusted_cert(&certificate).map_err(|_| Unusable::Root("it holds no root certificate"))?;
        Ok(Self { certificate, name: None })
    }

    /// SHA-256 of the certificate: files below another root have numbers of their own.
    pub fn fingerprint(&self) -> String {
        let digest = digest::digest(&digest::SHA256, &self.certificate);
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn pem(text: &[u8]) -> Result<CertificateDer<'static>, Unusable> {
    CertificateDer::from_pem_slice(text).map_err(|_| Unusable::Root("it holds no certificate in PEM form"))
}

/// A certificate as metadata write it: base64, now and then with line breaks.
pub(super) fn der(text: &str) -> Option<Vec<u8>> {
    let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    x5c: Vec<String>,
    crit: Option<serde_json::Value>,
}

/// The payload of a file whose signature and signer were verified.
pub(super) fn verified(text: &[u8], root: &Root, now: Timestamp) -> Result<Vec<u8>, Unusable> {
    if text.len() > LONGEST {
        return Err(Unusable::TooLong);
    }
    let text = std::str::from_utf8(text).map_err(|_| Unusable::Malformed("not text"))?.trim();
    let parts: Vec<&str> = text.split('.').collect();
    let &[header, payload, signature] = parts.as_slice() else {
        return Err(Unusable::Malformed("not three parts"));
    };
    let decode = |part: &str, why| URL_SAFE_NO_PAD.decode(part).map_err(|_| Unusable::Malformed(why));
    let fields = decode(header, "its header is not base64url")?;
    let fields: Header =
        serde_json::from_slice(&fields).map_err(|_| Unusable::Malformed("its header is no JSON"))?;
    if fields.crit.is_some() {
        return Err(Unusable::Malformed("its header demands what is not known here"));
    }
    let signature = decode(signature, "its signature is not base64url")?;
    let certificates: Option<Vec<_>> =
        fields.x5c.iter().map(|text| der(text).map(CertificateDer::from)).collect();
    let certificates = certificates.ok_or(Unusable::Malformed("a certificate in it is not base64"))?;
    let (signer, between) =
        certificates.split_first().ok_or(Unusable::Malformed("no certificate of its signer in it"))?;
    let signer = trusted(signer, between, root, now)?;
    let signed = text.get(..header.len() + 1 + payload.len()).unwrap_or_default();
    let algorithm: &dyn VerificationAlgorithm = match fields.alg.as_str() {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "ES256" => &ECDSA_P256_SHA256_FIXED,
        other => return Err(Unusable::Algorithm(other.chars().take(20).collect())),
    };
    let key = signer.subject_public_key_info();
    // The key is the one of the certificate, so an algorithm of another family does not fit it and fails.
    UnparsedPublicKey::new(algorithm, key.as_ref())
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| Unusable::Signature)?;
    decode(payload, "its payload is not base64url")
}

/// The signer's certificate, if a chain leads from it to the root at this moment and it has the right name.
fn trusted<'a>(
    signer: &'a CertificateDer<'a>,
    between: &[CertificateDer<'_>],
    root: &Root,
    now: Timestamp,
) -> Result<EndEntityCert<'a>, Unusable> {
    let distrusted = |why: webpki::Error| Unusable::Chain(why.to_string());
    let anchor = anchor_from_trusted_cert(&root.certificate).map_err(distrusted)?;
    let certificate = EndEntityCert::try_from(signer).map_err(distrusted)?;
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
        u64::try_from(now.seconds()).unwrap_or_default(),
    ));
    let accepted = [
        algorithms::RSA_PKCS1_2048_8192_SHA256,
        algorithms::RSA_PKCS1_2048_8192_SHA384,
        algorithms::RSA_PKCS1_2048_8192_SHA512,
        algorithms::ECDSA_P256_SHA256,
        algorithms::ECDSA_P256_SHA384,
        algorithms::ECDSA_P384_SHA256,
        algorithms::ECDSA_P384_SHA384,
    ];
    let usage = KeyUsage::required_if_present(SERVER_AUTH);
    let anchors = [anchor];
    certificate
        .verify_for_usage(&accepted, &anchors, between, at, usage, None, None)
        .map(|_| ())
        .map_err(distrusted)?;
    if let Some(name) = root.name {
        let name = ServerName::try_from(name).map_err(|_| Unusable::Name)?;
        certificate.verify_is_valid_for_subject_name(&name).map_err(|_| Unusable::Name)?;
    }
    Ok(certificate)
}

#[cfg(test)]
mod tests;
