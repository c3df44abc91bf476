//! The listeners, and whom they believe.

use std::net::SocketAddr;

use std::path::PathBuf;

use super::section::section;
use super::value::{Kind, Networks, Setting};
use crate::base::url::Issuer;

section! {
    /// The listeners, and whom they believe.
    Server in "server" {
        /// Where browsers and apps are answered: by TLS with the files of `[server.tls]`, else in plain HTTP, and a proxy in front ends TLS. Port 0 takes any free port.
        listen: SocketAddr = "127.0.0.1:8080" example "0.0.0.0:8080";

        /// Where operators are answered: `/healthz`, `/readyz` and `/metrics`. Keep it away from the internet; it asks nobody who they are.
        internal_listen: SocketAddr = "127.0.0.1:9090" example "0.0.0.0:9090";

        /// The proxies whose `X-Forwarded-For` is believed, as addresses or CIDR blocks. Anybody listed here can pretend to be any address, which the limits per network rest on; list only what you run yourself.
        trusted_proxies: Networks = "" example "127.0.0.1,10.0.0.0/8";

        /// Where apps that prove themselves by a TLS certificate, or have tokens bound to one, connect (RFC 8705): a listener that asks for certificates, with the files of `[server.tls]`. It answers the endpoints that apps call themselves, and no page. Discovery names them as `mtls_endpoint_aliases`.
        mtls_listen: Option<SocketAddr> = "" example "0.0.0.0:8444";

        /// Where apps reach `mtls_listen`, or a proxy that asks for certificates: scheme, host and port. By default the issuer's host with the port of `mtls_listen`.
        mtls_origin: Option<Issuer> = "" example "https://mtls.id.clinic.example";

        /// The header in which a trusted proxy tells the certificate of the client's connection: percent-encoded PEM (nginx: `$ssl_client_escaped_cert`), or base64 with or without the colons of RFC 9440. It is believed from `server.trusted_proxies` alone; the proxy must overwrite or remove it in every request, or anybody could pretend to have any certificate.
        client_certificate_header: Option<FieldName> = "" example "x-client-certificate";

        /// Certificates (PEM) of the authorities that vouch for apps with `tls_client_auth`. Without the file that way does not exist; `self_signed_tls_client_auth` needs none.
        client_ca_file: Option<PathBuf> = "" example "/etc/vouchsafe/client-ca.pem";
    }
}

section! {
    /// TLS of our own listeners. Both files are read again within a minute after they changed; what cannot be used then leaves the certificate before in force.
    Tls in "server.tls" {
        /// The certificate with its chain, ours first (PEM).
        certificate_file: Option<PathBuf> = "" example "/etc/vouchsafe/tls/fullchain.pem";

        /// Its private key (PEM).
        key_file: Option<PathBuf> = "" example "/etc/vouchsafe/tls/key.pem";
    }
}

/// The name of a header, in small letters. No underscores: some proxies take them for hyphens, and so let a header
/// through that they should have removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName(String);

impl FieldName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for FieldName {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase();
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if name.is_empty() || name.len() > 64 || !plain {
            return Err(format!(
                "`{name}` is no header name of letters, digits and hyphens; write e.g. x-client-certificate"
            ));
        }
        Ok(Self(name))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.clone())
    }
}
