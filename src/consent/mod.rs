//! What a person agreed to release to a client. Pure.

use crate::base::{Scopes, Timestamp};

/// A remembered agreement, one per person and client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Every scope agreed to so far.
    pub scopes: Scopes,
    /// When the person last agreed.
    pub granted_at: Timestamp,
}

impl Consent {
    /// Whether everything asked was agreed to before.
    pub fn covers(&self, asked: &Scopes) -> bool {
        asked.within(&self.scopes)
    }
}

/// The union of what was agreed and what is agreed now.
pub fn widened(before: Option<&Consent>, now: &Scopes) -> Scopes {
    let old = before.map(|c| c.scopes.to_string()).unwrap_or_default();
    Scopes::parse(&format!("{old} {now}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_covers_what_was_agreed_and_nothing_more() {
        let given = Consent { scopes: Scopes::parse("openid email"), granted_at: Timestamp::default() };
        assert!(given.covers(&Scopes::parse("email openid")));
        assert!(!given.covers(&Scopes::parse("openid profile")));
        assert_eq!(
            widened(Some(&given), &Scopes::parse("profile email")).to_string(),
            "openid email profile"
        );
    }
}
