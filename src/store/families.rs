//! Token families, ended sessions and revoked tokens: the facts that keep dead things dead.

use std::collections::HashMap;

use super::{Error, Row, Store, Writer, logouts, sql};
use crate::base::{AccountId, ClientId, Digest, FamilyId, Seconds, SessionId, Timestamp};
use crate::oidc::details::Detail;
use crate::oidc::token::Entitlement;

/// For how long after a rotation the same successor is handed out again, in seconds.
pub const RETRY_WINDOW: Seconds = 60;

/// A family as it is stored.
#[derive(Clone, Debug)]
pub struct FamilyRow {
    /// The entitlement everything in it was issued from; `None` when only a replay was seen.
    pub entitlement: Option<Entitlement>,
    /// The live refresh token's generation.
    pub generation: i64,
    /// When it was last rotated.
    pub rotated_at: Timestamp,
    /// End of the idle time.
    pub idle_until: Timestamp,
    /// End of the overall time.
    pub overall_until: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
    /// Whether it outlives the browser session.
    pub offline: bool,
    /// Whether what it rests on is alive: the account, and the session unless it outlives that.
    pub rests_on_living: bool,
}

/// How a family lives on after the code is redeemed.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    /// Seconds without a refresh.
    pub idle: Seconds,
    /// Seconds in all.
    pub overall: Seconds,
    /// Whether it outlives the browser session (consented `offline_access`).
    pub offline: bool,
}

fn read(row: &Row) -> Result<FamilyRow, Error> {
    let text: Option<String> = row.get(0)?;
    let entitlement = text
        .map(|t| serde_json::from_str(&t).map_err(|_| Error::corrupt("family.entitlement")))
        .transpose()?;
    Ok(FamilyRow {
        entitlement,
        generation: row.get(1)?,
        rotated_at: row.get(2)?,
        idle_until: row.get(3)?,
        overall_until: row.get(4)?,
        ended_at: row.get(5)?,
        offline: row.get(6)?,
        rests_on_living: row.get::<i64>(7)? == 1,
    })
}

/// What became of a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The family is open.
    Opened,
    /// It existed already: the code came again.
    Replayed,
    /// What the code was granted from has ended: the account, the session, the sharing.
    Ended,
}

/// Opens the family of a redeemed code, if what it was granted from is alive: account and session, the person still shares
/// with the client, and is not closing the account. Decided in the statement that opens it, behind the account's row, so
/// that of a redemption and an end at once either the end finds the family or the redemption finds the end.
pub async fn open(w: &mut Writer, e: &Entitlement, life: Lifetime, now: Timestamp) -> Result<Opening, Error> {
    let text = serde_json::to_string(e).map_err(|_| Error::corrupt("family.entitlement"))?;
    super::accounts::queue(w, &e.account).await?;
    let opened = sql!(
        "INSERT INTO families (id, account, client, session, entitlement, generation, rotated_at, started_at,
                               idle_until, overall_until, offline)
         SELECT $1, $2, $3, $4, $5, 0, $6, $10, $7, $8, $9 FROM accounts a
         WHERE a.id = $2 AND a.state = 'active' AND a.valid_after <= $11
         AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.session = $4)
         AND NOT EXISTS (SELECT 1 FROM withdrawals w WHERE w.account = a.id AND w.client = $3
             AND w.withdrawn_at >= $10)
         AND NOT EXISTS (SELECT 1 FROM closings c WHERE c.account = a.id)
         ON CONFLICT (id) DO NOTHING"
    )
    .bind(e.family.as_str())
    .bind(e.account.as_str())
    .bind(e.client.as_str())
    .bind(e.session.as_str())
    .bind(text)
    .bind(now)
    .bind(now.plus(life.idle))
    .bind(now.plus(life.overall))
    .bind(life.offline)
    // What ends the account between the code and its redemption ends this too.
    .bind(e.started_at)
    .bind(e.session_started_at)
    .execute(&mut *w)
    .await?;
    if opened == 1 {
        return Ok(Opening::Opened);
    }
    let known =
        sql!("SELECT 1 FROM families WHERE id = $1").bind(e.family.as_str()).optional(w).await?.is_some();
    Ok(if known { Opening::Replayed } else { Opening::Ended })
}

/// Ends a family, also one whose redemption has not been written yet. `true` when this call ended it.
pub async fn end(w: &mut Writer, id: &FamilyId, why: &'static str, now: Timestamp) -> Result<bool, Error> {
    let ended = sql!(
        "INSERT INTO families (id, generation, rotated_at, started_at, idle_until, overall_until, offline, ended_at,
                               ended_why)
         VALUES ($1, 0, $2, $2, $2, $3, FALSE, $2, $4)
         ON CONFLICT (id) DO UPDATE SET ended_at = $2, ended_why = $4 WHERE families.ended_at IS NULL"
    )
    .bind(id.as_str())
    .bind(now)
    .bind(now.plus(24 * 3600))
    .bind(why)
    .execute(w)
    .await?;
    Ok(ended == 1)
}

