//! What a configuration that can be read still gets wrong: contradictions, which refuse it, and warnings, which
//! do not.

use std::fmt;

use super::source::{Origin, Reader};
use super::{Config, Engine, SessionsUrl};

/// Something an operator should know; the service starts all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The key it is about.
    pub key: &'static str,
    /// What follows from it, and what to do.
    pub message: &'static str,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// What somebody should know about `config` before going live.
pub fn check(config: &Config) -> Vec<Warning> {
    let table: [(bool, &'static str, &'static str); 8] = [
        (
            !config.issuer.is_https(),
            "issuer",
            "is http, for trying out on this machine only; browsers elsewhere need https",
        ),
        (
            config.database.url.engine() == Engine::Postgres
                && matches!(config.sessions.url, SessionsUrl::Embedded),
            "sessions.url",
            "`embedded` serves one node, though PostgreSQL could serve many; set redis://… before starting a second",
        ),
        (
            config.database.url.engine() == Engine::Postgres && config.keys.url.is_none(),
            "keys.url",
            "is not set, so the key store is a schema of the same database; dump it apart (pg_dump --schema and \
             --exclude-schema vouchsafe_keys) and keep it 30 days at most, or erasing a person does not reach the backups",
        ),
        (
            config.secrets.master_key_file.is_none() || config.secrets.index_key_file.is_none(),
            "secrets",
            "master_key_file and index_key_file are not both set; `serve` needs them",
        ),
        (
            config.issuer.is_https()
                && config.server.listen.ip().is_loopback()
                && config.server.trusted_proxies.is_empty()
                && config.tls.certificate_file.is_none(),
            "server.trusted_proxies",
            "is empty, so everybody behind the proxy counts as one network; list the proxy's address",
        ),
        (
            config.support.phone.is_none(),
            "support.phone",
            "is not set; people who are locked out see no number",
        ),
        (
            config.support.urgent_help.is_none(),
            "support.urgent_help",
            "is not set; people who are locked out are not told what to do when care cannot wait",
        ),
        (
            config.mail.smtp_url.is_none(),
            "mail.smtp_url",
            "is not set: notices of changed ways to sign in wait in the outbox table and reach nobody",
        ),
    ];
    table.into_iter().filter(|row| row.0).map(|(_, key, message)| Warning { key, message }).collect()
}

/// Notes settings that cannot stand beside each other.
pub(super) fn contradictions(config: &Config, reader: &mut Reader) {
    let mut refuse = |key: &str, message: String| reader.problem(Origin::Default, key, message);
    if config.server.listen == config.server.internal_listen && config.server.listen.port() != 0 {
        refuse("server.internal_listen", "must differ from server.listen".to_owned());
    }
    if config.keys.overlap >= config.keys.rotation_period {
        refuse(
            "keys.overlap",
            format!("must be shorter than keys.rotation_period ({})", config.keys.rotation_period),
        );
    }
    let hashing = &config.hashing;
    if hashing.memory_kib / 8 < hashing.parallelism {
        refuse("hashing.parallelism", "needs 8 KiB of hashing.memory_kib a lane".to_owned());
    }
    if config.keys_url().expose() == config.database.url.expose() {
        refuse(
            "keys.url",
            "must not be database.url: the key store is backed up apart from the data".to_owned(),
        );
    }
    if config.mail.smtp_url.is_some() && config.mail.from.is_none() {
        refuse("mail.from", "must be set beside mail.smtp_url".to_owned());
    }
    if config.webauthn.metadata_root_file.is_some() && config.webauthn.metadata_file.is_none() {
        refuse("webauthn.metadata_file", "must be set beside webauthn.metadata_root_file".to_owned());
    }
    tls(config, &mut refuse);
    let secrets = &config.secrets;
    if secrets.master_key_file.is_some() && secrets.master_key_file == secrets.index_key_file {
        refuse("secrets.index_key_file", "must name another file than secrets.master_key_file".to_owned());
    }
}

fn tls(config: &Config, refuse: &mut dyn FnMut(&str, String)) {
    let (server, files) = (&config.server, &config.tls);
    match (&files.certificate_file, &files.key_file) {
        (Some(_), None) => {
            refuse("server.tls.key_file", "must be set beside server.tls.certificate_file".to_owned())
        }
        (None, Some(_)) => {
            refuse("server.tls.certificate_file", "must be set beside server.tls.key_file".to_owned())
        }
        (None, None) if server.mtls_listen.is_some() => {
            refuse("server.tls.certificate_file", "must be set beside server.mtls_listen".to_owned());
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if server.mtls_listen.is_some_and(|at| at == server.listen && at.port() != 0) {
        refuse("server.mtls_listen", "must differ from server.listen".to_owned());
    }
    if server.mtls_listen.is_some_and(|at| at.port() == 0) && server.mtls_origin.is_none() {
        refuse("server.mtls_origin", "must be set where server.mtls_listen takes any free port".to_owned());
    }
    if server.client_certificate_header.is_some() && server.trusted_proxies.is_empty() {
        let why = "must list the proxy that sets server.client_certificate_header";
        refuse("server.trusted_proxies", why.to_owned());
    }
    let taken = config.takes_certificates();
    if server.client_ca_file.is_some() && !taken {
        let why = "goes with server.mtls_listen or server.client_certificate_header";
        refuse("server.client_ca_file", why.to_owned());
    }
    if server.mtls_origin.is_some() && !taken {
        let why = "goes with server.mtls_listen or server.client_certificate_header";
        refuse("server.mtls_origin", why.to_owned());
    }
}
