//! What the provider asks of one client beyond its metadata: the `policy` object of a registration.

use serde_json::{Value, json};

use super::fields::{Fields, Invalid, invalid};
use crate::base::words::words;
use crate::base::{Acr, Scope, Scopes};
use crate::keys::Algorithm;

words! {
    /// Which `aud` a client's assertion may name.
    AssertionAudience {
        /// Either (OpenID Connect Core §9).
        IssuerOrTokenEndpoint = "issuer_or_token_endpoint",
        /// The issuer alone (FAPI 2.0).
        Issuer = "issuer",
    }
}

words! {
    /// Whether access tokens are bound to a key of the client.
    SenderConstraint {
        /// Whoever has one may use it.
        None = "none",
        /// Only with a proof of the client's DPoP key (RFC 9449).
        Dpop = "dpop",
        /// Only over a connection made with the client's certificate (RFC 8705 §3).
        Mtls = "mtls",
    }
}

words! {
    /// What becomes of a refresh token that is used.
    RefreshRotation {
        /// Another takes its place; the default.
        Rotate = "rotate",
        /// It stays good: only where a sender constraint keeps it with its client (RFC 9700 §2.2.2).
        None = "none",
    }
}

words! {
    /// When a person is asked whether the client may have what it wants.
    ConsentMode {
        /// Once for a set of scopes.
        Remember = "remember",
        /// At every sign-in.
        Always = "always",
        /// Never: the organisation has agreed for its people.
        Skip = "skip",
    }
}

words! {
    /// Whether people may make an account by themselves where this client sends them to sign in.
    Registration {
        /// Only who was invited has one.
        Closed = "closed",
        /// A patient's account for whoever proves an address.
        Open = "open",
    }
}

/// The policy of one client.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Authorization requests must carry a `code_challenge`.
    pub require_pkce: bool,
    /// Authorization requests must be pushed (RFC 9126).
    pub require_par: bool,
    /// Authorization requests must come in a request object that the client signed (RFC 9101).
    pub require_signed_request_object: bool,
    /// What binds its tokens. Whoever shows a proof unasked gets bound tokens as well.
    pub sender_constraint: SenderConstraint,
    /// What becomes of its refresh tokens.
    pub refresh_rotation: RefreshRotation,
    /// `aud` of its assertions.
    pub client_assertion_aud: AssertionAudience,
    /// Algorithms of its ID tokens and assertions.
    pub signing_algs: Vec<Algorithm>,
    /// A floor above the role's, or below it with `lower_role_floor`.
    pub min_acr: Option<Acr>,
    /// Whether `min_acr` may lie below the floor of a person's role. Privileged and audited.
    pub lower_role_floor: bool,
    /// When people are asked.
    pub consent: ConsentMode,
    /// Whether people may make an account by themselves.
    pub registration: Registration,
    /// Claims that may be released to it, where a scope asks for them as well.
    pub claims: Vec<String>,
    /// Resources beside the issuer that its tokens may be for (RFC 8707).
    pub resources: Vec<String>,
    /// Resources it is itself: it may ask about tokens that are for one of them (RFC 7662).
    pub serves: Vec<String>,
    /// Whether it may call other services for the person whose token it was called with (RFC 8693), named as who acts.
    pub exchange: bool,
}

