//! A1, the console's first page.

use askama::Template;

use super::{AdminShell, DutyWord};

/// The overview.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub frame: AdminShell,
    /// What this administrator is charged with.
    pub duties: Vec<Held>,
    /// Says that one owner alone answers for the installation.
    pub one_owner: bool,
    /// Says that people who cannot get in find no number to call.
    pub no_support_phone: bool,
}

/// A duty of the reader's own.
#[derive(Debug, Clone)]
pub struct Held {
    /// What.
    pub duty: DutyWord,
    /// Where, by name.
    pub organisation: String,
    /// That organisation's page.
    pub url: String,
}
