//! The demo's mailbox: every mail the provider would have sent.

use askama::Template;

use super::shell::Shell;
use super::words::When;

/// The list of mails caught, newest first, and one of them opened.
#[derive(Debug, Clone, Template)]
#[template(path = "dev_mail.html")]
pub struct DevMailPage {
    /// The frame.
    pub shell: Shell,
    /// The mails.
    pub mails: Vec<DevMail>,
    /// The mail opened, where one is.
    pub open: Option<DevMessage>,
    /// This page with the refreshing turned on or off.
    pub refresh: Option<Refresh>,
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct DevMail {
    /// Opens it.
    pub url: String,
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was written.
    pub at: When,
    /// Whether it was caught; otherwise it waits.
    pub caught: bool,
}

/// One mail.
#[derive(Debug, Clone)]
pub struct DevMessage {
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// When it was sent.
    pub at: When,
    /// The text part.
    pub body: String,
    /// The HTML part, as a page of its own.
    pub html: String,
    /// The links in it, to follow without copying.
    pub links: Vec<String>,
    /// Back to the list.
    pub back: String,
}

/// Whether a page loads itself again (its route sends `Refresh`), and the link that changes that.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// Whether it does now.
    pub on: bool,
    /// Pauses or resumes it.
    pub url: String,
}
