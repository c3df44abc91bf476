//! The integration tests: modules mirror the URLs.

mod actors;
mod cli;
mod ephemeral;
mod figures;
mod idp;
mod oidc;
mod stacks;
mod store;
