//! What only Redis can do: go away and come back, evict, refuse.

use std::time::{Duration, Instant};

use vouchsafe::base::Entropy;
use vouchsafe::ephemeral::{Ephemeral, Error, Redis, Space};

use crate::servers::{OwnRedis, soon};
use crate::stacks::{NOW, random};

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn open(url: &str) -> Result<Redis, Error> {
    Redis::open(url, [3; 32], Entropy::system()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_dies_and_returns_is_found_again() {
    let Some(mut server) = OwnRedis::start(&[]).await else { return };
    let redis = open(&server.url()).await.unwrap();
    let id = random();
    redis.put(Space::Session, &id, b"s", 60, NOW).await.unwrap();
    server.dies();
    let begun = Instant::now();
    assert!(matches!(redis.get(Space::Session, &id, NOW).await, Err(Error::Unavailable(_))));
    assert!(matches!(redis.count(&id, 60, NOW).await, Err(Error::Unavailable(_))));
    assert!(begun.elapsed() < Duration::from_secs(10), "two calls, five seconds each at most");
    server.starts().await;
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
            let Some(server) = OwnRedis::start(&arguments).await else { return };
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
    let directory = tempfile::tempdir().unwrap();
    let bus = free_port().to_string();
    let here = directory.path().display().to_string();
    let arguments = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--dir", &here];
    let Some(server) = OwnRedis::start(&arguments).await else { return };
    soon("the cluster", async || server.told("CLUSTER ADDSLOTSRANGE 0 16383").starts_with("OK")).await;
    let begun = Instant::now();
    let redis = loop {
        match open(&server.url().replace("redis:", "redis-cluster:")).await {
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
