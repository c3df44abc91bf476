//! The console as samples; it speaks English alone.

use super::super::admin::again::{AgainPage, Waiting};
use super::super::admin::approvals::{CheckWord, CodePage, HandingWord, ResetPage};
use super::super::admin::apps::KindWord as AppKindWord;
use super::super::admin::organisations::{
    Branch, FormError, GrantPage, Holder, OrganisationPage, OrganisationsPage, RevokePage,
};
use super::super::admin::overview::{FunnelChart, FunnelRow, Held, OverviewPage};
use super::super::admin::people::{
    Deed, Filter, Milestone, MissingWord, PeoplePage, PersonLine, PersonPage, PersonWay, ReasonPage,
    StageWord, StrongestWord,
};
use super::super::admin::policies::{
    AppPage, AppRow, Because, ChangeRow, FloorWord, KindWord, ModelLists, ModelsCell, PoliciesPage,
    PolicyError, PreviewPage, RolePage, RoleRow, RoleWord, SimulationAnswer, SimulationPage, SimulationStep,
    UnfitWord, VersionRow,
};
use super::super::admin::{AdminShell, Done, DutyWord, NavItem};
use super::super::developers::{
    ApiPage, DevelopersPage, Group, KindOfApp, LevelWord, Operation, Snippet, ValueOf,
};
use super::super::fixtures::moment;
use super::super::i18n::Locale;
use super::super::shell::Shell;
use super::super::words::{Method, Role};
use super::Gallery;

const KEY_MODEL: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
const KEY_NAME: &str = "Example Keys <Series 5> with NFC";

impl Gallery {
    pub(super) fn console(&mut self) {
        if self.locale == Locale::En {
            self.overviews();
            self.again();
            self.organisations();
            self.duties();
            self.policies();
            self.policy_forms();
            self.apps();
            self.people();
            self.person();
            self.enrolling();
            self.approvals();
            self.resets();
            self.developers();
            self.activity();
            self.events();
            self.webhooks();
            self.keys();
        }
    }

    fn developers(&mut self) {
        let text = |text: &str| text.to_owned();
        let operation = |id: &str, method: &str, path: &str, scope: Option<&str>| Operation {
            id: text(id),
            method: text(method),
            path: text(path),
            summary: format!("What `{id}` does."),
            scope: scope.map(str::to_owned),
            parameters: vec![(text("limit"), text("query"), text("Items of the page."))],
            body: (method == "POST").then(|| text("Because")),
            answers: vec![(text("200"), text("A page.")), (text("401"), text("A token is needed."))],
        };
        let page = ApiPage {
            shell: self.alone(),
            document: text("/api/admin/v1/openapi.json"),
            about: text("For machine clients."),
            groups: vec![Group {
                name: text("people"),
                operations: vec![
                    operation("list_people", "GET", "/api/admin/v1/people", Some("admin:read")),
                    operation("create_reset", "POST", "/api/admin/v1/people/{id}/resets", None),
                ],
            }],
            codes: vec![(text("VS-4010"), 401, text("A token is needed"))],
            values: vec![ValueOf {
                name: text("Because"),
                about: text("Why something is done."),
                members: vec![(text("reason"), text("string"), text("Why, in words."))],
            }],
        };
        self.add("developers-api", &page);
        let code = |(id, word)| KindOfApp {
            id,
            word,
            snippets: vec![Snippet {
                id: "openid-client",
                name: "openid-client (Node)",
                file: "sign-in.mjs",
                code: text("import * as oidc from 'openid-client';\n"),
            }],
        };
        let page = DevelopersPage {
            shell: self.alone(),
            issuer: text("https://id.riverside.example"),
            discovery: text("https://id.riverside.example/.well-known/openid-configuration"),
            endpoints: vec![(text("token_endpoint"), text("https://id.riverside.example/token"))],
            levels: LevelWord::ALL.iter().map(|word| (word.key(), *word)).collect(),
            kinds: [("server", AppKindWord::Server), ("device", AppKindWord::Device)].map(code).to_vec(),
            scim: text("/scim/v2/ServiceProviderConfig"),
        };
        self.add("developers-home", &page);
    }

