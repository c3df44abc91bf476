//! The trail by what auditors look for: time, person, actor, app, kind, outcome, network, reference, organisation.
//!
//! The text is the same whatever is asked but for the condition that leads, which names an index of its own: so that a
//! person's ten events are found among millions without reading the others. What leads with several values (kinds, the
//! clinics of a small part of the tree) is asked once for each, and the answers are merged.

use super::{Filter, Stored};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{EventId, OrganisationId, Timestamp};
use crate::store::{Error, Stmt, Store, sql};

/// Most clinics that are asked one by one.
const MOST_PLACES: i64 = 16;

macro_rules! led_by {
    ($lead:literal, $younger:expr) => {
        match $younger {
            false => led_by!($lead, "(at < $6 OR (at = $6 AND id < $7))", "DESC"),
            true => led_by!($lead, "(at > $6 OR (at = $6 AND id > $7))", "ASC"),
        }
    };
    ($lead:literal, $place:literal, $order:literal) => {
        sql!(concat!(
            "SELECT id, at, kind, outcome, organisation, actor, account, client, session, network, request, reason,
                 detail, sealed
             FROM events
             WHERE ",
            $lead,
            " AND (CAST($1 AS TEXT) IS NULL OR account = $1) AND (CAST($2 AS TEXT) IS NULL OR kind = $2)
                 AND (CAST($3 AS TEXT) IS NULL OR organisation = $3) AND at >= $4 AND at < $5
                 AND ",
            $place,
            "    AND (CAST($8 AS TEXT) IS NULL OR actor = $8) AND (CAST($9 AS TEXT) IS NULL OR client = $9)
                 AND (CAST($10 AS TEXT) IS NULL OR outcome = $10)
                 AND (CAST($11 AS TEXT) IS NULL OR network = $11)
                 AND (CAST($12 AS TEXT) IS NULL OR request = $12)
                 AND (CAST($13 AS TEXT) IS NULL
                     OR organisation IN (SELECT o.id FROM organisations o WHERE o.path LIKE $13))
                 AND (CAST($14 AS TEXT) IS NULL OR $14 LIKE '%,' || kind || ',%')
             ORDER BY at ",
            $order,
            ", id ",
            $order,
            " LIMIT $15"
        ))
    };
}

/// At most `limit` events, the newest first; the console's and the export's page.
pub async fn list(store: &Store, filter: &Filter, limit: i64) -> Result<Vec<Event>, Error> {
    let younger = filter.before.is_some();
    let mut found = Vec::new();
    for part in parts(store, filter).await? {
        found.extend(page(store, filter, &part, limit).await?);
    }
    found.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    let limit = usize::try_from(limit).unwrap_or_default();
    match younger {
        // Those next to where it was asked from are the oldest of the younger ones.
        true => drop(found.drain(..found.len().saturating_sub(limit))),
        false => found.truncate(limit),
    }
    Ok(found)
}

/// What one question leads with, where the filter has several.
#[derive(Default)]
struct Part {
    kind: Option<Kind>,
    organisation: Option<OrganisationId>,
}

async fn parts(store: &Store, filter: &Filter) -> Result<Vec<Part>, Error> {
    let one = filter.request.is_some()
        || filter.account.is_some()
        || filter.client.is_some()
        || filter.network.is_some()
        || filter.actor.is_some();
    if one {
        return Ok(vec![Part::default()]);
    }
    if !filter.kinds.is_empty() {
        let part = |kind: &Kind| Part { kind: Some(*kind), organisation: None };
        return Ok(filter.kinds.iter().map(part).collect());
    }
    let (Some(place), None) = (&filter.within, &filter.organisation) else {
        return Ok(vec![Part::default()]);
    };
    let rows = sql!("SELECT id FROM organisations WHERE path LIKE $1 ORDER BY id LIMIT $2")
        .bind(format!("{}%", place.as_str()))
        .bind(MOST_PLACES + 1)
        .all(store)
        .await?;
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) > MOST_PLACES {
        return Ok(vec![Part::default()]);
    }
    let part = |id: String| Part { kind: None, organisation: Some(OrganisationId::from_text(id)) };
    rows.iter().map(|row| row.get(0).map(part)).collect()
}

async fn page(store: &Store, filter: &Filter, part: &Part, limit: i64) -> Result<Vec<Event>, Error> {
    let end = Timestamp::from_micros(i64::MAX);
    let (at, id) = match (&filter.before, &filter.after) {
        (Some(place), _) | (None, Some(place)) => place.clone(),
        (None, None) => (end, EventId::from_text("")),
    };
    let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
    let rows = led(filter, part)
        .bind(&filter.account)
        .bind(part.kind.map(Kind::as_str))
        .bind(part.organisation.as_ref().or(filter.organisation.as_ref()).cloned())
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
        .bind(filter.within.as_ref().map(|place| format!("{}%", place.as_str())))
        .bind((!kinds.is_empty()).then(|| format!(",{},", kinds.join(","))))
        .bind(limit)
        .all(store)
        .await?;
    rows.iter().map(|row| Stored::read(row)?.event()).collect()
}

/// The statement whose lead leaves the fewest rows, as far as one knows without counting.
fn led(filter: &Filter, part: &Part) -> Stmt {
    let younger = filter.before.is_some();
    match filter {
        Filter { request: Some(_), .. } => led_by!("request = $12", younger),
        Filter { account: Some(_), .. } => led_by!("account = $1", younger),
        Filter { client: Some(_), .. } => led_by!("client = $9", younger),
        Filter { network: Some(_), .. } => led_by!("network = $11", younger),
        Filter { actor: Some(_), .. } => led_by!("actor = $8", younger),
        _ if part.kind.is_some() => led_by!("kind = $2", younger),
        _ if part.organisation.is_some() => led_by!("organisation = $3", younger),
        Filter { organisation: Some(_), .. } => led_by!("organisation = $3", younger),
        _ => led_by!("at >= $4", younger),
    }
}
