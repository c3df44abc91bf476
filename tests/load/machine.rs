//! What the machine itself can do, measured in the same run and with the same libraries: no request can be served
//! faster than its hash, its signatures and its commit allow.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
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

/// Something the machine computes.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Operations a second, all cores together.
    pub rate: f64,
    /// Processor time of one, in microseconds.
    pub cpu: f64,
}

/// What the machine can do a second, all cores together.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Cores.
    pub cores: usize,
    /// Argon2id at the default cost, memory reused.
    pub hashes: Work,
    /// ES256 signatures.
    pub es256: Work,
    /// RS256 signatures, with the size of key the program makes.
    pub rs256: Work,
    /// ES256 verifications.
    pub es256_verified: Work,
    /// Inserts of one row, each committed durably, at the bare database.
    pub commits: f64,
    /// SELECTs of one row by its key, at the bare database.
    pub reads: f64,
    /// Round trips to Redis over one connection.
    pub redis: Option<f64>,
    /// Empty HTTP answers of a bare server, load included.
    pub http: Work,
}

impl Machine {
    /// Measures all of it.
    pub fn measure(runtime: &Runtime, load: &Runtime, installation: &Installation) -> Result<Self> {
        let now = Clock::System.now();
        let key = |algorithm| SigningKey::generate(algorithm, now).map(|(key, _)| key);
        let (es256, rs256) = (key(Algorithm::Es256)?, key(Algorithm::Rs256)?);
        let message = [b'm'; 400];
        let signature = es256.sign_bytes(&message).context("no signature")?;
        let redis = match installation.stack {
            Stack::Embedded => None,
            Stack::Servers => Some(times(|| runtime.block_on(redis_trips(installation)))?),
        };
        Ok(Self {
            cores: cores(),
            hashes: computed(hash)?,
            es256: computed(|| on_every_core(|| used(es256.sign_bytes(&message))))?,
            rs256: computed(|| on_every_core(|| used(rs256.sign_bytes(&message))))?,
            es256_verified: computed(|| on_every_core(|| used(es256.verifies(&message, &signature))))?,
            commits: times(|| runtime.block_on(commits(installation)))?,
            reads: times(|| runtime.block_on(reads(installation)))?,
            redis,
            http: bare_http(load)?,
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

fn computed(mut measure: impl FnMut() -> Result<Work>) -> Result<Work> {
    let all: Vec<Work> = (0..TIMES).map(|_| measure()).collect::<Result<_>>()?;
    Ok(middle(&all))
}

fn middle(all: &[Work]) -> Work {
    let of = |figure: fn(&Work) -> f64| median(&all.iter().map(figure).collect::<Vec<_>>());
    Work { rate: of(|work| work.rate), cpu: of(|work| work.cpu) }
}

/// Counts what every core does until the time is over.
fn on_every_core(work: impl Fn() + Sync) -> Result<Work> {
    each_core(|| &work)
}

fn each_core<W: FnMut()>(make: impl Fn() -> W + Sync) -> Result<Work> {
    let begun = Instant::now();
    let one = || -> Result<(u64, u64)> {
        let (mut work, mut count) = (make(), 0);
        let before = own_time()?;
        while begun.elapsed() < LONG {
            work();
            count += 1;
        }
        Ok((count, own_time()? - before))
    };
    let done = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(one)).collect();
        let ended =
            threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?);
        ended.collect::<Result<Vec<_>>>()
    })?;
    let (count, nanos) = done.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    Ok(Work { rate, cpu: nanos as f64 / 1_000.0 / (count as f64).max(1.0) })
}

/// Processor time of this thread, in nanoseconds.
fn own_time() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    text.split(' ').next().unwrap_or_default().parse().context("schedstat")
}

/// Argon2id as the program's threads compute it.
pub fn hash() -> Result<Work> {
    let stored = hashes()?;
    let (stored, typed) = (stored.first().context("no hash")?, Person(0).password());
    each_core(|| {
        let mut blocks = Blocks::new();
        // The first hash takes the memory; it is not counted.
        let _ = password::verify(&mut blocks, &typed, stored, &Params::default());
        let typed = &typed;
        move || used(password::verify(&mut blocks, typed, stored, &Params::default()))
    })
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
fn bare_http(load: &Runtime) -> Result<Work> {
    let serving =
        tokio::runtime::Builder::new_multi_thread().thread_name("bare-http").enable_all().build()?;
    let listener = serving.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    let router = axum::Router::new().route("/", axum::routing::get(|| std::future::ready("ok")));
    serving.spawn(async move { axum::serve(listener, router).await });
    let mut all = Vec::new();
    for _ in 0..TIMES {
        let before = threads(std::process::id(), "bare-http")?.hashing;
        let begun = Instant::now();
        let count = load.block_on(ask(address))?;
        let rate = count as f64 / begun.elapsed().as_secs_f64();
        let used = threads(std::process::id(), "bare-http")?.hashing - before;
        all.push(Work { rate, cpu: used as f64 / 1_000.0 / count as f64 });
    }
    serving.shutdown_background();
    Ok(middle(&all))
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
