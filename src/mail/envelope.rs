//! From a letter to the bytes of a mail: addresses checked, headers, two parts. What came from outside is encoded or
//! refused, so that no header is begun by it.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Address;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail, MultiPart, SinglePart};

use super::{Failure, Stage};
use crate::base::Timestamp;
use crate::notifications::Letter;

/// Who writes.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The address, which bounces come back to.
    pub from: String,
    /// The name before it.
    pub name: String,
    /// Where answers go, if elsewhere.
    pub reply_to: Option<String>,
    /// Our own host, for `Message-ID` and the greeting.
    pub host: String,
}

/// A mail ready to go.
#[derive(Clone)]
pub struct Outgoing {
    /// Where bounces go.
    pub(super) from: Address,
    /// Whom it is for.
    pub(super) to: Address,
    /// Headers and body.
    pub(super) bytes: Vec<u8>,
}

impl Outgoing {
    /// A letter as a mail. `id` names it for good, so that a mail that went twice is known for one. An address that is
    /// none is a failure that lasts.
    pub fn new(sender: &Sender, id: &str, to: &str, letter: &Letter, at: Timestamp) -> Result<Self, Failure> {
        let no_address = |_| Failure { stage: Stage::Recipient, code: Some(NO_ADDRESS) };
        let to: Address = to.parse().map_err(no_address)?;
        let from: Address = sender.from.parse().map_err(|_| Failure::at(Stage::Sender))?;
        let date = UNIX_EPOCH + Duration::from_secs(u64::try_from(at.seconds()).unwrap_or_default());
        let mut builder = Mail::builder()
            .from(Mailbox::new(Some(one_line(&sender.name)), from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(&letter.subject))
            .message_id(Some(format!("<{id}@{}>", sender.host)))
            .date(date)
            .header(AutoSubmitted)
            .header(ContentLanguage(letter.language.to_owned()));
        if let Some(reply_to) = &sender.reply_to {
            let address = reply_to.parse().map_err(|_| Failure::at(Stage::Sender))?;
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        // The boundary is ours, so that the same mail has the same bytes: chance is not drawn behind our back.
        let parts = MultiPart::alternative()
            .boundary(format!("part-{id}"))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(letter.text.clone()))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(letter.html.clone()));
        let mail = builder
            .multipart(parts)
            .map_err(|_| Failure { stage: Stage::Content, code: Some(NO_ADDRESS) })?;
        Ok(Self { from, to, bytes: mail.formatted() })
    }

    /// Headers and body as they are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a server would say to an address that is none (RFC 5321 §4.2.2).
const NO_ADDRESS: u16 = 501;

/// A text that stays in its line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `Auto-Submitted: auto-generated` (RFC 3834 §5): no machine answers this mail.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// `Content-Language` (RFC 3282).
#[derive(Clone)]
struct ContentLanguage(String);

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(name: &str) -> Sender {
        Sender {
            from: "no-reply@id.clinic.example".to_owned(),
            name: name.to_owned(),
            reply_to: Some("help@clinic.example".to_owned()),
            host: "id.clinic.example".to_owned(),
        }
    }

    fn letter(subject: &str) -> Letter {
        Letter {
            subject: subject.to_owned(),
            text: "Grüße\n\nhttps://id.clinic.example/not-me/abc\n.\nend\n".to_owned(),
            html: "<!DOCTYPE html>\n<p>Grüße</p>\n".to_owned(),
            language: "de",
        }
    }

    fn headers(mail: &Outgoing) -> Vec<String> {
        let text = String::from_utf8(mail.bytes().to_vec()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().to_owned();
        // Folded lines are part of the one before.
        head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_mail_says_who_when_and_that_a_machine_wrote_it() {
        let at = Timestamp::from_seconds(1_790_000_000);
        let mail =
            Outgoing::new(&sender("Account security"), "0190-x", "rose@example.org", &letter("Hallo"), at)
                .unwrap();
        let headers = headers(&mail);
        for wanted in [
            "From: \"Account security\" <no-reply@id.clinic.example>",
            "To: rose@example.org",
            "Reply-To: help@clinic.example",
            "Subject: Hallo",
            "Message-ID: <0190-x@id.clinic.example>",
            "Date: Mon, 21 Sep 2026 14:13:20 +0000",
            "Auto-Submitted: auto-generated",
            "Content-Language: de",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.iter().any(|header| header == wanted), "{wanted} in {headers:#?}");
        }
        let text = String::from_utf8(mail.bytes().to_vec()).unwrap();
        assert!(text.contains("multipart/alternative"), "{text}");
        assert!(
            text.find("text/plain").unwrap() < text.find("text/html").unwrap(),
            "the best part comes last"
        );
        assert!(mail.bytes().is_ascii(), "every server takes it");
        assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{text}");
    }

    #[test]
    fn nobody_begins_a_header_by_a_name_a_subject_or_an_address() {
        let at = Timestamp::from_seconds(1_790_000_000);
        let evil = "Rose\r\nBcc: thief@evil.example\r\n\r\nbody\n";
        let mail = Outgoing::new(&sender(evil), "0190-x", "rose@example.org", &letter(evil), at).unwrap();
        let clean =
            Outgoing::new(&sender("Rose"), "0190-x", "rose@example.org", &letter("Rose"), at).unwrap();
        let names = |mail: &Outgoing| -> Vec<String> {
            headers(mail).iter().map(|header| header.split(':').next().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&mail), names(&clean), "{:#?}", headers(&mail));
        for to in [
            "rose@example.org\r\nBcc: thief@evil.example",
            "rose@example.org>\r\nRCPT TO:<thief@evil.example",
            "rose@example.org, thief@evil.example",
            "Rose <rose@example.org>",
            "rose",
            "",
        ] {
            let refused = Outgoing::new(&sender("Rose"), "0190-x", to, &letter("x"), at);
            assert!(refused.is_err_and(|failure| failure.is_lasting()), "{to}");
        }
    }
}
