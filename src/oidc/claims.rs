//! Which claims are released: those asked for by scope or one by one, of those the client may have.

use serde_json::{Map, Value};

use super::authorize::ClaimAsk;
use crate::base::{Scope, Scopes};
use crate::clients::Client;
use crate::clients::policy::claims_of;
use crate::identity::Account;

/// Claims of a set of scopes.
pub fn of_scopes(scopes: &Scopes) -> Vec<&'static str> {
    Scope::ALL
        .iter()
        .filter(|scope| scopes.has(**scope))
        .flat_map(|scope| claims_of(*scope))
        .copied()
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
