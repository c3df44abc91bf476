//! Vouchsafe: the sign-in service for telemedicine, a multi-factor OpenID Connect provider.
//!
//! `cli`, `web` and `demo` speak to the world and call one flow; `flows` are the use cases; the domain
//! modules are pure; `store`, `ephemeral` and `mail` keep things. ARCHITECTURE.md walks through it.

pub mod app;
pub mod audit;
pub mod base;
pub mod cli;
pub mod clients;
pub mod config;
pub mod consent;
pub mod demo;
pub mod duties;
pub mod ephemeral;
pub mod factors;
pub mod flows;
pub mod hashing;
pub mod identity;
pub mod keys;
pub mod mail;
pub mod notifications;
pub mod oidc;
pub mod outbound;
pub mod policy;
pub mod sessions;
pub mod store;
pub mod telemetry;
pub mod web;
