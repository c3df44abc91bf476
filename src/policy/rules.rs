//! What an installation asks of its people, as data: one rule a role, and what single apps ask beyond it.
//!
//! Pure: parsing, checking, comparing and combining. A set of rules may be stricter than the product's own floors and
//! never weaker; what one version asks less than another is named by [`changes`], because a weaker policy needs a second
//! person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Kinds;
use super::models::{Authenticators, Models};
use crate::base::words::words;
use crate::base::{Acr, ClientId, Role, Seconds};
use crate::factors::FactorKind;
use crate::sessions::{Limits, limits};

/// Most apps with rules of their own.
const MOST_APPS: usize = 500;
/// Most models in all lists together: a document still fits into a form.
const MOST_MODELS_IN_ALL: usize = 1000;
/// The shortest idle limit: shorter, and nobody could read a page to its end (WCAG 2.2, 2.2.1).
const SHORTEST_IDLE: Seconds = 60;
/// The shortest overall limit.
const SHORTEST_OVERALL: Seconds = 15 * 60;
/// The longest age an app may ask.
const LONGEST_AGE: Seconds = 24 * 3600;

/// One version of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// People who receive care.
    pub patient: Rule,
    /// People who give it.
    pub clinician: Rule,
    /// People who run the sign-in service.
    pub administrator: Rule,
    /// What single apps ask beyond the role's rule.
    #[serde(default)]
    pub apps: Vec<AppRule>,
}

/// What is asked of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The least to be proved.
    pub floor: Acr,
    /// How long a session may last, in seconds.
    pub overall: Seconds,
    /// How long it may rest, in seconds.
    pub idle: Seconds,
    /// Second factors that count, and that are offered.
    pub second_factors: Vec<FactorKind>,
    /// Models of passkeys and security keys that count.
    #[serde(default, skip_serializing_if = "Authenticators::is_empty")]
    pub authenticators: Authenticators,
}

/// What one app asks of a role, or of everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRule {
    /// The app's `client_id`.
    pub app: ClientId,
    /// Whom it concerns; everybody where absent.
    #[serde(default)]
    pub role: Option<Role>,
    /// A floor above the role's.
    #[serde(default)]
    pub floor: Option<Acr>,
    /// Proofs older than this many seconds do not count there.
    #[serde(default)]
    pub max_age: Option<Seconds>,
    /// Second factors that count there, of those the role may use.
    #[serde(default)]
    pub second_factors: Option<Vec<FactorKind>>,
    /// Models of passkeys and security keys that count there, of those the role may use.
    #[serde(default, skip_serializing_if = "Authenticators::is_empty")]
    pub authenticators: Authenticators,
}

/// What holds for one role, at one app or at none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The role's floor; a client's own policy may lower it (`lower_role_floor`).
    pub role_floor: Acr,
    /// The app's floor, which nothing lowers.
    pub app_floor: Option<Acr>,
    /// Limits of sessions.
    pub limits: Limits,
    /// The oldest proof that counts, in seconds.
    pub max_age: Option<Seconds>,
    /// Second factors that count.
    pub kinds: Kinds,
    /// Models of them that count.
    pub models: Models,
}

impl Effective {
    /// The least to be proved.
    pub fn floor(&self) -> Acr {
        self.role_floor.max(self.floor_or(self.role_floor))
    }

    /// The app's floor, or another where it has none.
    pub fn floor_or(&self, other: Acr) -> Acr {
        self.app_floor.unwrap_or(other)
    }
}

words! {
    /// Ready-made rules.
    Preset {
        /// Passkey, code app or key; a day, an hour's rest.
        Patients = "patients",
        /// The same means; a shift, a quarter of an hour's rest.
        Clinicians = "clinicians",
        /// Phishing-resistant, proved within five minutes: for the apps that sign prescriptions.
        Prescribers = "prescribers",
        /// Phishing-resistant; eight hours, ten minutes' rest.
        Administrators = "administrators",
    }
}

impl Preset {
    /// The rule of a role.
    pub fn rule(self) -> Rule {
        let (floor, role) = match self {
            Self::Patients => (Acr::Aal2, Role::Patient),
            Self::Clinicians => (Acr::Aal2, Role::Clinician),
            Self::Prescribers => (Acr::Aal2Phr, Role::Clinician),
            Self::Administrators => (Acr::Aal2Phr, Role::Administrator),
        };
        let Limits { overall, idle } = limits(role);
        let second_factors = Self::kinds(floor);
        Rule { floor, overall, idle, second_factors, authenticators: Authenticators::default() }
    }

