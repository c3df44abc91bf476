//! The integration tests: modules mirror the URLs.

#![expect(clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod account;
mod actors;
mod admin;
mod api;
mod apps;
mod authenticator;
mod cli;
mod enrolment;
mod ephemeral;
mod erasure;
mod faults;
mod figures;
mod idp;
mod imports;
mod installation;
mod limits;
mod mail;
mod models;
mod oidc;
mod operations;
mod outbound;
mod policies;
mod proxies;
mod scim;
mod servers;
mod sessions;
mod shared_desk;
mod stacks;
mod steps;
mod store;
mod webhooks;
