//! The trail by what auditors look for: time, person, actor, app, kind, outcome, network, reference, organisation.
//!
//! The text is the same whatever is asked but for the condition that leads, which names an index of its own: so that a
//! person's ten events are found among millions without reading the others. What leads with several values (kinds, the
//! clinics of a small part of the tree) is asked once for each, and the answers are merged: whoever stands at a small part of
//! the tree reads no other's events, whatever they look for.

use super::{Filter, Stored};
use crate::audit::{Actor, Event, Kind, Outcome};
use crate::base::{EventId, OrganisationId, Timestamp};
use crate::store::{Error, Stmt, Store, sql};

/// Most clinics that are asked one by one: for a page, and for a piece of a copy, of which each answers as much as all of them.
/// Above that a search by kind reads every event of the kind until it has enough: half a microsecond each.
const MOST_PLACES: i64 = 64;
const MOST_PLACES_OF_COPIES: i64 = 16;
/// Longest page.
const PAGE: i64 = 201;
/// Most questions that are asked for one page.
const MOST_PARTS: usize = 64;

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
    for part in parts(store, filter, limit).await? {
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

async fn parts(store: &Store, filter: &Filter, limit: i64) -> Result<Vec<Part>, Error> {
    let one = filter.request.is_some()
        || filter.account.is_some()
        || filter.client.is_some()
        || filter.network.is_some()
        || filter.actor.as_deref().is_some_and(is_somebody);
    if one {
        return Ok(vec![Part::default()]);
    }
    Ok(parted(&filter.kinds, places(store, filter, limit).await?.as_deref()))
}

/// One question for each kind at each place, as far as there are few of them; no places are all of them.
fn parted(kinds: &[Kind], places: Option<&[OrganisationId]>) -> Vec<Part> {
    let at = |kind: Option<&Kind>, organisation: Option<&OrganisationId>| Part {
        kind: kind.copied(),
        organisation: organisation.cloned(),
    };
    match places {
        None if kinds.is_empty() => vec![Part::default()],
        None => kinds.iter().map(|kind| at(Some(kind), None)).collect(),
        // So many questions cost more than the places' other events do.
        Some(places) if kinds.is_empty() || places.len().saturating_mul(kinds.len()) > MOST_PARTS => {
            places.iter().map(|place| at(None, Some(place))).collect()
        }
        Some(places) => {
            let of = |place| kinds.iter().map(move |kind| at(Some(kind), Some(place)));
            places.iter().flat_map(of).collect()
        }
    }
}

/// Whether an actor is one of many: what the program does by itself, and what nobody known does, is told of everywhere.
fn is_somebody(actor: &str) -> bool {
    !matches!(Actor::parse(actor), Some(Actor::System | Actor::Anonymous))
}

/// The clinics a filter is held to, where they are few enough to be asked one by one.
async fn places(store: &Store, filter: &Filter, limit: i64) -> Result<Option<Vec<OrganisationId>>, Error> {
    if let Some(only) = &filter.organisation {
        return Ok(Some(vec![only.clone()]));
    }
    let Some(place) = &filter.within else { return Ok(None) };
    let most = if limit <= PAGE { MOST_PLACES } else { MOST_PLACES_OF_COPIES };
    let rows = sql!("SELECT id FROM organisations WHERE path LIKE $1 ORDER BY id LIMIT $2")
        .bind(format!("{}%", place.as_str()))
        .bind(most + 1)
        .all(store)
        .await?;
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) > most {
        return Ok(None);
    }
    rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>().map(Some)
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
    match (filter, &part.kind, &part.organisation) {
        (_, Some(_), Some(_)) => led_by!("organisation = $3 AND kind = $2", younger),
        (_, Some(_), None) => led_by!("kind = $2", younger),
        (_, None, Some(_)) => led_by!("organisation = $3", younger),
        (Filter { request: Some(_), .. }, ..) => led_by!("request = $12", younger),
        (Filter { account: Some(_), .. }, ..) => led_by!("account = $1", younger),
        (Filter { client: Some(_), .. }, ..) => led_by!("client = $9", younger),
        (Filter { network: Some(_), .. }, ..) => led_by!("network = $11", younger),
        (Filter { actor: Some(_), .. }, ..) => led_by!("actor = $8", younger),
        _ => led_by!("at >= $4", younger),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stands_at_a_small_part_of_the_tree_reads_what_lies_there_whatever_they_look_for() {
        let place = |n: usize| OrganisationId::from_text(format!("o{n}"));
        let places: Vec<_> = (0..16).map(place).collect();
        let kinds = [Kind::PasswordRefused, Kind::AdminRefused];
        let leads = |kinds: &[Kind], places: Option<&[OrganisationId]>, filter: &Filter| {
            let parts = parted(kinds, places);
            let texts = parts.iter().map(|part| led(filter, part).text());
            let lead =
                |text: &'static str| text.split("WHERE").nth(1).unwrap().split(" AND (CAST").next().unwrap();
            let mut leads: Vec<_> = texts.map(|text| lead(text).trim()).collect();
            let asked = leads.len();
            leads.dedup();
            (asked, leads.join("; "))
        };
        let any = Filter::default();
        let says = |asked: usize, lead: &str| (asked, lead.to_owned());
        assert_eq!(leads(&kinds, Some(&places), &any), says(32, "organisation = $3 AND kind = $2"));
        assert_eq!(leads(&kinds, Some(&places[..1]), &any), says(2, "organisation = $3 AND kind = $2"));
        assert_eq!(leads(&[], Some(&places), &any), says(16, "organisation = $3"));
        assert_eq!(leads(Kind::ALL, Some(&places), &any), says(16, "organisation = $3"));
        assert_eq!(leads(&kinds, None, &any), says(2, "kind = $2"));
        assert_eq!(leads(&[], None, &any), says(1, "at >= $4"));
        let system = Filter { actor: Some("system".to_owned()), ..Filter::default() };
        assert_eq!(leads(&kinds, Some(&places[..1]), &system), says(2, "organisation = $3 AND kind = $2"));
        assert_eq!(leads(&[], None, &system), says(1, "actor = $8"));
        assert!(is_somebody("account:a1") && !is_somebody("system") && !is_somebody("anonymous"));
    }
}
