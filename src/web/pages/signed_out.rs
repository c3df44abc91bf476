//! S16, after signing out: what ended, and what could not be reached.

use askama::Template;

use super::shell::Shell;

/// Says that the person is signed out, and of which apps.
#[derive(Debug, Clone, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage {
    /// The frame.
    pub shell: Shell,
    /// The apps that were told.
    pub ended: Vec<String>,
    /// The apps that could not be told.
    pub unreachable: Vec<String>,
    /// Front-channel logout URLs (OpenID Connect Front-Channel Logout §2), loaded in hidden frames.
    pub frames: Vec<String>,
    /// The app's checked post-logout address, and the app's name.
    pub back_to: Option<(String, String)>,
    /// Where that is, if it is an app that nobody here checked: then nothing leads there by itself.
    pub unchecked: Option<String>,
    /// Where to sign in again.
    pub sign_in: Option<String>,
}
