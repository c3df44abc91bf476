//! Which claims are released: those asked for by scope or one by one, of those the client may have.

use serde_json::{Map, Value};

use super::authorize::ClaimAsk;
use crate::base::{Scope, Scopes};
use crate::clients::Client;
use crate::identity::Account;

/// The claims of each scope (OpenID Connect Core §5.4); discovery publishes the union.
pub const BY_SCOPE: &[(Scope, &[&str])] = &[
    (
        Scope::Profile,
        &[
            "name",
            "family_name",
            "given_name",
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
    ),
    (Scope::Email, &["email", "email_verified"]),
    (Scope::Address, &["address"]),
    (Scope::Phone, &["phone_number", "phone_number_verified"]),
];

/// Claims of a set of scopes.
pub fn of_scopes(scopes: &Scopes) -> Vec<&'static str> {
    BY_SCOPE
        .iter()
        .filter(|(scope, _)| scopes.has(*scope))
        .flat_map(|(_, names)| names.iter().copied())
        .collect()
}

/// The claims to release at the UserInfo endpoint or in an ID token, without `sub`.
///
/// A claim needs both: the client's allow-list, and an ask by scope (`by_scope`) or by name (`asks`).
pub fn released(
    account: &Account,
    client: &Client,
    by_scope: Option<&Scopes>,
    asks: &std::collections::BTreeMap<String, ClaimAsk>,
) -> Map<String, Value> {
    let mut names: Vec<&str> = by_scope.map(of_scopes).unwrap_or_default();
    names.extend(asks.keys().map(String::as_str));
    let mut out = Map::new();
    for name in names {
        if client.policy.claims.iter().any(|allowed| allowed == name)
            && let Some(value) = value_of(account, name)
        {
            out.insert(name.to_owned(), value);
        }
    }
    out
}

fn value_of(account: &Account, name: &str) -> Option<Value> {
    match name {
        "email" => account.profile.email.clone().map(Value::String),
        "email_verified" => {
            account.profile.email.as_ref().map(|_| Value::Bool(account.profile.email_verified))
        }
        "preferred_username" => Some(Value::String(account.profile.username.clone())),
        other => account.profile.claims.get(other).cloned(),
    }
}
