//! The console's pages about apps as samples.

use super::super::admin::apps::{
    AppCodePage, AppPage, AppRow, AppStatePage, AppTryPage, AppWatchPage, AppsPage, AttemptWord, Choice,
    FindingRow, GradeWord, HearingShown, KindWord, MachineScopes, MistakeRow, NewAppPage, ReportView,
    ScopeRow, ScopeWord, SecretRow, SeenRow, StandingWord, VerdictWord, WhoWord, Wrong,
};
use super::super::admin::{AdminShell, Done};
use super::super::fixtures::moment;
use super::Gallery;

const URL: &str = "/admin/apps/portal";

fn text(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

impl Gallery {
    pub(super) fn apps(&mut self) {
        self.app_lists();
        self.app_wizard();
        self.one_app();
        self.app_tools();
        self.app_tries();
        self.client_tokens();
    }

    fn app_lists(&mut self) {
        let row = |kind, standing, problems, unused: bool| AppRow {
            name: "Patient portal".to_owned(),
            url: URL.to_owned(),
            kind,
            organisation: "North".to_owned(),
            standing,
            used: (!unused).then(moment),
            problems,
            unused,
        };
        let mut apps: Vec<AppRow> =
            KindWord::ALL.iter().map(|kind| row(*kind, StandingWord::Live, 0, false)).collect();
        apps.push(row(KindWord::Server, StandingWord::Test, 2, false));
        apps.push(row(KindWord::Server, StandingWord::Disabled, 0, true));
        let next = Some("/admin/apps?after=portal".to_owned());
        let page = AppsPage { frame: self.frame("/admin/apps"), apps, next, may_create: true };
        self.add("admin-apps", &page);
        self.add("admin-apps-none", &AppsPage { apps: Vec::new(), next: None, may_create: false, ..page });
    }

    fn app_wizard(&mut self) {
        let page = NewAppPage {
            frame: self.frame("/admin/apps"),
            organisations: vec![
                ("root".to_owned(), "Riverside Video Clinic".to_owned(), true),
                ("north".to_owned(), "North".to_owned(), false),
            ],
            name: "Patient portal".to_owned(),
            kinds: KindWord::ALL
                .iter()
                .map(|word| Choice { value: word.key(), word: *word, chosen: *word == KindWord::Server })
                .collect(),
            libraries: vec![
                Choice { value: "openid-client", word: "openid-client (Node)", chosen: true },
                Choice { value: "authlib", word: "authlib (Python)", chosen: false },
            ],
            callbacks: "https://portal.example/callback".to_owned(),
            who: WhoWord::ALL
                .iter()
                .map(|word| Choice { value: word.key(), word: *word, chosen: *word == WhoWord::Both })
                .collect(),
            error: None,
        };
        self.add("admin-app-new", &page);
        let error = Some(Wrong { field: "callbacks", text: "Give at least one address.".to_owned() });
        let organisations = page.organisations.iter().take(1).cloned().collect();
        self.add("admin-app-new-error", &NewAppPage { error, organisations, ..page });
    }

    fn one_app(&mut self) {
        let finding = |grade| FindingRow {
            grade,
            uri: "http://localhost:3000/callback".to_owned(),
            what: "The app is live, and this is the person’s own machine.".to_owned(),
            fix: "Remove it, or keep a second app for testing.".to_owned(),
        };
        let secret = |label: Option<&str>, used| SecretRow {
            id: "Kd83kfPq2LmN".to_owned(),
            label: label.map(str::to_owned),
            since: moment(),
            used,
        };
        let page = AppPage {
            frame: AdminShell { done: Some(Done::AppChanged), ..self.frame("/admin/apps") },
            title: "Patient portal".to_owned(),
            activity: Some("/admin/activity?app=1".to_owned()),
            url: URL.to_owned(),
            id: "portal".to_owned(),
            organisation: "North".to_owned(),
            standing: StandingWord::Live,
            kind: KindWord::Server,
            machine: None,
            facts: vec![("scope", "openid profile email".to_owned())],
            used: Some(moment()),
            people: "1,000+".to_owned(),
            since: Some(moment()),
            findings: GradeWord::ALL.iter().map(|grade| finding(*grade)).collect(),
            secrets: Some(vec![secret(Some("build server"), Some(moment())), secret(None, None)]),
            may_add: false,
            may_change: true,
            may_disable: true,
            may_keep_secrets: true,
            has_people: true,
            name: "Patient portal".to_owned(),
            callbacks: "https://portal.example/callback".to_owned(),
            homes: "https://portal.example/".to_owned(),
            back: "https://portal.example/logged-out".to_owned(),
            front: String::new(),
            hearing: Some(HearingShown {
                told: Some(moment()),
                failed: Some((moment(), "status 503".to_owned())),
                waiting: "3".to_owned(),
                next: Some(moment()),
                dead: "0".to_owned(),
            }),
            seen: "f2ca1bb6c7e907d06dafe4687e579fce".to_owned(),
            error: None,
        };
        self.add("admin-app", &page);
        for standing in StandingWord::ALL {
            let may_add = *standing == StandingWord::Test;
            let secrets = may_add.then(Vec::new);
            let front = if may_add { String::new() } else { "https://portal.example/bye".to_owned() };
            let (hearing, standing) = (None, *standing);
            let page = AppPage { standing, may_add, secrets, hearing, front, ..page.clone() };
            self.add(standing.key(), &page);
        }
        let error = Some(Wrong { field: "callbacks", text: "Use https.".to_owned() });
        self.add("admin-app-error", &AppPage { error, ..page.clone() });
        let bare = AppPage {
            may_change: false,
            may_disable: false,
            may_keep_secrets: false,
            has_people: false,
            findings: Vec::new(),
            used: None,
            ..page
        };
        self.add("admin-app-read", &bare);
        let row = |(nth, word): (usize, &ScopeWord)| ScopeRow {
            value: word.key(),
            word: *word,
            held: nth == 1,
            own: nth != 2,
        };
        let rows = ScopeWord::ALL.iter().enumerate().map(row).collect();
        let machine = MachineScopes { rows, may_change: true };
        let bare = AppPage { kind: KindWord::Machine, machine: Some(machine.clone()), ..bare };
        self.add("admin-scopes", &bare);
        let machine = Some(MachineScopes { may_change: false, ..machine });
        self.add("admin-scopes-above", &AppPage { machine, ..bare });
        for disables in [true, false] {
            let frame = self.frame("/admin/apps");
            let page =
                AppStatePage { frame, title: "Patient portal".to_owned(), url: URL.to_owned(), disables };
            self.add(if disables { "admin-app-disable" } else { "admin-app-enable" }, &page);
        }
    }

    fn app_tools(&mut self) {
        let page = AppCodePage {
            frame: self.frame("/admin/apps"),
            title: "Patient portal".to_owned(),
            url: URL.to_owned(),
            libraries: vec![
                ("openid-client (Node)", format!("{URL}/code?lang=openid-client"), true),
                ("curl (shell)", format!("{URL}/code?lang=curl"), false),
            ],
            file: "sign-in.mjs",
            code: Ok("import * as oidc from 'openid-client';\n".to_owned()),
            environment: "CLIENT_ID=portal\n".to_owned(),
            secret: Some(("vscs_example".to_owned(), "ticket".to_owned())),
        };
        self.add("admin-app-code", &page);
        let code = Err("This library runs in the browser.".to_owned());
        self.add("admin-app-code-none", &AppCodePage { code, secret: None, ..page });
        let seen = |verdict, code: &str| SeenRow {
            at: moment(),
            endpoint: "token",
            verdict,
            code: code.to_owned(),
            fix: "Compare the secret in the app's environment with a valid one.",
            told: vec![text("grant_type", "authorization_code"), text("code", "sent")],
            reference: "7F3K-92QD".to_owned(),
        };
        let page = AppWatchPage {
            frame: self.frame("/admin/apps"),
            title: "Patient portal".to_owned(),
            url: URL.to_owned(),
            on: true,
            until: Some(moment()),
            paused: false,
            may_change: true,
            seen: VerdictWord::ALL.iter().map(|verdict| seen(*verdict, "invalid_client")).collect(),
        };
        self.add("admin-app-watch", &page);
        let waiting = AppWatchPage { seen: Vec::new(), until: None, paused: true, ..page.clone() };
        self.add("admin-app-watch-waiting", &waiting);
        self.add("admin-app-watch-off", &AppWatchPage { on: false, ..waiting });
    }

    fn app_tries(&mut self) {
        let report = ReportView {
            attempt: AttemptWord::SignIn,
            error: None,
            checks: vec![("iss is this provider".to_owned(), true), ("nonce came back".to_owned(), false)],
            asked: vec![text("response_type", "code")],
            received: vec![text("code", "a code, redeemed")],
            documents: vec![("ID token", "{\n  \"sub\": \"8fJ2\"\n}".to_owned())],
        };
        let mistake = |to_app| MistakeRow {
            what: "No PKCE",
            code: "invalid_request".to_owned(),
            to_app,
            fix: "Send code_challenge.",
        };
        let page = AppTryPage {
            frame: self.frame("/admin/apps"),
            title: "Patient portal".to_owned(),
            url: URL.to_owned(),
            can_try: true,
            may_change: true,
            report: Some(report.clone()),
            mistakes: vec![mistake(true), mistake(false)],
        };
        self.add("admin-app-try", &page);
        let error = Some(text("access_denied", "The person did not agree."));
        let refused = ReportView { error, attempt: AttemptWord::Deny, documents: Vec::new(), ..report };
        self.add("admin-app-try-refused", &AppTryPage { report: Some(refused), ..page.clone() });
        self.add("admin-app-try-nobody", &AppTryPage { can_try: false, report: None, ..page });
    }
}
