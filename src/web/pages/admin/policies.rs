//! A11: what is asked of people, role by role and app by app; its versions; what it would ask of one person.

use askama::Template;

use super::super::words::{When, messages};
use super::AdminShell;

/// The policy in force.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/policies.html")]
pub struct PoliciesPage {
    /// The frame.
    pub frame: AdminShell,
    /// Its number; 0 is the ready-made one.
    pub version: i64,
    /// What each role is asked.
    pub roles: Vec<RoleRow>,
    /// What single apps ask beyond that.
    pub apps: Vec<AppRow>,
    /// Leads to a rule for an app; absent where the reader may change nothing.
    pub add: Option<&'static str>,
    /// The newest versions.
    pub history: Vec<VersionRow>,
}

/// One role's rule.
#[derive(Debug, Clone)]
pub struct RoleRow {
    /// The message that names the role.
    pub role: RoleWord,
    /// The message that names the floor.
    pub floor: FloorWord,
    /// Overall and idle limits, in minutes.
    pub overall: u32,
    /// As above.
    pub idle: u32,
    /// Second factors that count.
    pub kinds: Vec<KindWord>,
    /// Models of them that count.
    pub models: ModelsCell,
    /// Leads to its form; absent where the reader may change nothing.
    pub change: Option<String>,
}

/// One app's rule.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// The app's name, or its id where it is gone.
    pub app: String,
    /// The message that names the role; everybody where absent.
    pub role: Option<RoleWord>,
    /// A floor of its own.
    pub floor: Option<FloorWord>,
    /// The oldest proof, in seconds.
    pub max_age: Option<u32>,
    /// Second factors that count there, where it says so.
    pub kinds: Option<Vec<KindWord>>,
    /// Models of them that count there, of those the role may use.
    pub models: ModelsCell,
    /// Which rule a form would remove; absent where the reader may change nothing.
    pub remove: Option<usize>,
}

/// What a rule says of models of keys.
#[derive(Debug, Clone, Default)]
pub struct ModelsCell {
    /// How many are allowed; any where none is named.
    pub allow: u32,
    /// How many are denied.
    pub deny: u32,
}

/// The two lists of a form.
#[derive(Debug, Clone, Default)]
pub struct ModelLists {
    /// Allowed models, as typed: AAGUIDs, one a line.
    pub allow: String,
    /// Denied models, as typed.
    pub deny: String,
    /// What is known of those that can be read: AAGUID, name, and whether it is out of use.
    pub known: Vec<(String, String, bool)>,
    /// Whether the file that names models and vouches for them is read here.
    pub has_metadata: bool,
}

/// One version.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// Its number.
    pub number: i64,
    /// When it began.
    pub at: When,
    /// Who made it.
    pub who: String,
    /// Why.
    pub reason: String,
    /// What it changed.
    pub changes: Vec<ChangeRow>,
    /// Takes a POST that asks to go back to it; absent for the one in force, and where the reader may change nothing.
    pub again: Option<String>,
}

/// One difference.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// What.
    pub member: String,
    /// As it was.
    pub before: String,
    /// As it is to be.
    pub after: String,
    /// Whether less is asked.
    pub weaker: bool,
}

messages! {
    /// Whom a rule concerns.
    pub enum RoleWord {
        /// Everybody.
        Everybody => "admin-policy-everybody",
        /// Patients.
        Patient => "admin-role-patient",
        /// Clinicians.
        Clinician => "admin-role-clinician",
        /// Administrators.
        Administrator => "admin-role-administrator",
    }
}

messages! {
    /// Why a level is asked.
    pub enum Because {
        /// By the role's rule.
        Role => "admin-simulate-because-role",
        /// By the app's rule.
        App => "admin-simulate-because-app",
        /// By the app's registration.
        Client => "admin-simulate-because-client",
        /// What is older does not count.
        Age => "admin-simulate-because-age",
    }
}

messages! {
    /// A level, in words.
    pub enum FloorWord {
        /// Two factors.
        Two => "admin-floor-two",
        /// Phishing-resistant.
        Resistant => "admin-floor-resistant",
    }
}

messages! {
    /// A second factor, in words.
    pub enum KindWord {
        /// A passkey.
        Passkey => "admin-kind-passkey",
        /// A security key.
        SecurityKey => "admin-kind-security-key",
        /// A code app.
        Totp => "admin-kind-totp",
    }
}

impl KindWord {
    /// The value in forms.
    pub fn value(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
            Self::Totp => "totp",
        }
    }
}

