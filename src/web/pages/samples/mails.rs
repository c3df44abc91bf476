//! The pages that links in mails lead to, as samples.

use super::super::not_me::{NotMePage, NotMeState};
use super::Gallery;

impl Gallery {
    pub(super) fn mails(&mut self) {
        for state in NotMeState::ALL {
            let page = NotMePage {
                shell: self.alone(),
                state: *state,
                action: "/not-me/sample".to_owned(),
                account: "/account/".to_owned(),
            };
            self.add(state.key(), &page);
        }
    }
}
