//! S3, the code from an app: one field, never six boxes.

use askama::Template;

use super::shell::Shell;
use super::words::{StepUpReason, messages};

/// Asks for the six digits an app shows.
#[derive(Debug, Clone, Template)]
#[template(path = "code.html")]
pub struct CodePage {
    /// The frame.
    pub shell: Shell,
    /// Takes `code`.
    pub action: String,
    /// The entry's name as the app shows it; absent where it is not known.
    pub entry: Option<String>,
    /// Leads to the other ways to sign in.
    pub choose_another: Option<String>,
    /// Adds what to do about a clock that runs wrong; after two failures.
    pub clock_help: bool,
    /// What was wrong with the last answer.
    pub error: Option<CodeError>,
    /// Why somebody who is signed in is asked again.
    pub reason: Option<StepUpReason>,
}

messages! {
    /// What can be wrong with a code, here and where a code app is linked.
    pub enum CodeError {
        /// Nothing was typed.
        Empty => "code-error-empty",
        /// Not six digits.
        Shape => "code-error-shape",
        /// Wrong or expired: one message for both.
        Wrong => "code-error-wrong",
        /// Used before.
        Used => "code-error-used",
        /// Right, but for another time: the phone's clock is off.
        Clock => "code-error-clock",
        /// The policy does not count the model of the key that was used before; a code does.
        KeyDenied => "model-denied",
    }
}
