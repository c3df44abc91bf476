//! Copies of apps' logos, by their digests.

use super::{Error, Store, Writer, sql};
use crate::base::Timestamp;
use crate::clients::logo::{Logo, Media};

/// Keeps a logo before an app names it; it stays where it is known already.
pub async fn keep(w: &mut Writer, logo: &Logo, now: Timestamp) -> Result<(), Error> {
    sql!(
        "INSERT INTO logos (digest, media, image, kept_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (digest) DO UPDATE SET kept_at = $4"
    )
    .bind(logo.name())
    .bind(logo.media.as_str())
    .bind(logo.image.clone())
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// A logo that an app shows.
pub async fn find(store: &Store, name: &str) -> Result<Option<Logo>, Error> {
    let row = sql!(
        "SELECT media, image FROM logos WHERE digest = $1 AND EXISTS (SELECT 1 FROM clients WHERE logo = $1)"
    )
    .bind(name)
    .optional(store)
    .await?;
    row.map(|row| Ok(Logo { media: row.parse(0, Media::parse)?, image: row.get(1)? })).transpose()
}

/// Forgets logos that no app names, and that were not kept a moment ago for one that will.
pub async fn sweep(w: &mut Writer, before: Timestamp) -> Result<u64, Error> {
    sql!(
        "DELETE FROM logos WHERE kept_at < $1 AND NOT EXISTS (SELECT 1 FROM clients WHERE clients.logo = logos.digest)"
    )
    .bind(before)
    .execute(w)
    .await
}
