//! The connection to the mail server: encrypted as the settings ask, or no mail goes.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use vouchsafe::config::{Setting, SmtpUrl};
use vouchsafe::mail::{Failure, Mailer, Outgoing, Sender, Smtp, Stage};
use vouchsafe::notifications::Letter;

use super::sink::{Manners, Sink};
use crate::stacks::NOW;

/// An authority, and a server it signed for one name.
pub struct Authority {
    directory: TempDir,
    /// The server's side.
    pub tls: TlsAcceptor,
}

impl Authority {
    /// A new one.
    pub fn for_name(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let directory = tempfile::tempdir().unwrap();
        let own = params.self_signed(&key).unwrap();
        std::fs::write(directory.path().join("ca.pem"), pem(own.der())).unwrap();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Self { directory, tls: TlsAcceptor::from(Arc::new(config)) }
    }

    /// The authority's certificate.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    async fn sink(&self, implicit: bool) -> Sink {
        // rose:secret as AUTH PLAIN says it.
        let login = Some("AHJvc2UAc2VjcmV0".to_owned());
        Sink::with(Manners { tls: Some(self.tls.clone()), implicit, login, ..Manners::default() }).await
    }
}

fn pem(der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn smtp(url: &str, ca: Option<&PathBuf>) -> Smtp {
    Smtp::new(SmtpUrl::parse(url).unwrap(), "id.clinic.example", ca).unwrap()
}

fn mail() -> Outgoing {
    let sender = Sender {
        from: "no-reply@id.clinic.example".to_owned(),
        name: "Account security".to_owned(),
        reply_to: None,
        host: "id.clinic.example".to_owned(),
    };
    let letter = Letter {
        subject: "Hallo".to_owned(),
        text: "one\n.\n..two\n".to_owned(),
        html: "<p>one</p>\n".to_owned(),
        language: "en",
    };
    Outgoing::new(&sender, "0190-x", "rose@riverside.example", &letter, NOW).unwrap()
}

async fn sends(smtp: &Smtp) -> Result<(), Failure> {
    let mut line = smtp.open().await?;
    let sent = line.send(&mail()).await;
    line.close().await;
    sent
}

fn no_mail_was_said(sink: &Sink) {
    let said = sink.verbs();
    assert!(!said.iter().any(|verb| ["AUTH", "MAIL", "RCPT", "DATA"].contains(&verb.as_str())), "{said:?}");
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn mail_goes_encrypted_to_a_server_whose_certificate_fits() {
    let authority = Authority::for_name("localhost");
    for (scheme, query) in [("smtps", ""), ("smtp", "?tls=required"), ("smtp", "?tls=opportunistic")] {
        let sink = authority.sink(scheme == "smtps").await;
        let url = format!("{scheme}://rose:secret@localhost:{}{query}", sink.port);
        sends(&smtp(&url, Some(&authority.file()))).await.unwrap();
        let [taken] = &sink.received()[..] else { unreachable!("{:?}", sink.received()) };
        assert_eq!(
            (taken.to.as_str(), taken.header("Subject").as_str()),
            ("rose@riverside.example", "Hallo")
        );
        assert!(taken.plain().contains("one\r\n.\r\n..two\r\n"), "dots stay: {}", taken.text);
        assert!(sink.verbs().contains(&"AUTH".to_owned()), "{scheme}{query}");
    }
}

#[tokio::test]
async fn no_mail_goes_to_a_server_whose_certificate_does_not_fit() {
    let (stranger, other) = (Authority::for_name("localhost"), Authority::for_name("mail.evil.example"));
    let ours = Authority::for_name("localhost");
    for (authority, trusted) in
        [(&stranger, None), (&stranger, Some(ours.file())), (&other, Some(other.file()))]
    {
        for (scheme, query) in [("smtps", ""), ("smtp", "?tls=required"), ("smtp", "?tls=opportunistic")] {
            let sink = authority.sink(scheme == "smtps").await;
            let url = format!("{scheme}://rose:secret@localhost:{}{query}", sink.port);
            let why = sends(&smtp(&url, trusted.as_ref())).await.unwrap_err();
            assert_eq!(why, Failure::at(Stage::Tls), "{scheme}{query}");
            assert!(!why.is_lasting(), "a certificate is mended in time");
            no_mail_was_said(&sink);
        }
    }
}

#[tokio::test]
async fn without_the_offer_of_tls_no_mail_goes_where_it_is_required_and_no_password_anywhere() {
    let sink = Sink::with(Manners { login: Some("AHJvc2UAc2VjcmV0".to_owned()), ..Manners::default() }).await;
    for url in [
        format!("smtp://localhost:{}?tls=required", sink.port),
        format!("smtp://rose:secret@localhost:{}?tls=opportunistic", sink.port),
    ] {
        assert_eq!(sends(&smtp(&url, None)).await.unwrap_err(), Failure::at(Stage::Tls), "{url}");
        no_mail_was_said(&sink);
    }
    sends(&smtp(&format!("smtp://localhost:{}?tls=opportunistic", sink.port), None)).await.unwrap();
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_told_apart_and_waits_to_be_mended() {
    let authority = Authority::for_name("localhost");
    let sink = authority.sink(true).await;
    let url = format!("smtps://rose:wrong@localhost:{}", sink.port);
    let why = sends(&smtp(&url, Some(&authority.file()))).await.unwrap_err();
    assert_eq!(why, Failure { stage: Stage::SignIn, code: Some(535) });
    assert!(!why.is_lasting() && sink.received().is_empty());
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_when_the_program_starts() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let url = SmtpUrl::parse("smtps://mail.example").unwrap();
    assert!(Smtp::new(url.clone(), "id.example", Some(&file)).is_err(), "it is not there");
    std::fs::write(&file, "no certificate\n").unwrap();
    assert!(Smtp::new(url, "id.example", Some(&file)).is_err());
}
