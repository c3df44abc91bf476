//! Logs, metrics and word to systemd: what operators see. It looks at no business value; callers hand it words
//! from closed lists, so that neither a log nor a label can hold a name.

pub mod logs;
pub mod metrics;
pub mod systemd;

pub use logs::init;
pub use metrics::{Metrics, install};
