//! The table: every action, the duties that allow it, and what it asks besides.

use super::Action::{
    AccountEnable, AccountEndSessions, AccountErase, AccountExport, AccountInvite, AccountList, AccountRead,
    AccountRemind, AccountSuspend, ApprovalDecide, ApprovalRead, AuditExport, AuditRead, ClientChange,
    ClientCreate, ClientDisable, ClientEmpower, ClientRead, ClientSecret, ClientToken, DutyGrant, DutyRead,
    DutyRevoke, FactorsResetRequest, ImportRead, ImportRun, ImportVouch, KeyRead, KeyRevoke,
    OrganisationChange, OrganisationCreate, OrganisationRead, OverviewRead, PolicyChange, PolicyRead,
    PolicyWeaken, RecoveryStop, WebhookChange, WebhookRead,
};
use super::Duty::{
    AppDeveloper, Auditor, HelpDesk, Owner, PrivacyOfficer, RegistrationOfficer, SecurityOfficer,
};
use super::{Action, AdminScope, Duty};

/// Action, who may, and what it asks: `r` a reason, `f` a fresh phishing-resistant proof, `2` a second person.
pub const TABLE: &[(Action, &[Duty], &str)] = &[
    (OverviewRead, Duty::ALL, ""),
    (OrganisationRead, Duty::ALL, ""),
    (OrganisationCreate, &[Owner], ""),
    (OrganisationChange, &[Owner], ""),
    (DutyRead, &[Owner, SecurityOfficer, Auditor, PrivacyOfficer], ""),
    (DutyGrant, &[Owner, SecurityOfficer], "rf"),
    (DutyRevoke, &[Owner, SecurityOfficer], "rf"),
    (AccountList, PEOPLE, ""),
    (AccountRead, PEOPLE, ""),
    (AccountInvite, &[Owner, RegistrationOfficer], ""),
    (AccountRemind, &[Owner, RegistrationOfficer, HelpDesk], ""),
    (AccountSuspend, &[Owner, SecurityOfficer, RegistrationOfficer], "rf"),
    (AccountEnable, &[Owner, SecurityOfficer, RegistrationOfficer], "rf"),
    (AccountEndSessions, &[Owner, SecurityOfficer, RegistrationOfficer, HelpDesk], ""),
    (AccountExport, &[Owner, PrivacyOfficer], "rf"),
    (AccountErase, &[Owner, PrivacyOfficer], "rf2"),
    (FactorsResetRequest, &[Owner, SecurityOfficer, RegistrationOfficer, HelpDesk], "rf2"),
    (ApprovalRead, &[Owner, SecurityOfficer, RegistrationOfficer, HelpDesk, Auditor, PrivacyOfficer], ""),
    (ApprovalDecide, &[Owner, SecurityOfficer, RegistrationOfficer], "f"),
    (RecoveryStop, &[Owner, SecurityOfficer, RegistrationOfficer, HelpDesk], ""),
    (ImportRead, &[Owner, RegistrationOfficer], ""),
    (ImportRun, &[Owner, RegistrationOfficer], "f"),
    (ImportVouch, &[Owner], "f"),
    (ClientRead, &[Owner, SecurityOfficer, AppDeveloper, Auditor], ""),
    (ClientCreate, &[Owner, AppDeveloper], ""),
    (ClientChange, &[Owner, AppDeveloper], "f"),
    (ClientDisable, &[Owner, SecurityOfficer, AppDeveloper], ""),
    (ClientSecret, &[Owner, AppDeveloper], "f"),
    (ClientToken, &[Owner, AppDeveloper], "f"),
    (ClientEmpower, &[Owner, SecurityOfficer], "f"),
    (AuditRead, &[Owner, SecurityOfficer, Auditor, PrivacyOfficer], ""),
    (AuditExport, &[Owner, SecurityOfficer, Auditor], ""),
    (PolicyRead, &[Owner, SecurityOfficer, AppDeveloper, Auditor, PrivacyOfficer], ""),
    (PolicyChange, &[Owner, SecurityOfficer], "rf"),
    (PolicyWeaken, &[Owner, SecurityOfficer], "rf2"),
    (KeyRead, &[Owner, SecurityOfficer, AppDeveloper, Auditor], ""),
    (KeyRevoke, &[Owner, SecurityOfficer], "rf"),
    (WebhookRead, &[Owner, SecurityOfficer, AppDeveloper, Auditor], ""),
    (WebhookChange, &[Owner, SecurityOfficer], "f"),
];

/// Whoever has to do with people.
const PEOPLE: &[Duty] = &[Owner, SecurityOfficer, RegistrationOfficer, HelpDesk, Auditor, PrivacyOfficer];

/// What a machine may do by which scope. What takes a second person is for people, and so is giving duties away.
pub const MACHINES: &[(AdminScope, &[Action])] = &[
    (AdminScope::Read, &[OverviewRead, OrganisationRead, AccountList, AccountRead, ApprovalRead]),
    (
        AdminScope::Accounts,
        &[
            AccountInvite,
            AccountRemind,
            AccountSuspend,
            AccountEnable,
            AccountEndSessions,
            ImportRead,
            ImportRun,
            OrganisationCreate,
            OrganisationChange,
        ],
    ),
    (AdminScope::Import, &[ImportVouch]),
    (
        AdminScope::Clients,
        &[
            ClientRead,
            ClientCreate,
            ClientChange,
            ClientDisable,
            ClientSecret,
            ClientToken,
            WebhookRead,
            WebhookChange,
        ],
    ),
    (AdminScope::Audit, &[AuditRead, AuditExport, DutyRead]),
    (AdminScope::Policy, &[PolicyRead, PolicyChange]),
];
