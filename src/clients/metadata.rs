//! Client metadata (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2): one parser for the console,
//! the API, the command and dynamic registration, and its inverse.
//!
//! Members nobody knows are ignored; values we cannot honour are refused, so that no client believes it has what it
//! has not. What [`Metadata::to_json`] writes, [`parse`] reads back to the same.

use serde_json::{Map, Value, json};

use super::certificate;
use super::ciba::{self, Ciba};
use super::fields::{Fields, invalid, page};
use super::logout::{self, LogoutUris};
use super::members::{
    client_name, contacts, default_acr_values, default_max_age, grant_types, post_logout_redirect_uris,
    redirect_uris, response_modes, response_types, scope,
};
use super::policy::{Policy, RefreshRotation, SenderConstraint};
use super::protection::{self, Protection};
use super::redirect::RedirectUri;
use super::requests::{self, Requests};
use super::sector;
use crate::base::text::nearest;
use crate::base::words::words;
use crate::base::{Acr, GrantType, ResponseMode, Scopes, Seconds};
use crate::keys::{Algorithm, CertificateName, ClientJwks, MacAlgorithm};

pub use super::fields::Invalid;

words! {
    /// How a client authenticates (RFC 7591 §2, OpenID Connect Core §9).
    AuthMethod {
        /// Secret in the Authorization header; the default.
        ClientSecretBasic = "client_secret_basic",
        /// Secret in the form.
        ClientSecretPost = "client_secret_post",
        /// A JWT made with the secret.
        ClientSecretJwt = "client_secret_jwt",
        /// A JWT signed with a registered key.
        PrivateKeyJwt = "private_key_jwt",
        /// A TLS certificate that an authority vouches for (RFC 8705 §2.1).
        TlsClientAuth = "tls_client_auth",
        /// A TLS certificate that is registered with the client's keys (RFC 8705 §2.2).
        SelfSignedTlsClientAuth = "self_signed_tls_client_auth",
        /// Not at all: a public client.
        None = "none",
    }
}

words! {
    /// Whether clients can compare the `sub` they get (OpenID Connect Core §8).
    SubjectType {
        /// Another `sub` in each sector; the default.
        Pairwise = "pairwise",
        /// One `sub` for all clients registered so.
        Public = "public",
    }
}

words! {
    /// OpenID Connect Dynamic Client Registration §2.
    ApplicationType {
        /// Runs on a server or in a browser; the default.
        Web = "web",
        /// Runs on the person's device.
        Native = "native",
    }
}

/// What a client registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Where codes may be sent; empty only without the authorization_code grant.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a browser may go after signing out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Ways it may be answered; all unless it says otherwise.
    pub response_modes: Vec<ResponseMode>,
    /// The one way it authenticates.
    pub token_endpoint_auth_method: AuthMethod,
    /// The one algorithm of its assertions, if it pinned one.
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    /// What its certificate must name, where an authority vouches for it.
    pub certificate_name: Option<CertificateName>,
    /// The same, of assertions made with the secret.
    pub token_endpoint_auth_mac: Option<MacAlgorithm>,
    /// What it says of its requests, and of how they are answered.
    pub requests: Requests,
    /// Scopes it may ask for.
    pub scope: Scopes,
    /// Its public keys.
    pub jwks: Option<ClientJwks>,
    /// Where its public keys stand, in place of `jwks`.
    pub jwks_uri: Option<String>,
    /// Algorithm of its ID tokens.
    pub id_token_signed_response_alg: Algorithm,
    /// Algorithm of its UserInfo answers; plain JSON where it names none.
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// Pairwise or public `sub`.
    pub subject_type: SubjectType,
    /// Whose host names the sector of its `sub` values; it was fetched and lists every redirect URI.
    pub sector_identifier_uri: Option<String>,
    /// Web or native.
    pub application_type: ApplicationType,
    /// `max_age` where a request has none, in seconds.
    pub default_max_age: Option<Seconds>,
    /// Whether `auth_time` is asked for; every ID token carries it anyway.
    pub require_auth_time: bool,
    /// `acr_values` where a request has none.
    pub default_acr_values: Vec<Acr>,
    /// Name shown to people; may be empty.
    pub client_name: Option<String>,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its logo, which was fetched: people are shown our copy.
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Where a sign-in that begins with us is sent (OpenID Connect Core §4).
    pub initiate_login_uri: Option<String>,
    /// Who answers for it.
    pub contacts: Vec<String>,
    /// Where it hears that a session ended.
    pub logout: LogoutUris,
    /// What is encrypted to it.
    pub protection: Protection,
    /// How it asks for people who are elsewhere.
    pub ciba: Ciba,
}

