//! Opening the database a URL names, with the settings everything else relies on.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Error;
use super::engine::Engine;
use super::postgres::{PostgresEngine, Silence};
use super::sqlite::SqliteEngine;

/// Distinct statements a connection keeps prepared; more than the program has.
const PREPARED: usize = 512;
/// Connections that read, and connections that write, of one process.
const READERS: u32 = 8;
const WRITERS: u32 = 8;
/// Waiting for a connection, or for another program to let go of the SQLite file, ends before the five seconds in
/// which every request must answer.
const ACQUIRE: Duration = Duration::from_secs(4);
/// A connection that does not answer in this time is given up.
const PING: Duration = Duration::from_secs(1);

pub(super) async fn open(url: &str) -> Result<Engine, Error> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return sqlite(Path::new(path)).await.map(Engine::Sqlite);
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return postgres(url).await.map(Engine::Postgres);
    }
    Err(Error::Corrupt("a database URL begins with sqlite: or postgres://".to_owned()))
}

async fn sqlite(path: &Path) -> Result<SqliteEngine, Error> {
    create(path).map_err(|e| Error::Unavailable(format!("cannot open {}: {e}", path.display())))?;
    let common = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(ACQUIRE)
        .statement_cache_capacity(PREPARED)
        .disable_statement_logging();
    let writing = common.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let connection = writing.connect().await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(common.read_only(true))
        .await?;
    Ok(SqliteEngine::start(readers, connection, writing))
}

/// Creates the file readable by its owner alone; the write-ahead log and its index inherit the mode.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

async fn postgres(url: &str) -> Result<PostgresEngine, Error> {
    // The URL may hold a password, and the parser's message quotes what it could not read.
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| Error::Corrupt("the postgres:// URL cannot be read".to_owned()))?
        .options([
            ("statement_timeout", "4000"),
            ("lock_timeout", "4000"),
            ("idle_in_transaction_session_timeout", "10000"),
        ])
        .application_name("vouchsafe")
        .statement_cache_capacity(PREPARED)
        .disable_statement_logging();
    let silence = Silence::default();
    let reading = options.clone().options([("default_transaction_read_only", "on")]);
    let readers = pool(reading, READERS, &silence).await?;
    let writers = pool(options, WRITERS, &silence).await?;
    Ok(PostgresEngine::new(readers, writers, silence))
}

async fn pool(options: PgConnectOptions, most: u32, silence: &Silence) -> Result<PgPool, Error> {
    let tested = silence.clone();
    let connecting = PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        // A connection in use a moment ago needs no test; one that slept may have lost its server.
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > Duration::from_secs(1) {
                    answers(connection).await?;
                }
                Ok(true)
            })
        })
        .after_release(move |connection, _| {
            let tests = tested.is_recent();
            Box::pin(async move {
                if tests {
                    answers(connection).await?;
                }
                Ok(true)
            })
        })
        .connect_with(options);
    connecting.await.map_err(away)
}

/// Whether a connection answers; one that fell silent is closed without a goodbye.
async fn answers(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let answer = tokio::time::timeout(PING, sqlx::Connection::ping(connection)).await;
    answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

/// At start-up every failure to connect means the same to an operator.
fn away(error: sqlx::Error) -> Error {
    Error::Unavailable(error.to_string())
}
