//! The tree of organisations.

use super::{Error, Row, Store, Target, Writer, sql};
use crate::base::{OrganisationId, Timestamp};
use crate::duties::{Organisation, Path};

/// Organisations read at once.
const STRETCH: usize = 1_000;

fn read(row: &Row) -> Result<Organisation, Error> {
    Ok(Organisation {
        id: OrganisationId::from_text(row.get::<String>(0)?),
        parent: row.get::<Option<String>>(1)?.map(OrganisationId::from_text),
        path: Path::from_text(row.get::<String>(2)?),
        name: row.get(3)?,
        created_at: row.get(4)?,
    })
}

/// An organisation by its id.
pub async fn find<'t>(
    target: impl Into<Target<'t>>,
    id: &OrganisationId,
) -> Result<Option<Organisation>, Error> {
    let row = sql!("SELECT id, parent, path, name, created_at FROM organisations WHERE id = $1")
        .bind(id.as_str())
        .optional(target)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The organisation at a place and what lies below it, parents before their children.
pub async fn below(store: &Store, place: &Path) -> Result<Vec<Organisation>, Error> {
    // Ids hold no wildcards. Every one is read, a stretch at a time: what is left out would be out of sight for those who
    // look after it. Order and comparison are the database's own, so a stretch begins where the last one ended.
    let mut all: Vec<Organisation> = Vec::new();
    loop {
        let after = all.last().map_or(String::new(), |last| last.path.as_str().to_owned());
        let rows = sql!(
            "SELECT id, parent, path, name, created_at FROM organisations WHERE path LIKE $1 AND path > $2
             ORDER BY path LIMIT $3"
        )
        .bind(format!("{}%", place.as_str()))
        .bind(after)
        .bind(STRETCH as i64)
        .all(store)
        .await?;
        let read: Vec<Organisation> = rows.iter().map(read).collect::<Result<_, _>>()?;
        let is_last = read.len() < STRETCH;
        all.extend(read);
        if is_last {
            return Ok(all);
        }
    }
}

/// Makes an organisation.
pub async fn insert(w: &mut Writer, new: &Organisation) -> Result<(), Error> {
    sql!(
        "INSERT INTO organisations (id, parent, path, name, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)"
    )
    .bind(new.id.as_str())
    .bind(new.parent.as_ref().map(|id| id.as_str().to_owned()))
    .bind(new.path.as_str())
    .bind(new.name.as_str())
    .bind(new.created_at)
    .execute(w)
    .await?;
    Ok(())
}

/// Gives it another name; `false` when there is none, or it has that name.
pub async fn rename(w: &mut Writer, id: &OrganisationId, name: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = sql!("UPDATE organisations SET name = $2, updated_at = $3 WHERE id = $1 AND name <> $2")
        .bind(id.as_str())
        .bind(name)
        .bind(now)
        .execute(w)
        .await?;
    Ok(changed == 1)
}

/// As [`rename`], where it still has the name `seen`.
pub async fn rename_from(
    w: &mut Writer,
    id: &OrganisationId,
    seen: &str,
    name: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = sql!(
        "UPDATE organisations SET name = $3, updated_at = $4 WHERE id = $1 AND name = $2 AND name <> $3"
    )
    .bind(id.as_str())
    .bind(seen)
    .bind(name)
    .bind(now)
    .execute(w)
    .await?;
    Ok(changed == 1)
}
