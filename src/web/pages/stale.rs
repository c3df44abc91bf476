//! The states people really meet: a page from before, a second tab, a browser without cookies.

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// Says what state the sign-in is in, and the way out.
#[derive(Debug, Clone, Template)]
#[template(path = "stale.html")]
pub struct StalePage {
    /// The frame.
    pub shell: Shell,
    /// What is the matter.
    pub state: Stale,
    /// The way out: the app, the start, or the same page again.
    pub way_out: Option<String>,
    /// A short reference that can be read out on the telephone.
    pub reference: Option<String>,
}

messages! {
    /// The states; each has a heading under this key, and `-text` and `-action` beside it.
    pub enum Stale {
        /// The sign-in waited too long.
        Expired => "stale-expired",
        /// It was finished before: Back, a refresh, a second tab.
        Finished => "stale-finished",
        /// The browser does not send our cookie.
        NoCookie => "stale-no-cookie",
        /// It was started in another browser.
        OtherBrowser => "stale-other-browser",
        /// The app that sent the person is not known, or not with that address. Never a redirect.
        UnknownClient => "stale-unknown-client",
        /// The service cannot answer now.
        Busy => "stale-busy",
        /// The form stood on a page of an earlier sign-in.
        Form => "stale-form",
    }
}

impl Stale {
    /// Whether the way out is the app the person came from.
    fn leads_to_app(self) -> bool {
        matches!(self, Self::Expired | Self::Finished)
    }

    fn text_key(self) -> &'static str {
        match self {
            Self::Expired => "stale-expired-text",
            Self::Finished => "stale-finished-text",
            Self::NoCookie => "stale-no-cookie-text",
            Self::OtherBrowser => "stale-other-browser-text",
            Self::UnknownClient => "stale-unknown-client-text",
            Self::Busy => "stale-busy-text",
            Self::Form => "stale-form-text",
        }
    }

    fn action_key(self) -> &'static str {
        match self {
            Self::Expired => "stale-expired-action",
            Self::Finished => "stale-finished-action",
            Self::NoCookie => "stale-no-cookie-action",
            Self::OtherBrowser => "stale-other-browser-action",
            Self::UnknownClient => "stale-unknown-client-action",
            Self::Busy => "stale-busy-action",
            Self::Form => "stale-form-action",
        }
    }
}
