//! Where a client may be answered: redirect URIs as exact strings (RFC 9700 §2.1, RFC 8252).
//!
//! What is registered is checked once, hard, so that what is sent later needs only a comparison of strings.

use url::Url;

use crate::base::url::is_loopback;

/// Longest URI registered, in bytes.
const LIMIT: usize = 2048;

/// A registered redirect or post-logout URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RedirectUri {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    /// https, or http on loopback.
    Web { host: String, origin: String, loopback: bool },
    /// A private-use scheme of a native app (RFC 8252 §7.1).
    PrivateUse,
}

impl RedirectUri {
    /// Reads a URI to be registered; the error is a sentence for the developer.
    pub fn parse(text: &str) -> Result<Self, String> {
        check_text(text).map_err(|why| format!("`{}` {why}", shown(text)))?;
        let url = Url::parse(text).map_err(|e| format!("`{}` is no URI ({e})", shown(text)))?;
        let kind = kind(text, &url).map_err(|why| format!("`{}` {why}", shown(text)))?;
        Ok(Self { text: text.to_owned(), kind })
    }

    /// The URI exactly as registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `given` is this URI: the same string, or on an IP literal of the loopback the same but for the
    /// port (RFC 8252 §7.3). `localhost` gets no such freedom (§8.3).
    pub fn matches(&self, given: &str) -> bool {
        if self.text == given {
            return true;
        }
        match (without_port(&self.text), without_port(given)) {
            (Some(registered), Some(given)) => registered == given,
            (None, _) | (_, None) => false,
        }
    }

    /// The host; none for a private-use scheme.
    pub fn host(&self) -> Option<&str> {
        match &self.kind {
            Kind::Web { host, .. } => Some(host),
            Kind::PrivateUse => None,
        }
    }

    /// The origin as browsers send it; none for a private-use scheme.
    pub fn origin(&self) -> Option<&str> {
        match &self.kind {
            Kind::Web { origin, .. } => Some(origin),
            Kind::PrivateUse => None,
        }
    }

    /// Whether it stays on the person's own machine, so that its host belongs to nobody.
    pub fn is_loopback(&self) -> bool {
        matches!(self.kind, Kind::Web { loopback: true, .. })
    }
}

/// Host and what follows the port of an http URI on a loopback IP literal.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
    let rest = rest.get(host.len()..)?;
    let Some(rest) = rest.strip_prefix(':') else { return Some((host, rest)) };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = rest.split_at_checked(digits)?;
    port.parse::<u16>().ok().filter(|port| *port != 0)?;
    Some((host, rest))
}

fn check_text(text: &str) -> Result<(), &'static str> {
    if text.len() > LIMIT {
        return Err("is longer than 2048 bytes");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("must be ASCII without spaces; percent-encode the rest");
    }
    if text.contains(['\\', '"', '<', '>', '`', '{', '}', '|', '^']) {
        return Err("holds a character no URI may hold (RFC 3986 §2); percent-encode it");
    }
    if text.contains('#') {
        return Err("must have no fragment (RFC 6749 §3.1.2)");
    }
    if text.contains('*') {
        return Err("holds a `*`; list every URI in full, there are no wildcards");
    }
    Ok(())
}

fn kind(text: &str, url: &Url) -> Result<Kind, String> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    if scheme != url.scheme() {
        return Err("must begin with its scheme in lower case".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
        return Err("must hold no user name or password".to_owned());
    }
    match scheme {
        "https" | "http" => web(text, url),
        _ if scheme.contains('.') => Ok(Kind::PrivateUse),
        _ => Err(format!(
            "has the scheme `{scheme}`; use https, http on loopback, or a private-use scheme in reverse domain \
             order such as com.example.app (RFC 8252 §7.1)"
        )),
    }
}

fn web(text: &str, url: &Url) -> Result<Kind, String> {
    let host = url.host_str().unwrap_or_default();
    let authority = authority(text);
    let written = authority.strip_suffix(|c: char| c.is_ascii_digit()).map_or(authority, |_| {
        authority.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':').unwrap_or(authority)
    });
    // A host the parser had to rewrite (`0x7f.1`, `a%2eb`) may be read otherwise by somebody else.
    // And one with other letters than names have would say more than a host where origins are listed (CSP §2.3).
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
    if host.is_empty() || !plain || !written.eq_ignore_ascii_case(host) {
        return Err("has a host that is not in its plain form".to_owned());
    }
    let path = text.split_once("://").map_or("", |(_, rest)| rest.get(authority.len()..).unwrap_or(""));
    let path = path.split('?').next().unwrap_or("");
    if !path.is_empty() && path != url.path() {
        return Err("has a path with `.` or `..` segments".to_owned());
    }
    let loopback = is_loopback(url);
    if url.scheme() == "http" && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Err("must begin with https:// (http is for localhost, 127.0.0.1 and [::1] only)".to_owned());
    }
    let origin = url.origin().ascii_serialization();
    Ok(Kind::Web { host: host.to_owned(), origin, loopback })
}

