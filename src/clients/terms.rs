//! The terms within which apps register themselves: whoever hands out a token decides them, and an app never leaves them.
//!
//! What an app registers is read by [`metadata::parse`], as whatever is registered; the `policy` of the terms stands in
//! place of one of its own.

use serde_json::{Map, Value, json};

use super::fields::{Fields, Invalid, invalid};
use super::metadata::{self, AuthMethod, Metadata};
use super::policy::Policy;
use crate::base::text::error_text;
use crate::base::words::words;
use crate::base::{Acr, GrantType, OrganisationId, Scope, Scopes, Timestamp};

/// What an app that registers itself may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// How it may prove itself.
    pub auth_methods: Vec<AuthMethod>,
    /// Grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Scopes it may ask for; it gets all of them where it names none.
    pub scope: Scopes,
    /// The policy it gets, member by member; what is not said has its usual value.
    policy: Map<String, Value>,
}

/// Members of the terms.
const MEMBERS: [&str; 4] = ["auth_methods", "grant_types", "scope", "policy"];

/// How the scopes of the administrators' API begin.
const ADMINISTRATORS: &str = "admin:";

/// What apps may ask for where nothing is said.
const USUAL_SCOPE: &str = "openid profile email";

impl Default for Terms {
    /// What is given where nothing is said: sign-in with a secret or a key, never an app without one.
    fn default() -> Self {
        Self {
            auth_methods: AuthMethod::ALL.iter().copied().filter(|one| *one != AuthMethod::None).collect(),
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: Scopes::parse(USUAL_SCOPE),
            policy: Map::new(),
        }
    }
}

impl Terms {
    /// The terms of whoever registers without a token: people are asked each time.
    pub fn open() -> Self {
        let mut terms = Self::default();
        terms.policy.insert("consent".to_owned(), "always".into());
        terms
    }

