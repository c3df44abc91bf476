//! What the machine itself can do, measured in the same run and with the same libraries: no request can be served
//! faster than its hash, its signatures and its commit allow.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, SqliteConnection};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use vouchsafe::base::Clock;
use vouchsafe::factors::password::{self, Blocks, Params};
use vouchsafe::keys::{Algorithm, SigningKey};

use crate::figures::median;
use crate::http::{self, Connection};
use crate::installation::Installation;
use crate::options::Stack;
use crate::population::{Person, hashes};
use crate::server::threads;

/// How often each limit is measured; the median counts.
const TIMES: usize = 3;
/// How long one measurement takes.
const LONG: Duration = Duration::from_millis(500);
/// Connections to PostgreSQL and tasks at Redis, as many as the program's.
const CALLERS: usize = 16;

/// Operations a second, all cores together.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Cores.
    pub cores: usize,
    /// Argon2id at the default cost, memory reused.
    pub hashes: f64,
    /// ES256 signatures.
    pub es256: f64,
    /// RS256 signatures, with the size of key the program makes.
    pub rs256: f64,
    /// ES256 verifications.
    pub es256_verified: f64,
    /// Inserts of one row, each committed durably, at the bare database.
    pub commits: f64,
    /// SELECTs of one row by its key, at the bare database.
    pub reads: f64,
    /// Round trips to Redis over one connection.
    pub redis: Option<f64>,
    /// Empty HTTP answers of a bare server, load included.
    pub http: f64,
    /// Processor time of one such answer, in microseconds.
    pub http_cpu: f64,
}

