//! From an event of the trail to the sentence its person reads. What apps and the program do among themselves is
//! nothing a person did or has to know, and has no sentence.

use crate::audit::{Actor, Event, Kind, Outcome};
use crate::duties::ApprovalKind;
use crate::web::pages::account::activity::Deed;

/// The sentence of an event; `None` where it says nothing to a person.
pub(super) fn deed(event: &Event) -> Option<Deed> {
    match event.outcome {
        Outcome::Ok => done(event),
        Outcome::Refused => refused(event),
        Outcome::Failed => None,
    }
}

/// Whether somebody else did it.
fn by_another(event: &Event) -> bool {
    matches!(&event.actor, Actor::Account(actor) if Some(actor) != event.account.as_ref())
}

/// Whether a request that takes two people is of a kind.
fn of_kind(event: &Event, kind: ApprovalKind) -> bool {
    let told = event.detail.as_ref().and_then(|detail| detail.get("kind")?.as_str());
    told == Some(kind.as_str())
}

fn done(event: &Event) -> Option<Deed> {
    Some(match event.kind {
        Kind::SessionSignedIn => Deed::SignedIn,
        Kind::SessionEnded if event.reason.as_deref() == Some("ended_by_person") => Deed::DeviceEnded,
        Kind::SessionEnded => Deed::SignedOut,
        Kind::AccountSessionsEnded => Deed::AllEnded,
        Kind::FactorAdded => Deed::WayAdded,
        Kind::FactorRemoved => Deed::WayRemoved,
        Kind::FactorRenamed => Deed::WayNamed,
        Kind::FactorDisabled => Deed::WayOff,
        Kind::FactorsReset => Deed::WaysReset,
        Kind::PasswordChanged => Deed::PasswordChanged,
        Kind::RecoveryCodeUsed => Deed::RecoveryCodeUsed,
        Kind::RecoveryCodesMade => Deed::CodesMade,
        Kind::SignInAsked => Deed::AppAsked,
        Kind::AuthorizeGranted => Deed::AppEntered,
        Kind::ConsentGiven => Deed::Shared,
        Kind::ConsentDenied => Deed::NotShared,
        Kind::ConsentWithdrawn => Deed::Stopped,
        Kind::FamilyRevoked => Deed::AppEnded,
        Kind::LogoutDone => Deed::AppLeft,
        Kind::AccountCreated => Deed::Opened,
        Kind::AccountChanged => Deed::Changed,
        Kind::AccountDisabled => Deed::Suspended,
        Kind::AccountEnabled => Deed::Reopened,
        Kind::InvitationSent => Deed::Invited,
        Kind::InvitationRevoked => Deed::Uninvited,
        Kind::InvitationAccepted => Deed::Activated,
        Kind::RegistrationBegun => Deed::Registered,
        Kind::RecoveryAsked => Deed::RecoveryAsked,
        Kind::RecoveryCancelled => Deed::RecoveryStopped,
        Kind::RecoveryDone => Deed::RecoveryDone,
        Kind::AddressAdded => Deed::AddressAdded,
        Kind::AddressVerified => Deed::AddressVerified,
        Kind::AddressRemoved => Deed::AddressRemoved,
        Kind::AccountRepudiated => Deed::Repudiated,
        Kind::AccountExported => Deed::Exported,
        Kind::AccountClosing if by_another(event) => Deed::ClosedByStaff,
        Kind::AccountClosing => Deed::Closing,
        Kind::AccountKept => Deed::Kept,
        Kind::NoticeFailed => Deed::NoticeFailed,
        Kind::DutyGranted => Deed::DutyGiven,
        Kind::DutyRevoked => Deed::DutyTaken,
        Kind::ApprovalAsked if of_kind(event, ApprovalKind::AccountErase) => Deed::ErasureAsked,
        Kind::ApprovalAsked => Deed::ResetAsked,
        Kind::ApprovalGranted => Deed::ResetAllowed,
        Kind::ApprovalRefused | Kind::ApprovalExpired => Deed::ResetRefused,
        // Steps of a sign-in, which has a sentence of its own.
        Kind::PasswordAccepted | Kind::TotpAccepted | Kind::PasskeyAccepted => return None,
        // What apps do with what they were given.
        Kind::CodeRedeemed
        | Kind::TokenIssued
        | Kind::TokenExchanged
        | Kind::TokenRevoked
        | Kind::RefreshRotated
        | Kind::IntrospectionAnswered => return None,
        // What concerns no single person, or nobody who could still read it.
        Kind::AccountErased
        | Kind::ClientCreated
        | Kind::ClientDisabled
        | Kind::ClientEnabled
        | Kind::ClientChanged
        | Kind::ClientSecretAdded
        | Kind::ClientSecretRemoved
        | Kind::ClientDeleted
        | Kind::ClientTokenMade
        | Kind::ClientTokenRevoked
        | Kind::ClientRegistrationRead
        | Kind::ClientRegistrationRefused
        | Kind::KeyCreated
        | Kind::KeyRotated
        | Kind::KeyRetired
        | Kind::KeyRemoved
        | Kind::KeyRevoked
        | Kind::AuditCheckpoint
        | Kind::AuditOverflow
        | Kind::AuditRead
        | Kind::AuditExported
        | Kind::BackupErasuresReapplied
        | Kind::StoreUnavailable
        | Kind::OrganisationCreated
        | Kind::OrganisationChanged
        | Kind::ImportDone
        | Kind::ImportBegun
        | Kind::ImportLookedAt
        | Kind::ImportStopped
        | Kind::AccountReminded
        | Kind::PolicyChanged
        | Kind::WebhookChanged => return None,
        // Refusals by name: they are never done.
        Kind::PasswordRefused
        | Kind::TotpRefused
        | Kind::TotpReplayed
        | Kind::PasskeyRefused
        | Kind::RecoveryCodeRefused
        | Kind::AttemptThrottled
        | Kind::MachineThrottled
        | Kind::NetworkThrottled
        | Kind::HashingBusy
        | Kind::InteractionRefused
        | Kind::AuthorizeRefused
        | Kind::CodeRefused
        | Kind::DeviceCodeRefused
        | Kind::CodeReplayed
        | Kind::TokenRefused
        | Kind::RefreshRefused
        | Kind::RefreshReplayed
        | Kind::ClientAuthRefused
        | Kind::AssertionReplayed
        | Kind::UserinfoRefused
        | Kind::LogoutRefused
        | Kind::InputRefused
        | Kind::LinkRefused
        | Kind::RecoveryRefused
        | Kind::AdminRefused => return None,
    })
}

