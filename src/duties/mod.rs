//! What administrators may do: duties, actions, and one table of who may do what. Pure: it knows no account, no store
//! and no page.
//!
//! A duty is granted within an organisation and covers what lies below it. An action is whatever can be done at the
//! console, by the API or by a command; a new one is a variant of [`Action`] and a row of [`TABLE`], and the compiler
//! and the tests name what is still missing.

pub mod approval;
mod organisation;
mod table;

pub use approval::{
    Approval, ApprovalKind, ApprovalState, Handing, IdentityCheck, PolicyWish, Unfit, Wanted,
};
pub use organisation::{
    Grant, GrantId, Organisation, Path, highest, may_anywhere, may_at, organisation_name, places, rank_at,
};
pub use table::{MACHINES, TABLE};

use crate::base::text::is_hidden;
use crate::base::words::words;

words! {
    /// What an administrator is charged with, within an organisation.
    Duty {
        /// Answers for the organisation; may do everything that one person may.
        Owner = "owner",
        /// Watches over security: policies, suspensions, approvals.
        SecurityOfficer = "security_officer",
        /// Enrols people: invites them, checks who they are.
        RegistrationOfficer = "registration_officer",
        /// Looks after apps.
        AppDeveloper = "app_developer",
        /// Reads the trail.
        Auditor = "auditor",
        /// Answers people's requests about their data.
        PrivacyOfficer = "privacy_officer",
        /// Helps people who cannot get in; sees, and asks others to act.
        HelpDesk = "help_desk",
    }
}

words! {
    /// Whatever an administrator may do.
    Action {
        /// Look at the overview.
        OverviewRead = "overview.read",
        /// See the organisations.
        OrganisationRead = "organisation.read",
        /// Make an organisation below another.
        OrganisationCreate = "organisation.create",
        /// Rename an organisation.
        OrganisationChange = "organisation.change",
        /// See who holds which duty.
        DutyRead = "duty.read",
        /// Grant a duty.
        DutyGrant = "duty.grant",
        /// Take a duty back.
        DutyRevoke = "duty.revoke",
        /// List people.
        AccountList = "account.list",
        /// Look at one person.
        AccountRead = "account.read",
        /// Invite somebody, or invite them again, or take it back.
        AccountInvite = "account.invite",
        /// Remind somebody of what is missing.
        AccountRemind = "account.remind",
        /// Stop somebody from signing in.
        AccountSuspend = "account.suspend",
        /// Let somebody sign in again.
        AccountEnable = "account.enable",
        /// End everything somebody has open.
        AccountEndSessions = "account.end_sessions",
        /// Take a copy of everything known of somebody.
        AccountExport = "account.export",
        /// Make everything known of somebody unreadable.
        AccountErase = "account.erase",
        /// Ask for a reset of somebody's ways to sign in.
        FactorsResetRequest = "factors_reset.request",
        /// See what waits for a second person.
        ApprovalRead = "approval.read",
        /// Decide what waits for a second person.
        ApprovalDecide = "approval.decide",
        /// Stop a recovery that waits, or close a request for help.
        RecoveryStop = "recovery.stop",
        /// See lists of people that were brought, and how far they are.
        ImportRead = "import.read",
        /// Import people from a file.
        ImportRun = "import.run",
        /// Answer for what nobody here proved: addresses and numbers that count as proved, and ways to sign in that are brought ready-made.
        ImportVouch = "import.vouch",
        /// See apps.
        ClientRead = "client.read",
        /// Register an app.
        ClientCreate = "client.create",
        /// Change an app.
        ClientChange = "client.change",
        /// Stop an app, or let it go on.
        ClientDisable = "client.disable",
        /// Give an app a secret, or take one away.
        ClientSecret = "client.secret",
        /// Make or take back a token by which apps register themselves.
        ClientToken = "client.token",
        /// Let an app act as an administrator: give it such scopes, or a secret or key beside them.
        ClientEmpower = "client.empower",
        /// Read the trail.
        AuditRead = "audit.read",
        /// Take a copy of the trail.
        AuditExport = "audit.export",
        /// See policies.
        PolicyRead = "policy.read",
        /// Change a policy for the better, or sideways.
        PolicyChange = "policy.change",
        /// Lower what a policy asks.
        PolicyWeaken = "policy.weaken",
        /// See which signing keys there are.
        KeyRead = "key.read",
        /// Throw a signing key away that others may know.
        KeyRevoke = "key.revoke",
        /// See webhooks.
        WebhookRead = "webhook.read",
        /// Register, change or remove a webhook.
        WebhookChange = "webhook.change",
    }
}

