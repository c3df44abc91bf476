//! A printed invitation for somebody without e-mail: no clinical words, no password, one code.

use askama::Template;

use super::shell::Shell;
use super::words::When;

/// The letter as a page to print.
#[derive(Debug, Clone, Template)]
#[template(path = "letter.html")]
pub struct LetterPage {
    /// The frame.
    pub shell: Shell,
    /// Whom it is for.
    pub name: String,
    /// The page to open.
    pub address: String,
    /// What is typed beside the code.
    pub reference: String,
    /// The code.
    pub code: String,
    /// Until when it works.
    pub until: When,
    /// What stands around it on a screen, and is not printed; absent where it is a file.
    pub around: Option<Around>,
}

/// What whoever prints the letter reads, in their own language.
#[derive(Debug, Clone)]
pub struct Around {
    /// In their language.
    pub shell: Shell,
    /// Leads back.
    pub back: String,
    /// To whose page.
    pub name: String,
}

impl LetterPage {
    /// The address in parts between which a narrow page may break it.
    fn address_parts(&self) -> impl Iterator<Item = &str> {
        self.address.split_inclusive(['/', '.'])
    }

    /// The letter as plain text, for a terminal and its printer.
    pub fn as_text(&self) -> String {
        let s = &self.shell;
        [
            s.organisation.clone(),
            String::new(),
            self.name.clone(),
            String::new(),
            s.t("letter-text"),
            String::new(),
            format!("{} {}", s.t("letter-address"), self.address),
            format!("{} {}", s.t("letter-name"), self.reference),
            format!("{} {}", s.t("letter-code"), self.code),
            format!("{} {}", s.t("letter-until"), s.moment(&self.until)),
            String::new(),
            s.t("letter-secret"),
        ]
        .join("\n")
    }
}
