//! Notices in words: a [`Letter`] in the person's language. Subjects name no clinic and no specialty. It knows the
//! message alone; what is sent when is `mail`'s business.

use super::caller::spoken;
use super::error::when;
use super::pages::i18n::{Arg, text};
use super::pages::mail::{Action, Mail};
use super::pages::shell::moment;
use super::pages::{Locale, Sample, render};
use super::paths;
use super::steps::show::method;
use crate::base::Timestamp;
use crate::base::url::Issuer;
use crate::config::Config;
use crate::factors::FactorKind;
use crate::notifications::{Letter, Message, Notice};

/// Who writes, and whom people may call.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// Where the account is looked after.
    pub issuer: &'a Issuer,
    /// The organisation's name.
    pub organisation: &'a str,
    /// Its telephone number.
    pub phone: Option<&'a str>,
    /// The language of those who have named none that we speak.
    pub language: Locale,
}

impl<'a> Sender<'a> {
    /// The sender of an installation.
    pub fn of(config: &'a Config) -> Self {
        Self {
            issuer: &config.issuer,
            organisation: &config.organisation.name,
            phone: config.support.phone.as_deref(),
            language: spoken(config),
        }
    }
}

/// A message in words.
pub fn letter(sender: Sender<'_>, message: &Message) -> Letter {
    let locale = Locale::negotiate(Some(&message.locale), None, None, sender.language);
    let mail = mail(locale, sender, message);
    Letter { subject: mail.subject.clone(), text: mail.text(), html: render(&mail), language: locale.tag() }
}

fn mail(locale: Locale, sender: Sender<'_>, message: &Message) -> Mail {
    let words = words(message.notice);
    let say = |key: &str| text(locale, key, &[]);
    let until = moment(locale, &when(message.until.unwrap_or(message.at)));
    let args: [(&str, &dyn Arg); 2] = [("organisation", &sender.organisation), ("until", &until)];
    let waits = matches!(message.notice, Notice::RecoveryStarted | Notice::AccountClosing);
    let works_until = message.link.as_ref().and(message.until).filter(|_| !waits);
    let action = match &message.link {
        Some(link) => Action { url: link.clone(), label: say(words.action) },
        None => Action { url: sender.issuer.join(paths::ACCOUNT), label: say("mail-look") },
    };
    Mail {
        locale,
        organisation: sender.organisation.to_owned(),
        subject: say(words.subject),
        happened: text(locale, words.happened, &args),
        facts: facts(locale, message),
        action,
        until: works_until.map(|_| text(locale, "mail-until", &[("until", &until)])),
        not_me: message.not_me.clone().map(|url| {
            let link = Action { url, label: say("mail-not-me") };
            (say("mail-not-me-text"), link)
        }),
        otherwise: words.reader.otherwise(locale, sender.phone),
        check: say("mail-check"),
    }
}

fn facts(locale: Locale, message: &Message) -> Vec<String> {
    let way = message.about.as_deref().and_then(|about| factor(locale, about));
    let way = way.map(|way| text(locale, "mail-way", &[("about", &way)]));
    let at = moment(locale, &when(message.at));
    let device = message.device.as_ref().map(|device| text(locale, "mail-device", &[("device", device)]));
    let network = message.network.as_ref();
    let network = network.map(|network| text(locale, "mail-network", &[("network", network)]));
    let at = Some(text(locale, "mail-when", &[("when", &at)]));
    [way, at, device, network].into_iter().flatten().collect()
}

/// A factor in words, e.g. "Passkey (my phone)".
fn factor(locale: Locale, about: &str) -> Option<String> {
    let (kind, label) = about.split_once(' ').unwrap_or((about, ""));
    let name = text(locale, method(FactorKind::parse(kind)?).name_key(), &[]);
    Some(if label.is_empty() { name } else { format!("{name} ({label})") })
}

/// What the reader may think when it was not them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// Somebody else may be in the account: call.
    Alarmed,
    /// Somebody else typed the name: nothing to do.
    NotAsking,
    /// An app may have asked for somebody else's sake: to be refused where it is not known.
    Careful,
    /// They may not know who writes.
    Stranger,
    /// They may need help.
    Fine,
}

impl Reader {
    fn otherwise(self, locale: Locale, phone: Option<&str>) -> Vec<String> {
        let help = |called: &str, alone: &str| match phone {
            // A number that breaks over two lines is read in the wrong order where lines run from right to left.
            Some(phone) => text(locale, called, &[("phone", &phone.replace(' ', "\u{a0}"))]),
            None => text(locale, alone, &[]),
        };
        let say = |key: &str| text(locale, key, &[]);
        match self {
            Self::Alarmed => vec![help("mail-not-you-call", "mail-not-you")],
            Self::NotAsking => vec![say("mail-not-asked"), help("mail-help-call", "mail-help")],
            Self::Careful => vec![say("approve-warning"), help("mail-help-call", "mail-help")],
            Self::Stranger => vec![say("mail-not-known"), help("mail-help-call", "mail-help")],
            Self::Fine => vec![help("mail-help-call", "mail-help")],
        }
    }
}

