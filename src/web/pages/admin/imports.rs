//! A5: bringing a list of people: the form, what would happen, how far it is, and the lists that came before.
//!
//! What is wrong with a list comes as sentences, in the console's one language.

use askama::Template;

use super::super::words::{Role, When, messages};
use super::AdminShell;

/// The lists that were brought.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/imports.html")]
pub struct ImportsPage {
    /// The frame.
    pub frame: AdminShell,
    /// The lists, the newest first.
    pub lists: Vec<ImportLine>,
}

/// A list in brief.
#[derive(Debug, Clone)]
pub struct ImportLine {
    /// Leads to it.
    pub url: String,
    /// When it was brought.
    pub at: When,
    /// Where its people belong.
    pub organisation: String,
    /// Who brought it.
    pub by: String,
    /// What happens to it.
    pub state: ImportWord,
    /// Lines.
    pub total: i64,
    /// People created.
    pub created: i64,
    /// Lines that failed.
    pub failed: i64,
}

messages! {
    /// What happens to a list.
    pub enum ImportWord {
        /// It is being stored.
        Loading => "admin-import-loading",
        /// It waits for somebody to say go.
        Ready => "admin-import-ready",
        /// It is being worked off.
        Running => "admin-import-running",
        /// Every line was looked at.
        Done => "admin-import-done",
        /// Somebody stopped it.
        Cancelled => "admin-import-cancelled",
        /// It stopped, because whoever brought it may not any more.
        Stopped => "admin-import-stopped",
    }
}

/// The form that brings a list.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/import_new.html")]
pub struct ImportNewPage {
    /// The frame.
    pub frame: AdminShell,
    /// The role of whoever's line names none: value, word, whether it is chosen.
    pub roles: Vec<(&'static str, Role, bool)>,
    /// Where they belong: id, name, whether it is chosen.
    pub places: Vec<(String, String, bool)>,
    /// What was pasted.
    pub pasted: String,
    /// Columns of other names, a line each.
    pub map: String,
    /// The columns that are known.
    pub columns: Vec<&'static str>,
    /// What was wrong.
    pub error: Option<ImportError>,
}

/// What was wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// The field it is about.
    pub field: &'static str,
    /// What, and how to mend it.
    pub text: String,
}

/// A list, and how far it has come.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/import.html")]
pub struct ImportPage {
    /// The frame.
    pub frame: AdminShell,
    /// Its page.
    pub url: String,
    /// The list in brief.
    pub line: ImportLine,
    /// Lines that need nothing more.
    pub done: i64,
    /// People who were here already.
    pub skipped: i64,
    /// What was foreseen, while nothing has happened yet.
    pub foreseen: Option<Foreseen>,
    /// What is wrong, the first of it.
    pub faults: Vec<FaultLine>,
    /// Leads to the sheet of the lines that failed.
    pub sheet: Option<String>,
    /// Takes a POST that begins it.
    pub apply: Option<String>,
    /// Takes a POST that stops it.
    pub cancel: Option<String>,
    /// The page does not ask again by itself.
    pub paused: bool,
    /// Until when its lines are kept.
    pub kept: Option<When>,
}

/// What a list would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreseen {
    /// People who would be created.
    pub create: usize,
    /// Of those: with an address that counts as proved.
    pub with_proved_address: usize,
    /// Of those: with a password.
    pub with_password: usize,
    /// Of those: with a code app.
    pub with_code_app: usize,
    /// Of those: to be sent a link.
    pub to_invite: usize,
    /// Of those: with no way in yet.
    pub without_a_way_in: usize,
    /// People who came before and are left as they are.
    pub unchanged: usize,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultLine {
    /// The line of the file.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub fix: String,
}

impl ImportNewPage {
    fn wrong(&self, field: &str) -> bool {
        self.error.as_ref().is_some_and(|error| error.field == field)
    }
}

impl ImportPage {
    fn is_running(&self) -> bool {
        self.line.state == ImportWord::Running
    }

    fn is_ready(&self) -> bool {
        self.line.state == ImportWord::Ready
    }

    fn told(&self, key: &str) -> String {
        let (done, total) = (self.done.to_string(), self.line.total.to_string());
        self.frame.shell.t2(key, ("done", &done), ("total", &total))
    }
}
