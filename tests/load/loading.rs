//! Loads people and their sessions: two threads seal, one hands the rows to the database in bulk.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row as _, SqliteConnection};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use vouchsafe::app::read_key_files;
use vouchsafe::base::{Clock, Digest, Entropy, Seconds, Timestamp};
use vouchsafe::duties::Organisation;
use vouchsafe::ephemeral::{Embedded, Ephemeral, Redis, Space};
use vouchsafe::store::Store;

use crate::installation::Installation;
use crate::options::Stack;
use crate::population::{Chain, Sealer, hashes};
use crate::rows::{Chunk, Dialect};

/// People sealed at a time.
const CHUNK: u64 = 1_000;
/// Threads that seal.
const SEALERS: u64 = 2;
/// Sessions put into Redis at once.
const AT_ONCE: usize = 64;

/// What loading told.
pub struct Loaded {
    /// How long it took.
    pub seconds: f64,
    /// Bytes a session takes in Redis.
    pub session_bytes: Option<f64>,
}

/// Loads `count` people and as many sessions.
pub fn load(
    runtime: &Runtime,
    installation: &Installation,
    organisations: &[Organisation],
    count: u64,
) -> Result<Loaded> {
    let begun = Instant::now();
    let config = installation.config()?;
    let now = Clock::System.now();
    let make = |n: u64| -> Result<Sealer> {
        let (master, index) = read_key_files(&config)?;
        let (dialect, embedded) = match installation.stack {
            Stack::Servers => (Dialect::Copy, None),
            Stack::Embedded => {
                // Only seals; the store behind it is never asked.
                let beside = installation.folder.join("unused.sqlite");
                let store = runtime.block_on(Store::open(&format!("sqlite:{}", beside.display())))?;
                let key = master.derive("ephemeral");
                (Dialect::Insert, Some(Embedded::new(store, key, Entropy::system())))
            }
        };
        let (entropy, chain) = (Entropy::system(), Chain::begin(&format!("loaded-{n}")));
        let organisations = organisations.to_vec();
        Ok(Sealer { master, index, hashes: hashes()?, now, dialect, embedded, entropy, organisations, chain })
    };
    let mut sealers: Vec<Sealer> = (0..SEALERS).map(make).collect::<Result<_>>()?;
    let session_key = sealers.first().context("no sealer")?.master.derive("ephemeral");
    let session_bytes = std::thread::scope(|scope| {
        let (sender, chunks) = sync_channel(4);
        for (place, sealer) in (0u64..).zip(&mut sealers) {
            let sender = sender.clone();
            scope.spawn(move || {
                let mut from = place * CHUNK;
                while from < count {
                    if sender.send(sealer.chunk(from, (from + CHUNK).min(count), count)).is_err() {
                        break;
                    }
                    from += SEALERS * CHUNK;
                }
            });
        }
        drop(sender);
        match installation.stack {
            Stack::Embedded => runtime.block_on(into_sqlite(installation, chunks)).map(|()| None),
            Stack::Servers => {
                runtime.block_on(into_servers(installation, session_key, now, chunks)).map(Some)
            }
        }
    })?;
    let session_bytes = session_bytes.map(|bytes| bytes / count as f64);
    let chains: Vec<Chain> = sealers.into_iter().map(|sealer| sealer.chain).collect();
    runtime.block_on(finish(installation, &chains))?;
    Ok(Loaded { seconds: begun.elapsed().as_secs_f64(), session_bytes })
}