messages! {
    /// What was wrong with a form.
    pub enum PolicyError {
        /// A number that is none, or outside its limits.
        Rules => "admin-policy-error-rules",
        /// Nothing would change.
        Unchanged => "admin-policy-error-unchanged",
        /// Somebody changed it meanwhile.
        Stale => "admin-policy-error-stale",
        /// No such app.
        App => "admin-policy-error-app",
        /// No reason.
        Reason => "admin-error-reason",
        /// A second person has to agree.
        Weaker => "admin-policy-error-weaker",
        /// Another version waits for a second person.
        UnderWay => "admin-policy-error-under-way",
        /// Nobody is known by that name.
        Person => "admin-error-person",
    }
}

impl PolicyError {
    fn field(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Reason => "reason",
            Self::Person => "person",
            Self::Rules | Self::Unchanged | Self::Stale | Self::Weaker | Self::UnderWay => "rules",
        }
    }

    fn is_about(self, field: &str) -> bool {
        self.field() == field
    }
}

/// The form of one role.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/policy_role.html")]
pub struct RolePage {
    /// The frame.
    pub frame: AdminShell,
    /// The message that names the role.
    pub role: RoleWord,
    /// Takes the form.
    pub action: String,
    /// Floors to choose from: value, words, whether it is chosen.
    pub floors: Vec<(&'static str, FloorWord, bool)>,
    /// As typed, in minutes.
    pub overall: String,
    /// As typed, in minutes.
    pub idle: String,
    /// Second factors and whether they are ticked.
    pub kinds: Vec<(KindWord, bool)>,
    /// Models that are allowed and denied.
    pub models: ModelLists,
    /// What was wrong.
    pub error: Option<PolicyError>,
    /// What exactly was wrong.
    pub detail: String,
}

/// The form of a rule for an app.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/policy_app.html")]
pub struct AppPage {
    /// The frame.
    pub frame: AdminShell,
    /// As typed.
    pub app: String,
    /// Roles to choose from: value, message, whether it is chosen. The empty value is everybody.
    pub roles: Vec<(&'static str, RoleWord, bool)>,
    /// Floors to choose from; the empty value adds none.
    pub floors: Vec<(&'static str, FloorWord, bool)>,
    /// As typed, in seconds; empty is any age.
    pub max_age: String,
    /// Second factors and whether they are ticked.
    pub kinds: Vec<(KindWord, bool)>,
    /// Models that are allowed and denied.
    pub models: ModelLists,
    /// What was wrong.
    pub error: Option<PolicyError>,
    /// What exactly was wrong.
    pub detail: String,
}

/// What would change, before it does.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/policy_preview.html")]
pub struct PreviewPage {
    /// The frame.
    pub frame: AdminShell,
    /// What would change.
    pub changes: Vec<ChangeRow>,
    /// The version it changes.
    pub base: i64,
    /// The document, for the form.
    pub document: String,
    /// Why, as typed.
    pub reason: String,
    /// Whether somebody else has to agree.
    pub weaker: bool,
    /// Names of the models that come or go.
    pub models: Vec<(String, String)>,
    /// What was wrong.
    pub error: Option<PolicyError>,
}

/// What would be asked of one person at one app.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/policy_simulation.html")]
pub struct SimulationPage {
    /// The frame.
    pub frame: AdminShell,
    /// As typed.
    pub person: String,
    /// As typed.
    pub app: String,
    /// What would happen; absent until somebody is named.
    pub answer: Option<SimulationAnswer>,
    /// What was wrong.
    pub error: Option<PolicyError>,
}

/// The answer of a simulation.
#[derive(Debug, Clone)]
pub struct SimulationAnswer {
    /// Who.
    pub name: String,
    /// The level to be reached.
    pub floor: FloorWord,
    /// Where the level comes from, and how many seconds count where that matters.
    pub because: Vec<(Because, u32)>,
    /// Keys of theirs that do not count: the model, where it was told, and why.
    pub unfit: Vec<(Option<String>, UnfitWord)>,
    /// What would be asked, step by step.
    pub steps: Vec<SimulationStep>,
}

messages! {
    /// Why a key does not count.
    pub enum UnfitWord {
        /// Its model is on a list of denied ones.
        Denied => "admin-unfit-denied",
        /// Its model is not on the list of allowed ones.
        Unlisted => "admin-unfit-unlisted",
        /// Nobody vouched for what it says it is.
        Unattested => "admin-unfit-unattested",
        /// The FIDO metadata report its model as revoked or compromised.
        OutOfUse => "admin-unfit-out-of-use",
    }
}

messages! {
    /// What would be asked, in words.
    pub enum SimulationStep {
        /// The password.
        Password => "admin-simulate-password",
        /// A passkey.
        Passkey => "admin-simulate-passkey",
        /// A second factor they have.
        Second => "admin-simulate-second",
        /// To set up something they have not.
        Enrol => "admin-simulate-enrol",
        /// A recovery code.
        Recovery => "admin-simulate-recovery",
        /// They get in.
        In => "admin-simulate-in",
        /// They do not.
        Stuck => "admin-simulate-stuck",
    }
}
