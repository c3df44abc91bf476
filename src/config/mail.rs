//! How notices reach people: the SMTP server and who they are from.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use url::Url;

use super::redacted;
use super::section::section;
use super::value::{Kind, Setting};
use crate::base::Secret;

section! {
    /// How notices reach people. Every change of a way to sign in is told by mail, so `serve` without a server warns.
    Mail in "mail" {
        /// The SMTP server: `smtps://user:password@host` (TLS from the start, port 465) or `smtp://user:password@host?tls=required` (STARTTLS, port 587); `tls=opportunistic` encrypts where the server offers it. Without TLS only to this machine, `smtp://127.0.0.1:25`. While it is away mail waits and is tried again for three days.
        smtp_url: Option<SmtpUrl> = "" example "smtps://vouchsafe:password@mail.clinic.example";

        /// The address notices are sent from, and bounces come back to. Choose one of the domain people sign in at. Needed where `smtp_url` is set.
        from: Option<MailAddress> = "" example "no-reply@id.clinic.example";

        /// The sender's name. Keep it neutral: lock screens and shared inboxes show it, and the name of a clinic or a specialty tells of a condition.
        from_name: String = "Account security" example "Account security";

        /// Where answers go; not set, they go to `from`.
        reply_to: Option<MailAddress> = "" example "help@clinic.example";

        /// A file with certificates (PEM) that may sign the mail server's own, beside the public ones: for a server inside the clinic.
        ca_file: Option<PathBuf> = "" example "/etc/vouchsafe/mail-ca.pem";
    }
}

/// When the connection to the server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte.
    Implicit,
    /// By STARTTLS, or no mail is sent.
    Required,
    /// By STARTTLS where the server offers it.
    Opportunistic,
    /// Never; only to this machine.
    Off,
}

/// `smtps://…` or `smtp://…`. `Display` and `Debug` hide the password.
#[derive(Clone)]
pub struct SmtpUrl {
    text: Secret<String>,
    /// Host name or address.
    pub host: String,
    /// The port, 465 or 587 unless it is given.
    pub port: u16,
    /// When the connection is encrypted.
    pub tls: SmtpTls,
    user: Option<(String, Secret<String>)>,
}

impl SmtpUrl {
    /// User and password, for the connection only.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.user.as_ref().map(|(user, password)| (user.as_str(), password.expose().as_str()))
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(self.text.expose()))
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Setting for SmtpUrl {
    const KIND: Kind = Kind::Url;
    const SECRET: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let shape = "must look like smtps://user:password@host or smtp://user:password@host?tls=required";
        let url = Url::parse(text).map_err(|_| shape.to_owned())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(shape)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(shape.to_owned());
        }
        let tls = tls(&url, &host)?;
        let usual = match tls {
            SmtpTls::Implicit => 465,
            SmtpTls::Required | SmtpTls::Opportunistic => 587,
            SmtpTls::Off => 25,
        };
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                Some((decoded(user), Secret::new(decoded(password))))
            }
            _ => return Err("needs both a user and a password, or neither".to_owned()),
        };
        let port = url.port().unwrap_or(usual);
        Ok(Self { text: Secret::new(text.to_owned()), host, port, tls, user })
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

fn tls(url: &Url, host: &str) -> Result<SmtpTls, String> {
    let asked: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let asked: Vec<_> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    match (url.scheme(), asked.as_slice()) {
        ("smtps", []) => Ok(SmtpTls::Implicit),
        ("smtp", [("tls", "required")]) => Ok(SmtpTls::Required),
        ("smtp", [("tls", "opportunistic")]) => Ok(SmtpTls::Opportunistic),
        ("smtp", []) if near => Ok(SmtpTls::Off),
        ("smtp", []) => {
            Err("must be smtps://…, or end in ?tls=required; without TLS mail goes only to this \
                             machine (smtp://127.0.0.1:25)"
                .to_owned())
        }
        ("smtps" | "smtp", _) => {
            Err("may end in ?tls=required or ?tls=opportunistic (smtp only), nothing else".to_owned())
        }
        _ => Err("must begin with `smtps://` or `smtp://`".to_owned()),
    }
}

/// A part of a URL without its percent signs.
fn decoded(part: &str) -> String {
    let pair = format!("p={}", part.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// An e-mail address as a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for MailAddress {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"@<>,;:\"()[]\\".contains(&b))
        };
        match text.split_once('@') {
            Some((local, domain)) if plain(local) && plain(domain) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "`{text}` is no address such as no-reply@id.clinic.example; write it without a name"
            )),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_with_how_it_is_reached() {
        let table = [
            ("smtps://mail.example", "mail.example", 465, SmtpTls::Implicit, None),
            ("smtps://u:p@mail.example:2465/", "mail.example", 2465, SmtpTls::Implicit, Some(("u", "p"))),
            (
                "smtp://no%40reply:a%2Fb+c%26d@mail.example?tls=required",
                "mail.example",
                587,
                SmtpTls::Required,
                Some(("no@reply", "a/b+c&d")),
            ),
            ("smtp://mail.example:25?tls=opportunistic", "mail.example", 25, SmtpTls::Opportunistic, None),
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, SmtpTls::Off, None),
            ("smtp://[::1]", "::1", 25, SmtpTls::Off, None),
            ("smtp://localhost?tls=required", "localhost", 587, SmtpTls::Required, None),
        ];
        for (text, host, port, tls, user) in table {
            let url = SmtpUrl::parse(text).unwrap();
            assert_eq!((url.host.as_str(), url.port, url.tls), (host, port, tls), "{text}");
            assert_eq!(url.credentials(), user, "{text}");
        }
    }

    #[test]
    fn what_could_send_mail_in_the_open_is_refused_without_repeating_the_password() {
        for text in [
            "",
            "mail.example",
            "http://u:hunter2@mail.example",
            "smtp://u:hunter2@mail.example",
            "smtp://u:hunter2@mail.example?tls=none",
            "smtps://u:hunter2@mail.example?tls=required",
            "smtp://u:hunter2@mail.example?tls=required&x=1",
            "smtps://u:hunter2@mail.example/path",
            "smtps://user@mail.example",
            "smtps://:hunter2@mail.example",
            "smtps://",
        ] {
            let why = SmtpUrl::parse(text).unwrap_err();
            assert!(!why.contains("hunter2"), "{text}: {why}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let url = SmtpUrl::parse("smtps://post:hunter2@mail.example").unwrap();
        for shown in [url.to_string(), format!("{url:?}"), url.show().unwrap()] {
            assert_eq!(shown, "smtps://post:***@mail.example");
        }
    }

    #[test]
    fn an_address_is_one_address() {
        assert_eq!(MailAddress::parse(" a@b.example ").unwrap().as_str(), "a@b.example");
        for bad in ["", "a", "@b", "a@", "a@b, c@d", "Name <a@b>", "a@b\r\nBcc: c@d", "a@b@c"] {
            assert!(MailAddress::parse(bad).is_err(), "{bad}");
        }
    }
}
