//! PostgreSQL: a pool that reads and one that writes; each change is a transaction of its own, run again when the
//! server asks for it. A change that is one statement needs no more than that statement.
//!
//! Reading connections begin read-only, so that only a change can edit anything.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPool;

use super::engine::{Change, Connection, Process, Writer};
use super::error::{Again, Fault};
use super::statement::{BROKEN, DEADLINE, late};
use super::{BoxFuture, Error, Row, Stmt};

/// How often a change is run because the server asked for it, before its caller is told.
const ATTEMPTS: u32 = 5;

pub(super) struct PostgresEngine {
    readers: PgPool,
    writers: PgPool,
    process: Process,
    silence: Silence,
}

/// When an answer last failed to come in time. For a while after it, connections are tested before they go back to
/// the pool: the pool itself waits for a silent one for ever, and would run dry.
#[derive(Clone, Default)]
pub(super) struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    const MEMORY: Duration = Duration::from_secs(60);

    pub(super) fn is_recent(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < Self::MEMORY)
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The answer, if it comes in time. The silence is noted before the connection is let go.
    pub(super) async fn limit<T, E: From<Error>>(
        &self,
        deadline: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut work = std::pin::pin!(work);
        match tokio::time::timeout(deadline, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                self.note();
                Err(E::from(late()))
            }
        }
    }
}

/// How one attempt ended: for good, or with a fault that another attempt may mend.
enum Attempt<T, E> {
    Done(Result<T, E>),
    Again(E, Again),
}

impl PostgresEngine {
    pub(super) fn new(readers: PgPool, writers: PgPool, silence: Silence) -> Self {
        Self { readers, writers, process: Process::default(), silence }
    }

    pub(super) fn silence(&self) -> &Silence {
        &self.silence
    }

    pub(super) fn readers(&self) -> &PgPool {
        &self.readers
    }

    pub(super) fn writers(&self) -> &PgPool {
        &self.writers
    }

    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    /// Runs the change in a task of its own, so that a caller who goes away leaves nothing half-done.
    pub(super) async fn write<I, T, E, F>(&self, change: Change<I, F>, deadline: Duration) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let (pool, process) = (self.writers.clone(), self.process.clone());
        let (change, silence) = (Arc::new(change), self.silence.clone());
        let task =
            tokio::spawn(async move { silence.limit(deadline, try_often(&pool, &process, &change)).await });
        task.await.unwrap_or_else(|_| Err(E::from(Error::Unavailable("the change was stopped".to_owned()))))
    }

    /// Runs a statement that is a change by itself, in a task of its own: a caller that goes away breaks no connection.
    pub(super) async fn alone(&self, statement: Stmt, repeat: Repeat) -> Result<Option<Row>, Error> {
        let (writers, silence) = (self.writers.clone(), self.silence.clone());
        let task =
            tokio::spawn(
                async move { silence.limit(DEADLINE, run_alone(&writers, &statement, repeat)).await },
            );
        task.await.unwrap_or_else(|_| Err(late()))
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

/// Whether a statement whose connection broke may be run again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Never,
    /// An insert of a new id: that it is there already means that the first time was the time.
    Insert,
}

async fn run_alone(writers: &PgPool, statement: &Stmt, repeat: Repeat) -> Result<Option<Row>, Error> {
    for time in 0..BROKEN {
        let fault = match statement.postgres().fetch_optional(writers).await.map_err(Fault::from) {
            Ok(row) => return Ok(row.map(Row::postgres)),
            Err(fault) => fault,
        };
        match (&fault.error, fault.again) {
            (Error::Conflict, _) if repeat == Repeat::Insert && time > 0 => return Ok(None),
            (_, Again::Connection) if repeat == Repeat::Insert => {}
            (_, Again::Serialisation) => {}
            _ => return Err(fault.error),
        }
    }
    Err(late())
}

async fn try_often<I, T, E, F>(pool: &PgPool, process: &Process, change: &Change<I, F>) -> Result<T, E>
where
    I: Send + Sync,
    T: Send,
    E: From<Error> + Send,
    F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync,
{
    let (mut refused, mut broken) = (0, 0);
    loop {
        match try_once(pool, process, change).await {
            Attempt::Done(result) => return result,
            Attempt::Again(error, Again::Connection) => {
                broken += 1;
                if broken >= BROKEN {
                    return Err(error);
                }
            }
            Attempt::Again(error, _) => {
                refused += 1;
                if refused >= ATTEMPTS {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(4) * refused).await;
            }
        }
    }
}

async fn try_once<I, T, E, F>(pool: &PgPool, process: &Process, change: &Change<I, F>) -> Attempt<T, E>
where
    I: Send + Sync,
    T: Send,
    E: From<Error> + Send,
    F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync,
{
    let mut writer = match pool.begin().await.map_err(Fault::from) {
        Ok(transaction) => Writer::new(Connection::Postgres(transaction), process.clone()),
        Err(fault) => return after(&fault, E::from(fault.error.clone())),
    };
    let result = change.run(&mut writer).await;
    let Writer { connection: Connection::Postgres(transaction), failed, .. } = writer else {
        return Attempt::Done(result);
    };
    match result {
        Ok(value) => match transaction.commit().await.map_err(Fault::from) {
            Ok(()) => Attempt::Done(Ok(value)),
            // A connection that broke during COMMIT leaves its outcome unknown: running again could do it twice.
            Err(fault) if fault.again == Again::Connection => Attempt::Done(Err(E::from(fault.error))),
            Err(fault) => after(&fault, E::from(fault.error.clone())),
        },
        Err(error) => {
            transaction.rollback().await.ok();
            match failed {
                Some(fault) => after(&fault, error),
                None => Attempt::Done(Err(error)),
            }
        }
    }
}

/// `Again` only for what another attempt may mend.
fn after<T, E>(fault: &Fault, error: E) -> Attempt<T, E> {
    match fault.again {
        Again::Never => Attempt::Done(Err(error)),
        again => Attempt::Again(error, again),
    }
}
