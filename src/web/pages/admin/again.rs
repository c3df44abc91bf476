//! A form that waits for one more press, because its sender had to sign in freshly.

use askama::Template;

use super::AdminShell;

/// Shows what was filled in, and sends it.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/again.html")]
pub struct AgainPage {
    /// The frame.
    pub frame: AdminShell,
    /// The form; absent once it is kept no longer.
    pub waiting: Option<Waiting>,
}

/// A form as it was sent.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Takes it.
    pub action: String,
    /// The page it stood on.
    pub page: String,
    /// What it says: the field, and its value.
    pub fields: Vec<(String, String)>,
}

/// Fields that carry nothing a person filled in.
const OURS: &[&str] = &["back", "base", "document", "form", "seen", "ticket"];

impl Waiting {
    /// What a person filled in: the field in words, and its value.
    fn filled(&self) -> Vec<(String, &str)> {
        let filled =
            self.fields.iter().filter(|(name, value)| !OURS.contains(&name.as_str()) && !value.is_empty());
        filled.map(|(name, value)| (name.replace(['-', '_'], " "), value.as_str())).collect()
    }
}
