//! A client's TLS certificate (RFC 8705): what of it counts, and whether it is the registered one.
//!
//! `webpki` judges chains, `x509-parser` reads names; nothing of that is written here. It must not know how a
//! certificate reached us.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use serde::{Deserialize, Serialize};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::distinguished::DistinguishedName;
use crate::base::Timestamp;

/// Longest certificate taken, in bytes.
const LONGEST: usize = 16 * 1024;
/// Most certificates of a chain that are looked at.
const DEEPEST: usize = 8;

/// The SHA-256 digest of a certificate, base64url: what `x5t#S256` says (RFC 8705 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CertificateDigest(String);

impl CertificateDigest {
    /// The digest of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, der)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a certificate must name for a client to be the one it was registered for (RFC 8705 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateName {
    /// Its subject.
    Subject(DistinguishedName),
    /// A dNSName among its alternative names.
    Dns(String),
    /// A uniformResourceIdentifier among them.
    Uri(String),
    /// An iPAddress among them.
    Ip(IpAddr),
    /// A rfc822Name among them.
    Email(String),
}

/// A certificate whose holder made the connection, with those it sent beside it. Nothing else of it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    digest: CertificateDigest,
}

impl ClientCertificate {
    /// Takes the certificates of a connection, the holder's own first; `None` for what is no certificate.
    pub fn of_chain(chain: Vec<Vec<u8>>) -> Option<Self> {
        let leaf = chain.first().filter(|der| der.len() <= LONGEST)?;
        let (rest, _) = X509Certificate::from_der(leaf).ok()?;
        let digest = rest.is_empty().then(|| CertificateDigest::of(leaf))?;
        let chain = chain.into_iter().take(DEEPEST).map(CertificateDer::from).collect();
        Some(Self { chain, digest })
    }

    /// Its digest, to which tokens are bound.
    pub fn digest(&self) -> &CertificateDigest {
        &self.digest
    }

    /// Its subject, for the log.
    pub fn subject(&self) -> String {
        self.read()
            .and_then(|read| DistinguishedName::of(read.subject()))
            .map_or_else(String::new, |name| name.to_string())
    }

    /// Whether it names what was registered. That somebody vouches for it is another question, see [`Authorities`].
    pub fn names(&self, name: &CertificateName) -> bool {
        let Some(read) = self.read() else { return false };
        let other = |wanted: &dyn Fn(&GeneralName<'_>) -> bool| {
            let names = read.subject_alternative_name().ok().flatten();
            names.is_some_and(|names| names.value.general_names.iter().any(wanted))
        };
        match name {
            CertificateName::Subject(name) => DistinguishedName::of(read.subject()).as_ref() == Some(name),
            CertificateName::Dns(host) => {
                other(&|one| matches!(one, GeneralName::DNSName(dns) if dns.eq_ignore_ascii_case(host)))
            }
            CertificateName::Uri(uri) => other(&|one| matches!(one, GeneralName::URI(named) if named == uri)),
            CertificateName::Ip(address) => {
                other(&|one| matches!(one, GeneralName::IPAddress(bytes) if *bytes == octets(*address)))
            }
            CertificateName::Email(address) => {
                other(&|one| matches!(one, GeneralName::RFC822Name(named) if named == address))
            }
        }
    }

    fn read(&self) -> Option<X509Certificate<'_>> {
        self.chain.first().and_then(|leaf| X509Certificate::from_der(leaf).ok()).map(|(_, read)| read)
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// Who may vouch for clients' certificates.
#[derive(Clone, Debug)]
pub struct Authorities(Vec<TrustAnchor<'static>>);

impl Authorities {
    /// Reads certificates in PEM form; the error says what is wrong with the file.
    pub fn from_pem(text: &[u8]) -> Result<Self, &'static str> {
        let certificates: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(text).collect();
        let certificates = certificates.map_err(|_| "it holds what is no certificate in PEM form")?;
        let anchors: Result<Vec<_>, _> = certificates
            .iter()
            .map(|der| anchor_from_trusted_cert(der).map(|anchor| anchor.to_owned()))
            .collect();
        let anchors = anchors.map_err(|_| "it holds a certificate that cannot vouch for others")?;
        if anchors.is_empty() { Err("it holds no certificate in PEM form") } else { Ok(Self(anchors)) }
    }

    /// Whether a chain leads from one of them to the certificate at this moment, and it is for clients.
    pub fn vouch_for(&self, certificate: &ClientCertificate, now: Timestamp) -> bool {
        let Some((leaf, between)) = certificate.chain.split_first() else { return false };
        let seconds = u64::try_from(now.seconds()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let judged = EndEntityCert::try_from(leaf).and_then(|leaf| {
            let usage = KeyUsage::client_auth();
            leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &self.0, between, at, usage, None, None)
                .map(|_| ())
        });
        judged.is_ok()
    }
}
