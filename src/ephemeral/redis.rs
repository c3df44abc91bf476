//! The ephemeral store on Redis, alone or in a cluster: one key an operation, Lua where it takes two steps.
//!
//! A Redis that evicts keys would forget replay marks while they count, so such a one is refused at start-up.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::io::tcp::TcpSettings;
use redis::{
    Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, ProtocolVersion, RedisError, ServerErrorKind, Value,
};

use super::embedded::{epoch_id, in_use};
use super::envelope::{Envelope, Part};
use super::scripts::{self, Record, Script, digits, record};
use super::{Answer, Ephemeral, Epoch, Error, Space, Taken, Versioned};
use crate::base::{Digest, Entropy, Seconds, Timestamp};

const CONNECT: Duration = Duration::from_millis(1_500);
const RESPOND: Duration = Duration::from_secs(2);
/// Everything an operation may take, waiting for a reconnection included.
const DEADLINE: Duration = Duration::from_millis(3_500);
/// Milliseconds Redis accepts as a life without overflow (three thousand years).
const LONGEST: i64 = 100_000_000_000_000;

/// How long what was heard of the epoch is told again, in seconds.
const HEARD: Seconds = 1;

/// Keeps values in Redis.
pub struct Redis {
    link: Link,
    envelope: Envelope,
    /// When the epoch was read last, and what it was.
    heard: Mutex<Option<(Timestamp, Epoch)>>,
    put_new: Script,
    swap: Script,
    touch: Script,
    take: Script,
    count: Script,
    uncount: Script,
}

enum Link {
    One(Box<One>),
    Many(ClusterConnection),
}

/// One server, whose connection is given up when an answer does not come: whoever fell silent without a goodbye
/// (a failover, a rule of a firewall) is not waited for again and again.
struct One {
    client: redis::Client,
    config: ConnectionManagerConfig,
    /// Counts the connections given up.
    current: Mutex<(u64, ConnectionManager)>,
}

impl One {
    async fn open(client: redis::Client, config: ConnectionManagerConfig) -> Result<Self, RedisError> {
        let manager = ConnectionManager::new_with_config(client.clone(), config.clone()).await?;
        Ok(Self { client, config, current: Mutex::new((0, manager)) })
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let (number, mut manager) = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = command.query_async(&mut manager).await;
        if matches!(&answer, Err(error) if error.is_timeout()) {
            self.give_up(number);
        }
        answer
    }

    /// Connects anew at the next call, unless another call saw to that.
    fn give_up(&self, number: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 == number
            && let Ok(fresh) =
                ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone())
        {
            *current = (number + 1, fresh);
        }
    }
}

impl Redis {
    /// Connects to `redis://`, `rediss://`, `redis-cluster://h1,h2` or `rediss-cluster://h1,h2`. `Unavailable`
    /// within five seconds when it is away; `Corrupt` when its `maxmemory-policy` is not `noeviction`.
    pub async fn open(url: &str, key: [u8; 32], entropy: Entropy) -> Result<Self, Error> {
        let link = match tokio::time::timeout(DEADLINE, connect(url)).await {
            Ok(link) => link?,
            Err(_) => return Err(Error::Unavailable("no connection in time".to_owned())),
        };
        let this = Self {
            link,
            envelope: Envelope::new(key, entropy),
            heard: Mutex::new(None),
            put_new: Script::new(scripts::PUT_NEW),
            swap: Script::new(scripts::SWAP),
            touch: Script::new(scripts::TOUCH),
            take: Script::new(scripts::TAKE),
            count: Script::new(scripts::COUNT),
            uncount: Script::new(scripts::UNCOUNT),
        };
        this.refuse_eviction().await?;
        Ok(this)
    }

    /// Every node's policy, by CONFIG or, where that is forbidden, by INFO.
    async fn refuse_eviction(&self) -> Result<(), Error> {
        let mut config = redis::cmd("CONFIG");
        config.arg("GET").arg("maxmemory-policy");
        let mut info = redis::cmd("INFO");
        info.arg("memory");
        for question in [config, info] {
            let policies = match self.everywhere(question).await {
                Ok(answer) => policies(&answer),
                Err(Error::Unavailable(why)) => return Err(Error::Unavailable(why)),
                Err(Error::Corrupt(_)) => Vec::new(),
            };
            if let Some(bad) = policies.iter().find(|policy| *policy != "noeviction") {
                return Err(Error::Corrupt(format!(
                    "Redis has maxmemory-policy {bad}: it would forget replay marks and sessions while they \
                     count. Set `maxmemory-policy noeviction` and start again"
                )));
            }
            if !policies.is_empty() {
                return Ok(());
            }
        }
        tracing::warn!("Redis does not tell its maxmemory-policy; make sure that it is noeviction");
        Ok(())
    }

