//! The integration tests: modules mirror the URLs.

mod actors;
mod cli;
mod ephemeral;
mod faults;
mod idp;
mod installation;
mod oidc;
mod servers;
mod stacks;
mod store;
