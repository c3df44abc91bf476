//! S7, adding a passkey or a security key.

use askama::Template;

use super::shell::Shell;
use super::words::{KeyKind, messages};

/// Says what will happen, then lets the browser make the passkey or meet the key.
#[derive(Debug, Clone, Template)]
#[template(path = "enrol_passkey.html")]
pub struct EnrolPasskeyPage {
    /// The frame.
    pub shell: Shell,
    /// Whether the words speak of a passkey or of a key.
    pub kind: KeyKind,
    /// Answers a POST of `csrf` with the WebAuthn creation options as JSON.
    pub options_url: String,
    /// Takes `credential` and, optionally, `label`.
    pub action: String,
    /// What stands in the optional name field.
    pub label: String,
    /// Leads back to the choice of what to set up.
    pub back: Option<String>,
    /// What was wrong with the last answer.
    pub error: Option<EnrolPasskeyError>,
}

impl EnrolPasskeyPage {
    fn title_key(&self) -> &'static str {
        match self.kind {
            KeyKind::Passkey => "enrol-passkey-title",
            KeyKind::SecurityKey => "enrol-key-title",
        }
    }
}

messages! {
    /// What can be wrong with a new passkey or key.
    pub enum EnrolPasskeyError {
        /// The form came without an answer.
        Empty => "enrol-key-error-empty",
        /// It is on the list already.
        Twice => "enrol-key-error-twice",
        /// The answer did not check out.
        Wrong => "enrol-key-error-wrong",
        /// The answer came too late, or twice.
        Late => "enrol-key-error-late",
        /// No PIN, finger or face was checked, and policy wants one.
        NeedsPin => "enrol-key-error-pin",
        /// Policy does not accept this kind.
        NotHere => "enrol-key-error-not-here",
        /// Its model is out of use.
        Unsafe => "model-unsafe",
        /// It, or the browser, did not prove what model it is, and policy wants that.
        Untold => "enrol-key-error-untold",
        /// Models must be proved, and nothing here knows any.
        Unchecked => "enrol-key-error-unchecked",
    }
}
