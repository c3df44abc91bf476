//! Consecutive failures per budget, reserved in one guarded statement before anything is hashed.

use super::{Error, Store, Writer, sql};
use crate::base::{AccountId, Digest, Timestamp};
use crate::policy::throttle::{LAST, LOOKING, REMEMBERED, Reserved};

/// Reserves an attempt: counts it as a failure before it is evaluated, unless a delay runs.
///
/// `known` says that the subject is an account: then the failures are never forgotten but by a success.
/// 64 at once are 64 failures; whoever comes inside a delay is neither counted nor evaluated.
pub async fn reserve(
    store: &Store,
    subject: Digest,
    budget: &str,
    known: bool,
    now: Timestamp,
) -> Result<Reserved, Error> {
    // The delays of policy::throttle::delay, in microseconds, for the failure this attempt would be.
    let row = sql!(
        "INSERT INTO attempts (subject, budget, known, failures, blocked_until, updated_at)
         VALUES ($1, $2, $5, 1, 0, $3)
         ON CONFLICT (subject, budget) DO UPDATE SET
           failures = attempts.failures + 1,
           updated_at = $3,
           blocked_until = CASE
             WHEN attempts.failures + 1 <= 4 THEN 0
             WHEN attempts.failures + 1 = 5 THEN $3 + 30000000
             WHEN attempts.failures + 1 = 6 THEN $3 + 60000000
             WHEN attempts.failures + 1 = 7 THEN $3 + 120000000
             WHEN attempts.failures + 1 = 8 THEN $3 + 240000000
             WHEN attempts.failures + 1 = 9 THEN $3 + 480000000
             WHEN attempts.failures + 1 = 10 THEN $3 + 960000000
             WHEN attempts.failures + 1 = 11 THEN $3 + 1920000000
             ELSE $3 + 3600000000 END
         WHERE attempts.blocked_until <= $3 AND attempts.failures < $4
         RETURNING failures"
    )
    .bind(subject)
    .bind(budget)
    .bind(now)
    .bind(LAST)
    .bind(known)
    .alone(store)
    .await?;
    match row {
        Some(row) => Ok(Reserved::Attempt(row.get(0)?)),
        None => Ok(match standing(store, subject, budget, now).await? {
            // A success or a returned attempt made room meanwhile: this one was not counted, so it waits its turn.
            Reserved::Attempt(_) => Reserved::Pending,
            refused => refused,
        }),
    }
}

/// The attempt of this number was looked at and is a failure: until now it might have turned out right.
pub async fn settle(w: &mut Writer, subject: Digest, budget: &str, number: i64) -> Result<(), Error> {
    sql!(
        "UPDATE attempts SET settled = $3
         WHERE subject = $1 AND budget = $2 AND settled < $3 AND failures >= $3"
    )
    .bind(subject)
    .bind(budget)
    .bind(number)
    .execute(w)
    .await?;
    Ok(())
}

/// A success: forgets the failures.
pub async fn succeed(w: &mut Writer, subject: Digest, budget: &str) -> Result<(), Error> {
    sql!("DELETE FROM attempts WHERE subject = $1 AND budget = $2")
        .bind(subject)
        .bind(budget)
        .execute(w)
        .await?;
    Ok(())
}

/// Gives a reserved attempt back that was never evaluated (the hashing queue was full).
pub async fn give_back(w: &mut Writer, subject: Digest, budget: &str) -> Result<(), Error> {
    sql!(
        "UPDATE attempts SET failures = failures - 1, blocked_until = 0
         WHERE subject = $1 AND budget = $2 AND failures > 0"
    )
    .bind(subject)
    .bind(budget)
    .execute(w)
    .await?;
    Ok(())
}

/// How the budget stands, without counting.
pub async fn standing(
    store: &Store,
    subject: Digest,
    budget: &str,
    now: Timestamp,
) -> Result<Reserved, Error> {
    let row = sql!(
        "SELECT failures, blocked_until, settled, updated_at FROM attempts WHERE subject = $1 AND budget = $2"
    )
    .bind(subject)
    .bind(budget)
    .optional(store)
    .await?;
    let Some(row) = row else { return Ok(Reserved::Attempt(0)) };
    let (failures, until): (i64, Timestamp) = (row.get(0)?, row.get(1)?);
    let (settled, last): (i64, Timestamp) = (row.get(2)?, row.get(3)?);
    // Only what is told hangs on this: nothing is evaluated that the counter does not allow.
    let pending = settled < failures && now < last.plus(LOOKING);
    Ok(match failures {
        n if n < LAST && until <= now => Reserved::Attempt(n),
        _ if pending => Reserved::Pending,
        n if n < LAST => Reserved::Wait(until),
        _ => Reserved::Disabled,
    })
}

/// Forgets the failures of unknown names that nobody added to for a long time. An account's are never forgotten.
pub async fn sweep(w: &mut Writer, now: Timestamp) -> Result<u64, Error> {
    sql!("DELETE FROM attempts WHERE updated_at < $1 AND known = FALSE")
        .bind(now.plus(-REMEMBERED))
        .execute(&mut *w)
        .await
}

/// Whether this browser finished a sign-in of the account before.
pub async fn is_known_browser(store: &Store, account: &AccountId, browser: Digest) -> Result<bool, Error> {
    let row = sql!("SELECT 1 FROM known_browsers WHERE account = $1 AND browser = $2")
        .bind(account.as_str())
        .bind(browser)
        .optional(store)
        .await?;
    Ok(row.is_some())
}

/// The browsers an account finished a sign-in with; the latest hundred.
pub async fn known_browsers(store: &Store, account: &AccountId) -> Result<Vec<Digest>, Error> {
    let rows = sql!("SELECT browser FROM known_browsers WHERE account = $1 ORDER BY seen_at DESC LIMIT 100")
        .bind(account.as_str())
        .all(store)
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Carries what is known of a browser over to its new cookie.
pub async fn rename_browser(w: &mut Writer, old: Digest, new: Digest) -> Result<(), Error> {
    sql!("UPDATE known_browsers SET browser = $2 WHERE browser = $1").bind(old).bind(new).execute(w).await?;
    Ok(())
}

/// Forgets every browser of a person: the next sign-in of each counts as new.
pub async fn forget_browsers(w: &mut Writer, account: &AccountId) -> Result<u64, Error> {
    sql!("DELETE FROM known_browsers WHERE account = $1").bind(account.as_str()).execute(w).await
}

/// Remembers a browser that finished a sign-in; `true` when it was not known.
pub async fn know_browser(
    w: &mut Writer,
    account: &AccountId,
    browser: Digest,
    now: Timestamp,
) -> Result<bool, Error> {
    // `first_seen` of a row that was there is older than now.
    let row = sql!(
        "INSERT INTO known_browsers (account, browser, first_seen, seen_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (account, browser) DO UPDATE SET seen_at = $3 RETURNING first_seen"
    )
    .bind(account.as_str())
    .bind(browser)
    .bind(now)
    .one(w)
    .await?;
    Ok(row.get::<Timestamp>(0)? == now)
}
