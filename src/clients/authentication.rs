//! How a client proves itself at the token, revocation and introspection endpoints (RFC 6749 §2.3, RFC 7523, RFC 8705).
//!
//! [`present`] reads what came, [`prove`] compares it with what is registered and alone makes an
//! [`AuthenticatedClient`]. Only the registered method counts. An unknown or disabled client, another method and
//! a wrong secret have one public answer.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Client;
use super::metadata::AuthMethod;
use super::policy::AssertionAudience;
use crate::base::url::unescaped;
use crate::base::{Digest, Secret, Timestamp};
use crate::keys::jwt::{self, AssertionRules, Audience};
use crate::keys::mac;
use crate::keys::{Authorities, ClientCertificate, ClientJwks, Rejected, SharedSecret};

/// The one value of `client_assertion_type` (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest Authorization header read, in bytes.
const HEADER_LIMIT: usize = 4096;

/// What a request brings to prove a client; nothing is believed yet.
#[derive(Clone)]
pub enum Presented {
    /// Authorization: Basic.
    Basic {
        /// `client_id`.
        id: String,
        /// `client_secret`.
        secret: Secret<String>,
    },
    /// `client_id` and `client_secret` in the form.
    Post {
        /// `client_id`.
        id: String,
        /// `client_secret`.
        secret: Secret<String>,
    },
    /// `client_assertion` in the form.
    Assertion {
        /// `client_id`, else the assertion's `sub`.
        id: String,
        /// The assertion.
        jwt: String,
    },
    /// `client_id` alone: a public client, or one whose proof is the connection's certificate.
    None {
        /// `client_id`.
        id: String,
    },
}

impl Presented {
    /// The client it speaks of, to be looked up.
    pub fn id(&self) -> &str {
        match self {
            Self::Basic { id, .. }
            | Self::Post { id, .. }
            | Self::Assertion { id, .. }
            | Self::None { id } => id,
        }
    }

    /// Whether it is how a client proves itself that is registered for `method`.
    pub fn is_by(&self, method: AuthMethod) -> bool {
        match self {
            Self::Basic { .. } => method == AuthMethod::ClientSecretBasic,
            Self::Post { .. } => method == AuthMethod::ClientSecretPost,
            Self::Assertion { .. } => {
                matches!(method, AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt)
            }
            Self::None { .. } => matches!(
                method,
                AuthMethod::None | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth
            ),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Basic { .. } => "header",
            Self::Post { .. } => "form",
            Self::Assertion { .. } => "assertion",
            Self::None { .. } => "name",
        }
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented({} by {})", self.id(), self.name())
    }
}

/// A client was not authenticated. Only [`Refused::code`] and [`Refused::description`] are public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// Why, for the log and the audit trail.
    pub reason: Reason,
    /// Whether the request used the Authorization header, so that the 401 must carry `WWW-Authenticate: Basic`
    /// (RFC 6749 §5.2).
    pub by_header: bool,
}

/// The private half of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// More than one method, or `client_id` values that differ.
    #[error("the request authenticates the client in more than one way")]
    Several,
    /// `client_assertion` and `client_assertion_type` do not go together.
    #[error("client_assertion must come with client_assertion_type jwt-bearer")]
    AssertionType,
    /// Nothing names a client.
    #[error("the request names no client")]
    Nothing,
    /// The Authorization header is no Basic credential.
    #[error("the Authorization header is malformed or of another scheme")]
    Header,
    /// No client has this id.
    #[error("no such client")]
    Unknown,
    /// The client is disabled.
    #[error("the client is disabled")]
    Disabled,
    /// Another method than the registered.
    #[error("the client is registered for another method")]
    Method,
    /// No secret of the client is this.
    #[error("the secret is wrong")]
    Secret,
    /// The assertion does not verify.
    #[error("the assertion is refused: {0}")]
    Assertion(Rejected),
    /// The connection has no certificate, or one that cannot be read.
    #[error("the connection was made without a certificate")]
    NoCertificate,
    /// The connection's certificate is another than the registered.
    #[error("the connection's certificate is not the registered one: its subject is `{0}`")]
    Certificate(String),
    /// Nobody whose word is taken vouches for the connection's certificate now.
    #[error("no authority vouches for the connection's certificate: its subject is `{0}`")]
    Unvouched(String),
}