    async fn everywhere(&self, question: Cmd) -> Result<Value, Error> {
        let answer = async {
            match &self.link {
                Link::One(one) => one.query(&question).await,
                Link::Many(connection) => {
                    let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                    connection.clone().route_command(question, all).await
                }
            }
        };
        in_time(answer).await
    }

    async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        in_time(self.send(command)).await
    }

    async fn send<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        match &self.link {
            Link::One(one) => one.query(command).await,
            Link::Many(connection) => command.query_async(&mut connection.clone()).await,
        }
    }

    /// Runs a script by its name, and by its text where the node does not know it yet.
    async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        args: &[&[u8]],
    ) -> Result<T, Error> {
        let call = |verb: &str, body: &str| {
            let mut command = redis::cmd(verb);
            command.arg(body).arg(1).arg(key);
            for arg in args {
                command.arg(*arg);
            }
            command
        };
        let known = call("EVALSHA", &script.sha1);
        let both = async {
            match self.send(&known).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    self.send(&call("EVAL", script.text)).await
                }
                other => other,
            }
        };
        in_time(both).await
    }

    async fn read(&self, space: Space, id: &Digest) -> Result<Option<Vec<u8>>, Error> {
        self.run(redis::cmd("GET").arg(key(space, id))).await
    }

    async fn put_new(
        &self,
        space: Space,
        id: &Digest,
        record: &[u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (now, life) = (digits(now.micros()), life(ttl));
        let args: [&[u8]; 3] = [now.as_bytes(), record, life.as_bytes()];
        self.script::<i64>(&self.put_new, &key(space, id), &args).await.map(|done| done == 1)
    }

    fn sealed(
        &self,
        space: Space,
        id: &Digest,
        value: &[u8],
        note: &[u8],
        end: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let value = self.envelope.seal(space, id, Part::Value, value)?;
        let note = self.envelope.seal(space, id, Part::Note, note)?;
        Ok(record(self.envelope.version().unsigned_abs(), end, &note, &value))
    }

    async fn read_epoch(&self, now: Timestamp) -> Result<Option<Epoch>, Error> {
        let kept = self.get(Space::Epoch, &epoch_id(), now).await?;
        let epoch = kept.and_then(|kept| serde_json::from_slice(&kept.value).ok());
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = epoch.map(|epoch| (now, epoch));
        Ok(epoch)
    }
}

