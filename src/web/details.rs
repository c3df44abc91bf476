//! What an app may do beyond scopes, in words.

use super::pages::Locale;
use super::pages::consent::{DetailRow, DetailShown, DetailWord};
use crate::oidc::details::{Detail, Types};

/// Details in the host's words and the app's.
pub fn in_words(types: &Types, locale: Locale, details: &[Detail]) -> Vec<DetailShown> {
    let shown = |detail: &Detail| {
        let identifier: Vec<_> = detail.identifier.iter().cloned().collect();
        let rows = [
            (DetailWord::Identifier, &identifier),
            (DetailWord::Actions, &detail.actions),
            (DetailWord::Datatypes, &detail.datatypes),
            (DetailWord::Locations, &detail.locations),
            (DetailWord::Privileges, &detail.privileges),
        ];
        let rows = rows.into_iter().filter(|(_, values)| !values.is_empty());
        DetailShown {
            title: types.words(&detail.kind, locale.tag()).unwrap_or(&detail.kind).to_owned(),
            rows: rows.map(|(what, values)| DetailRow { what, values: values.clone() }).collect(),
        }
    };
    details.iter().map(shown).collect()
}