impl Refused {
    /// `invalid_request` where the request is at fault in itself, else `invalid_client` (RFC 6749 §5.2).
    pub fn code(&self) -> &'static str {
        match self.reason {
            Reason::Several | Reason::AssertionType => "invalid_request",
            Reason::Nothing
            | Reason::Header
            | Reason::Unknown
            | Reason::Disabled
            | Reason::Method
            | Reason::Secret
            | Reason::Assertion(_)
            | Reason::NoCertificate
            | Reason::Certificate(_)
            | Reason::Unvouched(_) => "invalid_client",
        }
    }

    /// A stable word for what the app's own developer is told.
    pub fn word(&self) -> &'static str {
        match self.reason {
            Reason::Several => "several_ways",
            Reason::AssertionType => "assertion_type",
            Reason::Nothing => "no_client",
            Reason::Header => "authorization_header",
            Reason::Unknown => "unknown_client",
            Reason::Disabled => "client_disabled",
            Reason::Method => "method_differs",
            Reason::Secret => "secret_wrong",
            Reason::Assertion(_) => "assertion_refused",
            Reason::NoCertificate => "no_certificate",
            Reason::Certificate(_) => "certificate_differs",
            Reason::Unvouched(_) => "certificate_unvouched",
        }
    }

    /// The public sentence; equal for everything that depends on what is registered.
    pub fn description(&self) -> &'static str {
        match self.reason {
            Reason::Several => "use one client authentication method",
            Reason::AssertionType => {
                "client_assertion needs client_assertion_type jwt-bearer and one client_id"
            }
            Reason::Nothing => "client authentication is missing",
            Reason::Header => "the Authorization header is malformed",
            Reason::Unknown
            | Reason::Disabled
            | Reason::Method
            | Reason::Secret
            | Reason::Assertion(_)
            | Reason::NoCertificate
            | Reason::Certificate(_)
            | Reason::Unvouched(_) => "client authentication failed",
        }
    }

    /// 401 for `invalid_client`, else 400.
    pub fn status(&self) -> u16 {
        if self.code() == "invalid_client" { 401 } else { 400 }
    }

    /// Whether another of the client's keys might have proved it.
    pub fn asks_for_new_keys(&self) -> bool {
        match &self.reason {
            Reason::Assertion(why) => why.asks_for_new_keys(),
            Reason::Certificate(_) => true,
            _ => false,
        }
    }

    fn of(reason: Reason) -> Self {
        Self { reason, by_header: false }
    }

    fn by_header(reason: Reason) -> Self {
        Self { reason, by_header: true }
    }
}

/// Reads what a request brings: its Authorization header and its form, never the query (RFC 6749 §2.3.1).
///
/// `form` answers the one value of a parameter; whoever reads the body has refused repeats. A parameter without
/// a value counts as absent (§3.2).
pub fn present<'f>(
    authorization: Option<&str>,
    form: &dyn Fn(&str) -> Option<&'f str>,
) -> Result<Presented, Refused> {
    let form = |name: &str| form(name).filter(|value| !value.is_empty());
    let (id, secret) = (form("client_id"), form("client_secret"));
    let assertion = form("client_assertion");
    let typed = form("client_assertion_type");
    if let Some(header) = authorization {
        if secret.is_some() || assertion.is_some() || typed.is_some() {
            return Err(Refused::by_header(Reason::Several));
        }
        let (user, password) = basic(header).ok_or(Refused::by_header(Reason::Header))?;
        if id.is_some_and(|id| id != user) {
            return Err(Refused::by_header(Reason::Several));
        }
        return Ok(Presented::Basic { id: user, secret: password });
    }
    match (id, secret, assertion, typed) {
        (_, Some(_), Some(_), _) | (_, Some(_), _, Some(_)) => Err(Refused::of(Reason::Several)),
        (_, None, Some(jwt), Some(JWT_BEARER)) => {
            let id = id.map(str::to_owned).or_else(|| jwt::unverified_subject(jwt));
            let id = id.ok_or(Refused::of(Reason::Assertion(Rejected::Malformed)))?;
            Ok(Presented::Assertion { id, jwt: jwt.to_owned() })
        }
        (_, None, Some(_), _) | (_, None, None, Some(_)) => Err(Refused::of(Reason::AssertionType)),
        (Some(id), Some(secret), None, None) => {
            Ok(Presented::Post { id: id.to_owned(), secret: Secret::new(secret.to_owned()) })
        }
        (Some(id), None, None, None) => Ok(Presented::None { id: id.to_owned() }),
        (None, _, None, None) => Err(Refused::of(Reason::Nothing)),
    }
}

