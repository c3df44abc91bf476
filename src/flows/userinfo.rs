//! The UserInfo endpoint (OpenID Connect Core §5.3).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::clients::watch::{self, Became};
use super::token::Shown;
use super::{Cx, sessions, token};
use crate::audit::Kind;
use crate::base::{ClientId, Scope, Scopes};
use crate::clients::Client;
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error, claims};

/// The claims behind an access token, and the client it was issued to.
pub async fn answer(cx: &Cx, shown: &Shown) -> Result<(Arc<Client>, Map<String, Value>), Error> {
    let refuse = |code, why, detail, client: Option<&ClientId>| {
        cx.note(Kind::UserinfoRefused, client);
        let error = Error::new(code, why, detail);
        if let Some(client) = client.and_then(|id| cx.clients.remembered(id)).flatten() {
            watch::note(cx, &client, Endpoint::Userinfo, None, &Became::Error(&error));
        }
        error
    };
    let dead = "The access token is not valid or has expired.";
    let living = match token::presented(cx, shown).await {
        Ok(Some(living)) => living,
        Ok(None) => return Err(refuse(Code::InvalidToken, dead, "dead_token", None)),
        Err(error) if error.code == Code::TemporarilyUnavailable => return Err(error),
        Err(error) => return Err(refuse(error.code, &error.description, error.detail, None)),
    };
    let scopes = Scopes::parse(&living.claims.scope);
    let id = ClientId::from_text(&living.claims.client_id);
    let Some(entitlement) = living.entitlement.filter(|_| scopes.has(Scope::Openid)) else {
        let why = "The access token was not granted for openid.";
        return Err(refuse(Code::InsufficientScope, why, "no_openid", Some(&id)));
    };
    let client = cx.clients.find(cx, &id).await?;
    let account = sessions::active_account(cx, &entitlement.account).await?;
    let (Some(client), Some(account)) = (client, account) else {
        return Err(refuse(Code::InvalidToken, dead, "dead_token", Some(&id)));
    };
    let mut out = Map::new();
    out.insert("sub".to_owned(), Value::String(entitlement.sub.clone()));
    out.extend(claims::released(&account, &client, Some(&scopes), &entitlement.claims.userinfo));
    watch::note(cx, &client, Endpoint::Userinfo, None, &Became::Good);
    Ok((client, out))
}
