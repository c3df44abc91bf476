//! Reminding whoever waits at a stage: the counts before, and what became of it.

use askama::Template;

use super::AdminShell;
use super::people::StageWord;

/// Asks whether whoever waits at a stage shall be reminded, and tells what became of it.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/remind.html")]
pub struct RemindPage {
    /// The frame.
    pub frame: AdminShell,
    /// The stages at which something is missing: value, word, whether it is chosen.
    pub stages: Vec<(&'static str, StageWord, bool)>,
    /// The stage chosen, its value and how many people are there, as told.
    pub chosen: Option<(&'static str, StageWord, String)>,
    /// People reminded by one press.
    pub most: usize,
    /// What became of the last press.
    pub told: Option<ReminderCounts>,
}

impl RemindPage {
    fn there(&self, word: &StageWord, people: &str) -> String {
        let shell = &self.frame.shell;
        shell.t2("admin-remind-there", ("stage", shell.t(word.key())), ("count", people))
    }
}

/// What became of reminding people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReminderCounts {
    /// Mails that go out.
    pub sent: usize,
    /// People no mail reaches.
    pub unreached: usize,
    /// Whether more of them may be reminded.
    pub more: bool,
}
