//! A mail server of the test's own: it takes mail, or behaves as badly as it is told.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Received {
    /// Whom the envelope names.
    pub to: String,
    /// Headers and body, without the dots that SMTP adds.
    pub text: String,
}

impl Received {
    /// A header's value, unfolded; empty where it is missing.
    pub fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        let found = head.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_default().to_owned()
    }

    /// The text with quoted-printable lines joined and the encoded letters of links read: enough to look for words.
    pub fn plain(&self) -> String {
        self.text.replace("=\r\n", "").replace("=3D", "=")
    }
}

/// How it behaves.
#[derive(Clone, Default)]
pub struct Manners {
    /// Accepts a connection and says nothing.
    pub hangs: bool,
    /// What it answers to a verb (`GREETING` and `.` are verbs too) instead of taking it.
    pub answers: BTreeMap<&'static str, u16>,
    /// Refuses this one recipient for good.
    pub refuses: Option<String>,
    /// Encrypts by STARTTLS, or from the first byte where `implicit`.
    pub tls: Option<TlsAcceptor>,
    /// Encrypts from the first byte.
    pub implicit: bool,
    /// The user and password it takes, as `AUTH PLAIN` sends them (base64).
    pub login: Option<String>,
}

/// The server.
pub struct Sink {
    /// Where it listens.
    pub port: u16,
    manners: Arc<Mutex<Manners>>,
    received: Arc<watch::Sender<Vec<Received>>>,
    verbs: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sink {
    /// One on a free port that takes everything.
    pub async fn new() -> Self {
        Self::with(Manners::default()).await
    }

    /// One that behaves so.
    pub async fn with(manners: Manners) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), manners)
    }

    /// One on a listener.
    pub fn on(listener: TcpListener, manners: Manners) -> Self {
        let port = listener.local_addr().unwrap().port();
        let (manners, received) = (Arc::new(Mutex::new(manners)), Arc::new(watch::Sender::new(Vec::new())));
        let verbs = Arc::<Mutex<Vec<String>>>::default();
        let shared = (manners.clone(), received.clone(), verbs.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manners, received, verbs) = shared.clone();
                let manners = manners.lock().unwrap().clone();
                tokio::spawn(Talk { manners, received, verbs }.begin(stream));
            }
        });
        Self { port, manners, received, verbs, task }
    }

    /// The URL without TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Changes how it behaves from the next connection on.
    pub fn becomes(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    /// What it took so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// Whom it took mail for so far, sorted.
    pub fn recipients(&self) -> Vec<String> {
        let mut all: Vec<_> = self.received().into_iter().map(|mail| mail.to).collect();
        all.sort();
        all
    }

    /// The verbs it heard so far.
    pub fn verbs(&self) -> Vec<String> {
        self.verbs.lock().unwrap().clone()
    }

    /// Waits until it took a mail like this; gives up only when something hangs.
    pub async fn takes(&self, like: impl Fn(&Received) -> bool) -> Received {
        let mut seen = self.received.subscribe();
        let waiting = seen.wait_for(|all| all.iter().any(&like));
        let all = tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap().unwrap().clone();
        all.into_iter().find(|mail| like(mail)).unwrap()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One connection.
struct Talk {
    manners: Manners,
    received: Arc<watch::Sender<Vec<Received>>>,
    verbs: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    async fn begin(self, stream: TcpStream) {
        if self.manners.hangs {
            let _held = stream;
            return std::future::pending().await;
        }
        let stream: Box<dyn Stream> = match &self.manners.tls {
            Some(tls) if self.manners.implicit => match tls.accept(stream).await {
                Ok(stream) => Box::new(stream),
                Err(_) => return,
            },
            _ => Box::new(stream),
        };
        let _ = self.talk(stream).await;
    }

    async fn talk(&self, stream: Box<dyn Stream>) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (mut to, mut encrypted) = (String::new(), self.manners.implicit);
        say(&mut stream, &self.answer("GREETING", "220 sink")).await?;
        let mut line = String::new();
        while {
            line.clear();
            stream.read_line(&mut line).await?
        } > 0
        {
            let verb = line.split([' ', ':', '\r']).next().unwrap().to_uppercase();
            self.verbs.lock().unwrap().push(verb.clone());
            let usual = match verb.as_str() {
                "EHLO" => self.greets(encrypted),
                "MAIL" | "RSET" => "250 ok".to_owned(),
                "AUTH" => match line.trim().rsplit(' ').next() == self.manners.login.as_deref() {
                    true => "235 ok".to_owned(),
                    false => "535 no".to_owned(),
                },
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                    match self.manners.refuses.as_ref() == Some(&to) {
                        true => format!("550 <{to}> is nobody"),
                        false => "250 ok".to_owned(),
                    }
                }
                "DATA" => "354 go".to_owned(),
                "STARTTLS" => "220 go".to_owned(),
                "QUIT" => return say(&mut stream, "221 bye").await,
                _ => "500 what".to_owned(),
            };
            let answer = self.answer(&verb, &usual);
            say(&mut stream, &answer).await?;
            if answer == "354 go" {
                let text = content(&mut stream).await?;
                let taken = self.answer(".", "250 taken");
                if taken.starts_with('2') {
                    self.received.send_modify(|all| all.push(Received { to: to.clone(), text }));
                }
                say(&mut stream, &taken).await?;
            }
            if verb == "STARTTLS" && answer.starts_with('2') {
                let tls = self.manners.tls.clone().unwrap();
                let Ok(upgraded) = tls.accept(stream.into_inner()).await else { return Ok(()) };
                let upgraded: Box<dyn Stream> = Box::new(upgraded);
                (stream, encrypted) = (BufReader::new(upgraded), true);
            }
        }
        Ok(())
    }

    fn greets(&self, encrypted: bool) -> String {
        let mut lines = vec!["sink", "8BITMIME"];
        lines.extend((self.manners.tls.is_some() && !encrypted).then_some("STARTTLS"));
        lines.extend(self.manners.login.as_ref().map(|_| "AUTH PLAIN"));
        let last = lines.pop().unwrap();
        lines.iter().map(|line| format!("250-{line}\r\n")).collect::<String>() + &format!("250 {last}")
    }

    /// Servers like to repeat the address in a refusal.
    fn answer(&self, verb: &str, usual: &str) -> String {
        match self.manners.answers.get(verb) {
            Some(code) => format!("{code} not now, <secret-address@riverside.example>"),
            None => usual.to_owned(),
        }
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn content(stream: &mut BufReader<Box<dyn Stream>>) -> std::io::Result<String> {
    let (mut text, mut line) = (String::new(), String::new());
    while {
        line.clear();
        stream.read_line(&mut line).await?
    } > 0
        && line != ".\r\n"
    {
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
    Ok(text)
}