    /// The rule of an app.
    pub fn app_rule(self, app: ClientId, role: Option<Role>) -> AppRule {
        let rule = self.rule();
        let max_age = (self == Self::Prescribers).then_some(super::FRESH_FOR_CHANGES);
        let (floor, second_factors) = (Some(rule.floor), Some(rule.second_factors));
        AppRule { app, role, floor, max_age, second_factors, authenticators: rule.authenticators }
    }

    fn kinds(floor: Acr) -> Vec<FactorKind> {
        match floor {
            Acr::Aal1 | Acr::Aal2 => vec![FactorKind::Passkey, FactorKind::SecurityKey, FactorKind::Totp],
            Acr::Aal2Phr | Acr::Aal3 => vec![FactorKind::Passkey, FactorKind::SecurityKey],
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            patient: Preset::Patients.rule(),
            clinician: Preset::Clinicians.rule(),
            administrator: Preset::Administrators.rule(),
            apps: Vec::new(),
        }
    }
}

/// Why a set of rules was refused: the member, what is wrong, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {text}")]
pub struct BadRules {
    /// The member, e.g. `clinician.idle` or `apps[2].floor`.
    pub member: String,
    /// What is wrong and how to mend it.
    pub text: String,
}

fn bad(member: impl Into<String>, text: impl Into<String>) -> BadRules {
    BadRules { member: member.into(), text: text.into() }
}

impl Rules {
    /// Reads and checks a document.
    pub fn parse(text: &str) -> Result<Self, BadRules> {
        let rules: Self = serde_json::from_str(text).map_err(|e| bad("document", e.to_string()))?;
        rules.check()?;
        Ok(rules)
    }

    /// Checks that nothing is below the product's own floors, and that somebody can still sign in.
    pub fn check(&self) -> Result<(), BadRules> {
        for role in Role::ALL {
            self.of(*role).check(role.as_str(), *role)?;
        }
        let rules = Role::ALL.iter().map(|role| &self.of(*role).authenticators);
        let listed = rules.chain(self.apps.iter().map(|rule| &rule.authenticators)).map(Authenticators::len);
        if listed.sum::<usize>() > MOST_MODELS_IN_ALL {
            return Err(bad(
                "authenticators",
                format!("at most {MOST_MODELS_IN_ALL} models in all lists together"),
            ));
        }
        if self.apps.len() > MOST_APPS {
            return Err(bad("apps", format!("at most {MOST_APPS} apps may have rules of their own")));
        }
        let mut seen = BTreeSet::new();
        for (at, rule) in self.apps.iter().enumerate() {
            rule.check(&format!("apps[{at}]"))?;
            if !seen.insert((rule.app.as_str(), rule.role)) {
                return Err(bad(format!("apps[{at}]"), "this app and role have a rule already: keep one"));
            }
            for role in Role::ALL.iter().filter(|role| rule.role.is_none_or(|wanted| wanted == **role)) {
                let effective = self.effective(*role, Some(&rule.app));
                if !effective.kinds.reach(effective.floor()) {
                    let text = format!("leaves a {role} no second factor that reaches {}", effective.floor());
                    return Err(bad(format!("apps[{at}].second_factors"), text));
                }
                if effective.models.is_void() {
                    let text = format!(
                        "no model is left that counts for a {role}: compare it with the role's lists"
                    );
                    return Err(bad(format!("apps[{at}].authenticators"), text));
                }
            }
        }
        Ok(())
    }

    /// The rule of a role.
    pub fn of(&self, role: Role) -> &Rule {
        match role {
            Role::Patient => &self.patient,
            Role::Clinician => &self.clinician,
            Role::Administrator => &self.administrator,
        }
    }

    /// Whether anything is said of models of keys.
    pub fn name_models(&self) -> bool {
        let roles = Role::ALL.iter().map(|role| &self.of(*role).authenticators);
        roles.chain(self.apps.iter().map(|rule| &rule.authenticators)).any(|lists| !lists.is_empty())
    }

    /// Whether something is said of models that concerns a role, wherever it signs in: its new keys then say what they are.
    pub fn ask_models(&self, role: Role) -> bool {
        let concerns = |rule: &&AppRule| rule.role.is_none_or(|concerned| concerned == role);
        let apps = self.apps.iter().filter(concerns).map(|rule| &rule.authenticators);
        std::iter::once(&self.of(role).authenticators).chain(apps).any(|lists| !lists.is_empty())
    }

