//! `vouchsafe config check|example|show|schema`: what is set, what can be set, and whether it will do.

use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use crate::base::Clock;
use crate::config::{Config, Effective, Loaded, Problem, Warning, example, schema, show};
use crate::factors::metadata::Metadata;
use crate::flows::models::{self, Trouble};

/// The part after `config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// Read the settings and say what is wrong with them
    Check,
    /// Print a settings file with every key, commented out
    Example,
    /// Print the settings in force and where each came from; passwords are left out
    Show,
    /// Print a JSON Schema of the settings file, for editors
    Schema,
}

/// Exit code when the settings cannot be used.
const CONFIGURATION: u8 = 3;

/// What a command needs from outside, so that it can be tried without a process.
pub struct Surroundings<'a> {
    /// The settings file, if there is one ([`crate::config::file`]).
    pub file: Option<&'a Path>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Whether answers are JSON.
    pub json: bool,
    /// Standard output, for data.
    pub out: &'a mut dyn Write,
    /// Standard error, for messages.
    pub err: &'a mut dyn Write,
}

/// Runs the command and answers the exit code: 0, or 3 when the settings cannot be used.
pub fn run(command: Command, around: Surroundings<'_>) -> io::Result<u8> {
    let Surroundings { file, environment, json, out, err } = around;
    match command {
        Command::Example => out.write_all(example().as_bytes()).map(|()| 0),
        Command::Schema => writeln!(out, "{:#}", schema()).map(|()| 0),
        Command::Check => match Config::load(file, environment.into_iter()) {
            Ok(loaded) => match models::read(&loaded.config, Clock::System.now()) {
                Ok(read) => checked(&loaded, read.as_ref().map(|read| &read.metadata), file, json, out, err),
                Err(why) => unusable(&why, json, out, err),
            },
            Err(problems) => refused(&problems, json, out, err),
        },
        Command::Show => match Config::load(file, environment.into_iter()) {
            Ok(loaded) => shown(&loaded.effective, json, out),
            Err(problems) => refused(&problems, json, out, err),
        },
    }
}

fn checked(
    loaded: &Loaded,
    metadata: Option<&Metadata>,
    file: Option<&Path>,
    json: bool,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    if json {
        let warning = |w: &Warning| json!({"key": w.key, "message": w.message});
        let warnings: Vec<_> = loaded.warnings.iter().map(warning).collect();
        let mut told = json!({"ok": true, "problems": [], "warnings": warnings});
        if let (Some(metadata), Some(told)) = (metadata, told.as_object_mut()) {
            told.insert("metadata".to_owned(), read(metadata));
        }
        writeln!(out, "{told}")?;
        return Ok(0);
    }
    if let Some(metadata) = metadata {
        let stale = if metadata.is_stale(Clock::System.now()) { "; a newer one is out" } else { "" };
        writeln!(err, "webauthn.metadata_file: {}{stale}", metadata.told())?;
    }
    for warning in &loaded.warnings {
        writeln!(err, "warning: {warning}")?;
    }
    let read = file.map_or_else(|| "no file, only defaults".to_owned(), |file| file.display().to_string());
    writeln!(err, "The settings can be used ({read} and the environment).")?;
    Ok(0)
}

/// What a metadata file is, for programs.
fn read(metadata: &Metadata) -> serde_json::Value {
    json!({
        "no": metadata.number,
        "models": metadata.models.len(),
        "next_update": metadata.next_update,
        "stale": metadata.is_stale(Clock::System.now()),
    })
}

/// The settings can be read, and the metadata file they name will not do.
fn unusable(why: &Trouble, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    if json {
        let problem = json!({"key": why.key(), "origin": "file", "message": why.to_string()});
        writeln!(out, "{}", json!({"ok": false, "problems": [problem], "warnings": []}))?;
    } else {
        writeln!(err, "error: {why}")?;
    }
    Ok(CONFIGURATION)
}

fn shown(effective: &[Effective], json: bool, out: &mut dyn Write) -> io::Result<u8> {
    if !json {
        out.write_all(show(effective).as_bytes())?;
        return Ok(0);
    }
    for Effective { key, value, origin } in effective {
        writeln!(out, "{}", json!({"key": key.path(), "value": value, "origin": origin.to_string()}))?;
    }
    Ok(0)
}

/// Tells every problem; other commands that need the settings use it too. Answers exit code 3.
pub fn refused(problems: &[Problem], json: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    if json {
        let problem =
            |p: &Problem| json!({"key": p.key, "origin": p.origin.to_string(), "message": p.message});
        let problems: Vec<_> = problems.iter().map(problem).collect();
        writeln!(out, "{}", json!({"ok": false, "problems": problems, "warnings": []}))?;
        return Ok(CONFIGURATION);
    }
    for problem in problems {
        writeln!(err, "error: {problem}")?;
    }
    writeln!(err, "The settings cannot be used; docs/configuration.md explains each key.")?;
    Ok(CONFIGURATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exit code, standard output, standard error.
    fn ran(command: Command, json: bool, variables: &[(&str, &str)]) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let environment = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let around = Surroundings { file: None, environment, json, out: &mut out, err: &mut err };
        let code = run(command, around).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn good_settings_are_told_with_their_warnings_and_bad_ones_end_with_three() {
        let (code, out, err) = ran(Command::Check, false, &[]);
        assert_eq!((code, out.as_str()), (0, ""));
        assert!(err.contains("warning: support.phone: ") && err.contains("can be used"), "{err}");

        let (code, out, err) = ran(Command::Check, false, &[("VOUCHSAFE__ISSUER", "http://id.example")]);
        assert_eq!((code, out.as_str()), (3, ""));
        assert!(err.contains("error: environment VOUCHSAFE__ISSUER: issuer: "), "{err}");
    }

    #[test]
    fn json_is_one_object_a_line_on_standard_output() {
        for (variables, ok) in [(vec![], true), (vec![("VOUCHSAFE__ISSUER", "x")], false)] {
            let (_, out, err) = ran(Command::Check, true, &variables);
            let told: serde_json::Value = serde_json::from_str(&out).unwrap();
            assert_eq!((told["ok"].as_bool(), err.as_str()), (Some(ok), ""));
        }
        let url = [("VOUCHSAFE__SESSIONS__URL", "redis://:hunter2@h")];
        let (_, out, _) = ran(Command::Show, true, &url);
        let line = out.lines().find(|line| line.contains("sessions.url")).unwrap();
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(told["value"], "redis://:***@h");
        assert!(!ran(Command::Show, false, &url).1.contains("hunter2"));
    }
}
