//! Links sent to people: drawn, looked at without spending, refused with an event. Each flow spends its own kind inside
//! the change that the link allows.

use super::{About, Cx, PageError, throttle};
use crate::audit::Kind;
use crate::base::{AccountId, Digest, Token, TokenKind};
use crate::identity::{Link, LinkKind, LinkStanding};
use crate::store::links;

/// A fresh token for a link; what is kept is its digest.
pub fn draw(cx: &Cx) -> Token {
    Token::generate(TokenKind::Link, &cx.entropy)
}

/// The address that is sent: always of our own issuer, whatever host a request came by.
pub fn url(cx: &Cx, path: &str, token: &Token) -> String {
    cx.issuer.join(&format!("{path}/{}", token.expose()))
}

/// What a link turned out to be.
#[derive(Clone, Debug)]
pub enum Looked {
    /// It works; looking spent nothing.
    Open(Token, Link),
    /// It is known and works no more.
    Over(Link),
    /// Nobody was sent this, or it was sent for something else.
    Unknown,
}

/// Looks at a link without spending it. What does not work is refused with an event, once in a while for each link; the
/// rest is counted, and so is what nobody was sent.
pub async fn look(cx: &Cx, kind: LinkKind, sent: &str) -> Result<Looked, PageError> {
    let Some(token) = Token::parse(TokenKind::Link, sent) else {
        cx.note(Kind::LinkRefused, None);
        return Ok(Looked::Unknown);
    };
    let Some(link) = links::find(&cx.store, token.digest(), kind, cx.now).await? else {
        cx.note(Kind::LinkRefused, None);
        return Ok(Looked::Unknown);
    };
    let why = match link.standing {
        LinkStanding::Open => return Ok(Looked::Open(token, link)),
        LinkStanding::Spent => "spent",
        LinkStanding::Revoked => "revoked",
        LinkStanding::Expired => "expired",
    };
    refused(cx, kind, &token.digest(), why, &link.account).await?;
    Ok(Looked::Over(link))
}

/// Tells of a link that was refused, once in a while for each: whoever has one may press it again and again.
pub(super) async fn refused(
    cx: &Cx,
    kind: LinkKind,
    digest: &Digest,
    why: &str,
    account: &AccountId,
) -> Result<(), PageError> {
    if !throttle::is_first(cx, &format!("{why} {}", digest.to_base64url())).await? {
        cx.note(Kind::LinkRefused, None);
        return Ok(());
    }
    let event = cx.refusal(Kind::LinkRefused, why).person(account);
    Ok(cx.record(event.with(serde_json::json!({ "link": kind }))).await?)
}
