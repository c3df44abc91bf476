//! A statement as a value: `sql!("…").bind(…).optional(w)`, the same text on both engines.

use std::time::Duration;

use sqlx::query::Query;

use super::engine::{Connection, Engine};
use super::error::{Again, Fault};
use super::postgres::Repeat;
use super::value::{Arg, Row, Value};
use super::{BoxFuture, Error, Store, Writer};

/// Every statement of the program, for the test that prepares them all on both engines.
#[linkme::distributed_slice]
pub static STATEMENTS: [&'static str];

/// A read from PostgreSQL answers within this, whatever the network does: a second before every request must.
pub(super) const DEADLINE: Duration = Duration::from_secs(4);
/// As many broken connections in a row are passed over: more than the pool holds.
pub(super) const BROKEN: u32 = 20;

/// Makes a [`Stmt`] of a literal and registers the text in [`STATEMENTS`].
macro_rules! sql {
    ($text:expr) => {{
        #[expect(unsafe_code, reason = "linkme gathers the texts in a section of their own")]
        #[linkme::distributed_slice($crate::store::STATEMENTS)]
        static TEXT: &'static str = $text;
        $crate::store::Stmt::new(TEXT)
    }};
}
pub(crate) use sql;

/// A statement and its arguments. Made by `sql!` only, so that its text is known before the program runs.
#[derive(Clone, Debug)]
#[must_use = "a statement does nothing until it is run"]
pub struct Stmt {
    text: &'static str,
    args: Vec<Arg>,
}

/// Where a statement runs: inside a change (`&mut Writer`), or reading beside it (`&Store`).
pub enum Target<'t> {
    /// Inside the change's transaction.
    Writer(&'t mut Writer),
    /// On a reading connection, which sees what is committed and can change nothing.
    Store(&'t Store),
}

impl<'t> From<&'t mut Writer> for Target<'t> {
    fn from(writer: &'t mut Writer) -> Self {
        Self::Writer(writer)
    }
}

impl<'t> From<&'t mut &mut Writer> for Target<'t> {
    fn from(writer: &'t mut &mut Writer) -> Self {
        Self::Writer(writer)
    }
}

impl<'t> From<&'t Store> for Target<'t> {
    fn from(store: &'t Store) -> Self {
        Self::Store(store)
    }
}

/// Runs one query method on whichever connection the target is; rows become ours.
macro_rules! run {
    ($statement:expr, $target:expr, $method:ident, $sqlite:expr, $postgres:expr) => {{
        let statement: Stmt = $statement;
        let target: Target<'t> = $target.into();
        Box::pin(async move {
            statement.writable()?;
            match target {
                Target::Writer(writer) => {
                    if let Some(fault) = &writer.failed {
                        return Err(fault.error.clone());
                    }
                    let done = match &mut writer.connection {
                        Connection::Sqlite(c) => statement.sqlite().$method(&mut *c).await.map($sqlite),
                        Connection::Postgres(c) => {
                            statement.postgres().$method(&mut **c).await.map($postgres)
                        }
                    };
                    done.map_err(|error| writer.fail(error.into()))
                }
                Target::Store(store) => match store.engine() {
                    Engine::Sqlite(engine) => {
                        Ok(statement.sqlite().$method(engine.readers()).await.map($sqlite)?)
                    }
                    Engine::Postgres(engine) => {
                        // A restarted server leaves a pool of broken connections; a read may be repeated.
                        let often = async {
                            for _ in 0..BROKEN {
                                match statement
                                    .postgres()
                                    .$method(engine.readers())
                                    .await
                                    .map_err(Fault::from)
                                {
                                    Err(fault) if fault.again == Again::Connection => {}
                                    other => return other.map($postgres).map_err(|fault| fault.error),
                                }
                            }
                            Err(late())
                        };
                        engine.silence().limit(DEADLINE, often).await
                    }
                },
            }
        })
    }};
}

