//! The console's pages of enrolling people as samples: invitations, reminders, lists, recoveries.

use super::super::admin::imports::{
    FaultLine, Foreseen, ImportError, ImportLine, ImportNewPage, ImportPage, ImportWord, ImportsPage,
};
use super::super::admin::invitations::{InvitationBlock, InviteError, InvitePage, LinkWord, SentLink};
use super::super::admin::people::{Milestone, MissingWord, PersonPage, SessionLine, StageWord};
use super::super::admin::recoveries::{RecoveriesPage, WaitingLine, WaitingWord};
use super::super::admin::reminders::{RemindPage, ReminderCounts};
use super::super::fixtures::moment;
use super::super::i18n::Locale;
use super::super::words::Role;
use super::Gallery;

impl Gallery {
    pub(super) fn enrolling(&mut self) {
        self.invite();
        self.remind();
        self.recoveries();
        self.lists_of_people();
        self.new_list();
        self.list();
    }

    pub(super) fn sessions() -> Vec<SessionLine> {
        let line = |id: &str, device: Option<&str>, network: Option<&str>| SessionLine {
            id: id.to_owned(),
            device: device.map(str::to_owned),
            network: network.map(str::to_owned),
            began: moment(),
            seen: moment(),
        };
        vec![line("1", Some("Firefox, Windows"), Some("203.0.113.7/32")), line("2", None, None)]
    }

    /// A person's page while they wait for their invitation.
    pub(super) fn invited(&mut self, bare: &PersonPage) {
        let link = |standing| Some(SentLink { standing, at: moment(), until: moment() });
        let to = |rest: &str| Some(format!("/admin/people/1/{rest}"));
        let names = [
            "admin-person-invited",
            "admin-person-invited-spent",
            "admin-person-invited-revoked",
            "admin-person-invited-expired",
        ];
        for (word, name) in LinkWord::ALL.iter().zip(names) {
            let block = InvitationBlock {
                mail: link(*word),
                letter: link(LinkWord::Open).filter(|_| *word == LinkWord::Revoked),
                resend: to("resend"),
                print: to("letter"),
                revoke: to("revoke").filter(|_| *word == LinkWord::Open),
            };
            let page = PersonPage {
                timeline: StageWord::ALL
                    .iter()
                    .map(|stage| {
                        let done = *stage == StageWord::Invited;
                        Milestone { stage: *stage, at: Some(moment()).filter(|_| done), done }
                    })
                    .collect(),
                missing: vec![MissingWord::Activation],
                invitation: Some(block),
                email: Some("rose@riverside.example".to_owned()),
                reset: None,
                end_sessions: None,
                ..bare.clone()
            };
            self.add(name, &page);
        }
    }

    fn invite(&mut self) {
        let page = InvitePage {
            frame: self.frame("/admin/people"),
            form: "one".to_owned(),
            roles: vec![("patient", Role::Patient, true), ("clinician", Role::Clinician, false)],
            places: vec![("north".to_owned(), "North".to_owned(), true)],
            locales: Locale::ALL.iter().map(|one| (one.tag(), one.name(), *one == Locale::En)).collect(),
            given: "Rose".to_owned(),
            family: "Adams".to_owned(),
            email: "rose@riverside.example".to_owned(),
            username: String::new(),
            by_letter: false,
            error: None,
        };
        self.add("admin-invite", &page);
        for error in InviteError::ALL {
            let page = InvitePage { error: Some(*error), by_letter: true, ..page.clone() };
            self.add(error.key(), &page);
        }
    }

    fn remind(&mut self) {
        let stages = [StageWord::Invited, StageWord::Activated, StageWord::Factor, StageWord::Spare];
        let page = RemindPage {
            frame: self.frame("/admin/people"),
            stages: stages.iter().map(|word| (word.key(), *word, *word == StageWord::Factor)).collect(),
            chosen: Some(("factor", StageWord::Factor, "1,000+".to_owned())),
            most: 100,
            told: Some(ReminderCounts { sent: 97, unreached: 3, more: true }),
        };
        self.add("admin-remind", &page);
        self.add("admin-remind-first", &RemindPage { chosen: None, told: None, ..page });
    }

