//! The benchmark: `./bench` runs it and prints tables. It drives the release binary from outside, over HTTP, and
//! uses the library only to load people and to know what the machine can do.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables are for stdout, progress is for stderr"
)]
#![expect(clippy::cast_precision_loss, reason = "counts become figures of a table")]

mod console;
mod endpoints;
mod figures;
mod http;
mod installation;
mod load;
mod loading;
mod machine;
mod measure;
mod options;
mod population;
mod proved;
mod report;
mod rows;
mod server;
mod sign_in;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use vouchsafe::base::Clock;

use options::{Options, USAGE};

// The program's, so that hashes are measured as it computes them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let Some(options) = Options::read(std::env::args().skip(1))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let named =
        |name: &str, other: &str| std::env::var_os(name).map_or_else(|| PathBuf::from(other), PathBuf::from);
    let binary = named("VOUCHSAFE_BENCH_BINARY", env!("CARGO_BIN_EXE_vouchsafe"));
    let work = named("VOUCHSAFE_BENCH_WORK", "bench-data/work");
    std::fs::create_dir_all(&work)?;
    let work = work.canonicalize()?;
    let mut printed = Printed::begin()?;
    let (cores, wanted) = (std::thread::available_parallelism()?, &options);
    printed.put(&format!(
        "# Benchmark\n\n{}, {cores} cores, {} connections, medians of {} runs; load and servers on this machine.\n",
        Clock::System.now().to_rfc3339(),
        wanted.connections,
        wanted.runs
    ))?;
    let mut reports = Vec::new();
    for stack in &options.stacks {
        let first = reports.len();
        for people in &options.populations {
            let report = measure::measure(&options, *stack, *people, &binary, &work)?;
            printed.put(&report::of(&report))?;
            reports.push(report);
        }
        if let Some([small, large]) = reports.get(first..) {
            printed.put(&report::growth(small, large))?;
        }
    }
    printed.put(&report::missed(&reports))
}

/// What is printed is kept as well.
struct Printed {
    path: PathBuf,
    text: String,
}

impl Printed {
    fn begin() -> Result<Self> {
        let folder = Path::new("bench-data");
        std::fs::create_dir_all(folder)?;
        let name = Clock::System.now().to_rfc3339().replace(':', "");
        Ok(Self { path: folder.join(format!("{name}.md")), text: String::new() })
    }

    fn put(&mut self, part: &str) -> Result<()> {
        println!("{part}");
        self.text.push_str(part);
        self.text.push('\n');
        std::fs::write(&self.path, &self.text).with_context(|| self.path.display().to_string())
    }
}
