//! S8, the recovery codes: shown until the person goes on, on paper for longer.

use askama::Template;

use super::shell::Shell;
use super::words::When;

/// Shows a new set of recovery codes. It also prints well, and [`RecoveryCodesPage::as_text`] is the file.
#[derive(Debug, Clone, Template)]
#[template(path = "recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// The frame.
    pub shell: Shell,
    /// Takes the confirmation that the codes were kept; no field but `csrf`.
    pub action: String,
    /// The codes as people write them: groups with hyphens.
    pub codes: Vec<String>,
    /// Who they are for, on paper.
    pub who: String,
    /// When they were made, on paper.
    pub made: When,
    /// Whether an older set stopped working.
    pub replaces: bool,
    /// The codes as a text file.
    pub download_url: Option<String>,
    /// The page made for printing.
    pub print_url: Option<String>,
    /// Whether this *is* the page made for printing: only the codes, and the way back to `action`.
    pub for_print: bool,
}

impl RecoveryCodesPage {
    /// The text file: heading, codes one a line, advice. Send it as an attachment and never store it.
    pub fn as_text(&self) -> String {
        let shell = &self.shell;
        let heading = shell.t1("recovery-codes-paper-title", "organisation", &shell.organisation);
        let codes = self.codes.join("\n");
        let (who, made) = (&self.who, shell.day(&self.made));
        format!("{heading}\n{who}\n{made}\n\n{codes}\n\n{}\n", shell.t("recovery-codes-intro"))
    }
}