    /// Reads terms; a member nobody knows is refused, because a misspelt one would allow more than was meant.
    pub fn parse(value: &Value) -> Result<Self, Invalid> {
        let members = value.as_object().ok_or_else(|| invalid("terms", "must be a JSON object"))?;
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let name = error_text(name);
            return Err(invalid("terms", format!("`{name}` is not known; they have {}", MEMBERS.join(", "))));
        }
        let fields = Fields::new(members, "");
        let usual = Self::default();
        let policy = match fields.get("policy") {
            None => Map::new(),
            Some(Value::Object(policy)) => policy.clone(),
            Some(_) => return Err(fields.refuse("policy", "must be an object")),
        };
        let terms = Self {
            auth_methods: fields.word_list("auth_methods")?.unwrap_or(usual.auth_methods),
            grant_types: fields.word_list("grant_types")?.unwrap_or(usual.grant_types),
            scope: match fields.text("scope")? {
                None => usual.scope,
                Some(text) if text.len() <= 1000 && Scopes::is_valid(text) => Scopes::parse(text),
                Some(_) => return Err(fields.refuse("scope", "must be names separated by spaces")),
            },
            policy,
        };
        terms.check()?;
        Ok(terms)
    }

    fn check(&self) -> Result<(), Invalid> {
        if self.auth_methods.is_empty() {
            return Err(invalid("auth_methods", "must name at least one way an app may prove itself"));
        }
        if self.grant_types.is_empty() {
            return Err(invalid("grant_types", "must name at least one grant"));
        }
        if let Some(scope) = self.scope.iter().find(|scope| scope.starts_with(ADMINISTRATORS)) {
            let why = format!("`{}` makes an administrator, which no app makes of itself", error_text(scope));
            return Err(invalid("scope", why));
        }
        self.policy().map(|_| ())
    }

    /// The policy an app gets that asks for all of the scope.
    pub fn policy(&self) -> Result<Policy, Invalid> {
        Policy::parse(Some(&Value::Object(self.policy.clone())), &self.scope)
    }

    /// The least level its people reach, where the terms say so.
    pub fn min_acr(&self) -> Option<Acr> {
        self.policy().ok().and_then(|policy| policy.min_acr)
    }

    /// The terms as [`Self::parse`] reads them.
    pub fn to_json(&self) -> Value {
        json!({
            "auth_methods": self.auth_methods,
            "grant_types": self.grant_types,
            "scope": self.scope.to_string(),
            "policy": self.policy,
        })
    }

    /// Reads what an app registers within these terms. It decides nothing about its own policy, and has no id yet.
    pub fn read(&self, document: &Value) -> Result<(Metadata, Policy), Invalid> {
        let mut members =
            document.as_object().cloned().ok_or_else(|| invalid("metadata", "must be a JSON object"))?;
        members.insert("policy".to_owned(), Value::Object(self.policy.clone()));
        if members.get("scope").is_none_or(Value::is_null) {
            members.insert("scope".to_owned(), self.all_of(&members).into());
        }
        let (metadata, policy) = metadata::parse(&Value::Object(members))?;
        self.hold(&metadata)?;
        Ok((metadata, policy))
    }

    /// All of the scope; staying signed in is of use to those alone who have the grant for it.
    fn all_of(&self, members: &Map<String, Value>) -> String {
        let refreshes = Value::from(GrantType::RefreshToken.as_str());
        let stays =
            members.get("grant_types").and_then(Value::as_array).is_some_and(|all| all.contains(&refreshes));
        self.scope.filter(|scope| stays || scope != Scope::OfflineAccess.as_str()).to_string()
    }

    fn hold(&self, metadata: &Metadata) -> Result<(), Invalid> {
        let beyond = |name: &str, what: &str, all: Vec<&str>| {
            let what = error_text(what);
            Err(invalid(
                name,
                format!("`{what}` is not among what may be registered here: {}", all.join(", ")),
            ))
        };
        let method = metadata.token_endpoint_auth_method;
        if !self.auth_methods.contains(&method) {
            let all = self.auth_methods.iter().map(|one| one.as_str()).collect();
            return beyond("token_endpoint_auth_method", method.as_str(), all);
        }
        if let Some(grant) = metadata.grant_types.iter().find(|grant| !self.grant_types.contains(grant)) {
            let all = self.grant_types.iter().map(|one| one.as_str()).collect();
            return beyond("grant_types", grant.as_str(), all);
        }
        if !metadata.requests.details.is_empty() {
            // They go beyond scopes, which bound what is registered here.
            return Err(invalid("authorization_details_types", "are for an administrator to register"));
        }
        let allowed = self.scope.to_string();
        match metadata.scope.iter().find(|scope| !self.scope.contains(scope)) {
            Some(scope) => beyond("scope", scope, vec![&allowed]),
            None => Ok(()),
        }
    }
}

words! {
    /// Whether a token still registers anything.
    TokenStanding {
        /// It does.
        Open = "open",
        /// It was used as often as it may be.
        Used = "used",
        /// Its time is over.
        Expired = "expired",
        /// Somebody took it back.
        Revoked = "revoked",
    }
}

