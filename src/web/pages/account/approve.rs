//! What apps ask of a person who is not in their browser: each request with what the app shows as well, and what came of one.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::When;

/// The page, at one of its steps.
#[derive(Debug, Clone, Template)]
#[template(path = "account_approve.html")]
pub struct ApprovePage {
    /// The frame.
    pub shell: Shell,
    /// The step.
    pub step: ApproveStep,
}

/// What the page asks or says.
#[derive(Debug, Clone)]
pub enum ApproveStep {
    /// About each request.
    Ask {
        /// Takes `request` and `decision`.
        action: String,
        /// What waits, what was asked first before the rest.
        asks: Vec<AppAsks>,
    },
    /// The app gets its tokens.
    Done {
        /// Whether something else waits.
        more: bool,
    },
    /// It gets none.
    Refused {
        /// Whether something else waits.
        more: bool,
    },
    /// What was to be answered waits no longer.
    Over,
}

/// One request.
#[derive(Debug, Clone)]
pub struct AppAsks {
    /// Names it in the form.
    pub id: String,
    /// The app's name.
    pub app: String,
    /// What the app shows as well.
    pub message: Option<String>,
    /// When the app asked.
    pub asked: When,
    /// Until when it waits.
    pub until: When,
}

impl ApprovePage {
    fn title(&self) -> &'static str {
        match &self.step {
            ApproveStep::Ask { .. } => "approve-title",
            ApproveStep::Done { .. } => "approve-done-title",
            ApproveStep::Refused { .. } => "approve-refused-title",
            ApproveStep::Over => "approve-over-title",
        }
    }
}
