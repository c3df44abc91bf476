//! Every kind of event, and how loudly it speaks. To add one: a line in the list; the match names the rest.

use crate::base::words::words;

words! {
    /// What happened; the words are stable, because people search for them.
    Kind {
        /// A session began or rose to another level.
        SessionSignedIn = "session.signed_in",
        /// A session ended: by its person, by an administrator, by another event.
        SessionEnded = "session.ended",
        /// An authenticator was bound to an account.
        FactorAdded = "factor.added",
        /// An authenticator was removed.
        FactorRemoved = "factor.removed",
        /// An authenticator was disabled after too many failures.
        FactorDisabled = "factor.disabled",
        /// A password was right.
        PasswordAccepted = "password.accepted",
        /// A password was wrong.
        PasswordRefused = "password.refused",
        /// A password was changed or set.
        PasswordChanged = "password.changed",
        /// A one-time code was right.
        TotpAccepted = "totp.accepted",
        /// A one-time code was wrong.
        TotpRefused = "totp.refused",
        /// A one-time code was used before.
        TotpReplayed = "totp.replayed",
        /// A passkey or security key proved itself.
        PasskeyAccepted = "passkey.accepted",
        /// A passkey or security key did not.
        PasskeyRefused = "passkey.refused",
        /// A recovery code was spent.
        RecoveryCodeUsed = "recovery_code.used",
        /// A recovery code was wrong or spent.
        RecoveryCodeRefused = "recovery_code.refused",
        /// A set of recovery codes was made; the one before is void.
        RecoveryCodesMade = "recovery_codes.made",
        /// An attempt came inside the delay of its authenticator.
        AttemptThrottled = "attempt.throttled",
        /// A network had too many failures.
        NetworkThrottled = "network.throttled",
        /// A machine sent more requests than it may.
        MachineThrottled = "machine.throttled",
        /// The queue of password hashes was full, or as many attempts of one person were being looked at as may fail.
        HashingBusy = "hashing.busy",
        /// A sign-in page was asked for with an unknown, foreign or expired interaction.
        InteractionRefused = "interaction.refused",
        /// An app asked for a person who is elsewhere (CIBA); refused where nobody will be asked.
        SignInAsked = "sign_in.asked",
        /// An authorization request was refused.
        AuthorizeRefused = "authorize.refused",
        /// An authorization request was answered with a code.
        AuthorizeGranted = "authorize.granted",
        /// A person agreed to scopes.
        ConsentGiven = "consent.given",
        /// A person did not agree.
        ConsentDenied = "consent.denied",
        /// A code became tokens.
        CodeRedeemed = "code.redeemed",
        /// A code was refused.
        CodeRefused = "code.refused",
        /// A code for a device was typed that is none.
        DeviceCodeRefused = "device_code.refused",
        /// A code came a second time.
        CodeReplayed = "code.replayed",
        /// A token request was refused.
        TokenRefused = "token.refused",
        /// A client got a token for itself.
        TokenIssued = "token.issued",
        /// A client got a token to call another service with for a person.
        TokenExchanged = "token.exchanged",
        /// A client gave a token back.
        TokenRevoked = "token.revoked",
        /// A refresh token became its successor.
        RefreshRotated = "refresh.rotated",
        /// A refresh token was refused.
        RefreshRefused = "refresh.refused",
        /// A refresh token came again after its successor was used.
        RefreshReplayed = "refresh.replayed",
        /// Every token of a family ended.
        FamilyRevoked = "family.revoked",
        /// A client did not prove itself.
        ClientAuthRefused = "client_auth.refused",
        /// A client's assertion or proof came a second time.
        AssertionReplayed = "assertion.replayed",
        /// A token was introspected.
        IntrospectionAnswered = "introspection.answered",
        /// A request for claims was refused.
        UserinfoRefused = "userinfo.refused",
        /// A person signed out by way of a client.
        LogoutDone = "logout.done",
        /// A sign-out request was refused.
        LogoutRefused = "logout.refused",
        /// An account was created.
        AccountCreated = "account.created",
        /// An account was changed.
        AccountChanged = "account.changed",
        /// An account was disabled.
        AccountDisabled = "account.disabled",
        /// An account was enabled again.
        AccountEnabled = "account.enabled",
        /// An account's personal data were made unreadable.
        AccountErased = "account.erased",
        /// Every session of an account ended.
        AccountSessionsEnded = "account.sessions_ended",
        /// A client was registered.
        ClientCreated = "client.created",
        /// A client was removed.
        ClientDeleted = "client.deleted",
        /// A client was disabled.
        ClientDisabled = "client.disabled",
        /// A client was enabled again.
        ClientEnabled = "client.enabled",
        /// A signing key was made.
        KeyCreated = "key.created",
        /// Another signing key became the active one.
        KeyRotated = "key.rotated",
        /// A signing key signs no more.
        KeyRetired = "key.retired",
        /// A signing key left the published set, when everything it signed was over.
        KeyRemoved = "key.removed",
        /// A signing key was thrown away because others may know it.
        KeyRevoked = "key.revoked",
        /// The heads of the audit chains were signed.
        AuditCheckpoint = "audit.checkpoint",
        /// More kinds of refusals than are written one by one.
        AuditOverflow = "audit.overflow",
        /// Erasures were applied again after a restore.
        BackupErasuresReapplied = "backup.erasures_reapplied",
        /// The database or the session store was away.
        StoreUnavailable = "store.unavailable",
        /// A form or request had a shape nobody's browser sends.
        InputRefused = "input.refused",
        /// Somebody was invited, or invited again.
        InvitationSent = "invitation.sent",
        /// An invitation was taken back.
        InvitationRevoked = "invitation.revoked",
        /// An invited person activated the account.
        InvitationAccepted = "invitation.accepted",
        /// Somebody registered by themselves; the address is not proved yet.
        RegistrationBegun = "registration.begun",
        /// A link was unknown, used, revoked, too old, or somebody else's.
        LinkRefused = "link.refused",
        /// Somebody asked to get back in.
        RecoveryAsked = "recovery.asked",
        /// A recovery that waited was stopped.
        RecoveryCancelled = "recovery.cancelled",
        /// Somebody got back in and bound a new factor.
        RecoveryDone = "recovery.done",
        /// A recovery was refused.
        RecoveryRefused = "recovery.refused",
        /// An address for notices was added, not proved yet.
        AddressAdded = "address.added",
        /// An address was proved.
        AddressVerified = "address.verified",
        /// An address was removed.
        AddressRemoved = "address.removed",
        /// A person said “this was not me”.
        AccountRepudiated = "account.repudiated",
        /// A person took a copy of their data.
        AccountExported = "account.exported",
        /// A person asked to close the account.
        AccountClosing = "account.closing",
        /// A person changed their mind about closing the account.
        AccountKept = "account.kept",
        /// A person gave an authenticator another name.
        FactorRenamed = "factor.renamed",
        /// A person stopped sharing with a client.
        ConsentWithdrawn = "consent.withdrawn",
        /// A notice could not be delivered and was given up.
        NoticeFailed = "notice.failed",
        /// An organisation was created.
        OrganisationCreated = "organisation.created",
        /// An organisation was changed.
        OrganisationChanged = "organisation.changed",
        /// A duty was granted within an organisation.
        DutyGranted = "duty.granted",
        /// A duty was taken back.
        DutyRevoked = "duty.revoked",
        /// An administrator tried what their duties do not allow.
        AdminRefused = "admin.refused",
        /// A change that needs a second person was asked for.
        ApprovalAsked = "approval.asked",
        /// A second person approved.
        ApprovalGranted = "approval.granted",
        /// A second person refused, or tried to approve what they may not.
        ApprovalRefused = "approval.refused",
        /// Nobody decided in time.
        ApprovalExpired = "approval.expired",
        /// A person’s authenticators were reset with a second person’s approval.
        FactorsReset = "factors.reset",
        /// Accounts were imported.
        ImportDone = "import.done",
        /// Somebody was reminded of what is missing.
        AccountReminded = "account.reminded",
        /// Somebody looked what a list of people would do, and so whose names are taken.
        ImportLookedAt = "import.looked_at",
        /// A list of people stopped: whoever brought it may not any more.
        ImportStopped = "import.stopped",
        /// Somebody said go to a list of people.
        ImportBegun = "import.begun",
        /// A client was changed.
        ClientChanged = "client.changed",
        /// A client got another secret.
        ClientSecretAdded = "client_secret.added",
        /// A client’s secret was taken away.
        ClientSecretRemoved = "client_secret.removed",
        /// A token by which apps register themselves was made.
        ClientTokenMade = "client_token.made",
        /// Such a token was taken back.
        ClientTokenRevoked = "client_token.revoked",
        /// A client read its own registration.
        ClientRegistrationRead = "client_registration.read",
        /// A client was not registered, or did not get at its own registration.
        ClientRegistrationRefused = "client_registration.refused",
        /// A policy was changed.
        PolicyChanged = "policy.changed",
        /// A webhook was registered, changed or removed.
        WebhookChanged = "webhook.changed",
        /// Somebody read the audit trail.
        AuditRead = "audit.read",
        /// Somebody took a copy of the audit trail.
        AuditExported = "audit.exported",
    }
}