impl Stmt {
    /// What it says, for tests that ask which of several is run.
    #[cfg(test)]
    pub(in crate::store) fn text(&self) -> &'static str {
        self.text
    }

    /// For `sql!` alone.
    #[doc(hidden)]
    pub fn new(text: &'static str) -> Self {
        Self { text, args: Vec::new() }
    }

    /// Binds the next of `$1`, `$2`, ….
    pub fn bind(mut self, value: impl Value) -> Self {
        self.args.push(value.arg());
        self
    }

    /// The first row, if there is one.
    pub fn optional<'t>(self, target: impl Into<Target<'t>>) -> BoxFuture<'t, Result<Option<Row>, Error>> {
        run!(self, target, fetch_optional, |row| row.map(Row::sqlite), |row| row.map(Row::postgres))
    }

    /// The whole change is this one statement: the first row it returns, committed. On PostgreSQL it costs one round
    /// trip instead of three. It is run once: when the connection breaks, whether it was done is unknown.
    pub async fn alone(self, store: &Store) -> Result<Option<Row>, Error> {
        self.writable()?;
        match store.engine() {
            Engine::Sqlite(_) => store.write(self, |w, statement| statement.clone().optional(w)).await,
            Engine::Postgres(engine) => engine.alone(self, Repeat::Never).await,
        }
    }

    /// As [`Self::alone`], for an insert of a new id: it may be run again, because a second time it finds itself there.
    pub(super) async fn insert_alone(self, store: &Store) -> Result<(), Error> {
        self.writable()?;
        match store.engine() {
            Engine::Sqlite(_) => {
                store.write(self, |w, statement| statement.clone().execute(w)).await.map(|_| ())
            }
            Engine::Postgres(engine) => engine.alone(self, Repeat::Insert).await.map(|_| ()),
        }
    }

    /// The row that must exist; its absence is `Corrupt`.
    pub fn one<'t>(self, target: impl Into<Target<'t>>) -> BoxFuture<'t, Result<Row, Error>> {
        let text = self.text;
        let row = self.optional(target);
        Box::pin(async move { row.await?.ok_or_else(|| Error::Corrupt(format!("no row for: {text}"))) })
    }

    /// Every row; bound it with LIMIT.
    pub fn all<'t>(self, target: impl Into<Target<'t>>) -> BoxFuture<'t, Result<Vec<Row>, Error>> {
        run!(self, target, fetch_all, |rows| rows.into_iter().map(Row::sqlite).collect(), |rows| rows
            .into_iter()
            .map(Row::postgres)
            .collect())
    }

    /// Runs it and answers how many rows it changed.
    pub fn execute<'t>(self, target: impl Into<Target<'t>>) -> BoxFuture<'t, Result<u64, Error>> {
        run!(self, target, execute, |done| done.rows_affected(), |done| done.rows_affected())
    }

    fn writable(&self) -> Result<(), Error> {
        let bad = self.args.iter().find_map(|arg| match arg {
            Arg::Unwritable(why) => Some(why.clone()),
            _ => None,
        });
        bad.map_or(Ok(()), |why| Err(Error::Corrupt(why)))
    }

    fn sqlite(&self) -> Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
        self.args.iter().cloned().fold(sqlx::query(self.text), |query, arg| match arg {
            Arg::Text(value) => query.bind(value),
            Arg::Int(value) => query.bind(value),
            Arg::Bool(value) => query.bind(value),
            Arg::Bytes(value) => query.bind(value),
            Arg::Unwritable(_) => query,
        })
    }

    pub(super) fn postgres(&self) -> Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
        self.args.iter().cloned().fold(sqlx::query(self.text), |query, arg| match arg {
            Arg::Text(value) => query.bind(value),
            Arg::Int(value) => query.bind(value),
            Arg::Bool(value) => query.bind(value),
            Arg::Bytes(value) => query.bind(value),
            Arg::Unwritable(_) => query,
        })
    }
}

pub(super) fn late() -> Error {
    Error::Unavailable("no answer in time".to_owned())
}

/// Lets the engine parse and plan `text` without running it.
pub(super) async fn prepare(store: &Store, text: &'static str) -> Result<(), Error> {
    use sqlx::{Executor, SqlSafeStr};
    match store.engine() {
        Engine::Sqlite(engine) => engine.readers().prepare(text.into_sql_str()).await.map(|_| ())?,
        Engine::Postgres(engine) => engine.writers().prepare(text.into_sql_str()).await.map(|_| ())?,
    }
    Ok(())
}
