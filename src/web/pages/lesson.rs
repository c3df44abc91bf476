//! One screen on what a false page looks like, before the account is used for the first time.

use askama::Template;

use super::shell::Shell;

/// Shows the true address and what nobody of ours ever asks.
#[derive(Debug, Clone, Template)]
#[template(path = "lesson.html")]
pub struct LessonPage {
    /// The frame.
    pub shell: Shell,
    /// Takes a POST of `csrf`.
    pub action: String,
    /// The host every true page has.
    pub host: String,
}
