//! A2 and A3: the list of people, one person, and the page that asks why before something is done to them.

use askama::Template;

use super::super::words::{Method, Role, When, messages};
use super::invitations::InvitationBlock;
use super::organisations::FormError;
use super::{AdminShell, DutyWord};

/// The list of people.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/people.html")]
pub struct PeoplePage {
    /// The frame.
    pub frame: AdminShell,
    /// What was searched for.
    pub query: String,
    /// The filters, each a choice.
    pub filters: Vec<Filter>,
    /// The people of this page.
    pub people: Vec<PersonLine>,
    /// How many there are, in words; absent for a search.
    pub total: Option<String>,
    /// How many are on this page.
    pub shown: usize,
    /// The search had no word to look for.
    pub too_short: bool,
    /// Whether anything narrows the list.
    pub narrowed: bool,
    /// Leads to the next page.
    pub next: Option<String>,
    /// Leads back to the first page, from a later one.
    pub first: Option<String>,
    /// Whether the reader may invite people.
    pub invite: bool,
    /// Whether they may see lists that were brought.
    pub imports: bool,
    /// Leads to reminding whoever is at the stage chosen.
    pub remind: Option<String>,
}

/// A filter of the list.
#[derive(Debug, Clone)]
pub struct Filter {
    /// The field's name and id.
    pub name: &'static str,
    /// The message that labels it.
    pub label: &'static str,
    /// Value, words, whether it is chosen; the first is "all".
    pub choices: Vec<(String, String, bool)>,
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct PersonLine {
    /// Leads to the person.
    pub url: String,
    /// Their name.
    pub name: String,
    /// What they sign in with.
    pub username: String,
    /// What they are.
    pub role: Role,
    /// Where they belong.
    pub organisation: String,
    /// How far they have come.
    pub stage: StageWord,
    /// Their strongest way.
    pub strongest: StrongestWord,
    /// Whether they are suspended.
    pub suspended: bool,
}

/// One person.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/person.html")]
pub struct PersonPage {
    /// The frame.
    pub frame: AdminShell,
    /// Their name.
    pub name: String,
    /// What they sign in with.
    pub username: String,
    /// Their address.
    pub email: Option<String>,
    /// What they are.
    pub role: Role,
    /// Where they belong, and that organisation's page.
    pub organisation: (String, String),
    /// Whether they are suspended.
    pub suspended: bool,
    /// The steps of setting up.
    pub timeline: Vec<Milestone>,
    /// Why they are not ready, the next thing first.
    pub missing: Vec<MissingWord>,
    /// Their ways to sign in.
    pub ways: Vec<PersonWay>,
    /// What they are charged with, and where.
    pub duties: Vec<(DutyWord, String)>,
    /// How their invitation stands, while they wait for one.
    pub invitation: Option<InvitationBlock>,
    /// Takes a POST that reminds them of what is missing.
    pub remind: Option<String>,
    /// When they were last reminded.
    pub reminded: Option<When>,
    /// Where they are signed in.
    pub sessions: Vec<SessionLine>,
    /// Takes a POST that ends one of these.
    pub end_session: Option<String>,
    /// When a recovery that waits is ready.
    pub recovery: Option<When>,
    /// Takes a POST that stops it.
    pub stop_recovery: Option<String>,
    /// Leads to what happened to their account.
    pub activity: Option<String>,
    /// Leads to suspending them.
    pub suspend: Option<String>,
    /// Leads to letting them sign in again.
    pub enable: Option<String>,
    /// Takes a POST that ends everything they have open.
    pub end_sessions: Option<String>,
    /// Leads to asking for a reset.
    pub reset: Option<String>,
    /// Leads to asking for the account to be erased.
    pub erase: Option<String>,
    /// When it is erased, where it is about to close.
    pub closing: Option<When>,
    /// Until when they were expected to be ready, while they are not.
    pub due: Option<When>,
}

impl PersonPage {
    /// The address, where it is not what they sign in with.
    fn other_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|email| !email.eq_ignore_ascii_case(&self.username))
    }
}

