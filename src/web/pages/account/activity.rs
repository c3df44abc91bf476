//! What happened, as a person reads it: one plain sentence for each thing.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::{When, messages};
use super::AccountNotice;

/// What happened lately.
#[derive(Debug, Clone, Template)]
#[template(path = "account_activity.html")]
pub struct ActivityPage {
    /// The frame.
    pub shell: Shell,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// Which part is shown; all where it is absent.
    pub group: Option<Group>,
    /// What happened, the newest first.
    pub entries: Vec<Entry>,
    /// Leads to the next page.
    pub older: Option<String>,
    /// Takes a POST of `csrf`: something here was not the person.
    pub not_me_action: String,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What.
    pub deed: Deed,
    /// When.
    pub at: When,
    /// The app it was with.
    pub app: Option<String>,
    /// On which device.
    pub device: Option<String>,
    /// From which network.
    pub network: Option<String>,
}

messages! {
    /// A part of what happened.
    pub enum Group {
        /// Signing in and out, and tries.
        SignIn => "activity-sign-in",
        /// What protects the account.
        Ways => "activity-ways",
        /// Apps.
        Apps => "activity-apps",
        /// The account itself.
        Account => "activity-account",
    }
}

impl Group {
    /// The word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Ways => "ways",
            Self::Apps => "apps",
            Self::Account => "account",
        }
    }

    /// The part an address names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|group| group.word() == word)
    }
}

messages! {
    /// A thing that happened; said by one sentence.
    pub enum Deed {
        /// "You signed in."
        SignedIn => "deed-signed-in",
        /// "You signed out."
        SignedOut => "deed-signed-out",
        /// "You signed out another device."
        DeviceEnded => "deed-device-ended",
        /// "You were signed out on your other devices."
        AllEnded => "deed-all-ended",
        /// "Someone typed a wrong password."
        WrongPassword => "deed-wrong-password",
        /// "Someone typed a wrong code."
        WrongCode => "deed-wrong-code",
        /// "A code was used a second time. We did not accept it."
        CodeTwice => "deed-code-twice",
        /// "A passkey or key did not work."
        KeyRefused => "deed-key-refused",
        /// "A recovery code was used."
        RecoveryCodeUsed => "deed-recovery-code-used",
        /// "There were too many tries. We paused that way to sign in."
        Paused => "deed-paused",
        /// "Someone opened a link that no longer works."
        LinkRefused => "deed-link-refused",
        /// "A way to sign in was added."
        WayAdded => "deed-way-added",
        /// "A way to sign in was removed."
        WayRemoved => "deed-way-removed",
        /// "Someone tried to remove a way to sign in. We did not do it."
        WayKept => "deed-way-kept",
        /// "A way to sign in got another name."
        WayNamed => "deed-way-named",
        /// "A way to sign in was switched off after too many tries."
        WayOff => "deed-way-off",
        /// "The clinic reset how you sign in."
        WaysReset => "deed-ways-reset",
        /// "Your password was changed."
        PasswordChanged => "deed-password-changed",
        /// "New recovery codes were made."
        CodesMade => "deed-codes-made",
        /// "Someone tried a change without checking in again. We did not do it."
        ChangeRefused => "deed-change-refused",
        /// "Someone asked to get back in."
        RecoveryAsked => "deed-recovery-asked",
        /// "Getting back in was stopped."
        RecoveryStopped => "deed-recovery-stopped",
        /// "You got back in."
        RecoveryDone => "deed-recovery-done",
        /// "Staff asked to reset how you sign in."
        ResetAsked => "deed-reset-asked",
        /// Staff asked to delete the account.
        ErasureAsked => "deed-erasure-asked",
        /// "A second member of staff agreed to that."
        ResetAllowed => "deed-reset-allowed",
        /// "A second member of staff did not agree to that."
        ResetRefused => "deed-reset-refused",
        /// "An app asked you to sign in."
        AppAsked => "deed-app-asked",
        /// "You signed in to an app."
        AppEntered => "deed-app-entered",
        /// "An app asked you to sign in. You said no."
        AppDenied => "deed-app-denied",
        /// "An app asked for you. We sent it away."
        AppRefused => "deed-app-refused",
        /// "You let an app see your details."
        Shared => "deed-shared",
        /// "You did not let an app see your details."
        NotShared => "deed-not-shared",
        /// "You stopped sharing with an app."
        Stopped => "deed-stopped",
        /// "We ended an app’s access to keep you safe."
        AppEnded => "deed-app-ended",
        /// "You signed out by way of an app."
        AppLeft => "deed-app-left",
        /// "Your account was made."
        Opened => "deed-opened",
        /// "Your details were changed."
        Changed => "deed-changed",
        /// "The clinic closed your account for now."
        Suspended => "deed-suspended",
        /// "The clinic opened your account again."
        Reopened => "deed-reopened",
        /// "You were invited."
        Invited => "deed-invited",
        /// "Your invitation was taken back."
        Uninvited => "deed-uninvited",
        /// "You set up your account."
        Activated => "deed-activated",
        /// "You asked for an account."
        Registered => "deed-registered",
        /// "An email address was added. It waits for your check."
        AddressAdded => "deed-address-added",
        /// "An email address was checked."
        AddressVerified => "deed-address-verified",
        /// "An email address was removed."
        AddressRemoved => "deed-address-removed",
        /// "You told us that something was not you."
        Repudiated => "deed-repudiated",
        /// "You took a copy of your data."
        Exported => "deed-exported",
        /// "You asked to close your account."
        Closing => "deed-closing",
        /// Staff began to close the account.
        ClosedByStaff => "deed-closed-by-staff",
        /// "You kept your account."
        Kept => "deed-kept",
        /// "We could not send you a message."
        NoticeFailed => "deed-notice-failed",
        /// "You were given a duty."
        DutyGiven => "deed-duty-given",
        /// "A duty was taken from you."
        DutyTaken => "deed-duty-taken",
    }
}

