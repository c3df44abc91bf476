//! Which FIDO metadata files were read: their numbers only grow.

use super::{Error, Store, Writer, sql};
use crate::base::Timestamp;

/// Notes that a file below a root was read; answers the highest number ever noted, which is another where a newer file
/// was read before.
pub async fn read(w: &mut Writer, root: &str, number: i64, now: Timestamp) -> Result<i64, Error> {
    sql!(
        "INSERT INTO metadata_files (root, number, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (root) DO UPDATE SET number = excluded.number, seen_at = excluded.seen_at
         WHERE metadata_files.number < excluded.number"
    )
    .bind(root)
    .bind(number)
    .bind(now)
    .execute(&mut *w)
    .await?;
    let row = sql!("SELECT number FROM metadata_files WHERE root = $1").bind(root).optional(w).await?;
    row.ok_or_else(|| Error::corrupt("metadata_files"))?.get(0)
}

/// The highest number of a file below a root that was ever read.
pub async fn highest(store: &Store, root: &str) -> Result<Option<i64>, Error> {
    let row = sql!("SELECT number FROM metadata_files WHERE root = $1").bind(root).optional(store).await?;
    row.map(|row| row.get(0)).transpose()
}