impl Policy {
    /// Reads the `policy` member; absent is all defaults. `scope` is the registered scope.
    pub(super) fn parse(value: Option<&Value>, scope: &Scopes) -> Result<Self, Invalid> {
        let empty = serde_json::Map::new();
        let members = match value {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(members)) => members,
            Some(_) => return Err(invalid("policy", "must be an object")),
        };
        refuse_unknown(members)?;
        let fields = Fields::new(members, "policy.");
        let policy = Self {
            require_pkce: fields.flag("require_pkce", true)?,
            require_par: fields.flag("require_par", false)?,
            require_signed_request_object: fields.flag("require_signed_request_object", false)?,
            sender_constraint: sender_constraint(&fields)?,
            refresh_rotation: fields.word("refresh_rotation")?.unwrap_or(RefreshRotation::Rotate),
            client_assertion_aud: fields
                .word("client_assertion_aud")?
                .unwrap_or(AssertionAudience::IssuerOrTokenEndpoint),
            signing_algs: fields.word_list("signing_algs")?.unwrap_or_else(|| Algorithm::ALL.to_vec()),
            min_acr: min_acr(&fields)?,
            lower_role_floor: fields.flag("lower_role_floor", false)?,
            consent: fields.word("consent")?.unwrap_or(ConsentMode::Remember),
            registration: fields.word("registration")?.unwrap_or(Registration::Closed),
            claims: claims(&fields, scope)?,
            resources: resources(&fields, "resources")?,
            serves: resources(&fields, "serves")?,
            exchange: fields.flag("exchange", false)?,
        };
        if policy.signing_algs.is_empty() {
            return Err(fields.refuse("signing_algs", "must name at least one algorithm"));
        }
        Ok(policy)
    }

    /// The policy as the answer to a registration states it.
    pub fn to_json(&self) -> Value {
        json!({
            "require_pkce": self.require_pkce,
            "require_par": self.require_par,
            "require_signed_request_object": self.require_signed_request_object,
            "client_assertion_aud": self.client_assertion_aud,
            "signing_algs": self.signing_algs,
            "sender_constraint": self.sender_constraint,
            "refresh_rotation": self.refresh_rotation,
            "min_acr": self.min_acr,
            "lower_role_floor": self.lower_role_floor,
            "consent": self.consent,
            "registration": self.registration,
            "claims": self.claims,
            "resources": self.resources,
            "serves": self.serves,
            "exchange": self.exchange,
        })
    }

    /// What the policy means in the words of the standards' own metadata (RFC 9449 §5.2, RFC 8705 §3.4, RFC 9126 §6,
    /// RFC 9101 §10.5).
    pub fn metadata(&self) -> serde_json::Map<String, Value> {
        STANDARD.iter().map(|word| (word.name.to_owned(), Value::Bool((word.is_on)(self)))).collect()
    }

    /// Takes what metadata says in those words. What `policy` itself says otherwise is a contradiction.
    pub(super) fn agree_with(&mut self, fields: &Fields<'_>) -> Result<(), Invalid> {
        let said =
            |member: &str| fields.get("policy").and_then(|p| p.get(member)).is_some_and(|v| !v.is_null());
        for word in &STANDARD {
            let on = (word.is_on)(self);
            if fields.flag(word.name, on)? == on {
                continue;
            }
            // Nor can metadata ask for two bonds at once.
            let twice =
                word.member == "sender_constraint" && self.sender_constraint != SenderConstraint::None;
            if said(word.member) || twice {
                let why = format!("says another thing than policy.{}; change both", word.member);
                return Err(fields.refuse(word.name, why));
            }
            (word.turn_on)(self);
        }
        Ok(())
    }

    /// Members that take protection away from people and that a client's own developer may not set.
    pub fn privileged(&self) -> Vec<&'static str> {
        let mut named = Vec::new();
        if self.lower_role_floor {
            named.push("policy.lower_role_floor");
        }
        if self.consent == ConsentMode::Skip {
            named.push("policy.consent");
        }
        named
    }

    /// A privileged member that says more than it did before, or at all where there was none before. Whom an app may have tokens
    /// for, whose tokens it may look at, and whether it may go on with them belongs to whoever runs those services: the host
    /// alone says it.
    pub fn privileged_beyond(&self, before: Option<&Self>) -> Option<&'static str> {
        let had = before.map(Self::privileged).unwrap_or_default();
        if let Some(member) = self.privileged().into_iter().find(|member| !had.contains(member)) {
            return Some(member);
        }
        let more = |now: &[String], then: Option<&Vec<String>>| {
            now.iter().any(|one| then.is_none_or(|then| !then.contains(one)))
        };
        if more(&self.resources, before.map(|before| &before.resources)) {
            return Some("policy.resources");
        }
        if more(&self.serves, before.map(|before| &before.serves)) {
            return Some("policy.serves");
        }
        (self.exchange && before.is_none_or(|before| !before.exchange)).then_some("policy.exchange")
    }

    /// Whether the claim may be released to the client at all.
    pub fn allows_claim(&self, name: &str) -> bool {
        self.claims.iter().any(|claim| claim == name)
    }
}

/// A member of the policy that the standards have a word of their own for; off where neither is said.
struct StandardWord {
    name: &'static str,
    member: &'static str,
    is_on: fn(&Policy) -> bool,
    turn_on: fn(&mut Policy),
}

