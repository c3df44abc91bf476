//! The requests of apps, each as lanes of the load: what is asked, and what the next one needs of the answer.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::http::{self, Answer, between};
use crate::installation::Client;
use crate::load::Lanes;
use crate::population::Person;
use crate::proved::Proof;

/// A prime, so that people are met in an order in which neighbours do not follow each other.
const STRIDE: u64 = 7_919;

/// Hands out people, everybody once before anybody twice.
#[derive(Debug)]
pub struct People {
    count: u64,
    next: std::cell::Cell<u64>,
}

impl People {
    /// Of a population.
    pub fn of(count: u64) -> Self {
        Self { count, next: std::cell::Cell::new(0) }
    }

    /// The next one.
    pub fn next(&self) -> Person {
        let n = self.next.get();
        self.next.set(n + 1);
        Person(n.wrapping_mul(STRIDE) % self.count)
    }
}

/// The same requests in turn, each answered 200.
pub struct Turns {
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl Turns {
    /// Of requests that do not change.
    pub fn of(requests: Vec<Vec<u8>>) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { requests, next: 0 }))
    }
}

impl Lanes for Turns {
    fn ask(&mut self, _: usize, out: &mut Vec<u8>) -> Result<bool> {
        let Some(request) = self.requests.get(self.next % self.requests.len().max(1)) else {
            return Ok(false);
        };
        out.extend_from_slice(request);
        self.next += 1;
        Ok(true)
    }

    fn heard(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        answer.is(200).map(|_| ())
    }
}

/// Silent authorization requests of people who are signed in: each gives a code.
pub struct Silent {
    host: String,
    path: String,
    people: Rc<People>,
    wanted: usize,
    /// The codes so far.
    pub codes: Vec<String>,
}

impl Silent {
    /// Asks, with more parameters than usual, until there are `wanted` codes.
    pub fn of(
        host: &str,
        client: &Client,
        more: &str,
        people: &Rc<People>,
        wanted: usize,
    ) -> Rc<RefCell<Self>> {
        let path = client.authorize(&format!("&prompt=none{more}"));
        let (host, people) = (host.to_owned(), people.clone());
        Rc::new(RefCell::new(Self { host, path, people, wanted, codes: Vec::new() }))
    }
}

impl Lanes for Silent {
    fn ask(&mut self, _: usize, out: &mut Vec<u8>) -> Result<bool> {
        if self.wanted == 0 {
            return Ok(false);
        }
        self.wanted -= 1;
        let cookie = format!("cookie: vouchsafe-session={}\r\n", self.people.next().session().expose());
        http::get(out, &self.host, &self.path, &cookie);
        Ok(true)
    }

    fn heard(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        self.codes.push(code(answer.is(303)?.location()?)?);
        Ok(())
    }
}

/// The code of a callback.
pub fn code(location: &str) -> Result<String> {
    let code = between(&format!("{location}&"), "code=", "&").map(str::to_owned);
    code.with_context(|| format!("no code in {location}"))
}

/// Redeems codes, each once.
pub struct Exchange {
    requests: Vec<Vec<u8>>,
    /// Access and refresh tokens.
    pub tokens: Vec<(String, String)>,
}

impl Exchange {
    /// Of codes that were just gathered.
    pub fn of(host: &str, client: &Client, codes: &[String]) -> Rc<RefCell<Self>> {
        let request = |code: &String| {
            let mut out = Vec::new();
            http::post(&mut out, host, "/token", &client.authorization, &Client::redemption(code));
            out
        };
        Rc::new(RefCell::new(Self { requests: codes.iter().map(request).collect(), tokens: Vec::new() }))
    }
}

impl Lanes for Exchange {
    fn ask(&mut self, _: usize, out: &mut Vec<u8>) -> Result<bool> {
        let Some(request) = self.requests.pop() else { return Ok(false) };
        out.extend_from_slice(&request);
        Ok(true)
    }

    fn heard(&mut self, _: usize, answer: &Answer<'_>) -> Result<()> {
        let answer = answer.is(200)?;
        answer.member("id_token")?;
        self.tokens
            .push((answer.member("access_token")?.to_owned(), answer.member("refresh_token")?.to_owned()));
        Ok(())
    }
}

/// Renews tokens: each lane has some chains of its own and takes them in turn.
pub struct Refresh {
    host: String,
    proof: Proof,
    chains: Vec<Vec<String>>,
}

impl Refresh {
    /// Of refresh tokens, dealt out to the lanes.
    pub fn of(host: &str, proof: Proof, lanes: usize, tokens: Vec<String>) -> Rc<RefCell<Self>> {
        let mut chains = vec![Vec::new(); lanes];
        for (place, token) in tokens.into_iter().enumerate() {
            if let Some(chain) = chains.get_mut(place % lanes) {
                chain.push(token);
            }
        }
        Rc::new(RefCell::new(Self { host: host.to_owned(), proof, chains }))
    }
}

impl Lanes for Refresh {
    fn ask(&mut self, lane: usize, out: &mut Vec<u8>) -> Result<bool> {
        let Some(token) = self.chains.get_mut(lane).and_then(|chain| chain.pop()) else { return Ok(false) };
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        self.proof.post(out, &self.host, "/token", &form)?;
        Ok(true)
    }

    fn heard(&mut self, lane: usize, answer: &Answer<'_>) -> Result<()> {
        self.proof.heard(answer);
        let answer = answer.is(200)?;
        answer.member("id_token")?;
        let next = answer.member("refresh_token")?.to_owned();
        let chain = self.chains.get_mut(lane).context("a lane without chains")?;
        chain.insert(0, next);
        Ok(())
    }
}
