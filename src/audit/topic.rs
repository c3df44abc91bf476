//! What machines outside may be told: the published list of kinds, by topic. Everything else stays inside.

use super::Kind;
use crate::base::words::words;

words! {
    /// What a webhook is told of.
    Topic {
        /// People's accounts: joiners, leavers, changes.
        Account = "account",
        /// Ways to sign in.
        Factor = "factor",
        /// Who administers.
        Duty = "duty",
        /// What waits for a second person, and what became of it.
        Approval = "approval",
        /// Apps and their secrets.
        App = "app",
        /// The policy.
        Policy = "policy",
    }
}

impl Topic {
    /// The kinds of this topic, in the order they are published.
    pub fn kinds(self) -> Vec<Kind> {
        Kind::ALL.iter().copied().filter(|kind| kind.topic() == Some(self)).collect()
    }
}

impl Kind {
    /// The topic under which machines outside are told of it, if they are. What is refused or fails is told to nobody, nor is
    /// who signs in where.
    pub const fn topic(self) -> Option<Topic> {
        use Kind::*;
        Some(match self {
            AccountCreated | AccountChanged | AccountDisabled | AccountEnabled | AccountErased
            | AccountSessionsEnded | AccountClosing | AccountKept | AccountRepudiated | InvitationSent
            | InvitationRevoked | InvitationAccepted => Topic::Account,
            FactorAdded | FactorRemoved | FactorDisabled | FactorsReset | PasswordChanged
            | RecoveryCodesMade => Topic::Factor,
            DutyGranted | DutyRevoked => Topic::Duty,
            ApprovalAsked | ApprovalGranted | ApprovalRefused | ApprovalExpired => Topic::Approval,
            ClientCreated | ClientChanged | ClientDeleted | ClientDisabled | ClientEnabled
            | ClientSecretAdded | ClientSecretRemoved | ClientTokenMade | ClientTokenRevoked => Topic::App,
            PolicyChanged => Topic::Policy,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_its_kinds_and_sign_ins_have_none() {
        for topic in Topic::ALL {
            assert!(!topic.kinds().is_empty(), "{topic}");
        }
        for kind in [Kind::SessionSignedIn, Kind::PasswordRefused, Kind::AuditRead, Kind::ConsentGiven] {
            assert_eq!(kind.topic(), None, "{kind}");
        }
        assert_eq!(Topic::Duty.kinds(), [Kind::DutyGranted, Kind::DutyRevoked]);
    }
}
