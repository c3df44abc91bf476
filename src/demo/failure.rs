//! What can go wrong between the app and the sign-in service, in the three ways that matter to a person.

use std::error::Error as StdError;

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    ClaimsVerificationError, ConfigurationError, DiscoveryError, RequestTokenError, StandardErrorResponse,
    UserInfoError,
};

use super::http;

/// Why the service could not be used; the text is for developers.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It does not answer, or answers that it cannot now.
    #[error("the sign-in service is away: {0}")]
    Away(String),
    /// It answered no, with an OAuth error code.
    #[error("the sign-in service refused: {code} ({description})")]
    Refused {
        /// As registered for OAuth: `invalid_grant`, `access_denied` …
        code: String,
        /// The service's own sentence, possibly empty.
        description: String,
    },
    /// It answered something that must not be believed.
    #[error("the answer cannot be trusted: {0}")]
    Untrusted(String),
}

impl Failure {
    /// A refusal with its code and sentence.
    pub(super) fn refused(code: impl Into<String>, description: impl Into<String>) -> Self {
        Self::Refused { code: code.into(), description: description.into() }
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Transport(_) | http::Error::Unable(_) => Self::Away(chain(&error)),
            http::Error::TooLong | http::Error::Malformed(_) => Self::Untrusted(chain(&error)),
        }
    }
}

impl From<DiscoveryError<http::Error>> for Failure {
    fn from(error: DiscoveryError<http::Error>) -> Self {
        match error {
            DiscoveryError::Request(error) => error.into(),
            DiscoveryError::Response(..) => Self::Away(chain(&error)),
            _ => Self::Untrusted(chain(&error)),
        }
    }
}

type TokenError = RequestTokenError<http::Error, StandardErrorResponse<CoreErrorResponseType>>;

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            RequestTokenError::Request(error) => error.into(),
            RequestTokenError::ServerResponse(answer) => {
                let description = answer.error_description().cloned().unwrap_or_default();
                Self::refused(answer.error().as_ref(), description)
            }
            // Only the place: the text may hold tokens.
            RequestTokenError::Parse(error, _) => {
                Self::Untrusted(format!("token response: cannot read {}", error.path()))
            }
            RequestTokenError::Other(text) => Self::Untrusted(text),
        }
    }
}

impl From<UserInfoError<http::Error>> for Failure {
    fn from(error: UserInfoError<http::Error>) -> Self {
        match error {
            UserInfoError::Request(error) => error.into(),
            UserInfoError::Response(status, ..) => {
                Self::refused("invalid_token", format!("userinfo answered {status}"))
            }
            _ => Self::Untrusted(format!("userinfo: {}", chain(&error))),
        }
    }
}

impl From<ClaimsVerificationError> for Failure {
    fn from(error: ClaimsVerificationError) -> Self {
        Self::Untrusted(format!("ID token: {}", chain(&error)))
    }
}

impl From<ConfigurationError> for Failure {
    fn from(error: ConfigurationError) -> Self {
        Self::Untrusted(format!("discovery: {error}"))
    }
}

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
