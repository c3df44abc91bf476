//! Requests of apps for people who are elsewhere: for whom one waits, and the message that its app gets once its person has
//! answered, claimed by one node at a time.

use super::due::{self, Due};
use super::{Error, Row, Store, Writer, sql, turns};
use crate::base::{AccountId, ClientId, Digest, Seconds, Timestamp};
use crate::notifications::ping::Ping;

/// How long a claim holds, in seconds: longer than an attempt may take.
const CLAIM: Seconds = 2 * 60;

/// How long a request is remembered after its end, in seconds.
const REMEMBERED: Seconds = 3600;

/// A request that is made now.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What stands for it.
    pub id: Digest,
    /// Whose it is.
    pub client: ClientId,
    /// Whom it is for, if anybody.
    pub account: Option<AccountId>,
    /// Whom it names, found or not: who asks for the same takes turns.
    pub named: Digest,
    /// When it ends.
    pub until: Timestamp,
    /// What the app is told, sealed.
    pub telling: Option<Vec<u8>>,
}

/// How many requests may wait for one person at once.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Of all apps together.
    pub all: i64,
    /// Of one app.
    pub of_app: i64,
}

/// Keeps a request. Where so many wait for its person already, it is kept for nobody: then the answer is `false`. Requests for
/// the same person take turns, so that each counts those before; it locks nothing of the person's, who signs in meanwhile.
pub async fn insert(w: &mut Writer, asked: &Asked, room: Room, now: Timestamp) -> Result<bool, Error> {
    // A few hundred turns for everybody, so that there is no row a name and nothing to forget.
    let turn = asked.named.as_bytes().first().copied().unwrap_or_default();
    turns::take(w, &format!("ciba {turn:02x}"), now).await?;
    let row = sql!(
        "INSERT INTO ciba_requests (id, client, account, until, telling)
         VALUES ($1, $2,
             (SELECT CASE WHEN COUNT(*) < $7 AND COUNT(CASE WHEN client = $2 THEN 1 END) < $8
                          THEN CAST($3 AS TEXT) END
              FROM ciba_requests WHERE account = CAST($3 AS TEXT) AND until > $6 AND answered_at IS NULL),
             $4, $5)
         RETURNING account"
    )
    .bind(asked.id)
    .bind(asked.client.as_str())
    .bind(asked.account.as_ref().map(|id| id.as_str().to_owned()))
    .bind(asked.until)
    .bind(asked.telling.clone())
    .bind(now)
    .bind(room.all)
    .bind(room.of_app)
    .one(w)
    .await?;
    Ok(row.get::<Option<String>>(0)?.is_some() == asked.account.is_some())
}

/// What waits for somebody, what ends first before the rest.
pub async fn waiting(store: &Store, account: &AccountId, now: Timestamp) -> Result<Vec<Digest>, Error> {
    let rows = sql!(
        "SELECT id FROM ciba_requests WHERE account = $1 AND until > $2 AND answered_at IS NULL ORDER BY until, id"
    )
    .bind(account.as_str())
    .bind(now)
    .all(store)
    .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The person has answered: nothing waits any more, and the app is told where it wants to be. Once.
pub async fn answered(w: &mut Writer, id: Digest, now: Timestamp) -> Result<(), Error> {
    sql!(
        "UPDATE ciba_requests SET answered_at = $2, next_at = CASE WHEN telling IS NULL THEN NULL ELSE CAST($2 AS BIGINT) END
         WHERE id = $1 AND answered_at IS NULL"
    )
    .bind(id)
    .bind(now)
    .execute(w)
    .await?;
    Ok(())
}

/// The apps for which something is due, those that wait longest first, and so many more than usual: a look that writes nothing.
pub async fn due(store: &Store, now: Timestamp, more: usize) -> Result<Vec<Due>, Error> {
    let look = sql!(
        "SELECT client, MAX(CAST(CASE WHEN failure IS NULL THEN 0 ELSE 1 END AS BIGINT))
         FROM ciba_requests WHERE next_at <= $1 AND claimed_until <= $1
         GROUP BY client ORDER BY MIN(next_at), client LIMIT $2"
    );
    due::apps(store, look, now, more).await
}

/// Claims what is due for an app, oldest first; of many nodes at once each message goes to one.
pub async fn claim(w: &mut Writer, client: &ClientId, most: i64, now: Timestamp) -> Result<Vec<Ping>, Error> {
    let rows = sql!(
        "UPDATE ciba_requests SET claimed_until = $3, attempts = attempts + 1
         WHERE client = $1 AND next_at <= $2 AND claimed_until <= $2
           AND id IN (SELECT d.id FROM ciba_requests d
                      WHERE d.client = $1 AND d.next_at <= $2 AND d.claimed_until <= $2
                      ORDER BY d.next_at, d.id LIMIT $4)
         RETURNING id, client, telling, attempts, until"
    )
    .bind(client.as_str())
    .bind(now)
    .bind(now.plus(CLAIM))
    .bind(most)
    .all(w)
    .await?;
    rows.iter().map(read).collect()
}

/// Lets go of a claimed message: it is due again at `next_at`, or its app was told, or given up, where that is nothing.
pub async fn again(
    w: &mut Writer,
    id: Digest,
    failure: Option<&'static str>,
    next_at: Option<Timestamp>,
) -> Result<(), Error> {
    sql!(
        "UPDATE ciba_requests
         SET next_at = $2, claimed_until = 0, failure = $3,
             telling = CASE WHEN CAST($2 AS BIGINT) IS NULL THEN NULL ELSE telling END
         WHERE id = $1 AND next_at IS NOT NULL"
    )
    .bind(id)
    .bind(next_at)
    .bind(failure.map(str::to_owned))
    .execute(w)
    .await?;
    Ok(())
}

/// Forgets what ended long ago.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM ciba_requests WHERE until < $1 AND claimed_until <= $2")
        .bind(now.plus(-REMEMBERED))
        .bind(now)
        .execute(w)
        .await
}

fn read(row: &Row) -> Result<Ping, Error> {
    Ok(Ping {
        id: row.get(0)?,
        client: ClientId::from_text(row.get::<String>(1)?),
        telling: row.get(2)?,
        attempts: row.get(3)?,
        until: row.get(4)?,
    })
}
