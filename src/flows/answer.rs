//! The answer to an app on its way: signed where its response mode wants that (JARM). The key is at hand before anything is
//! spent for the answer.

use super::{Cx, PageError};
use crate::keys::{KeyError, KeyUse, SigningKey};
use crate::oidc::Error;
use crate::oidc::authorize::{Answer, Destination, Signer};

/// Where an answer goes, and what it is signed with.
#[derive(Debug)]
pub struct Sender {
    destination: Destination,
    key: Option<SigningKey>,
}

impl Sender {
    /// Makes ready to answer there.
    pub async fn to(cx: &Cx, destination: &Destination) -> Result<Self, PageError> {
        let key = match destination.signed_with() {
            Some(algorithm) => Some(cx.signing.active(cx, KeyUse::Answers, algorithm).await?),
            None => None,
        };
        Ok(Self { destination: destination.clone(), key })
    }

    /// Sends a code.
    pub fn code(&self, cx: &Cx, code: &str) -> Result<Answer, PageError> {
        self.destination.send_code(code, &self.signer(cx)).map_err(unsigned)
    }

    /// Sends an error.
    pub fn error(&self, cx: &Cx, error: &Error) -> Result<Answer, PageError> {
        self.destination.send_error(error, &self.signer(cx)).map_err(unsigned)
    }

    fn signer<'a>(&'a self, cx: &'a Cx) -> Signer<'a> {
        Signer { issuer: cx.issuer.as_str(), now: cx.now, key: self.key.as_ref() }
    }
}

fn unsigned(why: KeyError) -> PageError {
    tracing::error!(error = %why, "an answer could not be signed");
    PageError::Unavailable
}
