//! SQLite: one writer task that commits many changes at once, and a pool of readers.
//!
//! What waits is run as one batch: each closure in its own SAVEPOINT inside one BEGIN IMMEDIATE, then one COMMIT,
//! so that a hundred changes cost one fsync. Every caller is answered after the COMMIT of its change.

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{ConnectOptions, Connection as _};
use tokio::sync::{mpsc, oneshot};

use super::engine::{Change, Connection, Process, Writer};
use super::error::Fault;
use super::{BoxFuture, Error};

/// As many changes as one COMMIT carries; bounds how long the first of them waits.
const BATCH: usize = 128;
/// As many changes as may wait; further callers wait to be let in.
const QUEUE: usize = 1024;

pub(super) struct SqliteEngine {
    readers: SqlitePool,
    queue: mpsc::Sender<Message>,
    process: Process,
}

enum Message {
    Change(Box<dyn Job>),
    Stop(oneshot::Sender<()>),
}

/// A change without its types.
trait Job: Send {
    /// Runs it; `false` when it must be rolled back.
    fn run<'a>(&'a mut self, writer: &'a mut Writer) -> BoxFuture<'a, bool>;
    /// Tells the caller, if it still listens: what the change said, or why it was not committed.
    fn answer(self: Box<Self>, fate: Result<(), Error>);
}

struct Waiting<I, T, E, F> {
    change: Change<I, F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<I, T, E, F> Job for Waiting<I, T, E, F>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
{
    fn run<'a>(&'a mut self, writer: &'a mut Writer) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let result = self.change.run(writer).await;
            let keep = result.is_ok();
            self.result = Some(result);
            keep
        })
    }

    fn answer(self: Box<Self>, fate: Result<(), Error>) {
        let result = match (fate, self.result) {
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(E::from(error)),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(E::from(Error::Unavailable("the change did not run".to_owned()))),
        };
        // The caller may have gone away; its change stands or falls regardless.
        self.reply.send(result).ok();
    }
}

impl SqliteEngine {
    pub(super) fn start(
        readers: SqlitePool,
        connection: sqlx::SqliteConnection,
        options: SqliteConnectOptions,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let process = Process::default();
        let writer = Some(Writer::new(Connection::Sqlite(connection), process.clone()));
        tokio::spawn(Task { options, writer, process: process.clone(), held: None }.serve(waiting));
        Self { readers, queue, process }
    }

    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    pub(super) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    pub(super) async fn write<I, T, E, F>(&self, change: Change<I, F>) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'a> Fn(&'a mut Writer, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Waiting { change, result: None, reply });
        let gone = || E::from(Error::Unavailable("the store is closed".to_owned()));
        self.queue.send(Message::Change(job)).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Commits what waits, then closes every connection.
    pub(super) async fn close(&self) {
        let (done, stopped) = oneshot::channel();
        if self.queue.send(Message::Stop(done)).await.is_ok() {
            stopped.await.ok();
        }
        self.readers.close().await;
    }
}

struct Task {
    options: SqliteConnectOptions,
    /// None after a COMMIT or ROLLBACK failed: the next batch opens another.
    writer: Option<Writer>,
    process: Process,
    /// Why the last batch could not begin: another program held the file for as long as anybody may wait.
    held: Option<Error>,
}

impl Task {
    async fn serve(mut self, mut waiting: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BATCH);
        let mut stops = Vec::new();
        while waiting.recv_many(&mut messages, BATCH).await > 0 {
            let mut jobs = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Change(job) => jobs.push(job),
                    // Nobody else gets in; what is in the queue is still done.
                    Message::Stop(done) => {
                        waiting.close();
                        stops.push(done);
                    }
                }
            }
            self.batch(jobs).await;
            if let Some(error) = self.held.take() {
                turn_away(&mut waiting, &mut stops, &error);
            }
        }
        if let Some(Writer { connection: Connection::Sqlite(connection), .. }) = self.writer.take() {
            connection.close().await.ok();
        }
        for done in stops {
            done.send(()).ok();
        }
    }

    async fn batch(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        if jobs.is_empty() {
            return;
        }
        let fate = self.commit(&mut jobs).await.map_err(|fault| fault.error);
        for job in jobs {
            job.answer(fate.clone());
        }
    }

    async fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::new(Connection::Sqlite(self.options.connect().await?), self.process.clone()),
        };
        if let Err(fault) = writer.script("BEGIN IMMEDIATE").await {
            // Another process holds the file; this connection is as good as before.
            self.writer = Some(writer);
            self.held = Some(fault.error.clone());
            return Err(fault);
        }
        let done = run_all(&mut writer, jobs).await;
        let ended = match &done {
            Ok(true) => writer.script("COMMIT").await,
            Ok(false) | Err(_) => writer.script("ROLLBACK").await,
        };
        if ended.is_ok() {
            self.writer = Some(writer);
        }
        match done {
            Ok(true) => ended,
            Ok(false) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// Answers whoever came while the batch before them waited for the file: they would wait as long again.
fn turn_away(waiting: &mut mpsc::Receiver<Message>, stops: &mut Vec<oneshot::Sender<()>>, error: &Error) {
    while let Ok(message) = waiting.try_recv() {
        match message {
            Message::Change(job) => job.answer(Err(error.clone())),
            Message::Stop(done) => {
                waiting.close();
                stops.push(done);
            }
        }
    }
}

/// Runs each job in a savepoint of its own; answers whether there is anything to commit. An error means that the
/// whole transaction is lost (SQLite rolls it back by itself when the disk is full).
async fn run_all(writer: &mut Writer, jobs: &mut [Box<dyn Job>]) -> Result<bool, Fault> {
    if let [job] = jobs {
        return Ok(job.run(writer).await);
    }
    let mut anything = false;
    let mut next = "SAVEPOINT change";
    for job in jobs {
        // One call ends the last savepoint and begins the next: each is a hop to SQLite's thread.
        writer.script(next).await?;
        if job.run(writer).await {
            anything = true;
            next = "RELEASE change; SAVEPOINT change";
        } else {
            next = "ROLLBACK TO change";
        }
    }
    if next == "ROLLBACK TO change" {
        writer.script(next).await?;
    }
    Ok(anything)
}
