//! S16, before signing out: an app's request that does not prove whose session it means is asked about.

use askama::Template;

use super::shell::Shell;

/// Asks whether to sign out.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_out.html")]
pub struct SignOutPage {
    /// The frame; `app_name` is the app that sent the person here.
    pub shell: Shell,
    /// Takes the confirmation, with `fields`.
    pub action: String,
    /// Hidden fields the form carries back, besides `csrf`.
    pub fields: Vec<(String, String)>,
    /// Who is signed in.
    pub who: Option<String>,
    /// The apps that will be signed out as well.
    pub told: Vec<String>,
    /// The apps that have no way to hear of it.
    pub untold: Vec<String>,
    /// Leads away without signing out.
    pub stay: Option<String>,
}
