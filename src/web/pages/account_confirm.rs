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
    /// This address goes away.
    RemoveAddress(String),
    /// The account is closed.
    Close,
}

impl AccountConfirmPage {
    fn makes_codes(&self) -> bool {
        self.change == AccountChange::NewRecoveryCodes
    }

    fn title_key(&self) -> &'static str {
        match self.change {
            AccountChange::NewRecoveryCodes => "confirm-new-codes-title",
            AccountChange::Remove(_) => "confirm-remove-title",
            AccountChange::RemoveAddress(_) => "confirm-remove-address-title",
            AccountChange::Close => "confirm-close-title",
        }
    }

    fn text_key(&self) -> &'static str {
        match self.change {
            AccountChange::NewRecoveryCodes => "confirm-new-codes-text",
            AccountChange::Remove(_) => "confirm-remove-text",
            AccountChange::RemoveAddress(_) => "confirm-remove-address-text",
            AccountChange::Close => "confirm-close-text",
        }
    }

    fn button_key(&self) -> &'static str {
        match self.change {
            AccountChange::NewRecoveryCodes => "confirm-new-codes-button",
            AccountChange::Remove(_) | AccountChange::RemoveAddress(_) => "confirm-remove-button",
            AccountChange::Close => "confirm-close-button",
        }
    }

    fn name(&self) -> Option<&str> {
        match &self.change {
            AccountChange::Remove(name) | AccountChange::RemoveAddress(name) => Some(name),
            AccountChange::NewRecoveryCodes | AccountChange::Close => None,
        }
    }
}
