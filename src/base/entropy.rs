//! Randomness as a parameter: `App` owns one, flows pass it on, tests may fix it.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// A source of random bytes from the operating system's generator.
#[derive(Clone, Debug)]
pub struct Entropy {
    source: std::sync::Arc<SystemRandom>,
}

/// The generator failed; nothing secret may be made, so the operation must fail closed.
#[derive(Debug, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct NoEntropy;

impl Entropy {
    /// The system's generator (aws-lc's DRBG, seeded by the kernel).
    pub fn system() -> Self {
        Self { source: std::sync::Arc::new(SystemRandom::new()) }
    }

    /// `N` fresh random bytes.
    ///
    /// A failing generator aborts the process: continuing with predictable secrets would be worse.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0u8; N];
        self.fill(&mut out);
        out
    }

    /// Fills `out` with random bytes.
    pub fn fill(&self, out: &mut [u8]) {
        if self.source.fill(out).is_err() {
            std::process::abort();
        }
    }
}
