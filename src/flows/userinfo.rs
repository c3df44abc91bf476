//! The UserInfo endpoint (OpenID Connect Core §5.3).

use serde_json::{Map, Value};

use super::{Cx, sessions, token};
use crate::audit::Kind;
use crate::base::{ClientId, Scope, Scopes};
use crate::oidc::{Code, Error, claims};

/// The claims behind a bearer token.
pub async fn answer(cx: &Cx, bearer: &str) -> Result<Map<String, Value>, Error> {
    let Some(living) = token::living(cx, bearer).await? else {
        cx.note(Kind::UserinfoRefused, None);
        return Err(Error::new(
            Code::InvalidToken,
            "The access token is not valid or has expired.",
            "dead_token",
        ));
    };
    let scopes = Scopes::parse(&living.claims.scope);
    let Some(entitlement) = living.entitlement.filter(|_| scopes.has(Scope::Openid)) else {
        let why = "The access token was not granted for openid.";
        return Err(Error::new(Code::InsufficientScope, why, "no_openid"));
    };
    let client = cx.clients.find(cx, &ClientId::from_text(&entitlement.client)).await?;
    let account = sessions::active_account(cx, &entitlement.account).await?;
    let (Some(client), Some(account)) = (client, account) else {
        return Err(Error::new(
            Code::InvalidToken,
            "The access token is not valid or has expired.",
            "dead_token",
        ));
    };
    let mut out = Map::new();
    out.insert("sub".to_owned(), Value::String(entitlement.sub.clone()));
    out.extend(claims::released(&account, &client, Some(&scopes), &entitlement.claims.userinfo));
    Ok(out)
}
