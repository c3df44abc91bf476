//! Every page in every state and language, with fixed data: what tests look at without a database.

use super::i18n::Locale;

/// One page rendered.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The page and its state, e.g. `code-wrong`.
    pub name: &'static str,
    /// Its language.
    pub locale: Locale,
    /// The whole document.
    pub html: String,
}

/// Every page × every state × every language.
pub fn samples() -> Vec<Sample> {
    Vec::new()
}