fn refused(event: &Event) -> Option<Deed> {
    Some(match event.kind {
        Kind::PasswordRefused => Deed::WrongPassword,
        Kind::TotpRefused | Kind::RecoveryCodeRefused => Deed::WrongCode,
        Kind::TotpReplayed => Deed::CodeTwice,
        Kind::PasskeyRefused => Deed::KeyRefused,
        Kind::AttemptThrottled => Deed::Paused,
        Kind::AuthorizeRefused if matches!(event.reason.as_deref(), Some("denied" | "cancelled")) => {
            Deed::AppDenied
        }
        Kind::AuthorizeRefused => Deed::AppRefused,
        Kind::LinkRefused => Deed::LinkRefused,
        Kind::FactorRemoved if event.reason.as_deref() == Some("last_way") => Deed::WayKept,
        Kind::RecoveryRefused => Deed::RecoveryStopped,
        Kind::ApprovalRefused => Deed::ResetRefused,
        Kind::ConsentDenied => Deed::NotShared,
        Kind::FactorAdded
        | Kind::FactorRemoved
        | Kind::FactorRenamed
        | Kind::PasswordChanged
        | Kind::RecoveryCodesMade
        | Kind::AddressAdded
        | Kind::AddressVerified
        | Kind::AddressRemoved
        | Kind::AccountChanged
        | Kind::AccountExported
        | Kind::AccountClosing
        | Kind::AccountKept
        | Kind::ConsentWithdrawn
        | Kind::SessionEnded => Deed::ChangeRefused,
        // An app's or the program's own trouble, told where it can be mended.
        Kind::CodeRefused
        | Kind::DeviceCodeRefused
        | Kind::CodeReplayed
        | Kind::TokenRefused
        | Kind::RefreshRefused
        | Kind::RefreshReplayed
        | Kind::ClientAuthRefused
        | Kind::AssertionReplayed
        | Kind::UserinfoRefused
        | Kind::LogoutRefused
        | Kind::InputRefused
        | Kind::InteractionRefused
        | Kind::MachineThrottled
        | Kind::NetworkThrottled
        | Kind::HashingBusy
        | Kind::AdminRefused
        | Kind::StoreUnavailable
        | Kind::AuditOverflow => return None,
        // What is never refused to a person by these names.
        Kind::SessionSignedIn
        | Kind::FactorDisabled
        | Kind::FactorsReset
        | Kind::PasswordAccepted
        | Kind::TotpAccepted
        | Kind::PasskeyAccepted
        | Kind::RecoveryCodeUsed
        | Kind::SignInAsked
        | Kind::AuthorizeGranted
        | Kind::ConsentGiven
        | Kind::CodeRedeemed
        | Kind::TokenIssued
        | Kind::TokenExchanged
        | Kind::TokenRevoked
        | Kind::RefreshRotated
        | Kind::FamilyRevoked
        | Kind::IntrospectionAnswered
        | Kind::LogoutDone
        | Kind::AccountCreated
        | Kind::AccountDisabled
        | Kind::AccountEnabled
        | Kind::AccountErased
        | Kind::AccountSessionsEnded
        | Kind::AccountRepudiated
        | Kind::ClientCreated
        | Kind::ClientDisabled
        | Kind::ClientEnabled
        | Kind::ClientChanged
        | Kind::ClientSecretAdded
        | Kind::ClientSecretRemoved
        | Kind::ClientDeleted
        | Kind::ClientTokenMade
        | Kind::ClientTokenRevoked
        | Kind::ClientRegistrationRead
        | Kind::ClientRegistrationRefused
        | Kind::KeyCreated
        | Kind::KeyRotated
        | Kind::KeyRetired
        | Kind::KeyRemoved
        | Kind::KeyRevoked
        | Kind::AuditCheckpoint
        | Kind::AuditRead
        | Kind::AuditExported
        | Kind::BackupErasuresReapplied
        | Kind::InvitationSent
        | Kind::InvitationRevoked
        | Kind::InvitationAccepted
        | Kind::RegistrationBegun
        | Kind::RecoveryAsked
        | Kind::RecoveryCancelled
        | Kind::RecoveryDone
        | Kind::NoticeFailed
        | Kind::OrganisationCreated
        | Kind::OrganisationChanged
        | Kind::DutyGranted
        | Kind::DutyRevoked
        | Kind::ApprovalAsked
        | Kind::ApprovalGranted
        | Kind::ApprovalExpired
        | Kind::ImportDone
        | Kind::ImportBegun
        | Kind::ImportLookedAt
        | Kind::ImportStopped
        | Kind::AccountReminded
        | Kind::PolicyChanged
        | Kind::WebhookChanged => return None,
    })
}
