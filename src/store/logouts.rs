//! Apps to be told that a session ended: written in the change that ends it, claimed by one node at a time, and marked.
//!
//! Which apps a session signed in to is what its token families say; nothing else keeps a list.

use super::due::{self, Due};
use super::webhooks::Said;
use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, ClientId, Scope, Seconds, SessionId, Timestamp};
use crate::notifications::logout::{Failed, Hearing, Logout};
use crate::notifications::webhook::Standing;
use crate::oidc::token::Entitlement;

/// How long a claim holds, in seconds: longer than an attempt may take.
const CLAIM: Seconds = 2 * 60;

/// How long what arrived, or was given up, is remembered, in seconds.
const REMEMBERED: Seconds = 30 * 24 * 3600;

/// Why a family ended that a test run opened: no app got its tokens.
pub const TRIAL: &str = "trial";

/// A session ended: the apps it signed in to are to be told, as far as they want to hear.
///
/// A registration is kept as we wrote it, so the member stands there in one spelling; whether it can be called is seen later.
pub(super) async fn of_session(w: &mut Writer, sid: &SessionId, now: Timestamp) -> Result<(), Error> {
    let rows = sql!(
        "SELECT f.entitlement FROM families f
         JOIN clients c ON c.id = f.client AND c.state = 'enabled' AND c.document LIKE '%\"backchannel_logout_uri\":\"%'
         WHERE f.session = $1 AND f.entitlement IS NOT NULL AND COALESCE(f.ended_why, '') <> $2"
    )
    .bind(sid.as_str())
    .bind(TRIAL)
    .all(&mut *w)
    .await?;
    insert(w, &rows, now).await
}

/// As [`of_session`], for every session of a person but one: those that may still be used, and those that live on in offline
/// access. To be asked before the families are ended.
pub(super) async fn of_account(
    w: &mut Writer,
    account: &AccountId,
    but: Option<&SessionId>,
    now: Timestamp,
) -> Result<(), Error> {
    let rows = sql!(
        "SELECT f.entitlement FROM families f
         JOIN clients c ON c.id = f.client AND c.state = 'enabled' AND c.document LIKE '%\"backchannel_logout_uri\":\"%'
         WHERE f.account = $1 AND f.session <> $2 AND f.entitlement IS NOT NULL AND COALESCE(f.ended_why, '') <> $3
           AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.session = f.session)
           AND ((f.ended_at IS NULL AND f.overall_until > $4)
                OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = f.session AND s.ends_at > $4))"
    )
    .bind(account.as_str())
    .bind(but.map_or("", |sid| sid.as_str()))
    .bind(TRIAL)
    .bind(now)
    .all(&mut *w)
    .await?;
    insert(w, &rows, now).await
}

/// One message for each session and app, whatever number of codes were redeemed; an app that got no ID token knows no session.
async fn insert(w: &mut Writer, rows: &[Row], now: Timestamp) -> Result<(), Error> {
    for row in rows {
        // What this program cannot read must not keep a session from ending.
        let Ok(e) = serde_json::from_str::<Entitlement>(&row.get::<String>(0)?) else { continue };
        if !e.scopes.has(Scope::Openid) {
            continue;
        }
        sql!(
            "INSERT INTO logouts (session, client, sub, ended_at, next_at) VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT DO NOTHING"
        )
        .bind(e.session.as_str())
        .bind(e.client.as_str())
        .bind(e.sub.as_str())
        .bind(now)
        .execute(&mut *w)
        .await?;
    }
    Ok(())
}

/// The apps for which something is due, those that wait longest first, and so many more than usual: a look that writes nothing.
pub async fn due(store: &Store, now: Timestamp, more: usize) -> Result<Vec<Due>, Error> {
    let look = sql!(
        "SELECT d.client, CAST(CASE WHEN EXISTS (SELECT 1 FROM logouts f WHERE f.client = d.client AND f.done_at IS NULL
                 AND f.dead_at IS NULL AND f.failure IS NOT NULL) THEN 1 ELSE 0 END AS BIGINT)
         FROM logouts d
         WHERE d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= $1 AND d.claimed_until <= $1
         GROUP BY d.client ORDER BY MIN(d.next_at), d.client LIMIT $2"
    );
    due::apps(store, look, now, more).await
}

/// Claims what is due for an app, oldest first; of many nodes at once each message goes to one.
pub async fn claim(
    w: &mut Writer,
    client: &ClientId,
    most: i64,
    now: Timestamp,
) -> Result<Vec<Logout>, Error> {
    let rows = sql!(
        "UPDATE logouts SET claimed_until = $3, attempts = attempts + 1, tried_at = $2
         WHERE client = $1 AND done_at IS NULL AND dead_at IS NULL AND next_at <= $2 AND claimed_until <= $2
           AND session IN (SELECT d.session FROM logouts d
                           WHERE d.client = $1 AND d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= $2
                               AND d.claimed_until <= $2
                           ORDER BY d.next_at, d.session LIMIT $4)
         RETURNING session, client, sub, ended_at, attempts, next_at, done_at, dead_at, status, failure"
    )
    .bind(client.as_str())
    .bind(now)
    .bind(now.plus(CLAIM))
    .bind(most)
    .all(w)
    .await?;
    rows.iter().map(read).collect()
}

