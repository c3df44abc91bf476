//! “This was not me”: what the button does, and what to do next.

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// Asks, or says what was done.
#[derive(Debug, Clone, Template)]
#[template(path = "not_me.html")]
pub struct NotMePage {
    /// The frame.
    pub shell: Shell,
    /// Whether it asks or tells.
    pub state: NotMeState,
    /// Takes the button's form.
    pub action: String,
    /// Where the person signs in again.
    pub account: String,
}

messages! {
    /// How the link stands; each has a heading under this key.
    pub enum NotMeState {
        /// It waits for the button.
        Ask => "not-me-title",
        /// The button was pressed just now.
        Done => "not-me-done-title",
        /// It was pressed before.
        Again => "not-me-again-title",
        /// The link is too old, or was never sent.
        Over => "not-me-over-title",
    }
}

impl NotMeState {
    fn text_key(self) -> &'static str {
        match self {
            Self::Ask => "not-me-text",
            Self::Done => "not-me-done-text",
            Self::Again => "not-me-again-text",
            Self::Over => "not-me-over-text",
        }
    }

    fn asks(self) -> bool {
        self == Self::Ask
    }

    /// Whether everything was ended, now or before.
    fn is_said(self) -> bool {
        matches!(self, Self::Done | Self::Again)
    }
}