/// What stands between `://` and the path or query.
fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or("")
}

/// Enough of a refused text to recognise it, printable.
fn shown(text: &str) -> String {
    crate::base::text::error_text(&text.chars().take(120).collect::<String>())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_uris_are_taken() {
        for good in [
            "https://app.example/cb",
            "https://app.example",
            "https://app.example/cb?x=1&y=a%20b",
            "https://app.example:8443/cb",
            "https://app.example:443/cb",
            "https://xn--bcher-kva.example/",
            "https://APP.example/cb",
            "http://localhost:8081/callback",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
            "com.example.app:/oauth/cb",
            "com.example.app://cb/x",
        ] {
            assert!(RedirectUri::parse(good).is_ok(), "{good}: {:?}", RedirectUri::parse(good));
        }
    }

    #[test]
    fn bad_uris_are_refused() {
        for bad in [
            "",
            "cb",
            "/cb",
            "//app.example/cb",
            "https:app.example/cb",
            "https:///app.example/cb",
            "https://",
            "http://app.example/cb",
            "http://localhost.app.example/cb",
            "http://localhostx/cb",
            "http://127.0.0.2/cb",
            "http://127.1/cb",
            "http://0x7f.0.0.1/cb",
            "http://2130706433/cb",
            "http://0.0.0.0/cb",
            "https://app.example/cb#x",
            "https://app.example/cb#",
            "https://user@app.example/cb",
            "https://user:pw@app.example/cb",
            "https://@app.example/cb",
            "https://a@b@app.example/cb",
            "https://*.example/cb",
            "https://app.example/*",
            "https://app.example\\@evil.example/cb",
            "https://app.example/../cb",
            "https://app.example/a/%2e%2e/cb",
            "https://app.example/a;/../b",
            "https://app.ex ample/cb",
            "https://app.example/cb\n",
            "https://app.exam\tple/cb",
            " https://app.example/cb",
            "https://äpp.example/cb",
            "https://a%2eb.example/cb",
            "https://app.example:99999/cb",
            "https://app.example:/cb",
            "HTTPS://app.example/cb",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript://app.example/%0aalert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://app.example/x",
            "about:blank",
            "myapp:/cb",
            "ftp://app.example/cb",
            "ws://app.example/cb",
            "urn:ietf:wg:oauth:2.0:oob",
            "com.example.app://user@cb/x",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
        assert!(RedirectUri::parse(&format!("https://app.example/{}", "a".repeat(2100))).is_err());
    }

    #[test]
    fn only_the_port_of_a_loopback_ip_is_free() {
        let ip = RedirectUri::parse("http://127.0.0.1:1234/cb?x").unwrap();
        for good in ["http://127.0.0.1:1234/cb?x", "http://127.0.0.1/cb?x", "http://127.0.0.1:65535/cb?x"] {
            assert!(ip.matches(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:1234/cb",
            "http://127.0.0.1:0/cb?x",
            "http://127.0.0.1:65536/cb?x",
            "http://127.0.0.1:/cb?x",
            "http://127.0.0.1:80@evil.example/cb?x",
            "http://127.0.0.1@evil.example/cb?x",
            "http://127.0.0.1.evil.example/cb?x",
            "http://127.0.0.1:+80/cb?x",
            "http://localhost:1234/cb?x",
            "http://[::1]:1234/cb?x",
            "https://127.0.0.1:1234/cb?x",
            "http://127.0.0.1:1234/cb?x#y",
            "HTTP://127.0.0.1:1234/cb?x",
        ] {
            assert!(!ip.matches(bad), "{bad}");
        }
        let name = RedirectUri::parse("http://localhost:1234/cb").unwrap();
        assert!(name.matches("http://localhost:1234/cb"));
        assert!(!name.matches("http://localhost:1/cb"));
        let web = RedirectUri::parse("https://app.example/cb").unwrap();
        for bad in [
            "https://app.example/cb/",
            "https://app.example/cb?",
            "https://APP.example/cb",
            "https://app.example:443/cb",
        ] {
            assert!(!web.matches(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_has_one_reading(text in "(https?://)?[a-z0-9.@:/?#\\[\\]%*\\\\-]{0,40}") {
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert!(uri.matches(&text));
                let url = Url::parse(&text).unwrap();
                prop_assert!(url.username().is_empty() && url.fragment().is_none());
                prop_assert!(url.scheme() != "http" || is_loopback(&url));
            }
        }

        #[test]
        fn a_match_never_leaves_the_host(given in "http://127\\.0\\.0\\.1[:@./a-z0-9?#]{0,20}") {
            let uri = RedirectUri::parse("http://127.0.0.1:1/cb").unwrap();
            if uri.matches(&given) {
                let url = Url::parse(&given).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
            }
        }
    }
}
