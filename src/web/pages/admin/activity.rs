//! A13: the trail as a list that can be searched and taken elsewhere, and one event with its place in the chain.

use askama::Template;

use super::super::words::{When, messages};
use super::AdminShell;
use super::people::Filter;

/// The list.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/activity.html")]
pub struct ActivityPage {
    /// The frame.
    pub frame: AdminShell,
    /// The organisation the list is about, with what lies below it.
    pub place: String,
    /// Choices: organisation, outcome.
    pub filters: Vec<Filter>,
    /// The kinds of events, group by group.
    pub groups: Vec<KindGroup>,
    /// What was typed.
    pub typed: Typed,
    /// What was wrong with it.
    pub errors: Vec<ActivityError>,
    /// The events of this page.
    pub events: Vec<EventLine>,
    /// The zone in which times are told and days begin.
    pub zone: String,
    /// Whether anything narrows the list.
    pub narrowed: bool,
    /// Leads to younger events.
    pub younger: Option<String>,
    /// Leads to older events.
    pub older: Option<String>,
    /// Leads back to the newest.
    pub newest: Option<String>,
    /// How a copy is taken; absent where the reader may take none.
    pub export: Option<ExportForm>,
}

/// What was typed into the filters.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Whom it is about.
    pub person: String,
    /// Who did it.
    pub by: String,
    /// The app.
    pub app: String,
    /// The reference of a request.
    pub reference: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

/// Kinds that belong together.
#[derive(Debug, Clone)]
pub struct KindGroup {
    /// What they are about.
    pub word: GroupWord,
    /// The value that means all of them, and whether it is chosen.
    pub all: (&'static str, bool),
    /// Each kind's word, and whether it is chosen.
    pub kinds: Vec<(&'static str, bool)>,
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct EventLine {
    /// Leads to the event.
    pub url: String,
    /// In words.
    pub sentence: String,
    /// When.
    pub at: When,
    /// Its kind.
    pub kind: &'static str,
    /// How it ended.
    pub outcome: OutcomeWord,
}

/// How a copy is taken.
#[derive(Debug, Clone)]
pub struct ExportForm {
    /// The filters, as hidden fields.
    pub fields: Vec<(&'static str, String)>,
    /// Whether the reader may take the whole trail as a copy that proves itself.
    pub signed: bool,
}

/// One event.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/event.html")]
pub struct EventPage {
    /// The frame.
    pub frame: AdminShell,
    /// In words.
    pub sentence: String,
    /// When.
    pub at: When,
    /// How it ended.
    pub outcome: OutcomeWord,
    /// Why it was refused, in words.
    pub why: Option<String>,
    /// The reason somebody gave, who had to.
    pub reason: Option<String>,
    /// What it names.
    pub facts: Vec<Fact>,
    /// How it stands in its chain.
    pub standing: StandingWord,
    /// What is wrong with it there.
    pub wrong: Option<&'static str>,
    /// Its chain and its place there.
    pub link: Option<(String, i64)>,
    /// The checkpoint that signed it: its number, when, with which key.
    pub seal: Option<(i64, When, String)>,
    /// When it was examined.
    pub examined: When,
    /// As JSON.
    pub raw: String,
    /// Leads back to the list.
    pub back: String,
}

/// Something an event names.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it is.
    pub word: FactWord,
    /// Its name or id.
    pub value: String,
    /// Leads to it.
    pub url: Option<String>,
    /// Leads to the other events about it.
    pub others: Option<String>,
}

impl OutcomeWord {
    fn is_ok(self) -> bool {
        self == Self::Ok
    }
}

impl EventPage {
    fn is_whole(&self) -> bool {
        self.standing == StandingWord::Sealed
    }

    fn is_broken(&self) -> bool {
        self.standing == StandingWord::Broken
    }

    fn others_label(&self, fact: &Fact) -> String {
        let shell = &self.frame.shell;
        let what = shell.t(fact.word.key());
        shell.t2("admin-event-others-named", ("what", &what), ("value", &fact.value))
    }

    fn chained(&self, (chain, seq): &(String, i64)) -> String {
        self.frame.shell.t2("admin-event-link", ("seq", &seq.to_string()), ("chain", chain))
    }

    fn sealed(&self, (number, at, _): &(i64, When, String)) -> String {
        let shell = &self.frame.shell;
        shell.t2("admin-event-seal", ("number", &number.to_string()), ("time", &at.exact()))
    }
}

impl ActivityPage {
    fn error(&self, field: &str) -> Option<&ActivityError> {
        self.errors.iter().find(|error| error.field() == field)
    }

    fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }
}

messages! {
    /// What events are about.
    pub enum GroupWord {
        /// Signing in and out.
        SignIn => "admin-group-sign-in",
        /// Ways to sign in.
        Factors => "admin-group-factors",
        /// Invitations, addresses, getting back in.
        Enrolment => "admin-group-enrolment",
        /// Accounts.
        Accounts => "admin-group-accounts",
        /// What apps asked for.
        Tokens => "admin-group-tokens",
        /// Apps.
        Apps => "admin-group-apps",
        /// Organisations, duties, approvals, policies.
        Administration => "admin-group-administration",
        /// The trail, keys, outages.
        Installation => "admin-group-installation",
    }
}

messages! {
    /// How an event ended.
    pub enum OutcomeWord {
        /// Done.
        Ok => "admin-outcome-ok",
        /// A rule forbade it.
        Refused => "admin-outcome-refused",
        /// Something was away.
        Failed => "admin-outcome-failed",
    }
}

messages! {
    /// What an event names.
    pub enum FactWord {
        /// Its kind.
        Kind => "admin-event-kind",
        /// How loud it is.
        Severity => "admin-event-severity",
        /// Who did it.
        By => "admin-event-by",
        /// Whom it is about.
        Person => "admin-event-person",
        /// The app.
        App => "admin-event-app",
        /// Where.
        Organisation => "admin-filter-organisation",
        /// The request it stands for.
        Approval => "admin-event-approval",
        /// The session.
        Session => "admin-event-session",
        /// The network.
        Network => "admin-event-network",
        /// The reference of the request.
        Reference => "admin-event-reference",
    }
}

messages! {
    /// How an event stands in its chain.
    pub enum StandingWord {
        /// Not in a chain yet.
        Unlinked => "admin-standing-unlinked",
        /// In its chain, not signed yet.
        Unsealed => "admin-standing-unsealed",
        /// In its chain, signed, and examined now.
        Sealed => "admin-standing-sealed",
        /// In its chain; the signature is too far off for a page.
        Far => "admin-standing-far",
        /// Not as it was.
        Broken => "admin-standing-broken",
    }
}

messages! {
    /// What was wrong with the filters.
    pub enum ActivityError {
        /// No day.
        From => "admin-activity-error-from",
        /// No day.
        To => "admin-activity-error-to",
        /// The last day is before the first.
        Order => "admin-activity-error-order",
        /// No such kind.
        Kind => "admin-activity-error-kind",
        /// No such outcome.
        Outcome => "admin-activity-error-outcome",
        /// Nobody here is known by that name.
        Person => "admin-error-person",
        /// Nobody here is known by that name.
        By => "admin-activity-error-by",
    }
}

impl ActivityError {
    /// The field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To | Self::Order => "to",
            Self::Kind => "kind",
            Self::Outcome => "outcome",
            Self::Person => "person",
            Self::By => "by",
        }
    }
}
