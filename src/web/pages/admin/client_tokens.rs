//! Tokens by which apps register themselves: the list, the form that makes one, and a new one shown once.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::{When, messages};
use super::AdminShell;
use super::apps::Wrong;

messages! {
    /// Whether a token still registers anything.
    pub enum TokenWord {
        /// It does.
        Open => "admin-token-open",
        /// It was used up.
        Used => "admin-token-used",
        /// Its time is over.
        Expired => "admin-token-expired",
        /// It was taken back.
        Revoked => "admin-token-revoked",
    }
}

/// A token in the list; the token itself is not here.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// What its maker calls it.
    pub label: Option<String>,
    /// Whose apps it registers.
    pub organisation: String,
    /// How it stands.
    pub standing: TokenWord,
    /// How many apps it registered.
    pub used: usize,
    /// How many it registers at most.
    pub uses: usize,
    /// Until when.
    pub until: When,
    /// Who made it.
    pub made_by: String,
    /// What the apps may have, in the words of the specifications.
    pub terms: Vec<(&'static str, String)>,
    /// Whether the reader may take it back.
    pub may_revoke: bool,
}

impl TokenRow {
    /// How many of its uses were spent, in words.
    fn spent(&self, shell: &Shell) -> String {
        shell.t2("admin-token-uses-of", ("used", self.used), ("uses", self.uses))
    }
}

/// A box to tick: what the form calls it, its word, whether it is ticked.
#[derive(Debug, Clone)]
pub struct Tick {
    /// The name in the form.
    pub name: String,
    /// Its word of the specifications.
    pub word: &'static str,
    /// Whether it is ticked.
    pub ticked: bool,
}

/// What was typed into the form.
#[derive(Debug, Clone, Default)]
pub struct TokenForm {
    /// What to call it.
    pub label: String,
    /// How many apps.
    pub uses: String,
    /// How many days.
    pub days: String,
    /// What apps may ask for.
    pub scope: String,
    /// The least level: value, whether it is chosen; nothing for the role's own.
    pub levels: Vec<(&'static str, bool)>,
    /// Whether apps may do without PKCE.
    pub without_pkce: bool,
    /// How apps may prove themselves.
    pub methods: Vec<Tick>,
    /// Which grants they may use.
    pub grants: Vec<Tick>,
    /// Which algorithms they may use.
    pub algorithms: Vec<Tick>,
}

/// The page.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/client_tokens.html")]
pub struct ClientTokensPage {
    /// The frame.
    pub frame: AdminShell,
    /// Whether the settings let anybody register anything.
    pub is_off: bool,
    /// A token that is shown once, and its ticket.
    pub shown: Option<(String, String)>,
    /// The tokens the reader sees.
    pub tokens: Vec<TokenRow>,
    /// Where the reader may make one: id, name, whether it was chosen.
    pub organisations: Vec<(String, String, bool)>,
    /// The form.
    pub form: TokenForm,
    /// What was wrong.
    pub error: Option<Wrong>,
}

impl ClientTokensPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.error.as_ref().is_some_and(|error| error.field == field)
    }
}
