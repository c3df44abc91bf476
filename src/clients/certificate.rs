//! What a client's certificate must name, where an authority vouches for it (RFC 8705 §2.1.2): read and written.

use serde_json::{Value, json};

use super::fields::{Fields, Invalid};
use crate::keys::CertificateName;
use crate::keys::distinguished::DistinguishedName;

/// Members of a registration that are read here.
pub(super) const KNOWN: [&str; 5] = [
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
];

/// What the client's certificate must name: one of five members (RFC 8705 §2.1.2).
pub(super) fn read(fields: &Fields<'_>) -> Result<Option<CertificateName>, Invalid> {
    let mut named = None;
    for member in KNOWN {
        let Some(text) = fields.text(member)?.map(str::trim) else { continue };
        let plain = (1..=1_000).contains(&text.len()) && !text.chars().any(char::is_control);
        let of = |make: fn(String) -> CertificateName| plain.then(|| make(text.to_owned()));
        let (read, why) = match member.rsplit('_').next() {
            Some("dn") => (
                DistinguishedName::parse(text).map(CertificateName::Subject),
                "must be a distinguished name as RFC 4514 writes it, e.g. CN=app,O=Clinic,C=DE",
            ),
            Some("dns") => (of(CertificateName::Dns), "must be a host name"),
            Some("uri") => (of(CertificateName::Uri), "must be a URI"),
            Some("ip") => (text.parse().ok().map(CertificateName::Ip), "must be an IPv4 or IPv6 address"),
            Some(_) | None => (of(CertificateName::Email), "must be an e-mail address"),
        };
        let read = read.ok_or_else(|| fields.refuse(member, why))?;
        if named.replace(read).is_some() {
            return Err(
                fields.refuse(member, "only one tls_client_auth_ member may be given (RFC 8705 §2.1.2)")
            );
        }
    }
    Ok(named)
}

pub(super) fn to_json(name: Option<&CertificateName>) -> Value {
    match name {
        None => json!({}),
        Some(CertificateName::Subject(name)) => json!({ "tls_client_auth_subject_dn": name.to_string() }),
        Some(CertificateName::Dns(name)) => json!({ "tls_client_auth_san_dns": name }),
        Some(CertificateName::Uri(name)) => json!({ "tls_client_auth_san_uri": name }),
        Some(CertificateName::Ip(address)) => json!({ "tls_client_auth_san_ip": address }),
        Some(CertificateName::Email(name)) => json!({ "tls_client_auth_san_email": name }),
    }
}
