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
        /// The queue of password hashes was full.
        HashingBusy = "hashing.busy",
        /// A sign-in page was asked for with an unknown, foreign or expired interaction.
        InteractionRefused = "interaction.refused",
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
        /// A code came a second time.
        CodeReplayed = "code.replayed",
        /// A token request was refused.
        TokenRefused = "token.refused",
        /// A client got a token for itself.
        TokenIssued = "token.issued",
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
        /// A client was disabled.
        ClientDisabled = "client.disabled",
        /// A client was enabled again.
        ClientEnabled = "client.enabled",
        /// A signing key was made.
        KeyCreated = "key.created",
        /// Another signing key became the active one.
        KeyRotated = "key.rotated",
        /// A signing key left the published set.
        KeyRetired = "key.retired",
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

impl Kind {
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
            | AuthorizeGranted
            | ConsentGiven
            | ConsentDenied
            | CodeRedeemed
            | TokenIssued
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
            | AuditCheckpoint => Severity::Info,
            FactorRemoved | PasswordRefused | TotpRefused | PasskeyRefused | RecoveryCodeUsed
            | RecoveryCodeRefused | AttemptThrottled | InteractionRefused | AuthorizeRefused
            | CodeRefused | TokenRefused | RefreshRefused | ClientAuthRefused | UserinfoRefused
            | LogoutRefused | AccountDisabled | AccountErased | AccountSessionsEnded | ClientDisabled
            | InputRefused => Severity::Notice,
            FactorDisabled
            | TotpReplayed
            | NetworkThrottled
            | HashingBusy
            | FamilyRevoked
            | AuditOverflow
            | BackupErasuresReapplied => Severity::Warning,
            CodeReplayed | RefreshReplayed | AssertionReplayed | StoreUnavailable => Severity::Critical,
        }
    }
}
