//! The copy of a person's data as a file to read: the document's words and values in those of people. What only programs
//! have a use for is in the file for them.

use serde_json::{Map, Value};

use super::deeds::deed;
use super::network;
use crate::audit::Event;
use crate::base::{Role, Timestamp};
use crate::factors::FactorKind;
use crate::notifications::Notice;
use crate::web::error::when;
use crate::web::notice::subject;
use crate::web::pages::Shell;
use crate::web::pages::account::privacy::{CopyPart, CopyTitle, CopyWord};
use crate::web::steps::show::{method, role};

/// A thing of the copy: words and values.
type Line = Vec<(String, String)>;

/// The copy as lines of words and values, part by part.
pub(super) fn parts(shell: &Shell, copy: &Value, events: &[Event]) -> Vec<CopyPart> {
    let part = |title: &CopyTitle| {
        let lines = match (title, copy.get(title.member())) {
            (CopyTitle::Activity, _) => events.iter().filter_map(|event| happened(shell, event)).collect(),
            (_, Some(Value::Array(all))) => all.iter().map(|one| line(shell, one)).collect(),
            (_, Some(one)) => vec![line(shell, one)],
            (_, None) => Vec::new(),
        };
        CopyPart { title: *title, lines }
    };
    CopyTitle::ALL.iter().map(part).collect()
}

/// What happened, as the page of activity says it; nothing of what apps and the program do among themselves.
fn happened(shell: &Shell, event: &Event) -> Option<Line> {
    let mut line = vec![
        (shell.t(CopyWord::At.key()), moment(shell, event.at)),
        (shell.t(CopyWord::What.key()), shell.t(deed(event)?.key())),
    ];
    line.extend(network(event.network.as_ref()).map(|from| (shell.t(CopyWord::Network.key()), from)));
    let reference = event.request.clone();
    line.extend(reference.map(|reference| (shell.t(CopyWord::Reference.key()), reference)));
    Some(line)
}

fn moment(shell: &Shell, at: Timestamp) -> String {
    shell.moment(&when(at))
}

fn line(shell: &Shell, value: &Value) -> Line {
    let Some(members) = value.as_object() else { return Vec::new() };
    told(shell, members)
}

fn told(shell: &Shell, members: &Map<String, Value>) -> Line {
    let mut out = Vec::new();
    for (name, value) in members {
        let word = CopyWord::of(name).map_or_else(|| name.replace('_', " "), |word| shell.t(word.key()));
        match value {
            Value::Null => {}
            Value::Object(inner) => out.extend(told(shell, inner)),
            Value::String(text) => out.push((word, in_words(shell, name, text))),
            Value::Bool(yes) => {
                let key = if *yes { CopyWord::Yes.key() } else { CopyWord::No.key() };
                out.push((word, shell.t(key)));
            }
            Value::Number(_) | Value::Array(_) => out.push((word, value.to_string())),
        }
    }
    out
}

/// A word of ours as people read it; anything else stays as it is.
fn in_words(shell: &Shell, name: &str, text: &str) -> String {
    let said = match name {
        "kind" => FactorKind::parse(text).map(|kind| shell.method(&method(kind))),
        "role" => Role::parse(text).map(|known| shell.t(role(known).key())),
        "about" => Notice::parse(text).map(|notice| shell.t(subject(notice))),
        "added" | "at" | "began" | "created" | "last_seen" | "last_used" | "since" => {
            text.parse::<jiff::Timestamp>().ok().map(|at| shell.moment(&crate::web::pages::When::utc(at)))
        }
        _ => None,
    };
    said.unwrap_or_else(|| text.to_owned())
}
