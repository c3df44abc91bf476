//! What we say to a person about their account, one variant each. Pure: the words are `web::notice`'s business, sending
//! is `mail`'s. `webhook` is what we say to machines.

pub mod logout;
pub mod ping;
pub mod webhook;

use crate::base::Seconds;

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
        /// Three recovery codes or fewer are left.
        RecoveryCodesLow = "recovery_codes_low",
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// An authenticator was disabled after too many failures.
        FactorDisabled = "factor_disabled",
        /// A browser not seen before signed in.
        NewBrowser = "new_browser",
        /// An account was made for the person; the link activates it.
        Invitation = "invitation",
        /// As [`Notice::Invitation`], once more.
        InvitationReminder = "invitation_reminder",
        /// Setting up is begun and not finished; the link leads to the account.
        SetUpReminder = "set_up_reminder",
        /// The account was activated.
        Activated = "activated",
        /// Somebody asked for a new password; the link sets it.
        PasswordReset = "password_reset",
        /// Somebody gave this address; the link proves it.
        AddressVerify = "address_verify",
        /// An address was added, removed or changed.
        AddressChanged = "address_changed",
        /// A recovery waits until [`Message::until`]; the link stops it.
        RecoveryStarted = "recovery_started",
        /// A recovery that waited was stopped, because the person signed in with a second factor.
        RecoveryStopped = "recovery_stopped",
        /// Somebody asked the clinic to help them back in.
        RecoveryAsked = "recovery_asked",
        /// The waiting time of a recovery is over; the link binds a new factor.
        RecoveryReady = "recovery_ready",
        /// Somebody gave an address for a new account that has one already.
        AccountExists = "account_exists",
        /// Somebody got back in without the usual factor.
        RecoveryDone = "recovery_done",
        /// A supervised reset was asked for and waits for a second person; saying that it was not oneself stops it.
        ResetRequested = "reset_requested",
        /// The account is asked to be erased, which waits for a second person; saying that it was not oneself stops it.
        ErasureRequested = "erasure_requested",
        /// A supervised reset was approved; the link binds a new factor.
        FactorReset = "factor_reset",
        /// The account will be erased after [`Message::until`]; the link keeps it.
        AccountClosing = "account_closing",
        /// The account will not be closed after all.
        AccountKept = "account_kept",
        /// Somebody said “this was not me”: everything open was ended.
        Repudiated = "repudiated",
        /// An app asks for this person without a browser; the link shows what waits, to whoever signs in.
        SignInAsked = "sign_in_asked",
        /// Somebody's request needs this person's answer; the link shows it.
        ApprovalWaiting = "approval_waiting",
    }
}

impl Notice {
    /// Whether it tells of something another person may have done in the account, so that it carries a link that ends
    /// whatever they have open. What only asks, waits or needs a link of its own to go on does not.
    pub const fn can_be_denied(self) -> bool {
        match self {
            Self::FactorAdded
            | Self::FactorRemoved
            | Self::RecoveryCodesMade
            | Self::RecoveryCodeUsed
            | Self::PasswordChanged
            | Self::FactorDisabled
            | Self::NewBrowser
            | Self::Activated
            | Self::AddressChanged
            | Self::RecoveryDone
            | Self::RecoveryStopped
            | Self::ResetRequested
            | Self::ErasureRequested => true,
            Self::RecoveryCodesLow
            | Self::Invitation
            | Self::InvitationReminder
            | Self::SetUpReminder
            | Self::PasswordReset
            | Self::AddressVerify
            | Self::RecoveryStarted
            | Self::RecoveryAsked
            | Self::RecoveryReady
            | Self::AccountExists
            | Self::FactorReset
            | Self::AccountClosing
            | Self::AccountKept
            | Self::Repudiated
            | Self::SignInAsked
            | Self::ApprovalWaiting => false,
        }
    }
}

/// A notice addressed, as it lies sealed in the outbox; worded in the person's language when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// E-mail address.
    pub to: String,
    /// BCP 47 tag of the person's language; empty where they have named none.
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
    /// Until when the link works, or what the notice tells of waits.
    #[serde(default)]
    pub until: Option<crate::base::Timestamp>,
    /// Where “this was not me” is said; one address for all mails of an event.
    #[serde(default)]
    pub not_me: Option<String>,
    /// The browser and system it was done with, as far as the browser told.
    #[serde(default)]
    pub device: Option<String>,
    /// The network it came from, as a person knows an internet address.
    #[serde(default)]
    pub network: Option<String>,
}

/// A notice in words, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// BCP 47 tag of the language both are written in.
    pub language: &'static str,
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

const MINUTE: Seconds = 60;
const HOUR: Seconds = 3600;
/// How long a mail that cannot be handed over is tried again, in seconds.
const TRIED_FOR: Seconds = 72 * HOUR;

/// How long a mail waits after so many failed attempts: a minute, doubling to an hour. `None` when the pauses so far make
/// three days: then it is given up.
pub fn retry_after(attempts: i64) -> Option<Seconds> {
    doubling(attempts, MINUTE, TRIED_FOR)
}

/// The pause after so many failed attempts: `first`, doubling to an hour; `None` when the pauses so far make `whole`. Attempts
/// are counted and not the time, so that nothing dies while we are away ourselves.
fn doubling(attempts: i64, first: Seconds, whole: Seconds) -> Option<Seconds> {
    let pause = |attempt: i64| match u32::try_from(attempt - 1) {
        Ok(doubled @ 0..16) => HOUR.min(first << doubled),
        _ => HOUR,
    };
    let waited: Seconds = (1..attempts.min(1000)).map(pause).sum();
    (waited < whole).then(|| pause(attempts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_an_hour_and_end_after_three_days() {
        let first: Vec<_> = (1..=8).filter_map(retry_after).collect();
        assert_eq!(first, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        let all: Vec<_> = (1..).map_while(retry_after).collect();
        let total: Seconds = all.iter().sum();
        assert!((TRIED_FOR..TRIED_FOR + HOUR).contains(&total), "{total}");
        assert_eq!(retry_after(i64::MAX), None);
    }
}
