//! Where an answer may go. Only `locate` makes a destination, so an unverified address is never redirected to.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::RawRequest;
use crate::base::{ResponseMode, Seconds, Timestamp, url};
use crate::clients::Client;
use crate::keys::{Algorithm, KeyError, SigningKey};
use crate::oidc::{Code, Error};

/// Seconds a signed answer is good for: JARM §2.1 recommends ten minutes at most, and a form waits for its person.
pub const SIGNED_LIFETIME: Seconds = 300;
/// `typ` of signed answers. It is that of ID tokens, which no answer passes for: it has no `iat` and no `sub`.
const SIGNED_TYP: &str = "JWT";

/// A redirect URI proven to be registered for an enabled client, with what every answer carries.
#[derive(Clone, Debug)]
pub struct Destination {
    client: Arc<Client>,
    redirect_uri: String,
    state: Option<String>,
    mode: ResponseMode,
}

/// Why a request is answered with a page at `/authorize` and never with a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowReason {
    /// `client_id` missing, repeated or malformed.
    NoClientId,
    /// No such client, or one that is disabled: the same page for both.
    UnknownClient,
    /// `redirect_uri` missing or repeated.
    NoRedirectUri,
    /// `redirect_uri` is not one of the registered ones, compared character by character.
    UnknownRedirectUri,
    /// The parameters could not be decoded.
    BadForm,
    /// `request_uri` names no request that this client pushed or keeps, or one that has expired or was used.
    UnknownRequestUri,
    /// The request object is refused, and nothing beside it says where that could be told.
    BadRequestObject,
}

impl ShowReason {
    /// The stable code of the page, which the manual explains.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoClientId => "VS-1201",
            Self::UnknownClient => "VS-1202",
            Self::NoRedirectUri => "VS-1203",
            Self::UnknownRedirectUri => "VS-1204",
            Self::BadForm => "VS-1205",
            Self::UnknownRequestUri => "VS-1206",
            Self::BadRequestObject => "VS-1207",
        }
    }

    /// A stable machine word for the audit trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoClientId => "no_client_id",
            Self::UnknownClient => "unknown_client",
            Self::NoRedirectUri => "no_redirect_uri",
            Self::UnknownRedirectUri => "unknown_redirect_uri",
            Self::BadForm => "bad_form",
            Self::UnknownRequestUri => "unknown_request_uri",
            Self::BadRequestObject => "request_object",
        }
    }
}

/// A refused authorization request.
#[derive(Debug)]
pub enum Refusal {
    /// An HTML page, status 400.
    Show(ShowReason),
    /// An error at the client's redirect URI.
    SendBack(Box<Destination>, Error),
}

/// An answer on its way to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 303 to this URL.
    Redirect(String),
    /// A page whose form posts these fields to the URL.
    FormPost {
        /// The registered redirect URI.
        action: String,
        /// Name and value of each hidden field.
        fields: Vec<(String, String)>,
    },
}

/// Phase 1: proves that the answer may be sent somewhere at all (RFC 6749 §3.1.2.4, RFC 9700 §2.1).
pub fn locate(raw: &RawRequest, client: Option<Arc<Client>>) -> Result<Destination, ShowReason> {
    if raw.get("client_id").is_none() {
        return Err(ShowReason::NoClientId);
    }
    let client = client.filter(|c| c.is_enabled()).ok_or(ShowReason::UnknownClient)?;
    let redirect_uri = raw.get("redirect_uri").ok_or(ShowReason::NoRedirectUri)?;
    if !client.matches_redirect(redirect_uri) {
        return Err(ShowReason::UnknownRedirectUri);
    }
    // A response mode that is unknown or not registered is refused in the next phase, through the default mode.
    let registered = |mode: &ResponseMode| client.metadata.response_modes.contains(mode);
    let mode = raw.get("response_mode").and_then(ResponseMode::parse).filter(registered);
    let mode = mode.unwrap_or_else(|| usual_mode(&client));
    let state = raw.get("state").map(str::to_owned);
    Ok(Destination { client, redirect_uri: redirect_uri.to_owned(), state, mode })
}

/// How an app is answered that does not say how: in the query, or signed where it registered signed answers alone.
fn usual_mode(client: &Client) -> ResponseMode {
    let modes = &client.metadata.response_modes;
    let signed = modes.iter().all(|mode| mode.is_signed()) && modes.contains(&ResponseMode::Jwt);
    match signed && client.lent.is_none() {
        true => ResponseMode::Jwt,
        false => ResponseMode::Query,
    }
}

/// What an answer is signed with, where it is.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The issuer identifier.
    pub issuer: &'a str,
    /// The present.
    pub now: Timestamp,
    /// A key of the algorithm that [`Destination::signed_with`] names.
    pub key: Option<&'a SigningKey>,
}

impl Destination {
    /// The client the answer goes to.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The registered address itself.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// What `form-action` has to name so that the browser follows.
    pub fn form_action(&self) -> String {
        url::form_action_source(&self.redirect_uri).unwrap_or_default()
    }

    /// The algorithm the answer is signed with; `None` for an answer that is not signed.
    pub fn signed_with(&self) -> Option<Algorithm> {
        self.mode.is_signed().then(|| self.client.metadata.answer_algorithm())
    }

    /// Sends a code (OpenID Connect Core §3.1.2.5) with `iss` (RFC 9207).
    pub fn send_code(&self, code: &str, by: &Signer<'_>) -> Result<Answer, KeyError> {
        self.send(&[("code", code)], by)
    }

    /// Sends an error (§3.1.2.6) with `iss`.
    pub fn send_error(&self, error: &Error, by: &Signer<'_>) -> Result<Answer, KeyError> {
        self.send(&[("error", error.code.as_str()), ("error_description", &error.description)], by)
    }

    /// A refusal that goes back to the client.
    pub fn refuse(&self, code: Code, description: &str, detail: &'static str) -> Refusal {
        Refusal::SendBack(Box::new(self.clone()), Error::new(code, description, detail))
    }

    fn send(&self, pairs: &[(&str, &str)], by: &Signer<'_>) -> Result<Answer, KeyError> {
        let mut pairs = [pairs, &[("iss", by.issuer)]].concat();
        if let Some(state) = &self.state {
            pairs.push(("state", state));
        }
        let signed = match self.mode.is_signed() {
            true => self.sign(&pairs, by)?,
            false => String::new(),
        };
        if self.mode.is_signed() {
            pairs = vec![("response", &signed)];
        }
        Ok(match self.mode {
            ResponseMode::Query | ResponseMode::Jwt | ResponseMode::QueryJwt => {
                Answer::Redirect(url::with_query(&self.redirect_uri, &pairs))
            }
            ResponseMode::FormPost | ResponseMode::FormPostJwt => Answer::FormPost {
                action: self.redirect_uri.clone(),
                fields: pairs.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            },
        })
    }

    /// The answer in one JWT (JARM §2.1).
    fn sign(&self, pairs: &[(&str, &str)], by: &Signer<'_>) -> Result<String, KeyError> {
        let key = by.key.ok_or(KeyError::NotSigned)?;
        let mut claims: Map<String, Value> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        claims.insert("aud".to_owned(), self.client.id.as_str().into());
        claims.insert("exp".to_owned(), by.now.plus(SIGNED_LIFETIME).seconds().into());
        key.sign(SIGNED_TYP, &claims)
    }
}
