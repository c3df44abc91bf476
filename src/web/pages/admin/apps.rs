//! A8 and A9: the apps, the four questions that register one, and everything about one of them.
//!
//! What the lint, the watch and the test run say comes as sentences, in the console's one language.

use askama::Template;

use super::super::words::{When, messages};
use super::AdminShell;

messages! {
    /// What kind of app it is.
    pub enum KindWord {
        /// Runs on a server.
        Server => "admin-app-kind-server",
        /// Runs in the browser.
        Browser => "admin-app-kind-browser",
        /// Is installed.
        Phone => "admin-app-kind-phone",
        /// Works by itself.
        Machine => "admin-app-kind-machine",
        /// SMART on FHIR with a server.
        SmartServer => "admin-app-kind-smart-server",
        /// SMART on FHIR in the browser.
        SmartBrowser => "admin-app-kind-smart-browser",
        /// Shows a code that is typed elsewhere.
        Device => "admin-app-kind-device",
        /// Asks for people who are elsewhere.
        Elsewhere => "admin-app-kind-elsewhere",
    }
}

impl KindWord {
    /// The message that says what it is.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Server => "admin-app-kind-server-hint",
            Self::Browser => "admin-app-kind-browser-hint",
            Self::Phone => "admin-app-kind-phone-hint",
            Self::Machine => "admin-app-kind-machine-hint",
            Self::SmartServer => "admin-app-kind-smart-server-hint",
            Self::SmartBrowser => "admin-app-kind-smart-browser-hint",
            Self::Device => "admin-app-kind-device-hint",
            Self::Elsewhere => "admin-app-kind-elsewhere-hint",
        }
    }
}

messages! {
    /// Whether people depend on an app.
    pub enum StandingWord {
        /// It is being built.
        Test => "admin-app-test",
        /// People sign in to it.
        Live => "admin-app-live",
        /// Nobody can sign in to it.
        Disabled => "admin-app-disabled",
    }
}

messages! {
    /// Who signs in.
    pub enum WhoWord {
        /// People who are cared for.
        Patients => "admin-app-who-patients",
        /// People who care.
        Clinicians => "admin-app-who-clinicians",
        /// Both.
        Both => "admin-app-who-both",
    }
}

messages! {
    /// How bad a finding is.
    pub enum GradeWord {
        /// Worth a look.
        Notice => "admin-app-grade-notice",
        /// Risky.
        Warning => "admin-app-grade-warning",
        /// Must go.
        Error => "admin-app-grade-error",
    }
}

messages! {
    /// What became of a request.
    pub enum VerdictWord {
        /// Answered.
        Good => "admin-app-verdict-good",
        /// The person is signing in.
        Begun => "admin-app-verdict-begun",
        /// Refused.
        Refused => "admin-app-verdict-refused",
    }
}

messages! {
    /// What a test run tries.
    pub enum AttemptWord {
        /// A sign-in.
        SignIn => "admin-app-try-sign-in",
        /// A stronger, fresh proof.
        StepUp => "admin-app-try-step-up",
        /// A refusal by the person.
        Deny => "admin-app-try-deny",
        /// A scope that is not registered.
        UnknownScope => "admin-app-try-unknown-scope",
    }
}

/// Something wrong with a form, in words, and the id of its field.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// The field.
    pub field: &'static str,
    /// What is wrong and how to mend it.
    pub text: String,
}

/// The list.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/apps.html")]
pub struct AppsPage {
    /// The frame.
    pub frame: AdminShell,
    /// The apps of this page.
    pub apps: Vec<AppRow>,
    /// Leads to the next page.
    pub next: Option<String>,
    /// Whether the reader may register one.
    pub may_create: bool,
}

/// An app in the list.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// What it is.
    pub kind: KindWord,
    /// Whose it is.
    pub organisation: String,
    /// How it stands.
    pub standing: StandingWord,
    /// When it was last used.
    pub used: Option<When>,
    /// How much is wrong with it.
    pub problems: usize,
    /// Whether nobody uses it any more.
    pub unused: bool,
}

