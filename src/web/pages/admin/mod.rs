//! The console's pages: one file per resource. Its words are in `templates/locales/en/admin.ftl` alone, its markup in
//! `templates/admin/`, its looks in `static/admin.css`.

pub mod activity;
pub mod again;
pub mod approvals;
pub mod apps;
pub mod client_tokens;
pub mod imports;
pub mod invitations;
pub mod keys;
pub mod organisations;
pub mod overview;
pub mod people;
pub mod policies;
pub mod recoveries;
pub mod reminders;
pub mod webhooks;

use super::shell::Shell;
use super::words::messages;

/// The frame around a page of the console.
#[derive(Debug, Clone)]
pub struct AdminShell {
    /// What every page has.
    pub shell: Shell,
    /// The rooms this administrator may enter.
    pub nav: Vec<NavItem>,
    /// What was just done.
    pub done: Option<Done>,
}

/// A room of the console.
#[derive(Debug, Clone)]
pub struct NavItem {
    /// Where it is.
    pub url: &'static str,
    /// The message that names it.
    pub key: &'static str,
    /// Whether the page is in it.
    pub here: bool,
    /// How many things wait there.
    pub waiting: usize,
}

impl AdminShell {
    /// The text of `<title>`.
    pub fn title(&self, step: &str, wrong: bool) -> String {
        let key = if wrong { "admin-title-error" } else { "admin-title" };
        self.shell.t2(key, ("step", step), ("organisation", &self.shell.organisation))
    }

    /// As [`AdminShell::title`], of a page that is named by a message.
    pub fn titled(&self, key: &str, wrong: bool) -> String {
        self.title(&self.shell.t(key), wrong)
    }
}

messages! {
    /// What was just done, in the banner of the page that follows.
    pub enum Done {
        /// A request was approved, and waits to be carried out.
        Approved => "admin-done-approved",
        /// Something was asked for that takes two people.
        Asked => "admin-done-asked",
        /// A request was approved and carried out.
        CarriedOut => "admin-done-carried-out",
        /// A request was refused.
        Refused => "admin-done-refused",
        /// A request was about a version of the policy that is not in force any more.
        Stale => "admin-done-stale",
        /// A request was taken back.
        Withdrawn => "admin-done-withdrawn",
        /// An app was changed.
        AppChanged => "admin-done-app-changed",
        /// An app was disabled.
        AppDisabled => "admin-done-app-disabled",
        /// An app was enabled.
        AppEnabled => "admin-done-app-enabled",
        /// A secret was removed.
        AppSecretRemoved => "admin-done-app-secret-removed",
        /// A token by which apps register themselves was taken back.
        ClientTokenRevoked => "admin-done-client-token-revoked",
        /// A duty was granted.
        DutyGranted => "admin-done-duty-granted",
        /// A duty was taken back.
        DutyRevoked => "admin-done-duty-revoked",
        /// A webhook was changed.
        HookChanged => "admin-done-hook-changed",
        /// A webhook was removed.
        HookRemoved => "admin-done-hook-removed",
        /// A delivery is due again.
        HookAgain => "admin-done-hook-again",
        /// A signing key was thrown away.
        KeyRevoked => "admin-done-key-revoked",
        /// An organisation has another name.
        OrganisationChanged => "admin-done-organisation-changed",
        /// An organisation was made.
        OrganisationCreated => "admin-done-organisation-created",
        /// Another version of the policy is in force.
        PolicyChanged => "admin-done-policy-changed",
        /// Somebody was invited by mail.
        Invited => "admin-done-invited",
        /// Somebody was made who has no address: a letter is to be printed.
        InvitedByLetter => "admin-done-invited-by-letter",
        /// An invitation was sent once more.
        InvitationSent => "admin-done-invitation-sent",
        /// An invitation was taken back.
        InvitationRevoked => "admin-done-invitation-revoked",
        /// Somebody was reminded.
        Reminded => "admin-done-reminded",
        /// Nobody was: it was done within a day.
        RemindedBefore => "admin-done-reminded-before",
        /// Nobody was: nothing is missing, or no mail reaches them.
        NotReminded => "admin-done-not-reminded",
        /// One session ended.
        SessionEnded => "admin-done-session-ended",
        /// A recovery was stopped.
        RecoveryStopped => "admin-done-recovery-stopped",
        /// A request for help was closed.
        RequestClosed => "admin-done-request-closed",
        /// A list is being worked off.
        ImportBegun => "admin-done-import-begun",
        /// A list was stopped.
        ImportStopped => "admin-done-import-stopped",
        /// Somebody may sign in again.
        Enabled => "admin-done-enabled",
        /// Everything somebody had open ended.
        SessionsEnded => "admin-done-sessions-ended",
        /// Somebody may not sign in any more.
        Suspended => "admin-done-suspended",
    }
}

impl Done {
    /// The word in the address, after `?done=`.
    pub fn word(self) -> &'static str {
        self.key().strip_prefix("admin-done-").unwrap_or_default()
    }
}

messages! {
    /// What somebody is charged with.
    pub enum DutyWord {
        /// Answers for the organisation.
        Owner => "admin-duty-owner",
        /// Watches over security.
        SecurityOfficer => "admin-duty-security-officer",
        /// Enrols people.
        RegistrationOfficer => "admin-duty-registration-officer",
        /// Looks after apps.
        AppDeveloper => "admin-duty-app-developer",
        /// Reads the trail.
        Auditor => "admin-duty-auditor",
        /// Answers requests about data.
        PrivacyOfficer => "admin-duty-privacy-officer",
        /// Helps.
        HelpDesk => "admin-duty-help-desk",
    }
}

impl DutyWord {
    /// The message that says what it is for.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Owner => "admin-duty-owner-hint",
            Self::SecurityOfficer => "admin-duty-security-officer-hint",
            Self::RegistrationOfficer => "admin-duty-registration-officer-hint",
            Self::AppDeveloper => "admin-duty-app-developer-hint",
            Self::Auditor => "admin-duty-auditor-hint",
            Self::PrivacyOfficer => "admin-duty-privacy-officer-hint",
            Self::HelpDesk => "admin-duty-help-desk-hint",
        }
    }
}