    /// Whether somewhere only listed models count, so that metadata are needed.
    pub fn close_models(&self) -> bool {
        let roles = Role::ALL.iter().map(|role| &self.of(*role).authenticators);
        roles.chain(self.apps.iter().map(|rule| &rule.authenticators)).any(|lists| !lists.allow.is_empty())
    }

    /// What holds for a role at an app: of everything that speaks about them the strictest.
    pub fn effective(&self, role: Role, app: Option<&ClientId>) -> Effective {
        let rule = self.of(role);
        let mut effective = Effective {
            role_floor: rule.floor,
            app_floor: None,
            limits: Limits { overall: rule.overall, idle: rule.idle },
            max_age: None,
            kinds: Kinds::of(&rule.second_factors),
            models: Models::default(),
        };
        effective.models.narrow(&rule.authenticators);
        let concerns = |r: &&AppRule| Some(&r.app) == app && r.role.is_none_or(|concerned| concerned == role);
        for rule in self.apps.iter().filter(concerns) {
            effective.app_floor = effective.app_floor.max(rule.floor);
            effective.max_age = match (effective.max_age, rule.max_age) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            if let Some(kinds) = &rule.second_factors {
                effective.kinds = effective.kinds.and(Kinds::of(kinds));
            }
            effective.models.narrow(&rule.authenticators);
        }
        effective
    }
}

impl Rule {
    fn check(&self, member: &str, role: Role) -> Result<(), BadRules> {
        let longest = limits_at_most(role);
        let floor = super::floor(role, Acr::Aal2);
        if self.floor < floor || self.floor > Acr::Aal2Phr {
            return Err(bad(format!("{member}.floor"), format!("from {floor} to {}", Acr::Aal2Phr)));
        }
        if !(SHORTEST_OVERALL..=longest.overall).contains(&self.overall) {
            let text = format!("from {SHORTEST_OVERALL} to {} seconds", longest.overall);
            return Err(bad(format!("{member}.overall"), text));
        }
        if !(SHORTEST_IDLE..=longest.idle.min(self.overall)).contains(&self.idle) {
            let text = format!("from {SHORTEST_IDLE} to {} seconds", longest.idle.min(self.overall));
            return Err(bad(format!("{member}.idle"), text));
        }
        check_kinds(&format!("{member}.second_factors"), &self.second_factors)?;
        if !Kinds::of(&self.second_factors).reach(self.floor) {
            let text = format!("none of them reaches {}: add passkey or security_key", self.floor);
            return Err(bad(format!("{member}.second_factors"), text));
        }
        self.authenticators.check(member)
    }
}

impl AppRule {
    fn check(&self, member: &str) -> Result<(), BadRules> {
        if self.floor.is_some_and(|floor| !(Acr::Aal2..=Acr::Aal2Phr).contains(&floor)) {
            let text = format!("{} or {}", Acr::Aal2, Acr::Aal2Phr);
            return Err(bad(format!("{member}.floor"), text));
        }
        if self.max_age.is_some_and(|age| !(0..=LONGEST_AGE).contains(&age)) {
            return Err(bad(format!("{member}.max_age"), format!("from 0 to {LONGEST_AGE} seconds")));
        }
        if let Some(kinds) = &self.second_factors {
            check_kinds(&format!("{member}.second_factors"), kinds)?;
        }
        self.authenticators.check(member)
    }
}

fn check_kinds(member: &str, kinds: &[FactorKind]) -> Result<(), BadRules> {
    if kinds.is_empty() || kinds.iter().any(|kind| !kind.is_second_factor()) {
        return Err(bad(member, "one or more of passkey, security_key, totp"));
    }
    match kinds.iter().collect::<BTreeSet<_>>().len() == kinds.len() {
        true => Ok(()),
        false => Err(bad(member, "names a kind twice")),
    }
}

/// The longest limits a role may be given (SP 800-63B-4 §2.2.3, §2.3.3).
fn limits_at_most(role: Role) -> Limits {
    match role {
        Role::Patient | Role::Clinician => Limits { overall: 24 * 3600, idle: 3600 },
        Role::Administrator => Limits { overall: 12 * 3600, idle: 15 * 60 },
    }
}

/// One difference between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The member, e.g. `clinician.idle` or `apps.prescribe.patient.floor`.
    pub member: String,
    /// As it was.
    pub before: String,
    /// As it is to be.
    pub after: String,
    /// Whether less is asked than before.
    pub weaker: bool,
}

