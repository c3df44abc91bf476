//! Signing in for a device on which nobody can type (RFC 8628 §3.3).

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// The page, at one of its steps.
#[derive(Debug, Clone, Template)]
#[template(path = "device.html")]
pub struct DevicePage {
    /// The frame; names the app where it is known.
    pub shell: Shell,
    /// The step.
    pub step: DeviceStep,
}

/// What the page asks or says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceStep {
    /// For the code.
    Ask {
        /// Takes `user_code`.
        action: String,
        /// What stands in the field.
        code: String,
        /// What was wrong with the last answer.
        error: Option<DeviceError>,
    },
    /// Whether the device shows this code, and the person started it.
    Confirm {
        /// Takes `user_code` and `decision`.
        action: String,
        /// The code as the device shows it.
        code: String,
    },
    /// The device gets its tokens.
    Done,
    /// It gets none.
    Refused,
}

messages! {
    /// What can be wrong on this page.
    pub enum DeviceError {
        /// Nothing was typed.
        Empty => "pair-error-empty",
        /// No device waits for this code.
        Wrong => "pair-error-wrong",
    }
}

impl DevicePage {
    fn title(&self) -> &'static str {
        match &self.step {
            DeviceStep::Ask { .. } => "pair-title",
            DeviceStep::Confirm { .. } => "pair-confirm-title",
            DeviceStep::Done => "pair-done-title",
            DeviceStep::Refused => "pair-refused-title",
        }
    }

    fn has_error(&self) -> bool {
        matches!(&self.step, DeviceStep::Ask { error: Some(_), .. })
    }

    fn app(&self) -> &str {
        self.shell.app_name.as_deref().unwrap_or_default()
    }
}