    pub(super) fn frame(&self, here: &str) -> AdminShell {
        let shell = Shell { account_name: Some("Sam Lindqvist".to_owned()), ..self.alone() };
        let item = |url, key, waiting| NavItem { url, key, here: url == here, waiting };
        let nav = vec![
            item("/admin/", "admin-overview-title", 0),
            item("/admin/people", "admin-people-title", 0),
            item("/admin/recoveries", "admin-recoveries-title", 0),
            item("/admin/approvals", "admin-approvals-title", 2),
            item("/admin/apps", "admin-apps-title", 0),
            item("/admin/organisations", "admin-organisations-title", 0),
            item("/admin/policies", "admin-policies-title", 0),
            item("/admin/activity", "admin-activity-title", 0),
            item("/admin/keys", "admin-keys-title", 0),
            item("/admin/webhooks", "admin-hooks-title", 0),
        ];
        AdminShell { shell, nav, done: None }
    }

    fn again(&mut self) {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let waiting = Waiting {
            action: "/admin/people/1/suspend".to_owned(),
            page: "/admin/people/1/suspend".to_owned(),
            fields: vec![field("reason", "Rose asked for it <by telephone>,\nand was called back.")],
        };
        let page = AgainPage { frame: self.frame("/admin/people"), waiting: Some(waiting) };
        self.add("admin-again", &page);
        self.add("admin-again-none", &AgainPage { waiting: None, ..page });
    }

    pub(super) fn changes() -> Vec<ChangeRow> {
        let change = |member: &str, before: &str, after: &str, weaker| ChangeRow {
            member: member.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            weaker,
        };
        vec![change("clinician.idle", "900", "1800", true), change("patient.idle", "3600", "1800", false)]
    }

    fn policies(&mut self) {
        let row = |role, floor, change: Option<&str>| RoleRow {
            role,
            floor,
            overall: 1440,
            idle: 60,
            kinds: KindWord::ALL.to_vec(),
            models: ModelsCell { allow: 0, deny: u32::from(role == RoleWord::Clinician) },
            change: change.map(str::to_owned),
        };
        let patients = Some("/admin/policies/roles/patient");
        let page = PoliciesPage {
            frame: self.frame("/admin/policies"),
            version: 3,
            roles: vec![
                row(RoleWord::Patient, FloorWord::Two, patients),
                row(RoleWord::Clinician, FloorWord::Two, None),
                row(RoleWord::Administrator, FloorWord::Resistant, None),
            ],
            apps: vec![AppRow {
                app: "Prescriptions".to_owned(),
                role: Some(RoleWord::Clinician),
                floor: Some(FloorWord::Resistant),
                max_age: Some(300),
                kinds: Some(vec![KindWord::Passkey, KindWord::SecurityKey]),
                models: ModelsCell { allow: 12, deny: 1 },
                remove: Some(0),
            }],
            add: Some("/admin/policies/apps"),
            history: vec![VersionRow {
                number: 3,
                at: moment(),
                who: "Sam Lindqvist".to_owned(),
                reason: "Shared desks on the ward".to_owned(),
                changes: Self::changes(),
                again: Some("/admin/policies/versions/2".to_owned()),
            }],
        };
        self.add("admin-policies", &page);
        let bare =
            PoliciesPage { version: 0, apps: Vec::new(), add: None, history: Vec::new(), ..page.clone() };
        self.add("admin-policies-bare", &bare);
        let answer = SimulationAnswer {
            name: "Amara Okafor".to_owned(),
            floor: FloorWord::Resistant,
            because: Because::ALL.iter().map(|because| (*because, 300)).collect(),
            unfit: UnfitWord::ALL
                .iter()
                .map(|why| ((*why != UnfitWord::Unlisted).then(|| KEY_NAME.to_owned()), *why))
                .collect(),
            steps: SimulationStep::ALL.to_vec(),
        };
        let simulation = SimulationPage {
            frame: page.frame,
            person: "amara".to_owned(),
            app: "prescriptions".to_owned(),
            answer: Some(answer),
            error: None,
        };
        self.add("admin-policy-simulation", &simulation);
        let error = Some(PolicyError::Person);
        self.add("admin-policy-simulation-error", &SimulationPage { answer: None, error, ..simulation });
    }

