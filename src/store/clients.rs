//! Registered clients and what people agreed to with them.

use super::{Error, Row, Store, Target, Writer, sql};
use crate::base::{AccountId, ClientId, Digest, OrganisationId, Scopes, Timestamp};
use crate::clients::{Client, ClientSecret, ClientState, Origin, Stage, metadata, secret};
use crate::consent::Consent;
use crate::duties::{Path, Rank};

fn read(row: &Row) -> Result<Client, Error> {
    let document: serde_json::Value =
        serde_json::from_str(&row.get::<String>(3)?).map_err(|_| Error::corrupt("client.document"))?;
    let digests: Vec<Digest> =
        serde_json::from_str(&row.get::<String>(4)?).map_err(|_| Error::corrupt("client.secrets"))?;
    let notes: Vec<secret::Note> =
        serde_json::from_str(&row.get::<String>(8)?).map_err(|_| Error::corrupt("client.secret_notes"))?;
    let created_at = row.get(6)?;
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
        stage: row.parse(7, Stage::parse)?,
        secrets: ClientSecret::joined(digests, &notes, created_at),
        watched_until: row.get(9)?,
        lent: None,
        is_named: row.get::<Option<Timestamp>>(10)?.is_some(),
        origin: row.parse(11, Origin::parse)?,
        logo: row.get(12)?,
        valid_after: row.get(5)?,
        created_at,
    })
}

fn document(client: &Client) -> String {
    serde_json::Value::Object(client.registered()).to_string()
}

/// A client by its `client_id`.
pub async fn find<'t>(target: impl Into<Target<'t>>, id: &ClientId) -> Result<Option<Client>, Error> {
    let row = sql!(
        "SELECT id, organisation, state, document, secrets, valid_after, created_at, stage, secret_notes, watched_until,
             named_at, origin, logo
         FROM clients WHERE id = $1"
    )
    .bind(id.as_str())
    .optional(target)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Holds a client as it is until the end of the change: whoever changes it waits.
pub async fn hold(w: &mut Writer, id: &ClientId) -> Result<(), Error> {
    sql!("UPDATE clients SET updated_at = updated_at WHERE id = $1").bind(id.as_str()).execute(w).await?;
    Ok(())
}

/// Every client, oldest first.
pub async fn list(store: &Store) -> Result<Vec<Client>, Error> {
    let rows = sql!(
        "SELECT id, organisation, state, document, secrets, valid_after, created_at, stage, secret_notes, watched_until,
             named_at, origin, logo
         FROM clients ORDER BY created_at, id"
    )
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// What every enabled client registered, as it is kept: to be told from another text without being read.
pub async fn registered(store: &Store) -> Result<Vec<(ClientId, String)>, Error> {
    let rows = sql!("SELECT id, document FROM clients WHERE state = 'enabled'").all(store).await?;
    rows.iter().map(|row| Ok((ClientId::from_text(row.get::<String>(0)?), row.get(1)?))).collect()
}

/// The origins of the redirect URIs in what a client registered.
pub fn origins(document: &str) -> Result<Vec<String>, Error> {
    let unread = || Error::corrupt("client.document");
    let document = serde_json::from_str(document).map_err(|_| unread())?;
    let (metadata, _) = metadata::parse(&document).map_err(|_| unread())?;
    Ok(metadata.origins().into_iter().map(str::to_owned).collect())
}

fn digests(secrets: &[ClientSecret]) -> Result<String, Error> {
    let digests: Vec<_> = secrets.iter().map(|secret| secret.digest).collect();
    serde_json::to_string(&digests).map_err(|_| Error::corrupt("client.secrets"))
}

fn notes(secrets: &[ClientSecret]) -> Result<String, Error> {
    let notes: Vec<_> = secrets.iter().map(ClientSecret::note).collect();
    serde_json::to_string(&notes).map_err(|_| Error::corrupt("client.secret_notes"))
}

/// Registers a client; `Conflict` when the id is taken.
pub async fn insert(w: &mut Writer, client: &Client) -> Result<(), Error> {
    sql!(
        "INSERT INTO clients
             (id, organisation, state, document, secrets, valid_after, created_at, updated_at, stage, secret_notes, origin,
             logo)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)"
    )
    .bind(client.id.as_str())
    .bind(client.organisation.as_str())
    .bind(client.state.as_str())
    .bind(document(client))
    .bind(digests(&client.secrets)?)
    .bind(client.valid_after)
    .bind(client.created_at)
    .bind(client.stage.as_str())
    .bind(notes(&client.secrets)?)
    .bind(client.origin.as_str())
    .bind(client.logo.as_deref())
    .execute(w)
    .await?;
    Ok(())
}

/// Replaces what is registered; state and age stay.
pub async fn update(w: &mut Writer, client: &Client) -> Result<(), Error> {
    sql!("UPDATE clients SET document = $2, secrets = $3, secret_notes = $4 WHERE id = $1")
        .bind(client.id.as_str())
        .bind(document(client))
        .bind(digests(&client.secrets)?)
        .bind(notes(&client.secrets)?)
        .execute(w)
        .await?;
    Ok(())
}

/// A client's row as it was read; [`replace`] needs it unchanged.
#[derive(Clone, Debug)]
pub struct Seen {
    document: String,
    secrets: String,
    stage: String,
    is_named: bool,
}

impl Seen {
    /// What stands there as registered, told by [`fingerprint`].
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.document)
    }
}

