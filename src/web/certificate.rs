//! The certificate a client's connection was made with (RFC 8705): of our own listener, or as a proxy tells it.
//!
//! A proxy's word counts only where the connection comes from a trusted one; it must set the header itself, or take it
//! out. What cannot be read counts as no certificate.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::Web;
use crate::base::url::unescaped;
use crate::keys::ClientCertificate;

/// Longest header that is read, in bytes.
const LONGEST: usize = 24 * 1024;

/// The certificate of a request's connection.
pub(super) fn of(parts: &Parts, web: &Web, peer: Option<IpAddr>) -> Option<Arc<ClientCertificate>> {
    if let Some(own) = parts.extensions.get::<Arc<ClientCertificate>>() {
        return Some(own.clone());
    }
    let server = &web.services.config.server;
    let header = server.client_certificate_header.as_ref()?;
    peer.filter(|peer| server.trusted_proxies.contains(peer.to_canonical()))?;
    told(&parts.headers, header.as_str()).map(Arc::new)
}

/// Reads what proxies write: RFC 9440's `:base64:`, percent-encoded PEM (nginx, HAProxy), or base64 alone (Traefik).
fn told(headers: &HeaderMap, name: &str) -> Option<ClientCertificate> {
    let mut all = headers.get_all(name).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let text = value.to_str().ok().filter(|text| text.len() <= LONGEST)?.trim();
    let der = match text.strip_prefix(':').and_then(|text| text.strip_suffix(':')) {
        Some(bytes) => STANDARD.decode(bytes).ok()?,
        None if text.starts_with("-----BEGIN") => pem(&unescaped(text, b'+')?)?,
        None => STANDARD.decode(text).ok()?,
    };
    ClientCertificate::of_chain(vec![der])
}

fn pem(text: &str) -> Option<Vec<u8>> {
    let (_, body) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, rest) = body.split_once("-----END CERTIFICATE-----")?;
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    rest.trim().is_empty().then(|| STANDARD.decode(packed).ok()).flatten()
}
