//! The integration tests: modules mirror the URLs.

mod cli;
mod ephemeral;
mod stacks;
mod store;
