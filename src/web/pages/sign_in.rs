//! S1, the first page: who is it? The page after it has one shape for known and unknown people.

use askama::Template;

use super::shell::Shell;
use super::words::{AboutApp, PasskeyCall, StepUpReason, messages};

/// Asks for the e-mail or username, and offers a passkey.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `username`.
    pub action: String,
    /// What stands in the field: a `login_hint`, or what was typed before.
    pub username: String,
    /// Answers a POST of `csrf` with the options of a passkey sign-in, as JSON.
    pub passkey_options_url: String,
    /// Takes `credential`, the passkey's answer.
    pub passkey_action: String,
    /// What was wrong with the last answer.
    pub error: Option<SignInError>,
    /// Why somebody who was signed in is asked again.
    pub reason: Option<StepUpReason>,
    /// Leads to making an account, where the app allows it.
    pub register: Option<String>,
    /// What the app shows of itself.
    pub about: AboutApp,
}

messages! {
    /// What can be wrong on this page. An unknown name is not: the password page says that.
    pub enum SignInError {
        /// Nothing was typed.
        Empty => "sign-in-error-empty",
        /// Longer than any name can be.
        TooLong => "sign-in-error-too-long",
        /// The passkey belongs to nobody here, or was removed.
        PasskeyUnknown => "passkey-error-unknown",
        /// The passkey's answer did not check out.
        PasskeyWrong => "passkey-error-wrong",
        /// The passkey's answer came too late, or twice.
        PasskeyLate => "passkey-error-late",
        /// The passkey's model is out of use.
        PasskeyUnsafe => "model-unsafe",
    }
}

impl SignInError {
    /// The element the error summary leads to.
    pub fn field(self) -> &'static str {
        match self {
            Self::Empty | Self::TooLong => "username",
            Self::PasskeyUnknown | Self::PasskeyWrong | Self::PasskeyLate | Self::PasskeyUnsafe => {
                "passkey-button"
            }
        }
    }
}

impl SignInPage {
    fn name_is_wrong(&self) -> bool {
        self.error.is_some_and(|error| error.field() == "username")
    }

    fn passkey(&self) -> PasskeyCall {
        PasskeyCall { options_url: self.passkey_options_url.clone(), action: self.passkey_action.clone() }
    }
}
