//! A keep-alive HTTP/1.1 client that costs little, because it shares the machine with what it measures. It knows
//! answers with a `Content-Length` and nothing else.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Largest answer read.
const LARGEST: usize = 1 << 20;

/// One connection, used again and again.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, read to its end.
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    head: &'a str,
    /// Body, as text.
    pub body: &'a str,
}

impl Connection {
    /// Connects without delaying small packets.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (head, whole) = loop {
            if let Some(found) = framed(&self.buffer)?
                && self.buffer.len() >= found.1
            {
                break found;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        };
        let head = std::str::from_utf8(self.buffer.get(..head).unwrap_or_default())?;
        let body = std::str::from_utf8(self.buffer.get(head.len()..whole).unwrap_or_default())?;
        let status = head.get(9..12).unwrap_or_default().parse().context("no status line")?;
        Ok(Answer { status, head, body })
    }
}

/// Lengths of the head and of the whole answer, once the head is there.
fn framed(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end + 4).unwrap_or_default())?;
    let length = match field(head, "content-length") {
        Some(text) => text.parse().context("content-length")?,
        None if field(head, "transfer-encoding").is_some() => bail!("a chunked answer: {head}"),
        None => 0,
    };
    if length > LARGEST {
        bail!("an answer of {length} bytes");
    }
    Ok(Some((end + 4, end + 4 + length)))
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    fields(head, name).next()
}

fn fields<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    head.split("\r\n").filter_map(move |line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

impl Answer<'_> {
    /// Insists on a status.
    pub fn is(&self, status: u16) -> Result<&Self> {
        if self.status != status {
            bail!("status {} instead of {status}: {}{}", self.status, self.head, self.body);
        }
        Ok(self)
    }

    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        field(self.head, name)
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Result<&str> {
        field(self.head, "location").with_context(|| format!("no redirect: {}{}", self.head, self.body))
    }

    /// `name=value` of a cookie that is set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let pairs = fields(self.head, "set-cookie").filter_map(|line| line.split(';').next());
        pairs.filter(|pair| pair.split('=').next() == Some(name)).last()
    }

    /// A member of a JSON body that is text without escapes.
    pub fn member(&self, name: &str) -> Result<&str> {
        between(self.body, &format!("\"{name}\":\""), "\"")
            .with_context(|| format!("no {name}: {}{}", self.head, self.body))
    }

    /// The value of a hidden field of a page.
    pub fn hidden(&self, name: &str) -> Result<&str> {
        between(self.body, &format!("name=\"{name}\" value=\""), "\"")
            .with_context(|| format!("no field {name}: {}", self.body))
    }
}

/// What stands between two texts.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// A GET with header lines, each ended by CRLF.
pub fn get(out: &mut Vec<u8>, host: &str, path: &str, headers: &str) {
    out.extend_from_slice(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n").as_bytes());
}

/// A POST of a form with header lines, each ended by CRLF.
pub fn post(out: &mut Vec<u8>, host: &str, path: &str, headers: &str, form: &str) {
    let length = form.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n{headers}\r\n{form}"
    );
    out.extend_from_slice(text.as_bytes());
}
