//! Mail handed to a server (RFC 5321), encrypted as the settings ask (RFC 8314, RFC 3207). Each command is looked at by
//! itself, because what it means that a server refuses depends on what was asked.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{Error, response::Response};

use super::{Failure, Line, Mailer, Outgoing, Sending, Stage};
use crate::config::{SmtpTls, SmtpUrl};

/// How long a server may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server's address and how it is spoken to.
pub struct Smtp {
    url: SmtpUrl,
    tls: Option<TlsParameters>,
    hello: ClientId,
    patience: Duration,
}

/// Why the settings of the server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The certificates cannot be read.
    #[error("mail.ca_file: {0}")]
    Certificates(String),
}

impl Smtp {
    /// A server by its URL; `host` is our own name for its greeting. Certificates are read once, here.
    pub fn new(url: SmtpUrl, host: &str, ca_file: Option<&PathBuf>) -> Result<Self, Unusable> {
        let mut builder = TlsParameters::builder(url.host.clone());
        if let Some(path) = ca_file {
            let told =
                |why: &dyn std::fmt::Display| Unusable::Certificates(format!("{}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|why| told(&why))?;
            let none = || told(&"holds no certificates (PEM)");
            if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
                return Err(none());
            }
            builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|_| none())?);
        }
        let tls = match url.tls {
            SmtpTls::Off => None,
            SmtpTls::Implicit | SmtpTls::Required | SmtpTls::Opportunistic => {
                Some(builder.build().map_err(|why| Unusable::Certificates(why.to_string()))?)
            }
        };
        Ok(Self { url, tls, hello: ClientId::Domain(host.to_owned()), patience: PATIENCE })
    }

    /// Another patience, for tests of silence.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Connects, encrypts and signs in; says whether it was encrypted. What `doctor` asks.
    pub async fn try_out(&self) -> Result<bool, Failure> {
        let line = self.connect().await?;
        let encrypted = line.connection.is_encrypted();
        Box::new(line).close().await;
        Ok(encrypted)
    }

    async fn connect(&self) -> Result<Server, Failure> {
        let implicit = self.tls.clone().filter(|_| self.url.tls == SmtpTls::Implicit);
        let address = (self.url.host.as_str(), self.url.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.patience), &self.hello, implicit, None);
        let mut connection = within(self.patience, Stage::Connect, connecting).await?;
        let offered = connection.server_info().supports_feature(Extension::StartTls);
        let wanted = match self.url.tls {
            SmtpTls::Required => true,
            SmtpTls::Opportunistic => offered,
            SmtpTls::Implicit | SmtpTls::Off => false,
        };
        if let Some(tls) = self.tls.clone().filter(|_| wanted) {
            within(self.patience, Stage::Tls, connection.starttls(tls, &self.hello)).await?;
        }
        if let Some((user, password)) = self.url.credentials() {
            if !connection.is_encrypted() && self.url.tls != SmtpTls::Off {
                // A password is not said in the open because somebody between us took the offer of TLS away.
                return Err(Failure::at(Stage::Tls));
            }
            let credentials = Credentials::new(user.to_owned(), password.to_owned());
            let signing_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            within(self.patience, Stage::SignIn, signing_in).await?;
        }
        Ok(Server { connection, patience: self.patience })
    }
}

impl Mailer for Smtp {
    fn open(&self) -> Sending<'_, Box<dyn Line>> {
        Box::pin(async move { Ok(Box::new(self.connect().await?) as Box<dyn Line>) })
    }
}

/// A server that greeted us.
struct Server {
    connection: AsyncSmtpConnection,
    patience: Duration,
}

impl Server {
    async fn hand_over(&mut self, mail: &Outgoing) -> Result<(), Failure> {
        let mut parameters = Vec::new();
        if !mail.to.to_string().is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure { stage: Stage::Recipient, code: Some(UNKNOWN_LETTERS) });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let patience = self.patience;
        let mut ask = async |stage, command: String| {
            positive(stage, within(patience, stage, self.connection.command(command)).await?)
        };
        ask(Stage::Sender, Mail::new(Some(mail.from.clone()), parameters).to_string()).await?;
        ask(Stage::Recipient, Rcpt::new(mail.to.clone(), Vec::new()).to_string()).await?;
        ask(Stage::Content, Data.to_string()).await?;
        let taken = within(patience, Stage::Content, self.connection.message(&mail.bytes)).await?;
        positive(Stage::Content, taken)
    }
}

/// What a server says that cannot write such an address (RFC 6531 §3.5).
const UNKNOWN_LETTERS: u16 = 553;

impl Line for Server {
    fn send<'a>(&'a mut self, mail: &'a Outgoing) -> Sending<'a, ()> {
        Box::pin(async move {
            let handed = self.hand_over(mail).await;
            if handed.is_err_and(|failure| failure.leaves_the_line()) {
                // The next mail begins anew; if that fails, it will say so itself.
                let _ = within(self.patience, Stage::Content, self.connection.command(Rset)).await;
            }
            handed
        })
    }

    fn close(mut self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let _ = tokio::time::timeout(self.patience, self.connection.abort()).await;
        })
    }
}

/// One step, within the patience; what went wrong is told by where and by the server's code alone.
async fn within<T>(
    patience: Duration,
    stage: Stage,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(patience, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(why)) => Err(failure(stage, &why)),
        Err(_) => Err(Failure::at(Stage::Silence)),
    }
}

fn failure(stage: Stage, why: &Error) -> Failure {
    let code = why.status().map(u16::from);
    // A connection that breaks in the middle is a server that went away, wherever we were.
    let broke = code.is_none() && !why.is_response() && !why.is_client();
    match stage {
        _ if why.is_timeout() => Failure::at(Stage::Silence),
        Stage::Connect | Stage::Tls if why.is_tls() || is_about_certificates(why) => Failure::at(Stage::Tls),
        Stage::SignIn | Stage::Sender | Stage::Recipient | Stage::Content if broke => {
            Failure::at(Stage::Connect)
        }
        stage => Failure { stage, code },
    }
}

/// With TLS from the first byte a certificate that does not fit comes as an error of the connection.
fn is_about_certificates(why: &Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(why);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn positive(stage: Stage, response: Response) -> Result<(), Failure> {
    match response.is_positive() {
        true => Ok(()),
        false => Err(Failure { stage, code: Some(u16::from(response.code())) }),
    }
}