words! {
    /// How loudly a kind of event speaks to whoever watches.
    Severity {
        /// Daily life.
        Info = "info",
        /// Worth counting: mistakes, refusals.
        Notice = "notice",
        /// Worth a look: guessing, overload, changes of what protects people.
        Warning = "warning",
        /// Worth waking somebody: something stolen was used, or everything is away.
        Critical = "critical",
    }
}

words! {
    /// What belongs together for whoever looks for it.
    Group {
        /// Signing in and out.
        SignIn = "sign_in",
        /// Ways to sign in: added, removed, disabled, reset.
        Factors = "factors",
        /// Invitations, addresses, getting back in.
        Enrolment = "enrolment",
        /// What became of accounts.
        Accounts = "accounts",
        /// What apps asked for and got.
        Tokens = "tokens",
        /// Apps themselves.
        Apps = "apps",
        /// Organisations, duties, approvals, policies.
        Administration = "administration",
        /// The trail, keys, and what was away.
        Installation = "installation",
    }
}

impl Group {
    /// The kinds of this group.
    pub fn kinds(self) -> Vec<Kind> {
        Kind::ALL.iter().copied().filter(|kind| kind.group() == self).collect()
    }
}

impl Kind {
    /// Where whoever looks for it would look.
    pub const fn group(self) -> Group {
        use Kind::*;
        match self {
            SessionSignedIn | SessionEnded | PasswordAccepted | PasswordRefused | TotpAccepted
            | TotpRefused | TotpReplayed | PasskeyAccepted | PasskeyRefused | RecoveryCodeUsed
            | RecoveryCodeRefused | AttemptThrottled | NetworkThrottled | MachineThrottled | HashingBusy
            | InteractionRefused | InputRefused | LogoutDone | LogoutRefused => Group::SignIn,
            FactorAdded | FactorRemoved | FactorDisabled | FactorRenamed | FactorsReset | PasswordChanged
            | RecoveryCodesMade => Group::Factors,
            InvitationSent | InvitationRevoked | InvitationAccepted | RegistrationBegun | LinkRefused
            | RecoveryAsked | RecoveryCancelled | RecoveryDone | RecoveryRefused | AddressAdded
            | AddressVerified | AddressRemoved | NoticeFailed | ImportDone | AccountReminded
            | ImportBegun | ImportLookedAt | ImportStopped => Group::Enrolment,
            AccountCreated | AccountChanged | AccountDisabled | AccountEnabled | AccountErased
            | AccountSessionsEnded | AccountRepudiated | AccountExported | AccountClosing | AccountKept => {
                Group::Accounts
            }
            SignInAsked
            | AuthorizeRefused
            | AuthorizeGranted
            | ConsentGiven
            | ConsentDenied
            | ConsentWithdrawn
            | CodeRedeemed
            | CodeRefused
            | DeviceCodeRefused
            | CodeReplayed
            | TokenRefused
            | TokenIssued
            | TokenExchanged
            | TokenRevoked
            | RefreshRotated
            | RefreshRefused
            | RefreshReplayed
            | FamilyRevoked
            | ClientAuthRefused
            | AssertionReplayed
            | IntrospectionAnswered
            | UserinfoRefused => Group::Tokens,
            ClientCreated
            | ClientDeleted
            | ClientDisabled
            | ClientEnabled
            | ClientChanged
            | ClientSecretAdded
            | ClientSecretRemoved
            | ClientTokenMade
            | ClientTokenRevoked
            | ClientRegistrationRead
            | ClientRegistrationRefused
            | WebhookChanged => Group::Apps,
            OrganisationCreated | OrganisationChanged | DutyGranted | DutyRevoked | AdminRefused
            | ApprovalAsked | ApprovalGranted | ApprovalRefused | ApprovalExpired | PolicyChanged => {
                Group::Administration
            }
            KeyCreated
            | KeyRotated
            | KeyRetired
            | KeyRemoved
            | KeyRevoked
            | AuditCheckpoint
            | AuditOverflow
            | AuditRead
            | AuditExported
            | BackupErasuresReapplied
            | StoreUnavailable => Group::Installation,
        }
    }