/// A step of setting up.
#[derive(Debug, Clone)]
pub struct Milestone {
    /// Which.
    pub stage: StageWord,
    /// When it was reached.
    pub at: Option<When>,
    /// Whether it is reached.
    pub done: bool,
}

/// A place where somebody is signed in.
#[derive(Debug, Clone)]
pub struct SessionLine {
    /// Names it in the form that ends it.
    pub id: String,
    /// The device, as far as it says.
    pub device: Option<String>,
    /// The network it was last signed in from.
    pub network: Option<String>,
    /// Since when.
    pub began: When,
    /// The last activity.
    pub seen: When,
}

/// A way to sign in, without its secret.
#[derive(Debug, Clone)]
pub struct PersonWay {
    /// Its kind.
    pub method: Method,
    /// The person's name for it.
    pub name: String,
    /// When it was added.
    pub added: When,
    /// When it was last used.
    pub used: Option<When>,
    /// Whether it is switched off after too many failures.
    pub switched_off: bool,
    /// What model of key it is.
    pub model: Option<String>,
    /// Whether its model is revoked or compromised.
    pub out_of_use: bool,
    /// How many recovery codes are left.
    pub left: Option<u32>,
}

/// Asks why before something is done to somebody.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/reason.html")]
pub struct ReasonPage {
    /// The frame.
    pub frame: AdminShell,
    /// What is done.
    pub what: Deed,
    /// To whom.
    pub name: String,
    /// Takes the form.
    pub action: String,
    /// Leads back.
    pub back: String,
    /// Why.
    pub reason: String,
    /// What was wrong.
    pub error: Option<FormError>,
}

messages! {
    /// What is done to somebody.
    pub enum Deed {
        /// They may not sign in any more.
        Suspend => "admin-suspend",
        /// They may sign in again.
        Enable => "admin-enable",
        /// Their account is to be erased.
        Erase => "admin-erase",
    }
}

impl ReasonPage {
    fn text(&self) -> String {
        let key = match self.what {
            Deed::Suspend => "admin-suspend-text",
            Deed::Enable => "admin-enable-text",
            Deed::Erase => "admin-erase-text",
        };
        self.frame.shell.t1(key, "name", &self.name)
    }

    fn is_grave(&self) -> bool {
        matches!(self.what, Deed::Suspend | Deed::Erase)
    }
}

/// The message of the choice that narrows nothing.
pub const EVERY: &str = "admin-filter-all";

messages! {
    /// Whether somebody may sign in.
    pub enum AccountWord {
        /// They may.
        Active => "admin-state-active",
        /// They may not.
        Suspended => "admin-state-suspended",
    }
}

messages! {
    /// How far somebody has come.
    pub enum StageWord {
        /// The account exists.
        Invited => "admin-stage-invited",
        /// Something signs in.
        Activated => "admin-stage-activated",
        /// A second factor is there.
        Factor => "admin-stage-factor",
        /// Something is left for a lost phone.
        Spare => "admin-stage-spare",
        /// Nothing is missing.
        Ready => "admin-stage-ready",
    }
}

messages! {
    /// Somebody's strongest way to sign in.
    pub enum StrongestWord {
        /// Nothing.
        Nothing => "admin-strongest-nothing",
        /// A password alone.
        Password => "admin-strongest-password",
        /// A code app.
        CodeApp => "admin-strongest-code-app",
        /// A security key.
        SecurityKey => "admin-strongest-security-key",
        /// A passkey.
        Passkey => "admin-strongest-passkey",
    }
}

messages! {
    /// Why somebody is not ready.
    pub enum MissingWord {
        /// They are suspended.
        Suspended => "admin-missing-suspended",
        /// They have not activated the account.
        Activation => "admin-missing-activation",
        /// No second factor.
        SecondFactor => "admin-missing-second-factor",
        /// Not strong enough for their role.
        StrongerFactor => "admin-missing-stronger-factor",
        /// Nothing for a lost phone.
        Spare => "admin-missing-spare",
        /// Switched off after too many failures.
        SwitchedOff => "admin-missing-switched-off",
    }
}

impl PersonWay {
    fn is_password(&self) -> bool {
        self.method == Method::Password
    }
}
