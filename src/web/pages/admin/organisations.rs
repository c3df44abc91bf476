//! A15, the tree of organisations, one of them, and the forms that grant a duty and take it back.

use askama::Template;

use super::super::words::{When, messages};
use super::{AdminShell, DutyWord};

/// The tree.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/organisations.html")]
pub struct OrganisationsPage {
    /// The frame.
    pub frame: AdminShell,
    /// Every organisation the reader sees, parents first.
    pub tree: Vec<Branch>,
    /// Below which of them, by id and name, the reader may make another.
    pub parents: Vec<(String, String)>,
    /// What was typed.
    pub name: String,
    /// What was wrong.
    pub error: Option<FormError>,
}

/// An organisation in the tree.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// How far below the topmost it stands.
    pub depth: usize,
}

/// One organisation.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/organisation.html")]
pub struct OrganisationPage {
    /// The frame.
    pub frame: AdminShell,
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Since when it exists; the root has no beginning.
    pub since: Option<When>,
    /// The name in the form.
    pub name: String,
    /// What lies right below.
    pub below: Vec<Branch>,
    /// Who holds which duty; absent where the reader may not know.
    pub holders: Option<Vec<Holder>>,
    /// Takes a POST of another name.
    pub rename: Option<String>,
    /// Leads to granting a duty.
    pub grant: Option<String>,
    /// What was wrong.
    pub error: Option<FormError>,
}

/// Somebody with a duty.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Their name.
    pub name: String,
    /// What they sign in with.
    pub username: String,
    /// What they are charged with.
    pub duty: DutyWord,
    /// Since when.
    pub since: When,
    /// Leads to taking it back.
    pub revoke: Option<String>,
}

/// Asks who gets which duty.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/grant.html")]
pub struct GrantPage {
    /// The frame.
    pub frame: AdminShell,
    /// Where, by name.
    pub organisation: String,
    /// Takes the form.
    pub action: String,
    /// Leads back.
    pub back: String,
    /// The duties to choose from: value, words, whether it was chosen.
    pub duties: Vec<(&'static str, DutyWord, bool)>,
    /// Who was typed.
    pub person: String,
    /// Why.
    pub reason: String,
    /// What was wrong.
    pub error: Option<FormError>,
}

/// Asks before a duty is taken back.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/revoke.html")]
pub struct RevokePage {
    /// The frame.
    pub frame: AdminShell,
    /// Whose.
    pub name: String,
    /// What.
    pub duty: DutyWord,
    /// Takes the form.
    pub action: String,
    /// Leads back.
    pub back: String,
    /// Why.
    pub reason: String,
    /// What was wrong.
    pub error: Option<FormError>,
}

impl OrganisationPage {
    fn revoke_label(&self, held: &Holder) -> String {
        let shell = &self.frame.shell;
        shell.t2("admin-revoke-named", ("duty", shell.t(held.duty.key())), ("name", &held.name))
    }
}

impl RevokePage {
    fn text(&self) -> String {
        let shell = &self.frame.shell;
        shell.t2("admin-revoke-text", ("name", &self.name), ("duty", shell.t(self.duty.key())))
    }
}

messages! {
    /// What was wrong with a form.
    pub enum FormError {
        /// The name is empty or too long.
        Name => "admin-error-name",
        /// The tree is as deep as it may be.
        TooDeep => "admin-error-too-deep",
        /// Nobody here is known by that name.
        Person => "admin-error-person",
        /// No duty was chosen.
        Duty => "admin-error-duty",
        /// No reason was given.
        Reason => "admin-error-reason",
        /// It is so already.
        Already => "admin-error-already",
        /// The last owner stays.
        LastOwner => "admin-error-last-owner",
        /// Another request about the person waits.
        UnderWay => "admin-error-under-way",
        /// Nothing to reset was chosen.
        Kinds => "admin-error-kinds",
        /// It was not said how it was checked who it is.
        Checked => "admin-error-checked",
        /// It was not said how they get back in.
        Handing => "admin-error-handing",
        /// There is no address for a link.
        NoAddress => "admin-error-no-address",
        /// Not to oneself.
        Oneself => "admin-error-oneself",
        /// They hold a duty that takes two people to take back.
        TwoPeople => "admin-error-two-people",
    }
}

impl FormError {
    /// The id of the field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::Name | Self::TooDeep => "name",
            Self::Person | Self::Oneself => "person",
            Self::Duty => "duty",
            Self::Kinds => "kinds",
            Self::Checked => "checked",
            Self::Handing | Self::NoAddress => "handing",
            Self::Reason | Self::Already | Self::LastOwner | Self::UnderWay | Self::TwoPeople => "reason",
        }
    }

    /// Whether it is about this field.
    pub fn is_about(self, field: &str) -> bool {
        self.field() == field
    }
}
