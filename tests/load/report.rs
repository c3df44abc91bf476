//! What was measured, as tables: beside each row the machine's own limit, and the aim where there is one.

use crate::console::READERS;
use crate::figures::{grouped, millis, short, table};
use crate::machine::{Machine, Work};
use crate::measure::{Measured, Page, Report};
use crate::options::Stack;

/// A megabyte, as the aims mean it.
const MB: f64 = 1_000_000.0;
/// Most milliseconds of a start.
const START: f64 = 200.0;
/// Most bytes of an idle process.
const IDLE: f64 = 40.0 * MB;
/// Least share of the machine's hashes that become sign-ins.
const SHARE: f64 = 0.9;
/// Most microseconds of processor time of a page of the console, the database's included.
const PAGE_CPU: f64 = 50_000.0;
/// Most microseconds that 95 of 100 requests for a page of the console take.
const PAGE_WALL: f64 = 200_000.0;
/// What is within the accuracy of these figures when nothing grows.
const STEADY: f64 = 1.15;

/// What a request cannot do without.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    requests: f64,
    hashes: f64,
    es256: f64,
    rs256: f64,
    verified: f64,
    commits: f64,
    reads: f64,
    redis: f64,
}

/// The needs of a row, and its aim in microseconds of processor time on PostgreSQL and Redis.
fn row(name: &str, report: &Report) -> (Needs, Option<f64>) {
    let stack = report.stack;
    let one = Needs { requests: 1.0, ..Needs::default() };
    let embedded = stack == Stack::Embedded;
    // Taking a code is a round trip to Redis, or a commit.
    let exchange = Needs {
        commits: if embedded { 2.0 } else { 1.0 },
        redis: if embedded { 0.0 } else { 1.0 },
        reads: 1.0,
        ..one
    };
    let refresh = Needs { commits: 1.0, reads: 1.0, ..one };
    // A mark of something that is good once is a round trip to Redis, or a commit.
    let marks = |count: f64| match embedded {
        true => Needs { commits: count, ..Needs::default() },
        false => Needs { redis: count, ..Needs::default() },
    };
    let proved = match name {
        "client_credentials, private_key_jwt" => {
            Some(Needs { commits: 1.0, es256: 1.0, verified: 1.0, ..one }.and(marks(1.0)))
        }
        // The assertion, the request and the proof at the first step; the assertion and the proof at the last.
        "sign-in, PAR + JAR + DPoP" => {
            Some(Needs { requests: 3.0, es256: 2.0, verified: 5.0, reads: 2.0, ..exchange }.and(marks(6.0)))
        }
        // The token brought was verified before, by this process.
        "token exchange" => Some(Needs { commits: 1.0, es256: 1.0, reads: 1.0, ..one }),
        "refresh, DPoP" => Some(Needs { es256: 2.0, verified: 2.0, ..refresh }.and(marks(2.0))),
        "introspection, DPoP-bound" => Some(Needs { reads: 1.0, verified: 1.0, ..one }.and(marks(1.0))),
        _ => None,
    };
    if let Some(needs) = proved {
        return (needs, Some(needs.twice(&report.machine)));
    }
    match name {
        "discovery" | "JWKS" => (one, Some(20.0)),
        "client_credentials" => (Needs { commits: 1.0, es256: 1.0, ..one }, Some(100.0)),
        "code exchange, ES256" => (Needs { es256: 2.0, ..exchange }, Some(300.0)),
        "code exchange, RS256" => (Needs { es256: 1.0, rs256: 1.0, ..exchange }, None),
        "refresh, ES256" => (Needs { es256: 2.0, ..refresh }, Some(250.0)),
        "refresh, RS256" => (Needs { es256: 1.0, rs256: 1.0, ..refresh }, None),
        "introspection" => (Needs { reads: 1.0, ..one }, Some(80.0)),
        "userinfo" => (Needs { reads: 3.0, ..one }, None),
        _ => (Needs { requests: 7.0, hashes: 1.0, commits: 6.0, ..Needs::default() }, Some(3_000.0)),
    }
}

