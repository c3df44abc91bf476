//! A command beside a running server is a writer of its own: the server sees its change within a second.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::Host;

/// A running demo; stopped when it goes.
struct Demo {
    child: Child,
    address: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start(host: &Host) -> Self {
        let listen = "--listen 127.0.0.1:0 --app-listen 127.0.0.1:0 --internal-listen 127.0.0.1:0";
        let mut child = host.command(&format!("demo --json --data data {listen}")).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let address = told["issuer"].as_str().unwrap().replace("http://localhost:", "127.0.0.1:");
        Self { child, address }
    }

    /// The status of a token request by a client on its own behalf.
    fn token(&self, id: &str, secret: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = "grant_type=client_credentials";
        let request = format!(
            "POST /token HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Basic {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.address.replace("127.0.0.1", "localhost"),
            STANDARD.encode(format!("{id}:{secret}")),
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn answers_within_a_second(&self, id: &str, secret: &str, status: u16) {
        let began = Instant::now();
        loop {
            let found = self.token(id, secret);
            if found == status {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(1), "still {found}, not {status}");
        }
    }
}

#[test]
fn a_running_server_sees_what_commands_do() {
    let host = Host::bare();
    let demo = Demo::start(&host);
    let run =
        |words: &str, input: &str| host.fed(&format!("--config data/vouchsafe.toml {words}"), input).is(0);
    assert_eq!(run("account list --json", "").lines().len(), 4);

    let document = r#"{"client_id":"m2m","grant_types":["client_credentials"],"response_types":[]}"#;
    let answer = run("client create --from - --json", document).json();
    let secret = answer["client_secret"].as_str().unwrap();
    demo.answers_within_a_second("m2m", secret, 200);
    run("client disable m2m", "");
    demo.answers_within_a_second("m2m", secret, 401);
    run("client enable m2m", "");
    demo.answers_within_a_second("m2m", secret, 200);
    run("keys rotate --algorithm ES256", "");
    demo.answers_within_a_second("m2m", secret, 200);
    // Two processes wrote the trail at once.
    run("audit verify", "");
}
