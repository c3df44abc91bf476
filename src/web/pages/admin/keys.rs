//! The signing keys: what each signs, by which algorithm, and where it stands in its life.

use askama::Template;

use super::super::words::{When, messages};
use super::AdminShell;
use super::organisations::FormError;

/// The list.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/keys.html")]
pub struct KeysPage {
    /// The frame.
    pub frame: AdminShell,
    /// Every key, those that sign first.
    pub keys: Vec<KeyLine>,
}

/// A key.
#[derive(Debug, Clone)]
pub struct KeyLine {
    /// Its id, as tokens name it.
    pub kid: String,
    /// What it signs.
    pub usage: KeyUseWord,
    /// How.
    pub algorithm: &'static str,
    /// Where it stands.
    pub state: KeyStateWord,
    /// Since when.
    pub since: When,
    /// Until when, and what ends then.
    pub until: Option<(KeyUntilWord, When)>,
    /// Leads to the form that throws it away.
    pub revoke: Option<String>,
}

/// Asks why before a key is thrown away.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/key_revoke.html")]
pub struct KeyRevokePage {
    /// The frame.
    pub frame: AdminShell,
    /// Which key, shortly.
    pub name: String,
    /// Whether it signs now, so that another has to.
    pub signs: bool,
    /// Takes the form.
    pub action: String,
    /// Leads back.
    pub back: &'static str,
    /// Why.
    pub reason: String,
    /// What was wrong.
    pub error: Option<FormError>,
}

messages! {
    /// What a key signs.
    pub enum KeyUseWord {
        /// What apps read.
        Answers => "admin-key-use-answers",
        /// Access tokens.
        Access => "admin-key-use-access",
        /// Checkpoints of the trail.
        Trail => "admin-key-use-trail",
    }
}

messages! {
    /// What ends with a key's state.
    pub enum KeyUntilWord {
        /// It signs until then.
        Signs => "admin-key-until-signs",
        /// Apps find it until then.
        Published => "admin-key-until-published",
        /// It is kept until then; it is not published.
        Kept => "admin-key-until-kept",
    }
}

messages! {
    /// Where a key stands in its life.
    pub enum KeyStateWord {
        /// It signs.
        Active => "admin-key-state-active",
        /// It is published and signs later.
        Next => "admin-key-state-next",
        /// It signs no more.
        Retired => "admin-key-state-retired",
    }
}
