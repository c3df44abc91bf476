//! Notices in words: subject and text in the person's language. Subjects name no clinic and no specialty.

use super::error::when;
use super::pages::Locale;
use super::pages::i18n::{Arg, text};
use super::steps::show::method;
use crate::factors::FactorKind;
use crate::notifications::{Message, Notice};

/// Subject and plain text of a notice.
pub fn words(locale: Locale, message: &Message, organisation: &str, phone: Option<&str>) -> (String, String) {
    let (subject, body) = keys(message.notice);
    let at = when(message.at).datetime();
    let about = message.about.as_deref().map(|about| factor(locale, about)).unwrap_or_default();
    let args: [(&str, &dyn Arg); 3] = [("when", &at), ("organisation", &organisation), ("about", &about)];
    let help = match phone {
        Some(phone) => text(locale, "mail-not-you-call", &[("phone", &phone as &dyn Arg)]),
        None => text(locale, "mail-not-you", &[]),
    };
    let body = [text(locale, body, &args), help, text(locale, "mail-check", &[])].join("\n\n");
    (text(locale, subject, &[]), body)
}

/// A factor in words, e.g. "Passkey (my phone)".
fn factor(locale: Locale, about: &str) -> String {
    let (kind, label) = about.split_once(' ').unwrap_or((about, ""));
    let Some(kind) = FactorKind::parse(kind) else { return about.to_owned() };
    let name = text(locale, method(kind).name_key(), &[]);
    if label.is_empty() { name } else { format!("{name} ({label})") }
}

fn keys(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::FactorAdded => ("mail-factor-added-subject", "mail-factor-added"),
        Notice::FactorRemoved => ("mail-factor-removed-subject", "mail-factor-removed"),
        Notice::RecoveryCodesMade => ("mail-recovery-codes-made-subject", "mail-recovery-codes-made"),
        Notice::RecoveryCodeUsed => ("mail-recovery-code-used-subject", "mail-recovery-code-used"),
        Notice::PasswordChanged => ("mail-password-changed-subject", "mail-password-changed"),
        Notice::FactorDisabled => ("mail-factor-disabled-subject", "mail-factor-disabled"),
        Notice::NewBrowser => ("mail-new-browser-subject", "mail-new-browser"),
    }
}
