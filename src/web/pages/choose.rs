//! S5, another way to sign in: only ways the person has, strongest first.

use askama::Template;

use super::shell::Shell;
use super::words::{Method, StepUpReason, When, messages};

/// Lists ways to sign in; each is a button that posts `method`.
#[derive(Debug, Clone, Template)]
#[template(path = "choose.html")]
pub struct ChoosePage {
    /// The frame.
    pub shell: Shell,
    /// Takes `method`, one of [`Method::value`].
    pub action: String,
    /// The ways, in the order they are shown.
    pub methods: Vec<MethodChoice>,
    /// Leads to what is left where nothing of this can be used.
    pub recover: Option<String>,
    /// What was wrong with the last choice.
    pub error: Option<ChooseError>,
    /// Why somebody who is signed in is asked again.
    pub reason: Option<StepUpReason>,
}

/// One way on the list.
#[derive(Debug, Clone)]
pub struct MethodChoice {
    /// The way.
    pub method: Method,
    /// The name the person gave it; only once a first proof was given.
    pub name: Option<String>,
    /// When it was last used; only once a first proof was given.
    pub last_used: Option<When>,
}

messages! {
    /// What can be wrong with a choice.
    pub enum ChooseError {
        /// No way was named.
        Empty => "choose-error-empty",
        /// A way this person cannot use now.
        NotHere => "choose-error-not-here",
    }
}
