//! The UserInfo endpoint (OpenID Connect Core §5.3).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::clients::watch::{self, Became};
use super::encryption::{self, Message};
use super::living::Shown;
use super::{Cx, dpop, living, sessions, token};
use crate::audit::Kind;
use crate::base::{ClientId, Scope, Scopes};
use crate::clients::Client;
use crate::oidc::watch::Endpoint;
use crate::oidc::{Code, Error, claims};

/// `typ` of signed answers: they are no ID tokens, though one key signs both (RFC 8725 §3.11).
const TYP: &str = "userinfo+jwt";

/// What the client asked to be answered by.
#[derive(Debug)]
pub enum Claims {
    /// As they are.
    Plain(Map<String, Value>),
    /// In a JWT, signed, encrypted or both (OpenID Connect Core §5.3.2).
    Jwt(String),
}

/// The claims behind an access token, and the client it was issued to.
pub async fn answer(cx: &Cx, shown: &Shown) -> Result<(Arc<Client>, Claims), Error> {
    let refuse = |code, why, detail, client: Option<&ClientId>| {
        let replayed = detail == dpop::REPLAYED;
        cx.note(if replayed { Kind::AssertionReplayed } else { Kind::UserinfoRefused }, client);
        let error = Error::new(code, why, detail);
        if let Some(client) = client.and_then(|id| cx.clients.remembered(id)).flatten() {
            watch::note(cx, &client, Endpoint::Userinfo, None, &Became::Error(&error));
        }
        error
    };
    let dead = "The access token is not valid or has expired.";
    let living = match living::presented(cx, shown).await {
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
    let wanted = client.metadata.protection.userinfo;
    let claims = match client.metadata.userinfo_signed_response_alg {
        None if wanted.is_none() => Claims::Plain(out),
        None => {
            let text = Message::Claims(Value::Object(out).to_string());
            Claims::Jwt(encryption::sealed(cx, &client, wanted, text).await?)
        }
        Some(algorithm) => {
            out.insert("iss".to_owned(), cx.issuer.as_str().into());
            out.insert("aud".to_owned(), client.id.as_str().into());
            let signed = Message::Signed(token::sign(cx, algorithm, TYP, &out).await?);
            Claims::Jwt(encryption::sealed(cx, &client, wanted, signed).await?)
        }
    };
    watch::note(cx, &client, Endpoint::Userinfo, None, &Became::Good);
    Ok((client, claims))
}
