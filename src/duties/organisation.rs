//! The tree of organisations, and a duty granted somewhere in it.

use super::{Action, Duty, Rank};
use crate::base::text::is_hidden;
use crate::base::{AccountId, OrganisationId, Timestamp};

/// Deepest place below the root an organisation may have.
const DEEPEST: usize = 4;

/// Where an organisation stands: the ids from the root to it, each followed by a slash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(String);

impl Path {
    /// The path as it was stored.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The root's.
    pub fn root() -> Self {
        Self(format!("/{}/", OrganisationId::root()))
    }

    /// A place right below this one; `None` where the tree is deep enough.
    pub fn below(&self, id: &OrganisationId) -> Option<Self> {
        (self.depth() < DEEPEST).then(|| Self(format!("{}{id}/", self.0)))
    }

    /// How many organisations stand above it.
    pub fn depth(&self) -> usize {
        self.ids().count().saturating_sub(1)
    }

    /// Whether `other` is this organisation or lies below it.
    pub fn covers(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The organisations from the root to this one.
    pub fn ids(&self) -> impl Iterator<Item = OrganisationId> {
        self.0.split('/').filter(|id| !id.is_empty()).map(OrganisationId::from_text)
    }

    /// The path as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A clinic, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Immutable id.
    pub id: OrganisationId,
    /// What it lies below; nothing for the root.
    pub parent: Option<OrganisationId>,
    /// Where it stands.
    pub path: Path,
    /// Its name; the root's is the installation's, from the settings, while it is empty.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A name an organisation may have, trimmed; `None` for anything else.
pub fn organisation_name(typed: &str) -> Option<String> {
    let name = typed.trim();
    let plain = !name.chars().any(is_hidden);
    (plain && (1..=100).contains(&name.chars().count())).then(|| name.to_owned())
}

/// The id of a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantId(pub String);

/// A duty somebody holds within an organisation and what lies below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who holds it.
    pub account: AccountId,
    /// What they are charged with.
    pub duty: Duty,
    /// Where.
    pub organisation: OrganisationId,
    /// That organisation's place in the tree.
    pub path: Path,
    /// Who granted it, as the trail names them.
    pub granted_by: String,
    /// When.
    pub granted_at: Timestamp,
}

/// Whether these grants allow the action at a place of the tree.
pub fn may_at(grants: &[Grant], action: Action, place: &Path) -> bool {
    grants.iter().any(|grant| grant.duty.may(action) && grant.path.covers(place))
}

/// Whether these grants allow the action anywhere.
pub fn may_anywhere(grants: &[Grant], action: Action) -> bool {
    grants.iter().any(|grant| grant.duty.may(action))
}

/// How high these grants stand at a place of the tree, for one action: a duty that does not allow it lends no rank.
pub fn rank_at(grants: &[Grant], action: Action, place: &Path) -> Rank {
    let ranks = grants.iter().filter(|g| g.duty.may(action) && g.path.covers(place)).map(|g| g.duty.rank());
    ranks.max().unwrap_or(Rank::None)
}

/// How high somebody stands anywhere: what they are protected by.
pub fn highest(grants: &[Grant]) -> Rank {
    grants.iter().map(|grant| grant.duty.rank()).max().unwrap_or(Rank::None)
}

/// Where in the tree these grants allow the action: the highest places, none below another.
pub fn places(grants: &[Grant], action: Action) -> Vec<Path> {
    let mut all: Vec<Path> = grants.iter().filter(|g| g.duty.may(action)).map(|g| g.path.clone()).collect();
    all.sort();
    all.dedup();
    let inner = all.clone();
    all.retain(|path| !inner.iter().any(|other| other != path && other.covers(path)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::from_text(text)
    }

    fn grant(duty: Duty, place: &str) -> Grant {
        Grant {
            id: GrantId(String::new()),
            account: AccountId::from_text("a"),
            duty,
            organisation: OrganisationId::root(),
            path: path(place),
            granted_by: String::new(),
            granted_at: Timestamp::from_seconds(0),
        }
    }

    #[test]
    fn a_grant_covers_its_organisation_and_what_lies_below_and_nothing_beside() {
        let north = path("/root/north/");
        for (place, covered) in [
            ("/root/north/", true),
            ("/root/north/ward/", true),
            ("/root/", false),
            ("/root/northern/", false),
            ("/root/south/", false),
        ] {
            assert_eq!(north.covers(&path(place)), covered, "{place}");
            let held = [grant(Duty::RegistrationOfficer, "/root/north/")];
            assert_eq!(may_at(&held, Action::AccountInvite, &path(place)), covered, "{place}");
            assert!(!may_at(&held, Action::ClientChange, &path(place)));
        }
    }

    #[test]
    fn a_tree_has_an_end() {
        let mut place = Path::root();
        for id in ["a", "b", "c", "d"] {
            place = place.below(&OrganisationId::from_text(id)).unwrap();
        }
        assert_eq!((place.as_str(), place.depth()), ("/root/a/b/c/d/", 4));
        assert_eq!(place.below(&OrganisationId::from_text("e")), None);
    }

    #[test]
    fn ranks_come_only_from_duties_that_allow_the_action_there() {
        let held = [
            grant(Duty::Owner, "/root/north/"),
            grant(Duty::Auditor, "/root/"),
            grant(Duty::RegistrationOfficer, "/root/south/"),
        ];
        let decide = Action::ApprovalDecide;
        assert_eq!(rank_at(&held, decide, &path("/root/north/ward/")), Rank::Owner);
        assert_eq!(rank_at(&held, decide, &path("/root/south/")), Rank::Officer);
        assert_eq!(rank_at(&held, decide, &path("/root/")), Rank::None);
        assert_eq!(highest(&held), Rank::Owner);
        assert_eq!(places(&held, Action::AuditRead), [path("/root/")]);
        assert_eq!(places(&held, decide), [path("/root/north/"), path("/root/south/")]);
    }

    #[test]
    fn names_are_short_and_printable() {
        assert_eq!(organisation_name("  North Ward "), Some("North Ward".to_owned()));
        for bad in ["", "   ", "a\u{0}b", "North \u{202e}draW", "Nor\u{200b}th", &"x".repeat(101)] {
            assert_eq!(organisation_name(bad), None, "{bad:?}");
        }
    }
}
