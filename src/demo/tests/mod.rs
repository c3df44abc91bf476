//! The app end to end, over HTTP, against a small provider of our own making and a browser that keeps cookies.

mod browser;
mod fake;
mod journeys;
mod refusals;
