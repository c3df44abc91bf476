//! Lists of people being worked off: the job, its sealed rows, and who came under which id of another system.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, Digest, ImportId, OrganisationId, Timestamp};
use crate::duties::Path;
use crate::identity::roster::State;

/// A list and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Immutable id.
    pub id: ImportId,
    /// Where its people belong.
    pub organisation: OrganisationId,
    /// Who brought it, as the trail names them.
    pub actor: String,
    /// What happens to it.
    pub state: State,
    /// Rows of the list.
    pub total: i64,
    /// Rows that need nothing more.
    pub done: i64,
    /// People created.
    pub created: i64,
    /// Rows of people who were here already.
    pub skipped: i64,
    /// Rows nobody could be made of.
    pub failed: i64,
    /// When it was brought.
    pub created_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// What was foreseen when it was brought: counts, as JSON.
    pub foreseen: Option<String>,
    /// Who said go, as the trail names them, and when; nobody knows of lists that were begun by an older program.
    pub begun: Option<(String, Timestamp)>,
}

/// What a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// People created.
    pub created: i64,
    /// Rows of people who were here already.
    pub skipped: i64,
    /// Rows nobody could be made of.
    pub failed: i64,
}

impl Counts {
    fn done(self) -> i64 {
        self.created + self.skipped + self.failed
    }
}

impl Job {
    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get(0)?,
            organisation: row.get(1)?,
            actor: row.get(2)?,
            state: row.parse(3, State::parse)?,
            total: row.get(4)?,
            done: row.get(5)?,
            created: row.get(6)?,
            skipped: row.get(7)?,
            failed: row.get(8)?,
            created_at: row.get(9)?,
            ended_at: row.get(10)?,
            foreseen: row.get(11)?,
            begun: row.get::<Option<String>>(12)?.zip(row.get::<Option<Timestamp>>(13)?),
        })
    }
}

/// Notes a list whose rows are about to be stored.
pub async fn insert(w: &mut Writer, job: &Job, most: i64) -> Result<bool, Error> {
    let inserted = sql!(
        "INSERT INTO imports (id, organisation, actor, state, total, done, created, skipped, failed, beat_at,
             created_at, foreseen)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11
         WHERE (SELECT COUNT(*) FROM imports WHERE organisation = $2 AND state IN ('loading', 'ready')) < $12"
    )
    .bind(&job.id)
    .bind(&job.organisation)
    .bind(&job.actor)
    .bind(job.state.as_str())
    .bind(job.total)
    .bind(job.done)
    .bind(job.created)
    .bind(job.skipped)
    .bind(job.failed)
    .bind(job.created_at)
    .bind(job.foreseen.as_deref())
    .bind(most)
    .execute(w)
    .await?;
    Ok(inserted == 1)
}

/// Forgets the rows of a list that nobody will begin.
pub async fn drop_waiting(w: &mut Writer, id: &ImportId) -> Result<(), Error> {
    sql!("DELETE FROM import_rows WHERE import = $1 AND failed = FALSE").bind(id).execute(w).await?;
    Ok(())
}