impl Deed {
    /// The part it belongs to.
    pub fn group(self) -> Group {
        match self {
            Self::SignedIn
            | Self::SignedOut
            | Self::DeviceEnded
            | Self::AllEnded
            | Self::WrongPassword
            | Self::WrongCode
            | Self::CodeTwice
            | Self::KeyRefused
            | Self::RecoveryCodeUsed
            | Self::Paused
            | Self::LinkRefused => Group::SignIn,
            Self::WayAdded
            | Self::WayRemoved
            | Self::WayKept
            | Self::WayNamed
            | Self::WayOff
            | Self::WaysReset
            | Self::PasswordChanged
            | Self::CodesMade
            | Self::ChangeRefused
            | Self::RecoveryAsked
            | Self::RecoveryStopped
            | Self::RecoveryDone
            | Self::ResetAsked
            | Self::ResetAllowed
            | Self::ResetRefused => Group::Ways,
            Self::AppAsked
            | Self::AppEntered
            | Self::AppDenied
            | Self::AppRefused
            | Self::Shared
            | Self::NotShared
            | Self::Stopped
            | Self::AppEnded
            | Self::AppLeft => Group::Apps,
            Self::Opened
            | Self::Changed
            | Self::Suspended
            | Self::Reopened
            | Self::Invited
            | Self::Uninvited
            | Self::Activated
            | Self::Registered
            | Self::AddressAdded
            | Self::AddressVerified
            | Self::AddressRemoved
            | Self::Repudiated
            | Self::ErasureAsked
            | Self::ClosedByStaff
            | Self::Exported
            | Self::Closing
            | Self::Kept
            | Self::NoticeFailed
            | Self::DutyGiven
            | Self::DutyTaken => Group::Account,
        }
    }
}

impl ActivityPage {
    fn groups(&self) -> &'static [Group] {
        Group::ALL
    }
}