/// Tells one registration from another, as it is kept.
pub fn fingerprint(client: &Client) -> Digest {
    Digest::of(document(client))
}

/// A client inside a change, with its row as it is now.
pub async fn find_seen(w: &mut Writer, id: &ClientId) -> Result<Option<(Client, Seen)>, Error> {
    let row = sql!(
        "SELECT id, organisation, state, document, secrets, valid_after, created_at, stage, secret_notes, watched_until,
             named_at, origin, logo
         FROM clients WHERE id = $1"
    )
    .bind(id.as_str())
    .optional(w)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let client = read(&row)?;
    let is_named = client.is_named;
    let seen = Seen { document: row.get(3)?, secrets: row.get(4)?, stage: row.get(7)?, is_named };
    Ok(Some((client, seen)))
}

/// Replaces registration, stage, secrets and watch; `false` when somebody else changed the row meanwhile.
pub async fn replace(w: &mut Writer, seen: &Seen, client: &Client, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE clients SET document = $5, secrets = $6, secret_notes = $7, stage = $8, watched_until = $9,
             updated_at = $10, logo = $12
         WHERE id = $1 AND document = $2 AND secrets = $3 AND stage = $4 AND (named_at IS NOT NULL) = $11"
    )
    .bind(client.id.as_str())
    .bind(seen.document.as_str())
    .bind(seen.secrets.as_str())
    .bind(seen.stage.as_str())
    .bind(document(client))
    .bind(digests(&client.secrets)?)
    .bind(notes(&client.secrets)?)
    .bind(client.stage.as_str())
    .bind(client.watched_until)
    .bind(now)
    .bind(seen.is_named)
    .bind(client.logo.as_deref())
    .execute(w)
    .await?;
    Ok(changed == 1)
}

