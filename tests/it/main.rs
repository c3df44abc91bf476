//! The integration tests: modules mirror the URLs.

mod ephemeral;
mod stacks;
mod store;