words! {
    /// What a machine client's token may be good for at the administrators' API.
    AdminScope {
        /// Looking, but neither at the trail nor at who holds which duty.
        Read = "admin:read",
        /// People, and the organisations they belong to.
        Accounts = "admin:accounts",
        /// Beside it: people who bring proved addresses, and their ways to sign in, from another system.
        Import = "admin:import",
        /// Apps.
        Clients = "admin:clients",
        /// The trail, and who holds which duty.
        Audit = "admin:audit",
        /// Policies.
        Policy = "admin:policy",
    }
}

/// How high a duty stands; nobody grants a duty above their own, nor decides for somebody who holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// No duty.
    None,
    /// The help desk.
    Helper,
    /// Whoever has a field of their own.
    Officer,
    /// Security officers.
    Guardian,
    /// Owners.
    Owner,
}

impl Rank {
    /// The rank as a number, to be kept and compared.
    pub const fn height(self) -> i64 {
        match self {
            Self::None => 0,
            Self::Helper => 1,
            Self::Officer => 2,
            Self::Guardian => 3,
            Self::Owner => 4,
        }
    }
}

/// What an action asks of whoever does it, besides a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// A reason in words, for the trail.
    pub reason: bool,
    /// A phishing-resistant proof of the last five minutes.
    pub fresh: bool,
    /// Somebody else's agreement: it lowers what protects a person.
    pub second_person: bool,
}

impl Duty {
    /// How high it stands.
    pub const fn rank(self) -> Rank {
        match self {
            Self::Owner => Rank::Owner,
            Self::SecurityOfficer => Rank::Guardian,
            Self::RegistrationOfficer | Self::AppDeveloper | Self::Auditor | Self::PrivacyOfficer => {
                Rank::Officer
            }
            Self::HelpDesk => Rank::Helper,
        }
    }

    /// Whether this duty allows the action.
    pub fn may(self, action: Action) -> bool {
        TABLE.iter().any(|(of, duties, _)| *of == action && duties.contains(&self))
    }

    /// Whether granting or revoking it takes a second person: those who hold it decide over others.
    pub fn needs_second_person(self) -> bool {
        self.may(Action::ApprovalDecide)
    }
}

impl Action {
    /// What it asks besides a duty.
    pub fn needs(self) -> Needs {
        let marks = TABLE.iter().find(|(of, ..)| *of == self).map_or("", |(_, _, marks)| marks);
        Needs { reason: marks.contains('r'), fresh: marks.contains('f'), second_person: marks.contains('2') }
    }

    /// The action by which one sees what this one is about: whoever lacks it is not told whether it exists.
    pub const fn seeing(self) -> Action {
        match self {
            Self::OverviewRead => Self::OverviewRead,
            Self::OrganisationRead
            | Self::OrganisationCreate
            | Self::OrganisationChange
            | Self::DutyRead
            | Self::DutyGrant
            | Self::DutyRevoke => Self::OrganisationRead,
            Self::AccountList
            | Self::AccountRead
            | Self::AccountInvite
            | Self::AccountRemind
            | Self::AccountSuspend
            | Self::AccountEnable
            | Self::AccountEndSessions
            | Self::AccountExport
            | Self::AccountErase
            | Self::FactorsResetRequest
            | Self::RecoveryStop
            | Self::ImportRead
            | Self::ImportRun
            | Self::ImportVouch => Self::AccountRead,
            Self::ApprovalRead | Self::ApprovalDecide => Self::ApprovalRead,
            Self::ClientRead
            | Self::ClientCreate
            | Self::ClientChange
            | Self::ClientDisable
            | Self::ClientSecret
            | Self::ClientToken
            | Self::ClientEmpower => Self::ClientRead,
            Self::AuditRead | Self::AuditExport => Self::AuditRead,
            Self::PolicyRead | Self::PolicyChange | Self::PolicyWeaken => Self::PolicyRead,
            Self::KeyRead | Self::KeyRevoke => Self::KeyRead,
            Self::WebhookRead | Self::WebhookChange => Self::WebhookRead,
        }
    }

    /// The scope by which a machine may do it; `None` where only people may.
    pub fn scope(self) -> Option<AdminScope> {
        MACHINES.iter().find(|(_, actions)| actions.contains(&self)).map(|(scope, _)| *scope)
    }
}

/// Why a reason was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a reason of 5 to 500 characters")]
pub struct NoReason;

/// Why somebody did it, in their own words. It may name people, so it is kept sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Fewest and most characters.
    const LENGTH: std::ops::RangeInclusive<usize> = 5..=500;

    /// Reads what was typed; what turns or hides text is refused, and so are control characters other than line ends.
    pub fn parse(typed: &str) -> Result<Self, NoReason> {
        let text = typed.trim();
        let plain = text.chars().all(|c| !is_hidden(c) || matches!(c, '\n' | '\r' | '\t'));
        if plain && Self::LENGTH.contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoReason)
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