/// A token by which apps register themselves, without itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientToken {
    /// Its id.
    pub id: String,
    /// Where the apps belong.
    pub organisation: OrganisationId,
    /// What its maker calls it.
    pub label: Option<String>,
    /// What the apps may have.
    pub terms: Terms,
    /// How many apps it registers at most.
    pub uses: i64,
    /// How many it registered.
    pub used: i64,
    /// Who made it, as the trail names them.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it registers anything.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl ClientToken {
    /// Whether it still registers anything.
    pub fn standing(&self, now: Timestamp) -> TokenStanding {
        if self.revoked_at.is_some() {
            TokenStanding::Revoked
        } else if self.used >= self.uses {
            TokenStanding::Used
        } else if now >= self.expires_at {
            TokenStanding::Expired
        } else {
            TokenStanding::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(value: Value) -> Result<Terms, Invalid> {
        Terms::parse(&value)
    }

    fn app(more: Value) -> Value {
        let mut app = json!({ "redirect_uris": ["https://app.example/cb"] });
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app
    }

    #[test]
    fn terms_are_read_back_and_misspelt_ones_are_none() {
        let full = terms(json!({
            "auth_methods": ["private_key_jwt"], "grant_types": ["authorization_code"], "scope": "openid x:y",
            "policy": { "require_pkce": false, "min_acr": "urn:vouchsafe:acr:aal2-phr" },
        }))
        .unwrap();
        assert_eq!(Terms::parse(&full.to_json()).unwrap(), full);
        assert_eq!(full.min_acr(), Some(Acr::Aal2Phr));
        assert_eq!(terms(json!({})).unwrap(), Terms::default());
        for bad in [
            json!([]),
            json!({ "scopes": "openid" }),
            json!({ "auth_methods": [] }),
            json!({ "auth_methods": ["client_secret_magic"] }),
            json!({ "grant_types": ["password"] }),
            json!({ "scope": "open\"id" }),
            json!({ "scope": "openid admin:clients" }),
            json!({ "policy": { "require_pcke": true } }),
            json!({ "policy": true }),
        ] {
            assert!(terms(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_app_gets_the_policy_of_its_terms_whatever_it_says_itself() {
        let strict = terms(json!({ "policy": { "min_acr": "urn:vouchsafe:acr:aal2-phr", "consent": "always",
            "signing_algs": ["ES256"] } }))
        .unwrap();
        let said =
            json!({ "require_pkce": false, "lower_role_floor": true, "min_acr": null, "consent": "skip" });
        let es256 = json!({ "policy": said, "id_token_signed_response_alg": "ES256" });
        let (metadata, policy) = strict.read(&app(es256)).unwrap();
        assert!(policy.require_pkce && !policy.lower_role_floor);
        assert_eq!((policy.min_acr, policy.privileged()), (Some(Acr::Aal2Phr), Vec::new()));
        assert_eq!(metadata.scope.to_string(), "openid profile email");
        // RS256 by default, which these terms do not allow.
        assert!(strict.read(&app(json!({}))).unwrap_err().to_string().contains("signing_algs"));
    }

    #[test]
    fn an_app_does_not_leave_its_terms() {
        let usual = Terms::default();
        for (beyond, member) in [
            (json!({ "token_endpoint_auth_method": "none" }), "token_endpoint_auth_method"),
            (json!({ "grant_types": ["client_credentials"] }), "grant_types"),
            (json!({ "scope": "openid address" }), "scope"),
            (json!({ "scope": "openid admin:read" }), "scope"),
        ] {
            let refused = usual.read(&app(beyond.clone())).unwrap_err();
            assert!(refused.to_string().starts_with(member), "{beyond}: {refused}");
        }
        let (metadata, _) =
            usual.read(&app(json!({ "scope": "openid", "dpop_bound_access_tokens": true }))).unwrap();
        assert_eq!(metadata.scope.to_string(), "openid");
        let bound = terms(json!({ "policy": { "sender_constraint": "dpop" } })).unwrap();
        assert!(bound.read(&app(json!({ "dpop_bound_access_tokens": false }))).is_err());
        assert!(bound.read(&app(json!({}))).is_ok());
    }

    #[test]
    fn staying_signed_in_is_part_of_the_scope_where_the_grant_is() {
        let stays = terms(json!({ "scope": "openid offline_access" })).unwrap();
        let scope =
            |grants: Value| stays.read(&app(json!({ "grant_types": grants }))).unwrap().0.scope.to_string();
        assert_eq!(scope(json!(["authorization_code"])), "openid");
        assert_eq!(scope(json!(["authorization_code", "refresh_token"])), "openid offline_access");
    }

    #[test]
    fn a_token_is_over_when_it_was_used_up_or_taken_back_or_its_time_is() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let token = ClientToken {
            id: "t".to_owned(),
            organisation: OrganisationId::root(),
            label: None,
            terms: Terms::open(),
            uses: 2,
            used: 1,
            made_by: "host:ops".to_owned(),
            created_at: now,
            expires_at: now.plus(60),
            revoked_at: None,
        };
        assert_eq!(token.standing(now), TokenStanding::Open);
        assert_eq!(token.standing(now.plus(60)), TokenStanding::Expired);
        assert_eq!(ClientToken { used: 2, ..token.clone() }.standing(now), TokenStanding::Used);
        assert_eq!(ClientToken { revoked_at: Some(now), ..token }.standing(now), TokenStanding::Revoked);
    }
}
