//! Client metadata (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2): one parser for the console,
//! the API, the command and dynamic registration, and its inverse.
//!
//! Members nobody knows are ignored; members we know and cannot honour are refused, so that no client believes
//! it has what it has not. What [`Metadata::to_json`] writes, [`parse`] reads back to the same.

use serde_json::{Map, Value, json};

use super::certificate;
use super::fields::{Fields, invalid};
use super::policy::{Policy, RefreshRotation, SenderConstraint};
use super::redirect::RedirectUri;
use super::requests::{self, Requests};
use crate::base::text::nearest;
use crate::base::url::is_loopback;
use crate::base::words::words;
use crate::base::{Acr, ClientId, GrantType, ResponseMode, Scope, Scopes, Seconds};
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
    /// The same, of assertions made with the secret.
    pub token_endpoint_auth_mac: Option<MacAlgorithm>,
    /// What it says of its requests, and of how they are answered.
    pub requests: Requests,
    /// What its certificate must name, where an authority vouches for it.
    pub certificate_name: Option<CertificateName>,
    /// Scopes it may ask for.
    pub scope: Scopes,
    /// Its public keys.
    pub jwks: Option<ClientJwks>,
    /// Algorithm of its ID tokens.
    pub id_token_signed_response_alg: Algorithm,
    /// Algorithm of its UserInfo answers; plain JSON where it names none.
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// Pairwise or public `sub`.
    pub subject_type: SubjectType,
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
    /// Its logo; shown by reference, never fetched by us.
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Where a sign-in that begins with us is sent (OpenID Connect Core §4).
    pub initiate_login_uri: Option<String>,
    /// Who answers for it.
    pub contacts: Vec<String>,
}

/// Members of a registration, as [`Metadata::to_json`] and [`Policy::metadata`] write them.
const KNOWN: [&str; 26] = [
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "response_modes",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "scope",
    "jwks",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "subject_type",
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

/// Members we know and do not honour, with what to do instead.
const UNSUPPORTED: [(&str, &str); 4] = [
    ("jwks_uri", "key sets are not fetched; register the keys themselves as `jwks`"),
    (
        "sector_identifier_uri",
        "it would have to be fetched, which does not work yet; use redirect_uris of one host",
    ),
    ("id_token_encrypted_response_alg", "encrypted ID tokens are not supported; leave it out"),
    ("userinfo_encrypted_response_alg", "encrypted answers are not supported; leave it out"),
];

/// Members an answer to a registration carries beside the metadata.
const BESIDE: [&str; 6] = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "response_types",
    "policy",
];

