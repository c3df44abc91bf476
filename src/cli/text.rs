//! Text in and out of commands: tables, times in words, bounded input, passwords that are not shown.

use std::io::{IsTerminal, Read};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Failure;
use crate::base::{Seconds, Secret, Timestamp};

/// Most bytes read from a file or standard input.
const LIMIT: u64 = 1 << 20;

/// Text that came from somebody else, made safe for a terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Rows under their heads, each column as wide as it needs.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let lines = || std::iter::once(&heads).chain(rows);
    let mut widths = vec![0; heads.len()];
    for line in lines() {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Names and values, a line each.
pub fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, value): &(&str, String)| format!("{name:<width$}  {value}").trim_end().to_owned();
    pairs.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A moment as a person reads it: the time in UTC, and how far it is from now.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let away = now.since(at);
    let distance = match away {
        -1..=1 => "now".to_owned(),
        ..-1 => format!("in {}", length(away.saturating_neg())),
        2.. => format!("{} ago", length(away)),
    };
    format!("{} ({distance})", at.to_rfc3339())
}

/// A length of time in its largest unit.
fn length(seconds: Seconds) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "second"));
    let count = seconds / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// What a file holds, or standard input for `-`; 1 MiB at most. `flag` names it in errors.
pub fn read(path: &Path, flag: &str) -> Result<String, Failure> {
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::failed(format!("{flag}: cannot read {}: {why}", path.display()))
    };
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().take(LIMIT + 1).read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_string(&mut text)),
    };
    let read = read.map_err(|why| wrong(&why))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > LIMIT {
        return Err(wrong(&"it is larger than 1 MiB"));
    }
    Ok(text)
}

/// The first line of standard input, or what somebody types twice, unseen, at a terminal.
pub fn new_password(from_stdin: bool) -> Result<Secret<String>, Failure> {
    if from_stdin {
        return line();
    }
    if !std::io::stdin().is_terminal() {
        let text =
            "there is no terminal to type the password at; give it on standard input with --password-stdin";
        return Err(Failure::usage(text));
    }
    let first = unseen("Password: ")?;
    let second = unseen("Again: ")?;
    if first.expose() != second.expose() {
        return Err(Failure::failed("the passwords differ"));
    }
    Ok(first)
}

fn line() -> Result<Secret<String>, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::BufRead::read_line(&mut std::io::BufReader::new(std::io::stdin().take(LIMIT)), &mut text)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::usage("standard input holds no password; its first line is taken"));
    }
    Ok(Secret::new(line.to_owned()))
}

fn unseen(prompt: &str) -> Result<Secret<String>, Failure> {
    use std::io::Write;
    let _ = write!(std::io::stderr(), "{prompt}");
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).map_err(std::io::Error::from)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&stdin, OptionalActions::Flush, &silent).map_err(std::io::Error::from)?;
    let typed = line();
    tcsetattr(&stdin, OptionalActions::Flush, &before).map_err(std::io::Error::from)?;
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_tables_read_well() {
        let now = Timestamp::from_seconds(1_795_445_100);
        for (seconds, words) in
            [(0, "now"), (-90, "1 minute ago"), (7_200, "in 2 hours"), (-172_800, "2 days ago")]
        {
            assert!(moment(now.plus(seconds), now).ends_with(&format!("({words})")), "{seconds}");
        }
        let rows = [vec!["a".to_owned(), "bb".to_owned()], vec!["ccc".to_owned(), String::new()]];
        assert_eq!(table(&["x", "y"], &rows), "x    y\na    bb\nccc");
        assert_eq!(pairs(&[("id", "1".to_owned()), ("name", "é".to_owned())]), "id    1\nname  é");
        assert_eq!(plain("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
    }
}
