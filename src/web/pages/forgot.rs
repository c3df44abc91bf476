//! S10, a forgotten password. It reads the same for a name nobody has.

use askama::Template;

use super::shell::Shell;
use super::words::{When, messages};

/// Offers a link by mail, and says what happens next.
#[derive(Debug, Clone, Template)]
#[template(path = "forgot.html")]
pub struct ForgotPage {
    /// The frame.
    pub shell: Shell,
    /// Takes a POST of `csrf`.
    pub action: String,
    /// The name as it was typed.
    pub who: String,
    /// Until when the link works that may be on its way; absent before it was asked for.
    pub sent: Option<When>,
    /// What was wrong with the last answer.
    pub error: Option<ForgotError>,
    /// Leads back to the password.
    pub back: String,
    /// Leads to the other ways out.
    pub recover: String,
}

messages! {
    /// What can be wrong on this page.
    pub enum ForgotError {
        /// Asked for again within a minute.
        TooSoon => "forgot-error-soon",
    }
}

impl ForgotPage {
    fn title_key(&self) -> &'static str {
        if self.sent.is_some() { "forgot-sent-title" } else { "forgot-title" }
    }
}
