//! The token endpoint's grants (RFC 6749 §4): `Grant` is the only list.
//!
//! To add a grant: a variant of [`Grant`] and of `GrantType`; the compiler names the match in `flows::token`,
//! discovery follows by itself, and `tidy` asks for its tests.

mod exchange;
mod issue;

pub use exchange::{ACCESS_TOKEN_TYPE, Actor, Exchange};
pub use issue::{AccessTokenClaims, Confirmation, Entitlement, IdTokenClaims, TokenSet, half_hash};

use super::authorize::RawRequest;
use crate::base::{GrantType, Scopes};
use crate::oidc::{Code, Error};

/// Longest code, verifier or refresh token taken, in bytes.
const LONGEST: usize = 1024;

/// A parsed token request; the client is not yet known to be who it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// RFC 6749 §4.1.3 with RFC 7636 §4.5.
    AuthorizationCode {
        /// The code.
        code: String,
        /// Must equal the one of the authorization request.
        redirect_uri: Option<String>,
        /// PKCE.
        code_verifier: Option<String>,
    },
    /// RFC 6749 §6.
    RefreshToken {
        /// The refresh token.
        refresh_token: String,
        /// A narrower scope, if any.
        scope: Option<Scopes>,
    },
    /// RFC 8628 §3.4.
    DeviceCode {
        /// The device's code.
        device_code: String,
    },
    /// CIBA Core 1.0 §10.1.
    Ciba {
        /// Stands for the request.
        auth_req_id: String,
    },
    /// RFC 6749 §4.4.
    ClientCredentials {
        /// The scope asked for, if any.
        scope: Option<Scopes>,
    },
    /// RFC 8693 §2.1.
    TokenExchange(Box<Exchange>),
}

/// Parameters that must not be repeated (RFC 6749 §3.2).
pub const KNOWN: &[&str] = &[
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "device_code",
    "subject_token",
    "subject_token_type",
    "actor_token",
    "actor_token_type",
    "requested_token_type",
    "auth_req_id",
    "authorization_details",
    "scope",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
];

impl Grant {
    /// Reads the form; every error names the parameter.
    pub fn parse(raw: &RawRequest) -> Result<Self, Error> {
        if let Some(name) = raw.first_repeated(KNOWN) {
            return Err(Error::invalid_request(
                format!("{name} is given more than once."),
                "repeated_parameter",
            ));
        }
        let name = required(raw, "grant_type")?;
        let unsupported = || Error::new(Code::UnsupportedGrantType, "No such grant here.", "grant_type");
        match GrantType::parse(&name).ok_or_else(unsupported)? {
            GrantType::AuthorizationCode => Ok(Self::AuthorizationCode {
                code: required(raw, "code")?,
                redirect_uri: optional(raw, "redirect_uri")?,
                code_verifier: optional(raw, "code_verifier")?,
            }),
            GrantType::RefreshToken => {
                Ok(Self::RefreshToken { refresh_token: required(raw, "refresh_token")?, scope: scope(raw)? })
            }
            GrantType::ClientCredentials => Ok(Self::ClientCredentials { scope: scope(raw)? }),
            GrantType::DeviceCode => Ok(Self::DeviceCode { device_code: required(raw, "device_code")? }),
            GrantType::TokenExchange => Exchange::parse(raw).map(Box::new).map(Self::TokenExchange),
            GrantType::Ciba => Ok(Self::Ciba { auth_req_id: required(raw, "auth_req_id")? }),
        }
    }

    /// The grant's type, for the client's registration to allow.
    pub fn kind(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::DeviceCode { .. } => GrantType::DeviceCode,
            Self::TokenExchange(_) => GrantType::TokenExchange,
            Self::Ciba { .. } => GrantType::Ciba,
        }
    }
}

fn required(raw: &RawRequest, name: &str) -> Result<String, Error> {
    optional(raw, name)?
        .ok_or_else(|| Error::invalid_request(format!("{name} is missing."), "missing_parameter"))
}

fn optional(raw: &RawRequest, name: &str) -> Result<Option<String>, Error> {
    within(raw, name, LONGEST * 2)
}

fn within(raw: &RawRequest, name: &str, longest: usize) -> Result<Option<String>, Error> {
    match raw.get(name) {
        Some(text) if text.len() > longest => {
            Err(Error::invalid_request(format!("{name} is too long."), "too_long"))
        }
        other => Ok(other.map(str::to_owned)),
    }
}

fn scope(raw: &RawRequest) -> Result<Option<Scopes>, Error> {
    match raw.get("scope") {
        None => Ok(None),
        Some(text) if text.len() <= LONGEST * 2 && Scopes::is_valid(text) => Ok(Some(Scopes::parse(text))),
        Some(_) => {
            Err(Error::new(Code::InvalidScope, "scope is too long or holds characters not allowed.", "scope"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_read_or_refused_by_name() {
        let parse = |form: &str| Grant::parse(&RawRequest::parse(form).unwrap());
        assert!(matches!(parse("grant_type=authorization_code&code=x"), Ok(Grant::AuthorizationCode { .. })));
        assert!(matches!(
            parse("grant_type=client_credentials&scope=a%20b"),
            Ok(Grant::ClientCredentials { .. })
        ));
        let refusals = [
            ("", Code::InvalidRequest),
            ("grant_type=password", Code::UnsupportedGrantType),
            (
                "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x",
                Code::UnsupportedGrantType,
            ),
            ("grant_type=authorization_code", Code::InvalidRequest),
            ("grant_type=authorization_code&code=a&code=b", Code::InvalidRequest),
            ("grant_type=client_credentials&scope=%22", Code::InvalidScope),
        ];
        for (form, code) in refusals {
            assert_eq!(parse(form).unwrap_err().code, code, "{form}");
        }
    }
}
