//! Asks before something that cannot be taken back: a page instead of a dialogue, so that it needs no scripts.

use askama::Template;

use super::shell::Shell;

/// Asks once more, on a page of its own.
#[derive(Debug, Clone, Template)]
#[template(path = "account_confirm.html")]
pub struct AccountConfirmPage {
    /// The frame.
    pub shell: Shell,
    /// What is about to happen.
    pub change: AccountChange,
    /// Takes a POST of `csrf`.
    pub action: String,
    /// Leads back without a change.
    pub back: String,
}

/// What is about to happen to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// A new set of recovery codes replaces the old one.
    NewRecoveryCodes,
    /// The way to sign in with this name goes away.
    Remove(String),
}

impl AccountConfirmPage {
    fn makes_codes(&self) -> bool {
        self.change == AccountChange::NewRecoveryCodes
    }

    fn title_key(&self) -> &'static str {
        match self.change {
            AccountChange::NewRecoveryCodes => "confirm-new-codes-title",
            AccountChange::Remove(_) => "confirm-remove-title",
        }
    }
}
