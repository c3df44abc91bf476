//! What a client registered of its authorization requests (RFC 9101, OpenID Connect Registration §2) and of how the
//! answers to them are signed (JARM §3).

use serde_json::{Value, json};

use super::fields::{Fields, Invalid, invalid};
use super::metadata::Metadata;
use super::policy::Policy;
use crate::keys::Algorithm;

/// Members of a registration that are read here.
pub(super) const KNOWN: [&str; 2] = ["request_object_signing_alg", "authorization_signed_response_alg"];

/// A client's requests and their answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    /// The one algorithm of its request objects, if it pinned one.
    pub object_signing_alg: Option<Algorithm>,
    /// Algorithm of its signed answers; that of its ID tokens where it names none.
    pub answer_signing_alg: Option<Algorithm>,
}

impl Requests {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            object_signing_alg: fields.word("request_object_signing_alg")?,
            answer_signing_alg: fields.word("authorization_signed_response_alg")?,
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
        let signs = policy.require_signed_request_object || self.object_signing_alg.is_some();
        let usable = self.object_algorithms(policy);
        match &metadata.jwks {
            None if signs => Err(invalid("jwks", "signed requests need the client's public keys")),
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

    pub(super) fn to_json(&self) -> Value {
        json!({
            "request_object_signing_alg": self.object_signing_alg,
            "authorization_signed_response_alg": self.answer_signing_alg,
        })
    }
}