/// Members of a registration, as [`Metadata::to_json`] and [`Policy::metadata`] write them.
const KNOWN: &[&str] = &[
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "response_modes",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "scope",
    "jwks",
    "jwks_uri",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "application_type",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "contacts",
    "dpop_bound_access_tokens",
    "require_pushed_authorization_requests",
    "tls_client_certificate_bound_access_tokens",
    "require_signed_request_object",
];

/// Members an answer to a registration carries beside the metadata.
const BESIDE: &[&str] = &[
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
    "response_types",
    "policy",
];

/// Refuses a member nobody knows, and names the one that was meant: where somebody changes a registration by hand, a
/// misspelt member must not fall back to its default in silence.
pub fn refuse_unknown(value: &Value) -> Result<(), Invalid> {
    let members = value.as_object().ok_or_else(|| invalid("metadata", "must be a JSON object"))?;
    let known = || {
        KNOWN
            .iter()
            .chain(&certificate::KNOWN)
            .chain(&ciba::MEMBERS)
            .chain(&logout::MEMBERS)
            .chain(&protection::MEMBERS)
            .chain(&requests::KNOWN)
            .chain(BESIDE)
            .copied()
    };
    let Some(name) = members.keys().find(|name| !known().any(|known| known == *name)) else { return Ok(()) };
    let all: Vec<String> = known().map(str::to_owned).collect();
    let advice = match nearest(name, &all) {
        Some(near) => format!("there is no such member; did you mean `{near}`?"),
        None => "there is no such member (RFC 7591 §2)".to_owned(),
    };
    Err(invalid(&crate::base::text::error_text(name), advice))
}

/// Reads a registration: RFC 7591 metadata with a `policy` member. `client_id`, `client_secret` and the like
/// are not looked at.
pub fn parse(value: &Value) -> Result<(Metadata, Policy), Invalid> {
    let members = value.as_object().ok_or_else(|| invalid("metadata", "must be a JSON object"))?;
    let fields = Fields::new(members, "");
    let metadata = read(&fields)?;
    let mut policy = Policy::parse(fields.get("policy"), &metadata.scope)?;
    policy.agree_with(&fields)?;
    check(&metadata, &policy)?;
    Ok((metadata, policy))
}

fn read(fields: &Fields<'_>) -> Result<Metadata, Invalid> {
    let grant_types = grant_types(fields)?;
    let with_codes = grant_types.contains(&GrantType::AuthorizationCode);
    response_types(fields, with_codes)?;
    let method = fields.word("token_endpoint_auth_method")?.unwrap_or(AuthMethod::ClientSecretBasic);
    let (signing_alg, mac) = match method == AuthMethod::ClientSecretJwt {
        true => (None, fields.word("token_endpoint_auth_signing_alg")?),
        false => (fields.word("token_endpoint_auth_signing_alg")?, None),
    };
    let redirect_uris = redirect_uris(fields)?;
    Ok(Metadata {
        logout: LogoutUris::read(fields, &redirect_uris)?,
        protection: Protection::read(fields)?,
        ciba: Ciba::read(fields)?,
        redirect_uris,
        post_logout_redirect_uris: post_logout_redirect_uris(fields)?,
        response_modes: response_modes(fields)?,
        token_endpoint_auth_method: method,
        token_endpoint_auth_signing_alg: signing_alg,
        token_endpoint_auth_mac: mac,
        requests: Requests::read(fields)?,
        certificate_name: certificate::read(fields)?,
        scope: scope(fields, grant_types.iter().any(|grant| grant.asks_people()))?,
        jwks: fields.get("jwks").map(ClientJwks::parse).transpose().map_err(|e| fields.refuse("jwks", e))?,
        jwks_uri: page(fields, "jwks_uri")?,
        id_token_signed_response_alg: fields
            .word("id_token_signed_response_alg")?
            .unwrap_or(Algorithm::Rs256),
        userinfo_signed_response_alg: fields.word("userinfo_signed_response_alg")?,
        subject_type: fields.word("subject_type")?.unwrap_or(SubjectType::Pairwise),
        sector_identifier_uri: page(fields, "sector_identifier_uri")?,
        application_type: fields.word("application_type")?.unwrap_or(ApplicationType::Web),
        default_max_age: default_max_age(fields)?,
        require_auth_time: fields.flag("require_auth_time", false)?,
        default_acr_values: default_acr_values(fields)?,
        client_name: client_name(fields)?,
        client_uri: page(fields, "client_uri")?,
        logo_uri: page(fields, "logo_uri")?,
        policy_uri: page(fields, "policy_uri")?,
        tos_uri: page(fields, "tos_uri")?,
        initiate_login_uri: page(fields, "initiate_login_uri")?,
        contacts: contacts(fields)?,
        grant_types,
    })
}

