//! What takes two people, and the trail, as samples.

use super::super::admin::DutyWord;
use super::super::admin::activity::{
    ActivityError, ActivityPage, EventLine, EventPage, ExportForm, Fact, FactWord, GroupWord, KindGroup,
    OutcomeWord, StandingWord, Typed,
};
use super::super::admin::approvals::{
    ApprovalLine, ApprovalPage, ApprovalsPage, CheckWord, DecidePage, Facts, HandingWord, PersonFacts,
    StateWord, WhatWord,
};
use super::super::admin::people::Filter;
use super::super::fixtures::moment;
use super::super::words::{Method, Role};
use super::Gallery;

fn amara() -> PersonFacts {
    PersonFacts {
        name: "Amara Okafor".to_owned(),
        username: "amara".to_owned(),
        url: None,
        role: Role::Administrator,
        organisation: "North".to_owned(),
        duties: vec![
            (DutyWord::RegistrationOfficer, "North".to_owned()),
            (DutyWord::Auditor, "South".to_owned()),
        ],
        ways: Vec::new(),
    }
}

fn reset() -> Facts {
    Facts {
        what: WhatWord::Reset,
        duty: None,
        organisation: "North".to_owned(),
        subject: Some(PersonFacts {
            name: "Rose Adams".to_owned(),
            username: "rose".to_owned(),
            url: Some("/admin/people/1".to_owned()),
            role: Role::Patient,
            organisation: "North".to_owned(),
            duties: Vec::new(),
            ways: vec![
                (Method::Password, String::new(), false),
                (Method::Totp, "Phone".to_owned(), true),
                (Method::Passkey, "Laptop".to_owned(), false),
            ],
        }),
        requester: Some(amara()),
        methods: vec![Method::Totp, Method::Passkey],
        checked: Some(CheckWord::InPerson),
        handing: Some(HandingWord::FaceToFace),
        reason: Some("Lost her phone on the bus.\nSeen with her passport at the desk.".to_owned()),
        policy: None,
        asked: moment(),
        until: moment(),
        state: StateWord::Open,
        decider: None,
    }
}

impl Gallery {
    pub(super) fn approvals(&mut self) {
        let line = |what, duty, approved| ApprovalLine {
            url: "/admin/approvals/1".to_owned(),
            what,
            duty,
            name: (what != WhatWord::Policy).then(|| "Rose Adams".to_owned()),
            by: "Amara Okafor".to_owned(),
            until: moment(),
            approved,
        };
        let waiting = vec![
            line(WhatWord::Reset, None, false),
            line(WhatWord::Reset, None, true),
            line(WhatWord::Grant, Some(DutyWord::SecurityOfficer), false),
            line(WhatWord::Revoke, Some(DutyWord::Owner), false),
            line(WhatWord::Erase, None, false),
            line(WhatWord::Policy, None, false),
        ];
        let queue = ApprovalsPage {
            frame: self.frame("/admin/approvals"),
            waiting,
            next: Some("/admin/approvals?after=1.a".to_owned()),
            first: Some("/admin/approvals".to_owned()),
        };
        self.add("admin-approvals", &queue);
        let none = ApprovalsPage { waiting: Vec::new(), next: None, first: None, ..queue };
        self.add("admin-approvals-none", &none);
        let page = ApprovalPage {
            frame: self.frame("/admin/approvals"),
            facts: reset(),
            decide: Some("/admin/approvals/1/decide".to_owned()),
            carry_out: None,
            withdraw: None,
            own: false,
            stale: false,
            activity: Some("/admin/activity?person=1".to_owned()),
        };
        self.add("admin-approval", &page);
        for state in StateWord::ALL {
            let (decide, own) = (None, true);
            let carry_out =
                (*state == StateWord::Approved).then(|| "/admin/approvals/1/carry-out".to_owned());
            let withdraw = (*state == StateWord::Open).then(|| "/admin/approvals/1/withdraw".to_owned());
            let decider = (*state == StateWord::Approved).then(|| "Sam Lindqvist".to_owned());
            let facts = Facts { state: *state, decider, ..reset() };
            self.add(state.key(), &ApprovalPage { facts, decide, own, carry_out, withdraw, ..page.clone() });
        }
        let erase = Facts {
            what: WhatWord::Erase,
            methods: Vec::new(),
            checked: None,
            handing: None,
            reason: Some("Asked for it in writing.".to_owned()),
            ..reset()
        };
        self.add("admin-what-erase", &ApprovalPage { facts: erase.clone(), ..page.clone() });
        let decide = DecidePage {
            frame: self.frame("/admin/approvals"),
            facts: erase,
            stale: false,
            action: "/admin/approvals/1/decide".to_owned(),
            back: "/admin/approvals/1".to_owned(),
        };
        self.add("admin-decide-erase", &decide);
        self.policy_approval(&page);
    }

