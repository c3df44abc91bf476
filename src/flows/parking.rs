//! What was POSTed and cannot be decided yet waits here. Requests that came across sites wait until the browser comes back
//! by GET: a cross-site POST carries no SameSite=Lax cookie, so nothing about a session can be decided before. Forms of the
//! console wait until whoever sent them has signed in freshly.

use crate::base::{Digest, Token, TokenKind};
use crate::ephemeral::{Space, Taken};
use crate::oidc::authorize::RawRequest;

use super::sessions::Found;
use super::{Cx, PageError, throttle};

/// How long a request waits, in seconds.
const PARKED: i64 = 300;
/// How long a form waits, in seconds: as long as a sign-in may take.
const HELD: i64 = 30 * 60;
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

/// A form of the console that waits for a fresh sign-in.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Held {
    /// Where it was sent.
    pub path: String,
    /// The page it stood on.
    pub page: String,
    /// What it says, without its anti-forgery value.
    pub fields: Vec<(String, String)>,
}

/// Only the session that sent a form finds it again.
fn held_key(token: &Token, session: &Found) -> Digest {
    let binding = session.form_binding();
    Digest::of([b"form".as_slice(), token.digest().as_bytes(), binding.as_bytes()].concat())
}

/// Keeps a form of this session until it has signed in again; `None` where it is too long to be kept.
pub async fn hold(cx: &Cx, session: &Found, held: &Held) -> Result<Option<Token>, PageError> {
    let value = serde_json::to_vec(held).map_err(|_| PageError::Bad("form"))?;
    if value.len() > LONGEST {
        return Ok(None);
    }
    let token = Token::generate(TokenKind::Parked, &cx.entropy);
    cx.ephemeral.put(Space::Parked, &held_key(&token, session), &value, HELD, cx.now).await?;
    Ok(Some(token))
}

/// A form that was kept for this session. Looking spends nothing: what may happen once is decided where it is done.
pub async fn held(cx: &Cx, session: &Found, ticket: &str) -> Result<Option<Held>, PageError> {
    let Some(token) = Token::parse(TokenKind::Parked, ticket) else { return Ok(None) };
    let kept = cx.ephemeral.get(Space::Parked, &held_key(&token, session), cx.now).await?;
    Ok(kept.and_then(|kept| serde_json::from_slice(&kept.value).ok()))
}
