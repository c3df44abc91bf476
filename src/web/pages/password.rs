//! S2, the password page. It reads the same for a name nobody has.

use askama::Template;

use super::shell::Shell;
use super::words::{PasskeyCall, StepUpReason, messages};

/// Asks for the password of the name typed before.
#[derive(Debug, Clone, Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `password`.
    pub action: String,
    /// The name as it was typed: never a name looked up, which would tell strangers it exists.
    pub who: String,
    /// Takes a POST of `csrf` that forgets the person and asks again; absent where the person is fixed.
    pub not_you: Option<String>,
    /// Leads to the other ways to sign in.
    pub choose_another: Option<String>,
    /// Leads to a new password.
    pub forgot: Option<String>,
    /// Offers a passkey instead.
    pub passkey: Option<PasskeyCall>,
    /// What was wrong with the last answer.
    pub error: Option<PasswordError>,
    /// Why somebody who is signed in is asked again.
    pub reason: Option<StepUpReason>,
}

messages! {
    /// What can be wrong on this page.
    pub enum PasswordError {
        /// Nothing was typed.
        Empty => "password-error-empty",
        /// Name and password do not match: one message for both.
        Mismatch => "password-error-mismatch",
        /// The passkey belongs to nobody here, or to somebody else.
        PasskeyUnknown => "passkey-error-unknown",
        /// The passkey's answer did not check out.
        PasskeyWrong => "passkey-error-wrong",
        /// The passkey's answer came too late, or twice.
        PasskeyLate => "passkey-error-late",
        /// The passkey's model is out of use.
        PasskeyUnsafe => "model-unsafe",
        /// The policy does not count the passkey's model; another way follows.
        PasskeyDenied => "model-denied",
    }
}

impl PasswordError {
    /// The element the error summary leads to.
    pub fn field(self) -> &'static str {
        match self {
            Self::Empty | Self::Mismatch => "password",
            Self::PasskeyUnknown
            | Self::PasskeyWrong
            | Self::PasskeyLate
            | Self::PasskeyUnsafe
            | Self::PasskeyDenied => "passkey-button",
        }
    }
}

impl PasswordPage {
    fn password_is_wrong(&self) -> bool {
        self.error.is_some_and(|error| error.field() == "password")
    }
}
