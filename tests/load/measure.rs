//! One stack with one population: everything that is measured of it, in order.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::runtime::Runtime;

use crate::console::{FIRST, READERS, Reader};
use crate::endpoints::{Exchange, People, Refresh, Silent, Turns};
use crate::figures::{median, percentile};
use crate::http;
use crate::installation::{Client, Clients, EXCHANGE, Installation, LABS, RECORDS};
use crate::load::{self, Lanes, Run};
use crate::loading::{self, Loaded};
use crate::machine::{self, Machine};
use crate::options::{Options, Stack};
use crate::population::Person;
use crate::proved::{Forms, Greeting, Proof, Prover, SignIns};
use crate::server::{Cpu, Server, pause, postgres as postgres_cpu};
use crate::sign_in::{Crowd, Door, Steps, shows_account, sign_ins};

/// How long an app may have to wait for its first proof to be taken: longer than any clock is allowed to be ahead.
const TRUST: Duration = Duration::from_secs(180);
/// Time after the last hash in which a worker gives its memory back, and a little more.
const REST: Duration = Duration::from_secs(64);
/// People whose tokens are asked about.
const TOKENS: usize = 512;
/// Refresh chains of a connection.
const CHAINS: usize = 8;

/// The medians of one row.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Which row.
    pub name: &'static str,
    /// Requests a second.
    pub rate: f64,
    /// Median latency in microseconds.
    pub p50: f64,
    /// 99th percentile in microseconds.
    pub p99: f64,
    /// Processor time of a request in microseconds: without the hashing threads, and in all.
    pub cpu: Option<(f64, f64)>,
    /// Of a sign-in: hashes a second the machine computed between the runs, and the share of them that were used.
    pub hashes: Option<(f64, f64)>,
}

/// A page of the console.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path, with what stood in the place of ids taken out again.
    pub path: String,
    /// Median latency in microseconds.
    pub p50: f64,
    /// 95th percentile in microseconds.
    pub p95: f64,
    /// Processor time of a request in microseconds: of the program, and of PostgreSQL.
    pub cpu: (f64, f64),
}

/// What an operator sees of the process.
#[derive(Clone, Debug, Default)]
pub struct Vitals {
    /// Milliseconds from the start of the process to a 200 of `/readyz`.
    pub start: f64,
    /// Bytes before the first hash.
    pub idle: f64,
    /// Most bytes ever.
    pub peak: f64,
    /// Bytes a minute after the last hash.
    pub rested: Option<f64>,
    /// Bytes of the binary.
    pub binary: f64,
}

/// Everything about one stack with one population.
pub struct Report {
    /// Which stores.
    pub stack: Stack,
    /// How many accounts and sessions.
    pub people: u64,
    /// Of loading.
    pub loaded: Loaded,
    /// The machine's limits meanwhile.
    pub machine: Machine,
    /// The process.
    pub vitals: Vitals,
    /// The rows.
    pub rows: Vec<Measured>,
    /// The rows beside a full hashing queue.
    pub saturated: Vec<Measured>,
    /// The console's pages.
    pub pages: Vec<Page>,
    /// Hashes and refusals a second of that queue.
    pub crowd: Option<(f64, f64)>,
}

