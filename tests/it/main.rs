//! The integration tests: modules mirror the URLs.

#![expect(clippy::indexing_slicing, reason = "tests stop at the first surprise")]

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
