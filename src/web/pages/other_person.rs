//! Somebody else is signed in at this browser than the one a link was sent to.

use askama::Template;

use super::shell::Shell;

/// Names both, and lets the first one leave or go back.
#[derive(Debug, Clone, Template)]
#[template(path = "other_person.html")]
pub struct OtherPersonPage {
    /// The frame.
    pub shell: Shell,
    /// Who is signed in.
    pub signed_in: String,
    /// Whom the link was sent to.
    pub sent_to: String,
    /// Takes a POST of `csrf` that signs out and comes back to the link.
    pub switch: String,
    /// Leads back to the pages of whoever is signed in.
    pub back: String,
}
