//! What we say to a person about their account, one variant each. Pure: sending is `mail`'s business.

crate::base::words::words! {
    /// A message to a person. Subjects name no clinic and no specialty: lock screens are read by others.
    Notice {
        /// A way to sign in was added.
        FactorAdded = "factor_added",
        /// A way to sign in was removed, by the person or by an administrator.
        FactorRemoved = "factor_removed",
        /// A new set of recovery codes replaced the old one.
        RecoveryCodesMade = "recovery_codes_made",
        /// A recovery code was used to sign in.
        RecoveryCodeUsed = "recovery_code_used",
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// An authenticator was disabled after too many failures.
        FactorDisabled = "factor_disabled",
        /// A browser not seen before signed in.
        NewBrowser = "new_browser",
    }
}

/// A notice addressed, as it lies sealed in the outbox; worded in the person's language when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// E-mail address.
    pub to: String,
    /// BCP 47 tag of the person's language.
    pub locale: String,
    /// What is said.
    pub notice: Notice,
    /// When it happened.
    pub at: crate::base::Timestamp,
    /// What it happened to: a factor's kind, and after a space the person's own name for it, which may be empty.
    pub about: Option<String>,
    /// The one address the message leads to, if it leads anywhere: an invitation, a reset. It stands nowhere else in plain.
    #[serde(default)]
    pub link: Option<String>,
    /// Until when the link works.
    #[serde(default)]
    pub until: Option<crate::base::Timestamp>,
}

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What is said.
    pub notice: Notice,
    /// As [`Message::about`].
    pub about: Option<String>,
    /// As [`Message::link`].
    pub link: Option<String>,
    /// As [`Message::until`].
    pub until: Option<crate::base::Timestamp>,
    /// Who gets it.
    pub to: To,
}

impl Draft {
    /// A notice to every address on file, leading nowhere.
    pub fn of(notice: Notice) -> Self {
        Self { notice, about: None, link: None, until: None, to: To::Everyone }
    }
}

/// Which of a person's addresses a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Every address on file: what changes an account is told to all (SP 800-63B-4 §4.6).
    Everyone,
    /// One address, as typed: an address to be proved, or the one that was named.
    Only(String),
}
