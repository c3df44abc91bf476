//! The settings of one installation, one file per section; the doc comments are the reference text.
//!
//! Defaults, then the TOML file, then `VOUCHSAFE__SECTION__KEY`; for secrets also `VOUCHSAFE__SECTION__KEY_FILE`,
//! which names a file that holds the value. Every value becomes a domain type on load, every problem is reported
//! at once, and an unknown key is one. There is no global configuration: who needs a setting is handed it.

mod check;
mod database;
mod hashing;
mod keys;
mod limits;
mod locations;
mod log;
mod mail;
mod organisation;
mod outbound;
mod policy;
mod registration;
mod render;
mod requests;
mod secrets;
mod section;
mod server;
mod sessions;
mod source;
mod support;
#[cfg(test)]
mod tests;
mod value;
mod webauthn;

use std::path::{Path, PathBuf};

pub use check::{Warning, check};
pub use database::Database;
pub use hashing::Hashing;
pub use keys::Keys;
pub use limits::Limits;
pub use locations::{DatabaseUrl, Engine, KEYS_SCHEMA, RedisUrl, SessionsUrl, redacted};
pub use log::{Log, LogFormat, LogLevel};
pub use mail::{Mail, MailAddress, SmtpTls, SmtpUrl};
pub use organisation::Organisation;
pub use outbound::{Allowed, Outbound};
pub use policy::{ClinicianFloor, DefaultLocale, Policy};
pub use registration::{Registration, RegistrationMode};
pub use render::{example, reference, schema, show};
pub use requests::Requests;
pub use secrets::Secrets;
pub use section::Key;
pub use server::{FieldName, Server, Tls};
pub use sessions::Sessions;
pub use source::{Effective, Origin, Problem};
pub use support::Support;
pub use value::{Kind, Length, Network, Networks, Setting};
pub use webauthn::Webauthn;

use crate::base::url::Issuer;
use section::Section;
use source::Reader;

/// How our environment variables begin.
pub const PREFIX: &str = "VOUCHSAFE__";

/// The file that is read when none is named and it lies in the working directory.
pub const FILE: &str = "vouchsafe.toml";

section::section! {
    /// What stands above all sections.
    Root in "" {
        /// The URL people and apps reach this service at, and the `iss` of every token: https, without a path (http on loopback only). Changing it later signs everybody out and makes every passkey useless.
        issuer: Issuer = "http://localhost:8080" example "https://id.clinic.example";
    }
}

/// Lists every section once; the struct, the reader and the lists of keys follow from it.
macro_rules! config {
    ($($name:ident: $section:ident,)*) => {
        /// The settings in force. Handed to those who need them, never global.
        #[derive(Clone, Debug)]
        pub struct Config {
            /// The URL people and apps reach this service at, and the `iss` of every token.
            pub issuer: Issuer,
            $(
                #[doc = concat!("`[", stringify!($name), "]`")]
                pub $name: $section,
            )*
        }

        /// Name, text and keys of every section, in the order of the reference.
        const SECTIONS: &[(&str, &str, &[Key])] = &[
            (Root::NAME, Root::DOC, Root::KEYS),
            $(($section::NAME, $section::DOC, $section::KEYS),)*
        ];

        fn read(reader: &mut Reader) -> Option<Config> {
            let root = Root::read(reader);
            $(let $name = $section::read(reader);)*
            Some(Config { issuer: root?.issuer, $($name: $name?,)* })
        }
    };
}

config! {
    organisation: Organisation,
    server: Server,
    tls: Tls,
    database: Database,
    keys: Keys,
    sessions: Sessions,
    secrets: Secrets,
    support: Support,
    mail: Mail,
    outbound: Outbound,
    hashing: Hashing,
    log: Log,
    limits: Limits,
    policy: Policy,
    registration: Registration,
    requests: Requests,
    webauthn: Webauthn,
}

/// A configuration that can be used, and how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// Every setting, redacted, with where it came from; in the order of the reference.
    pub effective: Vec<Effective>,
    /// What somebody should know about it.
    pub warnings: Vec<Warning>,
}

impl Config {
    /// Reads the file (none: defaults) and the environment over it; of a variable given twice the later wins, so a
    /// caller puts its own defaults in front. Reports every problem at once.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Loaded, Vec<Problem>> {
        let mut reader = Reader::default();
        if let Some(path) = path {
            reader.add_file(path);
        }
        reader.add_environment(environment);
        let config = read(&mut reader);
        if let Some(config) = &config {
            check::contradictions(config, &mut reader);
        }
        match config {
            Some(config) if reader.problems.is_empty() => {
                let warnings = check(&config);
                Ok(Loaded { config, effective: reader.effective, warnings })
            }
            _ => Err(reader.problems),
        }
    }

    /// Whether certificates of clients are seen: by a listener of ours or by what a proxy tells.
    pub fn takes_certificates(&self) -> bool {
        self.server.mtls_listen.is_some() || self.server.client_certificate_header.is_some()
    }

    /// Where clients connect with certificates, if that is another place than the issuer.
    pub fn mtls_origin(&self) -> Option<String> {
        let named = self.server.mtls_origin.as_ref().map(|origin| origin.as_str().to_owned());
        let own = || {
            let port = self.server.mtls_listen?.port();
            let host = self.issuer.host();
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            Some(if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") })
        };
        named.or_else(own).filter(|origin| self.takes_certificates() && origin != self.issuer.as_str())
    }

    /// Where the key store is: `keys.url`, else beside the database.
    pub fn keys_url(&self) -> DatabaseUrl {
        self.keys.url.clone().unwrap_or_else(|| self.database.url.beside())
    }
}

/// The file to load: the one named, else [`FILE`] if it is there.
pub fn file(named: Option<&Path>) -> Option<PathBuf> {
    let usual = || Some(PathBuf::from(FILE)).filter(|path| path.exists());
    named.map(Path::to_owned).or_else(usual)
}

/// The process's environment for [`Config::load`]; a value that is no UTF-8 is read with replacement characters, so
/// that its key's own check refuses it.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// Every key, in the order of the reference.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|(_, _, keys)| keys.iter())
}
