//! Mail: how it is handed over, what waits and for how long, and the link that says “this was not me”.

mod not_me;
mod outbox;
pub mod sink;
pub mod transport;
