//! What a person may have of us and may have done with it: a copy of their data, and the end of the account.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::When;
use super::AccountNotice;

/// Privacy.
#[derive(Debug, Clone, Template)]
#[template(path = "account_privacy.html")]
pub struct PrivacyPage {
    /// The frame.
    pub shell: Shell,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// When the account will be erased, where the person asked for it.
    pub closing: Option<When>,
    /// Leads to the page that hands out a copy.
    pub copy: String,
    /// Leads to the page that asks before closing; absent for administrators.
    pub close: Option<String>,
    /// Takes a POST of `csrf` that keeps the account.
    pub keep_action: String,
}

/// Hands out a copy of a person's data.
#[derive(Debug, Clone, Template)]
#[template(path = "account_copy.html")]
pub struct CopyPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `format`, `json` or `html`.
    pub action: String,
    /// Leads back.
    pub back: String,
}

/// The copy itself, to be read by a person: a document that stands alone.
#[derive(Debug, Clone, Template)]
#[template(path = "account_copy_file.html")]
pub struct CopyFile {
    /// The language; nothing else of the frame is shown.
    pub shell: Shell,
    /// Its parts.
    pub parts: Vec<CopyPart>,
}

/// A part of the copy.
#[derive(Debug, Clone)]
pub struct CopyPart {
    /// Its heading.
    pub title: CopyTitle,
    /// One line a thing, as pairs of a word and a value.
    pub lines: Vec<Vec<(String, String)>>,
}

super::super::words::messages! {
    /// The headings of the copy.
    pub enum CopyTitle {
        /// The profile.
        Profile => "details-title",
        /// The ways to sign in.
        Ways => "account-ways",
        /// The sessions.
        Sessions => "devices-title",
        /// The apps.
        Apps => "apps-title",
        /// The trail.
        Activity => "activity-title",
        /// The notices.
        Messages => "copy-messages",
    }
}

impl CopyTitle {
    /// The member of the copy it stands above.
    pub fn member(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Ways => "ways_to_sign_in",
            Self::Sessions => "sessions",
            Self::Apps => "apps",
            Self::Activity => "activity",
            Self::Messages => "messages",
        }
    }
}
