//! The closed loop: some connections, each asking again as soon as it was answered.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, LocalSet};

use crate::http::{Answer, Connection};

/// What is asked on each connection, and what is made of the answers.
pub trait Lanes {
    /// How many requests of a connection count as one, with the sum of their times.
    const STEPS: usize = 1;
    /// Writes the next request of a connection; `false` when it has nothing more to ask.
    fn ask(&mut self, lane: usize, request: &mut Vec<u8>) -> Result<bool>;
    /// Looks at the answer.
    fn heard(&mut self, lane: usize, answer: &Answer<'_>) -> Result<()>;
}

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Of each answer, in microseconds.
    pub latencies: Vec<u32>,
}

impl Run {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds.max(1e-9)
    }
}

/// Runs the lanes until they have nothing to ask or the time is over.
pub fn run<L: Lanes + 'static>(
    runtime: &Runtime,
    address: SocketAddr,
    count: usize,
    length: Duration,
    lanes: &Rc<RefCell<L>>,
) -> Result<Run> {
    let local = LocalSet::new();
    let all = local.run_until(async {
        let mut open = Vec::new();
        for _ in 0..count {
            open.push(Connection::open(address).await?);
        }
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for (lane, connection) in open.into_iter().enumerate() {
            let until = begun + length;
            tasks.spawn_local(one(lane, connection, until, lanes.clone()));
        }
        let mut run = Run::default();
        while let Some(done) = tasks.join_next().await {
            run.latencies.append(&mut done??);
        }
        run.seconds = begun.elapsed().as_secs_f64();
        Ok(run)
    });
    runtime.block_on(all)
}

async fn one<L: Lanes>(
    lane: usize,
    mut connection: Connection,
    until: Instant,
    lanes: Rc<RefCell<L>>,
) -> Result<Vec<u32>> {
    let (mut request, mut latencies) = (Vec::with_capacity(2_048), Vec::with_capacity(8_192));
    while Instant::now() < until {
        let mut took = Duration::ZERO;
        for _ in 0..L::STEPS {
            request.clear();
            if !lanes.borrow_mut().ask(lane, &mut request)? {
                return Ok(latencies);
            }
            let asked = Instant::now();
            let answer = connection.exchange(&request).await?;
            took += asked.elapsed();
            lanes.borrow_mut().heard(lane, &answer)?;
        }
        latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }
    Ok(latencies)
}
