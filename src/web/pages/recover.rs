//! S9, no way to sign in is left: what a person can still do, and whom to call.

use askama::Template;

use super::shell::Shell;
use super::words::When;

/// Lists the ways out that are open to this person. Before the password is proved it reads the same for everybody.
#[derive(Debug, Clone, Template)]
#[template(path = "recover.html")]
pub struct RecoverPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `way`, and `call` with it.
    pub action: String,
    /// The name as it was typed.
    pub who: String,
    /// Leads to typing a recovery code.
    pub codes: Option<String>,
    /// Whether waiting is offered.
    pub wait: bool,
    /// A recovery waits until then, or none can be begun before.
    pub until: Option<When>,
    /// Whether the clinic was asked.
    pub asked: bool,
    /// Leads back to the ways to sign in.
    pub back: String,
}
