//! The console as samples; it speaks English alone.

use super::super::admin::organisations::{
    Branch, FormError, GrantPage, Holder, OrganisationPage, OrganisationsPage, RevokePage,
};
use super::super::admin::overview::{Held, OverviewPage};
use super::super::admin::{AdminShell, Done, DutyWord, NavItem};
use super::super::fixtures::moment;
use super::super::i18n::Locale;
use super::super::shell::Shell;
use super::Gallery;

impl Gallery {
    pub(super) fn console(&mut self) {
        if self.locale == Locale::En {
            self.overviews();
            self.organisations();
            self.duties();
        }
    }

    fn frame(&self, here: &str) -> AdminShell {
        let shell = Shell { account_name: Some("Sam Lindqvist".to_owned()), ..self.alone() };
        let item = |url, key, waiting| NavItem { url, key, here: url == here, waiting };
        let nav = vec![
            item("/admin/", "admin-overview-title", 0),
            item("/admin/organisations", "admin-organisations-title", 2),
        ];
        AdminShell { shell, nav, done: None }
    }

    fn overviews(&mut self) {
        let held = |duty| Held {
            duty,
            organisation: "Riverside Video Clinic".to_owned(),
            url: "/admin/organisations/root".to_owned(),
        };
        let page = OverviewPage {
            frame: self.frame("/admin/"),
            duties: DutyWord::ALL.iter().copied().map(held).collect(),
            one_owner: true,
            no_support_phone: true,
        };
        self.add("admin-overview", &page);
        let duties = vec![held(DutyWord::HelpDesk)];
        self.add(
            "admin-overview-plain",
            &OverviewPage { duties, one_owner: false, no_support_phone: false, ..page },
        );
    }

    fn organisations(&mut self) {
        let branch = |name: &str, depth| Branch {
            name: name.to_owned(),
            url: "/admin/organisations/root".to_owned(),
            depth,
        };
        let tree = vec![
            branch("Riverside Video Clinic", 0),
            branch("North", 1),
            branch("Children’s ward", 2),
            branch("South", 1),
        ];
        let page = OrganisationsPage {
            frame: self.frame("/admin/organisations"),
            tree: tree.clone(),
            parents: vec![("root".to_owned(), "Riverside Video Clinic".to_owned())],
            name: String::new(),
            error: None,
        };
        self.add("admin-organisations", &page);
        let wrong = OrganisationsPage { error: Some(FormError::Name), ..page.clone() };
        self.add("admin-organisations-error", &wrong);
        self.add("admin-organisations-plain", &OrganisationsPage { parents: Vec::new(), ..page });

        let holder = |name: &str, username: &str, duty| Holder {
            name: name.to_owned(),
            username: username.to_owned(),
            duty,
            since: moment(),
            revoke: Some("/admin/grants/1/revoke".to_owned()),
        };
        let page = OrganisationPage {
            frame: AdminShell { done: Some(Done::DutyGranted), ..self.frame("/admin/organisations") },
            id: "root".to_owned(),
            title: "Riverside Video Clinic".to_owned(),
            since: Some(moment()),
            name: "Riverside Video Clinic".to_owned(),
            below: tree.get(1..2).unwrap_or_default().to_vec(),
            holders: Some(vec![
                holder("Sam Lindqvist", "sam", DutyWord::Owner),
                holder("Amara Okafor", "amara", DutyWord::RegistrationOfficer),
            ]),
            rename: Some("/admin/organisations/root".to_owned()),
            grant: Some("/admin/organisations/root/grant".to_owned()),
            error: None,
        };
        self.add("admin-organisation", &page);
        for done in Done::ALL {
            let frame = AdminShell { done: Some(*done), ..page.frame.clone() };
            self.add(done.key(), &OrganisationPage { frame, ..page.clone() });
        }
        let (holders, frame) = (Some(Vec::new()), self.frame("/admin/organisations"));
        let bare = OrganisationPage { holders, frame, below: Vec::new(), since: None, ..page.clone() };
        self.add("admin-organisation-bare", &bare);
        self.add("admin-organisation-error", &OrganisationPage { error: Some(FormError::Name), ..bare });
    }

    fn duties(&mut self) {
        let page = GrantPage {
            frame: self.frame("/admin/organisations"),
            organisation: "North".to_owned(),
            action: "/admin/organisations/1/grant".to_owned(),
            back: "/admin/organisations/1".to_owned(),
            duties: vec![
                ("registration_officer", DutyWord::RegistrationOfficer, true),
                ("help_desk", DutyWord::HelpDesk, false),
            ],
            person: "amara".to_owned(),
            reason: String::new(),
            error: None,
        };
        self.add("admin-grant", &page);
        for error in FormError::ALL {
            if ["person", "duty", "reason"].contains(&error.field()) {
                self.add(error.key(), &GrantPage { error: Some(*error), ..page.clone() });
            }
        }
        let page = RevokePage {
            frame: self.frame("/admin/organisations"),
            name: "Amara Okafor".to_owned(),
            duty: DutyWord::RegistrationOfficer,
            action: "/admin/grants/1/revoke".to_owned(),
            back: "/admin/organisations/1".to_owned(),
            reason: String::new(),
            error: None,
        };
        self.add("admin-revoke", &page);
        self.add("admin-revoke-error", &RevokePage { error: Some(FormError::Reason), ..page });
    }
}