impl Needs {
    /// What the machine allows at most, a second, and what sets it.
    fn limit(&self, machine: &Machine) -> (f64, &'static str) {
        let all = [
            (machine.hashes.rate, self.hashes, "Argon2id"),
            (machine.es256.rate, self.es256, "ES256"),
            (machine.rs256.rate, self.rs256, "RS256"),
            (machine.es256_verified.rate, self.verified, "verifications"),
            (machine.commits, self.commits, "commits"),
            (machine.reads, self.reads, "SQL reads"),
            (machine.redis.unwrap_or(0.0), self.redis, "Redis"),
            (machine.http.rate, self.requests, "bare HTTP"),
        ];
        let limits =
            all.into_iter().filter(|(_, need, _)| *need > 0.0).map(|(rate, need, name)| (rate / need, name));
        limits.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
    }

    /// Processor time of what cannot be left out: HTTP and signatures, in microseconds.
    fn floor(&self, machine: &Machine) -> f64 {
        self.requests * machine.http.cpu + self.signatures(machine)
    }

    fn signatures(&self, machine: &Machine) -> f64 {
        self.es256 * machine.es256.cpu
            + self.rs256 * machine.rs256.cpu
            + self.verified * machine.es256_verified.cpu
    }

    /// Twice the signatures, the verifications and one durable commit, in microseconds of the cores they keep busy:
    /// the aim of whatever is proved by a key.
    fn twice(&self, machine: &Machine) -> f64 {
        let commit = machine.cores as f64 * 1e6 / machine.commits.max(1e-9);
        2.0 * (self.signatures(machine) + commit)
    }

    fn and(self, more: Self) -> Self {
        Self { commits: self.commits + more.commits, redis: self.redis + more.redis, ..self }
    }
}

/// The tables of one stack with one population.
pub fn of(report: &Report) -> String {
    let title = format!("## {}, {} accounts\n", report.stack.title(), grouped(report.people));
    let mut parts = vec![title, vitals(report), limits(report), rows(report)];
    if !report.pages.is_empty() {
        parts.push(format!("The console's pages, {READERS} readers at once:\n"));
        parts.push(pages(report));
    }
    if let Some((hashed, refused)) = report.crowd {
        parts.push(format!(
            "Beside a full hashing queue ({} hashes and {} answers 503 a second):\n",
            short(hashed),
            short(refused)
        ));
        parts.push(saturated(report));
    }
    parts.join("\n")
}

fn reached(is: bool) -> String {
    if is { "yes" } else { "**no**" }.to_owned()
}

fn vitals(report: &Report) -> String {
    let vitals = &report.vitals;
    let megabytes = |bytes: f64| format!("{:.1} MB", bytes / MB);
    let judged = |name: &str, value: String, aim: &str, is: bool| {
        vec![name.to_owned(), value, aim.to_owned(), reached(is)]
    };
    let plain = |name: &str, value: String| vec![name.to_owned(), value, "–".to_owned(), "–".to_owned()];
    let start = format!("{:.0} ms", vitals.start);
    let mut rows = vec![
        judged("cold start to /readyz", start, "< 200 ms", vitals.start < START),
        judged("idle, before the first hash", megabytes(vitals.idle), "< 40 MB", vitals.idle < IDLE),
    ];
    if let Some(rested) = vitals.rested {
        rows.push(judged("idle, 60 s after the last hash", megabytes(rested), "< 40 MB", rested < IDLE));
    }
    rows.push(plain("peak", megabytes(vitals.peak)));
    rows.push(plain("binary", megabytes(vitals.binary)));
    if let Some(bytes) = report.loaded.session_bytes {
        rows.push(plain("a session in Redis", format!("{} bytes", short(bytes))));
    }
    table(&["process", "measured", "aim", "reached?"], &rows)
}

fn limits(report: &Report) -> String {
    let machine = &report.machine;
    let computed = |name: &str, work: Work| vec![name.to_owned(), short(work.rate), short(work.cpu)];
    let waited = |name: &str, rate: f64| vec![name.to_owned(), short(rate), "–".to_owned()];
    let mut rows = vec![
        computed("Argon2id hashes, default cost", machine.hashes),
        computed("ES256 signatures", machine.es256),
        computed("RS256 signatures, 3072 bits", machine.rs256),
        computed("ES256 verifications", machine.es256_verified),
        computed("bare HTTP answers, load included", machine.http),
        waited("durable commits of one row", machine.commits),
        waited("SQL reads by key", machine.reads),
    ];
    rows.extend(machine.redis.map(|trips| waited("Redis round trips", trips)));
    let head = format!("the machine, {} cores", machine.cores);
    table(&[&head, "a second", "CPU µs each"], &rows)
}

