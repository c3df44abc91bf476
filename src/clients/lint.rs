//! The lint of redirect URIs: what is wrong or risky about an address, how bad that is, and the fix in words. Pure.
//!
//! It judges texts, because the worst ones never become a [`RedirectUri`]: whatever the parser refuses has a finding of
//! grade [`Grade::Error`] here. To add a rule: a variant of [`Rule`], and a line in the function of its part.

use url::Url;

use super::metadata::ApplicationType;
use super::{RedirectUri, Stage};
use crate::base::url::is_loopback;
use crate::base::words::words;

words! {
    /// How bad a finding is.
    Grade {
        /// Worth a look.
        Notice = "notice",
        /// Risky; there is a better way.
        Warning = "warning",
        /// Refused, or refused before the app goes live.
        Error = "error",
    }
}

words! {
    /// What a finding is about; stable words.
    Rule {
        /// A `*` anywhere.
        Wildcard = "wildcard",
        /// http to another machine.
        HttpOffLoopback = "http_off_loopback",
        /// The developer's own machine, in an app people depend on.
        LocalhostLive = "localhost_live",
        /// A `#`.
        Fragment = "fragment",
        /// A user name or password before the host.
        UserInfo = "user_info",
        /// A number instead of a name.
        IpLiteral = "ip_literal",
        /// A private-use scheme that is not a reversed domain.
        Scheme = "scheme",
        /// A host that ends with a dot.
        TrailingDot = "trailing_dot",
        /// Several hosts, so that no `sub` can be made.
        SeveralHosts = "several_hosts",
        /// A host in mixed case, in punycode or outside ASCII.
        Lookalike = "lookalike",
        /// `.` or `..` segments, encoded or not, and what parsers make of them.
        PathTraversal = "path_traversal",
        /// A query that holds a name an answer carries.
        AnswerInQuery = "answer_in_query",
        /// The same address twice.
        Repeated = "repeated",
        /// Anything else that is no plain URI.
        Malformed = "malformed",
    }
}

/// One thing the lint found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub rule: Rule,
    /// How bad it is.
    pub grade: Grade,
    /// The address; empty where it is about all of them.
    pub uri: String,
    /// What is wrong, as a sentence.
    pub what: String,
    /// What to do, as a sentence.
    pub fix: String,
}

/// What the judgement depends on beside the addresses.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Whether people depend on the app.
    pub stage: Stage,
    /// Whether it runs on the person's device.
    pub application: ApplicationType,
    /// Whether the one host of its addresses names the sector of its `sub`.
    pub one_host: bool,
}

/// Judges all redirect URIs of an app: worst first.
pub fn lint<'u>(uris: impl IntoIterator<Item = &'u str>, about: About) -> Vec<Finding> {
    let uris: Vec<&str> = uris.into_iter().collect();
    let mut found: Vec<Finding> = uris.iter().flat_map(|uri| lint_one(uri, about)).collect();
    found.extend(several_hosts(&uris, about));
    found.extend(repeated(&uris));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    found
}

/// Judges one redirect URI by itself.
pub fn lint_one(uri: &str, about: About) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |rule, grade, what: &str, fix: &str| {
        found.push(Finding { rule, grade, uri: uri.to_owned(), what: what.to_owned(), fix: fix.to_owned() });
    };
    of_text(uri, &mut say);
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    match scheme.as_str() {
        "http" | "https" => of_host(uri, &scheme, about, &mut say),
        _ => of_scheme(&scheme, &mut say),
    }
    of_path(uri, &mut say);
    let refused = RedirectUri::parse(uri).err();
    if let Some(why) = refused.filter(|_| !found.iter().any(|finding| finding.grade == Grade::Error)) {
        let fix = "Write it as https://host/path, in plain ASCII.".to_owned();
        let (rule, grade) = (Rule::Malformed, Grade::Error);
        found.push(Finding { rule, grade, uri: uri.to_owned(), what: format!("{why}."), fix });
    }
    found
}

/// Whether an app with these findings may not go live.
pub fn blocks(found: &[Finding]) -> bool {
    found.iter().any(|finding| finding.grade == Grade::Error)
}

type Say<'s> = &'s mut dyn FnMut(Rule, Grade, &str, &str);

fn of_text(uri: &str, say: Say<'_>) {
    if uri.contains('*') {
        let what = "It holds a *. Whoever gets a page under a wildcard gets the codes of every person.";
        say(Rule::Wildcard, Grade::Error, what, "List every address in full.");
    }
    if uri.contains('#') {
        let what = "It has a fragment, which answers would overwrite or lose.";
        say(Rule::Fragment, Grade::Error, what, "Leave out the # and what follows it.");
    }
    if authority(uri).contains('@') {
        let what = "It has a user name before the host. People and programs disagree about where such an address leads.";
        say(Rule::UserInfo, Grade::Error, what, "Leave out everything up to the @.");
    }
}