/// Refuses a member nobody knows, and names the one that was meant: where somebody changes a registration by hand, a
/// misspelt member must not fall back to its default in silence.
pub fn refuse_unknown(value: &Value) -> Result<(), Invalid> {
    let members = value.as_object().ok_or_else(|| invalid("metadata", "must be a JSON object"))?;
    let lists = || KNOWN.iter().chain(&certificate::KNOWN).chain(&requests::KNOWN).chain(&BESIDE).copied();
    let known = || lists().chain(UNSUPPORTED.iter().map(|(name, _)| *name));
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
    for (name, why) in UNSUPPORTED {
        let asked = match fields.get(name) {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Array(all)) => !all.is_empty(),
            Some(_) => true,
        };
        if asked {
            return Err(fields.refuse(name, why));
        }
    }
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
    Ok(Metadata {
        redirect_uris: redirect_uris(fields)?,
        post_logout_redirect_uris: post_logout_redirect_uris(fields)?,
        response_modes: response_modes(fields)?,
        token_endpoint_auth_method: method,
        token_endpoint_auth_signing_alg: signing_alg,
        token_endpoint_auth_mac: mac,
        requests: Requests::read(fields)?,
        certificate_name: certificate::read(fields)?,
        scope: scope(fields, with_codes)?,
        jwks: fields.get("jwks").map(ClientJwks::parse).transpose().map_err(|e| fields.refuse("jwks", e))?,
        id_token_signed_response_alg: fields
            .word("id_token_signed_response_alg")?
            .unwrap_or(Algorithm::Rs256),
        userinfo_signed_response_alg: fields.word("userinfo_signed_response_alg")?,
        subject_type: fields.word("subject_type")?.unwrap_or(SubjectType::Pairwise),
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
    if metadata.allows(GrantType::RefreshToken) && !with_codes {
        return Err(invalid("grant_types", "refresh_token needs authorization_code beside it"));
    }
    if public && metadata.allows(GrantType::ClientCredentials) {
        return Err(invalid(
            "grant_types",
            "client_credentials needs a client that authenticates; it cannot go with \
             token_endpoint_auth_method `none`",
        ));
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
    check_keys(metadata, policy)
}

fn check_keys(metadata: &Metadata, policy: &Policy) -> Result<(), Invalid> {
    if let Some(pinned) = metadata.token_endpoint_auth_signing_alg
        && !policy.signing_algs.contains(&pinned)
    {
        return Err(invalid("token_endpoint_auth_signing_alg", "is not among policy.signing_algs"));
    }
    let method = metadata.token_endpoint_auth_method;
    if (method == AuthMethod::TlsClientAuth) != metadata.certificate_name.is_some() {
        let why = "goes with exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, _san_ip and _san_email, and \
                   they with no other method (RFC 8705 §2.1.2)";
        return Err(invalid("tls_client_auth", why));
    }
    if method == AuthMethod::SelfSignedTlsClientAuth
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
    if method != AuthMethod::PrivateKeyJwt {
        return Ok(());
    }
    let Some(jwks) = &metadata.jwks else {
        return Err(invalid("jwks", "private_key_jwt needs the client's public keys"));
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
            "userinfo_signed_response_alg": self.userinfo_signed_response_alg,
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
        members.flatten().filter(|(_, value)| !value.is_null()).collect()
    }

    /// The one host that stands for the client; `None` where its `client_id` does.
    ///
    /// Loopback hosts belong to nobody: they stand only where there is no other, and only one of them.
    fn sector_host(&self) -> Result<Option<&str>, &'static str> {
        if self.subject_type == SubjectType::Public {
            return Ok(None);
        }
        let hosts = |loopback: bool| {
            let of_kind = self.redirect_uris.iter().filter(move |uri| uri.is_loopback() == loopback);
            let mut hosts: Vec<_> = of_kind.filter_map(RedirectUri::host).collect();
            hosts.sort_unstable();
            hosts.dedup();
            hosts
        };
        match (hosts(false).as_slice(), hosts(true).as_slice()) {
            ([host], _) | ([], [host]) => Ok(Some(host)),
            ([], _) => Ok(None),
            _ => Err(
                "they have several hosts, so no pairwise sub can be made; use one host, or subject_type public",
            ),
        }
    }
}

/// Refuses what would take a host's sector without being that host's: an address on the person's own device, or a scheme
/// that any app may claim, beside a web host (OpenID Connect Core §8.1 wants a `sector_identifier_uri` there). Asked of what
/// is registered or changed; what was registered before goes on.
pub fn refuse_mixed(metadata: &Metadata) -> Result<(), Invalid> {
    let of_a_host = |uri: &&RedirectUri| uri.host().is_some() && !uri.is_loopback();
    let all = &metadata.redirect_uris;
    let hosts = all.iter().filter(of_a_host).count();
    if metadata.subject_type == SubjectType::Public || hosts == 0 || hosts == all.len() {
        return Ok(());
    }
    let why = "they mix a web host with addresses of no host (localhost, a scheme of an app), so no pairwise sub can be \
               made: that needs a sector_identifier_uri, which does not work yet; register two apps, or subject_type public";
    Err(Invalid::RedirectUri(format!("redirect_uris: {why}")))
}

/// Whether a sector is one of a host: a web host, and none of a person's own device.
pub fn is_of_a_web_host(metadata: &Metadata) -> bool {
    metadata.redirect_uris.iter().any(|uri| uri.host().is_some() && !uri.is_loopback())
}

/// The sector a client's `sub` belongs to (OpenID Connect Core §8.1): a text to be stored and compared, not
/// shown. `host:`, `client:` and `public` keep a `client_id` that looks like a host out of that host's sector.
pub fn sector(metadata: &Metadata, client: &ClientId) -> Result<String, Invalid> {
    if metadata.subject_type == SubjectType::Public {
        return Ok("public".to_owned());
    }
    match metadata.sector_host() {
        Ok(Some(host)) => Ok(format!("host:{host}")),
        Ok(None) => Ok(format!("client:{client}")),
        Err(why) => Err(invalid("redirect_uris", why)),
    }
}

fn redirect_uris(fields: &Fields<'_>) -> Result<Vec<RedirectUri>, Invalid> {
    uris(fields, "redirect_uris").map_err(|e| match e {
        Invalid::Metadata(why) | Invalid::RedirectUri(why) => Invalid::RedirectUri(why),
    })
}

fn post_logout_redirect_uris(fields: &Fields<'_>) -> Result<Vec<RedirectUri>, Invalid> {
    uris(fields, "post_logout_redirect_uris")
}

fn uris(fields: &Fields<'_>, name: &str) -> Result<Vec<RedirectUri>, Invalid> {
    let mut uris = Vec::new();
    for text in fields.texts(name, 100)?.unwrap_or_default() {
        let uri = RedirectUri::parse(text).map_err(|why| fields.refuse(name, why))?;
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    Ok(uris)
}

fn grant_types(fields: &Fields<'_>) -> Result<Vec<GrantType>, Invalid> {
    match fields.word_list("grant_types")? {
        None => Ok(vec![GrantType::AuthorizationCode]),
        Some(grants) if grants.is_empty() => {
            Err(fields.refuse("grant_types", "must name at least one grant"))
        }
        Some(grants) => Ok(grants),
    }
}

fn response_types(fields: &Fields<'_>, with_codes: bool) -> Result<(), Invalid> {
    match fields.texts("response_types", 8)?.as_deref() {
        None => Ok(()),
        Some([]) if !with_codes => Ok(()),
        Some(["code"]) if with_codes => Ok(()),
        Some(["code"]) => Err(fields.refuse("response_types", "`code` needs the authorization_code grant")),
        Some(_) => {
            Err(fields.refuse("response_types", "only `code` is supported; implicit and hybrid are not"))
        }
    }
}

fn response_modes(fields: &Fields<'_>) -> Result<Vec<ResponseMode>, Invalid> {
    let listed = fields.word_list("response_modes")?.filter(|modes| !modes.is_empty());
    Ok(listed.unwrap_or_else(|| ResponseMode::ALL.to_vec()))
}

fn scope(fields: &Fields<'_>, with_codes: bool) -> Result<Scopes, Invalid> {
    let text = fields.text("scope")?.unwrap_or(if with_codes { Scope::Openid.as_str() } else { "" });
    if text.len() > 1000 || !Scopes::is_valid(text) {
        return Err(fields.refuse("scope", "must be names separated by spaces, 1,000 characters at most"));
    }
    Ok(Scopes::parse(text))
}

fn default_max_age(fields: &Fields<'_>) -> Result<Option<Seconds>, Invalid> {
    const TEN_YEARS: Seconds = 315_360_000;
    match fields.get("default_max_age") {
        None => Ok(None),
        Some(value) => match value.as_i64() {
            Some(seconds) if (0..=TEN_YEARS).contains(&seconds) => Ok(Some(seconds)),
            Some(_) | None => {
                Err(fields.refuse("default_max_age", "must be whole seconds, 0 to 315360000, not in quotes"))
            }
        },
    }
}

fn default_acr_values(fields: &Fields<'_>) -> Result<Vec<Acr>, Invalid> {
    let mut values = Vec::new();
    for text in fields.texts("default_acr_values", 16)?.unwrap_or_default() {
        match Acr::parse(text) {
            Some(acr) if acr != Acr::Aal3 => values.push(acr),
            Some(_) | None => {
                return Err(fields.refuse("default_acr_values", "holds a level that is not in discovery"));
            }
        }
    }
    values.dedup();
    Ok(values)
}

fn client_name(fields: &Fields<'_>) -> Result<Option<String>, Invalid> {
    let Some(text) = fields.text("client_name")? else { return Ok(None) };
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(crate::base::text::is_hidden) {
        return Err(fields.refuse("client_name", "must be 1 to 100 visible characters"));
    }
    Ok(Some(name.to_owned()))
}

/// The address of a page or picture: https, or http on loopback.
fn page(fields: &Fields<'_>, name: &str) -> Result<Option<String>, Invalid> {
    let Some(text) = fields.text(name)? else { return Ok(None) };
    let why = "must be an absolute https:// URL without user name (http is for loopback only)";
    let url = url::Url::parse(text).map_err(|_| fields.refuse(name, why))?;
    let scheme_ok = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'<' | b'>'));
    if !scheme_ok || !plain || text.len() > 2048 || !url.username().is_empty() || url.password().is_some() {
        return Err(fields.refuse(name, why));
    }
    Ok(Some(text.to_owned()))
}

fn contacts(fields: &Fields<'_>) -> Result<Vec<String>, Invalid> {
    let contacts = fields.texts("contacts", 10)?.unwrap_or_default();
    if contacts.iter().any(|text| text.is_empty() || text.len() > 254 || text.chars().any(char::is_control)) {
        return Err(fields.refuse("contacts", "must be addresses of 1 to 254 characters"));
    }
    Ok(contacts.into_iter().map(str::to_owned).collect())
}
