//! Which models of authenticators count: lists that allow or deny them, and what they say of one key.
//!
//! A model is what a key said of itself when it was bound. To deny, its word is enough; to allow, its maker must have
//! vouched for it, because anything can say that it is something good.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rules::{BadRules, Change};
use crate::factors::model::{Aaguid, Model};

/// Most models in one list.
pub const MOST_MODELS: usize = 500;

/// The lists of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authenticators {
    /// The models that count, once their maker vouched for them; all where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Aaguid>,
    /// Models that do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<Aaguid>,
}

impl Authenticators {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }

    /// How many models are named.
    pub(super) fn len(&self) -> usize {
        self.allow.len() + self.deny.len()
    }

    /// Checks the lists of one rule; the text names the entry.
    pub(super) fn check(&self, member: &str) -> Result<(), BadRules> {
        let bad =
            |list: &str, text: String| BadRules { member: format!("{member}.authenticators.{list}"), text };
        for (name, list) in [("allow", &self.allow), ("deny", &self.deny)] {
            if list.len() > MOST_MODELS {
                return Err(bad(name, format!("{} models, at most {MOST_MODELS} may be listed", list.len())));
            }
            let mut seen = BTreeSet::new();
            if let Some(twice) = list.iter().find(|model| !seen.insert(**model)) {
                return Err(bad(name, format!("names {twice} twice: keep it once")));
            }
        }
        match self.allow.iter().find(|model| self.deny.contains(model)) {
            Some(both) => Err(bad("deny", format!("{both} is allowed and denied: take it out of one list"))),
            None => Ok(()),
        }
    }
}

/// Why a key does not count, though its kind does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Its model is denied.
    Denied,
    /// Its model is not among the allowed ones, or it kept its model to itself.
    Unlisted,
    /// It says that it is an allowed model, and nobody vouched for that.
    Unattested,
    /// The FIDO metadata report its model as revoked or compromised, so that it counts nowhere.
    OutOfUse,
}

impl Unfit {
    /// The trail's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "model_denied",
            Self::Unlisted => "model_not_allowed",
            Self::Unattested => "model_not_attested",
            Self::OutOfUse => "model_out_of_use",
        }
    }
}

/// What holds of models where several rules speak: allowed by each that allows, denied by any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Models {
    allow: Option<BTreeSet<Aaguid>>,
    deny: BTreeSet<Aaguid>,
}

impl Models {
    /// Adds what another rule says.
    pub(super) fn narrow(&mut self, lists: &Authenticators) {
        self.deny.extend(&lists.deny);
        if !lists.allow.is_empty() {
            let listed: BTreeSet<_> = lists.allow.iter().copied().collect();
            self.allow = Some(match self.allow.take() {
                Some(before) => before.intersection(&listed).copied().collect(),
                None => listed,
            });
        }
    }

    /// Whether a key of this model counts.
    pub fn judge(&self, model: &Model) -> Result<(), Unfit> {
        if model.aaguid.is_some_and(|aaguid| self.deny.contains(&aaguid)) {
            return Err(Unfit::Denied);
        }
        match &self.allow {
            None => Ok(()),
            Some(allow) if !model.aaguid.is_some_and(|aaguid| allow.contains(&aaguid)) => {
                Err(Unfit::Unlisted)
            }
            Some(_) if !model.attested => Err(Unfit::Unattested),
            Some(_) => Ok(()),
        }
    }

    /// Whether only listed models count, so that their makers must vouch for them.
    pub fn is_closed(&self) -> bool {
        self.allow.is_some()
    }

    /// Whether a key must say what it is.
    pub fn asks(&self) -> bool {
        self.allow.is_some() || !self.deny.is_empty()
    }

    /// Whether no model is left that could count.
    pub fn is_void(&self) -> bool {
        self.allow.as_ref().is_some_and(|allow| allow.is_subset(&self.deny))
    }

    /// Whether a model that nobody denies for itself would count.
    fn takes(&self, aaguid: &Aaguid) -> bool {
        !self.deny.contains(aaguid) && self.allow.as_ref().is_none_or(|allow| allow.contains(aaguid))
    }

    /// What changes from these to others: one line a list, with what was taken out and what was put in.
    pub(super) fn compare(&self, after: &Self, place: &str) -> Vec<Change> {
        let mut out = Vec::new();
        let none = BTreeSet::new();
        let (was, is) = (self.allow.as_ref().unwrap_or(&none), after.allow.as_ref().unwrap_or(&none));
        if self.allow != after.allow {
            let weaker = match (&self.allow, &after.allow) {
                (Some(_), None) => true,
                (None, _) => false,
                (Some(was), Some(is)) => is.difference(was).any(|model| after.takes(model)),
            };
            let told = |list: &Option<BTreeSet<_>>, moved| match list {
                Some(list) => told(list.len(), moved),
                None => "any".to_owned(),
            };
            let before = told(&self.allow, ("-", was.difference(is)));
            let member = format!("{place}.authenticators.allow");
            out.push(Change { member, before, after: told(&after.allow, ("+", is.difference(was))), weaker });
        }
        if self.deny != after.deny {
            let (was, is) = (&self.deny, &after.deny);
            let weaker = was.difference(is).any(|model| after.takes(model));
            let before = told(was.len(), ("-", was.difference(is)));
            let member = format!("{place}.authenticators.deny");
            out.push(Change { member, before, after: told(is.len(), ("+", is.difference(was))), weaker });
        }
        out
    }
}

