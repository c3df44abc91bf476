//! A6 and A7: what waits for a second person, one request, asking for a reset, and the code that is shown once.

use askama::Template;

use super::super::words::{Method, When, messages};
use super::organisations::FormError;
use super::{AdminShell, DutyWord};

/// The queue.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/approvals.html")]
pub struct ApprovalsPage {
    /// The frame.
    pub frame: AdminShell,
    /// What is under way, oldest first.
    pub waiting: Vec<ApprovalLine>,
}

/// A request in the queue.
#[derive(Debug, Clone)]
pub struct ApprovalLine {
    /// Leads to it.
    pub url: String,
    /// What is asked for.
    pub what: WhatWord,
    /// The duty, where it is about one.
    pub duty: Option<DutyWord>,
    /// Whom it is about.
    pub name: String,
    /// Who asked.
    pub by: String,
    /// Until when it counts.
    pub until: When,
    /// Whether it is approved and waits to be carried out.
    pub approved: bool,
}

/// One request.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/approval.html")]
pub struct ApprovalPage {
    /// The frame.
    pub frame: AdminShell,
    /// The request.
    pub line: ApprovalLine,
    /// When it was asked.
    pub asked: When,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// How it was checked who it is.
    pub checked: Option<CheckWord>,
    /// The factors that go.
    pub methods: Vec<Method>,
    /// How the person gets back in.
    pub handing: Option<HandingWord>,
    /// How it stands.
    pub state: StateWord,
    /// Leads to the decision; absent where the reader may not decide.
    pub decide: Option<String>,
    /// Takes a POST that carries it out; for whoever asked, once it is approved.
    pub carry_out: Option<String>,
    /// Takes a POST that takes it back; for whoever asked.
    pub withdraw: Option<String>,
    /// Whether the reader asked for it, or it is about them.
    pub own: bool,
}

/// Approve or refuse, behind a fresh proof.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/decide.html")]
pub struct DecidePage {
    /// The frame.
    pub frame: AdminShell,
    /// The request.
    pub line: ApprovalLine,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// Takes the form.
    pub action: String,
    /// Leads back.
    pub back: String,
}

/// Asks what is to be reset, and how it was checked who it is.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/reset.html")]
pub struct ResetPage {
    /// The frame.
    pub frame: AdminShell,
    /// Whose.
    pub name: String,
    /// Takes the form.
    pub action: String,
    /// Leads back.
    pub back: String,
    /// What they have: value, words, whether it was chosen.
    pub methods: Vec<(&'static str, Method, bool)>,
    /// How it was checked: value, words, whether it was chosen.
    pub checks: Vec<(&'static str, CheckWord, bool)>,
    /// How the person gets back in: value, words, whether it was chosen.
    pub handings: Vec<(&'static str, HandingWord, bool)>,
    /// Why.
    pub reason: String,
    /// What was wrong.
    pub error: Option<FormError>,
}

/// The code for the person, shown once to whoever asked.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/code.html")]
pub struct CodePage {
    /// The frame.
    pub frame: AdminShell,
    /// Whose it is.
    pub name: String,
    /// What they type beside it.
    pub username: String,
    /// The code.
    pub code: String,
    /// The page they open.
    pub address: String,
    /// Leads back.
    pub back: String,
}

messages! {
    /// What is asked for.
    pub enum WhatWord {
        /// A reset.
        Reset => "admin-what-reset",
        /// A duty to be granted.
        Grant => "admin-what-grant",
        /// A duty to be taken back.
        Revoke => "admin-what-revoke",
    }
}

messages! {
    /// How it was checked who somebody is.
    pub enum CheckWord {
        /// In person.
        InPerson => "admin-check-in-person",
        /// By video.
        ByVideo => "admin-check-by-video",
        /// Called back.
        CalledBack => "admin-check-called-back",
        /// A colleague vouches.
        Colleague => "admin-check-colleague",
    }
}

messages! {
    /// How somebody gets back in.
    pub enum HandingWord {
        /// By mail.
        Mail => "admin-handing-mail",
        /// Face to face.
        FaceToFace => "admin-handing-face-to-face",
    }
}

messages! {
    /// How a request stands.
    pub enum StateWord {
        /// Nobody decided.
        Open => "admin-request-open",
        /// Approved, not carried out.
        Approved => "admin-request-approved",
        /// Carried out.
        Done => "admin-request-done",
        /// Refused.
        Refused => "admin-request-refused",
        /// Taken back.
        Withdrawn => "admin-request-withdrawn",
        /// Too late.
        Expired => "admin-request-expired",
    }
}
