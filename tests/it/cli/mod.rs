//! The commands as a person at a shell meets them: the program run in a folder of its own, on SQLite.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod account;
mod audit;
mod beside;
mod client;
mod doctor;
mod exits;
mod import;
mod invite;
mod journey;
mod keys;
mod metadata;
mod token;
mod webhook;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;

/// A password nobody's list holds.
pub const PASSWORD: &str = "quartz-otter-lantern-58\n";

/// A folder with settings, in which commands are run.
pub struct Host {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Host {
    /// Settings that name files which are not there yet.
    pub fn bare() -> Self {
        let host = Self { folder: tempfile::tempdir().unwrap() };
        host.write(
            "vouchsafe.toml",
            "issuer = \"http://localhost:8080\"\n\
             [server]\nlisten = \"127.0.0.1:0\"\ninternal_listen = \"127.0.0.1:0\"\n\
             [database]\nurl = \"sqlite:v.sqlite\"\n\
             [secrets]\nmaster_key_file = \"master.key\"\nindex_key_file = \"index.key\"\n\
             [support]\nphone = \"+44 20 7946 0123\"\n",
        );
        host
    }

    /// An installation with key files, a migrated database and one signing key.
    pub fn ready() -> Self {
        let host = Self::bare();
        host.run("keys generate --master master.key --index index.key").is(0);
        host.run("migrate").is(0);
        host.run("keys rotate --algorithm ES256").is(0);
        host
    }

    /// As `ready`, with a patient.
    pub fn with_rose() -> Self {
        let host = Self::ready();
        host.fed(
            "account create --username rose --email rose@example.org --role patient --password-stdin",
            PASSWORD,
        )
        .is(0);
        host
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A command that is about to run, its words separated by spaces.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("VOUCHSAFE__") {
                command.env_remove(name);
            }
        }
        command.args(words.split(' ')).current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command with nothing on standard input.
    pub fn run(&self, words: &str) -> Ran {
        self.fed(words, "")
    }

    /// Runs a command with `input` on standard input.
    pub fn fed(&self, words: &str, input: &str) -> Ran {
        finished(self.command(words), input)
    }

    /// Edits the database behind the program's back, as somebody with access to it could.
    pub async fn tamper(&self, sql: &str) {
        let url = format!("sqlite://{}", self.path("v.sqlite").display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// What the trail says, the newest first.
    pub fn events(&self) -> Vec<Value> {
        self.run("audit export").is(0).lines()
    }
}

/// Runs a command to its end.
pub fn finished(mut command: Command, input: &str) -> Ran {
    let mut child = command.spawn().unwrap();
    // A command that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let done = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr) }
}

impl Ran {
    /// The exit code is this one.
    pub fn is(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Standard error says this.
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not said: {self:?}");
        self
    }

    /// The one object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The objects on standard output, one a line.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The permissions of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Sets the permissions of a file.
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
