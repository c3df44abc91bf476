//! What waits for a second person. A decision is one guarded statement, so that of many at once one counts.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, OrganisationId, Timestamp};
use crate::duties::{Approval, ApprovalKind, ApprovalState, Path};

fn read(row: &Row) -> Result<Approval, Error> {
    let kind = ApprovalKind::parse(&row.get::<String>(1)?);
    let state = ApprovalState::parse(&row.get::<String>(8)?);
    Ok(Approval {
        id: row.get(0)?,
        kind: kind.ok_or_else(|| Error::corrupt("approval.kind"))?,
        organisation: OrganisationId::from_text(row.get::<String>(2)?),
        account: AccountId::from_text(row.get::<String>(3)?),
        requester: AccountId::from_text(row.get::<String>(4)?),
        wanted: serde_json::from_str(&row.get::<String>(5)?)
            .map_err(|_| Error::corrupt("approval.document"))?,
        asked_at: row.get(6)?,
        expires_at: row.get(7)?,
        state: state.ok_or_else(|| Error::corrupt("approval.state"))?,
        decider: row.get::<Option<String>>(9)?.map(AccountId::from_text),
    })
}

/// Keeps a request; `false` when one about the same person is under way.
pub async fn insert(w: &mut Writer, new: &Approval, sealed: &[u8]) -> Result<bool, Error> {
    let document = serde_json::to_string(&new.wanted).map_err(|_| Error::corrupt("approval.document"))?;
    let inserted = sql!(
        "INSERT INTO approvals (id, kind, organisation, account, requester, document, sealed, asked_at, expires_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')
         ON CONFLICT (account) WHERE state = 'open' OR state = 'approved' DO NOTHING"
    )
    .bind(new.id.as_str())
    .bind(new.kind.as_str())
    .bind(new.organisation.as_str())
    .bind(new.account.as_str())
    .bind(new.requester.as_str())
    .bind(document)
    .bind(sealed)
    .bind(new.asked_at)
    .bind(new.expires_at)
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// A request by its id, and its sealed half.
pub async fn find(store: &Store, id: &str) -> Result<Option<(Approval, Vec<u8>)>, Error> {
    let row = sql!(
        "SELECT id, kind, organisation, account, requester, document, asked_at, expires_at, state, decider, sealed
         FROM approvals WHERE id = $1"
    )
    .bind(id)
    .optional(store)
    .await?;
    row.map(|row| Ok((read(&row)?, row.get(10)?))).transpose()
}

/// Where a page of the queue ended.
pub type Place = (Timestamp, String);

/// What is under way at or below a place of the tree, oldest first, behind a place of the queue.
pub async fn under_way(
    store: &Store,
    place: &Path,
    now: Timestamp,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Approval>, Error> {
    let (at, id) = after.map_or((Timestamp::default(), ""), |(at, id)| (*at, id.as_str()));
    let rows = sql!(
        "SELECT id, kind, organisation, account, requester, document, asked_at, expires_at, state, decider
         FROM approvals
         WHERE (state = 'open' OR state = 'approved') AND expires_at > $1
             AND organisation IN (SELECT o.id FROM organisations o WHERE o.path LIKE $2)
             AND (asked_at > $3 OR (asked_at = $3 AND id > $4))
         ORDER BY asked_at, id LIMIT $5"
    )
    .bind(now)
    // Ids hold no wildcards.
    .bind(format!("{}%", place.as_str()))
    .bind(at)
    .bind(id)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(read).collect()
}

/// How many wait at or below a place for somebody else's decision than of whom they are about, or who asked.
pub async fn waiting(store: &Store, place: &Path, who: &AccountId, now: Timestamp) -> Result<i64, Error> {
    let row = sql!(
        "SELECT COUNT(*) FROM approvals
         WHERE state = 'open' AND expires_at > $1 AND requester <> $2 AND account <> $2
             AND organisation IN (SELECT o.id FROM organisations o WHERE o.path LIKE $3)"
    )
    .bind(now)
    .bind(who.as_str())
    .bind(format!("{}%", place.as_str()))
    .one(store)
    .await?;
    row.get(0)
}

/// Decides what is open and not too old; `false` when somebody did, or it is too late.
pub async fn decide(
    w: &mut Writer,
    id: &str,
    state: ApprovalState,
    decider: &AccountId,
    now: Timestamp,
) -> Result<bool, Error> {
    let decided = sql!(
        "UPDATE approvals SET state = $2, decider = $3, decided_at = $4
         WHERE id = $1 AND state = 'open' AND expires_at > $4"
    )
    .bind(id)
    .bind(state.as_str())
    .bind(decider.as_str())
    .bind(now)
    .execute(w)
    .await?;
    Ok(decided == 1)
}

/// Takes back what nobody decided; `false` when somebody did.
pub async fn withdraw(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let gone =
        sql!("UPDATE approvals SET state = 'withdrawn', decided_at = $2 WHERE id = $1 AND state = 'open'")
            .bind(id)
            .bind(now)
            .execute(w)
            .await?;
    Ok(gone == 1)
}

/// Refuses the reset or the erasure that is asked about a person and not carried out yet, by themselves; which it was, if
/// any.
pub async fn refuse_by_person(
    w: &mut Writer,
    account: &AccountId,
    now: Timestamp,
) -> Result<Option<Approval>, Error> {
    let row = sql!(
        "UPDATE approvals SET state = 'refused', decided_at = $2
         WHERE account = $1 AND kind IN ('factors_reset', 'account_erase') AND (state = 'open' OR state = 'approved')
         RETURNING id, kind, organisation, account, requester, document, asked_at, expires_at, state, decider"
    )
    .bind(account.as_str())
    .bind(now)
    .optional(w)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Claims what was approved, to carry it out: one caller wins, and only in time.
pub async fn carry_out(w: &mut Writer, id: &str, now: Timestamp) -> Result<bool, Error> {
    let claimed = sql!(
        "UPDATE approvals SET state = 'done', done_at = $2
         WHERE id = $1 AND state = 'approved' AND expires_at > $2"
    )
    .bind(id)
    .bind(now)
    .execute(w)
    .await?;
    Ok(claimed == 1)
}

/// Ends what nobody decided or carried out in time; what ended.
pub async fn expire(w: &mut Writer, now: Timestamp) -> Result<Vec<Approval>, Error> {
    let rows = sql!(
        "UPDATE approvals SET state = 'expired'
         WHERE id IN (SELECT id FROM approvals WHERE (state = 'open' OR state = 'approved') AND expires_at <= $1
                      ORDER BY expires_at, id LIMIT 64)
         RETURNING id, kind, organisation, account, requester, document, asked_at, expires_at, state, decider"
    )
    .bind(now)
    .all(w)
    .await?;
    rows.iter().map(read).collect()
}

/// Forgets what was asked about a person who is erased.
pub async fn forget(w: &mut Writer, account: &AccountId) -> Result<(), Error> {
    sql!("DELETE FROM approvals WHERE account = $1").bind(account.as_str()).execute(w).await?;
    Ok(())
}