impl Ephemeral for Redis {
    fn put<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        value: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let record = self.sealed(space, id, value, b"", now.plus(ttl))?;
            self.run(redis::cmd("SET").arg(key(space, id)).arg(record).arg("PX").arg(life(ttl))).await
        })
    }

    fn put_once<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        value: &'a [u8],
        note: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let record = self.sealed(space, id, value, note, now.plus(ttl))?;
            match self.put_new(space, id, &record, ttl, now).await? {
                true => Ok(()),
                false => Err(in_use(space)),
            }
        })
    }

    fn get<'a>(&'a self, space: Space, id: &'a Digest, now: Timestamp) -> Answer<'a, Option<Versioned>> {
        Box::pin(async move {
            let bytes = self.read(space, id).await?;
            let live =
                bytes.as_deref().and_then(Record::parse).filter(|r| !r.is_spent() && r.expires_at > now);
            Ok(live.and_then(|record| {
                let version = u64::from_str_radix(record.version, 16).ok()?;
                let value = self.envelope.open(space, id, Part::Value, record.value)?;
                Some(Versioned { version, value })
            }))
        })
    }

    fn swap<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        version: u64,
        value: &'a [u8],
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, Option<u64>> {
        Box::pin(async move {
            if version == 0 {
                return Ok(None);
            }
            let next = self.envelope.version().unsigned_abs();
            let (old, new) = (format!("{version:016x}"), format!("{next:016x}"));
            let (end, now) = (digits(now.plus(ttl).micros()), digits(now.micros()));
            let sealed = self.envelope.seal(space, id, Part::Value, value)?;
            let life = life(ttl);
            let texts = [&now, &old, &new, &end, &life].map(|text| text.as_bytes());
            let [now, old, new, end, life] = texts;
            let args = [now, old, new, end, life, sealed.as_slice()];
            let swapped = self.script::<i64>(&self.swap, &key(space, id), &args).await?;
            Ok((swapped == 1).then_some(next))
        })
    }

    fn touch<'a>(&'a self, space: Space, id: &'a Digest, ttl: Seconds, now: Timestamp) -> Answer<'a, bool> {
        Box::pin(async move {
            let (end, now, life) = (digits(now.plus(ttl).micros()), digits(now.micros()), life(ttl));
            let args = [now.as_bytes(), end.as_bytes(), life.as_bytes()];
            self.script::<i64>(&self.touch, &key(space, id), &args).await.map(|done| done == 1)
        })
    }

    fn remove<'a>(&'a self, space: Space, id: &'a Digest, now: Timestamp) -> Answer<'a, bool> {
        Box::pin(async move {
            let bytes: Option<Vec<u8>> = self.run(redis::cmd("GETDEL").arg(key(space, id))).await?;
            let record = bytes.as_deref().and_then(Record::parse);
            Ok(record.is_some_and(|record| !record.is_spent() && record.expires_at > now))
        })
    }

    fn take<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        tombstone: Seconds,
        now: Timestamp,
    ) -> Answer<'a, Taken> {
        Box::pin(async move {
            let stays = tombstone.clamp(0, LONGEST / 1_000).saturating_mul(1_000_000).to_string();
            let now = digits(now.micros());
            let args = [now.as_bytes(), stays.as_bytes()];
            let bytes: Option<Vec<u8>> = self.script(&self.take, &key(space, id), &args).await?;
            let Some(record) = bytes.as_deref().and_then(Record::parse) else { return Ok(Taken::Unknown) };
            let open = |part, sealed| self.envelope.open(space, id, part, sealed);
            Ok(match record.is_spent() {
                false => open(Part::Value, record.value).map_or(Taken::Unknown, Taken::Fresh),
                true => open(Part::Note, record.note).map_or(Taken::Unknown, Taken::Replayed),
            })
        })
    }

    fn mark<'a>(&'a self, space: Space, id: &'a Digest, ttl: Seconds, now: Timestamp) -> Answer<'a, bool> {
        Box::pin(async move { self.put_new(space, id, &record(1, now.plus(ttl), b"", b""), ttl, now).await })
    }

    fn spend<'a>(
        &'a self,
        space: Space,
        id: &'a Digest,
        ttl: Seconds,
        now: Timestamp,
    ) -> Answer<'a, (bool, Epoch)> {
        Box::pin(async move {
            // Both are sent at once, the mark first; where it must be sent again, or to another node, the epoch may be
            // read a moment before it, as when one is asked for after the other.
            let (fresh, epoch) = tokio::join!(self.mark(space, id, ttl, now), self.read_epoch(now));
            let fresh = fresh?;
            match epoch {
                Ok(Some(epoch)) => Ok((fresh, epoch)),
                _ => Ok((fresh, self.epoch(now).await?)),
            }
        })
    }

    fn count<'a>(&'a self, id: &'a Digest, window: Seconds, now: Timestamp) -> Answer<'a, u64> {
        Box::pin(async move {
            let (end, now, life) = (digits(now.plus(window).micros()), digits(now.micros()), life(window));
            let args = [now.as_bytes(), end.as_bytes(), life.as_bytes()];
            self.script(&self.count, &key(Space::Counter, id), &args).await
        })
    }

    fn uncount<'a>(&'a self, id: &'a Digest, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(async move {
            let now = digits(now.micros());
            let _: u64 = self.script(&self.uncount, &key(Space::Counter, id), &[now.as_bytes()]).await?;
            Ok(())
        })
    }

    fn counted<'a>(&'a self, id: &'a Digest, now: Timestamp) -> Answer<'a, u64> {
        Box::pin(async move {
            let bytes = self.read(Space::Counter, id).await?;
            let live = bytes.as_deref().and_then(Record::parse).filter(|record| record.expires_at > now);
            Ok(live.and_then(|record| record.version.parse().ok()).unwrap_or(0))
        })
    }

    fn epoch(&self, now: Timestamp) -> Answer<'_, Epoch> {
        Box::pin(async move {
            if let Some(epoch) = self.read_epoch(now).await? {
                return Ok(epoch);
            }
            let epoch = Epoch { id: self.envelope.random_id(), since: now };
            let value = serde_json::to_vec(&epoch).map_err(|e| Error::Corrupt(e.to_string()))?;
            let id = epoch_id();
            let record = self.sealed(Space::Epoch, &id, &value, b"", now.plus(LONGEST / 1_000))?;
            if self.put_new(Space::Epoch, &id, &record, LONGEST / 1_000, now).await? {
                return Ok(epoch);
            }
            // Somebody was faster; or what is there does not open, and then a new life begins for everybody.
            if let Some(epoch) = self.read_epoch(now).await? {
                return Ok(epoch);
            }
            self.put(Space::Epoch, &id, &value, LONGEST / 1_000, now).await.map(|()| epoch)
        })
    }

    fn last_epoch(&self, now: Timestamp) -> Answer<'_, Epoch> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match heard.filter(|(at, _)| now.since(*at).abs() < HEARD) {
            Some((_, epoch)) => Box::pin(async move { Ok(epoch) }),
            None => self.epoch(now),
        }
    }

    fn ping(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.run::<Value>(&redis::cmd("PING")).await.map(|_| ()) })
    }

    fn sweep(&self, _now: Timestamp) -> Answer<'_, u64> {
        // Redis forgets by itself.
        Box::pin(async { Ok(0) })
    }
}

