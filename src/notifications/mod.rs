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
}
