//! How a client asks for people who are elsewhere (CIBA Core 1.0 §4): part of its metadata.

use serde_json::{Map, Value, json};

use super::fields::{Fields, Invalid, invalid, page};
use super::metadata::{AuthMethod, Metadata};
use super::policy::Policy;
use crate::base::words::words;
use crate::base::{GrantType, Scope};
use crate::keys::Algorithm;

words! {
    /// How a client learns what became of its request (CIBA §5). There is no push: tokens are sent to nobody who does not ask.
    Delivery {
        /// It asks the token endpoint.
        Poll = "poll",
        /// It is told when asking is worth it.
        Ping = "ping",
    }
}

/// The members this part reads and writes.
pub(super) const MEMBERS: [&str; 4] = [DELIVERY, ENDPOINT, SIGNING, USER_CODE];

const DELIVERY: &str = "backchannel_token_delivery_mode";
const ENDPOINT: &str = "backchannel_client_notification_endpoint";
const SIGNING: &str = "backchannel_authentication_request_signing_alg";
const USER_CODE: &str = "backchannel_user_code_parameter";

/// How a client asks for people who are elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ciba {
    /// How it learns of an answer; nothing where it never asks.
    pub delivery: Option<Delivery>,
    /// Where it is told that asking is worth it.
    pub notification_endpoint: Option<String>,
    /// The one algorithm of its requests. A client that names one must sign.
    pub signing_alg: Option<Algorithm>,
}

impl Ciba {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Invalid> {
        if fields.flag(USER_CODE, false)? {
            return Err(fields.refuse(USER_CODE, "must be false: there are no user codes here"));
        }
        Ok(Self {
            delivery: fields.word(DELIVERY)?,
            notification_endpoint: page(fields, ENDPOINT)?,
            signing_alg: fields.word(SIGNING)?,
        })
    }

    /// What no member shows by itself.
    pub(super) fn check(&self, metadata: &Metadata, policy: &Policy) -> Result<(), Invalid> {
        let asks = metadata.allows(GrantType::Ciba);
        if asks != self.delivery.is_some() {
            return Err(invalid(
                DELIVERY,
                format!("must be poll or ping, with the grant {}", GrantType::Ciba),
            ));
        }
        if (self.delivery == Some(Delivery::Ping)) != self.notification_endpoint.is_some() {
            return Err(invalid(
                ENDPOINT,
                match self.notification_endpoint {
                    None => "ping needs backchannel_client_notification_endpoint",
                    Some(_) => "goes with backchannel_token_delivery_mode `ping`; leave it out",
                },
            ));
        }
        if asks && !metadata.scope.has(Scope::Openid) {
            return Err(invalid("scope", format!("must hold openid, with the grant {}", GrantType::Ciba)));
        }
        if asks && metadata.token_endpoint_auth_method == AuthMethod::None {
            let why =
                "needs a client that authenticates; it cannot go with token_endpoint_auth_method `none`";
            return Err(invalid("grant_types", format!("{} {why}", GrantType::Ciba)));
        }
        let Some(named) = self.signing_alg else { return Ok(()) };
        if !asks {
            return Err(invalid(SIGNING, format!("goes with the grant {}", GrantType::Ciba)));
        }
        if !policy.signing_algs.contains(&named) {
            return Err(invalid(SIGNING, "is not among policy.signing_algs"));
        }
        match &metadata.jwks {
            None if metadata.jwks_uri.is_none() => {
                Err(invalid("jwks", "signed requests need the client's public keys"))
            }
            Some(jwks) if !jwks.supports(named) => {
                Err(invalid("jwks", format!("none of its keys can be used with {SIGNING}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether an unsigned request of the client counts for nothing.
    pub fn must_sign(&self, policy: &Policy) -> bool {
        self.signing_alg.is_some() || policy.require_signed_request_object
    }

    /// Algorithms its requests may be signed with: the pinned one, else those of the policy.
    pub fn algorithms(&self, policy: &Policy) -> Vec<Algorithm> {
        self.signing_alg.map_or_else(|| policy.signing_algs.clone(), |pinned| vec![pinned])
    }

    /// The members as they were registered; what says nothing is left out.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let members = [
            (DELIVERY, json!(self.delivery)),
            (ENDPOINT, json!(self.notification_endpoint)),
            (SIGNING, json!(self.signing_alg)),
            (USER_CODE, json!(self.delivery.map(|_| false))),
        ];
        let said = members.into_iter().filter(|(_, value)| !value.is_null());
        said.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::metadata::{parse, refuse_unknown};

    fn registration(changes: &Value) -> Value {
        let mut all = json!({
            "grant_types": ["urn:openid:params:grant-type:ciba"], "redirect_uris": [], "scope": "openid",
            "backchannel_token_delivery_mode": "ping",
            "backchannel_client_notification_endpoint": "https://app.example/told",
            "backchannel_user_code_parameter": false,
        });
        for (name, value) in changes.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    }

    #[test]
    fn what_was_registered_is_read_back_to_the_same() {
        let written = registration(&json!({}));
        refuse_unknown(&written).unwrap();
        let (metadata, _) = parse(&written).unwrap();
        assert_eq!(metadata.ciba.delivery, Some(Delivery::Ping));
        let again = Value::Object(metadata.to_json());
        for (name, value) in written.as_object().unwrap() {
            assert_eq!(&again[name], value, "{name}");
        }
        assert_eq!(parse(&again).unwrap().0, metadata);
        let plain = parse(&json!({ "redirect_uris": ["https://app.example/cb"] })).unwrap().0;
        assert!(!plain.to_json().keys().any(|name| name.starts_with("backchannel_")));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_its_name() {
        let table = [
            (json!({ "backchannel_token_delivery_mode": "push" }), DELIVERY),
            (json!({ "backchannel_token_delivery_mode": null }), DELIVERY),
            (json!({ "grant_types": ["client_credentials"] }), DELIVERY),
            (json!({ "backchannel_client_notification_endpoint": null }), ENDPOINT),
            (json!({ "backchannel_client_notification_endpoint": "http://app.example/told" }), ENDPOINT),
            (json!({ "backchannel_token_delivery_mode": "poll" }), ENDPOINT),
            (json!({ "backchannel_user_code_parameter": true }), USER_CODE),
            (json!({ "token_endpoint_auth_method": "none" }), "grant_types"),
            (json!({ "scope": "profile" }), "scope"),
            (json!({ "backchannel_authentication_request_signing_alg": "none" }), SIGNING),
            (json!({ "backchannel_authentication_request_signing_alg": "PS256" }), "jwks"),
            (
                json!({ "backchannel_authentication_request_signing_alg": "PS256",
                     "jwks_uri": "https://app.example/jwks", "policy": { "signing_algs": ["RS256", "ES256"] } }),
                SIGNING,
            ),
        ];
        for (changes, member) in table {
            let why = parse(&registration(&changes)).unwrap_err().to_string();
            assert!(why.starts_with(member), "{changes}: {why}");
        }
    }
}
