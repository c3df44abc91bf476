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
    /// Until when it works, or from when.
    pub moment: Option<When>,
    /// Takes a POST of `csrf`; absent where nothing can be done yet.
    pub action: Option<String>,
    /// Takes a POST of `csrf` that stops what waits.
    pub stop: Option<String>,
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
        /// The cooling-off is not over.
        RecoverLater => "link-later",
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
            Self::RecoverLater => "link-later-text",
            Self::Stop => "link-stop-text",
        }
    }

    fn button_key(self) -> &'static str {
        match self {
            Self::Activate => "link-activate-button",
            Self::Reset => "link-reset-button",
            Self::Regain => "link-regain-button",
            Self::Recover | Self::RecoverLater => "link-recover-button",
            Self::Stop => "link-stop-button",
        }
    }
}