const STANDARD: [StandardWord; 4] = [
    StandardWord {
        name: "dpop_bound_access_tokens",
        member: "sender_constraint",
        is_on: |policy| policy.sender_constraint == SenderConstraint::Dpop,
        turn_on: |policy| policy.sender_constraint = SenderConstraint::Dpop,
    },
    StandardWord {
        name: "tls_client_certificate_bound_access_tokens",
        member: "sender_constraint",
        is_on: |policy| policy.sender_constraint == SenderConstraint::Mtls,
        turn_on: |policy| policy.sender_constraint = SenderConstraint::Mtls,
    },
    StandardWord {
        name: "require_pushed_authorization_requests",
        member: "require_par",
        is_on: |policy| policy.require_par,
        turn_on: |policy| policy.require_par = true,
    },
    StandardWord {
        name: "require_signed_request_object",
        member: "require_signed_request_object",
        is_on: |policy| policy.require_signed_request_object,
        turn_on: |policy| policy.require_signed_request_object = true,
    },
];

const MEMBERS: [&str; 15] = [
    "require_pkce",
    "require_par",
    "require_signed_request_object",
    "client_assertion_aud",
    "signing_algs",
    "sender_constraint",
    "refresh_rotation",
    "min_acr",
    "lower_role_floor",
    "consent",
    "registration",
    "claims",
    "resources",
    "serves",
    "exchange",
];

/// A misspelt policy must not fall back to a default: unlike metadata, unknown members are refused.
fn refuse_unknown(members: &serde_json::Map<String, Value>) -> Result<(), Invalid> {
    match members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let name = crate::base::text::error_text(name);
            Err(invalid("policy", format!("`{name}` is not known; it has {}", MEMBERS.join(", "))))
        }
    }
}

fn sender_constraint(fields: &Fields<'_>) -> Result<SenderConstraint, Invalid> {
    match fields.text("sender_constraint")? {
        None => Ok(SenderConstraint::None),
        Some(text) => SenderConstraint::parse(text)
            .ok_or_else(|| fields.refuse("sender_constraint", "must be `none`, `dpop` or `mtls`")),
    }
}

fn min_acr(fields: &Fields<'_>) -> Result<Option<Acr>, Invalid> {
    let Some(text) = fields.text("min_acr")? else { return Ok(None) };
    match Acr::parse(text) {
        Some(Acr::Aal3) => {
            Err(fields.refuse("min_acr", "aal3 cannot be reached until attestation is verified"))
        }
        Some(acr) => Ok(Some(acr)),
        None => {
            let all: Vec<_> =
                Acr::ALL.iter().filter(|acr| **acr != Acr::Aal3).map(|acr| acr.as_str()).collect();
            Err(fields.refuse("min_acr", format!("is no level we know; use {}", all.join(", "))))
        }
    }
}

fn claims(fields: &Fields<'_>, scope: &Scopes) -> Result<Vec<String>, Invalid> {
    let Some(listed) = fields.texts("claims", 100)? else {
        let released = Scope::ALL.iter().filter(|one| scope.has(**one)).flat_map(|one| claims_of(*one));
        return Ok(released.map(|claim| (*claim).to_owned()).collect());
    };
    let mut claims: Vec<String> = Vec::new();
    for claim in listed {
        if claim.is_empty() || claim.len() > 64 || !claim.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(fields.refuse("claims", "names must be 1 to 64 printable ASCII characters"));
        }
        if !claims.iter().any(|known| known == claim) {
            claims.push(claim.to_owned());
        }
    }
    Ok(claims)
}

/// Names of APIs: absolute URIs without a fragment (RFC 8707 §2).
fn resources(fields: &Fields<'_>, name: &str) -> Result<Vec<String>, Invalid> {
    let mut names: Vec<String> = Vec::new();
    for text in fields.texts(name, 32)?.unwrap_or_default() {
        let plain = text.len() <= 1_000 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if !plain || url::Url::parse(text).is_err() {
            return Err(
                fields.refuse(name, "must be absolute URIs without a fragment, 1,000 characters at most")
            );
        }
        if !names.iter().any(|known| known == text) {
            names.push(text.to_owned());
        }
    }
    Ok(names)
}

/// The claims a scope stands for (OpenID Connect Core §5.4).
pub fn claims_of(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Openid | Scope::OfflineAccess => &[],
        Scope::Profile => &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
        Scope::Email => &["email", "email_verified"],
        Scope::Address => &["address"],
        Scope::Phone => &["phone_number", "phone_number_verified"],
    }
}