/// Measures a stack with a population.
pub fn measure(options: &Options, stack: Stack, people: u64, binary: &Path, work: &Path) -> Result<Report> {
    let library = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let installation = library.block_on(Installation::make(stack, people, binary, work))?;
    let (clients, organisations) = library.block_on(installation.register())?;
    eprintln!("{}: loading {people} accounts and sessions", stack.title());
    let loaded = loading::load(&library, &installation, &organisations, people)?;
    eprintln!("loaded in {:.0} s; measuring the machine", loaded.seconds);
    let machine = Machine::measure(&library, &runtime, &installation)?;
    let start = cold_starts(options, &runtime, &installation)?;
    let (server, _) = Server::start(&runtime, &installation)?;
    server.settled(&runtime)?;
    let mut vitals = Vitals { start, idle: server.memory()?.0, ..Vitals::default() };
    vitals.binary = std::fs::metadata(binary)?.len() as f64;
    let bench = Bench {
        options,
        runtime: &runtime,
        server,
        host: installation.host.clone(),
        people: Rc::new(People::of(people)),
        steps: Rc::default(),
        count: people,
        clients,
    };
    for n in [0, people / 2, people - 1] {
        runtime.block_on(shows_account(&bench.door(), Person(n)))?;
    }
    let mut rows = bench.rows(true)?;
    if options.wants("sign-in") {
        rows.push(bench.sign_in_row()?);
    }
    let pages = match options.wants("console") {
        true => bench.console(&library, &installation)?,
        false => Vec::new(),
    };
    let (saturated, crowd) = match options.saturation {
        true => bench.saturated().map(|(rows, crowd)| (rows, Some(crowd)))?,
        false => (Vec::new(), None),
    };
    if options.rest {
        eprintln!("resting for a minute");
        pause(&runtime, REST);
        vitals.rested = Some(bench.server.memory()?.0);
    }
    vitals.peak = bench.server.memory()?.1;
    bench.server.stop()?;
    drop(library);
    let cleaning = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Err(why) = cleaning.block_on(installation.remove()) {
        eprintln!("something is left behind: {why:#}");
    }
    Ok(Report { stack, people, loaded, machine, vitals, rows, pages, saturated, crowd })
}

fn cold_starts(options: &Options, runtime: &Runtime, installation: &Installation) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..options.runs {
        let (server, took) = Server::start(runtime, installation)?;
        times.push(took.as_secs_f64() * 1_000.0);
        server.stop()?;
    }
    Ok(median(&times))
}

struct Bench<'a> {
    options: &'a Options,
    runtime: &'a Runtime,
    server: Server,
    host: String,
    people: Rc<People>,
    steps: Rc<Steps>,
    count: u64,
    clients: Clients,
}

/// What one run of a row gave.
struct Sample {
    rate: f64,
    p50: f64,
    p99: f64,
    cpu: (f64, f64),
}

