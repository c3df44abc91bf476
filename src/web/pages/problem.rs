//! S18, an error: a sentence for people, a reference for the telephone, and detail for a developer in test mode.

use askama::Template;

use super::shell::Shell;
use super::words::When;

/// Says that something went wrong and what to do next.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    /// The frame.
    pub shell: Shell,
    /// The HTTP status, which chooses the words.
    pub status: u16,
    /// A short reference that can be read out on the telephone.
    pub reference: String,
    /// The stable code the manual explains, e.g. `VS-1203`.
    pub code: String,
    /// When it happened.
    pub at: Option<When>,
    /// The way out.
    pub way_out: Option<String>,
    /// Where the way out leads, if that is an app that nobody here checked.
    pub unchecked: Option<String>,
    /// For the app's developer; only where the app is in test mode.
    pub developer: Option<DeveloperDetail>,
}

/// What a developer needs to mend their request. Written in English.
#[derive(Debug, Clone)]
pub struct DeveloperDetail {
    /// What is wrong, with the protocol's own words.
    pub message: String,
    /// Values that should be equal, compared letter by letter.
    pub compared: Vec<Compared>,
    /// What to change.
    pub fix: Option<String>,
}

/// A value that differs from what was registered.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The parameter, e.g. `redirect_uri`.
    pub name: String,
    /// What would have been accepted.
    pub expected: String,
    /// What came.
    pub received: String,
}

impl Compared {
    /// `value` as what both begin with, what differs, and what both end with.
    fn parts(&self, value: &str) -> (String, String, String) {
        let (one, other): (Vec<char>, Vec<char>) =
            (self.expected.chars().collect(), self.received.chars().collect());
        let head = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
        let room = one.len().min(other.len()) - head;
        let tail = one.iter().rev().zip(other.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
        let middle = value.chars().count().saturating_sub(head + tail);
        let text = |skip: usize, take: usize| value.chars().skip(skip).take(take).collect();
        (text(0, head), text(head, middle), text(head + middle, tail))
    }
}

impl ProblemPage {
    fn title_key(&self) -> &'static str {
        match self.status {
            403 => "problem-forbidden",
            404 => "problem-not-found",
            429 => "problem-too-many",
            503 => "problem-busy",
            400..500 => "problem-request",
            _ => "problem-ours",
        }
    }

    fn text_key(&self) -> &'static str {
        match self.status {
            403 => "problem-forbidden-text",
            404 => "problem-not-found-text",
            429 => "problem-too-many-text",
            503 => "problem-busy-text",
            400..500 => "problem-request-text",
            _ => "problem-ours-text",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_that_differ_are_marked() {
        let of = |expected: &str, received: &str| {
            let compared =
                Compared { name: String::new(), expected: expected.into(), received: received.into() };
            compared.parts(received)
        };
        let parts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(of("https://a.test/cb", "http://a.test/cb"), parts("http", "", "://a.test/cb"));
        assert_eq!(of("https://a.test/cb", "https://a.test/cb/"), parts("https://a.test/cb", "/", ""));
        assert_eq!(of("aa", "aaa"), parts("aa", "a", ""));
        assert_eq!(of("abc", "axc"), parts("a", "x", "c"));
        assert_eq!(of("", "é"), parts("", "é", ""));
        assert_eq!(of("same", "same"), parts("same", "", ""));
    }
}
