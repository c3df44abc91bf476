//! SQL: one text for SQLite and PostgreSQL. Returns domain values; nobody outside writes SQL.
//!
//! A statement is a value: `sql!("…").bind(…).optional(w).await?`. A change is a closure:
//! `store.write((id, now), |w, (id, now)| Box::pin(async move { … })).await`. No transaction is handed out, and
//! nothing but the store is awaited inside a change: no hashing, no mail, no HTTP.
//!
//! `open` knows the engines' settings, `sqlite` and `postgres` how each commits, `statement` and `value` what a
//! statement is, `migrate` the schema; every other file is a noun. To add a noun: its file, its migration's
//! name in `migrate`. It must not know why it is asked.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub mod accounts;
pub mod addresses;
pub mod approvals;
pub mod attempts;
pub mod audit;
pub mod ciba;
pub mod client_tokens;
pub mod clients;
pub mod closings;
pub mod due;
mod engine;
pub mod enrolments;
pub mod ephemeral;
mod error;
pub mod factors;
pub mod families;
pub mod grants;
pub mod imports;
pub mod invitation_forms;
pub mod links;
pub mod logos;
pub mod logouts;
pub mod machine_requests;
pub mod metadata;
mod migrate;
pub mod name_words;
mod open;
pub mod organisations;
pub mod outbox;
pub mod policies;
mod postgres;
pub mod recoveries;
pub mod recovery_requests;
pub mod scim;
pub mod sessions;
pub mod signing_keys;
mod sqlite;
mod statement;
mod turns;
mod value;
pub mod vault;
pub mod webhooks;

pub use engine::Writer;
pub use error::Error;
pub use migrate::{MIGRATIONS, Migration};
pub(crate) use statement::sql;
pub use statement::{STATEMENTS, Stmt, Target};
pub use value::{Arg, Column, FromColumn, Json, Row, Value};

use engine::{Change, Engine};

/// A future in a box, as closures of [`Store::write`] return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
}

impl Store {
    /// Opens `sqlite:/path/db.sqlite` (created with mode 0600 if missing) or `postgres://…`; does not migrate.
    /// A database that is away is `Unavailable` within five seconds.
    pub async fn open(url: &str) -> Result<Self, Error> {
        Ok(Self { engine: Arc::new(open::open(url).await?) })
    }

    /// Runs `change` in a transaction and answers after its commit; an `Err`, or a statement that failed, rolls it
    /// back alone. It may run more than once (PostgreSQL asks for that), so it is a `Fn` over its input. A caller
    /// that goes away changes nothing: its change is committed or rolled back whole.
    pub async fn write<I, T, E, F>(&self, input: I, change: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        self.write_within(statement::DEADLINE, input, change).await
    }

    async fn write_within<I, T, E, F>(&self, deadline: Duration, input: I, change: F) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let change = Change { input, change, held: machine_requests::held(self) };
        match self.engine() {
            Engine::Sqlite(engine) => engine.write(change).await,
            Engine::Postgres(engine) => engine.write(change, deadline).await,
        }
    }

    /// Whether the database answers; for readiness.
    pub async fn ping(&self) -> Result<(), Error> {
        sql!("SELECT 1").one(self).await?.get::<i64>(0).map(|_| ())
    }

    /// Commits what waits and closes every connection; later calls are `Unavailable`.
    pub async fn close(&self) {
        match self.engine() {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }

    /// Prepares every statement of the program and answers those the engine refuses, each with its reason.
    pub async fn unpreparable(&self) -> Vec<(&'static str, String)> {
        let mut refused = Vec::new();
        for text in STATEMENTS {
            if let Err(error) = statement::prepare(self, text).await {
                refused.push((*text, error.to_string()));
            }
        }
        refused
    }

    /// Names this process, unless it has a name; answers its name.
    fn begin_process(&self, name: &str) -> String {
        self.engine().process().get_or_init(|| name.to_owned()).clone()
    }

    /// The name of this process's sealer; empty without one: what is recorded is then adopted by a server's.
    fn process_name(&self) -> String {
        self.engine().process().get().cloned().unwrap_or_default()
    }

    fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether both are handles of one.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.engine, &other.engine)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.engine() {
            Engine::Sqlite(_) => "Store(sqlite)",
            Engine::Postgres(_) => "Store(postgres)",
        })
    }
}
