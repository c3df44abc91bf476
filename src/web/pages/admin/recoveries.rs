//! What waits because somebody lost a way to sign in.

use askama::Template;

use super::super::words::{When, messages};
use super::AdminShell;

/// The list.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/recoveries.html")]
pub struct RecoveriesPage {
    /// The frame.
    pub frame: AdminShell,
    /// What waits, the oldest first.
    pub waiting: Vec<WaitingLine>,
}

/// Something that waits.
#[derive(Debug, Clone)]
pub struct WaitingLine {
    /// Leads to the person.
    pub url: String,
    /// Their name.
    pub name: String,
    /// What they sign in with.
    pub username: String,
    /// What waits.
    pub what: WaitingWord,
    /// Since when.
    pub since: When,
    /// When a recovery that cools off is ready.
    pub ready: Option<When>,
    /// The number whoever asked gave.
    pub call: Option<String>,
    /// Takes a POST that stops or closes it.
    pub stop: Option<String>,
}

messages! {
    /// What waits.
    pub enum WaitingWord {
        /// Somebody who proved the password asks for help.
        Help => "admin-waiting-help",
        /// Somebody who proved nothing asks for help.
        HelpUnproved => "admin-waiting-help-unproved",
        /// A recovery cools off.
        Cooling => "admin-waiting-cooling",
        /// A reset was carried out and not used yet.
        Reset => "admin-waiting-reset",
    }
}

impl WaitingLine {
    fn stop_key(&self) -> &'static str {
        match self.what {
            WaitingWord::Cooling => "admin-recovery-stop",
            WaitingWord::Help | WaitingWord::HelpUnproved | WaitingWord::Reset => "admin-request-close",
        }
    }
}