    fn policy_approval(&mut self, page: &ApprovalPage) {
        let policy = Facts {
            what: WhatWord::Policy,
            subject: None,
            methods: Vec::new(),
            checked: None,
            handing: None,
            reason: Some("Longer shifts at the weekend".to_owned()),
            policy: Some(("3".to_owned(), Self::changes())),
            ..reset()
        };
        let facts = policy.clone();
        self.add(
            "admin-approval-policy",
            &ApprovalPage { facts, stale: true, activity: None, ..page.clone() },
        );
        let grant = Facts {
            what: WhatWord::Grant,
            duty: Some(DutyWord::Owner),
            requester: None,
            reason: None,
            methods: Vec::new(),
            checked: None,
            handing: None,
            ..reset()
        };
        let decide = DecidePage {
            frame: self.frame("/admin/approvals"),
            facts: grant,
            stale: false,
            action: "/admin/approvals/1/decide".to_owned(),
            back: "/admin/approvals/1".to_owned(),
        };
        self.add("admin-decide", &decide);
        self.add("admin-decide-policy", &DecidePage { facts: policy, stale: true, ..decide });
    }

    pub(super) fn activity(&mut self) {
        let filter = |name, label| Filter {
            name,
            label,
            choices: vec![
                (String::new(), "All".to_owned(), false),
                ("refused".to_owned(), "Refused".to_owned(), true),
            ],
        };
        let line = |sentence: &str, kind, outcome| EventLine {
            url: "/admin/activity/1".to_owned(),
            sentence: sentence.to_owned(),
            at: moment(),
            kind,
            outcome,
        };
        let group = |word: &GroupWord| KindGroup {
            word: *word,
            all: (word.key(), *word == GroupWord::SignIn),
            kinds: vec![("password.refused", false), ("session.signed_in", false)],
        };
        let page = ActivityPage {
            frame: self.frame("/admin/activity"),
            place: "Riverside".to_owned(),
            filters: vec![
                filter("organisation", "admin-filter-organisation"),
                filter("outcome", "admin-activity-outcome"),
            ],
            groups: GroupWord::ALL.iter().map(group).collect(),
            typed: Typed { person: "rose".to_owned(), from: "2026-09-01".to_owned(), ..Typed::default() },
            errors: Vec::new(),
            events: vec![
                line("Rose Adams signed in.", "session.signed_in", OutcomeWord::Ok),
                line(
                    "A password for Rose Adams was refused: what was typed or answered was wrong.",
                    "password.refused",
                    OutcomeWord::Refused,
                ),
                line("A notice to Rose Adams could not be delivered.", "notice.failed", OutcomeWord::Failed),
            ],
            zone: "UTC".to_owned(),
            narrowed: true,
            younger: Some("/admin/activity?younger=1.a".to_owned()),
            older: Some("/admin/activity?older=1.a".to_owned()),
            newest: Some("/admin/activity".to_owned()),
            export: Some(ExportForm { fields: vec![("person", "rose".to_owned())], signed: true }),
        };
        self.add("admin-activity", &page);
        let none = ActivityPage {
            events: Vec::new(),
            younger: None,
            older: None,
            newest: None,
            export: None,
            ..page.clone()
        };
        self.add("admin-activity-none-match", &none);
        self.add("admin-activity-none", &ActivityPage { narrowed: false, ..none.clone() });
        let errors = ActivityError::ALL.to_vec();
        self.add("admin-activity-errors", &ActivityPage { errors, ..none });
    }

    pub(super) fn events(&mut self) {
        let facts = FactWord::ALL.iter().map(|word| Fact {
            word: *word,
            value: "account:01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            url: (*word == FactWord::Person).then(|| "/admin/people/1".to_owned()),
            others: (*word == FactWord::Person).then(|| "/admin/activity?person=1".to_owned()),
        });
        let page = EventPage {
            frame: self.frame("/admin/activity"),
            sentence: "A password for Rose Adams was refused: what was typed or answered was wrong."
                .to_owned(),
            at: moment(),
            outcome: OutcomeWord::Refused,
            why: Some("What was typed or answered was wrong. (wrong)".to_owned()),
            reason: Some("She asked for it by telephone.".to_owned()),
            facts: facts.collect(),
            standing: StandingWord::Sealed,
            wrong: None,
            link: Some(("p-4711".to_owned(), 42)),
            seal: Some((7, moment(), "es256-2026".to_owned())),
            examined: moment(),
            raw: "{\n  \"kind\": \"password.refused\"\n}".to_owned(),
            back: "/admin/activity".to_owned(),
        };
        for standing in StandingWord::ALL {
            let wrong = (*standing == StandingWord::Broken).then_some("a row is missing");
            self.add(standing.key(), &EventPage { standing: *standing, wrong, ..page.clone() });
        }
        let bare = EventPage { why: None, reason: None, link: None, seal: None, ..page };
        self.add("admin-event-title", &bare);
    }
}
