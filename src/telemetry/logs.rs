//! Log lines on standard error: JSON for machines, pretty on a terminal. Standard output is for data.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging for the process; a second call changes nothing. Panics become log lines as well.
pub fn init(config: &Log) {
    let terminal = std::io::stderr().is_terminal();
    let pretty = match config.format {
        LogFormat::Pretty => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    let registry = tracing_subscriber::registry().with(targets(config.level));
    let started = if pretty {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let layer =
            fmt::layer().with_writer(std::io::stderr).with_ansi(terminal && !plain).with_target(false);
        registry.with(layer).try_init()
    } else {
        let layer =
            fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(std::io::stderr);
        registry.with(layer).try_init()
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// Ours at `level`, everybody else's at `warn` at most: at `debug` HTTP and SQL libraries print headers and values.
fn targets(level: LogLevel) -> Targets {
    let ours = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    let theirs = LevelFilter::from_level(ours.min(Level::WARN));
    Targets::new().with_default(theirs).with_target("vouchsafe", ours)
}

/// Where it happened, and what was said if that is fixed text; a formatted message could hold anything.
fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let said = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(withheld)");
    tracing::error!(place, said, "a defect stopped a task");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_speak_only_of_trouble() {
        let debug = targets(LogLevel::Trace);
        assert!(debug.would_enable("vouchsafe::flows::token", &Level::TRACE));
        assert!(debug.would_enable("sqlx::query", &Level::WARN));
        assert!(!debug.would_enable("sqlx::query", &Level::INFO));
        assert!(!targets(LogLevel::Error).would_enable("hyper", &Level::WARN));
        assert!(!targets(LogLevel::Info).would_enable("vouchsafe", &Level::DEBUG));
    }
}
