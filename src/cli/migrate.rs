//! `vouchsafe migrate`: brings the database and the key store to this version.

use super::session::config;
use super::{Around, Failure};
use crate::app::open_stores;

/// Applies what is missing; says what was applied.
pub async fn run(around: &Around) -> Result<(), Failure> {
    let config = config(around)?;
    let stores = open_stores(&config).await?;
    let applied = stores.migrate().await?;
    if around.json {
        around.put(&serde_json::json!({ "applied": applied }).to_string())?;
    } else if applied.is_empty() {
        around.say("Nothing to do: the database is at this version.");
    } else {
        around.say(&format!("Applied: {}", applied.join(", ")));
    }
    stores.store.close().await;
    stores.keys.close().await;
    Ok(())
}