/// One of several answers to a question.
#[derive(Debug, Clone)]
pub struct Choice<W> {
    /// What the form sends.
    pub value: &'static str,
    /// Its words.
    pub word: W,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// The four questions.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/app_new.html")]
pub struct NewAppPage {
    /// The frame.
    pub frame: AdminShell,
    /// Where the reader may register one: id, name, whether chosen.
    pub organisations: Vec<(String, String, bool)>,
    /// What people call it.
    pub name: String,
    /// Question 1.
    pub kinds: Vec<Choice<KindWord>>,
    /// Question 2.
    pub libraries: Vec<Choice<&'static str>>,
    /// Question 3, one a line.
    pub callbacks: String,
    /// Question 4.
    pub who: Vec<Choice<WhoWord>>,
    /// What was wrong.
    pub error: Option<Wrong>,
}

/// A finding of the lint.
#[derive(Debug, Clone)]
pub struct FindingRow {
    /// How bad it is.
    pub grade: GradeWord,
    /// The address; empty where it is about all of them.
    pub uri: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// A secret of an app; the secret itself is not here.
#[derive(Debug, Clone)]
pub struct SecretRow {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub label: Option<String>,
    /// When it was made.
    pub since: When,
    /// When it was last used.
    pub used: Option<When>,
}

messages! {
    /// What a machine may administer; each has a hint beside it.
    pub enum ScopeWord {
        /// Looking.
        Read => "admin-scope-read",
        /// People and organisations.
        Accounts => "admin-scope-accounts",
        /// People with proved addresses and ready-made ways to sign in.
        Import => "admin-scope-import",
        /// Apps.
        Clients => "admin-scope-clients",
        /// The trail.
        Audit => "admin-scope-audit",
        /// Policies.
        Policy => "admin-scope-policy",
    }
}

/// A scope of a machine.
#[derive(Debug, Clone)]
pub struct ScopeRow {
    /// The scope itself.
    pub value: &'static str,
    /// What it allows.
    pub word: ScopeWord,
    /// Whether the machine has it.
    pub held: bool,
    /// Whether the reader may do all of it themselves, and so may give it.
    pub own: bool,
}

/// What a machine may administer.
#[derive(Debug, Clone)]
pub struct MachineScopes {
    /// Every scope.
    pub rows: Vec<ScopeRow>,
    /// Whether the reader may change them: nobody does who may not do all that the machine may already.
    pub may_change: bool,
}

/// How an app hears that sessions end.
#[derive(Debug, Clone)]
pub struct HearingShown {
    /// When it was last told.
    pub told: Option<When>,
    /// When it last could not be told, and why, in a word.
    pub failed: Option<(When, String)>,
    /// How many messages wait.
    pub waiting: String,
    /// When the first of them is tried.
    pub next: Option<When>,
    /// How many were given up.
    pub dead: String,
}

/// One app.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/app.html")]
pub struct AppPage {
    /// The frame.
    pub frame: AdminShell,
    /// Its name.
    pub title: String,
    /// Its page's address; the others lie below.
    pub url: String,
    /// Its `client_id`.
    pub id: String,
    /// Leads to what the trail tells of it; absent where the reader may not look there.
    pub activity: Option<String>,
    /// Whose it is.
    pub organisation: String,
    /// How it stands.
    pub standing: StandingWord,
    /// What it is.
    pub kind: KindWord,
    /// What it may administer, where it is a machine.
    pub machine: Option<MachineScopes>,
    /// How it proves itself, and what else is registered: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// When it was last used.
    pub used: Option<When>,
    /// How many people share with it; `1,000+` above.
    pub people: String,
    /// Since when the first of them.
    pub since: Option<When>,
    /// How it hears that sessions end; absent where it has no address for that.
    pub hearing: Option<HearingShown>,
    /// What the lint says.
    pub findings: Vec<FindingRow>,
    /// Its secrets; absent where it has none by registration.
    pub secrets: Option<Vec<SecretRow>>,
    /// Whether another secret may be added.
    pub may_add: bool,
    /// Whether the reader may change it.
    pub may_change: bool,
    /// Whether the reader may disable it.
    pub may_disable: bool,
    /// Whether the reader may touch its secrets.
    pub may_keep_secrets: bool,
    /// Whether people sign in to it at all.
    pub has_people: bool,
    /// The name in the form.
    pub name: String,
    /// The redirect URIs in the form, one a line.
    pub callbacks: String,
    /// The addresses after signing out, one a line.
    pub homes: String,
    /// The address of back-channel logout in the form.
    pub back: String,
    /// The address of front-channel logout in the form.
    pub front: String,
    /// The version of the registration that the form changes.
    pub seen: String,
    /// What was wrong.
    pub error: Option<Wrong>,
}

/// Asks before an app is disabled or enabled.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/app_state.html")]
pub struct AppStatePage {
    /// The frame.
    pub frame: AdminShell,
    /// Its name.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Whether it would be disabled; else enabled.
    pub disables: bool,
}

/// The code for an app, and its secret once.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/app_code.html")]
pub struct AppCodePage {
    /// The frame.
    pub frame: AdminShell,
    /// The app's name.
    pub title: String,
    /// Its page.
    pub url: String,
    /// The libraries: name, address, whether it is this one.
    pub libraries: Vec<(&'static str, String, bool)>,
    /// The file the code belongs in.
    pub file: &'static str,
    /// The code; else why there is none.
    pub code: Result<String, String>,
    /// The environment.
    pub environment: String,
    /// The secret, this once, and the ticket it is shown for.
    pub secret: Option<(String, String)>,
}

/// A request that was seen.
#[derive(Debug, Clone)]
pub struct SeenRow {
    /// When.
    pub at: When,
    /// Where.
    pub endpoint: &'static str,
    /// What became of it.
    pub verdict: VerdictWord,
    /// The error code.
    pub code: String,
    /// What to do.
    pub fix: &'static str,
    /// What came.
    pub told: Vec<(String, String)>,
    /// The reference.
    pub reference: String,
}

/// Watch mode.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/app_watch.html")]
pub struct AppWatchPage {
    /// The frame.
    pub frame: AdminShell,
    /// The app's name.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Whether requests are written down.
    pub on: bool,
    /// Until when, where it is live.
    pub until: Option<When>,
    /// Whether the page stands still.
    pub paused: bool,
    /// Whether the reader may begin and end it.
    pub may_change: bool,
    /// The requests, newest first.
    pub seen: Vec<SeenRow>,
}

/// What came of a test run.
#[derive(Debug, Clone)]
pub struct ReportView {
    /// What was tried.
    pub attempt: AttemptWord,
    /// The error that came back, and its description.
    pub error: Option<(String, String)>,
    /// What is to be checked, and whether it holds.
    pub checks: Vec<(String, bool)>,
    /// What was sent.
    pub asked: Vec<(String, String)>,
    /// What came back.
    pub received: Vec<(String, String)>,
    /// Title and JSON of whatever was issued.
    pub documents: Vec<(&'static str, String)>,
}

/// A mistake, and how it would be refused.
#[derive(Debug, Clone)]
pub struct MistakeRow {
    /// The mistake.
    pub what: &'static str,
    /// The code of the answer.
    pub code: String,
    /// Whether the app would be told; else a page of ours is shown.
    pub to_app: bool,
    /// How to mend it.
    pub fix: &'static str,
}

/// *Test this app*.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/app_try.html")]
pub struct AppTryPage {
    /// The frame.
    pub frame: AdminShell,
    /// The app's name.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Whether anybody signs in to it, and it is enabled.
    pub can_try: bool,
    /// Whether the reader may begin a run.
    pub may_change: bool,
    /// What came of the last run.
    pub report: Option<ReportView>,
    /// How requests with a mistake would be refused.
    pub mistakes: Vec<MistakeRow>,
}

impl AppStatePage {
    fn title_key(&self) -> &'static str {
        if self.disables { "admin-app-disable" } else { "admin-app-enable" }
    }

    fn text_key(&self) -> &'static str {
        if self.disables { "admin-app-disable-text" } else { "admin-app-enable-text" }
    }
}

impl AppTryPage {
    fn attempts(&self) -> &'static [AttemptWord] {
        AttemptWord::ALL
    }
}

impl AttemptWord {
    /// What the form sends.
    pub fn value(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::StepUp => "step_up",
            Self::Deny => "deny",
            Self::UnknownScope => "unknown_scope",
        }
    }

    /// The message that says what happens.
    pub fn hint(self) -> &'static str {
        match self {
            Self::SignIn => "admin-app-try-sign-in-hint",
            Self::StepUp => "admin-app-try-step-up-hint",
            Self::Deny => "admin-app-try-deny-hint",
            Self::UnknownScope => "admin-app-try-unknown-scope-hint",
        }
    }
}
