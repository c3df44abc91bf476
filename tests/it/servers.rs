//! What can be taken away in a test: a TCP proxy before a store, a Redis of one's own, the program as a process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests stop at the first surprise"
)]

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::actors::{Answer, Http};
use crate::installation::{Installation, lasting_port};

/// How long anything that comes back by itself may take.
pub const SOON: Duration = Duration::from_secs(30);

/// Asks again and again until the answer is yes.
pub async fn soon(what: &str, mut asks: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !asks().await {
        assert!(begun.elapsed() < SOON, "{what}: not within {SOON:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Insists that something is answered within the five seconds every request has.
pub async fn in_five_seconds<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(5), work).await;
    done.unwrap_or_else(|_| panic!("{what}: no answer within five seconds"))
}

// ---- a proxy

/// What a proxy does to its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Passes everything on.
    Fair,
    /// Takes connections and bytes and passes nothing on, as a network that drops packets.
    Silent,
    /// Ends every connection and takes no other.
    Refusing,
}

#[derive(Clone, Copy)]
struct Sky {
    weather: Weather,
    /// Connections with a smaller number are never served again.
    oldest: u64,
    /// Silence falls when one connection has sent all of these, one after the other.
    trap: &'static [&'static str],
}

/// A TCP proxy on a port of its own.
pub struct Proxy {
    address: SocketAddr,
    sky: watch::Sender<Sky>,
}

impl Proxy {
    /// Passes connections on to `to` (`host:port`).
    pub async fn to(to: &str) -> Self {
        let listener = lasting_port();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let (sky, seen) = watch::channel(Sky { weather: Weather::Fair, oldest: 0, trap: &[] });
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(accepts(listener, address, to.to_owned(), (sky.clone(), seen)));
        Self { address, sky }
    }

    /// A URL with this proxy in place of its host.
    pub fn before(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.to_string()
    }

    /// Changes the weather; what was held back is passed on when it is fair again.
    pub fn turns(&self, weather: Weather) {
        self.sky.send_modify(|sky| sky.weather = weather);
    }

    /// Fair again for new connections; the old ones stay silent for good, as after a failover.
    pub fn fair_for_new_connections(&self) {
        self.sky.send_modify(|sky| *sky = Sky { weather: Weather::Fair, oldest: u64::MAX, trap: &[] });
    }

    /// Silence falls as soon as one connection has sent all of these words, one after the other: what was sent
    /// arrives, and nobody hears of it.
    pub fn falls_silent_after(&self, words: &'static [&'static str]) {
        self.sky.send_modify(|sky| sky.trap = words);
    }
}

/// `host:port` of a URL.
pub fn host_of(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}

type Skies = (watch::Sender<Sky>, watch::Receiver<Sky>);

async fn accepts(listener: TcpListener, address: SocketAddr, to: String, (change, mut sky): Skies) {
    let mut listener = Some(listener);
    let mut number = 0;
    loop {
        let now = *sky.borrow_and_update();
        if now.oldest == u64::MAX {
            number = number.max(1 << 32);
        }
        let refusing = now.weather == Weather::Refusing;
        if refusing {
            listener = None;
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await.unwrap());
        }
        let Some(open) = &listener else {
            if sky.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            changed = sky.changed() => if changed.is_err() { return },
            taken = open.accept() => {
                let Ok((stream, _)) = taken else { continue };
                number += 1;
                tokio::spawn(serves(stream, to.clone(), number, (change.clone(), sky.clone())));
            }
        }
    }
}

async fn serves(stream: TcpStream, to: String, number: u64, (change, mut sky): Skies) {
    if !is_fair(number, &mut sky).await {
        return;
    }
    let Ok(beyond) = TcpStream::connect(&to).await else { return };
    stream.set_nodelay(true).ok();
    beyond.set_nodelay(true).ok();
    let (ours, ourw) = stream.into_split();
    let (theirs, theirw) = beyond.into_split();
    let (back, forth) = (sky.clone(), sky.clone());
    tokio::select! {
        () = pumps(ours, theirw, number, (Some(change), forth)) => {}
        () = pumps(theirs, ourw, number, (None, back)) => {}
        () = ends(&mut sky) => {}
    }
}

