//! Requests that were POSTed across sites wait here until the browser comes back by GET: a cross-site POST carries no
//! SameSite=Lax cookie, so nothing about a session can be decided before.

use crate::base::{Digest, Token, TokenKind};
use crate::ephemeral::{Space, Taken};
use crate::oidc::authorize::RawRequest;

use super::{Cx, PageError, throttle};

/// How long a request waits, in seconds.
const PARKED: i64 = 300;
/// Longest request kept, in bytes; more than the longest one we would read.
const LONGEST: usize = 48 * 1024;

/// The endpoint a request was sent to; it can be taken nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// `/authorize`.
    Authorize,
    /// `/logout`.
    Logout,
}

impl At {
    fn key(self, token: &Token) -> Digest {
        let at = match self {
            Self::Authorize => "authorize",
            Self::Logout => "logout",
        };
        Digest::of([at.as_bytes(), token.digest().as_bytes()].concat())
    }
}

/// Parks what is known of a request; the ticket is for the browser's next address.
pub async fn park(cx: &Cx, at: At, raw: &RawRequest, known: &[&str]) -> Result<Token, PageError> {
    let text = encode(raw, known);
    if text.len() > LONGEST {
        return Err(PageError::Bad("too_long"));
    }
    throttle::begin(cx).await?;
    let token = Token::generate(TokenKind::Parked, &cx.entropy);
    cx.ephemeral.put_once(Space::Parked, &at.key(&token), text.as_bytes(), b"", PARKED, cx.now).await?;
    Ok(token)
}

fn encode(raw: &RawRequest, known: &[&str]) -> String {
    let known = raw.pairs().iter().filter(|(name, _)| known.contains(&name.as_str()));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(known).finish()
}

/// Takes a parked request; it can be taken once.
pub async fn unpark(cx: &Cx, at: At, ticket: &str) -> Result<RawRequest, PageError> {
    let token = Token::parse(TokenKind::Parked, ticket).ok_or(PageError::Expired)?;
    match cx.ephemeral.take(Space::Parked, &at.key(&token), 0, cx.now).await? {
        Taken::Fresh(value) => {
            let text = std::str::from_utf8(&value).map_err(|_| PageError::Expired)?;
            RawRequest::parse(text).map_err(|_| PageError::Expired)
        }
        Taken::Replayed(_) | Taken::Unknown => Err(PageError::Expired),
    }
}