    fn recoveries(&mut self) {
        let line = |what, call: Option<&str>| WaitingLine {
            url: "/admin/people/1".to_owned(),
            name: "Rose Adams".to_owned(),
            username: "rose".to_owned(),
            what,
            since: moment(),
            ready: (what == WaitingWord::Cooling).then(moment),
            call: call.map(str::to_owned),
            stop: (what != WaitingWord::Reset).then(|| "/admin/people/1/stop-recovery".to_owned()),
        };
        let page = RecoveriesPage {
            frame: self.frame("/admin/recoveries"),
            waiting: WaitingWord::ALL
                .iter()
                .map(|word| line(*word, (*word == WaitingWord::Help).then_some("+44 20 7946 0123")))
                .collect(),
        };
        self.add("admin-recoveries", &page);
        self.add("admin-recoveries-none", &RecoveriesPage { waiting: Vec::new(), ..page });
    }

    fn list_line(state: ImportWord) -> ImportLine {
        ImportLine {
            url: "/admin/people/imports/1".to_owned(),
            at: moment(),
            organisation: "North".to_owned(),
            by: "Amara Okafor".to_owned(),
            state,
            total: 10_000,
            created: 2_150,
            failed: 12,
        }
    }

    fn lists_of_people(&mut self) {
        let lists = ImportWord::ALL.iter().map(|state| Self::list_line(*state)).collect();
        let page = ImportsPage { frame: self.frame("/admin/people"), lists };
        self.add("admin-imports", &page);
        self.add("admin-imports-none", &ImportsPage { lists: Vec::new(), ..page });
    }

    fn new_list(&mut self) {
        let page = ImportNewPage {
            frame: self.frame("/admin/people"),
            roles: vec![("patient", Role::Patient, true), ("clinician", Role::Clinician, false)],
            places: vec![("north".to_owned(), "North".to_owned(), true)],
            pasted: String::new(),
            map: "Kennung=username".to_owned(),
            columns: vec!["external_id", "username", "email", "email_verified", "password_hash"],
            error: None,
        };
        self.add("admin-import-new", &page);
        for (field, name) in [
            ("file", "admin-import-new-file"),
            ("pasted", "admin-import-new-pasted"),
            ("map", "admin-import-new-map"),
            ("organisation", "admin-import-new-organisation"),
        ] {
            let text = "Line 3: byte 31 of the file is no UTF-8; save it as “CSV UTF-8”.".to_owned();
            let error = Some(ImportError { field, text });
            self.add(name, &ImportNewPage { error, ..page.clone() });
        }
    }

    fn list(&mut self) {
        let fault = |line, column: &str, what: &str, fix: &str| FaultLine {
            line,
            column: column.to_owned(),
            what: what.to_owned(),
            fix: fix.to_owned(),
        };
        let page = ImportPage {
            frame: self.frame("/admin/people"),
            url: "/admin/people/imports/1".to_owned(),
            line: Self::list_line(ImportWord::Ready),
            done: 2_162,
            skipped: 0,
            foreseen: Some(Foreseen {
                create: 9_988,
                with_proved_address: 8_200,
                with_password: 9_000,
                with_code_app: 12,
                to_invite: 500,
                without_a_way_in: 476,
                unchanged: 0,
            }),
            faults: vec![
                fault(3, "role", "no role", "write patient, clinician or administrator"),
                fault(17, "name", "begins with =, +, - or @", "write the name without it"),
            ],
            sheet: Some("/admin/people/imports/1/errors".to_owned()),
            apply: Some("/admin/people/imports/1/apply".to_owned()),
            cancel: Some("/admin/people/imports/1/cancel".to_owned()),
            paused: false,
            kept: None,
        };
        self.add("admin-import-foreseen", &page);
        let (line, apply, foreseen) = (Self::list_line(ImportWord::Running), None, None);
        let running = ImportPage { line, apply, foreseen, ..page };
        self.add("admin-import-under-way", &running);
        self.add("admin-import-under-way-paused", &ImportPage { paused: true, ..running.clone() });
        for state in [ImportWord::Done, ImportWord::Cancelled, ImportWord::Stopped, ImportWord::Loading] {
            let (line, cancel, kept) = (Self::list_line(state), None, Some(moment()));
            let over = ImportPage { line, cancel, kept, ..running.clone() };
            self.add(state.key(), &over);
        }
    }
}
