//! The two engines behind one enum, and the writer a change gets.

use std::sync::{Arc, OnceLock};

use super::error::Fault;
use super::machine_requests::{self, Held};
use super::postgres::PostgresEngine;
use super::sqlite::SqliteEngine;
use super::{BoxFuture, Error};

pub(super) enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

impl Engine {
    pub(super) fn process(&self) -> &Process {
        match self {
            Self::Sqlite(engine) => engine.process(),
            Self::Postgres(engine) => engine.process(),
        }
    }
}

pub(super) enum Connection {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// The transaction a change writes in; only `Store::write` makes one.
///
/// After a statement failed, nothing more runs in it and the change is rolled back even when the closure answers
/// `Ok`: PostgreSQL would have it so, and SQLite must not differ. Expect a conflict with `ON CONFLICT DO NOTHING`.
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) failed: Option<Fault>,
    process: Process,
}

/// The name of the process whose sealer links what is recorded; none in a command without a sealer.
pub(super) type Process = Arc<OnceLock<String>>;

impl Writer {
    pub(super) fn new(connection: Connection, process: Process) -> Self {
        Self { connection, failed: None, process }
    }

    /// Empty without a sealer: the events are then adopted by a server's.
    pub(super) fn process(&self) -> String {
        self.process.get().cloned().unwrap_or_default()
    }

    /// Remembers the first failure, which decides whether the change is run again.
    pub(super) fn fail(&mut self, fault: Fault) -> Error {
        self.failed.get_or_insert(fault).error.clone()
    }

    /// Several statements without arguments, for migrations and transaction control.
    pub(super) async fn script(&mut self, text: &'static str) -> Result<(), Fault> {
        let done = match &mut self.connection {
            Connection::Sqlite(c) => sqlx::raw_sql(text).execute(&mut *c).await.map(|_| ()),
            Connection::Postgres(c) => sqlx::raw_sql(text).execute(&mut **c).await.map(|_| ()),
        };
        done.map_err(Fault::from)
    }

    /// Whether statements go to PostgreSQL, for the few places where the engines' words differ.
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.connection, Connection::Postgres(_))
    }
}

/// What a closure of `Store::write` looks like to an engine.
pub(super) struct Change<I, F> {
    pub(super) input: I,
    pub(super) change: F,
    /// The machine's request it is made for, if it is.
    pub(super) held: Option<Held>,
}

impl<I, F> Change<I, F> {
    /// Runs the closure once. A failed statement outweighs the closure's `Ok`; a panic is an error, because it
    /// must not take the writer of everybody else with it. What is done for a machine's request marks it.
    pub(super) async fn run<T, E>(&self, writer: &mut Writer) -> Result<T, E>
    where
        I: Send + Sync,
        T: Send,
        E: From<Error> + Send,
        F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync,
    {
        writer.failed = None;
        let result = match unless_it_panics((self.change)(&mut *writer, &self.input)).await {
            Some(result) => result,
            None => Err(E::from(Error::Corrupt("a change panicked".to_owned()))),
        };
        let value = match (&writer.failed, result) {
            (Some(fault), Ok(_)) => return Err(E::from(fault.error.clone())),
            (_, result) => result?,
        };
        let Some(held) = &self.held else { return Ok(value) };
        match machine_requests::mark(writer, held).await {
            Ok(true) => Ok(value),
            Ok(false) => Err(E::from(Error::Unavailable("another one holds the request by now".to_owned()))),
            Err(error) => Err(E::from(error)),
        }
    }
}

async fn unless_it_panics<T>(mut future: BoxFuture<'_, T>) -> Option<T> {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::Poll;
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}