    fn policy_forms(&mut self) {
        let kinds: Vec<_> = KindWord::ALL.iter().map(|kind| (*kind, *kind != KindWord::Totp)).collect();
        let floors = vec![("two", FloorWord::Two, false), ("resistant", FloorWord::Resistant, true)];
        let role = RolePage {
            frame: self.frame("/admin/policies"),
            role: RoleWord::Clinician,
            action: "/admin/policies/roles/clinician".to_owned(),
            floors: floors.clone(),
            overall: "720".to_owned(),
            idle: "15".to_owned(),
            kinds: kinds.clone(),
            models: ModelLists {
                allow: String::new(),
                deny: KEY_MODEL.to_owned(),
                known: vec![(KEY_MODEL.to_owned(), KEY_NAME.to_owned(), true)],
                has_metadata: true,
            },
            error: None,
            detail: String::new(),
        };
        self.add("admin-policy-role", &role);
        let detail = "clinician.idle: from 60 to 3600 seconds".to_owned();
        self.add(
            "admin-policy-role-error",
            &RolePage { error: Some(PolicyError::Rules), detail, ..role.clone() },
        );
        let app = AppPage {
            frame: role.frame.clone(),
            app: "prescriptions".to_owned(),
            roles: vec![("", RoleWord::Everybody, false), ("clinician", RoleWord::Clinician, true)],
            floors,
            max_age: "300".to_owned(),
            kinds,
            models: ModelLists::default(),
            error: None,
            detail: String::new(),
        };
        self.add("admin-policy-app", &app);
        self.add("admin-policy-app-error", &AppPage { error: Some(PolicyError::App), ..app });
        let preview = PreviewPage {
            frame: role.frame,
            changes: Self::changes(),
            base: 3,
            document: "{}".to_owned(),
            reason: String::new(),
            weaker: true,
            models: vec![(KEY_MODEL.to_owned(), KEY_NAME.to_owned())],
            error: None,
        };
        self.add("admin-policy-preview", &preview);
        self.add("admin-policy-preview-error", &PreviewPage { error: Some(PolicyError::Reason), ..preview });
    }

