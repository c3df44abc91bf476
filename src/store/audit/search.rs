//! The trail by what auditors look for: time, person, actor, app, kind, outcome, network, reference, organisation.
//!
//! The text is the same whatever is asked but for the condition that leads, which names an index of its own: so that a
//! person's ten events are found among millions without reading the others.

use super::{Filter, Stored};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{EventId, Timestamp};
use crate::store::{Error, Stmt, Store, sql};

macro_rules! led_by {
    ($lead:literal) => {
        sql!(concat!(
            "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason,
                 detail, sealed
             FROM events
             WHERE ",
            $lead,
            " AND (CAST($1 AS TEXT) IS NULL OR account = $1) AND (CAST($2 AS TEXT) IS NULL OR kind = $2)
                 AND (CAST($3 AS TEXT) IS NULL OR organisation = $3) AND at >= $4 AND at < $5
                 AND (at < $6 OR (at = $6 AND id < $7))
                 AND (CAST($8 AS TEXT) IS NULL OR actor = $8) AND (CAST($9 AS TEXT) IS NULL OR client = $9)
                 AND (CAST($10 AS TEXT) IS NULL OR outcome = $10)
                 AND (CAST($11 AS TEXT) IS NULL OR network = $11)
                 AND (CAST($12 AS TEXT) IS NULL OR request = $12)
                 AND (CAST($13 AS TEXT) IS NULL
                     OR organisation IN (SELECT o.id FROM organisations o WHERE o.path LIKE $13))
             ORDER BY at DESC, id DESC LIMIT $14"
        ))
    };
}

/// At most `limit` events, the newest first; the console's and the export's page.
pub async fn list(store: &Store, filter: &Filter, limit: i64) -> Result<Vec<Event>, Error> {
    let end = Timestamp::from_micros(i64::MAX);
    let (at, id) = filter.after.clone().unwrap_or((end, EventId::from_text("")));
    let rows = led(filter)
        .bind(&filter.account)
        .bind(filter.kind.map(Kind::as_str))
        .bind(&filter.organisation)
        .bind(filter.from.unwrap_or_default())
        .bind(filter.until.unwrap_or(end))
        .bind(at)
        .bind(id)
        .bind(&filter.actor)
        .bind(&filter.client)
        .bind(filter.outcome.map(Outcome::as_str))
        .bind(&filter.network)
        .bind(&filter.request)
        // Ids hold no wildcards.
        .bind(filter.within.as_ref().map(|place| format!("{place}%")))
        .bind(limit)
        .all(store)
        .await?;
    rows.iter().map(|row| Stored::read(row)?.event()).collect()
}

/// The statement whose lead leaves the fewest rows, as far as one knows without counting.
fn led(filter: &Filter) -> Stmt {
    match filter {
        Filter { request: Some(_), .. } => led_by!("request = $12"),
        Filter { account: Some(_), .. } => led_by!("account = $1"),
        Filter { client: Some(_), .. } => led_by!("client = $9"),
        Filter { network: Some(_), .. } => led_by!("network = $11"),
        Filter { actor: Some(_), .. } => led_by!("actor = $8"),
        Filter { kind: Some(_), .. } => led_by!("kind = $2"),
        Filter { organisation: Some(_), .. } => led_by!("organisation = $3"),
        _ => led_by!("at >= $4"),
    }
}