impl Machine {
    /// Measures all of it.
    pub fn measure(runtime: &Runtime, load: &Runtime, installation: &Installation) -> Result<Self> {
        let now = Clock::System.now();
        let key = |algorithm| SigningKey::generate(algorithm, now).map(|(key, _)| key);
        let (es256, rs256) = (key(Algorithm::Es256)?, key(Algorithm::Rs256)?);
        let message = [b'm'; 400];
        let signature = es256.sign_bytes(&message).context("no signature")?;
        let (http, http_cpu) = bare_http(load)?;
        let redis = match installation.stack {
            Stack::Embedded => None,
            Stack::Servers => Some(times(|| runtime.block_on(redis_trips(installation)))?),
        };
        Ok(Self {
            cores: cores(),
            hashes: times(hash)?,
            es256: times(|| Ok(on_every_core(|| used(es256.sign_bytes(&message)))))?,
            rs256: times(|| Ok(on_every_core(|| used(rs256.sign_bytes(&message)))))?,
            es256_verified: times(|| Ok(on_every_core(|| used(es256.verifies(&message, &signature)))))?,
            commits: times(|| runtime.block_on(commits(installation)))?,
            reads: times(|| runtime.block_on(reads(installation)))?,
            redis,
            http,
            http_cpu,
        })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Computed, whatever it is.
fn used<T>(value: T) {
    std::hint::black_box(value);
}

fn times(mut measure: impl FnMut() -> Result<f64>) -> Result<f64> {
    let figures: Vec<f64> = (0..TIMES).map(|_| measure()).collect::<Result<_>>()?;
    Ok(median(&figures))
}

/// Counts what every core does until the time is over.
fn on_every_core(work: impl Fn() + Sync) -> f64 {
    each_core(|| &work)
}

fn each_core<W: FnMut()>(make: impl Fn() -> W + Sync) -> f64 {
    let (over, count) = (AtomicBool::new(false), AtomicU64::new(0));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                let mut work = make();
                while !over.load(Ordering::Relaxed) {
                    work();
                    count.fetch_add(1, Ordering::Relaxed);
                    if begun.elapsed() > LONG {
                        over.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    count.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// Argon2id as the program's threads compute it.
fn hash() -> Result<f64> {
    let stored = hashes()?;
    let (stored, typed) = (stored.first().context("no hash")?, Person(0).password());
    Ok(each_core(|| {
        let mut blocks = Blocks::new();
        // The first hash takes the memory; it is not counted.
        let _ = password::verify(&mut blocks, &typed, stored, &Params::default());
        let typed = &typed;
        move || used(password::verify(&mut blocks, typed, stored, &Params::default()))
    }))
}

type Counting = std::pin::Pin<Box<dyn Future<Output = Result<u64>> + Send>>;

/// Runs tasks that each count until the time is over; answers all they did a second.
async fn together(callers: Vec<Counting>) -> Result<f64> {
    let begun = Instant::now();
    let mut tasks: JoinSet<_> = callers.into_iter().collect();
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        count += done??;
    }
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

async fn redis_trips(installation: &Installation) -> Result<f64> {
    let connection = installation.redis().await?;
    let caller = |_| -> Counting {
        let mut connection = connection.clone();
        Box::pin(async move {
            let (begun, mut count) = (Instant::now(), 0);
            while begun.elapsed() < LONG {
                redis::cmd("GET").arg("nothing").exec_async(&mut connection).await?;
                count += 1;
            }
            Ok(count)
        })
    };
    together((0..CALLERS).map(caller).collect()).await
}

// ---- the bare database

const INSERT: &str = "INSERT INTO bench_commits (at) VALUES ($1)";
const SELECT: &str = "SELECT id, at FROM bench_commits WHERE id = $1";
const EMPTY: [&str; 3] = [
    "DROP TABLE IF EXISTS bench_commits",
    "CREATE TABLE bench_commits (id INTEGER PRIMARY KEY, at BIGINT NOT NULL)",
    "INSERT INTO bench_commits (id, at) VALUES (1, 1)",
];

async fn commits(installation: &Installation) -> Result<f64> {
    let mut callers: Vec<Counting> = Vec::new();
    match installation.stack {
        // One writer is all there is.
        Stack::Embedded => callers.push(Box::pin(commit_sqlite(sqlite(installation).await?))),
        Stack::Servers => {
            for _ in 0..CALLERS {
                callers.push(Box::pin(commit_postgres(postgres(installation, callers.is_empty()).await?)));
            }
        }
    }
    together(callers).await
}

async fn reads(installation: &Installation) -> Result<f64> {
    let mut callers: Vec<Counting> = Vec::new();
    for first in (0..CALLERS).map(|n| n == 0) {
        match installation.stack {
            // As many readers as the program has.
            Stack::Embedded if callers.len() < 4 => {
                let connection = sqlite(installation).await?;
                callers.push(Box::pin(read_sqlite(connection)));
            }
            Stack::Embedded => {}
            Stack::Servers => callers.push(Box::pin(read_postgres(postgres(installation, first).await?))),
        }
    }
    together(callers).await
}

async fn sqlite(installation: &Installation) -> Result<SqliteConnection> {
    let path = installation.folder.join("bench.sqlite");
    let is_new = !path.exists();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    if is_new {
        for sql in EMPTY {
            sqlx::raw_sql(sql).execute(&mut connection).await?;
        }
    }
    Ok(connection)
}

async fn postgres(installation: &Installation, first: bool) -> Result<PgConnection> {
    let mut connection = PgConnection::connect(&installation.database).await?;
    if first {
        for sql in EMPTY {
            let sql = sql.replace(
                "id INTEGER PRIMARY KEY",
                "id BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (START 2)",
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
    }
    Ok(connection)
}

macro_rules! counting {
    ($name:ident, $connection:ty, $sql:expr) => {
        async fn $name(mut connection: $connection) -> Result<u64> {
            let (begun, mut count) = (Instant::now(), 0);
            while begun.elapsed() < LONG {
                sqlx::query($sql).bind(1_i64).execute(&mut connection).await?;
                count += 1;
            }
            connection.close().await?;
            Ok(count)
        }
    };
}

counting!(commit_sqlite, SqliteConnection, INSERT);
counting!(commit_postgres, PgConnection, INSERT);
counting!(read_sqlite, SqliteConnection, SELECT);
counting!(read_postgres, PgConnection, SELECT);

// ---- bare HTTP

/// A server of the same make that does nothing, under the same load: answers a second, and the processor time of
/// one.
fn bare_http(load: &Runtime) -> Result<(f64, f64)> {
    let serving =
        tokio::runtime::Builder::new_multi_thread().thread_name("bare-http").enable_all().build()?;
    let listener = serving.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    let router = axum::Router::new().route("/", axum::routing::get(|| std::future::ready("ok")));
    serving.spawn(async move { axum::serve(listener, router).await });
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let before = threads(std::process::id(), "bare-http")?.hashing;
        let begun = Instant::now();
        let count = load.block_on(ask(address))?;
        rates.push(count as f64 / begun.elapsed().as_secs_f64());
        let used = threads(std::process::id(), "bare-http")?.hashing - before;
        costs.push(used as f64 / 1000.0 / count as f64);
    }
    serving.shutdown_background();
    Ok((median(&rates), median(&costs)))
}

async fn ask(address: std::net::SocketAddr) -> Result<u64> {
    let local = tokio::task::LocalSet::new();
    let asked = local.run_until(async {
        let mut lanes = JoinSet::new();
        for _ in 0..CALLERS {
            lanes.spawn_local(async move {
                let mut connection = Connection::open(address).await?;
                let mut request = Vec::new();
                http::get(&mut request, "localhost", "/", "");
                let (begun, mut count) = (Instant::now(), 0);
                while begun.elapsed() < LONG {
                    connection.exchange(&request).await?.is(200)?;
                    count += 1;
                }
                Ok::<u64, anyhow::Error>(count)
            });
        }
        let mut count = 0;
        while let Some(done) = lanes.join_next().await {
            count += done??;
        }
        Ok(count)
    });
    asked.await
}