/// What no member shows by itself.
fn check(metadata: &Metadata, policy: &Policy) -> Result<(), Invalid> {
    let public = metadata.token_endpoint_auth_method == AuthMethod::None;
    let with_codes = metadata.allows(GrantType::AuthorizationCode);
    if with_codes && metadata.redirect_uris.is_empty() {
        let why = "redirect_uris: at least one is needed for the authorization_code grant";
        return Err(Invalid::RedirectUri(why.to_owned()));
    }
    if metadata.allows(GrantType::RefreshToken)
        && !metadata.grant_types.iter().any(|grant| grant.asks_people())
    {
        return Err(invalid(
            "grant_types",
            "refresh_token needs authorization_code, device_code or ciba beside it",
        ));
    }
    if public && metadata.allows(GrantType::ClientCredentials) {
        return Err(invalid(
            "grant_types",
            "client_credentials needs a client that authenticates; it cannot go with \
             token_endpoint_auth_method `none`",
        ));
    }
    if public && metadata.allows(GrantType::TokenExchange) {
        return Err(invalid(
            "grant_types",
            "token-exchange needs a client that authenticates; it cannot go with \
             token_endpoint_auth_method `none`",
        ));
    }
    if metadata.allows(GrantType::TokenExchange) && !policy.exchange {
        let why = "token-exchange needs `\"exchange\": true` in `policy`, which is set at the host alone; docs/token-exchange.md says how";
        return Err(invalid("grant_types", why));
    }
    if policy.refresh_rotation == RefreshRotation::None && policy.sender_constraint == SenderConstraint::None
    {
        let why = "`none` needs a sender constraint (RFC 9700 §2.2.2); use `rotate`";
        return Err(invalid("policy.refresh_rotation", why));
    }
    if public && !policy.require_pkce {
        return Err(invalid("policy.require_pkce", "a public client must use PKCE (RFC 9700 §2.1.1)"));
    }
    if !policy.signing_algs.contains(&metadata.id_token_signed_response_alg) {
        return Err(invalid("id_token_signed_response_alg", "is not among policy.signing_algs"));
    }
    if metadata.userinfo_signed_response_alg.is_some_and(|named| !policy.signing_algs.contains(&named)) {
        return Err(invalid("userinfo_signed_response_alg", "is not among policy.signing_algs"));
    }
    metadata.sector_host().map_err(|why| invalid("redirect_uris", why))?;
    metadata.requests.check(metadata, policy)?;
    metadata.protection.check(metadata, &policy.signing_algs)?;
    metadata.ciba.check(metadata, policy)?;
    check_keys(metadata, policy)
}

