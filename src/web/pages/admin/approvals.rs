//! A6 and A7: what waits for a second person, one request, asking for a reset, and the code that is shown once.

use askama::Template;

use super::super::words::{Method, Role, When, messages};
use super::organisations::FormError;
use super::policies::ChangeRow;
use super::{AdminShell, DutyWord};

/// The queue.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/approvals.html")]
pub struct ApprovalsPage {
    /// The frame.
    pub frame: AdminShell,
    /// What is under way, oldest first.
    pub waiting: Vec<ApprovalLine>,
    /// Leads to the next page.
    pub next: Option<String>,
    /// Leads back to the first page, from a later one.
    pub first: Option<String>,
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
    /// Whom it is about, where it is about somebody.
    pub name: Option<String>,
    /// Who asked.
    pub by: String,
    /// Until when it counts.
    pub until: When,
    /// Whether it is approved and waits to be carried out.
    pub approved: bool,
}

/// What somebody who decides has to know.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What is asked for.
    pub what: WhatWord,
    /// The duty, where it is about one.
    pub duty: Option<DutyWord>,
    /// Where, by name.
    pub organisation: String,
    /// Whom it is about; absent where it is about nobody, or they are gone.
    pub subject: Option<PersonFacts>,
    /// Who asks; absent when they are gone.
    pub requester: Option<PersonFacts>,
    /// The factors that go.
    pub methods: Vec<Method>,
    /// How it was checked who it is.
    pub checked: Option<CheckWord>,
    /// How the person gets back in.
    pub handing: Option<HandingWord>,
    /// Why, in the words of whoever asked.
    pub reason: Option<String>,
    /// For the policy: the version it changes, and what it changes there.
    pub policy: Option<(String, Vec<ChangeRow>)>,
    /// When it was asked.
    pub asked: When,
    /// Until when it counts.
    pub until: When,
    /// How it stands.
    pub state: StateWord,
    /// Who decided.
    pub decider: Option<String>,
}

/// Somebody a request names, as they stand now.
#[derive(Debug, Clone)]
pub struct PersonFacts {
    /// Their name.
    pub name: String,
    /// What they sign in with.
    pub username: String,
    /// Their page; absent where the reader may not look at them.
    pub url: Option<String>,
    /// What they are.
    pub role: Role,
    /// Where they belong.
    pub organisation: String,
    /// What they are charged with, and where.
    pub duties: Vec<(DutyWord, String)>,
    /// Their ways to sign in: what, their own name for it, whether it is switched off.
    pub ways: Vec<(Method, String, bool)>,
}

/// One request.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/approval.html")]
pub struct ApprovalPage {
    /// The frame.
    pub frame: AdminShell,
    /// The request.
    pub facts: Facts,
    /// Leads to the decision; absent where the reader may not decide.
    pub decide: Option<String>,
    /// Takes a POST that carries it out; for whoever asked, once it is approved.
    pub carry_out: Option<String>,
    /// Takes a POST that takes it back; for whoever asked.
    pub withdraw: Option<String>,
    /// Whether the reader asked for it, or it is about them.
    pub own: bool,
    /// Whether it is about a version of the policy that is not in force any more.
    pub stale: bool,
    /// Leads to what the trail tells of it; absent where the reader may not look there.
    pub activity: Option<String>,
}

/// Approve or refuse, behind a fresh proof.
#[derive(Debug, Clone, Template)]
#[template(path = "admin/decide.html")]
pub struct DecidePage {
    /// The frame.
    pub frame: AdminShell,
    /// The request.
    pub facts: Facts,
    /// Whether it is about a version of the policy that is not in force any more.
    pub stale: bool,
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
        /// An account to be erased.
        Erase => "admin-what-erase",
        /// A policy that asks less.
        Policy => "admin-what-policy",
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
