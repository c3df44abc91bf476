//! What is made from the list of keys: the example file, the reference, the JSON Schema, `config show`.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::section::Key;
use super::source::{Effective, shown_number};
use super::value::Kind;
use super::{PREFIX, SECTIONS};

/// A configuration file with every key commented out at its example or default, one line of explanation each.
pub fn example() -> String {
    let mut out = "# Vouchsafe's settings; made by `vouchsafe config example`. A commented line shows the default, unless it says \
                   that\n# it is an example. The environment wins over this file; docs/configuration.md says more.\n"
        .to_owned();
    for (section, _, keys) in SECTIONS {
        out.push('\n');
        if !section.is_empty() {
            let _ = writeln!(out, "[{section}]");
        }
        for key in *keys {
            let _ = writeln!(out, "{}", wrapped(key.summary(), "# ", 110));
            let (value, note) = match key.default {
                "" => (key.example, "  # an example; not set by default"),
                default => (default, ""),
            };
            let _ = writeln!(out, "# {} = {}{note}", key.name, written(key.kind, value));
        }
    }
    out
}

/// The reference, docs/configuration.md.
pub fn reference() -> String {
    let mut out = format!(
        "# Configuration\n\n\
         Made from the doc comments in `src/config/`; edit those.\n\n\
         Settings come from defaults, then from the file named by `--config` (`vouchsafe.toml`), then from the\n\
         environment: `{PREFIX}SECTION__KEY`. Lists are separated by commas there. For a setting marked *secret*,\n\
         `{PREFIX}SECTION__KEY_FILE` names a file that holds the value. An empty variable counts as not set. An\n\
         unknown key is an error. `vouchsafe config check` reads everything and says what is wrong; `config show`\n\
         lists what is in force and where it came from; `config schema` prints a JSON Schema for editors.\n"
    );
    for (section, doc, keys) in SECTIONS {
        let title =
            if section.is_empty() { "Above all sections".to_owned() } else { format!("`[{section}]`") };
        let _ = write!(out, "\n## {title}\n\n{}\n", wrapped(doc, "", 110));
        for key in *keys {
            let _ = write!(out, "\n### `{}`\n\n{}\n\n{}", key.path(), wrapped(key.doc, "", 110), facts(key));
        }
    }
    out
}

/// Default, range, example and variable of a key as a list.
fn facts(key: &Key) -> String {
    let mut out = String::new();
    let secret = if key.secret { ", secret" } else { "" };
    let _ = writeln!(out, "- {}{secret}", kind_in_words(key.kind));
    match key.default {
        "" => out.push_str("- Default: not set\n"),
        default => drop(writeln!(out, "- Default: `{}`", written(key.kind, default))),
    }
    if let Some((least, most)) = key.range {
        let (least, most) = (shown_number(key.kind, least), shown_number(key.kind, most));
        let _ = writeln!(out, "- From {least} to {most}");
    }
    if !key.example.is_empty() {
        let _ = writeln!(out, "- Example: `{}`", written(key.kind, key.example));
    }
    let _ = writeln!(out, "- Environment: `{}`", key.variable());
    out
}

fn kind_in_words(kind: Kind) -> String {
    match kind {
        Kind::Text => "Text".to_owned(),
        Kind::Integer => "Whole number".to_owned(),
        Kind::Length => "Length of time: a number and `s`, `m`, `h` or `d`".to_owned(),
        Kind::Path => "Path of a file".to_owned(),
        Kind::Url => "URL".to_owned(),
        Kind::Address => "Address and port".to_owned(),
        Kind::List => "List of texts".to_owned(),
        Kind::Choice(words) => format!("One of `{}`", words.join("`, `")),
    }
}

/// A JSON Schema (2020-12) of the TOML file, for editors.
pub fn schema() -> Value {
    let mut root = Map::new();
    for (section, doc, keys) in SECTIONS {
        let properties: Map<String, Value> =
            keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
        if section.is_empty() {
            root.extend(properties);
        } else {
            let object = json!({
                "type": "object", "description": doc, "properties": properties, "additionalProperties": false
            });
            insert(&mut root, section, object);
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vouchsafe.toml",
        "type": "object",
        "properties": root,
        "additionalProperties": false,
    })
}

/// Puts a section where its dotted name says: inside the section before the dot.
fn insert(root: &mut Map<String, Value>, section: &str, object: Value) {
    let within = section.split_once('.').and_then(|(outer, name)| {
        let outer = root.get_mut(outer)?.get_mut("properties")?.as_object_mut()?;
        Some((outer, name))
    });
    match within {
        Some((outer, name)) => outer.insert(name.to_owned(), object),
        None => root.insert(section.to_owned(), object),
    };
}

fn property(key: &Key) -> Value {
    let mut out = Map::from_iter([("description".to_owned(), json!(key.doc))]);
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    match key.kind {
        Kind::Integer => put("type", json!("integer")),
        Kind::List => {
            put("type", json!("array"));
            put("items", json!({"type": "string"}));
        }
        _ => put("type", json!("string")),
    }
    match key.kind {
        Kind::Choice(words) => put("enum", json!(words)),
        Kind::Length => put("pattern", json!("^[0-9]+ ?[smhd]$")),
        _ => {}
    }
    if let (Kind::Integer, Some((least, most))) = (key.kind, key.range) {
        put("minimum", json!(least));
        put("maximum", json!(most));
    }
    if !key.default.is_empty() {
        put("default", as_json(key.kind, key.default));
    }
    if !key.example.is_empty() {
        put("examples", json!([as_json(key.kind, key.example)]));
    }
    Value::Object(out)
}

fn as_json(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Integer => text.parse::<i64>().map_or(Value::Null, Value::from),
        Kind::List => text.split(',').filter(|item| !item.is_empty()).collect(),
        _ => json!(text),
    }
}

/// A value as TOML has it; JSON's strings and lists of strings are TOML's.
fn written(kind: Kind, text: &str) -> String {
    match as_json(kind, text) {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    }
}

/// What is in force, as a TOML file with each value's origin beside it; passwords are not in it.
pub fn show(effective: &[Effective]) -> String {
    let mut out = String::new();
    let mut section = "";
    for Effective { key, value, origin } in effective {
        if key.section != section {
            section = key.section;
            let _ = writeln!(out, "\n[{section}]");
        }
        let line = match value {
            Some(value) => format!("{} = {}", key.name, written(key.kind, value)),
            None => format!("# {} is not set", key.name),
        };
        let _ = writeln!(out, "{line:<60} # {origin}");
    }
    out
}

/// Breaks `text` at spaces into lines of at most `width`, each after `lead`.
fn wrapped(text: &str, lead: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{lead}{word}")),
        }
    }
    lines.join("\n")
}
