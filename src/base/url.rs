//! URLs we trust with something: the issuer, redirect URIs, origins.

use std::fmt;

use url::Url;

/// The provider's issuer identifier (OpenID Connect Discovery §3): https, or http on loopback; no query, no
/// fragment, no trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// Parses the configured issuer; the error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text)
            .map_err(|e| format!("`{text}` is no URL ({e}); write e.g. https://id.example.org"))?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(format!("`{text}` must have no query, fragment or user"));
        }
        let loopback = is_loopback(&url);
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(format!("`{text}` must begin with https:// (http is for loopback only)"));
        }
        if url.path() != "/" {
            return Err(format!(
                "`{text}` must have no path: cookies with the __Host- prefix need the whole origin"
            ));
        }
        Ok(Self { text: text.trim_end_matches('/').to_owned(), url })
    }

    /// The issuer exactly as it stands in tokens.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// An absolute URL of ours from a path that begins with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{}{}", self.text, path)
    }

    /// Whether cookies carry `Secure` and the `__Host-` prefix.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host, which is also the WebAuthn relying party id.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// `host[:port]` as browsers send it in `Host`.
    pub fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The URL, for libraries that want one.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `localhost`, `127.0.0.0/8` or `[::1]`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The origin of an http(s) URL (`https://app.example`), or `scheme:` for a private-use scheme; what
/// `form-action` has to name.
pub fn form_action_source(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    match url.scheme() {
        "http" | "https" => Some(url.origin().ascii_serialization()),
        other => Some(format!("{other}:")),
    }
}

/// Adds parameters to the query of `uri`, keeping what it holds; the fragment is none by registration.
pub fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    let glue = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{glue}{}", query.finish())
}

/// Percent-encoding undone, strictly: every `%` begins two hex digits, and the result is UTF-8. `plus` says what a plus sign
/// stands for: a space in forms, itself elsewhere.
pub fn unescaped(text: &str, plus: u8) -> Option<String> {
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(plus),
            b'%' => {
                let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
                out.push(high << 4 | low);
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers() {
        for good in [
            "https://id.example.org",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "https://id.example.org/",
        ] {
            assert!(Issuer::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.org",
            "https://id.example.org/x",
            "https://u@id.example.org",
            "id",
            "https://a?b",
        ] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn queries_are_kept() {
        assert_eq!(with_query("https://a/cb?x=1", &[("code", "a b")]), "https://a/cb?x=1&code=a+b");
        assert_eq!(with_query("https://a/cb", &[("s", "&")]), "https://a/cb?s=%26");
    }

    #[test]
    fn percent_signs_stand_before_two_digits_and_a_plus_for_what_it_is_said_to() {
        for (text, plus, read) in [
            ("a%20b%2Bc+d", b' ', Some("a b+c d")),
            ("a%20b%2Bc+d", b'+', Some("a b+c+d")),
            ("%c3%A9\n%%", b'+', None),
            ("%c3%A9\n", b'+', Some("é\n")),
            ("", b'+', Some("")),
            ("%", b'+', None),
            ("%4", b'+', None),
            ("%+1", b'+', None),
            ("% 1", b'+', None),
            ("%ff", b'+', None),
        ] {
            assert_eq!(unescaped(text, plus).as_deref(), read, "{text}");
        }
    }
}
