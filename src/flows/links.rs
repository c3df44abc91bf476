//! Links sent to people: drawn, looked at without spending, refused with an event. Each flow spends its own kind inside
//! the change that the link allows.

use super::{About, Cx};
use crate::audit::Kind;
use crate::base::{Token, TokenKind};
use crate::identity::{Link, LinkKind, LinkStanding};
use crate::store::{self, links};

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

/// Looks at a link without spending it. What does not work is refused with an event, counted where nobody is known.
pub async fn look(cx: &Cx, kind: LinkKind, sent: &str) -> Result<Looked, store::Error> {
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
    let event = cx.refusal(Kind::LinkRefused, why).person(&link.account);
    cx.record(event.with(serde_json::json!({ "link": kind }))).await?;
    Ok(Looked::Over(link))
}
