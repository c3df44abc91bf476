//! What a person agreed to release to a client. Pure.

use crate::base::{Digest, Scopes, Timestamp};

/// A remembered agreement, one per person and client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Every scope agreed to so far.
    pub scopes: Scopes,
    /// When the person last agreed.
    pub granted_at: Timestamp,
    /// What stands for the details agreed to last (RFC 9396).
    pub details: Option<Digest>,
}

impl Consent {
    /// Whether everything asked was agreed to before; of details the very same.
    pub fn covers(&self, asked: &Scopes, details: Option<&Digest>) -> bool {
        asked.within(&self.scopes) && (details.is_none() || details == self.details.as_ref())
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
        let (one, other) = (Digest::of("one"), Digest::of("other"));
        let given = Consent {
            scopes: Scopes::parse("openid email"),
            granted_at: Timestamp::default(),
            details: Some(one),
        };
        let asked = Scopes::parse("email openid");
        assert!(given.covers(&asked, None) && given.covers(&asked, Some(&one)));
        assert!(!given.covers(&Scopes::parse("openid profile"), None));
        assert!(!given.covers(&asked, Some(&other)));
        assert!(!Consent { details: None, ..given.clone() }.covers(&asked, Some(&one)));
        assert_eq!(
            widened(Some(&given), &Scopes::parse("profile email")).to_string(),
            "openid email profile"
        );
    }
}
