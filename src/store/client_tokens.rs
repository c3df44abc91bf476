//! Tokens by which apps register themselves: kept by digest, spent by one guarded statement; and each such app's key to its own
//! registration.

use super::{Error, Row, Store, Target, Writer, sql};
use crate::base::{ClientId, Digest, OrganisationId, Timestamp};
use crate::clients::{ClientToken, Terms};
use crate::duties::Path;

/// Most tokens of an organisation that are listed, and that register anything at once.
pub const MOST: i64 = 100;

fn read(row: &Row) -> Result<ClientToken, Error> {
    Ok(ClientToken {
        id: row.get(0)?,
        organisation: OrganisationId::from_text(row.get::<String>(1)?),
        label: row.get(2)?,
        terms: terms(&row.get::<String>(3)?)?,
        uses: row.get(4)?,
        used: row.get(5)?,
        made_by: row.get(6)?,
        created_at: row.get(7)?,
        expires_at: row.get(8)?,
        revoked_at: row.get(9)?,
    })
}

fn terms(text: &str) -> Result<Terms, Error> {
    let value = serde_json::from_str(text).map_err(|_| Error::corrupt("client_tokens.terms"))?;
    Terms::parse(&value).map_err(|_| Error::corrupt("client_tokens.terms"))
}

/// Keeps a token that was drawn; `false` where its organisation has as many as it may.
pub async fn insert(w: &mut Writer, token: &ClientToken, digest: Digest) -> Result<bool, Error> {
    // Whoever makes one at the same organisation at once takes turns at its row.
    sql!("UPDATE organisations SET updated_at = updated_at WHERE id = $1")
        .bind(token.organisation.as_str())
        .execute(&mut *w)
        .await?;
    let inserted = sql!(
        "INSERT INTO client_tokens
             (id, digest, organisation, label, terms, uses, used, made_by, created_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, 0, $7, $8, $9
         WHERE (SELECT COUNT(*) FROM client_tokens WHERE organisation = $3 AND revoked_at IS NULL
                AND used < uses AND expires_at > $8) < $10"
    )
    .bind(token.id.as_str())
    .bind(digest)
    .bind(token.organisation.as_str())
    .bind(token.label.as_deref())
    .bind(token.terms.to_json().to_string())
    .bind(token.uses)
    .bind(token.made_by.as_str())
    .bind(token.created_at)
    .bind(token.expires_at)
    .bind(MOST)
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// A token by its id.
pub async fn find(store: &Store, id: &str) -> Result<Option<ClientToken>, Error> {
    let row = sql!(
        "SELECT id, organisation, label, terms, uses, used, made_by, created_at, expires_at, revoked_at
         FROM client_tokens WHERE id = $1"
    )
    .bind(id)
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

/// A token by what it is, whatever became of it.
pub async fn find_by_digest(store: &Store, digest: Digest) -> Result<Option<ClientToken>, Error> {
    let row = sql!(
        "SELECT id, organisation, label, terms, uses, used, made_by, created_at, expires_at, revoked_at
         FROM client_tokens WHERE digest = $1"
    )
    .bind(digest)
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

/// The tokens at a place of the tree and below it, the newest first, each with its own place.
pub async fn below(store: &Store, place: &Path) -> Result<Vec<(ClientToken, Path)>, Error> {
    // Ids hold no wildcards.
    let rows = sql!(
        "SELECT t.id, t.organisation, t.label, t.terms, t.uses, t.used, t.made_by, t.created_at, t.expires_at,
             t.revoked_at, o.path
         FROM client_tokens t JOIN organisations o ON o.id = t.organisation
         WHERE o.path LIKE $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2"
    )
    .bind(format!("{}%", place.as_str()))
    .bind(MOST)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((read(row)?, Path::from_text(row.get::<String>(10)?)))).collect()
}

/// Takes a token back; `false` where that was done before.
pub async fn revoke(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let revoked = sql!("UPDATE client_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(w)
        .await?;
    Ok(revoked == 1)
}

/// Spends one use of a token; of 64 at once as many get one as there are.
pub async fn spend(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let spent = sql!(
        "UPDATE client_tokens SET used = used + 1
         WHERE id = $1 AND used < uses AND revoked_at IS NULL AND expires_at > $2"
    )
    .bind(id)
    .bind(now)
    .execute(w)
    .await?;
    Ok(spent == 1)
}

/// Forgets tokens that registered nothing for long, because they could not any more.
pub async fn sweep(w: &mut Writer, before: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM client_tokens WHERE expires_at < $1").bind(before).execute(w).await
}

/// How an app registered itself.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its key to its own registration.
    pub digest: Digest,
    /// The token it came with, by its id.
    pub token: Option<String>,
    /// The terms it came within.
    pub terms: Terms,
    /// What it registered itself, as [`super::clients::fingerprint`] tells it.
    pub document: Digest,
}

/// Keeps how an app registered itself.
pub async fn register(w: &mut Writer, client: &ClientId, registered: &Registered) -> Result<(), Error> {
    sql!(
        "INSERT INTO client_registrations (client, digest, token, terms, document) VALUES ($1, $2, $3, $4, $5)"
    )
    .bind(client.as_str())
    .bind(registered.digest)
    .bind(registered.token.as_deref())
    .bind(registered.terms.to_json().to_string())
    .bind(registered.document)
    .execute(w)
    .await?;
    Ok(())
}

/// How an app registered itself, if it did.
pub async fn registered<'t>(
    target: impl Into<Target<'t>>,
    client: &ClientId,
) -> Result<Option<Registered>, Error> {
    let row = sql!("SELECT digest, token, terms, document FROM client_registrations WHERE client = $1")
        .bind(client.as_str())
        .optional(target)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Registered {
        digest: row.get(0)?,
        token: row.get(1)?,
        terms: terms(&row.get::<String>(2)?)?,
        document: row.get(3)?,
    }))
}

/// An app registered something else.
pub async fn again(w: &mut Writer, client: &ClientId, document: Digest) -> Result<(), Error> {
    sql!("UPDATE client_registrations SET document = $2 WHERE client = $1")
        .bind(client.as_str())
        .bind(document)
        .execute(w)
        .await?;
    Ok(())
}