/// The messages that say a notice.
struct Words {
    subject: &'static str,
    happened: &'static str,
    /// What the link is called, where there is one.
    action: &'static str,
    reader: Reader,
}

const fn said(subject: &'static str, happened: &'static str, action: &'static str, reader: Reader) -> Words {
    Words { subject, happened, action, reader }
}

#[rustfmt::skip]
const fn words(notice: Notice) -> Words {
    use Reader::{Alarmed, Careful, Fine, NotAsking, Stranger};
    match notice {
        Notice::FactorAdded => said("mail-factor-added-subject", "mail-factor-added", "mail-look", Alarmed),
        Notice::FactorRemoved => said("mail-factor-removed-subject", "mail-factor-removed", "mail-look", Alarmed),
        Notice::RecoveryCodesMade => said("mail-recovery-codes-made-subject", "mail-recovery-codes-made", "mail-look", Alarmed),
        Notice::RecoveryCodeUsed => said("mail-recovery-code-used-subject", "mail-recovery-code-used", "mail-look", Alarmed),
        Notice::RecoveryCodesLow => said("mail-recovery-codes-low-subject", "mail-recovery-codes-low", "mail-look", Fine),
        Notice::PasswordChanged => said("mail-password-changed-subject", "mail-password-changed", "mail-look", Alarmed),
        Notice::FactorDisabled => said("mail-factor-disabled-subject", "mail-factor-disabled", "mail-look", Alarmed),
        Notice::NewBrowser => said("mail-new-browser-subject", "mail-new-browser", "mail-look", Alarmed),
        Notice::Invitation => said("mail-invitation-subject", "mail-invitation", "mail-invitation-action", Stranger),
        Notice::InvitationReminder => said("mail-invitation-reminder-subject", "mail-invitation-reminder", "mail-invitation-action", Stranger),
        Notice::SetUpReminder => said("mail-set-up-reminder-subject", "mail-set-up-reminder", "mail-look", Fine),
        Notice::Activated => said("mail-activated-subject", "mail-activated", "mail-look", Alarmed),
        Notice::PasswordReset => said("mail-password-reset-subject", "mail-password-reset", "mail-password-reset-action", NotAsking),
        Notice::AddressVerify => said("mail-address-verify-subject", "mail-address-verify", "mail-address-verify-action", NotAsking),
        Notice::AddressChanged => said("mail-address-changed-subject", "mail-address-changed", "mail-look", Alarmed),
        Notice::RecoveryStarted => said("mail-recovery-started-subject", "mail-recovery-started", "mail-stop", Alarmed),
        Notice::RecoveryStopped => said("mail-recovery-stopped-subject", "mail-recovery-stopped", "mail-look", Alarmed),
        Notice::RecoveryAsked => said("mail-recovery-asked-subject", "mail-recovery-asked", "mail-look", Alarmed),
        Notice::RecoveryReady => said("mail-recovery-ready-subject", "mail-recovery-ready", "mail-factor-reset-action", Alarmed),
        Notice::AccountExists => said("mail-account-exists-subject", "mail-account-exists", "mail-look", NotAsking),
        Notice::RecoveryDone => said("mail-recovery-done-subject", "mail-recovery-done", "mail-look", Alarmed),
        Notice::ResetRequested => said("mail-reset-requested-subject", "mail-reset-requested", "mail-look", Alarmed),
        Notice::ErasureRequested => said("mail-erasure-requested-subject", "mail-erasure-requested", "mail-look", Alarmed),
        Notice::FactorReset => said("mail-factor-reset-subject", "mail-factor-reset", "mail-factor-reset-action", Alarmed),
        Notice::AccountClosing => said("mail-account-closing-subject", "mail-account-closing", "mail-account-closing-action", Alarmed),
        Notice::AccountKept => said("mail-account-kept-subject", "mail-account-kept", "mail-look", Fine),
        Notice::Repudiated => said("mail-repudiated-subject", "mail-repudiated", "mail-look", Alarmed),
        Notice::SignInAsked => said("mail-sign-in-asked-subject", "mail-sign-in-asked", "mail-sign-in-asked-action", Careful),
        Notice::ApprovalWaiting => said("mail-approval-waiting-subject", "mail-approval-waiting", "mail-approval-waiting-action", Fine),
    }
}

/// The message that names a notice.
pub fn subject(notice: Notice) -> &'static str {
    words(notice).subject
}

/// Every notice in every language with fixed data: what the demo shows and tests look at.
pub fn samples() -> Vec<Sample> {
    let Ok(issuer) = Issuer::parse("https://id.example.org") else { return Vec::new() };
    let sender = Sender {
        issuer: &issuer,
        organisation: "Riverside Video Clinic",
        phone: Some("+44 20 7946 0000"),
        language: Locale::En,
    };
    let mut samples = Vec::new();
    for locale in Locale::ALL {
        for notice in Notice::ALL {
            let html = letter(sender, &sample(*notice, locale)).html;
            samples.push(Sample { name: words(*notice).happened, locale, html });
        }
    }
    samples
}

