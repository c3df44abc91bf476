//! S6, a code kept on paper instead of the second step.

use askama::Template;

use super::shell::Shell;
use super::words::{StepUpReason, messages};

/// Asks for one recovery code; what follows is the set-up of a new way to sign in.
#[derive(Debug, Clone, Template)]
#[template(path = "recovery_code.html")]
pub struct RecoveryCodePage {
    /// The frame.
    pub shell: Shell,
    /// Takes `recovery_code`.
    pub action: String,
    /// Leads to the other ways to sign in.
    pub choose_another: Option<String>,
    /// What was wrong with the last answer.
    pub error: Option<RecoveryCodeError>,
    /// Why somebody who is signed in is asked again.
    pub reason: Option<StepUpReason>,
}

messages! {
    /// What can be wrong with a recovery code.
    pub enum RecoveryCodeError {
        /// Nothing was typed.
        Empty => "recovery-error-empty",
        /// Not four groups of four.
        Shape => "recovery-error-shape",
        /// Wrong, used before or replaced: one message for all.
        Wrong => "recovery-error-wrong",
    }
}