/// What changes from one version to another, in the order of the document.
pub fn changes(before: &Rules, after: &Rules) -> Vec<Change> {
    let mut out = Vec::new();
    for role in Role::ALL {
        let (was, is) = (before.effective(*role, None), after.effective(*role, None));
        compare(&mut out, role.as_str(), &was, &is);
    }
    let apps: BTreeSet<_> = before.apps.iter().chain(&after.apps).map(|rule| &rule.app).collect();
    for app in apps {
        for role in Role::ALL {
            let own = |rules: &Rules| {
                rules.apps.iter().any(|r| r.app == *app && r.role.is_none_or(|wanted| wanted == *role))
            };
            if own(before) || own(after) {
                let (was, is) = (before.effective(*role, Some(app)), after.effective(*role, Some(app)));
                compare(&mut out, &format!("apps.{app}.{role}"), &was, &is);
            }
        }
    }
    out
}

fn compare(out: &mut Vec<Change>, place: &str, was: &Effective, is: &Effective) {
    let mut note = |member: &str, before: String, after: String, weaker: bool| {
        if before != after {
            out.push(Change { member: format!("{place}.{member}"), before, after, weaker });
        }
    };
    let age = |age: Option<Seconds>| age.map_or_else(|| "any".to_owned(), |age| age.to_string());
    note("floor", was.floor().to_string(), is.floor().to_string(), is.floor() < was.floor());
    let own = |floor: Option<Acr>| floor.map_or_else(|| "none".to_owned(), |floor| floor.to_string());
    // A client that lowers the role's floor does not lower the app's: where that falls, less is asked.
    note("own_floor", own(was.app_floor), own(is.app_floor), is.app_floor < was.app_floor);
    let (before, after) = (was.limits, is.limits);
    note("overall", before.overall.to_string(), after.overall.to_string(), after.overall > before.overall);
    note("idle", before.idle.to_string(), after.idle.to_string(), after.idle > before.idle);
    let older = is.max_age.unwrap_or(Seconds::MAX) > was.max_age.unwrap_or(Seconds::MAX);
    note("max_age", age(was.max_age), age(is.max_age), older);
    let more = was.kinds.and(is.kinds) != is.kinds;
    note("second_factors", was.kinds.to_string(), is.kinds.to_string(), more);
    out.extend(was.models.compare(&is.models, place));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "2fc0579f-8113-47ea-b116-bb5a8db9202a";

    fn with(patch: Value) -> Result<Rules, BadRules> {
        let mut document = serde_json::to_value(Rules::default()).unwrap();
        for (pointer, value) in patch.as_object().unwrap() {
            *document.pointer_mut(pointer).unwrap() = value.clone();
        }
        Rules::parse(&document.to_string())
    }

    #[test]
    fn the_ready_made_rules_are_the_products_own() {
        let rules = Rules::default();
        assert_eq!(rules.check(), Ok(()));
        for role in Role::ALL {
            let effective = rules.effective(*role, None);
            assert_eq!(effective.limits, limits(*role));
            assert_eq!(effective.floor(), super::super::floor(*role, Acr::Aal2));
        }
    }

    #[test]
    fn what_is_below_the_floors_or_locks_people_out_is_refused_by_name() {
        let phr = Acr::Aal2Phr.as_str();
        let rows = [
            (json!({"/patient/floor": Acr::Aal1.as_str()}), "patient.floor"),
            (json!({"/administrator/floor": Acr::Aal2.as_str()}), "administrator.floor"),
            (json!({"/clinician/floor": Acr::Aal3.as_str()}), "clinician.floor"),
            (json!({"/clinician/overall": 86_401}), "clinician.overall"),
            (json!({"/administrator/idle": 901}), "administrator.idle"),
            (json!({"/patient/idle": 59}), "patient.idle"),
            (json!({"/patient/overall": 900, "/patient/idle": 901}), "patient.idle"),
            (json!({"/patient/second_factors": []}), "patient.second_factors"),
            (json!({"/patient/second_factors": ["password"]}), "patient.second_factors"),
            (json!({"/patient/second_factors": ["totp", "totp"]}), "patient.second_factors"),
            (
                json!({"/clinician/floor": phr, "/clinician/second_factors": ["totp"]}),
                "clinician.second_factors",
            ),
            (json!({"/apps": [{"app": "a", "floor": Acr::Aal1.as_str()}]}), "apps[0].floor"),
            (json!({"/apps": [{"app": "a", "max_age": -1}]}), "apps[0].max_age"),
            (json!({"/apps": [{"app": "a"}, {"app": "a"}]}), "apps[1]"),
            (json!({"/apps": [{"app": "a", "second_factors": ["totp"]}]}), "apps[0].second_factors"),
            (json!({"/apps": [{"app": "a", "colour": "red"}]}), "document"),
            (
                json!({"/apps": [{"app": "a", "authenticators": {"deny": [KEY, KEY]}}]}),
                "apps[0].authenticators.deny",
            ),
            (json!({"/apps": [{"app": "a", "authenticators": {"deny": ["a key"]}}]}), "document"),
            (
                json!({"/apps": [
                    {"app": "a", "authenticators": {"allow": [KEY]}},
                    {"app": "a", "role": "clinician", "authenticators": {"deny": [KEY]}},
                ]}),
                "apps[0].authenticators",
            ),
        ];
        for (patch, member) in rows {
            assert_eq!(with(patch.clone()).map_err(|e| e.member).unwrap_err(), member, "{patch}");
        }
    }

    #[test]
    fn the_strictest_of_what_speaks_about_somebody_holds() {
        let app = ClientId::from_text("prescribe");
        let mut rules = Rules::default();
        rules.apps.push(Preset::Prescribers.app_rule(app.clone(), Some(Role::Clinician)));
        rules.apps.push(AppRule {
            app: app.clone(),
            role: None,
            floor: None,
            max_age: Some(600),
            second_factors: None,
            authenticators: Authenticators::default(),
        });
        assert_eq!(rules.check(), Ok(()));
        let clinician = rules.effective(Role::Clinician, Some(&app));
        assert_eq!((clinician.floor(), clinician.max_age), (Acr::Aal2Phr, Some(300)));
        assert!(!clinician.kinds.has(FactorKind::Totp));
        let patient = rules.effective(Role::Patient, Some(&app));
        assert_eq!((patient.floor(), patient.max_age), (Acr::Aal2, Some(600)));
        assert!(patient.kinds.has(FactorKind::Totp));
        assert_eq!(rules.effective(Role::Clinician, None), Rules::default().effective(Role::Clinician, None));
    }

    #[test]
    fn a_difference_says_whether_less_is_asked() {
        let before = Rules::default();
        let after = with(json!({
            "/clinician/floor": Acr::Aal2Phr.as_str(), "/clinician/idle": 1800, "/patient/second_factors": ["passkey"],
            "/apps": [{"app": "a", "role": "patient", "max_age": 60}],
        }))
        .unwrap();
        let told = |from: &Rules, to: &Rules| -> Vec<(String, bool)> {
            changes(from, to).into_iter().map(|c| (c.member, c.weaker)).collect()
        };
        let there = told(&before, &after);
        let wanted = [
            ("patient.second_factors", false),
            ("clinician.floor", false),
            ("clinician.idle", true),
            ("apps.a.patient.max_age", false),
            ("apps.a.patient.second_factors", false),
        ];
        assert_eq!(there, wanted.map(|(member, weaker)| (member.to_owned(), weaker)));
        let back: Vec<bool> = told(&after, &before).into_iter().map(|(_, weaker)| weaker).collect();
        assert_eq!(back, [true, true, false, true, true]);
        assert!(changes(&after, &after).is_empty());
    }

    #[test]
    fn an_apps_floor_that_falls_behind_the_roles_is_told() {
        let phr = Acr::Aal2Phr.as_str();
        let keys = json!(["passkey", "security_key"]);
        let strict = |apps: Value| {
            with(json!({ "/clinician/floor": phr, "/clinician/second_factors": keys, "/apps": apps }))
                .unwrap()
        };
        let rule = |floor: Option<&str>| json!([{ "app": "a", "role": "clinician", "floor": floor }]);
        let before = strict(rule(Some(phr)));
        // A client that lowers the role's floor would fall with it, though what holds for the role stays.
        for after in [rule(Some(Acr::Aal2.as_str())), rule(None), json!([])] {
            let told = changes(&before, &strict(after));
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!((told[0].member.as_str(), told[0].weaker), ("apps.a.clinician.own_floor", true));
        }
        let back = changes(&strict(json!([])), &before);
        assert_eq!((back.len(), back[0].weaker), (1, false), "{back:?}");
    }
}
