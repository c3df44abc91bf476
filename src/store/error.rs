//! How the store fails: three words for its callers, and privately whether trying again may help.

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database is away, full or too slow; nothing was acknowledged. The text is for the log.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Something unique is already there.
    #[error("the database already holds such a row")]
    Conflict,
    /// A defect: a row that cannot be read, a statement the engine refuses. The text is for the log.
    #[error("the database and the program disagree: {0}")]
    Corrupt(String),
}

impl Error {
    /// A row that cannot be read; `what` names the column for the log.
    pub fn corrupt(what: &str) -> Self {
        Self::Corrupt(what.to_owned())
    }
}

/// Whether the same transaction, run again from its start, may succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    /// The server asked for it: 40001, 40P01.
    Serialisation,
    /// The connection broke; before COMMIT was sent nothing can have happened.
    Connection,
}

/// An error as the engines see it.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) error: Error,
    pub(super) again: Again,
}

impl Fault {
    pub(super) fn unavailable(text: impl Into<String>) -> Self {
        Self { error: Error::Unavailable(text.into()), again: Again::Never }
    }

    fn connection(text: String) -> Self {
        Self { error: Error::Unavailable(text), again: Again::Connection }
    }

    fn corrupt(text: String) -> Self {
        Self { error: Error::Corrupt(text), again: Again::Never }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        match error {
            sqlx::Error::Database(inner) => of_database(inner.as_ref(), text),
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
                Self::connection(text)
            }
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                Self::unavailable(text)
            }
            _ => Self::corrupt(text),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Fault::from(error).error
    }
}

fn of_database(error: &dyn sqlx::error::DatabaseError, text: String) -> Fault {
    if error.is_unique_violation() {
        return Fault { error: Error::Conflict, again: Again::Never };
    }
    let code = error.code().unwrap_or_default();
    match code.as_ref() {
        "40001" | "40P01" => Fault { error: Error::Unavailable(text), again: Again::Serialisation },
        // An administrator ends connections before a restart.
        "57P01" | "57P02" | "57P03" => Fault::connection(text),
        // A SQLSTATE has five characters: 08 connection, 53 resources, 55P03 and 57 waiting, 58 the system.
        code if code.len() == 5 => match code.get(..2) {
            Some("08" | "53" | "57" | "58" | "28" | "3D") => Fault::unavailable(text),
            _ if code == "55P03" || code == "25006" => Fault::unavailable(text),
            _ => Fault::corrupt(text),
        },
        // SQLite's primary code is the low byte: BUSY LOCKED NOMEM READONLY IOERR FULL CANTOPEN PROTOCOL.
        code => match code.parse::<i32>().map(|code| code & 0xff) {
            Ok(5 | 6 | 7 | 8 | 10 | 13 | 14 | 15) => Fault::unavailable(text),
            _ => Fault::corrupt(text),
        },
    }
}