fn of_host(uri: &str, scheme: &str, about: About, say: Say<'_>) {
    let host = host(uri);
    let Ok(url) = Url::parse(uri) else { return };
    let loopback = is_loopback(&url);
    if scheme == "http" && !loopback {
        let what = "It is plain http. Codes could be read on the way.";
        say(Rule::HttpOffLoopback, Grade::Error, what, "Use https.");
    }
    if about.stage == Stage::Live && loopback {
        live_loopback(host, about.application, say);
    }
    if !loopback && is_ip(&url) {
        let what = "It names a number. The number may be somebody else's tomorrow.";
        say(Rule::IpLiteral, Grade::Warning, what, "Use a host name with a certificate.");
    }
    if host.ends_with('.') {
        let what = "Its host ends with a dot. To browsers that is another site, with other cookies.";
        say(Rule::TrailingDot, Grade::Error, what, "Leave out the last dot of the host.");
    }
    if !host.is_ascii() || host.split('.').any(|label| label.to_ascii_lowercase().starts_with("xn--")) {
        let what = "Its host has letters outside ASCII. Some look like others.";
        let grade = if host.is_ascii() { Grade::Warning } else { Grade::Error };
        say(Rule::Lookalike, grade, what, "Compare the name letter by letter, and write it as xn--….");
    } else if host.bytes().any(|b| b.is_ascii_uppercase()) {
        let what =
            "Its host has capitals. Addresses are compared letter by letter, and apps send small ones.";
        say(Rule::Lookalike, Grade::Warning, what, "Write the host in small letters.");
    }
}

/// A loopback address in a live app: a native app may use a number, because only its own machine can be meant.
fn live_loopback(host: &str, application: ApplicationType, say: Say<'_>) {
    let native = application == ApplicationType::Native;
    if native && host != "localhost" {
        return;
    }
    let what =
        "The app is live, and this is the person's own machine. Whatever listens there gets the codes.";
    let fix = match native {
        true => "Use 127.0.0.1 or [::1]; some machines let localhost lead elsewhere.",
        false => "Remove it, or keep a second app for testing.",
    };
    say(Rule::LocalhostLive, Grade::Error, what, fix);
}

fn of_scheme(scheme: &str, say: Say<'_>) {
    if !scheme.contains('.') {
        let what =
            "Its scheme is nobody's. Another app on the phone could claim it too, or it runs as a script.";
        let fix = "Use https, or a domain of yours backwards, such as com.example.app:/callback.";
        say(Rule::Scheme, Grade::Error, what, fix);
    }
}

fn of_path(uri: &str, say: Say<'_>) {
    let lower = uri.to_ascii_lowercase();
    let rest = lower.split_once(':').map_or("", |(_, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or("").trim_start_matches("//");
    let path = path.find('/').and_then(|at| path.get(at..)).unwrap_or("");
    let dots = |segment: &str| {
        let plain = segment.replace("%2e", ".").replace("%252e", ".");
        let plain = plain.split(';').next().unwrap_or("").to_owned();
        plain == "." || plain == ".."
    };
    if path.split('/').any(dots) || lower.contains('\\') || path.contains("%2f") || path.contains("%5c") {
        let what = "Its path has steps like .. or an encoded slash. Servers disagree about where it leads.";
        say(Rule::PathTraversal, Grade::Error, what, "Write the path as it is served.");
    }
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let reserved = ["code", "state", "iss", "error", "error_description", "response"];
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| reserved.contains(&name.as_ref())) {
        let what = "Its query holds a name that answers carry, so the app would read two of them.";
        say(Rule::AnswerInQuery, Grade::Error, what, "Give that parameter another name.");
    }
}

fn several_hosts(uris: &[&str], about: About) -> Option<Finding> {
    if !about.one_host {
        return None;
    }
    let parsed = uris.iter().filter_map(|uri| RedirectUri::parse(uri).ok());
    let (near, far): (Vec<_>, Vec<_>) = parsed.partition(RedirectUri::is_loopback);
    let mut hosts: Vec<&str> =
        if far.is_empty() { &near } else { &far }.iter().filter_map(RedirectUri::host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    (hosts.len() > 1).then(|| Finding {
        rule: Rule::SeveralHosts,
        grade: Grade::Error,
        uri: String::new(),
        what: format!(
            "The addresses have several hosts ({}), so no person could be given one sub.",
            hosts.join(", ")
        ),
        fix: "Use one host, register an app for each, give a sector_identifier_uri, or choose the subject type public."
            .to_owned(),
    })
}

fn repeated(uris: &[&str]) -> Option<Finding> {
    let twice =
        uris.iter().enumerate().find(|(at, uri)| uris.get(..*at).is_some_and(|seen| seen.contains(uri)));
    twice.map(|(_, uri)| Finding {
        rule: Rule::Repeated,
        grade: Grade::Notice,
        uri: (*uri).to_owned(),
        what: "It is listed twice.".to_owned(),
        fix: "Remove one of them.".to_owned(),
    })
}

fn is_ip(url: &Url) -> bool {
    matches!(url.host(), Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)))
}

/// What stands between `://` and the path, query or fragment.
fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#', '\\']).next().unwrap_or("")
}