/// What [`prove`] compares against.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// The issuer identifier.
    pub issuer: &'a str,
    /// The absolute URLs that assertions may name beside the issuer: the token endpoint, and the one they are sent to.
    pub endpoints: &'a [&'a str],
    /// The client's keys, where it has any and they could be had.
    pub keys: Option<&'a ClientJwks>,
    /// The certificate the connection was made with.
    pub certificate: Option<&'a ClientCertificate>,
    /// Who may vouch for certificates.
    pub authorities: Option<&'a Authorities>,
    /// The client's secrets, opened, where it makes assertions with them.
    pub secrets: &'a [SharedSecret],
    /// The present.
    pub now: Timestamp,
}

/// A client that proved itself by its registered method (a public one: named itself). Only [`prove`] makes it
/// of what came from outside.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Arc<Client>,
    secret: Option<String>,
}

impl AuthenticatedClient {
    /// A client we stand in for ourselves: only in a test run, whose code was asked for by us and never left us.
    pub fn standing_in(client: Arc<Client>) -> Self {
        Self { client, secret: None }
    }

    /// The id of the secret it proved itself with, if it was one.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    /// The client, to be kept.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

impl Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// An assertion that was used: the caller stores the mark and refuses when it was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an assertion is good for one use: mark it before believing it"]
pub struct ReplayMark {
    /// Digest of `client_id` and `jti`.
    pub digest: Digest,
    /// When the assertion ends, and the mark may go.
    pub until: Timestamp,
    /// When it was signed, as it says; what was signed before the marks began is refused.
    pub issued_at: Timestamp,
}

/// Compares what was presented with the client found under [`Presented::id`]; `None` where there is none.
///
/// An assertion also yields the [`ReplayMark`] the caller must spend before anything is granted.
pub fn prove(
    client: Option<Arc<Client>>,
    presented: &Presented,
    here: &Here<'_>,
) -> Result<(AuthenticatedClient, Option<ReplayMark>), Refused> {
    let by_header = matches!(presented, Presented::Basic { .. });
    let refused = |reason| Refused { reason, by_header };
    let client =
        client.filter(|client| client.id.as_str() == presented.id()).ok_or(refused(Reason::Unknown))?;
    if !presented.is_by(client.metadata.token_endpoint_auth_method) {
        return Err(refused(Reason::Method));
    }
    let (secret, mark) = match presented {
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
            let id = secret_of(&client, secret).ok_or_else(|| refused(Reason::Secret))?;
            (Some(id), None)
        }
        Presented::Assertion { jwt, .. } => {
            let (secret, mark) = verify(&client, jwt, here).map_err(|e| refused(Reason::Assertion(e)))?;
            (secret, Some(mark))
        }
        Presented::None { .. } => {
            by_certificate(&client, here).map_err(refused)?;
            (None, None)
        }
    };
    // Last, so that the log can tell a disabled client that proved itself from somebody who guesses.
    if !client.is_enabled() {
        return Err(refused(Reason::Disabled));
    }
    Ok((AuthenticatedClient { client, secret }, mark))
}

