//! What a person may have of us and may have done with it: a copy of their data, and the end of the account.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::When;
use super::AccountNotice;

/// Privacy.
#[derive(Debug, Clone, Template)]
#[template(path = "account_privacy.html")]
pub struct PrivacyPage {
    /// The frame.
    pub shell: Shell,
    /// What just happened.
    pub notice: Option<AccountNotice>,
    /// When the account will be erased, where the person asked for it.
    pub closing: Option<When>,
    /// Leads to the page that hands out a copy.
    pub copy: String,
    /// Leads to the page that asks before closing; absent for administrators.
    pub close: Option<String>,
    /// Takes a POST of `csrf` that keeps the account.
    pub keep_action: String,
}

/// Hands out a copy of a person's data.
#[derive(Debug, Clone, Template)]
#[template(path = "account_copy.html")]
pub struct CopyPage {
    /// The frame.
    pub shell: Shell,
    /// Takes `format`, `json` or `html`.
    pub action: String,
    /// Leads back.
    pub back: String,
}

/// The copy itself, to be read by a person: a document that stands alone.
#[derive(Debug, Clone, Template)]
#[template(path = "account_copy_file.html")]
pub struct CopyFile {
    /// The language; nothing else of the frame is shown.
    pub shell: Shell,
    /// Its parts.
    pub parts: Vec<CopyPart>,
}

/// A part of the copy.
#[derive(Debug, Clone)]
pub struct CopyPart {
    /// Its heading.
    pub title: CopyTitle,
    /// One line a thing, as pairs of a word and a value.
    pub lines: Vec<Vec<(String, String)>>,
}

super::super::words::messages! {
    /// The headings of the copy.
    pub enum CopyTitle {
        /// The profile.
        Profile => "details-title",
        /// The ways to sign in.
        Ways => "account-ways",
        /// The sessions.
        Sessions => "devices-title",
        /// The apps.
        Apps => "apps-title",
        /// The trail.
        Activity => "activity-title",
        /// The notices.
        Messages => "copy-messages",
    }
}

impl CopyTitle {
    /// The member of the copy it stands above.
    pub fn member(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Ways => "ways_to_sign_in",
            Self::Sessions => "sessions",
            Self::Apps => "apps",
            Self::Activity => "activity",
            Self::Messages => "messages",
        }
    }
}

super::super::words::messages! {
    /// The words of the copy.
    pub enum CopyWord {
        /// The user name.
        Username => "copy-word-name",
        /// What they are to the clinic.
        Role => "copy-word-role",
        /// When the account was made.
        Created => "copy-word-created",
        /// The address.
        Email => "copy-word-email",
        /// Whether it was proved.
        EmailVerified => "copy-word-email-proved",
        /// The second address.
        SecondEmail => "copy-word-second-email",
        /// Whether that was proved.
        SecondVerified => "copy-word-second-email-proved",
        /// The language.
        Language => "copy-word-language",
        /// A way to sign in.
        Way => "copy-word-way",
        /// The person's own name for it.
        Name => "copy-word-called",
        /// When it was added.
        Added => "copy-word-added",
        /// When it was last used.
        LastUsed => "copy-word-last-used",
        /// Whether it is switched off.
        Off => "copy-word-off",
        /// Whether it is copied between devices.
        Synced => "copy-word-synced",
        /// How many codes are left.
        Left => "copy-word-codes-left",
        /// The model of a key.
        Model => "copy-word-model",
        /// When a session began.
        Began => "copy-word-began",
        /// When it was last seen.
        Seen => "copy-word-seen",
        /// The device.
        Device => "copy-word-device",
        /// The network.
        Network => "copy-word-network",
        /// An app.
        App => "copy-word-app",
        /// The app's own id.
        Client => "copy-word-app-id",
        /// What it may see, in its own words.
        Scope => "copy-word-shared",
        /// Since when.
        Since => "copy-word-since",
        /// When something was.
        At => "copy-word-at",
        /// What happened.
        What => "copy-word-what",
        /// A reference to be read out.
        Reference => "copy-word-reference",
        /// To whom.
        To => "copy-word-to",
        /// What about.
        About => "copy-word-about",
        /// It is so.
        Yes => "copy-yes",
        /// It is not.
        No => "copy-no",
    }
}

impl CopyWord {
    /// The word for a member of the copy; `None` for what comes from elsewhere under a name of its own.
    pub fn of(member: &str) -> Option<Self> {
        MEMBERS.iter().find(|(name, _)| *name == member).map(|(_, word)| *word)
    }
}

/// The members of the copy and their words.
const MEMBERS: &[(&str, CopyWord)] = &[
    ("username", CopyWord::Username),
    ("role", CopyWord::Role),
    ("created", CopyWord::Created),
    ("email", CopyWord::Email),
    ("email_verified", CopyWord::EmailVerified),
    ("second_email", CopyWord::SecondEmail),
    ("second_email_verified", CopyWord::SecondVerified),
    ("language", CopyWord::Language),
    ("kind", CopyWord::Way),
    ("name", CopyWord::Name),
    ("added", CopyWord::Added),
    ("last_used", CopyWord::LastUsed),
    ("switched_off", CopyWord::Off),
    ("on_all_devices", CopyWord::Synced),
    ("codes_left", CopyWord::Left),
    ("model", CopyWord::Model),
    ("began", CopyWord::Began),
    ("last_seen", CopyWord::Seen),
    ("device", CopyWord::Device),
    ("network", CopyWord::Network),
    ("app", CopyWord::App),
    ("client", CopyWord::Client),
    ("scope", CopyWord::Scope),
    ("since", CopyWord::Since),
    ("at", CopyWord::At),
    ("what", CopyWord::What),
    ("reference", CopyWord::Reference),
    ("to", CopyWord::To),
    ("about", CopyWord::About),
];
