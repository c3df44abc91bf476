//! S7, the start of a set-up: which second way to sign in?

use askama::Template;

use super::shell::Shell;
use super::words::messages;

/// Lists what can be set up; each is a button that posts `method`.
#[derive(Debug, Clone, Template)]
#[template(path = "enrol.html")]
pub struct EnrolPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `method`, one of [`EnrolMethod::value`].
    pub action: String,
    /// What policy lets this person set up, in the order it is shown.
    pub methods: Vec<EnrolMethod>,
    /// The one to recommend to this role; it is marked with a word and becomes the main button.
    pub recommended: Option<EnrolMethod>,
    /// Why the page is shown.
    pub reason: EnrolReason,
    /// How many recovery codes are left, where one was just used.
    pub recovery_codes_left: Option<u32>,
    /// Leads back to the account page; absent inside a sign-in.
    pub back: Option<String>,
    /// What was wrong with the last choice.
    pub error: Option<EnrolError>,
}

/// What a person can set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnrolMethod {
    /// A passkey.
    Passkey,
    /// A code app.
    Totp,
    /// A security key.
    SecurityKey,
}

impl EnrolMethod {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Passkey, Self::Totp, Self::SecurityKey];

    /// The value of the field `method`, and the end of the button's id.
    pub fn value(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::SecurityKey => "security-key",
        }
    }

    /// The kind a posted value names.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.value() == value)
    }

    fn name_key(self) -> &'static str {
        match self {
            Self::Passkey => "enrol-passkey-name",
            Self::Totp => "enrol-totp-name",
            Self::SecurityKey => "enrol-security-key-name",
        }
    }

    fn hint_key(self) -> &'static str {
        match self {
            Self::Passkey => "enrol-passkey-hint",
            Self::Totp => "enrol-totp-hint",
            Self::SecurityKey => "enrol-security-key-hint",
        }
    }
}

messages! {
    /// Why something has to be set up now.
    pub enum EnrolReason {
        /// The organisation asks everybody for a second way.
        Required => "enrol-reason-required",
        /// The app or the role needs one that cannot be passed on, as a code can.
        Stronger => "enrol-reason-stronger",
        /// The policy does not count the model of a key the person has.
        Model => "enrol-reason-model",
        /// A recovery code was just used.
        Recovered => "enrol-reason-recovered",
        /// The person asked for it.
        Chosen => "enrol-reason-chosen",
    }
}

messages! {
    /// What can be wrong with a choice.
    pub enum EnrolError {
        /// Nothing was named.
        Empty => "enrol-error-empty",
        /// Policy does not let this person set that up.
        NotHere => "enrol-error-not-here",
    }
}

impl EnrolPage {
    fn is_best(&self, method: &EnrolMethod) -> bool {
        self.recommended.as_ref() == Some(method)
    }
}
