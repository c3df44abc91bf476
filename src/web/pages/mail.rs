//! A notice as a mail: what it says in order, as text and as HTML. One column, nothing fetched, readable in the dark
//! and without its style. It knows words, not what happened.

use askama::Template;

use super::i18n::Locale;

/// What a mail says, from top to bottom.
#[derive(Debug, Clone, Template)]
#[template(path = "mail/notice.html")]
pub struct Mail {
    /// The language of all of it.
    pub locale: Locale,
    /// Who writes: the organisation's name.
    pub organisation: String,
    /// The subject, which is also the heading.
    pub subject: String,
    /// What happened.
    pub happened: String,
    /// When, where, with what; a line each.
    pub facts: Vec<String>,
    /// The one thing to do.
    pub action: Action,
    /// Until when that works.
    pub until: Option<String>,
    /// What to do if it was not the reader: what the link does, and the link.
    pub not_me: Option<(String, Action)>,
    /// What else to do, and whom to call.
    pub otherwise: Vec<String>,
    /// How to check who wrote this.
    pub check: String,
}

/// A link and what it is called.
#[derive(Debug, Clone)]
pub struct Action {
    /// Where it leads.
    pub url: String,
    /// What it is called.
    pub label: String,
}

impl Mail {
    /// The text part: it says the same in the same order.
    pub fn text(&self) -> String {
        let link = |action: &Action| format!("{}:\n{}", action.label, action.url);
        let mut parts = vec![self.happened.clone()];
        if !self.facts.is_empty() {
            parts.push(self.facts.join("\n"));
        }
        parts.push(link(&self.action));
        parts.extend(self.until.clone());
        if let Some((does, action)) = &self.not_me {
            parts.extend([does.clone(), link(action)]);
        }
        parts.extend(self.otherwise.iter().cloned());
        parts.push(self.check.clone());
        parts.push(self.organisation.clone());
        parts.join("\n\n") + "\n"
    }
}
