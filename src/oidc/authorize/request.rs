//! The parsed authorization request, and the checks that make it (OpenID Connect Core §3.1.2.1–2).

use serde::{Deserialize, Serialize};

use super::{ClaimsRequest, Destination, RawRequest, Refusal};
use crate::base::{Acr, Digest, GrantType, ResponseMode, Scope, Scopes, Seconds};
use crate::clients::policy::claims_of;
use crate::keys::Thumbprint;
use crate::oidc::details::{Detail, Types};
use crate::oidc::pkce::Challenge;
use crate::oidc::{Code, Error, details, resource};

crate::base::words::words! {
    /// What the client wants the person to see (OpenID Connect Core §3.1.2.1).
    Prompt {
        /// No page at all.
        None = "none",
        /// Sign in again.
        Login = "login",
        /// Ask for consent again.
        Consent = "consent",
        /// Let the person choose who they are.
        SelectAccount = "select_account",
    }
}

/// A request that passed every check; kept in the interaction, immutable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizeRequest {
    /// The client.
    pub client_id: String,
    /// Registered address of the answer.
    pub redirect_uri: String,
    /// Opaque to us, echoed exactly.
    pub state: Option<String>,
    /// How the answer travels.
    pub response_mode: Option<ResponseMode>,
    /// Scopes that are registered for the client; the others were dropped.
    pub scopes: Scopes,
    /// Echoed in the ID token.
    pub nonce: Option<String>,
    /// Pages wanted or unwanted.
    pub prompt: Vec<Prompt>,
    /// Oldest acceptable proof, in seconds.
    pub max_age: Option<Seconds>,
    /// Who the client believes will sign in; fills the field, nothing more.
    pub login_hint: Option<String>,
    /// Languages in order of preference.
    pub ui_locales: Option<String>,
    /// Levels asked for voluntarily, in order of preference; unknown ones were dropped.
    pub acr_values: Vec<Acr>,
    /// Levels of which one must be reached (`claims.id_token.acr` essential).
    pub essential_acr: Option<Vec<Acr>>,
    /// Single claims asked for.
    pub claims: ClaimsRequest,
    /// An ID token of ours, to be verified by the flow.
    pub id_token_hint: Option<String>,
    /// S256 challenge (RFC 7636).
    pub code_challenge: Option<Challenge>,
    /// Whom its tokens are to be for (RFC 8707); the issuer where it names nobody.
    #[serde(default)]
    pub resources: Vec<String>,
    /// What it asks for beyond scopes (RFC 9396).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// The key its code is bound to (RFC 9449 §10).
    #[serde(default)]
    pub dpop_jkt: Option<Thumbprint>,
    /// Stands for the pushed request it is, which is good for one sign-in (RFC 9126 §4).
    #[serde(default)]
    pub pushed: Option<Digest>,
}

/// Which way a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via {
    /// From the client itself (RFC 9126), and not by the browser, so that nobody may have changed it.
    pub pushed: bool,
    /// In a request object that its client signed (RFC 9101).
    pub signed: bool,
}

/// Where a request came, as far as its checks ask.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The types of details known here.
    pub details: &'a Types,
}

/// Longest single parameter kept, in bytes; `claims` and `id_token_hint` may be longer.
const LONGEST: usize = 2048;
/// Longest `claims` or `id_token_hint`, in bytes.
const LONGEST_DOCUMENT: usize = 16 * 1024;

type Checked<T> = Result<T, Error>;

impl AuthorizeRequest {
    /// Parameters that are read, and so must not be repeated (but for `resource`); others are unknown to us and ignored.
    pub const KNOWN: &[&str] = &[
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "display",
        "login_hint",
        "ui_locales",
        "claims_locales",
        "acr_values",
        "claims",
        "id_token_hint",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "authorization_details",
        "dpop_jkt",
        "request",
        "request_uri",
        "registration",
    ];

    /// Phase 2: every check in the order of the specification; the error goes to the destination.
    pub fn parse(
        raw: &RawRequest,
        destination: &Destination,
        here: Here<'_>,
        via: Via,
    ) -> Result<Self, Refusal> {
        Self::checked(raw, destination, here, via)
            .map_err(|error| Refusal::SendBack(Box::new(destination.clone()), error))
    }

    fn checked(raw: &RawRequest, destination: &Destination, here: Here<'_>, via: Via) -> Checked<Self> {
        no_repeats(raw)?;
        as_required(destination, via)?;
        no_registration(raw)?;
        response_type(raw)?;
        registered_for_codes(destination)?;
        let claims = claims(raw)?;
        let essential_acr = essential_acr(&claims)?;
        Ok(Self {
            client_id: destination.client().id.to_string(),
            redirect_uri: destination.redirect_uri().to_owned(),
            state: bounded(raw, "state")?,
            response_mode: response_mode(raw, destination)?,
            scopes: scopes(raw, destination)?,
            nonce: bounded(raw, "nonce")?,
            prompt: prompt(raw)?,
            max_age: max_age(raw, destination)?,
            login_hint: bounded(raw, "login_hint")?.filter(|h| h.len() <= 254),
            ui_locales: bounded(raw, "ui_locales")?,
            acr_values: acr_values(raw, destination, &claims)?,
            essential_acr,
            claims,
            id_token_hint: document(raw, "id_token_hint")?,
            code_challenge: code_challenge(raw, destination)?,
            resources: resource::asked(raw, destination.client(), here.issuer)?,
            details: details::asked(raw.get("authorization_details"), here.details, destination.client())?,
            dpop_jkt: dpop_jkt(raw)?,
            pushed: None,
        })
    }