impl Bench<'_> {
    fn door(&self) -> Door {
        Door { address: self.server.address, host: self.host.clone(), client: self.clients.es256.clone() }
    }

    /// Every row but the sign-ins; with the processor's time only while nothing else runs.
    fn rows(&self, alone: bool) -> Result<Vec<Measured>> {
        let mut rows = Vec::new();
        for (name, path) in [("discovery", "/.well-known/openid-configuration"), ("JWKS", "/jwks")] {
            let mut request = Vec::new();
            http::get(&mut request, &self.host, path, "");
            let lanes = Turns::of(vec![request]);
            self.row(&mut rows, name, alone, || Ok(lanes.clone()))?;
        }
        self.row(&mut rows, "client_credentials", alone, || {
            let mut request = Vec::new();
            let form = "grant_type=client_credentials";
            http::post(&mut request, &self.host, "/token", &self.clients.service.authorization, form);
            Ok(Turns::of(vec![request]))
        })?;
        self.person_rows(&mut rows, alone)?;
        self.token_rows(&mut rows, alone)?;
        self.exchange_row(&mut rows, alone)?;
        self.proved_rows(&mut rows, alone)?;
        Ok(rows)
    }

    /// Rows with an ID token, with each algorithm.
    fn person_rows(&self, rows: &mut Vec<Measured>, alone: bool) -> Result<()> {
        let exchanges = ["code exchange, ES256", "code exchange, RS256"];
        let refreshes = ["refresh, ES256", "refresh, RS256"];
        let clients = [&self.clients.es256, &self.clients.rs256];
        let codes = if alone { self.options.codes } else { self.options.codes / 4 };
        for (name, client) in exchanges.into_iter().zip(clients) {
            self.row(rows, name, alone, || {
                Ok(Exchange::of(&self.host, client, &self.codes(client, "", codes)?))
            })?;
        }
        for (name, client) in refreshes.into_iter().zip(clients) {
            let lanes = self.options.connections;
            self.row_of_one(rows, name, alone, || {
                let tokens = self.tokens(client, lanes * CHAINS)?.into_iter().map(|(_, refresh)| refresh);
                Ok(Refresh::of(&self.host, Proof::Secret(client.clone()), lanes, tokens.collect()))
            })?;
        }
        Ok(())
    }

    /// Rows about tokens that were issued.
    fn token_rows(&self, rows: &mut Vec<Measured>, alone: bool) -> Result<()> {
        let client = &self.clients.es256;
        self.row_of_one(rows, "introspection", alone, || {
            let ask = |(access, _): &(String, String)| {
                let mut out = Vec::new();
                http::post(
                    &mut out,
                    &self.host,
                    "/introspect",
                    &client.authorization,
                    &format!("token={access}"),
                );
                out
            };
            Ok(Turns::of(self.tokens(client, TOKENS)?.iter().map(ask).collect()))
        })?;
        self.row_of_one(rows, "userinfo", alone, || {
            let ask = |(access, _): &(String, String)| {
                let mut out = Vec::new();
                http::get(&mut out, &self.host, "/userinfo", &format!("authorization: Bearer {access}\r\n"));
                out
            };
            Ok(Turns::of(self.tokens(client, TOKENS)?.iter().map(ask).collect()))
        })
    }

    /// The row of services that call each other for a person.
    fn exchange_row(&self, rows: &mut Vec<Measured>, alone: bool) -> Result<()> {
        let access_token = "urn:ietf:params:oauth:token-type:access_token";
        self.row_of_one(rows, "token exchange", alone, || {
            let more = format!("&resource={RECORDS}");
            let ask = |(access, _): &(String, String)| {
                let mut out = Vec::new();
                let form = format!(
                    "grant_type={EXCHANGE}&subject_token={access}&subject_token_type={access_token}&resource={LABS}"
                );
                http::post(&mut out, &self.host, "/token", &self.clients.records.authorization, &form);
                out
            };
            let tokens = self.tokens_with(&self.clients.es256, &more, TOKENS)?;
            Ok(Turns::of(tokens.iter().map(ask).collect()))
        })
    }

    /// Rows of apps that prove a key.
    fn proved_rows(&self, rows: &mut Vec<Measured>, alone: bool) -> Result<()> {
        let signing = Proof::Assertion(Prover::of(&self.clients.signing, &self.host));
        self.greet(&signing)?;
        self.row(rows, "client_credentials, private_key_jwt", alone, || {
            let form = "grant_type=client_credentials".to_owned();
            Ok(Forms::of(signing.clone(), &self.host, "/token", vec![form]))
        })?;
        let names = ["sign-in, PAR + JAR + DPoP", "refresh, DPoP", "introspection, DPoP-bound"];
        if !names.iter().any(|name| self.options.wants(name)) {
            return Ok(());
        }
        let [sign_in, refresh, introspection] = names;
        let (proving, lanes) = (Prover::of(&self.clients.proving, &self.host), self.options.connections);
        let bound = Proof::Bound(proving.clone());
        self.greet(&bound)?;
        self.row(rows, sign_in, alone, || Ok(SignIns::of(&proving, &self.people, lanes, usize::MAX)))?;
        let tokens = |count| {
            let lanes = SignIns::of(&proving, &self.people, lanes, count);
            self.load(Duration::from_secs(50), &lanes)?;
            Ok::<_, anyhow::Error>(std::mem::take(&mut lanes.borrow_mut().tokens))
        };
        self.row_of_one(rows, refresh, alone, || {
            let tokens = tokens(lanes * CHAINS)?.into_iter().map(|(_, refresh)| refresh);
            Ok(Refresh::of(&self.host, bound.clone(), lanes, tokens.collect()))
        })?;
        self.row_of_one(rows, introspection, alone, || {
            let forms = tokens(TOKENS)?.into_iter().map(|(access, _)| format!("token={access}"));
            Ok(Forms::of(Proof::Assertion(proving.clone()), &self.host, "/introspect", forms.collect()))
        })
    }

    /// Until an app's proofs are taken: what is as old as the store of the marks could have been used before it.
    fn greet(&self, proof: &Proof) -> Result<()> {
        let begun = Instant::now();
        loop {
            let greeting = Greeting::of(proof, &self.host);
            self.load(self.options.length, &greeting)?;
            if greeting.borrow().is_taken() {
                return Ok(());
            }
            if begun.elapsed() > TRUST {
                bail!("no proof of an app is taken");
            }
            pause(self.runtime, Duration::from_secs(1));
        }
    }

    fn codes(&self, client: &Client, more: &str, count: usize) -> Result<Vec<String>> {
        let lanes = Silent::of(&self.host, client, more, &self.people, count);
        self.load(Duration::from_secs(50), &lanes)?;
        Ok(std::mem::take(&mut lanes.borrow_mut().codes))
    }

    /// Tokens of as many people.
    fn tokens(&self, client: &Client, count: usize) -> Result<Vec<(String, String)>> {
        self.tokens_with(client, "", count)
    }

    fn tokens_with(&self, client: &Client, more: &str, count: usize) -> Result<Vec<(String, String)>> {
        let lanes = Exchange::of(&self.host, client, &self.codes(client, more, count)?);
        self.load(Duration::from_secs(50), &lanes)?;
        Ok(std::mem::take(&mut lanes.borrow_mut().tokens))
    }

    fn load<L: Lanes + 'static>(&self, length: Duration, lanes: &Rc<RefCell<L>>) -> Result<Run> {
        load::run(self.runtime, self.server.address, self.options.connections, length, lanes)
    }

    /// Measures a row, if it is wanted: a run to warm up, then those that count.
    fn row<L: Lanes + 'static>(
        &self,
        rows: &mut Vec<Measured>,
        name: &'static str,
        alone: bool,
        make: impl Fn() -> Result<Rc<RefCell<L>>>,
    ) -> Result<()> {
        if !self.options.wants(name) {
            return Ok(());
        }
        eprintln!("  {name}");
        let lanes = make().context(name)?;
        self.load(self.options.length / 3, &lanes).context(name)?;
        let mut samples = Vec::new();
        for _ in 0..self.options.runs {
            let lanes = make().context(name)?;
            samples.push(self.sample(alone, || self.load(self.options.length, &lanes)).context(name)?);
        }
        rows.push(medians(name, &samples, alone));
        Ok(())
    }

    /// As `row`, with the same lanes in every run.
    fn row_of_one<L: Lanes + 'static>(
        &self,
        rows: &mut Vec<Measured>,
        name: &'static str,
        alone: bool,
        make: impl FnOnce() -> Result<Rc<RefCell<L>>>,
    ) -> Result<()> {
        if !self.options.wants(name) {
            return Ok(());
        }
        let lanes = make().context(name)?;
        self.row(rows, name, alone, || Ok(lanes.clone()))
    }

    /// One run between two looks at the processor's time; what the run leaves to be done counts as well.
    fn sample(&self, alone: bool, run: impl FnOnce() -> Result<Run>) -> Result<Sample> {
        let look = || if alone { self.server.settled(self.runtime) } else { Ok(Cpu::default()) };
        let before = look()?;
        let mut run = run()?;
        let after = look()?;
        let each = |nanos: u64| nanos as f64 / 1_000.0 / run.latencies.len().max(1) as f64;
        let (all, hashing) = (after.all - before.all, after.hashing - before.hashing);
        let (rate, cpu) = (run.rate(), (each(all - hashing), each(all)));
        let mut percent = |wanted| f64::from(percentile(&mut run.latencies, wanted));
        Ok(Sample { rate, p50: percent(50), p99: percent(99), cpu })
    }

    fn sign_in_row(&self) -> Result<Measured> {
        let name = "sign-in, password and code";
        eprintln!("  {name}");
        let length = self.options.length * 2;
        let run = |length| {
            sign_ins(self.runtime, &self.door(), &self.people, &self.steps, self.options.connections, length)
        };
        run(self.options.length / 3).context(name)?;
        let (mut samples, mut limits, mut shares) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.options.runs {
            // Just before, because neighbours come and go.
            let limit = machine::hash()?.rate;
            let sample = self.sample(true, || run(length)).context(name)?;
            shares.push(sample.rate / limit);
            limits.push(limit);
            samples.push(sample);
        }
        Ok(Measured { hashes: Some((median(&limits), median(&shares))), ..medians(name, &samples, true) })
    }

    /// Every page of the console, one after the other.
    fn console(&self, library: &Runtime, installation: &Installation) -> Result<Vec<Page>> {
        eprintln!("  the console");
        let reader = library.block_on(Reader::arrive(installation))?;
        let postgres = library.block_on(installation.postgres())?;
        library.block_on(reader.sign_in())?;
        let paths = library.block_on(reader.places(&self.server, &self.host))?;
        let mut pages = Vec::new();
        for path in paths {
            library.block_on(reader.sign_in())?;
            let run = |length| {
                let lanes = Turns::of(vec![reader.request(&self.host, &path)]);
                load::run(self.runtime, self.server.address, READERS, length, &lanes)
            };
            run(FIRST).context(path.clone())?;
            let look = || -> Result<(u64, u64)> {
                let own = self.server.settled(self.runtime)?.all;
                Ok((own, postgres.map_or(Ok(0), postgres_cpu)?))
            };
            let before = look()?;
            let mut run = run(self.options.length)?;
            let after = look()?;
            let each = |nanos: u64| nanos as f64 / 1_000.0 / run.latencies.len().max(1) as f64;
            let cpu = (each(after.0 - before.0), each(after.1.saturating_sub(before.1)));
            let mut percent = |wanted| f64::from(percentile(&mut run.latencies, wanted));
            pages.push(Page { p50: percent(50), p95: percent(95), path: without_ids(&path), cpu });
        }
        library.block_on(reader.leave());
        Ok(pages)
    }

    /// The rows again beside a crowd that keeps the hashing queue full; and its hashes and refusals a second.
    fn saturated(&self) -> Result<(Vec<Measured>, (f64, f64))> {
        eprintln!("  again, beside a full hashing queue");
        let crowd = Crowd::gather(&self.door(), self.count)?;
        while !crowd.is_full() {
            pause(self.runtime, Duration::from_millis(20));
        }
        let rows = self.rows(false);
        let figures = crowd.disperse()?;
        Ok((rows?, figures))
    }
}

/// A path as it is shown: ids are long, and others in the next run.
fn without_ids(path: &str) -> String {
    let parts = path.split_inclusive(['/', '=', '&', '?']).map(|part| {
        let text = part.trim_end_matches(['/', '=', '&', '?']);
        let is_id = text.len() > 12 && text.bytes().all(|c| c.is_ascii_hexdigit() || c == b'-');
        if is_id { part.replace(text, "{id}") } else { part.to_owned() }
    });
    parts.collect()
}

fn medians(name: &'static str, samples: &[Sample], alone: bool) -> Measured {
    let of = |figure: fn(&Sample) -> f64| median(&samples.iter().map(figure).collect::<Vec<_>>());
    Measured {
        name,
        rate: of(|s| s.rate),
        p50: of(|s| s.p50),
        p99: of(|s| s.p99),
        cpu: alone.then(|| (of(|s| s.cpu.0), of(|s| s.cpu.1))),
        hashes: None,
    }
}
