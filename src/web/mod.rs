//! HTTP in and out: speaks axum, calls one flow, answers.

pub mod assets;
pub mod pages;
