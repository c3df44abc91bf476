//! An HTTP server of the test's own: it writes down what it is sent, and answers as it is told.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request that was read whole.
#[derive(Clone, Debug)]
pub struct Received {
    /// The first line.
    pub line: String,
    headers: Vec<(String, String)>,
    /// What came behind the headers.
    pub body: String,
}

impl Received {
    /// A header's value; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// How it behaves.
#[derive(Clone)]
pub enum Manners {
    /// Answers with this status and these headers, each ending in a line break, and this body.
    Says(u16, String, String),
    /// Reads and says nothing.
    Hangs,
    /// Speaks something else.
    Babbles,
}

impl Manners {
    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        Self::Says(status, String::new(), String::new())
    }
}

/// The server.
pub struct Receiver {
    /// Where it listens.
    pub port: u16,
    manners: Arc<Mutex<Manners>>,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<Mutex<u32>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// One on a free port that answers 204.
    pub async fn new() -> Self {
        Self::with(Manners::status(204), None).await
    }

    /// One that behaves so, encrypted where `tls` is given.
    pub async fn with(manners: Manners, tls: Option<TlsAcceptor>) -> Self {
        Self::over(TcpListener::bind("127.0.0.1:0").await.unwrap(), manners, tls)
    }

    /// One on a listener that answers 204.
    pub fn on(listener: TcpListener) -> Self {
        Self::over(listener, Manners::status(204), None)
    }

    fn over(listener: TcpListener, manners: Manners, tls: Option<TlsAcceptor>) -> Self {
        let port = listener.local_addr().unwrap().port();
        let manners = Arc::new(Mutex::new(manners));
        let (received, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (to_read, to_count, how) = (received.clone(), connections.clone(), manners.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *to_count.lock().unwrap() += 1;
                let (tls, how, to_read) = (tls.clone(), how.clone(), to_read.clone());
                tokio::spawn(async move {
                    match tls {
                        None => talk(stream, &how, &to_read).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                talk(stream, &how, &to_read).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, manners, received, connections, task }
    }

    /// What it got so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// How many connections it saw.
    pub fn connections(&self) -> u32 {
        *self.connections.lock().unwrap()
    }

    /// Behaves so from now on.
    pub fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }
}

async fn talk<S>(stream: S, manners: &Mutex<Manners>, received: &Mutex<Vec<Received>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    let (mut line, mut headers) = (String::new(), Vec::new());
    if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
        return;
    }
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await.unwrap_or(0) == 0 {
            return;
        }
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut request = Received { line: line.trim_end().to_owned(), headers, body: String::new() };
    let mut body = vec![0; request.header("content-length").parse().unwrap_or(0)];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    request.body = String::from_utf8(body).unwrap();
    let manners = manners.lock().unwrap().clone();
    received.lock().unwrap().push(request);
    let answer = match manners {
        Manners::Hangs => return std::future::pending().await,
        Manners::Babbles => "220 mail.example ESMTP\r\n".to_owned(),
        Manners::Says(status, headers, body) => format!(
            "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
