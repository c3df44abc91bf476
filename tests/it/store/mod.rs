//! The store's contract, on each engine.

mod changes;
mod migrations;
mod values;
