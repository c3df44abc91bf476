//! A secret shown once: sealed for half an hour, for whoever made it and the session they made it in, until they go on.
//! What it is the secret of (an app, a webhook) is named by its id.
//!
//! A refresh of the page shows it again; another person at the same desk, another session, and whoever comes after
//! *continue*, gets nothing.

use serde::{Deserialize, Serialize};

use super::super::{Cx, PageError};
use crate::base::{AccountId, Seconds, SessionId, Token, TokenKind};
use crate::ephemeral::Space;
use crate::sessions::BrowserSession;

/// How long it can be shown, in seconds.
const SHOWN: Seconds = 30 * 60;

#[derive(Serialize, Deserialize)]
struct Kept {
    of: String,
    account: AccountId,
    session: SessionId,
    secret: String,
}

/// Keeps a secret to be shown; the ticket stands in the page's address and is worth nothing to anybody else.
pub async fn keep(cx: &Cx, session: &BrowserSession, of: &str, secret: &str) -> Result<Token, PageError> {
    let ticket = Token::generate(TokenKind::Parked, &cx.entropy);
    let kept = Kept {
        of: of.to_owned(),
        account: session.account.clone(),
        session: session.sid.clone(),
        secret: secret.to_owned(),
    };
    let value = serde_json::to_vec(&kept).map_err(|_| PageError::Bad("shown"))?;
    cx.ephemeral.put(Space::Shown, &ticket.digest(), &value, SHOWN, cx.now).await?;
    Ok(ticket)
}

/// The secret behind a ticket, for the person, the session and the owner it was kept for.
pub async fn look(
    cx: &Cx,
    session: &BrowserSession,
    of: &str,
    ticket: &str,
) -> Result<Option<String>, PageError> {
    let Some(ticket) = Token::parse(TokenKind::Parked, ticket) else { return Ok(None) };
    let Some(found) = cx.ephemeral.get(Space::Shown, &ticket.digest(), cx.now).await? else {
        return Ok(None);
    };
    let kept: Option<Kept> = serde_json::from_slice(&found.value).ok();
    let own = |kept: &Kept| kept.of == of && kept.account == session.account && kept.session == session.sid;
    Ok(kept.filter(own).map(|kept| kept.secret))
}

/// Forgets it: its owner has it.
pub async fn forget(cx: &Cx, session: &BrowserSession, of: &str, ticket: &str) -> Result<bool, PageError> {
    if look(cx, session, of, ticket).await?.is_none() {
        return Ok(false);
    }
    let Some(ticket) = Token::parse(TokenKind::Parked, ticket) else { return Ok(false) };
    Ok(cx.ephemeral.remove(Space::Shown, &ticket.digest(), cx.now).await?)
}
