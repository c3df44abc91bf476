//! Opens the stores the tests run on: SQLite with the embedded ephemeral store always, PostgreSQL and Redis where
//! `VOUCHSAFE_TEST_POSTGRES` and `VOUCHSAFE_TEST_REDIS` name a server (`./test` does).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests stop at the first surprise and say what they skip"
)]

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use vouchsafe::base::{Digest, Entropy, Timestamp};
use vouchsafe::ephemeral::{Embedded, Ephemeral, Redis};
use vouchsafe::store::{MIGRATIONS, Store};

/// The time tests begin at.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// A migrated database of its own, opened twice, so that a race between processes can fail.
pub struct Stack {
    pub engine: &'static str,
    pub url: String,
    pub store: Store,
    pub other: Store,
    _directory: Option<TempDir>,
}

/// Two ephemeral stores over the same data, as two processes would have them.
pub struct EphemeralStack {
    pub engine: &'static str,
    pub one: Arc<dyn Ephemeral>,
    pub other: Arc<dyn Ephemeral>,
    _stack: Option<Stack>,
}

/// Runs `test` on SQLite, and on PostgreSQL if there is one.
pub async fn each_engine(test: impl AsyncFn(&Stack)) {
    each_empty_engine(async |stack| {
        stack.store.migrate(MIGRATIONS).await.unwrap();
        test(stack).await;
    })
    .await;
}

/// As `each_engine`, without a migration.
pub async fn each_empty_engine(test: impl AsyncFn(&Stack)) {
    let stack = sqlite().await;
    test(&stack).await;
    stack.close().await;
    let Some(server) = server("VOUCHSAFE_TEST_POSTGRES") else { return };
    let name = format!("vs_test_{}", &random().to_base64url().to_lowercase().replace('-', "_")[..20]);
    administer(&server, format!("CREATE DATABASE {name}")).await;
    let stack = open("postgres", with_database(&server, &name), None).await;
    test(&stack).await;
    stack.close().await;
    administer(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Runs `test` on the embedded ephemeral store in each engine, and on Redis if there is one.
pub async fn each_ephemeral(test: impl AsyncFn(&EphemeralStack)) {
    each_engine(async |stack| {
        let (key, entropy) = (*random().as_bytes(), Entropy::system());
        test(&EphemeralStack {
            engine: stack.engine,
            one: Arc::new(Embedded::new(stack.store.clone(), key, entropy.clone())),
            other: Arc::new(Embedded::new(stack.other.clone(), key, entropy)),
            _stack: None,
        })
        .await;
    })
    .await;
    let Some(url) = server("VOUCHSAFE_TEST_REDIS") else { return };
    let (key, entropy) = (*random().as_bytes(), Entropy::system());
    test(&EphemeralStack {
        engine: "redis",
        one: Arc::new(Redis::open(&url, key, entropy.clone()).await.unwrap()),
        other: Arc::new(Redis::open(&url, key, entropy).await.unwrap()),
        _stack: None,
    })
    .await;
}

/// A fresh, un-migrated SQLite file, opened twice.
pub async fn sqlite() -> Stack {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("db.sqlite").display());
    open("sqlite", url, Some(directory)).await
}

/// 32 random bytes: an id nobody else uses, a key.
pub fn random() -> Digest {
    Digest::from_bytes(Entropy::system().bytes())
}

/// The server a variable names. Where none is, the test says so; in CI that is a failure.
pub fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} must be set in CI");
        println!("skipped: {variable} is not set");
    }
    url
}

impl Stack {
    async fn close(&self) {
        self.store.close().await;
        self.other.close().await;
    }

    /// Edits the database behind the program's back, as somebody with access to it could.
    pub async fn tamper(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut connection =
                    sqlx::SqliteConnection::connect(&format!("sqlite://{path}")).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            None => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }
}

async fn open(engine: &'static str, url: String, directory: Option<TempDir>) -> Stack {
    let store = Store::open(&url).await.unwrap();
    let other = Store::open(&url).await.unwrap();
    Stack { engine, url, store, other, _directory: directory }
}

/// Runs SQL at the server itself.
pub async fn administer(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The server's URL with another database.
pub fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.to_string()
}