async fn connect(url: &str) -> Result<Link, Error> {
    let unreadable = |_| Error::Corrupt("the sessions URL cannot be read as a Redis URL".to_owned());
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(Duration::from_secs(5));
    if let Some((scheme, hosts)) = url.split_once("-cluster://") {
        let client = ClusterClient::builder(nodes(scheme, hosts))
            .connection_timeout(CONNECT)
            .response_timeout(RESPOND)
            .retries(3)
            .use_protocol(ProtocolVersion::RESP3)
            .tcp_settings(tcp)
            .build()
            .map_err(unreadable)?;
        return client.get_async_connection().await.map(Link::Many).map_err(ours);
    }
    let info = url.into_connection_info().map_err(unreadable)?;
    // RESP3 tells of a lost connection at once, so that it is back before the next call.
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let client =
        redis::Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp)).map_err(unreadable)?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(RESPOND))
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(500))
        .set_number_of_retries(usize::MAX);
    One::open(client, config).await.map(|one| Link::One(Box::new(one))).map_err(ours)
}

/// `[user:password@]h1[:port],h2[:port]` as one URL a node.
fn nodes(scheme: &str, hosts: &str) -> Vec<String> {
    let (user, hosts) = match hosts.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), hosts),
    };
    let hosts = hosts.trim_end_matches('/').split(',').filter(|host| !host.is_empty());
    hosts.map(|host| format!("{scheme}://{user}{host}")).collect()
}

fn key(space: Space, id: &Digest) -> String {
    format!("vs:{space}:{}", id.to_base64url())
}

/// Milliseconds for PX.
fn life(ttl: Seconds) -> String {
    ttl.saturating_mul(1_000).clamp(1, LONGEST).to_string()
}

async fn in_time<T>(answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, Error> {
    match tokio::time::timeout(DEADLINE, answer).await {
        Ok(answer) => answer.map_err(ours),
        Err(_) => Err(Error::Unavailable("no answer in time".to_owned())),
    }
}

fn ours(error: RedisError) -> Error {
    match error.kind() {
        ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::InvalidClientConfig
        // A refusal of the command itself: unknown, forbidden, of another type.
        | ErrorKind::Extension
        | ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::NoPerm) => {
            Error::Corrupt(error.to_string())
        }
        _ => Error::Unavailable(error.to_string()),
    }
}

/// Every eviction policy named anywhere in an answer, whatever its shape.
fn policies(answer: &Value) -> Vec<String> {
    let of_text = |text: &str| {
        let words = text.split(|c: char| c.is_whitespace() || c == ':');
        let policy = |word: &&str| {
            *word == "noeviction" || word.starts_with("allkeys-") || word.starts_with("volatile-")
        };
        words.filter(policy).map(str::to_owned).collect()
    };
    match answer {
        Value::BulkString(bytes) => of_text(&String::from_utf8_lossy(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => of_text(text),
        Value::Array(values) | Value::Set(values) => values.iter().flat_map(policies).collect(),
        Value::Map(pairs) => {
            pairs.iter().flat_map(|(key, value)| [policies(key), policies(value)]).flatten().collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_url_names_its_nodes() {
        assert_eq!(nodes("redis", "a,b:7000/"), ["redis://a", "redis://b:7000"]);
        assert_eq!(nodes("rediss", "u:p@a,b"), ["rediss://u:p@a", "rediss://u:p@b"]);
    }

    #[test]
    fn policies_are_found_in_any_answer() {
        let text = |text: &str| Value::BulkString(text.into());
        let config = Value::Map(vec![(text("maxmemory-policy"), text("allkeys-lru"))]);
        assert_eq!(policies(&config), ["allkeys-lru"]);
        let info = text("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n");
        assert_eq!(policies(&Value::Array(vec![info])), ["noeviction"]);
        assert!(policies(&Value::Nil).is_empty());
    }
}
