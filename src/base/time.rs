//! Points in time in UTC microseconds, durations in seconds, and the clock that is read once an operation.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Microseconds since 1970-01-01T00:00:00Z; what BIGINT columns hold.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A length of time in whole seconds.
pub type Seconds = i64;

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the epoch, as JWTs hold them (RFC 7519 NumericDate); saturates.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// `seconds` later (earlier when negative); saturates.
    pub const fn plus(self, seconds: Seconds) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Seconds from `earlier` to this, rounded down; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Seconds {
        self.0.saturating_sub(earlier.0).div_euclid(1_000_000)
    }

    /// Reads RFC 3339 (`2026-11-23T14:45:00Z`, any offset), or a day (`2026-11-23`), which begins at midnight UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let found = match text.len() {
            10 => moment(&format!("{text}T00:00:00Z")),
            _ => moment(text),
        };
        found.map(|at| Self(at.as_microsecond()))
    }

    /// The full minute at or after this moment: pages show no seconds, and must not say a time that is too early.
    pub fn minute_after(self) -> Self {
        const MINUTE: i64 = 60_000_000;
        Self::from_micros(self.micros().saturating_add(MINUTE - 1).div_euclid(MINUTE) * MINUTE)
    }

    /// RFC 3339 in UTC, e.g. `2026-11-23T14:45:00Z`, to the second.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.seconds()).map(|t| t.to_string()).unwrap_or_default()
    }
}

/// Where `now` comes from: the system, or a hand-set value in tests.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Microseconds set by hand; shared, so that a test moves time for the whole program.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The present; read once per operation and passed on.
    #[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                Timestamp(since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
            }
            Self::Set(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_days_are_read() {
        let table = [
            ("2026-11-23T14:45:00Z", Some(1_795_445_100)),
            ("2026-11-23T15:45:00+01:00", Some(1_795_445_100)),
            ("2026-11-23", Some(1_795_392_000)),
            ("2026-11-31", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, seconds) in table {
            assert_eq!(Timestamp::parse(text), seconds.map(Timestamp::from_seconds), "{text}");
        }
    }
}
