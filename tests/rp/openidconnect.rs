//! Runs the code the provider fills in for the crate `openidconnect`: what to do comes by standard input, what came of
//! it goes to standard output, a line each. `openidconnect.mjs` puts the filled-in code beside this file and compiles it.

mod basic;
mod basic_machine;
mod es256;
mod none;
mod post;
mod post_machine;

use std::io::{BufRead, Read, Write, stdin, stdout};
use std::net::TcpStream;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use openidconnect::url::Url;
use openidconnect::{HttpRequest, HttpResponse, TokenResponse, http};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One request over a connection of its own; whoever needs no TLS needs no library.
async fn ask(request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
    let malformed = |_| std::io::Error::other("malformed");
    let (host, path) = (request.uri().authority().map_or("", |host| host.as_str()), request.uri().path());
    let mut line = TcpStream::connect(host)?;
    write!(line, "{} {path} HTTP/1.0\r\nhost: {host}\r\n", request.method())?;
    for (name, value) in request.headers() {
        write!(line, "{name}: {}\r\n", value.to_str().map_err(std::io::Error::other)?)?;
    }
    write!(line, "content-length: {}\r\n\r\n", request.body().len())?;
    line.write_all(request.body())?;
    let mut answer = Vec::new();
    line.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| malformed(()))?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let mut response = http::Response::builder().status(status);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        response = response.header(name, value);
    }
    response.body(answer.split_off(end + 4)).map_err(std::io::Error::other)
}

/// Nothing here ever waits: every answer is there when it is asked for.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("what blocks is ready"),
    }
}

fn say(line: &str) {
    println!("{line}");
    let _ = stdout().flush();
}

fn hear() -> Result<String, Failure> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// Signs in, steps up, refreshes and signs out, as far as it is told to.
macro_rules! walk {
    ($app:ident) => {{
        let provider = now($app::Provider::discover(&ask))?;
        let mut last = None;
        loop {
            match hear()?.as_str() {
                word @ ("begin" | "step-up") => {
                    let (url, pending) = provider.begin(word == "step-up");
                    say(url.as_str());
                    match now(provider.finish(&ask, &Url::parse(&hear()?)?, pending)) {
                        Ok(person) => {
                            say(&format!("{} {}", person.sub, person.acr));
                            last = Some(person.tokens);
                        }
                        Err(why) => say(&format!("refused: {why}")),
                    }
                }
                "refresh" => {
                    let tokens = last.as_ref().ok_or("nobody is signed in")?;
                    match now(provider.refresh(&ask, tokens)) {
                        Ok(renewed) => {
                            say(if renewed.id_token().is_some() { "refreshed" } else { "no ID token came" });
                            last = Some(renewed);
                        }
                        Err(why) => say(&format!("refused: {why}")),
                    }
                }
                "leave" => say(provider.leave(last.as_ref().ok_or("nobody is signed in")?).as_str()),
                _ => return Ok(()),
            }
        }
    }};
}

fn main() -> Result<(), Failure> {
    let app = std::env::args().nth(1).unwrap_or_default();
    match app.as_str() {
        "basic" => walk!(basic),
        "post" => walk!(post),
        "none" => walk!(none),
        "es256" => walk!(es256),
        "basic_machine" => say(&format!("{:?}", now(basic_machine::token(&ask))?)),
        "post_machine" => say(&format!("{:?}", now(post_machine::token(&ask))?)),
        other => return Err(format!("no such app: {other}").into()),
    }
    Ok(())
}
