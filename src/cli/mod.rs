//! The commands: one file each. Data on stdout, messages on stderr.
//!
//! Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not reachable, 5 refused.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub mod account;
pub mod admin;
pub mod audit;
pub mod client;
mod client_token;
pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
mod duty;
pub mod import;
pub mod keys;
pub mod migrate;
pub mod serve;
mod session;
mod text;
pub mod token;
mod webhook;

use crate::app::{is_away, is_unfit};
use crate::config::{environment, file};

/// The sign-in service for telemedicine: a multi-factor OpenID Connect provider.
#[derive(Debug, Parser)]
#[command(
    name = "vouchsafe",
    version,
    about,
    max_term_width = 100,
    after_help = "Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not reachable, 5 refused."
)]
struct Arguments {
    /// The settings file [default: ./vouchsafe.toml where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON, one object a line
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing but errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Colours in messages
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: Color,
    /// Do not ask before something that cannot be undone
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: the provider, a demo app and three people, with nothing to configure (loopback only)
    Demo(demo::Options),
    /// Serve people (needs settings, key files and a migrated database)
    Serve,
    /// Bring the database and the key store to this version
    Migrate,
    /// Check, show and explain the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Check the whole installation, in order, and say how to mend what is wrong
    Doctor,
    /// Invite people, help them back in, grant duties
    #[command(subcommand)]
    Admin(admin::Command),
    /// People: create, list, help, disable, erase
    #[command(subcommand)]
    Account(account::Command),
    /// Bring people from elsewhere by a CSV list; says what would happen, and does it with --apply
    Import(import::Options),
    /// Apps: register, list, disable
    #[command(subcommand)]
    Client(client::Command),
    /// Signing keys, and the key files of a new installation
    #[command(subcommand)]
    Keys(keys::Command),
    /// The audit trail: prove that it is whole, or take it elsewhere
    #[command(subcommand)]
    Audit(audit::Command),
    /// Tokens: read what they say
    #[command(subcommand)]
    Token(token::Command),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: completions::Shell,
    },
}

/// How a command ends short of success: what to say, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What happened and how to mend it.
    pub message: String,
}

impl Failure {
    /// 1: it did not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// 2: the arguments make no sense together.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// 3: the settings will not do.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// 4: something needed does not answer.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { code: 4, message: message.into() }
    }

    /// 5: a rule forbids it.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: 5, message: message.into() }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let message = format!("{error:#}");
        match () {
            () if is_away(&error) => Self::unreachable(message),
            () if is_unfit(&error) => Self::refused(message),
            () => Self::failed(message),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // Whoever reads has seen enough (`… | head`).
            std::io::ErrorKind::BrokenPipe => Self { code: 0, message: String::new() },
            _ => Self::failed(error.to_string()),
        }
    }
}

/// What every command gets: the settings' places and where to speak.
pub struct Around {
    /// The settings file, if any.
    pub file: Option<PathBuf>,
    /// JSON on stdout.
    pub json: bool,
    /// No messages but errors.
    pub quiet: bool,
    /// Do not ask.
    pub yes: bool,
    /// Messages may be coloured.
    pub colour: bool,
}

/// Whether a change can be taken back, which decides what happens where nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It can: a script needs no `--yes`.
    Undoable,
    /// It cannot: a script must say `--yes`.
    Final,
}

/// A colour of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Wrong.
    Red,
    /// Look here.
    Yellow,
    /// Well.
    Green,
}

impl Around {
    /// Says something to the person at the terminal, on stderr.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Asks before a change, on a terminal; `--yes` answers beforehand. Anything but yes is a refusal.
    pub fn confirm(&self, weight: Weight, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return match weight {
                Weight::Undoable => Ok(()),
                Weight::Final => {
                    Err(Failure::refused(format!("{question} There is nobody to ask; say so with --yes")))
                }
            };
        }
        let _ = write!(std::io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::refused("nothing was changed")),
        }
    }

    /// Shows how far long work has come, on a terminal; an empty text takes it away again.
    pub fn progress(&self, text: &str) {
        let mut err = std::io::stderr();
        if !self.quiet && err.is_terminal() {
            let _ = write!(err, "\r\u{1b}[2K{text}");
            let _ = err.flush();
        }
    }

    /// The text in a colour, where messages may be coloured.
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Red => 31,
            Paint::Yellow => 33,
            Paint::Green => 32,
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Writes data, on stdout.
    pub fn put(&self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(std::io::stdout(), "{text}")?)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let colour = match arguments.color {
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        Color::Always => true,
        Color::Never => false,
    };
    let around = Around {
        file: file(arguments.config.as_deref()),
        json: arguments.json,
        quiet: arguments.quiet,
        yes: arguments.yes,
        colour,
    };
    match run(arguments.command, &around) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.message.is_empty() {
                let label = around.paint(Paint::Red, "error:");
                let _ = writeln!(std::io::stderr(), "{label} {}", failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Command, around: &Around) -> Result<u8, Failure> {
    match command {
        Command::Demo(options) => block_on(demo::run(options, around)).map(|()| 0),
        Command::Serve => block_on(serve::run(around)).map(|()| 0),
        Command::Migrate => block_on(migrate::run(around)).map(|()| 0),
        Command::Doctor => block_on(doctor::run(around)),
        Command::Account(command) => block_on(account::run(command, around)).map(|()| 0),
        Command::Import(options) => block_on(import::run(options, around)),
        Command::Admin(command) => block_on(admin::run(command, around)).map(|()| 0),
        Command::Client(command) => block_on(client::run(command, around)).map(|()| 0),
        Command::Keys(command) => block_on(keys::run(command, around)).map(|()| 0),
        Command::Audit(command) => block_on(audit::run(command, around)),
        Command::Token(command) => block_on(token::run(command, around)),
        Command::Config(command) => Ok(config::run(
            command,
            config::Surroundings {
                file: around.file.as_deref(),
                environment: environment().collect(),
                json: around.json,
                out: &mut std::io::stdout(),
                err: &mut std::io::stderr(),
            },
        )?),
        Command::Completions { shell } => {
            completions::run(shell, &mut Arguments::command(), &mut std::io::stdout());
            Ok(0)
        }
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