    /// Whether a prompt was asked.
    pub fn prompts(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }

    /// What the person has to agree to: the scopes, and those whose claims are asked for one by one.
    pub fn consent_scopes(&self) -> Scopes {
        let asked =
            |name: &str| self.claims.userinfo.contains_key(name) || self.claims.id_token.contains_key(name);
        let by_claim = Scope::ALL.iter().filter(|scope| claims_of(**scope).iter().any(|name| asked(name)));
        let extra: Vec<_> = by_claim.map(|scope| scope.as_str()).collect();
        Scopes::parse(&format!("{} {}", self.scopes, extra.join(" ")))
    }

    /// The parameters again, so that a parked request can be located a second time.
    pub fn destination_parameters(&self) -> RawRequest {
        let mut pairs = vec![
            ("client_id".to_owned(), self.client_id.clone()),
            ("redirect_uri".to_owned(), self.redirect_uri.clone()),
        ];
        if let Some(state) = &self.state {
            pairs.push(("state".to_owned(), state.clone()));
        }
        if let Some(mode) = self.response_mode {
            pairs.push(("response_mode".to_owned(), mode.to_string()));
        }
        RawRequest::from_pairs(pairs)
    }
}

fn no_repeats(raw: &RawRequest) -> Checked<()> {
    // Several resources may be named (RFC 8707 §2).
    let once: Vec<&str> =
        AuthorizeRequest::KNOWN.iter().copied().filter(|name| *name != "resource").collect();
    match raw.first_repeated(&once) {
        Some(name) => {
            Err(Error::invalid_request(format!("{name} is given more than once."), "repeated_parameter"))
        }
        None => Ok(()),
    }
}

fn no_registration(raw: &RawRequest) -> Checked<()> {
    match raw.get("registration") {
        None => Ok(()),
        Some(_) => {
            let why = "registration is not supported here.";
            Err(Error::new(Code::RegistrationNotSupported, why, "not_supported"))
        }
    }
}

fn response_type(raw: &RawRequest) -> Checked<()> {
    match raw.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => {
            Err(Error::new(Code::UnsupportedResponseType, "response_type must be code.", "response_type"))
        }
        None => Err(Error::invalid_request("response_type is missing; it must be code.", "response_type")),
    }
}

fn registered_for_codes(destination: &Destination) -> Checked<()> {
    // Where we stand in for the app ourselves, its grant was looked at before.
    let client = destination.client();
    match client.lent.is_some() || client.allows(GrantType::AuthorizationCode) {
        true => Ok(()),
        false => {
            let why = "The client is not registered for the authorization_code grant.";
            Err(Error::new(Code::UnauthorizedClient, why, "grant_not_registered"))
        }
    }
}

fn response_mode(raw: &RawRequest, destination: &Destination) -> Checked<Option<ResponseMode>> {
    let Some(text) = raw.get("response_mode") else { return Ok(None) };
    let registered = &destination.client().metadata.response_modes;
    ResponseMode::parse(text).filter(|mode| registered.contains(mode)).map(Some).ok_or_else(|| {
        let why = "response_mode must be one that discovery lists, and registered for the client.";
        Error::invalid_request(why, "response_mode")
    })
}

fn scopes(raw: &RawRequest, destination: &Destination) -> Checked<Scopes> {
    let text = raw.get("scope").unwrap_or_default();
    if text.len() > LONGEST || !Scopes::is_valid(text) {
        return Err(Error::new(
            Code::InvalidScope,
            "scope is too long or holds characters not allowed.",
            "scope",
        ));
    }
    let client = destination.client();
    let asked = Scopes::parse(text);
    let granted = asked.filter(|scope| client.metadata.scope.contains(scope));
    if asked.has(Scope::Openid) && !granted.has(Scope::Openid) {
        return Err(Error::new(Code::InvalidScope, "openid is not registered for the client.", "no_openid"));
    }
    // Without openid it is a request of OAuth 2.0 alone: there is no ID token then, and no /userinfo.
    if granted.is_empty() {
        let why =
            "scope must name at least one scope that is registered for the client; openid for a sign-in.";
        return Err(Error::new(Code::InvalidScope, why, "no_scope"));
    }
    Ok(granted.filter(|s| s != Scope::OfflineAccess.as_str() || client.allows(GrantType::RefreshToken)))
}

