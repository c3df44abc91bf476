//! The demo's people, with everything needed to sign in as one of them.

use askama::Template;

use super::dev_mail::Refresh;
use super::shell::Shell;
use super::words::Role;

/// The table of people.
#[derive(Debug, Clone, Template)]
#[template(path = "dev_people.html")]
pub struct DevPeoplePage {
    /// The frame.
    pub shell: Shell,
    /// The people.
    pub people: Vec<DevPerson>,
    /// The demo app, to try them.
    pub app_url: Option<String>,
    /// Whether the page loads itself again: codes change every 30 seconds.
    pub refresh: Option<Refresh>,
}

/// One person of the demo.
#[derive(Debug, Clone)]
pub struct DevPerson {
    /// Their name.
    pub name: String,
    /// The name they sign in with.
    pub username: String,
    /// Their password, in the clear: the demo's alone.
    pub password: String,
    /// What they are to the organisation.
    pub role: Role,
    /// The code their app shows now; absent where there is no code app.
    pub code: Option<String>,
}