/// Notes that people have a `sub` at this app from now on; once.
pub async fn named(w: &mut Writer, id: &ClientId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE clients SET named_at = $2 WHERE id = $1 AND named_at IS NULL")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Remembers when a client, or one of its secrets, proved itself; never moves back.
pub async fn used(w: &mut Writer, client: &ClientId, what: &str, at: Timestamp) -> Result<(), Error> {
    sql!(
        "INSERT INTO client_uses (client, what, used_at) VALUES ($1, $2, $3)
         ON CONFLICT (client, what) DO UPDATE SET used_at = $3 WHERE client_uses.used_at < $3"
    )
    .bind(client.as_str())
    .bind(what)
    .bind(at)
    .execute(w)
    .await?;
    Ok(())
}

/// When the client (by the empty name) and each of its secrets (by its id) last proved itself.
pub async fn uses(store: &Store, client: &ClientId) -> Result<Vec<(String, Timestamp)>, Error> {
    let rows =
        sql!("SELECT what, used_at FROM client_uses WHERE client = $1 ORDER BY used_at DESC LIMIT 100")
            .bind(client.as_str())
            .all(store)
            .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// An app in a list.
#[derive(Debug)]
pub struct Listed {
    /// The app.
    pub client: Client,
    /// The name of its organisation.
    pub organisation: String,
    /// When it last proved itself.
    pub used_at: Option<Timestamp>,
}

/// The apps of a place in the tree and below, newest first, after one of them.
pub async fn page(
    store: &Store,
    place: &Path,
    after: Option<(Timestamp, &ClientId)>,
    most: i64,
) -> Result<Vec<Listed>, Error> {
    let (at, id) = after.map_or((Timestamp::from_micros(i64::MAX), ""), |(at, id)| (at, id.as_str()));
    let rows = sql!(
        "SELECT c.id, c.organisation, c.state, c.document, c.secrets, c.valid_after, c.created_at, c.stage,
             c.secret_notes, c.watched_until, c.named_at, c.origin, c.logo, o.name, u.used_at
         FROM clients c JOIN organisations o ON o.id = c.organisation
             LEFT JOIN client_uses u ON u.client = c.id AND u.what = ''
         WHERE o.path LIKE $1 AND (c.created_at < $2 OR (c.created_at = $2 AND c.id < $3))
         ORDER BY c.created_at DESC, c.id DESC LIMIT $4"
    )
    .bind(format!("{}%", place.as_str()))
    .bind(at)
    .bind(id)
    .bind(most)
    .all(store)
    .await?;
    let listed =
        |row: &Row| Ok(Listed { client: read(row)?, organisation: row.get(13)?, used_at: row.get(14)? });
    rows.iter().map(listed).collect()
}

/// How people stand to an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consents {
    /// How many people share with it, counted to 1,001.
    pub people: i64,
    /// Since when the first of them.
    pub since: Option<Timestamp>,
}

/// How many people share with an app, and since when the first of them.
pub async fn consents(store: &Store, client: &ClientId) -> Result<Consents, Error> {
    let count =
        sql!("SELECT COUNT(*) FROM (SELECT account FROM consents WHERE client = $1 LIMIT 1001) AS counted")
            .bind(client.as_str())
            .one(store)
            .await?;
    let first = sql!("SELECT granted_at FROM consents WHERE client = $1 ORDER BY granted_at LIMIT 1")
        .bind(client.as_str())
        .optional(store)
        .await?;
    let since = first.map(|row| row.get(0)).transpose()?;
    Ok(Consents { people: count.get(0)?, since })
}

/// What became of a change of an app's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switched {
    /// It is so from now on.
    Done,
    /// It was so already.
    Already,
    /// Somebody who stands higher disabled it.
    Held,
}

/// Enables an app, unless somebody who stands higher disabled it.
pub async fn enable(w: &mut Writer, id: &ClientId, rank: Rank, now: Timestamp) -> Result<Switched, Error> {
    // Who disabled it before that was written down is not known: somebody who watches over security, then.
    let changed = sql!(
        "UPDATE clients SET state = 'enabled', valid_after = $2, updated_at = $2, disabled_rank = NULL
         WHERE id = $1 AND state = 'disabled' AND COALESCE(disabled_rank, $4) <= $3"
    )
    .bind(id.as_str())
    .bind(now)
    .bind(rank.height())
    .bind(Rank::Guardian.height())
    .execute(&mut *w)
    .await?;
    if changed == 1 {
        end_families(w, id, now).await?;
        return Ok(Switched::Done);
    }
    let held = sql!("SELECT 1 FROM clients WHERE id = $1 AND state = 'disabled'")
        .bind(id.as_str())
        .optional(w)
        .await?;
    Ok(if held.is_some() { Switched::Held } else { Switched::Already })
}

