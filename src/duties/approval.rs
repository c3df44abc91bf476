//! What one person asked for and another has to agree to.

use super::{Duty, Rank};
use crate::base::words::words;
use crate::base::{AccountId, OrganisationId, Seconds, Timestamp};

/// How long a request waits for its second person, and an approved one to be carried out.
pub const LIFETIME: Seconds = 60 * 60;

words! {
    /// What is asked for.
    ApprovalKind {
        /// Somebody's ways to sign in are reset.
        FactorsReset = "factors_reset",
        /// Somebody gets a duty that is above the others.
        DutyGrant = "duty_grant",
        /// Somebody loses one.
        DutyRevoke = "duty_revoke",
        /// Somebody's account is erased.
        AccountErase = "account_erase",
        /// The policy asks less of people.
        PolicyWeaken = "policy_weaken",
    }
}

words! {
    /// What became of it.
    ApprovalState {
        /// Nobody decided yet.
        Open = "open",
        /// A second person agreed; it is not carried out yet.
        Approved = "approved",
        /// It was carried out.
        Done = "done",
        /// A second person did not agree.
        Refused = "refused",
        /// Whoever asked took it back.
        Withdrawn = "withdrawn",
        /// Nobody decided, or carried it out, in time.
        Expired = "expired",
    }
}

words! {
    /// How it was checked that the person is who they say.
    IdentityCheck {
        /// They stood there with a document.
        DocumentInPerson = "document_in_person",
        /// They were seen by video with a document.
        DocumentByVideo = "document_by_video",
        /// They were called back on the number on file and asked.
        CalledBack = "called_back",
        /// A colleague who knows them vouches.
        KnownColleague = "known_colleague",
    }
}

words! {
    /// How the person gets what lets them set up again.
    Handing {
        /// By a link to their own addresses.
        Mail = "mail",
        /// By a code, shown once to whoever asked, face to face.
        FaceToFace = "face_to_face",
    }
}

/// What stands for whom it is about, where it is about the policy and nobody: one such request at a time.
pub const POLICY: &str = "policy";

/// A version of the policy that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PolicyWish {
    /// The version it changes; on top of another it is not what was asked for.
    pub base: i64,
    /// The rules, as JSON.
    pub document: String,
}

/// What is asked for, without anything personal.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wanted {
    /// For a reset: the kinds of factors that go, by their words.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// For a reset: how it was checked who it is.
    pub checked: Option<IdentityCheck>,
    /// For a reset: how the person gets back in.
    pub handing: Option<Handing>,
    /// For a duty: which.
    pub duty: Option<Duty>,
    /// For a revocation: the grant.
    pub grant: Option<String>,
    /// For the policy: the version that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyWish>,
}

/// A request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// What is asked for.
    pub kind: ApprovalKind,
    /// Where.
    pub organisation: OrganisationId,
    /// Whom it is about; [`POLICY`] where it is about nobody.
    pub account: AccountId,
    /// Who asked.
    pub requester: AccountId,
    /// The details.
    pub wanted: Wanted,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
    /// What became of it.
    pub state: ApprovalState,
    /// Who decided.
    pub decider: Option<AccountId>,
}

/// Why somebody may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// They asked for it.
    Requester,
    /// It is about them.
    Subject,
    /// It is about somebody, or a duty, above them.
    Below,
    /// Whoever asked may not ask for it any more.
    RequesterLeft,
}

impl Unfit {
    /// The word for the trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Subject => "subject",
            Self::Below => "above_own_level",
            Self::RequesterLeft => "requester_left",
        }
    }
}

impl Approval {
    /// Whether it still waits or may still be carried out.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        matches!(self.state, ApprovalState::Open | ApprovalState::Approved) && now < self.expires_at
    }

    /// Whom it is about, where it is about somebody.
    pub fn subject(&self) -> Option<&AccountId> {
        match self.kind {
            ApprovalKind::FactorsReset
            | ApprovalKind::DutyGrant
            | ApprovalKind::DutyRevoke
            | ApprovalKind::AccountErase => Some(&self.account),
            ApprovalKind::PolicyWeaken => None,
        }
    }

    /// How high whoever decides has to stand, whoever it is about: over the policy those who look after it.
    fn least(&self) -> Rank {
        match self.kind {
            ApprovalKind::FactorsReset
            | ApprovalKind::DutyGrant
            | ApprovalKind::DutyRevoke
            | ApprovalKind::AccountErase => Rank::None,
            ApprovalKind::PolicyWeaken => Rank::Guardian,
        }
    }

    /// Whether a person may decide: they are neither who asked nor whom it is about, by whichever duty, and nothing it is
    /// about stands above them. So only an owner decides for an owner.
    pub fn fits(&self, decider: &AccountId, rank: Rank, subject: Rank) -> Result<(), Unfit> {
        let duty = self.wanted.duty.map_or(Rank::None, Duty::rank);
        if *decider == self.requester {
            Err(Unfit::Requester)
        } else if *decider == self.account {
            Err(Unfit::Subject)
        } else if rank < subject.max(duty).max(self.least()) {
            Err(Unfit::Below)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_people_are_three_people_and_nobody_decides_above_themselves() {
        let id = |name: &str| AccountId::from_text(name);
        let mut approval = Approval {
            id: "1".to_owned(),
            kind: ApprovalKind::FactorsReset,
            organisation: OrganisationId::root(),
            account: id("subject"),
            requester: id("requester"),
            wanted: Wanted::default(),
            asked_at: Timestamp::from_seconds(0),
            expires_at: Timestamp::from_seconds(LIFETIME),
            state: ApprovalState::Open,
            decider: None,
        };
        for (who, rank, subject, want) in [
            ("third", Rank::Officer, Rank::None, Ok(())),
            ("third", Rank::Officer, Rank::Officer, Ok(())),
            ("third", Rank::Officer, Rank::Guardian, Err(Unfit::Below)),
            ("third", Rank::Guardian, Rank::Owner, Err(Unfit::Below)),
            ("third", Rank::Owner, Rank::Owner, Ok(())),
            ("requester", Rank::Owner, Rank::None, Err(Unfit::Requester)),
            ("subject", Rank::Owner, Rank::Owner, Err(Unfit::Subject)),
        ] {
            assert_eq!(approval.fits(&id(who), rank, subject), want, "{who} {rank:?} {subject:?}");
        }
        approval.wanted.duty = Some(Duty::Owner);
        assert_eq!(approval.fits(&id("third"), Rank::Guardian, Rank::None), Err(Unfit::Below));
        assert_eq!(approval.fits(&id("third"), Rank::Owner, Rank::None), Ok(()));
        (approval.kind, approval.wanted.duty) = (ApprovalKind::PolicyWeaken, None);
        assert_eq!(approval.fits(&id("third"), Rank::Officer, Rank::None), Err(Unfit::Below));
        assert_eq!(approval.fits(&id("third"), Rank::Guardian, Rank::None), Ok(()));
        assert_eq!(approval.subject(), None);
        assert!(approval.is_under_way(Timestamp::from_seconds(LIFETIME - 1)));
        assert!(!approval.is_under_way(Timestamp::from_seconds(LIFETIME)));
        approval.state = ApprovalState::Refused;
        assert!(!approval.is_under_way(Timestamp::from_seconds(0)));
    }
}