/// How many there are, and which of them come or go.
fn told<'a>(count: usize, (sign, moved): (&str, impl Iterator<Item = &'a Aaguid>)) -> String {
    let mut text = count.to_string();
    for model in moved {
        text.push_str(&format!(" {sign}{model}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(n: u8) -> Aaguid {
        Aaguid::from_bytes([n; 16]).unwrap()
    }

    fn lists(allow: &[u8], deny: &[u8]) -> Authenticators {
        let models = |list: &[u8]| list.iter().map(|n| model(*n)).collect();
        Authenticators { allow: models(allow), deny: models(deny) }
    }

    fn models(all: &[Authenticators]) -> Models {
        let mut models = Models::default();
        all.iter().for_each(|lists| models.narrow(lists));
        models
    }

    #[test]
    fn a_key_counts_by_what_every_list_says_of_its_model() {
        let key = |n: Option<u8>, attested| Model { aaguid: n.map(model), attested };
        type Row<'a> = (&'a [Authenticators], Model, Result<(), Unfit>);
        let rows: &[Row<'_>] = &[
            (&[], key(None, false), Ok(())),
            (&[lists(&[], &[1])], key(Some(1), true), Err(Unfit::Denied)),
            (&[lists(&[], &[1])], key(Some(2), false), Ok(())),
            (&[lists(&[], &[1])], key(None, false), Ok(())),
            (&[lists(&[1, 2], &[])], key(Some(1), true), Ok(())),
            (&[lists(&[1, 2], &[])], key(Some(1), false), Err(Unfit::Unattested)),
            (&[lists(&[1, 2], &[])], key(Some(3), true), Err(Unfit::Unlisted)),
            (&[lists(&[1, 2], &[])], key(None, false), Err(Unfit::Unlisted)),
            (&[lists(&[1, 2], &[]), lists(&[2, 3], &[])], key(Some(1), true), Err(Unfit::Unlisted)),
            (&[lists(&[1, 2], &[]), lists(&[2, 3], &[])], key(Some(2), true), Ok(())),
            (&[lists(&[1, 2], &[]), lists(&[], &[2])], key(Some(2), true), Err(Unfit::Denied)),
        ];
        for (at, (all, key, want)) in rows.iter().enumerate() {
            assert_eq!(models(all).judge(key), *want, "row {at}");
        }
        assert!(models(&[lists(&[1], &[]), lists(&[2], &[])]).is_void());
        assert!(models(&[lists(&[1], &[]), lists(&[], &[1])]).is_void());
        assert!(!models(&[lists(&[1, 2], &[]), lists(&[], &[1])]).is_void());
    }

    #[test]
    fn lists_that_contradict_themselves_are_refused_by_the_entry() {
        let long = Authenticators {
            allow: (0..=500_u128).map(|n| Aaguid::from_bytes((n + 1).to_be_bytes()).unwrap()).collect(),
            deny: Vec::new(),
        };
        let rows = [
            (lists(&[1, 2, 1], &[]), "x.authenticators.allow", model(1).to_string()),
            (lists(&[], &[3, 3]), "x.authenticators.deny", model(3).to_string()),
            (lists(&[1, 2], &[2]), "x.authenticators.deny", model(2).to_string()),
            (long, "x.authenticators.allow", "501 models".to_owned()),
        ];
        for (lists, member, part) in rows {
            let bad = lists.check("x").unwrap_err();
            assert!(bad.member == member && bad.text.contains(&part), "{bad}");
        }
        assert_eq!(lists(&[1], &[2]).check("x"), Ok(()));
    }

    #[test]
    fn whatever_lets_another_model_count_asks_less() {
        type Row<'a> = ((&'a [u8], &'a [u8]), (&'a [u8], &'a [u8]), &'a [(&'a str, bool)]);
        let rows: &[Row<'_>] = &[
            ((&[], &[]), (&[1], &[]), &[("allow", false)]),
            ((&[1], &[]), (&[], &[]), &[("allow", true)]),
            ((&[1], &[]), (&[1, 2], &[]), &[("allow", true)]),
            ((&[1, 2], &[]), (&[1], &[]), &[("allow", false)]),
            ((&[1], &[]), (&[2], &[]), &[("allow", true)]),
            ((&[], &[]), (&[], &[1]), &[("deny", false)]),
            ((&[], &[1]), (&[], &[]), &[("deny", true)]),
            ((&[], &[1]), (&[], &[2]), &[("deny", true)]),
            // What is denied no more is not allowed either.
            ((&[], &[1]), (&[2], &[]), &[("allow", false), ("deny", false)]),
            ((&[1], &[]), (&[1], &[]), &[]),
        ];
        for (at, (before, after, want)) in rows.iter().enumerate() {
            let of = |(allow, deny): &(&[u8], &[u8])| models(&[lists(allow, deny)]);
            let told = of(before).compare(&of(after), "p");
            let told: Vec<_> =
                told.iter().map(|c| (c.member.rsplit('.').next().unwrap(), c.weaker)).collect();
            assert_eq!(told, *want, "row {at}");
        }
        let told = models(&[lists(&[1, 2], &[])]).compare(&models(&[lists(&[2, 3], &[])]), "p");
        assert_eq!(told[0].before, format!("2 -{}", model(1)));
        assert_eq!(told[0].after, format!("2 +{}", model(3)));
    }
}
