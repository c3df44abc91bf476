//! Protocol errors: a public half (code and description) and a private half (detail for the log and the trail).

use crate::base::text;

crate::base::words::words! {
    /// The error codes of RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6, RFC 8707, RFC 9396, RFC 9449, RFC 9470
    /// and CIBA.
    Code {
        /// Malformed, incomplete or repeated parameters.
        InvalidRequest = "invalid_request",
        /// Client authentication failed (401).
        InvalidClient = "invalid_client",
        /// The code, refresh token or verifier is not good.
        InvalidGrant = "invalid_grant",
        /// The client may not use this grant.
        UnauthorizedClient = "unauthorized_client",
        /// No such grant here.
        UnsupportedGrantType = "unsupported_grant_type",
        /// Only `code` exists here.
        UnsupportedResponseType = "unsupported_response_type",
        /// A scope the client is not registered for, or none left.
        InvalidScope = "invalid_scope",
        /// An unknown resource (RFC 8707 §2).
        InvalidTarget = "invalid_target",
        /// `authorization_details` of a type that is not known, or not of its shape (RFC 9396 §5).
        InvalidAuthorizationDetails = "invalid_authorization_details",
        /// The person or a policy said no.
        AccessDenied = "access_denied",
        /// `prompt=none` and nobody is signed in.
        LoginRequired = "login_required",
        /// `prompt=none` and consent is missing.
        ConsentRequired = "consent_required",
        /// `prompt=none` and a page would be needed.
        InteractionRequired = "interaction_required",
        /// The request object does not verify, or is no request (RFC 9101 §7).
        InvalidRequestObject = "invalid_request_object",
        /// `request_uri` is unknown, expired, used, another client's or leads to nothing (RFC 9101 §7).
        InvalidRequestUri = "invalid_request_uri",
        /// The DPoP proof is missing, not valid, or of another key (RFC 9449 §5).
        InvalidDpopProof = "invalid_dpop_proof",
        /// The DPoP proof must carry the nonce of this answer (RFC 9449 §8).
        UseDpopNonce = "use_dpop_nonce",
        /// `registration` is not supported.
        RegistrationNotSupported = "registration_not_supported",
        /// The level asked for as essential cannot be reached (RFC 9470, OIDC unmet authentication).
        UnmetAuthenticationRequirements = "unmet_authentication_requirements",
        /// The access token is missing, expired or not meant for this (RFC 6750 §3.1).
        InvalidToken = "invalid_token",
        /// The access token lacks a scope (RFC 6750 §3.1).
        InsufficientScope = "insufficient_scope",
        /// The person has not answered yet (RFC 8628 §3.5).
        AuthorizationPending = "authorization_pending",
        /// The client asks too often (RFC 8628 §3.5).
        SlowDown = "slow_down",
        /// The device code, or the backchannel request, has expired (RFC 8628 §3.5, CIBA §11).
        ExpiredToken = "expired_token",
        /// The `binding_message` cannot be shown to a person (CIBA §13).
        InvalidBindingMessage = "invalid_binding_message",
        /// Something we need is away; try again.
        TemporarilyUnavailable = "temporarily_unavailable",
    }
}

impl Code {
    /// The HTTP status where the error is answered directly.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::TemporarilyUnavailable => 503,
            Self::InvalidRequest
            | Self::AuthorizationPending
            | Self::SlowDown
            | Self::ExpiredToken
            | Self::InvalidBindingMessage
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::UnsupportedResponseType
            | Self::InvalidScope
            | Self::InvalidTarget
            | Self::InvalidAuthorizationDetails
            | Self::AccessDenied
            | Self::LoginRequired
            | Self::ConsentRequired
            | Self::InteractionRequired
            | Self::InvalidRequestObject
            | Self::InvalidRequestUri
            | Self::InvalidDpopProof
            | Self::UseDpopNonce
            | Self::RegistrationNotSupported
            | Self::UnmetAuthenticationRequirements => 400,
        }
    }
}

/// A refusal in the protocol's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description} ({detail})")]
pub struct Error {
    /// The standard code.
    pub code: Code,
    /// What the client's developer reads; printable ASCII.
    pub description: String,
    /// What only the log and the audit trail hold: a stable machine word.
    pub detail: &'static str,
}

impl Error {
    /// An error whose detail is the public description's stable name.
    pub fn new(code: Code, description: impl AsRef<str>, detail: &'static str) -> Self {
        Self { code, description: text::error_text(description.as_ref()), detail }
    }

    /// `invalid_request` with what is wrong and how to mend it.
    pub fn invalid_request(description: impl AsRef<str>, detail: &'static str) -> Self {
        Self::new(Code::InvalidRequest, description, detail)
    }

    /// `invalid_grant`: the public half never says which check failed.
    pub fn invalid_grant(detail: &'static str) -> Self {
        Self::new(
            Code::InvalidGrant,
            "The grant is not valid, was used before, or belongs to another client.",
            detail,
        )
    }

    /// `invalid_client`: the same words for an unknown client and a wrong secret.
    pub fn invalid_client(detail: &'static str) -> Self {
        Self::new(Code::InvalidClient, "Client authentication failed.", detail)
    }
}
