//! The program as a child process: started, asked how it is, weighed, ended.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::runtime::Runtime;

use crate::http::{self, Connection};
use crate::installation::Installation;

/// How long a start may take before it has failed.
const START: Duration = Duration::from_secs(30);
/// A server that uses less than this share of one core has nothing left to do.
const QUIET: f64 = 0.04;
/// How long a quiet server is looked at; longer than the pause of anything it does regularly.
const LOOK: Duration = Duration::from_millis(600);
/// Nanoseconds of a clock tick, as Linux counts for programs.
const TICK: u64 = 10_000_000;
/// The longest wait for quiet.
const PATIENCE: Duration = Duration::from_secs(20);

/// Processor time of the process, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// Of all threads.
    pub all: u64,
    /// Of the Argon2id threads.
    pub hashing: u64,
}

/// A running `vouchsafe serve`.
pub struct Server {
    child: Child,
    /// Where it answers browsers and apps.
    pub address: SocketAddr,
}

impl Server {
    /// Starts the program and waits until it is ready; answers how long that took.
    pub fn start(runtime: &Runtime, installation: &Installation) -> Result<(Self, Duration)> {
        let log = installation.folder.join("serve.log");
        let begun = Instant::now();
        let child =
            installation.program("serve").stdout(File::create(&log)?).stderr(File::create(&log)?).spawn()?;
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server = Self { child, address: at(installation.ports.0) };
        let inside = at(installation.ports.1);
        while !runtime.block_on(is_ready(inside)) {
            let ended = server.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > START {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("vouchsafe serve did not get ready: {said}");
            }
            pause(runtime, Duration::from_millis(1));
        }
        Ok((server, begun.elapsed()))
    }

    /// Processor time used so far.
    pub fn cpu(&self) -> Result<Cpu> {
        threads(self.child.id(), "argon2-")
    }

    /// Memory held now and at most so far, in bytes.
    pub fn memory(&self) -> Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let figure = |name: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("/proc/PID/status")?;
            Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
        };
        Ok((figure("VmRSS:")?, figure("VmHWM:")?))
    }

    /// Waits until what was asked is worked off (the audit trail is linked after the answer), and answers the
    /// processor time used until then.
    pub fn settled(&self, runtime: &Runtime) -> Result<Cpu> {
        let begun = Instant::now();
        let mut before = self.cpu()?;
        loop {
            pause(runtime, LOOK);
            let now = self.cpu()?;
            let share = (now.all - before.all) as f64 / LOOK.as_nanos() as f64;
            if share < QUIET || begun.elapsed() > PATIENCE {
                return Ok(now);
            }
            before = now;
        }
    }

    /// Ends the program as an operator does, and waits for its end.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !told.success() {
            bail!("kill: {told}");
        }
        let ended = self.child.wait()?;
        if !ended.success() {
            bail!("vouchsafe serve ended with {ended}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left behind when the benchmark fails; after `stop` there is nobody to end.
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Lets time pass.
pub fn pause(runtime: &Runtime, length: Duration) {
    runtime.block_on(async { tokio::time::sleep(length).await });
}

/// Processor time of a process's threads; those whose name begins so are counted apart.
pub fn threads(process: u32, apart: &str) -> Result<Cpu> {
    let mut cpu = Cpu::default();
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?.path();
        // A thread may end while it is looked at.
        let Ok(times) = std::fs::read_to_string(task.join("schedstat")) else { continue };
        let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
        let nanos: u64 = times.split(' ').next().unwrap_or_default().parse().context("schedstat")?;
        cpu.all += nanos;
        if name.starts_with(apart) {
            cpu.hashing += nanos;
        }
    }
    Ok(cpu)
}

/// Processor time of PostgreSQL in nanoseconds: of the server whose process has this id, and of its children, also of
/// those that have ended.
pub fn postgres(server: u32) -> Result<u64> {
    let mut nanos = 0;
    for entry in std::fs::read_dir("/proc")? {
        let folder = entry?.path();
        let Some(process) = folder.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok())
        else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(folder.join("stat")) else { continue };
        // After the name: state, parent, …; the 15th and 16th are the ticks of children that were waited for.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        if process == server {
            nanos += (number(13) + number(14)) * TICK;
        } else if number(1) != u64::from(server) {
            continue;
        }
        let times = std::fs::read_to_string(folder.join("schedstat")).unwrap_or_default();
        nanos += times.split(' ').next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(nanos)
}

async fn is_ready(inside: SocketAddr) -> bool {
    let asked = async {
        let mut connection = Connection::open(inside).await?;
        let mut request = Vec::new();
        http::get(&mut request, "localhost", "/readyz", "");
        Ok::<_, anyhow::Error>(connection.exchange(&request).await?.status == 200)
    };
    asked.await.unwrap_or(false)
}
