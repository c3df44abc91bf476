//! S4, the second step with a security key or a passkey; the person starts the prompt.

use askama::Template;

use super::shell::Shell;
use super::words::{KeyKind, StepUpReason, messages};

/// Asks for a touch of a key, or a passkey, of the person already named.
#[derive(Debug, Clone, Template)]
#[template(path = "security_key.html")]
pub struct SecurityKeyPage {
    /// The frame.
    pub shell: Shell,
    /// Whether the words speak of a passkey or of a key.
    pub kind: KeyKind,
    /// Answers a POST of `csrf` with the WebAuthn options as JSON.
    pub options_url: String,
    /// Takes `credential`.
    pub action: String,
    /// The names the person gave to what may be used here.
    pub names: Vec<String>,
    /// Leads to the other ways to sign in.
    pub choose_another: Option<String>,
    /// What was wrong with the last answer.
    pub error: Option<SecurityKeyError>,
    /// Why somebody who is signed in is asked again.
    pub reason: Option<StepUpReason>,
}

impl SecurityKeyPage {
    fn title_key(&self) -> &'static str {
        match self.kind {
            KeyKind::Passkey => "passkey-step-title",
            KeyKind::SecurityKey => "key-step-title",
        }
    }
}

messages! {
    /// What can be wrong with a key's answer.
    pub enum SecurityKeyError {
        /// The form came without an answer.
        Empty => "key-error-empty",
        /// Not one of this person's.
        Unknown => "key-error-unknown",
        /// The answer did not check out.
        Wrong => "key-error-wrong",
        /// The answer came too late, or twice.
        Late => "key-error-late",
        /// The key was touched, but no PIN, finger or face was checked.
        NeedsPin => "key-error-pin",
        /// The policy does not count the model of the key that was used; another one does.
        Denied => "model-denied",
    }
}
