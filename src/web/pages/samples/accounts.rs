//! The person's own pages as samples.

use super::super::fixtures::{MAIL, moment};
use super::super::shell::Shell;
use super::super::words::{Method, Role};
use super::super::{account, account_confirm};
use super::Gallery;

impl Gallery {
    pub(super) fn accounts(&mut self) {
        let way = |method: Method, name: Option<&str>, kept: Option<account::Kept>| account::Way {
            method,
            name: name.map(str::to_owned),
            added: Some(moment()),
            last_used: kept.map(|_| moment()),
            kept,
            off: false,
            rename: name.map(|_| "/account/ways/1/name".to_owned()),
            remove: name.map(|_| "/account/ways/1/remove".to_owned()),
        };
        let page = account::AccountPage {
            shell: Shell { path: "/account".to_owned(), ..self.alone() },
            name: "Amara Okafor".to_owned(),
            username: "amara".to_owned(),
            email: Some(MAIL.to_owned()),
            role: Role::Clinician,
            notice: None,
            ways: vec![
                way(Method::Passkey, Some("iPhone"), Some(account::Kept::Synced)),
                way(Method::SecurityKey, Some("Blue key"), Some(account::Kept::OneDevice)),
                way(Method::Totp, Some("Phone"), None),
                way(Method::Password, None, None),
            ],
            recovery_codes_left: Some(8),
            add_passkey: Some("/account/passkey".to_owned()),
            add_totp: Some("/account/totp".to_owned()),
            add_security_key: Some("/account/security-key".to_owned()),
            new_recovery_codes: Some("/account/recovery-codes".to_owned()),
            sign_out_action: "/account/sign-out".to_owned(),
        };
        self.add("account", &page);
        for notice in account::AccountNotice::ALL {
            self.add(notice.key(), &account::AccountPage { notice: Some(*notice), ..page.clone() });
        }
        let mut ways = page.ways.clone();
        ways[2].off = true;
        self.add("account-way-off", &account::AccountPage { ways, ..page.clone() });
        let ways = vec![way(Method::Password, None, None), way(Method::Totp, Some("Phone"), None)];
        self.add("account-one-way", &account::AccountPage { ways, ..page.clone() });
        let ways = vec![way(Method::Password, None, None)];
        let recovery_codes_left = None;
        self.add(
            "account-bare",
            &account::AccountPage { ways, recovery_codes_left, role: Role::Patient, ..page.clone() },
        );
        let recovery_codes_left = Some(1);
        self.add(
            "account-few-codes",
            &account::AccountPage { recovery_codes_left, role: Role::Administrator, ..page },
        );
        self.confirmations();
        let page = account::name::NamePage {
            shell: self.alone(),
            method: Method::SecurityKey,
            name: "Blue key".to_owned(),
            action: "/account/ways/1/name".to_owned(),
            back: "/account/".to_owned(),
        };
        self.add("account-name", &page);
    }

    fn confirmations(&mut self) {
        let page = account_confirm::AccountConfirmPage {
            shell: self.alone(),
            change: account_confirm::AccountChange::NewRecoveryCodes,
            action: "/account/recovery-codes".to_owned(),
            back: "/account".to_owned(),
        };
        self.add("account-confirm-new-codes", &page);
        let change = account_confirm::AccountChange::Remove("Blue key".to_owned());
        self.add("account-confirm-remove", &account_confirm::AccountConfirmPage { change, ..page });
    }
}