fn prompt(raw: &RawRequest) -> Checked<Vec<Prompt>> {
    let text = raw.get("prompt").unwrap_or_default();
    let known: Option<Vec<_>> = text.split(' ').filter(|p| !p.is_empty()).map(Prompt::parse).collect();
    match known {
        Some(prompts) if prompts.contains(&Prompt::None) && prompts.len() > 1 => {
            Err(Error::invalid_request("prompt=none stands alone.", "prompt"))
        }
        Some(prompts) => Ok(prompts),
        None => Err(Error::invalid_request("prompt holds a value that is not supported.", "prompt")),
    }
}

fn max_age(raw: &RawRequest, destination: &Destination) -> Checked<Option<Seconds>> {
    let Some(text) = raw.get("max_age") else { return Ok(destination.client().metadata.default_max_age) };
    let digits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    let value = digits.then(|| text.parse::<Seconds>().ok()).flatten();
    value
        .map(Some)
        .ok_or_else(|| Error::invalid_request("max_age must be a whole number of seconds.", "max_age"))
}

/// Levels asked for voluntarily: by the parameter, else as a claim that is not essential (OpenID Connect Core §5.5.1.1).
fn acr_values(raw: &RawRequest, destination: &Destination, claims: &ClaimsRequest) -> Checked<Vec<Acr>> {
    let text = bounded(raw, "acr_values")?;
    let by_claim = claims.acr().filter(|(essential, values)| !essential && !values.is_empty());
    Ok(match (text, by_claim) {
        (Some(text), _) => text.split(' ').filter_map(Acr::parse).collect(),
        (None, Some((_, values))) => values.iter().filter_map(|value| Acr::parse(value)).collect(),
        (None, None) => destination.client().metadata.default_acr_values.clone(),
    })
}

fn essential_acr(claims: &ClaimsRequest) -> Checked<Option<Vec<Acr>>> {
    match claims.acr() {
        Some((true, values)) if !values.is_empty() => {
            let known: Vec<_> =
                values.iter().filter_map(|v| Acr::parse(v)).filter(|a| *a < Acr::Aal3).collect();
            if known.is_empty() {
                let why = "None of the essential acr values can be reached here.";
                return Err(Error::new(Code::UnmetAuthenticationRequirements, why, "essential_acr"));
            }
            Ok(Some(known))
        }
        _ => Ok(None),
    }
}

fn claims(raw: &RawRequest) -> Checked<ClaimsRequest> {
    match document(raw, "claims")? {
        None => Ok(ClaimsRequest::default()),
        Some(text) => ClaimsRequest::parse(&text).map_err(|why| Error::invalid_request(why, "claims")),
    }
}

fn code_challenge(raw: &RawRequest, destination: &Destination) -> Checked<Option<Challenge>> {
    let bad = |why: &dyn std::fmt::Display| Error::invalid_request(why.to_string(), "pkce");
    let challenge =
        Challenge::parse(raw.get("code_challenge"), raw.get("code_challenge_method")).map_err(|e| bad(&e))?;
    if challenge.is_none() && destination.client().policy.require_pkce {
        return Err(bad(&"code_challenge is required (PKCE with S256, RFC 7636)"));
    }
    Ok(challenge)
}

/// Whether the request came the ways its client must take.
fn as_required(destination: &Destination, via: Via) -> Checked<()> {
    let client = destination.client();
    if client.lent.is_some() {
        // A test run stands in for the app, and is asked for here.
        return Ok(());
    }
    if client.policy.require_par && !via.pushed {
        let why = "The client must push its authorization requests (RFC 9126).";
        return Err(Error::invalid_request(why, "not_pushed"));
    }
    if client.policy.require_signed_request_object && !via.signed {
        let why = "The client must sign its authorization requests (RFC 9101).";
        return Err(Error::invalid_request(why, "not_signed"));
    }
    Ok(())
}

fn dpop_jkt(raw: &RawRequest) -> Checked<Option<Thumbprint>> {
    let Some(text) = raw.get("dpop_jkt") else { return Ok(None) };
    let why = "dpop_jkt must be the SHA-256 thumbprint of the client's DPoP key (RFC 9449 §10).";
    Thumbprint::parse(text).map(Some).ok_or_else(|| Error::invalid_request(why, "dpop_jkt"))
}

fn bounded(raw: &RawRequest, name: &str) -> Checked<Option<String>> {
    within(raw, name, LONGEST)
}

fn document(raw: &RawRequest, name: &str) -> Checked<Option<String>> {
    within(raw, name, LONGEST_DOCUMENT)
}

fn within(raw: &RawRequest, name: &str, longest: usize) -> Checked<Option<String>> {
    match raw.get(name) {
        Some(text) if text.len() > longest => {
            Err(Error::invalid_request(format!("{name} is longer than {longest} bytes."), "too_long"))
        }
        other => Ok(other.map(str::to_owned)),
    }
}
