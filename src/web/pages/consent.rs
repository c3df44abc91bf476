//! S12, sharing details with an app: what it will see and what it will not.

use askama::Template;

use super::shell::Shell;
use super::words::{AboutApp, When};

/// Asks whether the app named by the shell may have what it asks for.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The frame; `app_name` is the app that asks.
    pub shell: Shell,
    /// Takes `decision`, `allow` or `deny`.
    pub action: String,
    /// Who is signed in.
    pub who: String,
    /// Takes a POST of `csrf` that forgets the person and asks again.
    pub not_you: Option<String>,
    /// The scopes asked for, as on the wire; the page says them in plain words.
    pub scopes: Vec<String>,
    /// What is asked for beyond scopes, as the host describes it.
    pub details: Vec<DetailShown>,
    /// Whether only what is new since the last time is listed.
    pub only_new: bool,
    /// Until when the app keeps access by itself, where `offline_access` is asked for.
    pub offline_until: Option<When>,
    /// The hosts of the APIs it wants to call in the person's name (RFC 8707).
    pub apis: Vec<String>,
    /// What the app shows as well, to be compared, where it is not in this browser.
    pub message: Option<String>,
    /// The host the app answers from, which was checked.
    pub app_host: Option<String>,
    /// What the app shows of itself.
    pub about: AboutApp,
}

/// One thing an app asks for beyond scopes.
#[derive(Debug, Clone)]
pub struct DetailShown {
    /// What the host calls it.
    pub title: String,
    /// What the app says of it.
    pub rows: Vec<DetailRow>,
}

/// Words of the app about one side of a detail.
#[derive(Debug, Clone)]
pub struct DetailRow {
    /// Which side.
    pub what: DetailWord,
    /// The app's words, of those the host allows.
    pub values: Vec<String>,
}

/// A side of a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailWord {
    /// What is to be done.
    Actions,
    /// Where.
    Locations,
    /// With which data.
    Datatypes,
    /// With what exactly.
    Identifier,
    /// With which rights.
    Privileges,
}

impl DetailRow {
    pub(super) fn label(&self, shell: &Shell) -> String {
        shell.t(match self.what {
            DetailWord::Actions => "detail-actions",
            DetailWord::Locations => "detail-locations",
            DetailWord::Datatypes => "detail-datatypes",
            DetailWord::Identifier => "detail-identifier",
            DetailWord::Privileges => "detail-privileges",
        })
    }
}

/// Scopes that lead to what an account knows of its person, and to nothing else.
const OF_PEOPLE: [&str; 7] =
    ["openid", "profile", "email", "phone", "address", "offline_access", "online_access"];

impl ConsentPage {
    fn will(&self) -> Vec<String> {
        let mut lines = will(&self.shell, &self.scopes, self.offline_until.as_ref());
        lines.extend(self.apis.iter().map(|host| self.shell.t1("consent-api", "host", host.as_str())));
        lines
    }

    fn will_not(&self) -> Vec<String> {
        let shell = &self.shell;
        let mut lines = vec![shell.t("consent-not-password"), shell.t("consent-not-change")];
        // What a detail, an API or a scope of its own leads to is the host's to say.
        let known = |scope: &String| OF_PEOPLE.contains(&scope.as_str());
        if self.details.is_empty() && self.apis.is_empty() && self.scopes.iter().all(known) {
            lines.push(shell.t("consent-not-records"));
        }
        if !self.scopes.iter().any(|scope| scope == "offline_access") {
            lines.push(shell.t("consent-not-offline"));
        }
        lines
    }
}

/// What an app with these scopes may do, each thing once, in plain words.
pub fn will(shell: &Shell, scopes: &[String], offline_until: Option<&When>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::with_capacity(scopes.len());
    for scope in scopes {
        let line = words(shell, scope, offline_until);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn words(shell: &Shell, scope: &str, offline_until: Option<&When>) -> String {
    match scope {
        "openid" => shell.t("scope-openid"),
        "profile" => shell.t("scope-profile"),
        "email" => shell.t("scope-email"),
        "phone" => shell.t("scope-phone"),
        "address" => shell.t("scope-address"),
        "fhirUser" => shell.t("scope-fhir-user"),
        "launch" | "launch/patient" | "launch/encounter" => shell.t("scope-launch"),
        "offline_access" | "online_access" => match offline_until {
            Some(until) if scope == "offline_access" => {
                shell.t1("scope-offline-until", "date", shell.day(until))
            }
            _ => shell.t(if scope == "offline_access" { "scope-offline" } else { "scope-online" }),
        },
        _ => smart(shell, scope).unwrap_or_else(|| shell.t1("scope-other", "scope", scope.to_owned())),
    }
}

/// The words of a SMART on FHIR scope, `patient/Observation.rs` and the older `patient/Observation.read`.
fn smart(shell: &Shell, scope: &str) -> Option<String> {
    let (whose, rest) = scope.split_once('/')?;
    let (resource, access) = rest.split_once('.')?;
    let access = access.split_once('?').map_or(access, |(access, _)| access);
    if whose != "patient" {
        return matches!(whose, "user" | "system").then(|| shell.t("scope-records-of-others"));
    }
    let what = match resource {
        "*" => "records-all",
        "Patient" | "RelatedPerson" => "records-details",
        "Observation" | "DiagnosticReport" => "records-results",
        "MedicationRequest" | "MedicationStatement" | "Medication" => "records-medicines",
        "AllergyIntolerance" => "records-allergies",
        "Condition" | "Procedure" => "records-conditions",
        "Immunization" => "records-vaccinations",
        "Appointment" | "Encounter" => "records-visits",
        "DocumentReference" => "records-letters",
        _ => "records-other",
    };
    let writes = match access {
        "read" => false,
        "write" | "*" => true,
        letters => letters.contains(['c', 'u', 'd']),
    };
    let key = if writes { "scope-records-write" } else { "scope-records-read" };
    Some(shell.t1(key, "what", shell.t(what)))
}
