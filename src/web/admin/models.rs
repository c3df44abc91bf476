//! Lists of models of keys as forms have them: AAGUIDs, one a line, with the names they are known by.

use super::Admin;
use crate::factors::model::Aaguid;
use crate::oidc::authorize::RawRequest;
use crate::policy::models::{Authenticators, Unfit};
use crate::policy::rules::Change;
use crate::web::pages::admin::policies::{ModelLists, ModelsCell, UnfitWord};

/// A rule's lists in a table.
pub(super) fn cell(lists: &Authenticators) -> ModelsCell {
    let count = |list: &[Aaguid]| u32::try_from(list.len()).unwrap_or(u32::MAX);
    ModelsCell { allow: count(&lists.allow), deny: count(&lists.deny) }
}

/// A rule's lists in a form.
pub(super) fn lists(admin: &Admin, lists: &Authenticators) -> ModelLists {
    let lines = |list: &[Aaguid]| {
        let lines: Vec<_> = list.iter().map(Aaguid::to_string).collect();
        lines.join("\n")
    };
    with_names(admin, lists, (lines(&lists.allow), lines(&lists.deny)))
}

/// A form's lists as they were typed.
pub(super) fn as_typed(admin: &Admin, form: &RawRequest, lists: &Authenticators) -> ModelLists {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    with_names(admin, lists, (text("allow"), text("deny")))
}

fn with_names(admin: &Admin, lists: &Authenticators, (allow, deny): (String, String)) -> ModelLists {
    let metadata = admin.caller.cx.models.metadata();
    let known = |aaguid: &Aaguid| {
        let entry = metadata.as_ref()?.models.get(aaguid)?;
        Some((aaguid.to_string(), entry.name.clone(), entry.distrusted.is_some()))
    };
    let known = lists.allow.iter().chain(&lists.deny).filter_map(known).collect();
    ModelLists { allow, deny, known, has_metadata: metadata.is_some() }
}

/// What was typed, and what of it cannot be read, by list and entry.
pub(super) fn typed(form: &RawRequest) -> (Authenticators, Option<String>) {
    let (mut lists, mut unread) = (Authenticators::default(), None);
    for (name, list) in [("allow", &mut lists.allow), ("deny", &mut lists.deny)] {
        let entries = form.get(name).unwrap_or_default();
        for entry in entries.split(|c: char| c.is_whitespace() || c == ',').filter(|entry| !entry.is_empty())
        {
            match Aaguid::parse(entry) {
                Ok(aaguid) => list.push(aaguid),
                Err(why) => unread = unread.or_else(|| Some(format!("authenticators.{name}: {why}"))),
            }
        }
    }
    (lists, unread)
}

/// The names of models that come or go, as far as they are known.
pub(super) fn named(admin: &Admin, changes: &[Change]) -> Vec<(String, String)> {
    let Some(metadata) = admin.caller.cx.models.metadata() else { return Vec::new() };
    let mut named = Vec::new();
    for word in changes.iter().flat_map(|change| [&change.before, &change.after]).flat_map(|s| s.split(' ')) {
        let aaguid = word.strip_prefix(['+', '-']).and_then(|text| Aaguid::parse(text).ok());
        if let Some((aaguid, name)) = aaguid.and_then(|aaguid| Some((aaguid, metadata.name(aaguid)?))) {
            named.push((aaguid.to_string(), name.to_owned()));
        }
    }
    named.sort();
    named.dedup();
    named
}

/// Why a key does not count, in words.
pub(super) fn unfit(why: Unfit) -> UnfitWord {
    match why {
        Unfit::Denied => UnfitWord::Denied,
        Unfit::Unlisted => UnfitWord::Unlisted,
        Unfit::Unattested => UnfitWord::Unattested,
        Unfit::OutOfUse => UnfitWord::OutOfUse,
    }
}
