//! Links and codes sent to a person: what each kind may do and how long it lives. Pure: it draws no token.

use crate::base::{AccountId, Seconds, Timestamp};

const HOUR: Seconds = 3600;
const DAY: Seconds = 24 * HOUR;

crate::base::words::words! {
    /// What a link is for; one of a kind is never taken for another.
    LinkKind {
        /// Activates an invited account; sent by mail.
        Invitation = "invitation",
        /// Activates an invited account: the short code of a printed letter, typed beside the reference.
        Letter = "letter",
        /// Sets a new password.
        PasswordReset = "password_reset",
        /// Proves that an address is the person's.
        Address = "address",
        /// “This was not me”: ends everything open, signs nobody in.
        NotMe = "not_me",
        /// Binds a new factor after a supervised reset.
        FactorReset = "factor_reset",
        /// Binds a new factor after the cooling-off of a recovery.
        Recovery = "recovery",
        /// Stops a recovery that waits.
        RecoveryCancel = "recovery_cancel",
    }
}

impl LinkKind {
    /// How long a link lives, in seconds (SP 800-63B-4 §4.2.1.2: 24 h by mail, 21 days by post).
    pub const fn lifetime(self) -> Seconds {
        match self {
            Self::Invitation => 14 * DAY,
            Self::Letter => 21 * DAY,
            Self::PasswordReset => HOUR,
            Self::Address | Self::FactorReset | Self::Recovery => DAY,
            Self::NotMe => 30 * DAY,
            Self::RecoveryCancel => 7 * DAY,
        }
    }
}

/// A link as it stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is for.
    pub kind: LinkKind,
    /// Whom it was sent to.
    pub account: AccountId,
    /// What it is about: an address, a request; by id.
    pub about: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// How it stands.
    pub standing: LinkStanding,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStanding {
    /// It works, once.
    Open,
    /// It was used.
    Spent,
    /// It was taken back, or another of its kind replaced it.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Link {
    /// How a link stands at `now`, from what is kept of it; what was done to it counts before its age.
    pub fn standing(
        expires_at: Timestamp,
        spent_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
        now: Timestamp,
    ) -> LinkStanding {
        match (spent_at, revoked_at) {
            (Some(_), _) => LinkStanding::Spent,
            (None, Some(_)) => LinkStanding::Revoked,
            (None, None) if now >= expires_at => LinkStanding::Expired,
            (None, None) => LinkStanding::Open,
        }
    }
}
