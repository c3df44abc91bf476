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
            model: (method == Method::SecurityKey).then(|| "Example Keys <Series 5> with NFC".to_owned()),
            unsafe_model: method == Method::SecurityKey,
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
            closing: None,
            asked: None,
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
            change_password: Some("/account/password".to_owned()),
            new_recovery_codes: Some("/account/recovery-codes".to_owned()),
            sign_out_action: "/account/sign-out".to_owned(),
        };
        self.add("account", &page);
        let asked = Some("/approve".to_owned());
        self.add("account-asked", &account::AccountPage { asked, ..page.clone() });
        self.asks_elsewhere();
        for notice in account::AccountNotice::ALL {
            self.add(notice.key(), &account::AccountPage { notice: Some(*notice), ..page.clone() });
        }
        let mut ways = page.ways.clone();
        if let Some(way) = ways.get_mut(2) {
            way.off = true;
        }
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
        self.details();
        self.lists();
        let page = account::name::NamePage {
            shell: self.alone(),
            method: Method::SecurityKey,
            name: "Blue key".to_owned(),
            action: "/account/ways/1/name".to_owned(),
            back: "/account/".to_owned(),
        };
        self.add("account-name", &page);
    }

    fn asks_elsewhere(&mut self) {
        let ask = |id: &str, app: &str, message: Option<&str>| account::approve::AppAsks {
            id: id.to_owned(),
            app: app.to_owned(),
            message: message.map(str::to_owned),
            asked: moment(),
            until: moment(),
        };
        let asks =
            vec![ask("1", "Riverside Visits", Some("Visit 4711 <today>")), ask("2", "Pharmacy desk", None)];
        let asking = |asks| account::approve::ApproveStep::Ask { action: "/approve".to_owned(), asks };
        let steps = [
            ("approve", asking(asks)),
            ("approve-none", asking(Vec::new())),
            ("approve-done", account::approve::ApproveStep::Done { more: true }),
            ("approve-refused", account::approve::ApproveStep::Refused { more: false }),
            ("approve-over", account::approve::ApproveStep::Over),
        ];
        for (name, step) in steps {
            let shell = Shell { path: "/approve".to_owned(), ..self.alone() };
            self.add(name, &account::approve::ApprovePage { shell, step });
        }
    }

    fn details(&mut self) {
        let shell = || Shell { path: "/account/details".to_owned(), ..self.alone() };
        let details = account::details::DetailsPage {
            shell: shell(),
            notice: Some(account::AccountNotice::LinkSent),
            name: "Amara Okafor".to_owned(),
            username: "amara".to_owned(),
            role: Role::Patient,
            birthdate: Some("1979-02-01".to_owned()),
            phone: Some("+44 20 7946 0991".to_owned()),
            primary: account::details::Address {
                address: Some(MAIL.to_owned()),
                verified: true,
                waiting: None,
                change: "/account/addresses/primary".to_owned(),
            },
            second: account::details::Address {
                address: None,
                verified: false,
                waiting: Some(("amara@home.example".to_owned(), moment())),
                change: "/account/addresses/second".to_owned(),
            },
            remove_second: None,
            language_action: "/account/details/language".to_owned(),
        };
        let second = account::details::Address {
            address: Some("amara@home.example".to_owned()),
            waiting: None,
            ..details.second.clone()
        };
        let remove_second = Some("/account/addresses/second/remove".to_owned());
        let address = account::address::AddressPage {
            shell: shell(),
            typed: String::new(),
            error: None,
            action: "/account/addresses/second".to_owned(),
            back: "/account/details".to_owned(),
        };
        let errors: Vec<_> = account::address::AddressError::ALL
            .iter()
            .map(|error| {
                let typed = "amara".to_owned();
                (error.key(), account::address::AddressPage { typed, error: Some(*error), ..address.clone() })
            })
            .collect();
        let links: Vec<_> = account::address::AddressLink::ALL
            .iter()
            .map(|state| account::address::AddressLinkPage {
                shell: shell(),
                state: *state,
                about: (*state == account::address::AddressLink::Ask)
                    .then(|| ("amara".to_owned(), MAIL.to_owned())),
                action: "/account/address/sample".to_owned(),
                account: "/account/details".to_owned(),
            })
            .collect();
        let privacy = account::privacy::PrivacyPage {
            shell: shell(),
            notice: None,
            closing: None,
            copy: "/account/privacy/copy".to_owned(),
            close: Some("/account/privacy/close".to_owned()),
            keep_action: "/account/privacy/keep".to_owned(),
        };
        let copy = account::privacy::CopyPage {
            shell: shell(),
            action: "/account/privacy/copy".to_owned(),
            back: "/account/privacy".to_owned(),
        };
        self.add("account-details", &details);
        self.add(
            "account-details-second",
            &account::details::DetailsPage { second, remove_second, ..details },
        );
        self.add("account-address", &address);
        for (name, page) in &errors {
            self.add(name, page);
        }
        for page in &links {
            self.add(page.state.key(), page);
        }
        self.add("account-privacy", &privacy);
        let admin = account::privacy::PrivacyPage { close: None, ..privacy.clone() };
        self.add("account-privacy-administrator", &admin);
        let closing = Some(moment());
        self.add("account-privacy-closing", &account::privacy::PrivacyPage { closing, ..privacy });
        self.add("account-copy", &copy);
    }

    fn lists(&mut self) {
        let shell = || Shell { path: "/account/devices".to_owned(), ..self.alone() };
        let device = |name: Option<&str>| account::devices::Device {
            id: "0199-1".to_owned(),
            name: name.map(str::to_owned),
            network: Some("192.0.2.7".to_owned()),
            began: moment(),
            seen: moment(),
        };
        let devices = account::devices::DevicesPage {
            shell: shell(),
            notice: None,
            this: Some(device(Some("Firefox, Windows"))),
            others: vec![device(Some("Safari, iPhone")), device(Some("Android")), device(None)],
            older: Some("/account/devices?after=1.2".to_owned()),
            end_action: "/account/devices/end".to_owned(),
            end_others_action: "/account/devices/end-others".to_owned(),
            sign_out_action: "/account/sign-out".to_owned(),
        };
        let full: Vec<_> = (0..20).map(|_| device(Some("Samsung Internet, Android"))).collect();
        let apps = account::apps::AppsPage {
            shell: shell(),
            notice: None,
            apps: vec![
                account::apps::App {
                    id: "visits".to_owned(),
                    name: Some("Riverside Visits".to_owned()),
                    publisher: Some("visits.riverside.example".to_owned()),
                    scopes: ["openid", "profile", "patient/Observation.rs", "offline_access"]
                        .map(str::to_owned)
                        .to_vec(),
                    details: super::details(),
                    since: moment(),
                    used: Some(moment()),
                    opens: Some(
                        "https://visits.riverside.example/in?iss=https%3A%2F%2Fid.example".to_owned(),
                    ),
                },
                account::apps::App {
                    id: "gone".to_owned(),
                    name: None,
                    publisher: None,
                    scopes: vec!["openid".to_owned()],
                    details: Vec::new(),
                    since: moment(),
                    used: None,
                    opens: None,
                },
            ],
            action: "/account/apps/stop".to_owned(),
        };
        let entry = |deed: &account::activity::Deed| account::activity::Entry {
            deed: *deed,
            at: moment(),
            app: (deed.group() == account::activity::Group::Apps).then(|| "Riverside Visits".to_owned()),
            device: Some("Firefox, Windows".to_owned()),
            network: Some("192.0.2.7".to_owned()),
        };
        let deeds = account::activity::Deed::ALL;
        let activity = |from: usize| account::activity::ActivityPage {
            shell: shell(),
            notice: None,
            group: None,
            entries: deeds.iter().skip(from).take(20).map(entry).collect(),
            older: Some("/account/activity?after=1.2".to_owned()),
            not_me_action: "/account/not-me".to_owned(),
        };
        let empty = account::activity::ActivityPage {
            entries: Vec::new(),
            older: None,
            group: Some(account::activity::Group::Ways),
            ..activity(0)
        };
        let parts = [("account-activity", 0), ("account-activity-2", 20), ("account-activity-3", 40)];
        let parts = parts.map(|(name, from)| (name, activity(from)));
        self.add("account-devices", &devices);
        self.add("account-devices-full", &account::devices::DevicesPage { others: full, ..devices.clone() });
        let notice = Some(account::AccountNotice::OthersEnded);
        let (others, older) = (Vec::new(), None);
        self.add(
            "account-devices-alone",
            &account::devices::DevicesPage { others, older, notice, ..devices },
        );
        self.add("account-apps", &apps);
        self.add("account-apps-none", &account::apps::AppsPage { apps: Vec::new(), ..apps });
        for (name, page) in &parts {
            self.add(name, page);
        }
        self.add("account-activity-none", &empty);
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
        self.add("account-confirm-remove", &account_confirm::AccountConfirmPage { change, ..page.clone() });
        let change = account_confirm::AccountChange::RemoveAddress(MAIL.to_owned());
        self.add(
            "account-confirm-remove-address",
            &account_confirm::AccountConfirmPage { change, ..page.clone() },
        );
        let change = account_confirm::AccountChange::Close;
        self.add("account-confirm-close", &account_confirm::AccountConfirmPage { change, ..page });
    }
}
