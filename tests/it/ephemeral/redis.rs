//! What only Redis can do: go away and come back, evict, refuse.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use vouchsafe::base::Entropy;
use vouchsafe::ephemeral::{Ephemeral, Error, Redis, Space};

use crate::stacks::{NOW, random};

/// A Redis of the test's own; killed when dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// `None` (and a word) where there is no redis-server.
    fn start(port: u16, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port"]).arg(port.to_string()).args(arguments);
        match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(process) => Some(Self { process, port }),
            Err(error) => {
                assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "redis-server: {error}");
                println!("skipped: redis-server: {error}");
                None
            }
        }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn open(url: &str) -> Result<Redis, Error> {
    Redis::open(url, [3; 32], Entropy::system()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_dies_and_returns_is_found_again() {
    let port = free_port();
    let Some(server) = Server::start(port, &[]) else { return };
    let redis = open(&server.url()).await.unwrap();
    let id = random();
    redis.put(Space::Session, &id, b"s", 60, NOW).await.unwrap();
    drop(server);
    let begun = Instant::now();
    assert!(matches!(redis.get(Space::Session, &id, NOW).await, Err(Error::Unavailable(_))));
    assert!(matches!(redis.count(&id, 60, NOW).await, Err(Error::Unavailable(_))));
    assert!(begun.elapsed() < Duration::from_secs(10), "two calls, five seconds each at most");
    let _server = Server::start(port, &[]);
    let back = Instant::now();
    while redis.ping().await.is_err() {
        assert!(back.elapsed() < Duration::from_secs(10), "it does not come back");
    }
    // Its memory is gone, and so are the scripts: unknown, never an error.
    assert_eq!(redis.get(Space::Session, &id, NOW).await.unwrap(), None);
    assert_eq!(redis.count(&id, 60, NOW).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_away_or_silent_redis_is_told_within_five_seconds() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ports = [free_port(), silent.local_addr().unwrap().port()];
    for scheme in ["redis", "rediss", "redis-cluster", "rediss-cluster"] {
        for port in ports {
            let begun = Instant::now();
            let opened = open(&format!("{scheme}://127.0.0.1:{port}")).await;
            assert!(matches!(opened, Err(Error::Unavailable(_))), "{scheme}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{scheme}");
        }
    }
    assert!(matches!(open("http://x").await, Err(Error::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_evicts_is_refused() {
    for forbidden in [false, true] {
        for (policy, taken) in [("allkeys-lru", false), ("volatile-ttl", false), ("noeviction", true)] {
            let mut arguments = vec!["--maxmemory-policy", policy];
            if forbidden {
                arguments.extend(["--rename-command", "CONFIG", ""]);
            }
            let Some(server) = Server::start(free_port(), &arguments) else { return };
            match open(&server.url()).await {
                Ok(_) => assert!(taken, "{policy} was taken"),
                Err(error) => {
                    assert!(!taken && error.to_string().contains(policy), "{policy}: {error}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_and_takes() {
    let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
    let bus = free_port().to_string();
    let here = directory.path().display().to_string();
    let arguments = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--dir", &here];
    let Some(_server) = Server::start(port, &arguments) else { return };
    let joined = || {
        let mut join = Command::new("redis-cli");
        join.args(["-p", &port.to_string(), "CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        join.output().is_ok_and(|output| output.stdout.starts_with(b"OK"))
    };
    let begun = Instant::now();
    while !joined() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the cluster does not form");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let redis = loop {
        match open(&format!("redis-cluster://127.0.0.1:{port}")).await {
            Ok(redis) => break redis,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{error}"),
        }
    };
    // A new cluster takes no writes for its first seconds.
    while let Err(error) = redis.put(Space::Session, &random(), b"s", 60, NOW).await {
        assert!(begun.elapsed() < Duration::from_secs(20), "{error}");
    }
    for i in 0..20u8 {
        let id = random();
        redis.put_once(Space::Code, &id, &[i], b"n", 60, NOW).await.unwrap();
        assert_eq!(
            redis.take(Space::Code, &id, 60, NOW).await.unwrap(),
            vouchsafe::ephemeral::Taken::Fresh(vec![i])
        );
        assert_eq!(redis.count(&id, 60, NOW).await.unwrap(), 1);
    }
}
