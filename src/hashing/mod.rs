//! The Argon2id threads: one worker a core, a bounded queue, memory given back when idle.
//!
//! Apart from tokio, whose blocking pool would take 19 MiB for each of 512 threads. A full queue answers
//! [`Busy`] at once instead of letting everybody wait; a caller that went away is skipped. What is computed is
//! `factors::password` and `factors::recovery`; this module knows only when and where.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::base::{Seconds, Secret};
use crate::factors::password::{self, Blocks, Params, Verified};
use crate::factors::recovery;

/// A worker's memory is given back after this time without work: with [`SETTLING`] it is gone within a minute.
pub const IDLE: Duration = Duration::from_secs(55);
/// Between giving memory back and telling the allocator so.
const SETTLING: Duration = Duration::from_secs(2);

/// No hash was computed and nothing was decided; the person may try again. Answer 503 with `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("password hashing is busy; try again in {retry_after} s")]
pub struct Busy {
    /// When the queue, as long as it was, should have been worked off; at least 1.
    pub retry_after: Seconds,
}

/// How the threads are set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Threads; one a core, at least 1.
    pub workers: usize,
    /// Jobs that may wait, beside those being computed.
    pub queue_len: usize,
    /// The cost new hashes get and old ones are measured against.
    pub params: Params,
    /// Time without work after which memory is given back.
    pub idle: Duration,
}

impl Setup {
    /// The default cost and idle time.
    pub fn new(workers: usize, queue_len: usize) -> Self {
        Self { workers, queue_len, params: Params::default(), idle: IDLE }
    }
}

/// The threads. Clones share them; they end with the last clone.
#[derive(Clone)]
pub struct Hashing {
    gate: Arc<Gate>,
}

impl Hashing {
    /// Starts `workers` threads with the default cost and idle time. Fails when the system gives no thread.
    pub fn start(workers: usize, queue_len: usize) -> std::io::Result<Self> {
        Self::start_with(Setup::new(workers, queue_len))
    }

    /// Starts the threads of `setup`.
    pub fn start_with(setup: Setup) -> std::io::Result<Self> {
        let setup = Setup { workers: setup.workers.max(1), ..setup };
        let shared = Arc::new(Shared {
            setup,
            queue: Mutex::new(Queue { jobs: VecDeque::new(), open: true }),
            ready: Condvar::new(),
            running: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            last_micros: AtomicU64::new(50_000),
        });
        let gate = Arc::new(Gate(shared.clone()));
        for number in 0..setup.workers {
            let shared = shared.clone();
            let name = format!("argon2-{number}");
            std::thread::Builder::new().name(name).spawn(move || shared.work())?;
        }
        Ok(Self { gate })
    }

    /// The cost new hashes get.
    pub fn params(&self) -> Params {
        self.gate.0.setup.params
    }

    /// Compares a password with a PHC string, and says whether the hash is weaker than the setting.
    pub async fn verify(&self, password: Secret<String>, phc: String) -> Result<Verified, Busy> {
        let (reply, answer) = oneshot::channel();
        self.run(Job::Verify { password, phc, reply }, answer).await
    }

    /// Compares a password with a hash nobody has, so that an unknown name takes as long as a known one.
    /// The answer's `ok` is false.
    pub async fn verify_nobody(&self, password: Secret<String>) -> Result<Verified, Busy> {
        self.verify(password, password::dummy(&self.params())).await
    }

    /// Hashes a password into a PHC string; `salt` is 16 fresh random bytes.
    pub async fn hash(
        &self,
        password: Secret<String>,
        salt: [u8; 16],
        params: Params,
    ) -> Result<String, Busy> {
        let (reply, answer) = oneshot::channel();
        self.run(Job::Hash { password, salt, params, reply }, answer).await
    }

    /// The hash of a recovery code that `factors::recovery::normalise` brought to its form.
    pub async fn recovery(
        &self,
        code: Secret<String>,
        salt: [u8; 16],
        params: Params,
    ) -> Result<[u8; 32], Busy> {
        let (reply, answer) = oneshot::channel();
        self.run(Job::Recovery { code, salt, params, reply }, answer).await
    }

    /// Jobs waiting or being computed now, for a gauge.
    pub fn depth(&self) -> usize {
        self.gate.0.queue().jobs.len() + self.gate.0.running.load(Ordering::Relaxed)
    }

    /// Bytes of memory the workers hold now, for a gauge.
    pub fn held_bytes(&self) -> usize {
        self.gate.0.held.load(Ordering::Relaxed)
    }

    async fn run<T>(&self, job: Job, answer: oneshot::Receiver<T>) -> Result<T, Busy> {
        self.gate.0.push(job)?;
        // A worker that had no memory, or ended, drops the reply.
        answer.await.map_err(|_| self.gate.0.busy(0))
    }
}

/// Closes the queue when the last handle goes.
struct Gate(Arc<Shared>);

impl Drop for Gate {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.open = false;
        queue.jobs.clear();
        drop(queue);
        self.0.ready.notify_all();
    }
}

