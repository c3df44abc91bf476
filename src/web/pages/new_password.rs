//! A new password: the rules stand above the field, and there is no second field to type it again.

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// Asks for a new password.
#[derive(Debug, Clone, Template)]
#[template(path = "new_password.html")]
pub struct NewPasswordPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `password`.
    pub action: String,
    /// The name it will belong to, for password managers.
    pub who: String,
    /// Why a password is set.
    pub why: NewPasswordWhy,
    /// The least number of characters.
    pub shortest: usize,
    /// Leads to a passkey instead.
    pub passkey: Option<String>,
    /// What was wrong with the last answer.
    pub error: Option<NewPasswordError>,
    /// What would make it better.
    pub advice: Option<Advice>,
}

messages! {
    /// Why a password is set.
    pub enum NewPasswordWhy {
        /// The account is new.
        First => "new-password-first",
        /// The old one is lost.
        Lost => "new-password-lost",
        /// The person wants another.
        Change => "new-password-change",
    }
}

messages! {
    /// What can be wrong with a new password.
    pub enum NewPasswordError {
        /// Nothing was typed.
        Empty => "new-password-error-empty",
        /// Too few characters.
        Short => "new-password-error-short",
        /// Too many, or signs that are no text.
        Long => "new-password-error-long",
        /// On the lists that attackers try first.
        Common => "new-password-error-common",
        /// Little more than a name.
        Name => "new-password-error-name",
    }
}

messages! {
    /// What makes a password easy to guess.
    pub enum Advice {
        /// Like one that many have.
        Common => "advice-common",
        /// Keys that lie side by side.
        Keyboard => "advice-keyboard",
        /// The same over and over.
        Repeat => "advice-repeat",
        /// abc, 123.
        Sequence => "advice-sequence",
        /// A year or a day.
        Date => "advice-date",
        /// One word.
        Word => "advice-word",
        /// A name.
        Name => "advice-name",
        /// More would help.
        Longer => "advice-longer",
    }
}

impl Advice {
    /// The advice a word of the password check names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|advice| advice.key().strip_prefix("advice-") == Some(word))
    }
}
