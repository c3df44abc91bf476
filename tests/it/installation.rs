//! Where an installation keeps its things: key files, a database, a session store, an address. Any number of nodes
//! are started on it, in this process (`idp`) or as processes of their own (`servers`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use vouchsafe::app::{Stores, open_stores};
use vouchsafe::base::Entropy;
use vouchsafe::config::Config;
use vouchsafe::keys::seal::{IndexKey, MasterKey};

use crate::stacks::{NOW, administer, random, server, with_database};

/// An installation's place; its settings as environment variables name them.
pub struct Installation {
    /// `sqlite` (embedded sessions) or `postgres` (with Redis).
    pub engine: &'static str,
    /// `http://localhost:PORT`; the port is kept free for a node.
    pub issuer: String,
    /// The clock of its nodes in this process.
    pub clock: Arc<AtomicI64>,
    /// Counts what needs a name of its own.
    pub counter: AtomicUsize,
    variables: Vec<(String, String)>,
    listener: Mutex<Option<TcpListener>>,
    directory: TempDir,
}

/// Runs `test` on an installation of its own: SQLite with embedded sessions, then PostgreSQL with Redis if there
/// are servers.
pub async fn each_installation(settings: &[(&str, &str)], test: impl AsyncFn(Arc<Installation>)) {
    test(Arc::new(Installation::sqlite(settings))).await;
    let (Some(postgres), Some(redis)) = (server("VOUCHSAFE_TEST_POSTGRES"), server("VOUCHSAFE_TEST_REDIS"))
    else {
        return;
    };
    let name = copied_database(&postgres).await;
    let (url, redis) = (with_database(&postgres, &name), own_redis(&redis));
    test(Arc::new(Installation::new("postgres", &url, &redis, settings))).await;
    administer(&postgres, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// A Redis database nobody else in this process uses; the first belongs to the tests of the store itself.
pub fn own_redis(server: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let first = usize::try_from(std::process::id()).unwrap() * 7;
    format!("{server}/{}", (first + NEXT.fetch_add(1, Ordering::SeqCst)) % 1_900 + 50)
}

/// A database copied from one that is migrated once in this process; answers its name.
pub async fn copied_database(server: &str) -> String {
    static TEMPLATE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(async || {
            let name = fresh_name();
            administer(server, format!("CREATE DATABASE {name}")).await;
            let place = Installation::new("postgres", &with_database(server, &name), "embedded", &[]);
            let stores = open_stores(&place.config()).await.unwrap();
            stores.migrate().await.unwrap();
            close(&stores).await;
            name
        })
        .await;
    let name = fresh_name();
    administer(server, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    name
}

/// A name no other database has.
pub fn fresh_name() -> String {
    let random: String =
        random().to_base64url().chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    format!("vs_idp_{}", random.to_lowercase())
}

async fn close(stores: &Stores) {
    stores.store.close().await;
    stores.keys.close().await;
}

/// Listens on a port below those the system hands out, so that it can be given up and taken again.
pub fn lasting_port() -> TcpListener {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::from_be_bytes([random().as_bytes()[0], random().as_bytes()[1]]);
    for _ in 0..12_000 {
        let next = NEXT.fetch_add(1, Ordering::SeqCst).wrapping_add(first) % 12_000;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, 20_000 + next)) {
            return listener;
        }
    }
    panic!("no port is free");
}

impl Installation {
    /// On SQLite, with sessions in a table.
    pub fn sqlite(more: &[(&str, &str)]) -> Self {
        Self::sqlite_with("embedded", more)
    }

    /// On SQLite, with another session store.
    pub fn sqlite_with(sessions: &str, more: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("db.sqlite").display());
        Self::within(directory, "sqlite", (&url, sessions), more)
    }

    /// On these stores.
    pub fn new(engine: &'static str, database: &str, sessions: &str, more: &[(&str, &str)]) -> Self {
        Self::within(tempfile::tempdir().unwrap(), engine, (database, sessions), more)
    }

    fn within(
        directory: TempDir,
        engine: &'static str,
        (database, sessions): (&str, &str),
        more: &[(&str, &str)],
    ) -> Self {
        let listener = lasting_port();
        let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let entropy = Entropy::system();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let own = [
            ("ISSUER", issuer.clone()),
            ("ORGANISATION__NAME", "Riverside Health".to_owned()),
            ("DATABASE__URL", database.to_owned()),
            ("SESSIONS__URL", sessions.to_owned()),
            ("SERVER__TRUSTED_PROXIES", "127.0.0.1".to_owned()),
            ("HASHING__WORKERS", "1".to_owned()),
            (
                "SECRETS__MASTER_KEY_FILE",
                file("master.key", MasterKey::new_file_text(&entropy, false).expose()),
            ),
            ("SECRETS__INDEX_KEY_FILE", file("index.key", IndexKey::new_file_text(&entropy, false).expose())),
        ];
        let own = own.map(|(name, value)| (format!("VOUCHSAFE__{name}"), value)).into_iter();
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            engine,
            issuer,
            clock: Arc::new(AtomicI64::new(NOW.micros())),
            counter: AtomicUsize::new(0),
            variables: own.chain(more).collect(),
            listener: Mutex::new(Some(listener)),
            directory,
        }
    }

    /// The same installation with some settings changed; it shares files and stores.
    pub fn variables(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.variables.iter().cloned().chain(more).collect()
    }

    /// The settings of a node.
    pub fn config(&self) -> Config {
        match Config::load(None, self.variables.iter().cloned()) {
            Ok(loaded) => loaded.config,
            Err(problems) => panic!("{problems:?}"),
        }
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The port of its issuer.
    pub fn port(&self) -> u16 {
        self.issuer.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// The listener at its issuer's address, for the first who asks; another address for everybody else.
    pub fn listener(&self) -> TcpListener {
        let kept = self.listener.lock().unwrap().take();
        kept.unwrap_or_else(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    /// The database's file, where it is one.
    pub fn database_file(&self) -> Option<PathBuf> {
        file_of(self.config().database.url.expose())
    }

    /// Runs SQL behind the program's back, as somebody with access to the database could.
    pub async fn sql(&self, text: &str) {
        run(self.config().database.url.expose(), text).await;
    }

    /// As [`Self::sql`], in the key store.
    pub async fn sql_keys(&self, text: &str) {
        run(self.config().keys_url().expose(), text).await;
    }

    /// The one number a query answers.
    pub async fn count(&self, query: &str) -> i64 {
        count(self.config().database.url.expose(), query).await
    }

    /// As [`Self::count`], in the key store.
    pub async fn count_keys(&self, query: &str) -> i64 {
        count(self.config().keys_url().expose(), query).await
    }
}

fn file_of(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(PathBuf::from)
}

async fn run(url: &str, text: &str) {
    let text = AssertSqlSafe(text.to_owned());
    match file_of(url) {
        Some(file) => {
            let url = format!("sqlite://{}", file.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        None => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

async fn count(url: &str, query: &str) -> i64 {
    let query = AssertSqlSafe(query.to_owned());
    match file_of(url) {
        Some(file) => {
            let url = format!("sqlite://{}", file.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let found = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            found
        }
        None => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let found = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            found
        }
    }
}
