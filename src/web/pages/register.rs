//! Making an account by oneself, where the app allows it. It reads the same for an address that is known.

use askama::Template;

use super::shell::Shell;
use super::words::{When, messages};

/// Asks for an address, and says what happens next.
#[derive(Debug, Clone, Template)]
#[template(path = "register.html")]
pub struct RegisterPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `email`.
    pub action: String,
    /// Until when the link works that is on its way; absent before an address was given.
    pub sent: Option<When>,
    /// What was wrong with the last answer.
    pub error: Option<RegisterError>,
    /// Leads back to signing in.
    pub back: String,
}

messages! {
    /// What can be wrong on this page.
    pub enum RegisterError {
        /// Nothing was typed.
        Empty => "register-error-empty",
        /// That is no address.
        NoAddress => "register-error-address",
        /// Asked for again within a minute.
        TooSoon => "forgot-error-soon",
    }
}