    fn overviews(&mut self) {
        let held = |duty| Held {
            duty,
            organisation: "Riverside Video Clinic".to_owned(),
            url: "/admin/organisations/root".to_owned(),
        };
        let row = |stage, all: &str, length| FunnelRow {
            stage,
            by_role: [all.to_owned(), "12".to_owned(), "3".to_owned()],
            all: all.to_owned(),
            length,
            url: "/admin/people?stage=ready".to_owned(),
        };
        let rows = vec![
            row(StageWord::Invited, "1,000+", 400),
            row(StageWord::Activated, "912", 365),
            row(StageWord::Factor, "801", 320),
            row(StageWord::Spare, "640", 256),
            row(StageWord::Ready, "602", 241),
        ];
        let roles = [Role::Patient, Role::Clinician, Role::Administrator];
        let page = OverviewPage {
            frame: self.frame("/admin/"),
            funnel: Some(FunnelChart { rows, roles }),
            duties: DutyWord::ALL.iter().copied().map(held).collect(),
            one_owner: true,
            no_support_phone: true,
        };
        self.add("admin-overview", &page);
        let duties = vec![held(DutyWord::HelpDesk)];
        self.add(
            "admin-overview-plain",
            &OverviewPage { duties, funnel: None, one_owner: false, no_support_phone: false, ..page },
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

    fn people(&mut self) {
        let line = |name: &str, role, stage, strongest, suspended| PersonLine {
            url: "/admin/people/1".to_owned(),
            name: name.to_owned(),
            username: name.split(' ').next().unwrap_or_default().to_lowercase(),
            role,
            organisation: "North".to_owned(),
            stage,
            strongest,
            suspended,
        };
        let filter = |name, label| Filter {
            name,
            label,
            choices: vec![
                (String::new(), "All".to_owned(), false),
                ("one".to_owned(), "One".to_owned(), true),
            ],
        };
        let page = PeoplePage {
            frame: self.frame("/admin/people"),
            query: "oka".to_owned(),
            filters: vec![
                filter("stage", "admin-filter-stage"),
                filter("role", "admin-filter-role"),
                filter("strongest", "admin-filter-strongest"),
                filter("state", "admin-filter-state"),
                filter("organisation", "admin-filter-organisation"),
            ],
            people: vec![
                line("Amara Okafor", Role::Clinician, StageWord::Ready, StrongestWord::Passkey, false),
                line("Rose Adams", Role::Patient, StageWord::Factor, StrongestWord::CodeApp, false),
                line("Ben Okada", Role::Patient, StageWord::Invited, StrongestWord::Nothing, true),
            ],
            total: None,
            shown: 3,
            too_short: false,
            narrowed: true,
            next: Some("/admin/people?before=1".to_owned()),
            first: Some("/admin/people".to_owned()),
            invite: true,
            imports: true,
            remind: Some("/admin/people/remind?stage=factor".to_owned()),
        };
        self.add("admin-people", &page);
        let total = Some("1,000+".to_owned());
        let whole = PeoplePage { total, narrowed: false, first: None, query: String::new(), ..page.clone() };
        self.add("admin-people-all", &whole);
        let none = PeoplePage { people: Vec::new(), next: None, shown: 0, ..page };
        self.add("admin-people-none-match", &none);
        self.add("admin-people-too-short", &PeoplePage { too_short: true, ..none.clone() });
        self.add("admin-people-none", &PeoplePage { narrowed: false, first: None, ..none });
    }

    fn person(&mut self) {
        let way = |method, name: &str, left, switched_off| PersonWay {
            method,
            name: name.to_owned(),
            added: moment(),
            used: (method == Method::Passkey).then(moment),
            switched_off,
            model: (method == Method::Passkey).then(|| KEY_NAME.to_owned()),
            out_of_use: method == Method::Passkey,
            left,
        };
        let step = |stage, done| Milestone { stage, at: Some(moment()).filter(|_| done), done };
        let page = PersonPage {
            frame: self.frame("/admin/people"),
            name: "Amara Okafor".to_owned(),
            username: "amara".to_owned(),
            email: Some("amara.okafor@riverside.example".to_owned()),
            role: Role::Clinician,
            organisation: ("North".to_owned(), "/admin/organisations/1".to_owned()),
            suspended: true,
            timeline: StageWord::ALL.iter().map(|s| step(*s, *s != StageWord::Ready)).collect(),
            missing: MissingWord::ALL.to_vec(),
            ways: vec![
                way(Method::Passkey, "iPhone", None, false),
                way(Method::Totp, "Phone", None, true),
                way(Method::Password, "", None, false),
                way(Method::RecoveryCode, "", Some(8), false),
            ],
            duties: vec![(DutyWord::RegistrationOfficer, "North".to_owned())],
            invitation: None,
            remind: Some("/admin/people/1/remind".to_owned()),
            reminded: Some(moment()),
            sessions: Self::sessions(),
            end_session: Some("/admin/people/1/end-session".to_owned()),
            recovery: Some(moment()),
            stop_recovery: Some("/admin/people/1/stop-recovery".to_owned()),
            activity: Some("/admin/activity?organisation=root&person=1".to_owned()),
            suspend: None,
            enable: Some("/admin/people/1/enable".to_owned()),
            end_sessions: Some("/admin/people/1/end-sessions".to_owned()),
            reset: Some("/admin/people/1/reset".to_owned()),
            erase: None,
            closing: Some(moment()),
            due: Some(moment()),
        };
        self.add("admin-person", &page);
        let bare = PersonPage {
            suspended: false,
            missing: Vec::new(),
            ways: Vec::new(),
            duties: Vec::new(),
            suspend: Some("/admin/people/1/suspend".to_owned()),
            enable: None,
            erase: Some("/admin/people/1/erase".to_owned()),
            closing: None,
            due: None,
            email: None,
            remind: None,
            reminded: None,
            sessions: Vec::new(),
            recovery: None,
            stop_recovery: None,
            ..page
        };
        self.invited(&bare);
        self.add("admin-person-ready", &bare);
        for what in Deed::ALL {
            let page = ReasonPage {
                frame: self.frame("/admin/people"),
                what: *what,
                name: "Amara Okafor".to_owned(),
                action: "/admin/people/1/suspend".to_owned(),
                back: "/admin/people/1".to_owned(),
                reason: String::new(),
                error: None,
            };
            self.add(what.key(), &page);
            if *what == Deed::Suspend {
                let error = Some(FormError::Reason);
                self.add("admin-suspend-error", &ReasonPage { error, ..page });
            }
        }
    }

    fn resets(&mut self) {
        let page = ResetPage {
            frame: self.frame("/admin/people"),
            name: "Rose Adams".to_owned(),
            action: "/admin/people/1/reset".to_owned(),
            back: "/admin/people/1".to_owned(),
            methods: vec![("totp", Method::Totp, true), ("passkey", Method::Passkey, false)],
            checks: CheckWord::ALL.iter().map(|word| (word.key(), *word, false)).collect(),
            handings: HandingWord::ALL.iter().map(|word| (word.key(), *word, false)).collect(),
            reason: String::new(),
            error: None,
        };
        self.add("admin-reset", &page);
        for error in [FormError::Kinds, FormError::Checked, FormError::Handing, FormError::NoAddress] {
            self.add(error.key(), &ResetPage { error: Some(error), ..page.clone() });
        }
        let page = CodePage {
            frame: self.frame("/admin/approvals"),
            name: "Rose Adams".to_owned(),
            username: "rose".to_owned(),
            code: "4K7M-2QXD".to_owned(),
            address: "https://id.riverside.example/regain".to_owned(),
            back: "/admin/people/1".to_owned(),
        };
        self.add("admin-code-title", &page);
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