/// A family by its id.
pub async fn find(store: &Store, id: &FamilyId) -> Result<Option<FamilyRow>, Error> {
    let row = sql!(
        "SELECT f.entitlement, f.generation, f.rotated_at, f.idle_until, f.overall_until, f.ended_at, f.offline,
             CAST(CASE WHEN a.id IS NOT NULL AND (f.offline OR NOT EXISTS
                 (SELECT 1 FROM ended_sessions e WHERE e.session = f.session)) THEN 1 ELSE 0 END AS BIGINT)
         FROM families f
         LEFT JOIN accounts a ON a.id = f.account AND a.state = 'active' AND a.valid_after <= f.started_at
             AND NOT EXISTS (SELECT 1 FROM withdrawals w WHERE w.account = f.account AND w.client = f.client
                 AND w.withdrawn_at >= f.started_at)
         WHERE f.id = $1"
    )
    .bind(id.as_str())
    .optional(store)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Uses generation `from`: with a `step` of 1 it is spent and the next one is live, with 0 it stays. `false` when `from` is
/// not live any more.
pub async fn rotate(
    w: &mut Writer,
    id: &FamilyId,
    (from, step): (i64, i64),
    idle: Seconds,
    now: Timestamp,
) -> Result<bool, Error> {
    let rotated = sql!(
        "UPDATE families SET generation = generation + $5, rotated_at = $3, idle_until = $4
         WHERE id = $1 AND generation = $2 AND ended_at IS NULL AND idle_until > $3 AND overall_until > $3"
    )
    .bind(id.as_str())
    .bind(from)
    .bind(now)
    .bind(now.plus(idle))
    .bind(step)
    .execute(w)
    .await?;
    Ok(rotated == 1)
}

/// Ends a session and the families that live only as long as it does, and leaves word for the apps it signed in to; behind the
/// account's row, so that a redemption at the same time finds the end or is found.
pub async fn end_session(
    w: &mut Writer,
    account: &AccountId,
    sid: &SessionId,
    now: Timestamp,
) -> Result<bool, Error> {
    super::accounts::queue(w, account).await?;
    let ended = sql!("INSERT INTO ended_sessions (session, ended_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(sid.as_str())
        .bind(now)
        .execute(&mut *w)
        .await?;
    sql!(
        "UPDATE families SET ended_at = $2, ended_why = 'session'
         WHERE session = $1 AND offline = FALSE AND ended_at IS NULL"
    )
    .bind(sid.as_str())
    .bind(now)
    .execute(&mut *w)
    .await?;
    if ended == 1 {
        logouts::of_session(w, sid, now).await?;
    }
    Ok(ended == 1)
}

/// Ends whatever came from a session, also what would outlive it; for a device that its person ends from elsewhere.
pub async fn end_of_session(w: &mut Writer, sid: &SessionId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE families SET ended_at = $2, ended_why = 'session' WHERE session = $1 AND ended_at IS NULL")
        .bind(sid.as_str())
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// The apps that a session signed in to, by their ids; a test run's is none.
pub async fn apps_of_session(store: &Store, sid: &SessionId) -> Result<Vec<ClientId>, Error> {
    let rows = sql!(
        "SELECT DISTINCT client FROM families
         WHERE session = $1 AND client IS NOT NULL AND COALESCE(ended_why, '') <> $2 ORDER BY client LIMIT 100"
    )
    .bind(sid.as_str())
    .bind(logouts::TRIAL)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok(ClientId::from_text(row.get::<String>(0)?))).collect()
}

/// Whether a client holds tokens of a person.
pub async fn is_held(
    w: &mut Writer,
    account: &AccountId,
    client: &ClientId,
    now: Timestamp,
) -> Result<bool, Error> {
    let held = sql!(
        "SELECT 1 FROM families WHERE account = $1 AND client = $2 AND ended_at IS NULL AND overall_until > $3 LIMIT 1"
    )
    .bind(account.as_str())
    .bind(client.as_str())
    .bind(now)
    .optional(w)
    .await?;
    Ok(held.is_some())
}

/// Ends whatever a client has of a person; what was granted before and is redeemed later is dead as well.
pub async fn end_of_client(
    w: &mut Writer,
    account: &AccountId,
    client: &ClientId,
    now: Timestamp,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO withdrawals (account, client, withdrawn_at) VALUES ($1, $2, $3)
         ON CONFLICT (account, client) DO UPDATE SET withdrawn_at = $3"
    )
    .bind(account.as_str())
    .bind(client.as_str())
    .bind(now)
    .execute(&mut *w)
    .await?;
    sql!(
        "UPDATE families SET ended_at = $3, ended_why = 'withdrawn'
         WHERE account = $1 AND client = $2 AND ended_at IS NULL"
    )
    .bind(account.as_str())
    .bind(client.as_str())
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// Revokes one access token until it would have expired.
pub async fn revoke_jti(w: &mut Writer, jti: Digest, until: Timestamp) -> Result<(), Error> {
    sql!("INSERT INTO revocations (jti, until) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(jti)
        .bind(until)
        .execute(w)
        .await?;
    Ok(())
}

/// What is asked in one SELECT: is any of the things a token or session rests on dead?
#[derive(Clone, Copy, Debug)]
pub struct Rest<'a> {
    /// The person.
    pub account: &'a AccountId,
    /// The browser session, where its end ends this too.
    pub session: Option<&'a SessionId>,
    /// When the session began.
    pub began: Timestamp,
}

/// Whether account and session are alive: the account active, nothing ended since `began`.
pub async fn is_alive(store: &Store, rest: Rest<'_>) -> Result<bool, Error> {
    let row = sql!(
        "SELECT 1 FROM accounts a WHERE a.id = $1 AND a.state = 'active' AND a.valid_after <= $2
         AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.session = $3)"
    )
    .bind(rest.account.as_str())
    .bind(rest.began)
    .bind(rest.session.map_or("", |s| s.as_str()))
    .optional(store)
    .await?;
    Ok(row.is_some())
}

/// The entitlement behind a living access token, looked up in one SELECT; `None` when anything it rests on is
/// dead: the family, the account, the client, the session (unless offline access outlives it), the token itself.
pub async fn living(store: &Store, id: &FamilyId, jti: Digest) -> Result<Option<Entitlement>, Error> {
    let row = sql!(
        "SELECT f.entitlement FROM families f
         JOIN accounts a ON a.id = f.account AND a.state = 'active' AND a.valid_after <= f.started_at
         JOIN clients c ON c.id = f.client AND c.state = 'enabled' AND c.valid_after <= f.started_at
         WHERE f.id = $1 AND f.ended_at IS NULL
         AND (f.offline OR NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.session = f.session))
         AND NOT EXISTS (SELECT 1 FROM withdrawals w WHERE w.account = f.account AND w.client = f.client
             AND w.withdrawn_at >= f.started_at)
         AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.jti = $2)"
    )
    .bind(id.as_str())
    .bind(jti)
    .optional(store)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let text: Option<String> = row.get(0)?;
    text.map(|t| serde_json::from_str(&t).map_err(|_| Error::corrupt("family.entitlement"))).transpose()
}