/// Stores a row: one that waits, or one that failed before it began.
pub async fn insert_row(
    w: &mut Writer,
    id: &ImportId,
    line: i64,
    failed: bool,
    sealed: &[u8],
) -> Result<(), Error> {
    sql!("INSERT INTO import_rows (import, line, failed, sealed) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(line)
        .bind(failed)
        .bind(sealed)
        .execute(w)
        .await?;
    Ok(())
}

/// A list by its id.
pub async fn find(store: &Store, id: &ImportId) -> Result<Option<Job>, Error> {
    let row = sql!(
        "SELECT id, organisation, actor, state, total, done, created, skipped, failed, created_at, ended_at, foreseen,
             begun_by, begun_at
         FROM imports WHERE id = $1"
    )
    .bind(id)
    .optional(store)
    .await?;
    row.as_ref().map(Job::read).transpose()
}

/// The newest lists of an organisation and what lies below it, behind a place of the list where one is named.
pub async fn list(
    store: &Store,
    place: &Path,
    after: Option<&(Timestamp, ImportId)>,
    limit: i64,
) -> Result<Vec<Job>, Error> {
    let rows = sql!(
        "SELECT i.id, i.organisation, i.actor, i.state, i.total, i.done, i.created, i.skipped, i.failed,
             i.created_at, i.ended_at, i.foreseen, i.begun_by, i.begun_at
         FROM imports i JOIN organisations o ON o.id = i.organisation
         WHERE o.path LIKE $1 AND (i.created_at < $3 OR (i.created_at = $3 AND i.id < $4))
         ORDER BY i.created_at DESC, i.id DESC LIMIT $2"
    )
    .bind(format!("{}%", place.as_str()))
    .bind(limit)
    .bind(after.map_or(i64::MAX, |(at, _)| at.micros()))
    .bind(after.map_or("", |(_, id)| id.as_str()))
    .all(store)
    .await?;
    rows.iter().map(Job::read).collect()
}

/// Moves a list on, once: `false` when it is not in the state it is moved from.
pub async fn advance(
    w: &mut Writer,
    id: &ImportId,
    (from, to): (State, State),
    now: Timestamp,
) -> Result<bool, Error> {
    let ended = to.is_over().then_some(now);
    let moved =
        sql!("UPDATE imports SET state = $3, ended_at = $4, beat_at = $5 WHERE id = $1 AND state = $2")
            .bind(id)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(ended)
            .bind(now)
            .execute(w)
            .await?;
    Ok(moved == 1)
}

/// Notes who said go to a list, inside the change that moves it on.
pub async fn begun_by(w: &mut Writer, id: &ImportId, actor: &str, now: Timestamp) -> Result<(), Error> {
    sql!("UPDATE imports SET begun_by = $2, begun_at = $3 WHERE id = $1")
        .bind(id)
        .bind(actor)
        .bind(now)
        .execute(w)
        .await?;
    Ok(())
}

/// Lists that run and that nobody has worked on since `stale`, the oldest first.
pub async fn waiting(store: &Store, stale: Timestamp) -> Result<Vec<ImportId>, Error> {
    let rows = sql!(
        "SELECT id FROM imports WHERE state = 'running' AND (holder IS NULL OR beat_at < $1)
         ORDER BY created_at, id LIMIT 10"
    )
    .bind(stale)
    .all(store)
    .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Takes a running list that nobody holds, or whose holder is silent since `stale`; one of many wins.
pub async fn claim(
    w: &mut Writer,
    id: &ImportId,
    holder: &str,
    (now, stale): (Timestamp, Timestamp),
) -> Result<Option<Job>, Error> {
    let row = sql!(
        "UPDATE imports SET holder = $2, beat_at = $3
         WHERE id = $1 AND state = 'running' AND (holder IS NULL OR beat_at < $4)
         RETURNING id, organisation, actor, state, total, done, created, skipped, failed, created_at,
             ended_at, foreseen, begun_by, begun_at"
    )
    .bind(id)
    .bind(holder)
    .bind(now)
    .bind(stale)
    .optional(w)
    .await?;
    row.as_ref().map(Job::read).transpose()
}

/// Lets go of a list, so that another node goes on at once.
pub async fn release(w: &mut Writer, id: &ImportId, holder: &str) -> Result<(), Error> {
    sql!("UPDATE imports SET holder = NULL WHERE id = $1 AND holder = $2")
        .bind(id)
        .bind(holder)
        .execute(w)
        .await?;
    Ok(())
}

/// The first rows that wait.
pub async fn rows_waiting(store: &Store, id: &ImportId, limit: i64) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let rows = sql!(
        "SELECT line, sealed FROM import_rows WHERE import = $1 AND failed = FALSE ORDER BY line LIMIT $2"
    )
    .bind(id)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Rows that failed, behind a line.
pub async fn rows_failed(
    store: &Store,
    id: &ImportId,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Error> {
    let rows = sql!(
        "SELECT line, sealed FROM import_rows WHERE import = $1 AND failed = TRUE AND line > $2
         ORDER BY line LIMIT $3"
    )
    .bind(id)
    .bind(after)
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Counts a batch, first of all in its change: `false` when the list is over or somebody else holds it, and then
/// nothing of the batch may be done.
pub async fn count(
    w: &mut Writer,
    id: &ImportId,
    holder: &str,
    counts: Counts,
    now: Timestamp,
) -> Result<bool, Error> {
    let counted = sql!(
        "UPDATE imports SET done = done + $3, created = created + $4, skipped = skipped + $5, failed = failed + $6,
             beat_at = $7
         WHERE id = $1 AND holder = $2 AND state = 'running'"
    )
    .bind(id)
    .bind(holder)
    .bind(counts.done())
    .bind(counts.created)
    .bind(counts.skipped)
    .bind(counts.failed)
    .bind(now)
    .execute(w)
    .await?;
    Ok(counted == 1)
}

/// Spends a row that waits: `Conflict` when it was spent.
pub async fn take_row(w: &mut Writer, id: &ImportId, line: i64) -> Result<(), Error> {
    let taken = sql!("DELETE FROM import_rows WHERE import = $1 AND line = $2 AND failed = FALSE")
        .bind(id)
        .bind(line)
        .execute(w)
        .await?;
    if taken == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Turns a row that waits into one that failed: `Conflict` when it was spent.
pub async fn fail_row(w: &mut Writer, id: &ImportId, line: i64, sealed: &[u8]) -> Result<(), Error> {
    let failed = sql!(
        "UPDATE import_rows SET failed = TRUE, sealed = $3 WHERE import = $1 AND line = $2 AND failed = FALSE"
    )
    .bind(id)
    .bind(line)
    .bind(sealed)
    .execute(w)
    .await?;
    if failed == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Notes under which id of another system somebody came; `Conflict` when somebody came under it before.
pub async fn link(
    w: &mut Writer,
    (organisation, external): (&OrganisationId, Digest),
    account: &AccountId,
    id: &ImportId,
) -> Result<(), Error> {
    sql!("INSERT INTO imported (organisation, external, account, import) VALUES ($1, $2, $3, $4)")
        .bind(organisation)
        .bind(external)
        .bind(account)
        .bind(id)
        .execute(w)
        .await?;
    Ok(())
}

/// Who came under an id of another system.
pub async fn find_external(
    store: &Store,
    organisation: &OrganisationId,
    external: Digest,
) -> Result<Option<AccountId>, Error> {
    let row = sql!("SELECT account FROM imported WHERE organisation = $1 AND external = $2")
        .bind(organisation)
        .bind(external)
        .optional(store)
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Digests asked for at once.
pub const TOGETHER: usize = 16;

/// Which of these ids of another system are known; at most [`TOGETHER`] are asked for.
pub async fn known_externals(
    store: &Store,
    organisation: &OrganisationId,
    asked: &[Digest],
) -> Result<Vec<Digest>, Error> {
    let statement = sql!(
        "SELECT external FROM imported WHERE organisation = $1 AND external IN
             ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    );
    let rows = among(statement.bind(organisation), asked, store).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Which of these names somebody has, and whether that is somebody at `place` or below it; at most [`TOGETHER`] are asked
/// for.
pub async fn known_identifiers(
    store: &Store,
    place: &Path,
    asked: &[Digest],
) -> Result<Vec<(Digest, bool)>, Error> {
    let statement = sql!(
        "SELECT i.digest, o.path FROM identifiers i
             LEFT JOIN accounts a ON a.id = i.account LEFT JOIN organisations o ON o.id = a.organisation
         WHERE i.digest IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    );
    let rows = among(statement, asked, store).await?;
    let here = |path: Option<String>| path.is_some_and(|path| place.covers(&Path::from_text(path)));
    rows.iter().map(|row| Ok((row.get(0)?, here(row.get(1)?)))).collect()
}

async fn among(statement: super::Stmt, asked: &[Digest], store: &Store) -> Result<Vec<Row>, Error> {
    let Some(first) = asked.first() else { return Ok(Vec::new()) };
    let filled = asked.iter().chain(std::iter::repeat(first)).take(TOGETHER);
    filled.fold(statement, |statement, digest| statement.bind(*digest)).all(store).await
}

/// Lists nobody needs any more: over since `over`, or brought and never begun since `begun`.
pub async fn expired(store: &Store, over: Timestamp, begun: Timestamp) -> Result<Vec<ImportId>, Error> {
    let rows = sql!(
        "SELECT id FROM imports WHERE ended_at < $1
             OR (state IN ('loading', 'ready') AND created_at < $2) ORDER BY id LIMIT 100"
    )
    .bind(over)
    .bind(begun)
    .all(store)
    .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Removes a list and its rows; the people stay.
pub async fn remove(w: &mut Writer, id: &ImportId) -> Result<(), Error> {
    sql!("DELETE FROM import_rows WHERE import = $1").bind(id).execute(&mut *w).await?;
    sql!("DELETE FROM imports WHERE id = $1").bind(id).execute(w).await?;
    Ok(())
}
