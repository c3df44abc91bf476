//! Registered clients and what people agreed to with them.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, ClientId, Digest, OrganisationId, Scopes, Timestamp};
use crate::clients::{Client, ClientState, metadata};
use crate::consent::Consent;

fn read(row: &Row) -> Result<Client, Error> {
    let document: serde_json::Value =
        serde_json::from_str(&row.get::<String>(3)?).map_err(|_| Error::corrupt("client.document"))?;
    let secrets: Vec<Digest> =
        serde_json::from_str(&row.get::<String>(4)?).map_err(|_| Error::corrupt("client.secrets"))?;
    let state = ClientState::parse(&row.get::<String>(2)?).ok_or_else(|| Error::corrupt("client.state"))?;
    let id: String = row.get(0)?;
    let (metadata, policy) = metadata::parse(&document).map_err(|_| Error::corrupt("client.document"))?;
    Ok(Client {
        name: metadata.client_name.clone().unwrap_or_else(|| id.clone()),
        id: ClientId::from_text(id),
        organisation: OrganisationId::from_text(row.get::<String>(1)?),
        state,
        metadata,
        policy,
        secret_digests: secrets,
        valid_after: row.get(5)?,
        created_at: row.get(6)?,
    })
}

fn document(client: &Client) -> String {
    let mut document = client.metadata.to_json();
    document.insert("policy".to_owned(), client.policy.to_json());
    serde_json::Value::Object(document).to_string()
}

/// A client by its `client_id`.
pub async fn find(store: &Store, id: &ClientId) -> Result<Option<Client>, Error> {
    let row = sql!(
        "SELECT id, organisation, state, document, secrets, valid_after, created_at FROM clients WHERE id = $1"
    )
    .bind(id.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Every client, oldest first.
pub async fn list(store: &Store) -> Result<Vec<Client>, Error> {
    let rows = sql!(
        "SELECT id, organisation, state, document, secrets, valid_after, created_at FROM clients
         ORDER BY created_at, id"
    )
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// Registers a client; `Conflict` when the id is taken.
pub async fn insert(w: &mut Writer, client: &Client) -> Result<(), Error> {
    let secrets =
        serde_json::to_string(&client.secret_digests).map_err(|_| Error::corrupt("client.secrets"))?;
    sql!(
        "INSERT INTO clients (id, organisation, state, document, secrets, valid_after, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
    )
    .bind(client.id.as_str())
    .bind(client.organisation.as_str())
    .bind(client.state.as_str())
    .bind(document(client))
    .bind(secrets)
    .bind(client.valid_after)
    .bind(client.created_at)
    .execute(w)
    .await?;
    Ok(())
}

/// Replaces what is registered; state and age stay.
pub async fn update(w: &mut Writer, client: &Client) -> Result<(), Error> {
    let secrets =
        serde_json::to_string(&client.secret_digests).map_err(|_| Error::corrupt("client.secrets"))?;
    sql!("UPDATE clients SET document = $2, secrets = $3 WHERE id = $1")
        .bind(client.id.as_str())
        .bind(document(client))
        .bind(secrets)
        .execute(w)
        .await?;
    Ok(())
}

/// Sets the state; `false` when nothing changed. Disabling ends what was issued before.
pub async fn set_state(
    w: &mut Writer,
    id: &ClientId,
    state: ClientState,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE clients SET state = $2, valid_after = $3, updated_at = $3 WHERE id = $1 AND state <> $2"
    )
    .bind(id.as_str())
    .bind(state.as_str())
    .bind(now)
    .execute(&mut *w)
    .await?;
    if changed == 0 {
        return Ok(false);
    }
    sql!("UPDATE families SET ended_at = $2, ended_why = 'client' WHERE client = $1 AND ended_at IS NULL")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(true)
}

/// Remembers an agreement.
pub async fn agree(
    w: &mut Writer,
    account: &AccountId,
    client: &ClientId,
    scopes: &Scopes,
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO consents (account, client, scopes, granted_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account, client) DO UPDATE SET scopes = $3, granted_at = $4"
    )
    .bind(account.as_str())
    .bind(client.as_str())
    .bind(scopes.to_string())
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// What a person shares with one client.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The client.
    pub client: ClientId,
    /// What was agreed to.
    pub consent: Consent,
    /// When the client last asked for tokens of the person, as far as that is still known.
    pub used_at: Option<Timestamp>,
}

/// What a person shares with whom, the newest first.
pub async fn agreements(store: &Store, account: &AccountId) -> Result<Vec<Shared>, Error> {
    let rows = sql!(
        "SELECT c.client, c.scopes, c.granted_at, (SELECT MAX(f.rotated_at) FROM families f
             WHERE f.account = c.account AND f.client = c.client)
         FROM consents c WHERE c.account = $1 ORDER BY c.granted_at DESC, c.client LIMIT 100"
    )
    .bind(account.as_str())
    .all(store)
    .await?;
    rows.iter()
        .map(|row| {
            let consent = Consent { scopes: Scopes::parse(&row.get::<String>(1)?), granted_at: row.get(2)? };
            Ok(Shared { client: ClientId::from_text(row.get::<String>(0)?), consent, used_at: row.get(3)? })
        })
        .collect()
}

/// Forgets an agreement; `false` when there was none.
pub async fn disagree(w: &mut Writer, account: &AccountId, client: &ClientId) -> Result<bool, Error> {
    let gone = sql!("DELETE FROM consents WHERE account = $1 AND client = $2")
        .bind(account.as_str())
        .bind(client.as_str())
        .execute(w)
        .await?;
    Ok(gone == 1)
}

/// The `sub` a sector knows the person by; made at first use, then constant (OpenID Connect Core §8).
pub async fn subject(
    w: &mut Writer,
    account: &AccountId,
    sector: &str,
    candidate: &str,
) -> Result<String, Error> {
    let known = sql!("SELECT sub FROM subjects WHERE account = $1 AND sector = $2")
        .bind(account.as_str())
        .bind(sector)
        .optional(&mut *w)
        .await?;
    if let Some(row) = known {
        return row.get(0);
    }
    sql!("INSERT INTO subjects (account, sector, sub) VALUES ($1, $2, $3) ON CONFLICT (account, sector) DO NOTHING")
        .bind(account.as_str())
        .bind(sector)
        .bind(candidate)
        .execute(&mut *w)
        .await?;
    let row = sql!("SELECT sub FROM subjects WHERE account = $1 AND sector = $2")
        .bind(account.as_str())
        .bind(sector)
        .one(w)
        .await?;
    row.get(0)
}

/// The `sub` if one was made.
pub async fn find_subject(store: &Store, account: &AccountId, sector: &str) -> Result<Option<String>, Error> {
    let row = sql!("SELECT sub FROM subjects WHERE account = $1 AND sector = $2")
        .bind(account.as_str())
        .bind(sector)
        .optional(store)
        .await?;
    row.map(|r| r.get(0)).transpose()
}