/// What is put where: table, columns, rows.
fn tables(chunk: &Chunk) -> [(&'static str, &'static str, &str); 7] {
    [
        (
            "accounts",
            "id, organisation, role, state, sealed, valid_after, created_at, updated_at",
            &chunk.accounts.0,
        ),
        ("identifiers", "digest, account, kind", &chunk.identifiers.0),
        (
            "factors",
            "id, account, kind, sealed, credential, last_step, version, created_at, last_used_at, disabled_at",
            &chunk.factors.0,
        ),
        (
            "enrolments",
            "account, number, organisation, place_1, place_2, place_3, place_4, role, state, stage, strongest,
             indexed, activated_at, factor_at, spare_at, ready_at, reminded_at, updated_at",
            &chunk.enrolments.0,
        ),
        ("name_words", "word, number", &chunk.name_words.0),
        (
            "events",
            "id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason, detail,
             sealed, process, chain, seq, hash",
            &chunk.events.0,
        ),
        ("ephemeral", "space, id, version, value, note, expires_at", &chunk.ephemeral.0),
    ]
}

/// What follows from the rows: the counts of the funnel, and the heads of the chains, whose holder is gone.
fn sums(chains: &[Chain]) -> Vec<String> {
    let mut statements = vec![
        "DELETE FROM enrolment_counts".to_owned(),
        "INSERT INTO enrolment_counts (organisation, role, state, stage, strongest, shard, people)
         SELECT organisation, role, state, stage, strongest, number % 16, COUNT(*) FROM enrolments
         GROUP BY organisation, role, state, stage, strongest, number % 16"
            .to_owned(),
    ];
    statements.extend(chains.iter().map(|chain| {
        let hash: String = chain.hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "INSERT INTO audit_chains (id, holder, beat_at, seq, hash) VALUES ('{0}', '{0}', 0, {1}, DECODED'{hash}')",
            chain.id, chain.seq
        )
    }));
    statements
}

async fn finish(installation: &Installation, chains: &[Chain]) -> Result<()> {
    match installation.stack {
        Stack::Embedded => {
            let mut connection = open_sqlite(installation, "v.sqlite").await?;
            for statement in sums(chains) {
                sqlx::raw_sql(AssertSqlSafe(statement.replace("DECODED", "X")))
                    .execute(&mut connection)
                    .await?;
            }
            Ok(connection.close().await?)
        }
        Stack::Servers => {
            let mut connection = PgConnection::connect(&installation.database).await?;
            for statement in sums(chains) {
                run(&mut connection, &statement.replace("DECODED'", "'\\x")).await?;
            }
            run(&mut connection, "VACUUM (ANALYZE)").await?;
            run(&mut connection, "CHECKPOINT").await?;
            Ok(connection.close().await?)
        }
    }
}

const DATA_KEYS: &str = "person, wrapped, created_at";

// ---- SQLite

async fn into_sqlite(installation: &Installation, chunks: Receiver<Result<Chunk>>) -> Result<()> {
    let mut main = open_sqlite(installation, "v.sqlite").await?;
    let mut keys = open_sqlite(installation, "v-keys.sqlite").await?;
    let indexes = drop_indexes(&mut main).await?;
    for connection in [&mut main, &mut keys] {
        sqlx::raw_sql("BEGIN").execute(connection).await?;
    }
    for chunk in chunks {
        let chunk = chunk?;
        insert(&mut keys, "data_keys", DATA_KEYS, &chunk.data_keys.0).await?;
        for (table, columns, rows) in tables(&chunk) {
            insert(&mut main, table, columns, rows).await?;
        }
    }
    for index in indexes {
        sqlx::raw_sql(AssertSqlSafe(index)).execute(&mut main).await?;
    }
    for mut connection in [main, keys] {
        sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
        connection.close().await?;
    }
    Ok(())
}

/// Without a journal: what fails here is begun again from nothing.
async fn open_sqlite(installation: &Installation, name: &str) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(installation.folder.join(name))
        .foreign_keys(false)
        .journal_mode(SqliteJournalMode::Off)
        .locking_mode(SqliteLockingMode::Exclusive)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-1500000")
        .disable_statement_logging();
    Ok(options.connect().await?)
}

