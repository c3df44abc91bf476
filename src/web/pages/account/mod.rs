//! S13, a person's own pages: who is signed in, and the ways to sign in; each other page is a file beside.

pub mod activity;
pub mod address;
pub mod approve;
pub mod apps;
pub mod details;
pub mod devices;
pub mod name;
pub mod privacy;

use askama::Template;

use super::shell::Shell;
use super::words::{Method, Role, When, messages};

/// The account's home.
#[derive(Debug, Clone, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// The frame.
    pub shell: Shell,
    /// The person's name, or the username where there is none.
    pub name: String,
    /// The name they sign in with.
    pub username: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// What they are to the organisation.
    pub role: Role,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// When the account will be erased, where the person asked for it.
    pub closing: Option<When>,
    /// Leads to what apps ask of the person; absent where none does.
    pub asked: Option<String>,
    /// Their ways to sign in, strongest first.
    pub ways: Vec<Way>,
    /// How many recovery codes are left; absent where there is no set.
    pub recovery_codes_left: Option<u32>,
    /// Leads to adding a passkey; absent where policy does not let them.
    pub add_passkey: Option<String>,
    /// Leads to linking a code app.
    pub add_totp: Option<String>,
    /// Leads to adding a security key.
    pub add_security_key: Option<String>,
    /// Leads to choosing another password; absent where there is none.
    pub change_password: Option<String>,
    /// Leads to the page that asks before a new set replaces the old one.
    pub new_recovery_codes: Option<String>,
    /// Takes a POST of `csrf` that signs out.
    pub sign_out_action: String,
}

/// One way to sign in.
#[derive(Debug, Clone)]
pub struct Way {
    /// Its kind.
    pub method: Method,
    /// The name the person gave it.
    pub name: Option<String>,
    /// When it was added.
    pub added: Option<When>,
    /// When it was last used.
    pub last_used: Option<When>,
    /// Where its secret lives; only for passkeys and keys.
    pub kept: Option<Kept>,
    /// Whether it was switched off after too many wrong tries.
    pub off: bool,
    /// What model of key it is, as its maker calls it.
    pub model: Option<String>,
    /// Whether its model is out of use.
    pub unsafe_model: bool,
    /// Leads to the page that gives it another name; absent where it has none.
    pub rename: Option<String>,
    /// Leads to the page that asks before removing it; absent for the last strong one.
    pub remove: Option<String>,
}

messages! {
    /// Where the secret of a passkey lives.
    pub enum Kept {
        /// In an account that copies it to the person's other devices.
        Synced => "kept-synced",
        /// On one device.
        OneDevice => "kept-one-device",
    }
}

messages! {
    /// What just happened on this page.
    pub enum AccountNotice {
        /// A passkey was added.
        PasskeyAdded => "account-notice-passkey-added",
        /// A code app was linked.
        TotpAdded => "account-notice-totp-added",
        /// A security key was added.
        SecurityKeyAdded => "account-notice-security-key-added",
        /// A new set of recovery codes was made.
        RecoveryCodesMade => "account-notice-recovery-codes-made",
        /// Another password was set.
        PasswordChanged => "account-notice-password-changed",
        /// A way to sign in was removed.
        Removed => "account-notice-removed",
        /// The last strong way cannot be removed.
        LastKept => "account-notice-last-kept",
        /// A way to sign in has another name.
        Renamed => "account-notice-renamed",
        /// Another device is signed out.
        DeviceEnded => "account-notice-device-ended",
        /// Every other device is signed out.
        OthersEnded => "account-notice-others-ended",
        /// Every other device is signed out, because something was not the person.
        Repudiated => "account-notice-repudiated",
        /// An app is no longer shared with.
        Stopped => "account-notice-stopped",
        /// A link is on its way to a new address.
        LinkSent => "account-notice-link-sent",
        /// The second address is gone.
        AddressRemoved => "account-notice-address-removed",
        /// The language is kept.
        Language => "account-notice-language",
        /// The account is about to close.
        Closing => "account-notice-closing",
        /// The account is not closed.
        Kept => "account-notice-kept",
    }
}

impl AccountNotice {
    /// The colour of the words: done, or not done.
    pub(super) fn tone(self) -> &'static str {
        if self == Self::LastKept { "warn" } else { "ok" }
    }
}

impl AccountPage {
    /// Below this the page says so, and so does an e-mail.
    fn few_codes(&self) -> bool {
        self.recovery_codes_left.is_some_and(|left| left <= 3)
    }

    fn label(&self, way: &Way) -> String {
        way.name.clone().unwrap_or_else(|| self.shell.method(&way.method))
    }

    /// The address, where it is not what they sign in with.
    fn other_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| !email.eq_ignore_ascii_case(&self.username))
    }

    fn strong_ways(&self) -> usize {
        let strong = |way: &&Way| !way.off && !matches!(way.method, Method::Password | Method::RecoveryCode);
        self.ways.iter().filter(strong).count()
    }

    /// Something is left for the day the phone is lost: another strong way, or recovery codes. The console says the same.
    fn has_spare(&self) -> bool {
        self.strong_ways() > 1 || self.recovery_codes_left.is_some_and(|left| left > 0)
    }

    /// Whether the codes are all that is left for that day.
    fn rests_on_codes(&self) -> bool {
        self.strong_ways() == 1 && self.has_spare()
    }
}
