//! S17, too many tries: the method waits, the person does not.

use askama::Template;

use super::shell::Shell;
use super::words::{Method, When, messages};

/// Says until when, and what works meanwhile. The same for a name nobody has.
#[derive(Debug, Clone, Template)]
#[template(path = "locked.html")]
pub struct LockedPage {
    /// The frame.
    pub shell: Shell,
    /// What waits.
    pub what: LockedWhat,
    /// When the wait ends; absent where it does not end by itself.
    pub until: Option<When>,
    /// The ways still open.
    pub methods: Vec<Method>,
    /// Takes `method`, one of [`Method::value`].
    pub action: String,
    /// Leads back to where the person tries again when the wait is over.
    pub again: Option<String>,
    /// Leads to what is left where nothing can be used.
    pub recover: Option<String>,
    /// A short reference that can be read out on the telephone.
    pub reference: String,
}

messages! {
    /// What waits.
    pub enum LockedWhat {
        /// The password.
        Password => "locked-password",
        /// Codes from an app and recovery codes, which share a budget.
        Code => "locked-code",
        /// Everything from this network.
        Network => "locked-network",
        /// One way, for good: the clinic has to help.
        Disabled => "locked-disabled",
        /// A key whose model is out of use.
        Model => "locked-model",
    }
}

impl LockedWhat {
    fn title_key(self) -> &'static str {
        if self == Self::Model { "locked-model-title" } else { "locked-title" }
    }
}
