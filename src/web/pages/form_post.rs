//! The page that carries an answer back to the app by POST (OAuth 2.0 Form Post Response Mode). One script
//! sends it at once; without scripts the button does.

use askama::Template;

use super::shell::Shell;

/// A form that posts to the app.
#[derive(Debug, Clone, Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    /// The frame; `app_name` is where the person is going.
    pub shell: Shell,
    /// The app's redirect URI.
    pub action: String,
    /// The answer's parameters, as hidden inputs.
    pub fields: Vec<(String, String)>,
}
