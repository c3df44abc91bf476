//! Webhooks: the list, the form that registers one, one of them with what it was sent, and the question before it goes.

use askama::Template;

use super::super::words::{When, messages};
use super::AdminShell;

messages! {
    /// What a hook is told of.
    pub enum TopicWord {
        /// Accounts.
        Account => "admin-hook-topic-account",
        /// Ways to sign in.
        Factor => "admin-hook-topic-factor",
        /// Duties.
        Duty => "admin-hook-topic-duty",
        /// Approvals.
        Approval => "admin-hook-topic-approval",
        /// Apps.
        App => "admin-hook-topic-app",
        /// The policy.
        Policy => "admin-hook-topic-policy",
    }
}

messages! {
    /// Whether a hook is told.
    pub enum HookWord {
        /// It is.
        On => "admin-hook-on",
        /// It is, and the last attempt failed.
        Trouble => "admin-hook-trouble",
        /// Somebody switched it off.
        Off => "admin-hook-off",
        /// Whoever kept it may not any more.
        LostRight => "admin-hook-lost-right",
        /// Whoever kept it is suspended or gone.
        Gone => "admin-hook-gone",
        /// It was switched off by itself.
        Failing => "admin-hook-failing",
    }
}

impl HookWord {
    /// Whether it is off until somebody sees to it.
    pub fn wants_somebody(self) -> bool {
        matches!(self, Self::Failing | Self::LostRight | Self::Gone)
    }
}

messages! {
    /// How a delivery stands.
    pub enum DeliveryWord {
        /// It will be tried.
        Waits => "admin-hook-waits",
        /// It arrived.
        Done => "admin-hook-done",
        /// It was given up.
        Dead => "admin-hook-dead",
    }
}

messages! {
    /// What was wrong with a form.
    pub enum HookError {
        /// The address is none.
        Url => "admin-hook-error-url",
        /// The address is not one this service calls.
        NotAllowed => "admin-hook-error-not-allowed",
        /// Nothing was chosen.
        Topics => "admin-hook-error-topics",
        /// The organisation has as many as it may.
        TooMany => "admin-hook-error-too-many",
        /// Two secrets are valid already.
        TooManySecrets => "admin-hook-error-too-many-secrets",
        /// The last secret stays.
        LastSecret => "admin-hook-error-last-secret",
        /// The delivery is under way, or forgotten.
        Busy => "admin-hook-error-busy",
    }
}

impl HookError {
    /// The field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::Url | Self::NotAllowed | Self::TooMany => "url",
            Self::Topics => "topics",
            Self::TooManySecrets | Self::LastSecret => "secrets",
            Self::Busy => "deliveries",
        }
    }
}

/// A topic in a form: value, words, its kinds, whether it is chosen.
#[derive(Debug, Clone)]
pub struct TopicChoice {
    /// What the form sends.
    pub value: &'static str,
    /// What it is called.
    pub word: TopicWord,
    /// The kinds of events in it.
    pub kinds: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A hook in the list.
#[derive(Debug, Clone)]
pub struct HookRow {
    /// The host it is told at.
    pub host: String,
    /// Its page.
    pub url: String,
    /// Whose it is.
    pub organisation: String,
    /// What it is told of.
    pub topics: Vec<TopicWord>,
    /// How it stands.
    pub standing: HookWord,
}

/// The list, and the form that registers one.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/webhooks.html")]
pub struct WebhooksPage {
    /// The frame.
    pub frame: AdminShell,
    /// The hooks the reader sees.
    pub hooks: Vec<HookRow>,
    /// Where the reader may register one: id, name, whether it was chosen.
    pub organisations: Vec<(String, String, bool)>,
    /// What was typed.
    pub typed: String,
    /// What it may be told of.
    pub topics: Vec<TopicChoice>,
    /// What was wrong.
    pub error: Option<HookError>,
}

/// A secret in the list.
#[derive(Debug, Clone)]
pub struct HookSecretRow {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub since: When,
}

/// A delivery in the list.
#[derive(Debug, Clone)]
pub struct DeliveryRow {
    /// The event's id, which is the message's.
    pub event: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: When,
    /// How it stands.
    pub standing: DeliveryWord,
    /// When it is tried next, where it waits after a failure.
    pub next: Option<When>,
    /// How often it was tried.
    pub attempts: i64,
    /// The last status code, or the word for why there was none.
    pub said: String,
}

/// One hook.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/webhook.html")]
pub struct WebhookPage {
    /// The frame.
    pub frame: AdminShell,
    /// The host, as its title.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Whose it is.
    pub organisation: String,
    /// How it stands.
    pub standing: HookWord,
    /// Since when nothing arrived.
    pub failing: Option<When>,
    /// A secret that is shown once, and its ticket.
    pub secret: Option<(String, String)>,
    /// Its secrets.
    pub secrets: Vec<HookSecretRow>,
    /// Whether another one fits.
    pub may_add: bool,
    /// The address in the form.
    pub typed: String,
    /// What it is told of.
    pub topics: Vec<TopicChoice>,
    /// What it was sent, newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Whether the reader may change it.
    pub may_change: bool,
    /// What was wrong.
    pub error: Option<HookError>,
}

/// Asks before a hook is removed.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/webhook_remove.html")]
pub struct WebhookRemovePage {
    /// The frame.
    pub frame: AdminShell,
    /// The host.
    pub title: String,
    /// Its page.
    pub url: String,
}

impl WebhookPage {
    fn is_off(&self) -> bool {
        matches!(self.standing, HookWord::Off | HookWord::Failing) || self.is_unkept()
    }

    fn is_unkept(&self) -> bool {
        matches!(self.standing, HookWord::LostRight | HookWord::Gone)
    }
}