/// A notice with everything it may have.
fn sample(notice: Notice, locale: Locale) -> Message {
    let at = Timestamp::from_seconds(1_790_000_000);
    let leads = words(notice).action != "mail-look";
    Message {
        to: "rose@example.org".to_owned(),
        locale: locale.tag().to_owned(),
        notice,
        at,
        about: (notice == Notice::FactorAdded).then(|| "passkey my <phone>".to_owned()),
        link: leads.then(|| "https://id.example.org/somewhere/sometoken".to_owned()),
        until: Some(at.plus(86_400)),
        not_me: notice.can_be_denied().then(|| "https://id.example.org/not-me/othertoken".to_owned()),
        device: Some("Firefox, Windows".to_owned()),
        network: Some("192.0.2.7".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Riverside Video Clinic";

    fn every(look: impl Fn(Notice, Locale, &Message, &Letter)) {
        let issuer = Issuer::parse("https://id.example.org").unwrap();
        for notice in Notice::ALL {
            for locale in Locale::ALL {
                for phone in [Some("+44 20 7946 0000"), None] {
                    let message = sample(*notice, locale);
                    let sender = Sender { issuer: &issuer, organisation: NAME, phone, language: Locale::En };
                    look(*notice, locale, &message, &letter(sender, &message));
                }
            }
        }
    }

    #[test]
    fn every_notice_is_said_whole_in_every_language() {
        every(|notice, locale, message, letter| {
            let all = [&letter.subject, &letter.text, &letter.html];
            for part in all {
                assert!(!part.contains("mail-") && !part.contains("{$") && !part.contains("{ $"), "{notice}");
            }
            assert!(letter.html.contains(&format!(
                "<html lang=\"{}\" dir=\"{}\">",
                locale.tag(),
                locale.dir()
            )));
            for link in message.link.iter().chain(&message.not_me) {
                assert_eq!(letter.text.matches(link.as_str()).count(), 1, "{notice}: {}", letter.text);
                assert_eq!(letter.html.matches(link.as_str()).count(), 1, "{notice}: {}", letter.html);
            }
            assert!(
                letter.text.contains("192.0.2.7") && letter.html.contains("Firefox, Windows"),
                "{notice}"
            );
            assert!(letter.text.contains("2026") || locale == Locale::Ar, "{notice}: {}", letter.text);
        });
    }

    #[test]
    fn what_a_link_does_stands_right_before_it() {
        every(|notice, locale, message, letter| {
            let Some(link) = &message.not_me else { return };
            let (does, called) = (text(locale, "mail-not-me-text", &[]), text(locale, "mail-not-me", &[]));
            assert!(
                letter.text.contains(&format!("{does}\n\n{called}:\n{link}\n\n")),
                "{notice}: {}",
                letter.text
            );
            let html = format!("<p>{does}</p>\n<p><a href=\"{link}\">{called}</a></p>");
            assert!(letter.html.contains(&html), "{notice}: {}", letter.html);
        });
    }

    #[test]
    fn no_subject_names_the_clinic_or_breaks_its_line() {
        every(|notice, _, _, letter| {
            assert!(!letter.subject.contains(NAME) && !letter.subject.is_empty(), "{notice}");
            assert!(!letter.subject.chars().any(char::is_control), "{notice}");
            assert!(letter.subject.chars().count() <= 60, "{notice}: {}", letter.subject);
        });
    }

    #[test]
    fn the_text_part_holds_no_markup_and_the_html_part_fetches_nothing() {
        every(|notice, _, _, letter| {
            let text = letter.text.replace("my <phone>", "");
            for left_over in ["<", ">", "&amp;", "&#", "&lt;", "&nbsp;"] {
                assert!(!text.contains(left_over), "{notice}: {left_over} in {text}");
            }
            for fetched in
                ["<img", "<script", "<link", "src=", "url(", "@import", "<iframe", "<form", "style=\""]
            {
                assert!(!letter.html.contains(fetched), "{notice}: {fetched}");
            }
            assert!(!letter.html.contains("<phone>"), "{notice}: a person's own word is escaped");
        });
    }

    #[test]
    fn a_language_with_a_region_is_the_language_and_none_is_the_clinics() {
        let issuer = Issuer::parse("https://id.example.org").unwrap();
        let sender = Sender { issuer: &issuer, organisation: NAME, phone: None, language: Locale::Es };
        let of = |tag: &str| {
            let message = Message { locale: tag.to_owned(), ..sample(Notice::NewBrowser, Locale::En) };
            letter(sender, &message).language
        };
        assert_eq!([of("de-AT"), of("ar"), of("pl"), of("")], ["de", "ar", "es", "es"]);
    }
}
