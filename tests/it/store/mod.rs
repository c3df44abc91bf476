//! The store's contract, on each engine.

mod audit;
mod changes;
mod migrations;
mod values;
