//! The list of a person's browser sessions. What a session may do is in the session store, its end in `families`:
//! a row here grants nothing.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, SessionId, Timestamp};
use crate::keys::seal::DataKey;
use crate::sessions::BrowserSession;

/// How long a session is remembered after its end, in seconds: as long as the activity page shows it.
const REMEMBERED: i64 = 90 * 24 * 3600;
/// How often the last activity is written, in seconds.
pub const SEEN_STEP: i64 = 300;

/// A session as it is listed.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its public name.
    pub id: SessionId,
    /// The network it was last raised from.
    pub network: Option<String>,
    /// When it began.
    pub began_at: Timestamp,
    /// The person's last activity, to [`SEEN_STEP`].
    pub seen_at: Timestamp,
    sealed: Vec<u8>,
}

impl SessionRow {
    /// The device in words; `None` where it said nothing of itself or cannot be read.
    pub fn device(&self, key: &DataKey) -> Option<String> {
        let plain = key.open(&context(&self.id), &self.sealed).ok()?;
        serde_json::from_slice::<Option<String>>(plain.expose()).ok().flatten()
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: SessionId::from_text(row.get::<String>(0)?),
            network: row.get(1)?,
            began_at: row.get(2)?,
            seen_at: row.get(3)?,
            sealed: row.get(4)?,
        })
    }
}

/// Seals a device's words for one session.
pub fn seal(device: Option<&str>, id: &SessionId, key: &DataKey) -> Result<Vec<u8>, Error> {
    let plain = serde_json::to_vec(&device).map_err(|_| Error::corrupt("session.device"))?;
    Ok(key.seal(&context(id), &plain))
}

fn context(id: &SessionId) -> String {
    format!("session.{id}")
}

/// Writes a session that began or rose.
pub async fn record(
    w: &mut Writer,
    session: &BrowserSession,
    ends_at: Timestamp,
    device: &[u8],
    network: Option<&str>,
) -> Result<(), Error> {
    sql!(
        "INSERT INTO sessions (id, account, device, network, valid_from, began_at, seen_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET device = $3, network = $4, valid_from = $5, seen_at = $7"
    )
    .bind(session.sid.as_str())
    .bind(session.account.as_str())
    .bind(device)
    .bind(network)
    .bind(session.valid_from)
    .bind(session.started_at)
    .bind(session.seen_at)
    .bind(ends_at)
    .execute(w)
    .await?;
    Ok(())
}

/// Notes activity, at most every [`SEEN_STEP`].
pub async fn seen(w: &mut Writer, id: &SessionId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at <= $3")
        .bind(id.as_str())
        .bind(now)
        .bind(now.plus(-SEEN_STEP))
        .execute(w)
        .await?;
    Ok(())
}

/// A session goes on after a change that ended everything else.
pub async fn keep(w: &mut Writer, id: &SessionId, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE sessions SET valid_from = $2 WHERE id = $1").bind(id.as_str()).bind(now).execute(w).await?;
    Ok(())
}

/// Where a page of sessions ended.
pub type Place = (Timestamp, SessionId);

/// At most `limit` of a person's sessions that may still be used, the newest first.
pub async fn living(
    store: &Store,
    account: &AccountId,
    now: Timestamp,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<SessionRow>, Error> {
    let (at, id) = after.map_or((Timestamp::from_micros(i64::MAX), ""), |(at, id)| (*at, id.as_str()));
    let rows = sql!(
        "SELECT s.id, s.network, s.began_at, s.seen_at, s.device
         FROM sessions s JOIN accounts a ON a.id = s.account AND a.valid_after <= s.valid_from
         WHERE s.account = $1 AND s.ends_at > $2 AND (s.began_at < $3 OR (s.began_at = $3 AND s.id < $4))
         AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.session = s.id)
         ORDER BY s.began_at DESC, s.id DESC LIMIT $5"
    )
    .bind(account.as_str())
    .bind(now)
    .bind(at)
    .bind(id)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(SessionRow::read).collect()
}

/// At most `limit` of a person's sessions, ended or not, the newest first.
pub async fn newest(store: &Store, account: &AccountId, limit: i64) -> Result<Vec<SessionRow>, Error> {
    let rows = sql!(
        "SELECT id, network, began_at, seen_at, device FROM sessions WHERE account = $1
         ORDER BY began_at DESC, id DESC LIMIT $2"
    )
    .bind(account.as_str())
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(SessionRow::read).collect()
}

/// Whether a session is this person's.
pub async fn is_of(w: &mut Writer, account: &AccountId, id: &SessionId) -> Result<bool, Error> {
    let row = sql!("SELECT 1 FROM sessions WHERE id = $1 AND account = $2")
        .bind(id.as_str())
        .bind(account.as_str())
        .optional(w)
        .await?;
    Ok(row.is_some())
}

/// Forgets sessions that ended long ago.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM sessions WHERE ends_at < $1").bind(now.plus(-REMEMBERED)).execute(w).await
}
