//! Where a link from a mail leads: what it will do, and a button. Opening the page does nothing, because mail scanners open
//! pages too.

use askama::Template;

use super::shell::Shell;
use super::words::{When, messages};

/// Says what the button will do, and to whom.
#[derive(Debug, Clone, Template)]
#[template(path = "link.html")]
pub struct LinkPage {
    /// The frame.
    pub shell: Shell,
    /// What the link is for.
    pub what: LinkWhat,
    /// Whom it was sent to; no clinical words.
    pub name: Option<String>,
    /// Until when it works.
    pub moment: Option<When>,
    /// Takes a POST of `csrf`.
    pub action: String,
}

messages! {
    /// What a link is for; each has a heading under this key, and `-text` and `-button` beside it.
    pub enum LinkWhat {
        /// To activate an invited account.
        Activate => "link-activate",
        /// To set a new password.
        Reset => "link-reset",
        /// To bind a new factor after a supervised reset.
        Regain => "link-regain",
        /// To bind a new factor after the cooling-off.
        Recover => "link-recover",
        /// To stop a recovery.
        Stop => "link-stop",
    }
}

impl LinkWhat {
    fn text_key(self) -> &'static str {
        match self {
            Self::Activate => "link-activate-text",
            Self::Reset => "link-reset-text",
            Self::Regain => "link-regain-text",
            Self::Recover => "link-recover-text",
            Self::Stop => "link-stop-text",
        }
    }

    fn stops(self) -> bool {
        self == Self::Stop
    }

    fn button_key(self) -> &'static str {
        match self {
            Self::Activate => "link-activate-button",
            Self::Reset => "link-reset-button",
            Self::Regain => "link-regain-button",
            Self::Recover => "link-recover-button",
            Self::Stop => "link-stop-button",
        }
    }
}