/// What the apps that hold tokens of a person may do beyond scopes, each thing once, the newest first.
pub async fn details(
    store: &Store,
    account: &AccountId,
    now: Timestamp,
) -> Result<HashMap<ClientId, Vec<Detail>>, Error> {
    let rows = sql!(
        "SELECT client, entitlement FROM families
         WHERE account = $1 AND client IS NOT NULL AND ended_at IS NULL AND overall_until > $2
           AND entitlement LIKE '%\"details\":%'
         ORDER BY started_at DESC LIMIT 200"
    )
    .bind(account.as_str())
    .bind(now)
    .all(store)
    .await?;
    let mut found: HashMap<ClientId, Vec<Detail>> = HashMap::new();
    for row in rows {
        let entitlement: Entitlement =
            serde_json::from_str(&row.get::<String>(1)?).map_err(|_| Error::corrupt("family.entitlement"))?;
        let known = found.entry(ClientId::from_text(row.get::<String>(0)?)).or_default();
        for detail in entitlement.details {
            if !known.contains(&detail) {
                known.push(detail);
            }
        }
    }
    Ok(found)
}

/// Whether a session was ended.
pub async fn is_ended(store: &Store, sid: &SessionId) -> Result<bool, Error> {
    let row =
        sql!("SELECT 1 FROM ended_sessions WHERE session = $1").bind(sid.as_str()).optional(store).await?;
    Ok(row.is_some())
}

/// Whether one access token was revoked.
pub async fn is_revoked(store: &Store, jti: Digest) -> Result<bool, Error> {
    let row = sql!("SELECT 1 FROM revocations WHERE jti = $1").bind(jti).optional(store).await?;
    Ok(row.is_some())
}

/// Forgets what can no longer matter: families past their end, sessions and revocations nobody can present.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    let day = 24 * 3600;
    let mut gone =
        sql!("DELETE FROM families WHERE overall_until < $1").bind(now.plus(-day)).execute(&mut *w).await?;
    gone += sql!("DELETE FROM ended_sessions WHERE ended_at < $1")
        .bind(now.plus(-100 * day))
        .execute(&mut *w)
        .await?;
    gone += sql!("DELETE FROM revocations WHERE until < $1").bind(now.plus(-day)).execute(w).await?;
    Ok(gone)
}