/// What is compared with the aim: the sign-in counts without its hash.
fn cost(measured: &Measured) -> Option<f64> {
    measured.cpu.map(|(without, _)| without)
}

fn rows(report: &Report) -> String {
    let line = |measured: &Measured| {
        let (needs, aim) = row(measured.name, report);
        let (limit, by) = measured.hashes.map_or_else(|| needs.limit(&report.machine), |h| (h.0, "Argon2id"));
        let aim = aim.filter(|_| report.stack == Stack::Servers);
        let (cpu, whole) = measured.cpu.unwrap_or_default();
        let verdict = aim.map_or_else(|| "–".to_owned(), |aim| reached(cpu <= aim));
        let hash = (whole - cpu > 1.0).then(|| format!("{} (+ {} Argon2id)", short(cpu), short(whole - cpu)));
        vec![
            measured.name.to_owned(),
            short(measured.rate),
            millis(measured.p50),
            millis(measured.p99),
            hash.unwrap_or_else(|| short(cpu)),
            short(needs.floor(&report.machine)),
            aim.map_or_else(|| "–".to_owned(), |aim| format!("≤ {}", short(aim))),
            verdict,
            format!("{} ({by})", short(limit)),
        ]
    };
    let lines: Vec<_> = report.rows.iter().map(line).collect();
    let head = [
        "row",
        "req/s",
        "p50",
        "p99",
        "CPU µs/req",
        "floor µs",
        "aim µs",
        "reached?",
        "machine's limit, a second",
    ];
    let mut out = table(&head, &lines);
    let sign_ins = report.rows.iter().filter_map(|measured| Some((measured.rate, measured.hashes?)));
    for (rate, (limit, share)) in sign_ins {
        out.push_str(&format!(
            "\nSign-ins: {} a second, {:.0} % of the {} hashes the machine computed between the runs (aim: ≥ 90 %): {}.\n",
            short(rate),
            share * 100.0,
            short(limit),
            reached(share >= SHARE)
        ));
    }
    out
}

fn is_quick(page: &Page) -> bool {
    page.cpu.0 + page.cpu.1 < PAGE_CPU && page.p95 < PAGE_WALL
}

fn pages(report: &Report) -> String {
    let line = |page: &Page| {
        vec![
            page.path.clone(),
            millis(page.p50),
            millis(page.p95),
            millis(page.cpu.0),
            if report.stack == Stack::Servers { millis(page.cpu.1) } else { "–".to_owned() },
            reached(is_quick(page)),
        ]
    };
    let lines: Vec<_> = report.pages.iter().map(line).collect();
    let head =
        ["page", "p50", "p95", "CPU of the program", "CPU of PostgreSQL", "< 50 ms CPU, p95 < 200 ms?"];
    table(&head, &lines)
}

fn saturated(report: &Report) -> String {
    let line = |measured: &Measured| {
        let alone = report.rows.iter().find(|other| other.name == measured.name);
        vec![
            measured.name.to_owned(),
            short(measured.rate),
            millis(measured.p50),
            millis(measured.p99),
            alone.map_or_else(|| "–".to_owned(), |alone| millis(alone.p99)),
        ]
    };
    let lines: Vec<_> = report.saturated.iter().map(line).collect();
    table(&["row", "req/s", "p50", "p99", "p99 without"], &lines)
}

/// How a stack's figures change from the smaller to the larger population: name, before, after.
fn changes(small: &Report, large: &Report) -> Vec<(String, f64, f64)> {
    let pairs = large.rows.iter().filter_map(|after| {
        let before = small.rows.iter().find(|before| before.name == after.name)?;
        Some((after.name.to_owned(), cost(before)?, cost(after)?))
    });
    let (before, after) = (&small.vitals, &large.vitals);
    let vitals = [
        ("cold start, ms", before.start, after.start),
        ("idle before the first hash, MB", before.idle / MB, after.idle / MB),
        ("peak, MB", before.peak / MB, after.peak / MB),
    ];
    pairs.chain(vitals.map(|(name, before, after)| (name.to_owned(), before, after))).collect()
}

