//! Where settings come from: the file and the environment, each value with its origin, and every problem found
//! on the way. It knows keys by their path only; what a value means is the business of its type.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::section::Key;
use super::value::{Kind, Length, Setting};
use super::{PREFIX, keys};
use crate::base::text::nearest;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the configuration file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// An environment variable, by name.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
        }
    }
}

/// Something that keeps the configuration from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub origin: Origin,
    /// The key it is about; empty when it is about the whole file.
    pub key: String,
    /// What is wrong and what to write instead; never a secret value.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin != Origin::Default {
            write!(f, "{}: ", self.origin)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// A value as it was given, not yet read.
#[derive(Clone, Debug)]
struct Given {
    text: String,
    /// The TOML type; `None` from the environment, where everything is text.
    form: Option<&'static str>,
    origin: Origin,
}

/// A setting in force, as `config show` lists it.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The key.
    pub key: &'static Key,
    /// The value, redacted; `None` when it is not set.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Collects what was given and hands it out typed, noting every problem instead of stopping at the first.
#[derive(Debug, Default)]
pub struct Reader {
    given: BTreeMap<String, Given>,
    /// What was read so far, in the order of the reference.
    pub effective: Vec<Effective>,
    /// What was wrong so far.
    pub problems: Vec<Problem>,
}

impl Reader {
    /// Takes in the TOML file at `path`.
    pub fn add_file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot be read ({error}); name another file with --config");
                return self.problem(Origin::File { path: path.to_owned(), line: 1 }, "", message);
            }
        };
        let line = |at: usize| text.bytes().take(at).filter(|b| *b == b'\n').count() + 1;
        let origin = |at: usize| Origin::File { path: path.to_owned(), line: line(at) };
        let (root, errors) = DeTable::parse_recoverable(&text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            self.problem(origin(at), "", format!("is no TOML: {}", error.message().trim()));
        }
        if errors.is_empty() {
            self.add_table("", root.get_ref(), &origin);
        }
    }

    fn add_table(&mut self, section: &str, table: &DeTable<'_>, origin: &dyn Fn(usize) -> Origin) {
        for (name, value) in table {
            let path = match section {
                "" => name.get_ref().to_string(),
                section => format!("{section}.{}", name.get_ref()),
            };
            let origin_here = origin(name.span().start);
            if let DeValue::Table(inner) = value.get_ref() {
                if inner.is_empty() && !keys().any(|key| key.section == path) {
                    self.unknown(&path, origin_here);
                }
                self.add_table(&path, inner, origin);
                continue;
            }
            match scalar(value.get_ref()) {
                Ok((text, form)) => self.give(path, Given { text, form: Some(form), origin: origin_here }),
                Err(message) => self.problem(origin_here, &path, message),
            }
        }
    }

    /// Takes in the variables that begin with [`PREFIX`]; later ones win. An empty variable counts as not set.
    pub fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let ours: BTreeMap<String, String> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        for (name, value) in &ours {
            let path = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
            let origin = Origin::Environment(name.clone());
            if value.is_empty() {
                continue;
            }
            if keys().any(|key| key.path() == path) {
                self.give(path, Given { text: value.clone(), form: None, origin });
                continue;
            }
            match path.strip_suffix("_file").and_then(|base| keys().find(|key| key.path() == base)) {
                Some(key) if !key.secret => {
                    let message = format!("only secrets are read from files; set {} instead", key.variable());
                    self.problem(origin, &path, message);
                }
                Some(key) if ours.get(&key.variable()).is_some_and(|value| !value.is_empty()) => {
                    self.problem(origin, &path, format!("is set twice; drop this or {}", key.variable()));
                }
                Some(key) => self.add_secret(key, Path::new(value), origin),
                None => self.unknown(&path, origin),
            }
        }
    }

    fn add_secret(&mut self, key: &Key, file: &Path, origin: Origin) {
        match std::fs::read_to_string(file) {
            Ok(text) => self.give(key.path(), Given { text: text.trim_end().to_owned(), form: None, origin }),
            Err(error) => {
                let message = format!("{} cannot be read: {error}", file.display());
                self.problem(origin, &key.path(), message);
            }
        }
    }

    fn give(&mut self, path: String, given: Given) {
        if keys().any(|key| key.path() == path) {
            self.given.insert(path, given);
        } else {
            self.unknown(&path, given.origin);
        }
    }

    fn unknown(&mut self, path: &str, origin: Origin) {
        let known: Vec<String> = keys().map(Key::path).collect();
        let advice = match nearest(path, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`vouchsafe config example` lists every key".to_owned(),
        };
        self.problem(origin, path, format!("there is no such key; {advice}"));
    }

    /// Notes a problem.
    pub fn problem(&mut self, origin: Origin, key: &str, message: String) {
        self.problems.push(Problem { origin, key: key.to_owned(), message });
    }

    /// Reads `key` as a `T`: what was given, else the default. `None` when it is wrong, which is noted.
    pub fn get<T: Setting>(&mut self, key: &'static Key) -> Option<T> {
        let given = self.given.remove(&key.path());
        let origin = given.as_ref().map_or(Origin::Default, |given| given.origin.clone());
        let read = match &given {
            None => T::parse(key.default),
            Some(given) => fits(key.kind, given).and_then(|()| T::parse(&given.text)),
        };
        match read.and_then(|value| in_range(key, &value).map(|()| value)) {
            Ok(value) => {
                self.effective.push(Effective { key, value: value.show(), origin });
                Some(value)
            }
            Err(message) => {
                self.problem(origin, &key.path(), message);
                None
            }
        }
    }
}

/// A TOML value as text, with its type's name.
fn scalar(value: &DeValue<'_>) -> Result<(String, &'static str), String> {
    match value {
        DeValue::String(text) => Ok((text.to_string(), "string")),
        DeValue::Integer(number) => Ok((number.to_string(), "integer")),
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().filter(|text| !text.contains(',')));
            let texts: Option<Vec<&str>> = texts.collect();
            let texts = texts.ok_or("must be a list of strings, e.g. [\"127.0.0.1\", \"10.0.0.0/8\"]")?;
            Ok((texts.join(","), "list"))
        }
        other => Err(format!(
            "must not be of type {}; write a string in quotes or a whole number",
            other.type_str()
        )),
    }
}

/// Whether the TOML type suits the kind: a number in quotes is an error, as is a path without.
fn fits(kind: Kind, given: &Given) -> Result<(), String> {
    let (wanted, written) = match kind {
        Kind::Integer => ("integer", "a number without quotes"),
        Kind::List => ("list", "a list of strings, e.g. [\"127.0.0.1\"]"),
        Kind::Length => ("string", "a length of time in quotes, e.g. \"15m\""),
        _ => ("string", "a string in quotes"),
    };
    match given.form {
        Some(form) if form != wanted => Err(format!("must be {written}")),
        _ => Ok(()),
    }
}

fn in_range<T: Setting>(key: &Key, value: &T) -> Result<(), String> {
    let (Some((least, most)), Some(number)) = (key.range, value.number()) else { return Ok(()) };
    if (least..=most).contains(&number) {
        return Ok(());
    }
    Err(format!("must lie between {} and {}", shown_number(key.kind, least), shown_number(key.kind, most)))
}

/// A bound of a range as it would be written in the file.
pub fn shown_number(kind: Kind, number: i64) -> String {
    match (kind, u32::try_from(number)) {
        (Kind::Length, Ok(seconds)) => Length::from_seconds(seconds).to_string(),
        _ => number.to_string(),
    }
}