enum Job {
    Verify {
        password: Secret<String>,
        phc: String,
        reply: oneshot::Sender<Verified>,
    },
    Hash {
        password: Secret<String>,
        salt: [u8; 16],
        params: Params,
        reply: oneshot::Sender<String>,
    },
    Recovery {
        code: Secret<String>,
        salt: [u8; 16],
        params: Params,
        reply: oneshot::Sender<[u8; 32]>,
    },
    /// Keeps a worker busy, or kills it.
    #[cfg(test)]
    Act(Box<dyn FnOnce() + Send>),
}

impl Job {
    /// Whether nobody waits for the answer any more.
    fn abandoned(&self) -> bool {
        match self {
            Self::Verify { reply, .. } => reply.is_closed(),
            Self::Hash { reply, .. } => reply.is_closed(),
            Self::Recovery { reply, .. } => reply.is_closed(),
            #[cfg(test)]
            Self::Act(_) => false,
        }
    }

    /// Computes and answers. Without memory the reply is dropped, which the caller reads as [`Busy`].
    fn run(self, blocks: &mut Blocks, current: &Params) {
        match self {
            Self::Verify { password, phc, reply } => {
                if let Ok(found) = password::verify(blocks, password.expose(), &phc, current) {
                    let _ = reply.send(found);
                }
            }
            Self::Hash { password, salt, params, reply } => {
                if let Ok(phc) = password::hash_into(blocks, password.expose(), &salt, &params) {
                    let _ = reply.send(phc);
                }
            }
            Self::Recovery { code, salt, params, reply } => {
                if let Ok(hash) = recovery::hash(blocks, code.expose(), &salt, &params) {
                    let _ = reply.send(hash);
                }
            }
            #[cfg(test)]
            Self::Act(act) => act(),
        }
    }
}

struct Queue {
    jobs: VecDeque<Job>,
    open: bool,
}

struct Shared {
    setup: Setup,
    queue: Mutex<Queue>,
    ready: Condvar,
    running: AtomicUsize,
    held: AtomicUsize,
    /// How long the last hash took, for `retry_after`.
    last_micros: AtomicU64,
}

/// What a worker does next.
enum Next {
    Run(Job),
    GiveBack,
    Settle,
    End,
}

/// What a worker holds while it waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holding {
    Nothing,
    /// Memory for the next hash.
    Blocks,
    /// Nothing any more, but the allocator does not know yet that nobody will ask again.
    Echo,
}

impl Shared {
    /// A panic while the lock is held cannot leave the queue half changed, so poison is ignored.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), Busy> {
        let mut queue = self.queue();
        if queue.jobs.len() >= self.setup.queue_len {
            queue.jobs.retain(|job| !job.abandoned());
        }
        let waiting = queue.jobs.len();
        if waiting >= self.setup.queue_len || !queue.open {
            return Err(self.busy(waiting));
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.ready.notify_one();
        Ok(())
    }

    fn busy(&self, waiting: usize) -> Busy {
        let rounds = u64::try_from(waiting / self.setup.workers + 1).unwrap_or(u64::MAX);
        let micros = rounds.saturating_mul(self.last_micros.load(Ordering::Relaxed));
        Busy { retry_after: Seconds::try_from(micros.div_ceil(1_000_000)).unwrap_or(60).clamp(1, 60) }
    }

    /// A worker's life.
    fn work(&self) {
        let (mut blocks, mut holding) = (Blocks::new(), Holding::Nothing);
        loop {
            let before = blocks.held();
            match self.next(holding) {
                Next::Run(job) => {
                    self.compute(job, &mut blocks);
                    holding = Holding::Blocks;
                }
                Next::GiveBack => {
                    blocks.release();
                    holding = Holding::Echo;
                }
                Next::Settle => {
                    settle();
                    holding = Holding::Nothing;
                }
                Next::End => break,
            }
            self.held.fetch_add(blocks.held(), Ordering::Relaxed);
            self.held.fetch_sub(before, Ordering::Relaxed);
        }
        self.held.fetch_sub(blocks.held(), Ordering::Relaxed);
    }

    /// Waits for work; a worker that holds memory waits no longer than the idle time.
    fn next(&self, holding: Holding) -> Next {
        let mut queue = self.queue();
        loop {
            while let Some(job) = queue.jobs.pop_front() {
                if !job.abandoned() {
                    self.running.fetch_add(1, Ordering::Relaxed);
                    return Next::Run(job);
                }
            }
            if !queue.open {
                return Next::End;
            }
            let (pause, then) = match holding {
                Holding::Nothing => {
                    queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                Holding::Blocks => (self.setup.idle, Next::GiveBack),
                Holding::Echo => (SETTLING, Next::Settle),
            };
            let (guard, waited) =
                self.ready.wait_timeout(queue, pause).unwrap_or_else(PoisonError::into_inner);
            queue = guard;
            if waited.timed_out() && queue.jobs.is_empty() {
                return then;
            }
        }
    }

    fn compute(&self, job: Job, blocks: &mut Blocks) {
        let begun = Instant::now();
        // The last line of defence: a worker that died would leave every later caller waiting.
        let done = catch_unwind(AssertUnwindSafe(|| job.run(blocks, &self.setup.params)));
        if done.is_err() {
            *blocks = Blocks::new();
        }
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.last_micros.store(micros, Ordering::Relaxed);
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The allocator returns what was freed to the system when, some time later, another large piece comes and goes.
fn settle() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(4 << 20)));
}

#[cfg(test)]
mod tests;