async fn pumps(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    number: u64,
    (change, mut sky): (Option<watch::Sender<Sky>>, watch::Receiver<Sky>),
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut heard = 0;
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if !is_fair(number, &mut sky).await {
            return;
        }
        let trap = sky.borrow().trap;
        let says = |word: &&str| buffer[..read].windows(word.len()).any(|bytes| bytes == word.as_bytes());
        if let (Some(change), Some(word)) = (&change, trap.get(heard)) {
            heard += usize::from(says(word));
            if heard == trap.len() {
                // Before the bytes go on, so that no answer slips through.
                change.send_modify(|sky| *sky = Sky { weather: Weather::Silent, trap: &[], ..*sky });
            }
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Waits for fair weather; `false` when the connection is to end.
async fn is_fair(number: u64, sky: &mut watch::Receiver<Sky>) -> bool {
    loop {
        let now = *sky.borrow_and_update();
        let abandoned = now.oldest == u64::MAX && number < 1 << 32;
        match now.weather {
            Weather::Refusing => return false,
            Weather::Fair if !abandoned => return true,
            Weather::Fair | Weather::Silent => {}
        }
        if sky.changed().await.is_err() {
            return false;
        }
    }
}

async fn ends(sky: &mut watch::Receiver<Sky>) {
    sky.wait_for(|now| now.weather == Weather::Refusing).await.ok();
}

// ---- Redis

/// A Redis of the test's own, on a port it keeps; killed when dropped.
pub struct OwnRedis {
    port: u16,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl OwnRedis {
    /// Starts one; `None` (and a word) where there is no redis-server.
    pub async fn start(arguments: &[&str]) -> Option<Self> {
        let port = lasting_port().local_addr().unwrap().port();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut redis = Self { port, arguments, process: None };
        redis.starts().await.then_some(redis)
    }

    /// Starts it (again), empty.
    pub async fn starts(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--port"]).arg(self.port.to_string());
        command.args(&self.arguments).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(process) => self.process = Some(process),
            Err(error) => {
                assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "redis-server: {error}");
                println!("skipped: redis-server: {error}");
                return false;
            }
        }
        soon("redis-server", async || self.told("PING").contains("PONG")).await;
        true
    }

    /// Kills it; what it held is gone.
    pub fn dies(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
    }

    /// Gives it a command it must agree to.
    pub fn agrees(&self, words: &str) {
        let said = self.told(words);
        assert!(said.contains("OK"), "{words}: {said}");
    }

    /// Gives it a command as `redis-cli` reads one.
    pub fn told(&self, words: &str) -> String {
        self.tells(&words.split(' ').collect::<Vec<_>>())
    }

    /// Gives it a command of these words.
    pub fn tells(&self, words: &[&str]) -> String {
        let mut client = Command::new("redis-cli");
        let output = client.args(["-p", &self.port.to_string()]).args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Keeps a copy of everything, as a replica that lags behind has it.
    pub fn is_copied(&self) {
        let copies = "for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', 1) end return 'OK'";
        let said = self.tells(&["EVAL", copies, "0"]);
        assert!(said.contains("OK"), "{said}");
    }

    /// Takes the copy for everything, as after a failover to that replica.
    pub fn is_as_copied(&self) {
        self.agrees("FLUSHDB");
        self.agrees("SWAPDB 0 1");
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.dies();
    }
}

// ---- the program as a process

/// `vouchsafe serve` on an installation; killed when dropped.
pub struct Process {
    child: Child,
    /// Its internal listener.
    pub inside: Http,
    log: std::path::PathBuf,
}

/// A command of the program with the installation's settings.
pub fn command(place: &Installation, words: &str, more: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VOUCHSAFE__") {
            command.env_remove(name);
        }
    }
    command.args(words.split(' ')).current_dir(place.directory()).envs(place.variables(more));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Process {
    /// Starts it at the installation's own address and waits until it is ready.
    pub async fn serves(place: &Installation, more: &[(&str, &str)]) -> Self {
        drop(place.listener());
        let internal = lasting_port().local_addr().unwrap();
        let listen = format!("127.0.0.1:{}", place.port());
        let inside = internal.to_string();
        let addresses = [
            ("VOUCHSAFE__SERVER__LISTEN", listen.as_str()),
            ("VOUCHSAFE__SERVER__INTERNAL_LISTEN", inside.as_str()),
        ];
        let more: Vec<_> = addresses.iter().chain(more).copied().collect();
        let log = place.directory().join("serve.log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut serve = command(place, "serve", &more);
        let child = serve.stdout(Stdio::null()).stderr(file).spawn().unwrap();
        let inside = Http::new(format!("http://{internal}"), internal);
        let mut this = Self { child, inside, log };
        soon("serve", async || {
            let over = this.child.try_wait().unwrap();
            assert!(over.is_none(), "serve ended with {over:?}: {}", this.log());
            this.inside.reaches("/readyz").await.is_some_and(|answer| answer.status == 200)
        })
        .await;
        this
    }

    /// What it logged so far, with what its predecessors on the same installation logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Asks the internal listener.
    pub async fn asks(&self, path: &str) -> Answer {
        self.inside.get(path).await
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Ends it at once, as a power cut does.
    pub fn dies(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ended, and answers its exit code.
    pub async fn ended(mut self) -> Option<i32> {
        let mut code = None;
        soon("the end of serve", async || match self.child.try_wait().unwrap() {
            Some(status) => {
                code = status.code();
                true
            }
            None => false,
        })
        .await;
        code
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
