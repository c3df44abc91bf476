//! Apps for which something is due: word of a sign-in that is over, or of an answer given elsewhere. Each sort says itself where
//! it stands.

use super::{Error, Row, Stmt, Store};
use crate::base::{ClientId, Timestamp};

/// Apps looked at in one go.
const APPS: usize = 100;

/// An app for which something is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The app.
    pub client: ClientId,
    /// Whether something that waits for it failed before.
    pub failing: bool,
}

/// The apps that a look finds by the present and by how many there may be, so many more than usual: each with 1 where something
/// failed.
pub(super) async fn apps(store: &Store, look: Stmt, now: Timestamp, more: usize) -> Result<Vec<Due>, Error> {
    let most = i64::try_from(APPS.saturating_add(more)).unwrap_or(i64::MAX);
    let rows = look.bind(now).bind(most).all(store).await?;
    let due = |row: &Row| {
        Ok(Due { client: ClientId::from_text(row.get::<String>(0)?), failing: row.get::<i64>(1)? == 1 })
    };
    rows.iter().map(due).collect()
}
