//! TLS of our own listeners: the certificate and key from files, read again when they change; and the client's
//! certificate where a listener asks for one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    CipherSuite, ConfigBuilder, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme, WantsVerifier,
};
use tokio_rustls::server::TlsStream;

use crate::keys::ClientCertificate;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Who we are to whoever connects: a certificate with its chain, and its key, as two files hold them.
pub struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<(Stamp, Arc<CertifiedKey>)>,
}

/// When the two files were written.
type Stamp = (Option<SystemTime>, Option<SystemTime>);

impl Identity {
    /// Reads both files; the error names the setting and what is wrong.
    pub fn open(certificate: &Path, key: &Path) -> Result<Arc<Self>, String> {
        let stamp = stamp(certificate, key);
        let current = read(certificate, key)?;
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Arc::new(Self { certificate, key, current: RwLock::new((stamp, Arc::new(current))) }))
    }

    /// Reads the files again where they changed. What cannot be used leaves the one before in force.
    pub fn refresh(&self) -> Result<bool, String> {
        let stamp = stamp(&self.certificate, &self.key);
        if self.current.read().is_ok_and(|current| current.0 == stamp) {
            return Ok(false);
        }
        let fresh = read(&self.certificate, &self.key)?;
        if let Ok(mut current) = self.current.write() {
            *current = (stamp, Arc::new(fresh));
        }
        Ok(true)
    }
}

fn stamp(certificate: &Path, key: &Path) -> Stamp {
    let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    (written(certificate), written(key))
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let wrong = |name: &str, path: &Path, why: &dyn fmt::Display| {
        format!("server.tls.{name}: {} cannot be used: {why}", path.display())
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|why| wrong("certificate_file", certificate, &why))?;
    if chain.is_empty() {
        return Err(wrong("certificate_file", certificate, &"it holds no certificate in PEM form"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|why| wrong("key_file", key, &why))?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|why| wrong("key_file", key, &why))
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.certificate.display())
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().ok().map(|current| current.1.clone())
    }
}

/// What TLS 1.2 may be spoken with (RFC 9325 §4.2, FAPI 2.0 §5.2.2).
const RECOMMENDED: [CipherSuite; 4] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|one| one.tls13().is_some() || RECOMMENDED.contains(&one.suite()));
    provider
}

/// A door with TLS.
#[derive(Clone)]
pub struct Door(TlsAcceptor);

impl Door {
    /// A door for browsers and apps: nobody is asked for a certificate.
    pub fn new(identity: &Arc<Identity>) -> Result<Self, Error> {
        Ok(Self::of(builder()?.with_no_client_auth().with_cert_resolver(identity.clone())))
    }

    /// A door for apps alone, which asks for a certificate and lets in whoever has none (RFC 8705 §7.4).
    pub fn asking(identity: &Arc<Identity>) -> Result<Self, Error> {
        let anybody = Arc::new(Anybody(Arc::new(provider())));
        Ok(Self::of(builder()?.with_client_cert_verifier(anybody).with_cert_resolver(identity.clone())))
    }

    fn of(mut config: ServerConfig) -> Self {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self(TlsAcceptor::from(Arc::new(config)))
    }

    /// Shakes hands; the certificate of the other side, where it showed one we can read.
    pub(super) async fn open(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Option<Arc<ClientCertificate>>)> {
        let stream = tokio::time::timeout(HANDSHAKE, self.0.accept(stream)).await??;
        let chain = stream.get_ref().1.peer_certificates();
        let chain = chain.map(|chain| chain.iter().map(|der| der.to_vec()).collect());
        let certificate = chain.and_then(ClientCertificate::of_chain).map(Arc::new);
        Ok((stream, certificate))
    }
}

fn builder() -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, Error> {
    ServerConfig::builder_with_provider(Arc::new(provider())).with_protocol_versions(&[&TLS13, &TLS12])
}

/// Takes any certificate whose key the other side holds: whose it must be, the client's registration says.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_1_2_is_spoken_with_the_recommended_suites_alone_and_tls_1_3_with_all_of_its_own() {
        let (newer, older): (Vec<_>, Vec<_>) =
            provider().cipher_suites.into_iter().partition(|one| one.tls13().is_some());
        assert_eq!(newer.len(), 3);
        assert_eq!(older.iter().map(|one| one.suite()).collect::<Vec<_>>(), RECOMMENDED);
    }
}
