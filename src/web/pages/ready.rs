//! The end of an activation: the account is ready, and the way to the app that wanted the person.

use askama::Template;

use super::shell::Shell;

/// Says that the account is ready.
#[derive(Debug, Clone, Template)]
#[template(path = "ready.html")]
pub struct ReadyPage {
    /// The frame; with the app's name where one wanted the person.
    pub shell: Shell,
    /// Where the app begins.
    pub app: Option<String>,
    /// The person's own pages.
    pub account: String,
}
