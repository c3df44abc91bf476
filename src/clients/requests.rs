//! What a client registered of its authorization requests (RFC 9101, OpenID Connect Registration §2) and of how the
//! answers to them are signed (JARM §3).

use serde_json::{Value, json};

use super::fields::{Fields, Invalid, invalid};
use super::metadata::Metadata;
use super::policy::Policy;
use crate::base::url::is_loopback;
use crate::keys::Algorithm;

/// Members of a registration that are read here.
pub(super) const KNOWN: [&str; 4] = [
    "request_object_signing_alg",
    "authorization_signed_response_alg",
    "request_uris",
    "authorization_details_types",
];
/// Longest address of a request object, in bytes (OpenID Connect Core §6.2).
const LONGEST: usize = 512;

/// A client's requests and their answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    /// The one algorithm of its request objects, if it pinned one.
    pub object_signing_alg: Option<Algorithm>,
    /// Where it keeps request objects that we may fetch.
    pub uris: Vec<String>,
    /// Algorithm of its signed answers; that of its ID tokens where it names none.
    pub answer_signing_alg: Option<Algorithm>,
    /// Types of `authorization_details` it may ask for, of those the host describes (RFC 9396 §10).
    pub details: Vec<String>,
}

impl Requests {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            object_signing_alg: fields.word("request_object_signing_alg")?,
            uris: uris(fields)?,
            answer_signing_alg: fields.word("authorization_signed_response_alg")?,
            details: details(fields)?,
        })
    }

    /// What no member shows by itself.
    pub(super) fn check(&self, metadata: &Metadata, policy: &Policy) -> Result<(), Invalid> {
        let named = [self.object_signing_alg, self.answer_signing_alg];
        for (member, algorithm) in KNOWN.iter().zip(named) {
            if algorithm.is_some_and(|named| !policy.signing_algs.contains(&named)) {
                return Err(invalid(member, "is not among policy.signing_algs"));
            }
        }
        let signs = policy.require_signed_request_object
            || self.object_signing_alg.is_some()
            || !self.uris.is_empty();
        let usable = self.object_algorithms(policy);
        match &metadata.jwks {
            None if signs && metadata.jwks_uri.is_none() => {
                Err(invalid("jwks", "signed requests need the client's public keys"))
            }
            Some(jwks) if signs && !usable.iter().any(|one| jwks.supports(*one)) => {
                Err(invalid("jwks", "none of its keys can be used with the algorithms of its requests"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Algorithms the client's request objects may use: the pinned one, else those of the policy.
    pub fn object_algorithms(&self, policy: &Policy) -> Vec<Algorithm> {
        self.object_signing_alg.map_or_else(|| policy.signing_algs.clone(), |pinned| vec![pinned])
    }

    /// Whether an address is one of the client's. The fragment is a mark of the contents that the client changes with them
    /// (OpenID Connect Core §6.2); who made them is shown by their signature.
    pub fn keeps_at(&self, uri: &str) -> bool {
        self.uris.iter().any(|known| without_fragment(known) == without_fragment(uri))
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "request_uris": (!self.uris.is_empty()).then_some(&self.uris),
            "request_object_signing_alg": self.object_signing_alg,
            "authorization_signed_response_alg": self.answer_signing_alg,
            "authorization_details_types": (!self.details.is_empty()).then_some(&self.details),
        })
    }
}

/// The part of an address that is fetched.
pub fn without_fragment(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(address, _)| address)
}

fn details(fields: &Fields<'_>) -> Result<Vec<String>, Invalid> {
    let mut types: Vec<String> = Vec::new();
    for text in fields.texts("authorization_details_types", 32)?.unwrap_or_default() {
        if text.is_empty() || text.len() > 100 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let why = "must be names of 1 to 100 printable ASCII characters";
            return Err(fields.refuse("authorization_details_types", why));
        }
        if !types.iter().any(|known| known == text) {
            types.push(text.to_owned());
        }
    }
    Ok(types)
}

fn uris(fields: &Fields<'_>) -> Result<Vec<String>, Invalid> {
    let mut uris: Vec<String> = Vec::new();
    for text in fields.texts("request_uris", 32)?.unwrap_or_default() {
        let url = url::Url::parse(text).ok().filter(|url| {
            let scheme = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
            scheme && url.username().is_empty() && url.password().is_none()
        });
        if url.is_none() || text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
            let why = "must be absolute https:// URLs without user name, 512 characters at most";
            return Err(fields.refuse("request_uris", why));
        }
        if !uris.iter().any(|known| known == text) {
            uris.push(text.to_owned());
        }
    }
    Ok(uris)
}
