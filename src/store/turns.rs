//! Turns: changes that must not run beside each other take the same one, which each keeps until it is done.

use super::{Error, Writer, sql};
use crate::base::Timestamp;

/// Waits until nobody else has this turn, and keeps others waiting until this change is done.
pub(super) async fn take(w: &mut Writer, name: &str, now: Timestamp) -> Result<(), Error> {
    sql!(
        "INSERT INTO key_turns (name, taken_at) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET taken_at = excluded.taken_at"
    )
    .bind(name)
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}