/// Drops the indexes that are quicker made at the end, and answers how to make them.
async fn drop_indexes(connection: &mut SqliteConnection) -> Result<Vec<String>> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
        AND tbl_name IN ('accounts', 'identifiers', 'factors', 'enrolments', 'name_words', 'events', 'ephemeral')";
    let mut texts = Vec::new();
    for row in sqlx::query(sql).fetch_all(&mut *connection).await? {
        let drop = format!("DROP INDEX {}", row.try_get::<String, _>(0)?);
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await?;
        texts.push(row.try_get(1)?);
    }
    Ok(texts)
}

async fn insert(connection: &mut SqliteConnection, table: &str, columns: &str, rows: &str) -> Result<()> {
    let text = format!("INSERT INTO {table} ({columns}) VALUES {rows}");
    sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await.with_context(|| table.to_owned())?;
    Ok(())
}

// ---- PostgreSQL and Redis

/// Answers the bytes Redis grew by.
async fn into_servers(
    installation: &Installation,
    key: [u8; 32],
    now: Timestamp,
    chunks: Receiver<Result<Chunk>>,
) -> Result<f64> {
    let mut connection = PgConnection::connect(&installation.database).await?;
    // Everything that is loaded refers to what is loaded with it.
    run(&mut connection, "SET session_replication_role = replica").await?;
    let indexes = drop_postgres_indexes(&mut connection).await?;
    let sessions = std::sync::Arc::new(Redis::open(&installation.sessions, key, Entropy::system()).await?);
    let before = used_memory(installation).await?;
    run(&mut connection, "BEGIN").await?;
    for chunk in chunks {
        let chunk = chunk?;
        copy(&mut connection, "vouchsafe_keys.data_keys", DATA_KEYS, &chunk.data_keys.0).await?;
        for (table, columns, rows) in tables(&chunk).into_iter().filter(|(.., rows)| !rows.is_empty()) {
            copy(&mut connection, table, columns, rows).await?;
        }
        put(&sessions, chunk.sessions, now).await?;
    }
    for index in indexes {
        run(&mut connection, &index).await?;
    }
    run(&mut connection, "COMMIT").await?;
    connection.close().await?;
    Ok(used_memory(installation).await? - before)
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}

async fn drop_postgres_indexes(connection: &mut PgConnection) -> Result<Vec<String>> {
    let sql = "SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename IN ('accounts', 'identifiers', 'factors', 'enrolments', 'name_words', 'events')
        AND indexname NOT IN (SELECT conname FROM pg_constraint)";
    let mut texts = Vec::new();
    for row in sqlx::query(sql).fetch_all(&mut *connection).await? {
        run(connection, &format!("DROP INDEX {}", row.try_get::<String, _>(0)?)).await?;
        texts.push(row.try_get(1)?);
    }
    Ok(texts)
}

async fn copy(connection: &mut PgConnection, table: &str, columns: &str, rows: &str) -> Result<()> {
    let statement = format!("COPY {table} ({columns}) FROM STDIN");
    let mut sink = connection.copy_in_raw(&statement).await?;
    sink.send(rows.as_bytes()).await?;
    sink.finish().await.with_context(|| table.to_owned())?;
    Ok(())
}

async fn put(
    redis: &std::sync::Arc<Redis>,
    sessions: Vec<(Digest, Vec<u8>, Seconds)>,
    now: Timestamp,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    for part in sessions.chunks(sessions.len().div_ceil(AT_ONCE).max(1)) {
        let (redis, part) = (redis.clone(), part.to_vec());
        tasks.spawn(async move {
            for (id, value, life) in &part {
                redis.put(Space::Session, id, value, *life, now).await?;
            }
            Ok::<_, vouchsafe::ephemeral::Error>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn used_memory(installation: &Installation) -> Result<f64> {
    let mut connection = installation.redis().await?;
    let info: String = redis::cmd("INFO").arg("memory").query_async(&mut connection).await?;
    let found = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
    found.and_then(|text| text.trim().parse().ok()).ok_or_else(|| anyhow!("Redis does not tell its memory"))
}