/// The host as written, without user name and port.
fn host(uri: &str) -> &str {
    let authority = authority(uri);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.split(':').next().unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIVE: About = About { stage: Stage::Live, application: ApplicationType::Web, one_host: true };
    const TEST: About = About { stage: Stage::Test, ..LIVE };
    const NATIVE: About = About { application: ApplicationType::Native, ..LIVE };

    #[test]
    fn each_rule_has_its_row() {
        use Grade::{Error, Warning};
        for (about, uri, rule, grade) in [
            (TEST, "https://*.clinic.example/cb", Rule::Wildcard, Error),
            (TEST, "https://app.example/*", Rule::Wildcard, Error),
            (TEST, "http://app.example/cb", Rule::HttpOffLoopback, Error),
            (TEST, "http://localhost.app.example/cb", Rule::HttpOffLoopback, Error),
            (LIVE, "http://localhost:3000/cb", Rule::LocalhostLive, Error),
            (LIVE, "http://127.0.0.1/cb", Rule::LocalhostLive, Error),
            (LIVE, "https://localhost/cb", Rule::LocalhostLive, Error),
            (NATIVE, "http://localhost/cb", Rule::LocalhostLive, Error),
            (TEST, "https://app.example/cb#x", Rule::Fragment, Error),
            (TEST, "https://app.example@evil.example/cb", Rule::UserInfo, Error),
            (TEST, "https://u:p@app.example/", Rule::UserInfo, Error),
            (TEST, "https://203.0.113.9/cb", Rule::IpLiteral, Warning),
            (TEST, "https://[2001:db8::1]/cb", Rule::IpLiteral, Warning),
            (TEST, "myapp:/cb", Rule::Scheme, Error),
            (TEST, "javascript:alert(1)", Rule::Scheme, Error),
            (TEST, "data:text/html,x", Rule::Scheme, Error),
            (TEST, "https://app.example./cb", Rule::TrailingDot, Error),
            (TEST, "https://App.example/cb", Rule::Lookalike, Warning),
            (TEST, "https://xn--bcher-kva.example/cb", Rule::Lookalike, Warning),
            (TEST, "https://bücher.example/cb", Rule::Lookalike, Error),
            (TEST, "https://app.example/a/../cb", Rule::PathTraversal, Error),
            (TEST, "https://app.example/a/%2e%2E/cb", Rule::PathTraversal, Error),
            (TEST, "https://app.example/a/..;/cb", Rule::PathTraversal, Error),
            (TEST, "https://app.example/a%2fcb", Rule::PathTraversal, Error),
            (TEST, "https://app.example\\@evil.example/cb", Rule::PathTraversal, Error),
            (TEST, "https://app.example/cb?state=x", Rule::AnswerInQuery, Error),
            (TEST, "https://app.example/cb?%63ode=x", Rule::AnswerInQuery, Error),
            (TEST, "", Rule::Scheme, Error),
            (TEST, "https://app.example:99999/cb", Rule::Malformed, Error),
        ] {
            let found = lint_one(uri, about);
            let own = found.iter().find(|finding| finding.rule == rule);
            let own = own.unwrap_or_else(|| panic!("{uri}: {found:?}"));
            assert_eq!(own.grade, grade, "{uri}");
            assert!(own.what.ends_with('.') && own.fix.ends_with(['.', '…']), "{own:?}");
        }
    }

    #[test]
    fn good_addresses_have_nothing_against_them() {
        for (about, uri) in [
            (LIVE, "https://app.example/cb"),
            (LIVE, "https://app.example:8443/cb?tenant=1"),
            (LIVE, "com.example.app:/oauth/cb"),
            (TEST, "http://localhost:3000/cb"),
            (TEST, "http://127.0.0.1:3000/cb"),
            (NATIVE, "http://127.0.0.1/cb"),
            (NATIVE, "http://[::1]/cb"),
        ] {
            assert_eq!(lint_one(uri, about), Vec::new(), "{uri}");
        }
    }

    #[test]
    fn several_hosts_and_repeats_are_seen_together() {
        let two = ["https://a.example/cb", "https://b.example/cb"];
        let found = lint(two, LIVE);
        assert_eq!((found[0].rule, found[0].grade), (Rule::SeveralHosts, Grade::Error));
        assert!(found[0].what.contains("a.example, b.example"));
        assert!(lint(two, About { one_host: false, ..LIVE }).is_empty());
        assert!(
            lint(["https://a.example/cb", "https://a.example/x", "http://localhost/cb"], TEST).is_empty()
        );
        let found = lint(["https://a.example/cb", "https://a.example/cb"], LIVE);
        assert_eq!((found.len(), found[0].rule, found[0].grade), (1, Rule::Repeated, Grade::Notice));
        assert!(!blocks(&found));
    }

    proptest! {
        #[test]
        fn whatever_the_parser_refuses_has_an_error(text in "(https?://)?[a-zA-Z0-9.@:/?#\\[\\]%*\\\\ é-]{0,40}") {
            let found = lint_one(&text, TEST);
            if RedirectUri::parse(&text).is_err() {
                prop_assert!(blocks(&found), "{:?}", found);
            }
        }
    }
}