/// The table of what grows.
pub fn growth(small: &Report, large: &Report) -> String {
    let rows: Vec<_> = changes(small, large)
        .into_iter()
        .map(|(name, before, after)| {
            let times = after / before;
            vec![name, short(before), short(after), format!("{times:.2}"), reached(times <= STEADY)]
        })
        .collect();
    let counts = [small.people, large.people].map(|people| format!("{} accounts", grouped(people)));
    format!(
        "## {}: what grows\n\nCPU microseconds a request (a sign-in without its hash), unless said otherwise; up to \
         {STEADY} times is the accuracy of the figures.\n\n{}",
        large.stack.title(),
        table(&["figure", &counts[0], &counts[1], "times", "steady?"], &rows)
    )
}

/// Everything that misses its aim, and why.
pub fn missed(reports: &[Report]) -> String {
    let mut lines = Vec::new();
    for report in reports {
        lines.extend(of_process(report));
        lines.extend(of_rows(report));
    }
    for pair in reports.windows(2) {
        let [small, large] = pair else { continue };
        if small.stack == large.stack {
            let grown =
                changes(small, large).into_iter().filter(|(_, before, after)| after / before > STEADY);
            lines.extend(grown.map(|(name, before, after)| {
                format!("{}: {name} grows from {} to {}.", large.stack.title(), short(before), short(after))
            }));
        }
    }
    match lines.is_empty() {
        true => "## Every aim is reached\n".to_owned(),
        false => format!(
            "## Not reached\n\n{}",
            lines.iter().map(|line| format!("- {line}\n")).collect::<String>()
        ),
    }
}

fn named(report: &Report) -> String {
    format!("{}, {} accounts", report.stack.title(), grouped(report.people))
}

fn of_process(report: &Report) -> Vec<String> {
    let (vitals, name) = (&report.vitals, named(report));
    let mut lines = Vec::new();
    if vitals.start >= START {
        lines.push(format!("{name}: a cold start takes {:.0} ms instead of {START:.0}.", vitals.start));
    }
    let rested = vitals.rested.unwrap_or_default();
    for (when, bytes) in [("before the first hash", vitals.idle), ("60 s after the last hash", rested)] {
        if bytes >= IDLE {
            lines.push(format!("{name}: idle {when} it holds {:.1} MB instead of 40.", bytes / MB));
        }
    }
    lines
}

fn of_rows(report: &Report) -> Vec<String> {
    let name = named(report);
    let slow = report.pages.iter().filter(|page| !is_quick(page)).map(|page| {
        let cpu = millis(page.cpu.0 + page.cpu.1);
        format!("{name}: {} takes {cpu} of processor time, and its p95 is {}.", page.path, millis(page.p95))
    });
    let mut lines: Vec<String> = slow.collect();
    for measured in &report.rows {
        let (needs, aim) = row(measured.name, report);
        let (cpu, floor) = (cost(measured).unwrap_or_default(), needs.floor(&report.machine));
        if let Some(aim) = aim.filter(|aim| report.stack == Stack::Servers && cpu > *aim) {
            lines.push(format!(
                "{name}: {} takes {} µs instead of {}. HTTP and signatures alone take {} µs here; the other {} µs are \
                 the program's, its drivers' and the kernel's, mostly for round trips to the stores.",
                measured.name,
                short(cpu),
                short(aim),
                short(floor),
                short((cpu - floor).max(0.0))
            ));
        }
        if let Some((limit, share)) = measured.hashes.filter(|(_, share)| *share < SHARE) {
            let whole = measured.cpu.map_or(0.0, |(_, whole)| whole);
            lines.push(format!(
                "{name}: sign-ins reach {:.0} % of the {} hashes a second. The same cores also run the other {} of a \
                 sign-in's {} in this process, the stores and the load.",
                share * 100.0,
                short(limit),
                millis(cpu),
                millis(whole)
            ));
        }
    }
    lines
}