/// What is asked beyond [`parse`] of what is registered or changed now; what was registered before goes on.
pub fn check_new(metadata: &Metadata, before: Option<&Metadata>) -> Result<(), Invalid> {
    let named = |metadata: &Metadata| (metadata.redirect_uris.clone(), metadata.is_of_one_host());
    if before.is_none_or(|before| named(before) != named(metadata)) {
        sector::refuse_mixed(metadata)?;
    }
    sector::refuse_unproved(metadata)?;
    let begins = |metadata: &Metadata| metadata.initiate_login_uri.clone();
    let changed = begins(metadata).filter(|uri| before.and_then(begins).as_ref() != Some(uri));
    match changed {
        Some(uri) if !uri.starts_with("https:") => {
            Err(invalid("initiate_login_uri", "must be an https:// URL (OpenID Connect Core §4)"))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_keys(metadata: &Metadata, policy: &Policy) -> Result<(), Invalid> {
    if let Some(pinned) = metadata.token_endpoint_auth_signing_alg
        && !policy.signing_algs.contains(&pinned)
    {
        return Err(invalid("token_endpoint_auth_signing_alg", "is not among policy.signing_algs"));
    }
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err(invalid("jwks_uri", "cannot go with jwks; give one of them (RFC 7591 §2)"));
    }
    let method = metadata.token_endpoint_auth_method;
    if (method == AuthMethod::TlsClientAuth) != metadata.certificate_name.is_some() {
        let why = "goes with exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, _san_ip and _san_email, and \
                   they with no other method (RFC 8705 §2.1.2)";
        return Err(invalid("tls_client_auth", why));
    }
    if method == AuthMethod::SelfSignedTlsClientAuth
        && metadata.jwks_uri.is_none()
        && !metadata.jwks.as_ref().is_some_and(ClientJwks::has_certificates)
    {
        let why =
            "self_signed_tls_client_auth needs the client's certificate as `x5c` of a key (RFC 8705 §2.2)";
        return Err(invalid("jwks", why));
    }
    if method == AuthMethod::None && policy.sender_constraint == SenderConstraint::Mtls {
        let why = "`mtls` needs a client that authenticates; for a public client use `dpop`";
        return Err(invalid("policy.sender_constraint", why));
    }
    if method != AuthMethod::PrivateKeyJwt || metadata.jwks_uri.is_some() {
        return Ok(());
    }
    let Some(jwks) = &metadata.jwks else {
        return Err(invalid("jwks", "private_key_jwt needs the client's public keys; give jwks or jwks_uri"));
    };
    if metadata.assertion_algorithms(policy).iter().any(|algorithm| jwks.supports(*algorithm)) {
        Ok(())
    } else {
        Err(invalid("jwks", "none of its keys can be used with the algorithms the client may use"))
    }
}

impl Metadata {
    /// Whether the client is registered for a grant.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether a redirect URI of a request is registered: exact, the port of a loopback IP literal free.
    pub fn matches_redirect(&self, given: &str) -> bool {
        self.redirect_uris.iter().any(|uri| uri.matches(given))
    }

    /// Whether a post-logout URI of a request is registered, by the same comparison.
    pub fn matches_post_logout(&self, given: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|uri| uri.matches(given))
    }

    /// The origins of the redirect URIs, for CORS at token, userinfo and revoke.
    pub fn origins(&self) -> Vec<&str> {
        let mut origins: Vec<_> = self.redirect_uris.iter().filter_map(RedirectUri::origin).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }

    /// Algorithms the client's assertions may use: the pinned one, else those of the policy.
    pub fn assertion_algorithms(&self, policy: &Policy) -> Vec<Algorithm> {
        match self.token_endpoint_auth_signing_alg {
            Some(pinned) => vec![pinned],
            None => policy.signing_algs.clone(),
        }
    }

    /// The same, of assertions made with a secret.
    pub fn assertion_macs(&self) -> Vec<MacAlgorithm> {
        self.token_endpoint_auth_mac.map_or_else(|| MacAlgorithm::ALL.to_vec(), |pinned| vec![pinned])
    }

    /// The algorithm of its signed answers (JARM §3).
    pub fn answer_algorithm(&self) -> Algorithm {
        self.requests.answer_signing_alg.unwrap_or(self.id_token_signed_response_alg)
    }

    /// The metadata as RFC 7591 §3.2.1 answers it, without id, secret and policy.
    pub fn to_json(&self) -> Map<String, Value> {
        let texts =
            |uris: &[RedirectUri]| uris.iter().map(|uri| Value::from(uri.as_str())).collect::<Vec<_>>();
        let codes = self.allows(GrantType::AuthorizationCode);
        let optional = json!({
            "token_endpoint_auth_signing_alg": self
                .token_endpoint_auth_signing_alg
                .map(Algorithm::as_str)
                .or(self.token_endpoint_auth_mac.map(MacAlgorithm::as_str)),
            "jwks": self.jwks.as_ref().map(ClientJwks::to_json),
            "jwks_uri": self.jwks_uri,
            "userinfo_signed_response_alg": self.userinfo_signed_response_alg,
            "sector_identifier_uri": self.sector_identifier_uri,
            "default_max_age": self.default_max_age,
            "client_name": self.client_name,
            "client_uri": self.client_uri,
            "logo_uri": self.logo_uri,
            "policy_uri": self.policy_uri,
            "tos_uri": self.tos_uri,
            "initiate_login_uri": self.initiate_login_uri,
        });
        let always = json!({
            "redirect_uris": texts(&self.redirect_uris),
            "post_logout_redirect_uris": texts(&self.post_logout_redirect_uris),
            "grant_types": self.grant_types,
            "response_types": if codes { vec!["code"] } else { Vec::new() },
            "response_modes": self.response_modes,
            "token_endpoint_auth_method": self.token_endpoint_auth_method,
            "scope": self.scope.to_string(),
            "id_token_signed_response_alg": self.id_token_signed_response_alg,
            "subject_type": self.subject_type,
            "application_type": self.application_type,
            "require_auth_time": self.require_auth_time,
            "default_acr_values": self.default_acr_values,
            "contacts": self.contacts,
        });
        let certificate = certificate::to_json(self.certificate_name.as_ref());
        let members = [optional, always, certificate, self.requests.to_json()].into_iter().filter_map(
            |part| match part {
                Value::Object(members) => Some(members),
                _ => None,
            },
        );
        let members = members.flatten().filter(|(_, value)| !value.is_null());
        let parts = [self.logout.to_json(), self.protection.to_json(), self.ciba.to_json()];
        members.chain(parts.into_iter().flatten()).collect()
    }
}
