//! A4: inviting somebody, and how an invitation stands on the person's page.

use askama::Template;

use super::super::shell::Shell;
use super::super::words::{Role, When, messages};
use super::AdminShell;

/// The form that invites somebody.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/invite.html")]
pub struct InvitePage {
    /// The frame.
    pub frame: AdminShell,
    /// The form's own value: sent twice it invites once.
    pub form: String,
    /// What an account may be for: value, word, whether it is chosen.
    pub roles: Vec<(&'static str, Role, bool)>,
    /// Where they may belong: id, name, whether it is chosen.
    pub places: Vec<(String, String, bool)>,
    /// The languages of what is sent: tag, name, whether it is chosen.
    pub locales: Vec<(&'static str, &'static str, bool)>,
    /// First names.
    pub given: String,
    /// Last name.
    pub family: String,
    /// Where the link goes.
    pub email: String,
    /// What they type to sign in.
    pub username: String,
    /// A letter is printed, no mail is sent.
    pub by_letter: bool,
    /// What was wrong.
    pub error: Option<InviteError>,
}

messages! {
    /// What was wrong with an invitation.
    pub enum InviteError {
        /// No role was chosen, or one above the administrator's own level.
        Role => "admin-invite-error-role",
        /// No organisation was chosen.
        Organisation => "admin-invite-error-organisation",
        /// The name cannot be used.
        Name => "admin-invite-error-name",
        /// It was not said how the invitation goes out.
        By => "admin-invite-error-by",
        /// There is no address for the mail.
        EmailMissing => "admin-invite-error-email-missing",
        /// That is no address.
        Email => "admin-invite-error-email",
        /// Somebody has the address.
        EmailTaken => "admin-invite-error-email-taken",
        /// That is no username.
        Username => "admin-invite-error-username",
        /// Somebody has the username.
        UsernameTaken => "admin-invite-error-username-taken",
    }
}

impl InviteError {
    /// The id of the field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Organisation => "organisation",
            Self::Name => "given",
            Self::By => "by",
            Self::EmailMissing | Self::Email | Self::EmailTaken => "email",
            Self::Username | Self::UsernameTaken => "username",
        }
    }

    /// Whether it is about this field.
    pub fn is_about(self, field: &str) -> bool {
        self.field() == field
    }
}

impl InvitePage {
    fn wrong(&self, field: &str) -> bool {
        self.error.is_some_and(|error| error.is_about(field))
    }
}

/// How somebody's invitation stands.
#[derive(Debug, Clone)]
pub struct InvitationBlock {
    /// The newest link by mail.
    pub mail: Option<SentLink>,
    /// The newest letter.
    pub letter: Option<SentLink>,
    /// Takes a POST that sends the mail once more.
    pub resend: Option<String>,
    /// Takes a POST that answers with a letter to print.
    pub print: Option<String>,
    /// Takes a POST that takes everything back.
    pub revoke: Option<String>,
}

/// A link or a letter.
#[derive(Debug, Clone)]
pub struct SentLink {
    /// How it stands.
    pub standing: LinkWord,
    /// When it was made.
    pub at: When,
    /// Until when it works.
    pub until: When,
}

messages! {
    /// How a link stands.
    pub enum LinkWord {
        /// It works.
        Open => "admin-link-open",
        /// It was used.
        Spent => "admin-link-spent",
        /// It was taken back, or another replaced it.
        Revoked => "admin-link-revoked",
        /// Its time is over.
        Expired => "admin-link-expired",
    }
}

impl SentLink {
    /// When it was made and until when it works, in words.
    pub fn told(&self, shell: &Shell) -> String {
        shell.t2("admin-link-times", ("at", shell.moment(&self.at)), ("until", shell.moment(&self.until)))
    }

    /// Whether it works.
    pub fn is_open(&self) -> bool {
        self.standing == LinkWord::Open
    }
}
