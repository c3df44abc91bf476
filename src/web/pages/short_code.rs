//! The code of a printed letter, or one shown face to face, typed beside the name.

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// Asks for the name and the code.
#[derive(Debug, Clone, Template)]
#[template(path = "short_code.html")]
pub struct ShortCodePage {
    /// The frame.
    pub shell: Shell,
    /// Takes `username` and `letter_code`.
    pub action: String,
    /// What was typed as the name.
    pub username: String,
    /// What was wrong with the last answer.
    pub error: Option<ShortCodeError>,
}

messages! {
    /// What can be wrong on this page.
    pub enum ShortCodeError {
        /// Something was left out.
        Empty => "short-code-error-empty",
        /// Name and code do not belong together: one message for both.
        Wrong => "short-code-error-wrong",
    }
}
