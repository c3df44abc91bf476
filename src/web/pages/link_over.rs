//! A link that works no more, or one that did its work: what became of it, and the way out.

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// Says what became of a link.
#[derive(Debug, Clone, Template)]
#[template(path = "link_over.html")]
pub struct LinkOverPage {
    /// The frame.
    pub shell: Shell,
    /// What became of it.
    pub state: LinkOver,
    /// Takes a POST of `csrf` that asks for a new one; it goes to the same address.
    pub ask: Option<String>,
    /// Leads to signing in.
    pub sign_in: Option<String>,
    /// A short reference that can be read out on the telephone.
    pub reference: String,
}

messages! {
    /// What became of a link; each has a heading under this key and `-text` beside it.
    pub enum LinkOver {
        /// It is too old.
        Expired => "over-expired",
        /// It was used.
        Used => "over-used",
        /// It was taken back, or a newer one replaced it.
        Revoked => "over-revoked",
        /// Nobody was sent it, or it is not whole.
        Unknown => "over-unknown",
        /// A new one was asked for.
        Asked => "over-asked",
        /// The recovery it stops is stopped.
        Stopped => "over-stopped",
    }
}

impl LinkOver {
    fn text_key(self) -> &'static str {
        match self {
            Self::Expired => "over-expired-text",
            Self::Used => "over-used-text",
            Self::Revoked => "over-revoked-text",
            Self::Unknown => "over-unknown-text",
            Self::Asked => "over-asked-text",
            Self::Stopped => "over-stopped-text",
        }
    }
}
