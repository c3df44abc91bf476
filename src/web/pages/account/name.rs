//! Gives a way to sign in another name.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::Method;

/// Asks for a name.
#[derive(Debug, Clone, Template)]
#[template(path = "account_name.html")]
pub struct NamePage {
    /// The frame.
    pub shell: Shell,
    /// Which kind of way it is.
    pub method: Method,
    /// Its name so far.
    pub name: String,
    /// Takes `label`.
    pub action: String,
    /// Leads back without a change.
    pub back: String,
}
