//! The console's page of signing keys as a sample.

use super::super::admin::keys::{KeyLine, KeyRevokePage, KeyStateWord, KeyUntilWord, KeyUseWord, KeysPage};
use super::super::admin::organisations::FormError;
use super::super::fixtures::moment;
use super::Gallery;

impl Gallery {
    pub(super) fn keys(&mut self) {
        let kid = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        let line = |usage: &KeyUseWord, state: &KeyStateWord| KeyLine {
            kid: kid.to_owned(),
            usage: *usage,
            algorithm: if *usage == KeyUseWord::Answers { "RS256" } else { "ES256" },
            state: *state,
            since: moment(),
            until: match state {
                KeyStateWord::Active => Some((KeyUntilWord::Signs, moment())),
                KeyStateWord::Next => None,
                KeyStateWord::Retired if *usage == KeyUseWord::Trail => Some((KeyUntilWord::Kept, moment())),
                KeyStateWord::Retired => Some((KeyUntilWord::Published, moment())),
            },
            revoke: (*usage != KeyUseWord::Trail).then(|| format!("/admin/keys/{kid}/revoke")),
        };
        let of = |state| KeyUseWord::ALL.iter().map(move |usage| line(usage, state));
        let keys = KeyStateWord::ALL.iter().flat_map(of).collect();
        let page = KeysPage { frame: self.frame("/admin/keys"), keys };
        self.add("admin-keys", &page);
        let page = KeyRevokePage {
            frame: self.frame("/admin/keys"),
            name: "ES256 NzbLsXh8…".to_owned(),
            signs: true,
            action: format!("/admin/keys/{kid}/revoke"),
            back: "/admin/keys",
            reason: String::new(),
            error: None,
        };
        self.add("admin-key-revoke", &page);
        self.add("admin-key-revoke-error", &KeyRevokePage { error: Some(FormError::Reason), ..page });
    }
}
