//! What the command line asks for.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How `./bench` is used.
pub const USAGE: &str = "\
usage: ./bench [option…]
  --quick             three short runs, the small population alone, no saturated queue
  --stack NAME        embedded (SQLite) or servers (PostgreSQL and Redis); both unless named
  --accounts N        one population of N accounts and N sessions, instead of 1,000 and 1,000,000
  --only WORDS        the rows whose names hold one of these words, separated by commas; console is a row
  --runs N            runs of each row, of which the medians are printed (5)
  --seconds S         length of a run (1.2)
  --connections N     connections of the load (16)
  --no-saturation     without the p99s beside a full hashing queue
  --no-rest           without the minute of rest after the last hash, and the idle memory after it";

/// Which stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// SQLite; sessions in a table of it.
    Embedded,
    /// PostgreSQL and Redis.
    Servers,
}

impl Stack {
    /// As it is shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::Embedded => "SQLite, embedded sessions",
            Self::Servers => "PostgreSQL and Redis",
        }
    }
}

/// The choices, with the defaults filled in.
#[derive(Clone, Debug)]
pub struct Options {
    /// Stacks to measure.
    pub stacks: Vec<Stack>,
    /// Populations to measure, the small one first.
    pub populations: Vec<u64>,
    /// Rows to measure; empty means all.
    pub only: Vec<String>,
    /// Runs of a row.
    pub runs: usize,
    /// Length of a run.
    pub length: Duration,
    /// Connections of the load.
    pub connections: usize,
    /// Codes exchanged in a run.
    pub codes: usize,
    /// Whether to measure beside a full queue.
    pub saturation: bool,
    /// Whether to wait for the memory to be given back.
    pub rest: bool,
}

impl Options {
    /// Reads the arguments; `None` when help was asked for.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut options = Self {
            stacks: vec![Stack::Embedded, Stack::Servers],
            populations: vec![1_000, 1_000_000],
            only: Vec::new(),
            runs: 5,
            length: Duration::from_millis(1_200),
            connections: 16,
            codes: 2_400,
            saturation: true,
            rest: true,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                // What cargo adds.
                "--bench" => {}
                "--help" | "-h" => return Ok(None),
                "--quick" => {
                    options.populations = vec![1_000];
                    (options.runs, options.length, options.codes) = (3, Duration::from_millis(600), 800);
                    (options.saturation, options.rest) = (false, false);
                }
                "--stack" => {
                    options.stacks = vec![match value()?.as_str() {
                        "embedded" => Stack::Embedded,
                        "servers" => Stack::Servers,
                        other => bail!("--stack is embedded or servers, not {other}"),
                    }];
                }
                "--accounts" => {
                    options.populations = vec![value()?.replace(',', "").parse().context("--accounts")?]
                }
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--runs" => options.runs = value()?.parse().context("--runs")?,
                "--seconds" => {
                    options.length = Duration::from_secs_f64(value()?.parse().context("--seconds")?)
                }
                "--connections" => options.connections = value()?.parse().context("--connections")?,
                "--no-saturation" => options.saturation = false,
                "--no-rest" => options.rest = false,
                other => bail!("no such option: {other}\n{USAGE}"),
            }
        }
        if options.populations.iter().any(|count| *count < 100)
            || options.runs == 0
            || options.connections == 0
        {
            bail!("at least 100 accounts, one run and one connection");
        }
        Ok(Some(options))
    }

    /// Whether a row is wanted.
    pub fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| row.contains(word.as_str()))
    }
}