/// Notes that an app was told.
pub async fn done(w: &mut Writer, told: &Logout, status: u16, now: Timestamp) -> Result<(), Error> {
    sql!(
        "UPDATE logouts SET done_at = $3, claimed_until = 0, status = $4, failure = NULL, sub = NULL
         WHERE session = $1 AND client = $2 AND done_at IS NULL"
    )
    .bind(told.session.as_str())
    .bind(told.client.as_str())
    .bind(now)
    .bind(i64::from(status))
    .execute(w)
    .await?;
    Ok(())
}

/// Lets go of a claimed message; it is due again at `next_at`, or given up where that is nothing.
pub async fn again(
    w: &mut Writer,
    told: &Logout,
    said: Said,
    (now, next_at): (Timestamp, Option<Timestamp>),
) -> Result<(), Error> {
    sql!(
        "UPDATE logouts
         SET next_at = COALESCE($3, next_at), dead_at = CASE WHEN CAST($3 AS BIGINT) IS NULL THEN CAST($4 AS BIGINT) ELSE NULL END,
             sub = CASE WHEN CAST($3 AS BIGINT) IS NULL THEN NULL ELSE sub END,
             claimed_until = 0, status = $5, failure = $6
         WHERE session = $1 AND client = $2 AND done_at IS NULL AND dead_at IS NULL"
    )
    .bind(told.session.as_str())
    .bind(told.client.as_str())
    .bind(next_at)
    .bind(now)
    .bind(said.status.map(i64::from))
    .bind(said.failure.map(str::to_owned))
    .execute(w)
    .await?;
    Ok(())
}

/// How an app hears of ended sessions.
pub async fn hearing(store: &Store, client: &ClientId) -> Result<Hearing, Error> {
    let counted = sql!(
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM logouts WHERE client = $1 AND done_at IS NULL AND dead_at IS NULL
                     LIMIT 1001) AS w),
                (SELECT MIN(next_at) FROM logouts WHERE client = $1 AND done_at IS NULL AND dead_at IS NULL),
                (SELECT COUNT(*) FROM (SELECT 1 FROM logouts WHERE client = $1 AND dead_at IS NOT NULL LIMIT 1001) AS d),
                (SELECT MAX(done_at) FROM logouts WHERE client = $1 AND done_at IS NOT NULL)"
    )
    .bind(client.as_str())
    .one(store)
    .await?;
    let failed = sql!(
        "SELECT tried_at, status, failure FROM logouts WHERE client = $1 AND failure IS NOT NULL
         ORDER BY tried_at DESC LIMIT 1"
    )
    .bind(client.as_str())
    .optional(store)
    .await?;
    let read =
        |row: Row| Ok::<_, Error>(Failed { at: row.get(0)?, status: status(&row, 1)?, why: row.get(2)? });
    Ok(Hearing {
        waiting: counted.get(0)?,
        next_at: counted.get(1)?,
        dead: counted.get(2)?,
        told_at: counted.get(3)?,
        failed: failed.map(read).transpose()?,
    })
}

/// Forgets what ended long ago.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM logouts WHERE ended_at < $1 AND claimed_until <= $2")
        .bind(now.plus(-REMEMBERED))
        .bind(now)
        .execute(w)
        .await
}

/// How many messages wait.
pub async fn waiting(store: &Store) -> Result<u32, Error> {
    let row =
        sql!("SELECT COUNT(*) FROM logouts WHERE done_at IS NULL AND dead_at IS NULL").one(store).await?;
    Ok(u32::try_from(row.get::<i64>(0)?).unwrap_or(u32::MAX))
}

fn status(row: &Row, at: usize) -> Result<Option<u16>, Error> {
    Ok(row.get::<Option<i64>>(at)?.and_then(|status| u16::try_from(status).ok()))
}

fn read(row: &Row) -> Result<Logout, Error> {
    let standing = match (row.get(6)?, row.get(7)?) {
        (Some(at), _) => Standing::Done(at),
        (None, Some(at)) => Standing::Dead(at),
        (None, None) => Standing::Waits(row.get(5)?),
    };
    Ok(Logout {
        session: SessionId::from_text(row.get::<String>(0)?),
        client: ClientId::from_text(row.get::<String>(1)?),
        sub: row.get(2)?,
        ended_at: row.get(3)?,
        attempts: row.get(4)?,
        standing,
        status: status(row, 8)?,
        failure: row.get(9)?,
    })
}