    /// How loudly this kind speaks.
    pub const fn severity(self) -> Severity {
        use Kind::*;
        match self {
            SessionSignedIn
            | SessionEnded
            | FactorAdded
            | PasswordAccepted
            | PasswordChanged
            | TotpAccepted
            | PasskeyAccepted
            | RecoveryCodesMade
            | SignInAsked
            | AuthorizeGranted
            | ConsentGiven
            | ConsentDenied
            | CodeRedeemed
            | TokenIssued
            | TokenExchanged
            | TokenRevoked
            | RefreshRotated
            | IntrospectionAnswered
            | LogoutDone
            | AccountCreated
            | AccountChanged
            | AccountEnabled
            | ClientCreated
            | ClientEnabled
            | KeyCreated
            | KeyRotated
            | KeyRetired
            | KeyRemoved
            | AuditCheckpoint
            | InvitationSent
            | AccountReminded
            | InvitationRevoked
            | InvitationAccepted
            | RegistrationBegun
            | AddressAdded
            | AddressVerified
            | AccountKept
            | FactorRenamed
            | ConsentWithdrawn
            | OrganisationCreated
            | OrganisationChanged
            | ClientChanged
            | ImportLookedAt
            | ClientTokenRevoked
            | ClientRegistrationRead
            | AuditRead => Severity::Info,
            FactorRemoved
            | PasswordRefused
            | TotpRefused
            | PasskeyRefused
            | RecoveryCodeUsed
            | RecoveryCodeRefused
            | AttemptThrottled
            | InteractionRefused
            | AuthorizeRefused
            | CodeRefused
            | DeviceCodeRefused
            | TokenRefused
            | RefreshRefused
            | ClientAuthRefused
            | UserinfoRefused
            | LogoutRefused
            | AccountDisabled
            | AccountErased
            | AccountSessionsEnded
            | ClientDisabled
            | InputRefused
            | LinkRefused
            | RecoveryAsked
            | RecoveryDone
            | RecoveryRefused
            | AddressRemoved
            | AccountExported
            | AccountClosing
            | DutyGranted
            | DutyRevoked
            | ApprovalAsked
            | ApprovalGranted
            | ApprovalRefused
            | ApprovalExpired
            | ImportDone
            | ImportBegun
            | ClientDeleted
            | ClientSecretAdded
            | ClientSecretRemoved
            | ClientTokenMade
            | ClientRegistrationRefused
            | WebhookChanged
            | AuditExported => Severity::Notice,
            FactorDisabled
            | TotpReplayed
            | NetworkThrottled
            | MachineThrottled
            | HashingBusy
            | FamilyRevoked
            | AuditOverflow
            | BackupErasuresReapplied
            | RecoveryCancelled
            | AccountRepudiated
            | NoticeFailed
            | AdminRefused
            | ImportStopped
            | FactorsReset
            | PolicyChanged => Severity::Warning,
            CodeReplayed | RefreshReplayed | AssertionReplayed | KeyRevoked | StoreUnavailable => {
                Severity::Critical
            }
        }
    }
}
