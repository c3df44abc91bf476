//! The store's contract, on each engine.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod audit;
mod changes;
mod ciba;
mod families;
mod links;
mod migrations;
mod outbox;
mod search;
mod values;