/// Judges the connection's certificate, where the client is registered for one (RFC 8705 §2).
fn by_certificate(client: &Client, here: &Here<'_>) -> Result<(), Reason> {
    let given = || here.certificate.ok_or(Reason::NoCertificate);
    match client.metadata.token_endpoint_auth_method {
        AuthMethod::TlsClientAuth => {
            let given = given()?;
            if !client.metadata.certificate_name.as_ref().is_some_and(|name| given.names(name)) {
                return Err(Reason::Certificate(given.subject()));
            }
            match here.authorities.is_some_and(|authorities| authorities.vouch_for(given, here.now)) {
                true => Ok(()),
                false => Err(Reason::Unvouched(given.subject())),
            }
        }
        AuthMethod::SelfSignedTlsClientAuth => {
            let given = given()?;
            match here.keys.is_some_and(|keys| keys.holds(given)) {
                true => Ok(()),
                false => Err(Reason::Certificate(given.subject())),
            }
        }
        AuthMethod::None => Ok(()),
        AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretPost
        | AuthMethod::ClientSecretJwt
        | AuthMethod::PrivateKeyJwt => Err(Reason::Method),
    }
}

/// The id of the secret given: compares with every valid one, each in constant time.
fn secret_of(client: &Client, given: &Secret<String>) -> Option<String> {
    let given = Digest::of(given.expose());
    let compared = client.secrets.iter().map(|secret| (secret.digest.same(&given), secret));
    let found = compared.fold(None, |found, (same, secret)| if same { Some(secret) } else { found });
    found.map(|secret| secret.id.clone())
}

/// The mark of an assertion that verifies by the client's registered method, and the id of the secret it was made with.
fn verify(client: &Client, token: &str, here: &Here<'_>) -> Result<(Option<String>, ReplayMark), Rejected> {
    let audience = match client.policy.client_assertion_aud {
        AssertionAudience::Issuer => Audience::Issuer(here.issuer),
        AssertionAudience::IssuerOrTokenEndpoint => Audience::IssuerOrEndpoint(here.issuer, here.endpoints),
    };
    let metadata = &client.metadata;
    let rules = AssertionRules {
        client_id: client.id.as_str(),
        algorithms: &metadata.assertion_algorithms(&client.policy),
        audience,
        now: here.now,
    };
    let (assertion, secret) = match metadata.token_endpoint_auth_method == AuthMethod::ClientSecretJwt {
        true => {
            let macs = metadata.assertion_macs();
            let (assertion, secret) = mac::verify_secret_assertion(here.secrets, token, &macs, &rules)?;
            (assertion, Some(secret.to_owned()))
        }
        false => {
            let keys = here.keys.ok_or(Rejected::UnknownKey)?;
            (jwt::verify_client_assertion(keys, token, &rules)?, None)
        }
    };
    // Behind the id's length, so that no two pairs of id and jti give one text.
    let text = format!("assertion:{}:{}:{}", client.id.as_str().len(), client.id, assertion.jti);
    let (until, issued_at) = (assertion.expires_at, assertion.issued_at);
    Ok((secret, ReplayMark { digest: Digest::of(text), until, issued_at }))
}

/// `Basic` credentials: base64 of two form-urlencoded texts around the first colon (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, Secret<String>)> {
    let (scheme, credentials) = header.split_once(' ').filter(|_| header.len() <= HEADER_LIMIT)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = Secret::new(STANDARD.decode(credentials.trim_start_matches(' ')).ok()?);
    let text = std::str::from_utf8(decoded.expose()).ok()?;
    let (id, secret) = text.split_once(':')?;
    let (id, secret) = (form_decoded(id)?, Secret::new(form_decoded(secret)?));
    (!id.is_empty() && !secret.expose().is_empty()).then_some((id, secret))
}

/// Strict `application/x-www-form-urlencoded`: every `%` begins two hex digits, the result is UTF-8 without
/// control characters.
fn form_decoded(text: &str) -> Option<String> {
    unescaped(text, b' ').filter(|text| !text.chars().any(char::is_control))
}
