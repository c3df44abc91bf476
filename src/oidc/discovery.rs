//! The discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), made from the code's own lists.

use serde_json::{Map, Value, json};

use super::authorize::Prompt;
use crate::base::url::Issuer;
use crate::base::{Acr, GrantType, ResponseMode, Scope};
use crate::clients::AuthMethod;
use crate::clients::ciba::Delivery;
use crate::clients::policy::claims_of;
use crate::keys::encryption::{ContentEncryption, KeyManagement};
use crate::keys::{Algorithm, MacAlgorithm, dpop};

/// Paths of the endpoints, given by the router's own table.
#[derive(Clone, Copy, Debug)]
pub struct Paths {
    /// Authorization endpoint.
    pub authorize: &'static str,
    /// RFC 9126.
    pub par: &'static str,
    /// RFC 8628.
    pub device: &'static str,
    /// CIBA Core 1.0.
    pub ciba: &'static str,
    /// Token endpoint.
    pub token: &'static str,
    /// UserInfo endpoint.
    pub userinfo: &'static str,
    /// Keys.
    pub jwks: &'static str,
    /// RFC 7662.
    pub introspect: &'static str,
    /// RFC 7009.
    pub revoke: &'static str,
    /// RP-initiated logout.
    pub logout: &'static str,
    /// RFC 7591.
    pub register: &'static str,
}

/// What depends on the settings.
#[derive(Clone, Debug)]
pub struct Offers<'a> {
    /// The languages of the pages.
    pub locales: &'a [&'a str],
    /// Whether certificates of clients are seen at all.
    pub certificates: bool,
    /// How clients may prove themselves.
    pub methods: &'a [AuthMethod],
    /// Whether apps may register themselves.
    pub registration: bool,
    /// Where clients connect with certificates, if that is another place (RFC 8705 §5).
    pub certified: Option<String>,
    /// Types of `authorization_details`.
    pub details: Vec<&'a str>,
}

/// The document for an issuer.
pub fn document(issuer: &Issuer, paths: &Paths, offers: &Offers<'_>) -> Value {
    let at = |path: &str| Value::String(issuer.join(path));
    let algorithms: Vec<_> = Algorithm::ALL.iter().map(|a| a.as_str()).collect();
    let methods: Vec<_> = offers.methods.iter().map(|m| m.as_str()).collect();
    let assertions: Vec<_> =
        algorithms.iter().copied().chain(MacAlgorithm::ALL.iter().map(|m| m.as_str())).collect();
    let confidential: Vec<_> = methods.iter().filter(|m| **m != AuthMethod::None.as_str()).collect();
    let mut doc = Map::new();
    let mut put = |name: &str, value: Value| doc.insert(name.to_owned(), value);
    put("issuer", json!(issuer.as_str()));
    put("authorization_endpoint", at(paths.authorize));
    put("pushed_authorization_request_endpoint", at(paths.par));
    put("device_authorization_endpoint", at(paths.device));
    put("backchannel_authentication_endpoint", at(paths.ciba));
    put("backchannel_token_delivery_modes_supported", json!(Delivery::ALL));
    put("backchannel_authentication_request_signing_alg_values_supported", json!(algorithms));
    put("backchannel_user_code_parameter_supported", json!(false));
    put("token_endpoint", at(paths.token));
    put("userinfo_endpoint", at(paths.userinfo));
    put("jwks_uri", at(paths.jwks));
    put("introspection_endpoint", at(paths.introspect));
    put("revocation_endpoint", at(paths.revoke));
    put("end_session_endpoint", at(paths.logout));
    for channel in ["frontchannel", "backchannel"] {
        put(&format!("{channel}_logout_supported"), json!(true));
        put(&format!("{channel}_logout_session_supported"), json!(true));
    }
    if offers.registration {
        put("registration_endpoint", at(paths.register));
    }
    if !offers.details.is_empty() {
        put("authorization_details_types_supported", json!(offers.details));
    }
    put("scopes_supported", json!(Scope::ALL));
    put("response_types_supported", json!(["code"]));
    put("response_modes_supported", json!(ResponseMode::ALL));
    put("grant_types_supported", json!(GrantType::ALL));
    put("acr_values_supported", json!(Acr::ALL.iter().filter(|a| **a != Acr::Aal3).collect::<Vec<_>>()));
    put("subject_types_supported", json!(["pairwise", "public"]));
    put("id_token_signing_alg_values_supported", json!(algorithms));
    put("userinfo_signing_alg_values_supported", json!(algorithms));
    put("introspection_signing_alg_values_supported", json!(algorithms));
    for answer in ["id_token", "userinfo", "introspection"] {
        put(&format!("{answer}_encryption_alg_values_supported"), json!(KeyManagement::ALL));
        put(&format!("{answer}_encryption_enc_values_supported"), json!(ContentEncryption::ALL));
    }
    put("token_endpoint_auth_methods_supported", json!(methods));
    put("token_endpoint_auth_signing_alg_values_supported", json!(assertions));
    put("introspection_endpoint_auth_methods_supported", json!(confidential));
    put("introspection_endpoint_auth_signing_alg_values_supported", json!(assertions));
    put("revocation_endpoint_auth_methods_supported", json!(methods));
    put("revocation_endpoint_auth_signing_alg_values_supported", json!(assertions));
    put("claim_types_supported", json!(["normal"]));
    put("claims_supported", json!(claims()));
    put("claims_parameter_supported", json!(true));
    put("request_parameter_supported", json!(true));
    put("request_uri_parameter_supported", json!(true));
    put("request_object_signing_alg_values_supported", json!(algorithms));
    put("require_signed_request_object", json!(false));
    put("authorization_signing_alg_values_supported", json!(algorithms));
    put("require_request_uri_registration", json!(true));
    put("require_pushed_authorization_requests", json!(false));
    put("dpop_signing_alg_values_supported", json!(dpop::ALGORITHMS));
    put("prompt_values_supported", json!(Prompt::ALL));
    put("display_values_supported", json!(["page"]));
    put("ui_locales_supported", json!(offers.locales));
    put("code_challenge_methods_supported", json!(["S256"]));
    put("authorization_response_iss_parameter_supported", json!(true));
    put("tls_client_certificate_bound_access_tokens", json!(offers.certificates));
    if let Some(origin) = &offers.certified {
        let at = |path: &str| format!("{origin}{path}");
        let aliases = json!({
            "pushed_authorization_request_endpoint": at(paths.par),
            "device_authorization_endpoint": at(paths.device),
            "backchannel_authentication_endpoint": at(paths.ciba),
            "token_endpoint": at(paths.token),
            "userinfo_endpoint": at(paths.userinfo),
            "introspection_endpoint": at(paths.introspect),
            "revocation_endpoint": at(paths.revoke),
        });
        put("mtls_endpoint_aliases", aliases);
    }
    Value::Object(doc)
}

fn claims() -> Vec<&'static str> {
    let always =
        ["sub", "iss", "aud", "exp", "iat", "jti", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"];
    always.into_iter().chain(Scope::ALL.iter().flat_map(|scope| claims_of(*scope)).copied()).collect()
}