/// Disables an app and ends what was issued before; `false` when somebody as high did already.
pub async fn disable(w: &mut Writer, id: &ClientId, rank: Rank, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE clients SET state = 'disabled', valid_after = $2, updated_at = $2, disabled_rank = $3
         WHERE id = $1 AND (state <> 'disabled' OR COALESCE(disabled_rank, $4) < $3)"
    )
    .bind(id.as_str())
    .bind(now)
    .bind(rank.height())
    .bind(Rank::Guardian.height())
    .execute(&mut *w)
    .await?;
    if changed == 0 {
        return Ok(false);
    }
    end_families(w, id, now).await?;
    Ok(true)
}

/// Removes an app for good, with what people agreed to, and ends what was issued to it.
pub async fn remove(w: &mut Writer, id: &ClientId, now: Timestamp) -> Result<bool, Error> {
    end_families(w, id, now).await?;
    forget_agreements(w, id).await?;
    sql!("DELETE FROM client_uses WHERE client = $1").bind(id.as_str()).execute(&mut *w).await?;
    sql!("DELETE FROM client_registrations WHERE client = $1").bind(id.as_str()).execute(&mut *w).await?;
    let gone = sql!("DELETE FROM clients WHERE id = $1").bind(id.as_str()).execute(w).await?;
    Ok(gone == 1)
}

/// Forgets what everybody agreed to with an app, so that they are asked again.
pub async fn forget_agreements(w: &mut Writer, id: &ClientId) -> Result<(), Error> {
    sql!("DELETE FROM consents WHERE client = $1").bind(id.as_str()).execute(w).await?;
    Ok(())
}

async fn end_families(w: &mut Writer, id: &ClientId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE families SET ended_at = $2, ended_why = 'client' WHERE client = $1 AND ended_at IS NULL")
        .bind(id.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Remembers an agreement: its scopes in place of those before, its details only where it has any.
pub async fn agree(
    w: &mut Writer,
    account: &AccountId,
    client: &ClientId,
    (scopes, details): (&Scopes, Option<Digest>),
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO consents (account, client, scopes, granted_at, details) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account, client) DO UPDATE SET scopes = $3, granted_at = $4,
             details = COALESCE($5, consents.details)"
    )
    .bind(account.as_str())
    .bind(client.as_str())
    .bind(scopes.to_string())
    .bind(now)
    .bind(details)
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

/// What a person shares with whom, the newest first: what they agreed to, and the apps that hold tokens of theirs
/// without having had to ask; of those the scopes are empty here.
pub async fn agreements(store: &Store, account: &AccountId, now: Timestamp) -> Result<Vec<Shared>, Error> {
    let rows = sql!(
        "SELECT client, scopes, granted_at, used_at FROM (
             SELECT c.client, c.scopes, c.granted_at, (SELECT MAX(f.rotated_at) FROM families f
                 WHERE f.account = c.account AND f.client = c.client) AS used_at
             FROM consents c WHERE c.account = $1
             UNION ALL
             SELECT f.client, '', MIN(f.started_at), MAX(f.rotated_at) FROM families f
             WHERE f.account = $1 AND f.client IS NOT NULL AND f.ended_at IS NULL AND f.overall_until > $2
               AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.account = $1 AND c.client = f.client)
             GROUP BY f.client) shared
         ORDER BY granted_at DESC, client LIMIT 100"
    )
    .bind(account.as_str())
    .bind(now)
    .all(store)
    .await?;
    rows.iter()
        .map(|row| {
            let scopes = Scopes::parse(&row.get::<String>(1)?);
            let consent = Consent { scopes, granted_at: row.get(2)?, details: None };
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

/// Whom a `sub` stands for.
pub async fn holder(store: &Store, sub: &str) -> Result<Option<AccountId>, Error> {
    let row = sql!("SELECT account FROM subjects WHERE sub = $1").bind(sub).optional(store).await?;
    row.map(|row| row.get::<String>(0).map(AccountId::from_text)).transpose()
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
