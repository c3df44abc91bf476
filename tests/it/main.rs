//! The integration tests: modules mirror the URLs.

mod actors;
mod authenticator;
mod cli;
mod ephemeral;
mod idp;
mod limits;
mod oidc;
mod stacks;
mod steps;
mod store;
