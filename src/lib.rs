//! Vouchsafe: the sign-in service for telemedicine, a multi-factor OpenID Connect provider.
//!
//! `cli`, `web` and `demo` speak to the world and call one flow; `flows` are the use cases; the domain
//! modules are pure; `store`, `ephemeral` and `mail` keep things. ARCHITECTURE.md walks through it.
//!
//! A fuzzer builds the parsers alone, and what they stand on: the walls let it.

#[cfg(not(fuzzing))]
pub mod app;
#[cfg(not(fuzzing))]
pub mod audit;
pub mod base;
#[cfg(not(fuzzing))]
pub mod cli;
pub mod clients;
#[cfg(not(fuzzing))]
pub mod config;
pub mod consent;
#[cfg(not(fuzzing))]
pub mod demo;
#[cfg(not(fuzzing))]
pub mod duties;
#[cfg(not(fuzzing))]
pub mod ephemeral;
pub mod factors;
#[cfg(not(fuzzing))]
pub mod flows;
#[cfg(not(fuzzing))]
pub mod hashing;
pub mod identity;
pub mod keys;
#[cfg(not(fuzzing))]
pub mod mail;
#[cfg(not(fuzzing))]
pub mod notifications;
pub mod oidc;
#[cfg(not(fuzzing))]
pub mod outbound;
pub mod policy;
pub mod sessions;
#[cfg(not(fuzzing))]
pub mod store;
#[cfg(not(fuzzing))]
pub mod telemetry;
#[cfg(not(fuzzing))]
pub mod web;
/// The parser that strangers reach first.
#[cfg(fuzzing)]
pub mod web {
    pub mod cookies;
}
