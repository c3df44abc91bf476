//! How far people have come with setting up: one row each, kept in the change that moves them, and counts of it.

use super::{Error, Row, Store, Writer, sql};
use crate::base::{AccountId, OrganisationId, Role, Timestamp};
use crate::duties::Path;
use crate::factors::FactorKind;
use crate::identity::State;
use crate::policy::Arms;
use crate::policy::enrolment::{Stage, Strongest, stage, strongest};

/// Rows a count is spread over.
const SHARDS: i64 = 16;

/// What a person's row says, and their count is kept under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The clinic they belong to.
    pub organisation: OrganisationId,
    /// What the account is for.
    pub role: Role,
    /// Whether they may sign in.
    pub state: State,
    /// How far they have come.
    pub stage: Stage,
    /// Their strongest way.
    pub strongest: Strongest,
}

/// A person's way through the stages.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Orders lists.
    pub number: i64,
    /// Where they are.
    pub stage: Stage,
    /// When each stage was first reached, from `Activated` on.
    pub reached: [Option<Timestamp>; 4],
    /// When they were last reminded.
    pub reminded_at: Option<Timestamp>,
}

/// The number an account is listed by: the time in its id, and bits of it. Newer accounts have greater ones.
pub fn number(account: &AccountId) -> i64 {
    let hex: String = account.as_str().chars().filter(char::is_ascii_hexdigit).collect();
    let part = |from: usize, to: usize| {
        i64::from_str_radix(hex.get(from..to).unwrap_or_default(), 16).unwrap_or_default()
    };
    // 48 bits of milliseconds begin with zeros for ten thousand years; 20 bits of chance keep those of one apart.
    ((part(0, 12) & 0x7FF_FFFF_FFFF) << 20) | part(13, 16) << 8 | part(18, 20)
}

fn shard(number: i64) -> i64 {
    number.rem_euclid(SHARDS)
}

fn word<T>(row: &Row, at: usize, parse: fn(&str) -> Option<T>, what: &'static str) -> Result<T, Error> {
    parse(&row.get::<String>(at)?).ok_or_else(|| Error::corrupt(what))
}

fn cell(row: &Row, from: usize) -> Result<Cell, Error> {
    Ok(Cell {
        organisation: OrganisationId::from_text(row.get::<String>(from)?),
        role: word(row, from + 1, Role::parse, "enrolment.role")?,
        state: word(row, from + 2, State::parse, "enrolment.state")?,
        stage: word(row, from + 3, Stage::parse, "enrolment.stage")?,
        strongest: word(row, from + 4, Strongest::parse, "enrolment.strongest")?,
    })
}

/// What a person's row must say now.
async fn wanted(w: &mut Writer, account: &AccountId) -> Result<Option<(Cell, Path)>, Error> {
    let row = sql!(
        "SELECT a.organisation, a.role, a.state, COALESCE(o.path, '/root/')
         FROM accounts a LEFT JOIN organisations o ON o.id = a.organisation WHERE a.id = $1"
    )
    .bind(account.as_str())
    .optional(&mut *w)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let rows = sql!("SELECT kind, disabled_at FROM factors WHERE account = $1")
        .bind(account.as_str())
        .all(w)
        .await?;
    let mut arms = Arms::default();
    for row in rows {
        let kind = word(&row, 0, FactorKind::parse, "factor.kind")?;
        match row.get::<Option<Timestamp>>(1)? {
            None => arms.enabled.push(kind),
            Some(_) => arms.disabled.push(kind),
        }
    }
    let role = word(&row, 1, Role::parse, "account.role")?;
    let state = word(&row, 2, State::parse, "account.state")?;
    let cell = Cell {
        organisation: OrganisationId::from_text(row.get::<String>(0)?),
        role,
        state,
        stage: stage(role, state, &arms),
        strongest: strongest(&arms),
    };
    Ok(Some((cell, Path::from_text(row.get::<String>(3)?))))
}

/// Brings a person's row and the counts up to what their account and factors say, inside the change that moved them.
/// Where something only went, the time may be left out: nothing is reached by losing something.
pub async fn settle(w: &mut Writer, account: &AccountId, now: Timestamp) -> Result<(), Error> {
    // First the row itself, so that two changes of one person take turns and the later one sees both.
    let before = sql!(
        "UPDATE enrolments SET updated_at = CASE WHEN $2 > updated_at THEN $2 ELSE updated_at END WHERE account = $1
         RETURNING organisation, role, state, stage, strongest, number"
    )
    .bind(account.as_str())
    .bind(now)
    .optional(&mut *w)
    .await?;
    let Some((after, path)) = wanted(w, account).await? else { return Ok(()) };
    let Some(before) = before else { return begin(w, account, &after, &path, now).await };
    let number = before.get::<i64>(5)?;
    let before = cell(&before, 0)?;
    if before == after {
        return Ok(());
    }
    let places = places(&path);
    let [first, second, third, fourth] = &places;
    sql!(
        "UPDATE enrolments SET organisation = $2, role = $3, state = $4, stage = $5, strongest = $6,
                place_1 = $8, place_2 = $9, place_3 = $10, place_4 = $11,
                activated_at = CASE WHEN $5 <> 'invited' AND $7 > 0 THEN COALESCE(activated_at, $7) ELSE activated_at END,
                factor_at = CASE WHEN $5 IN ('factor', 'spare', 'ready') AND $7 > 0 THEN COALESCE(factor_at, $7) ELSE factor_at END,
                spare_at = CASE WHEN $5 IN ('spare', 'ready') AND $7 > 0 THEN COALESCE(spare_at, $7) ELSE spare_at END,
                ready_at = CASE WHEN $5 = 'ready' AND $7 > 0 THEN COALESCE(ready_at, $7) ELSE ready_at END
         WHERE account = $1"
    )
    .bind(account.as_str())
    .bind(after.organisation.as_str())
    .bind(after.role.as_str())
    .bind(after.state.as_str())
    .bind(after.stage.as_str())
    .bind(after.strongest.as_str())
    .bind(now)
    .bind(first.as_str())
    .bind(second.as_str())
    .bind(third.as_str())
    .bind(fourth.as_str())
    .execute(&mut *w)
    .await?;
    // In one order everywhere, so that two changes never wait for each other.
    let mut steps = [(before, -1), (after, 1)];
    steps.sort();
    for (cell, step) in &steps {
        count(w, cell, shard(number), *step).await?;
    }
    Ok(())
}

fn places(path: &Path) -> [String; 4] {
    let mut ids = path.ids().skip(1).map(|id| id.to_string());
    std::array::from_fn(|_| ids.next().unwrap_or_default())
}

async fn begin(
    w: &mut Writer,
    account: &AccountId,
    cell: &Cell,
    path: &Path,
    now: Timestamp,
) -> Result<(), Error> {
    let (number, [first, second, third, fourth]) = (number(account), places(path));
    let at = |stage| (cell.stage >= stage).then_some(now);
    let begun = sql!(
        "INSERT INTO enrolments (account, number, organisation, place_1, place_2, place_3, place_4, role, state, stage,
                                 strongest, indexed, activated_at, factor_at, spare_at, ready_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE, $12, $13, $14, $15, $16)
         ON CONFLICT (account) DO NOTHING"
    )
    .bind(account.as_str())
    .bind(number)
    .bind(cell.organisation.as_str())
    .bind(first)
    .bind(second)
    .bind(third)
    .bind(fourth)
    .bind(cell.role.as_str())
    .bind(cell.state.as_str())
    .bind(cell.stage.as_str())
    .bind(cell.strongest.as_str())
    .bind(at(Stage::Activated))
    .bind(at(Stage::Factor))
    .bind(at(Stage::Spare))
    .bind(at(Stage::Ready))
    .bind(now)
    .execute(&mut *w)
    .await?;
    if begun == 1 {
        count(w, cell, shard(number), 1).await?;
    }
    Ok(())
}

async fn count(w: &mut Writer, cell: &Cell, shard: i64, step: i64) -> Result<(), Error> {
    sql!(
        "INSERT INTO enrolment_counts (organisation, role, state, stage, strongest, shard, people)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organisation, role, state, stage, strongest, shard)
         DO UPDATE SET people = enrolment_counts.people + $7"
    )
    .bind(cell.organisation.as_str())
    .bind(cell.role.as_str())
    .bind(cell.state.as_str())
    .bind(cell.stage.as_str())
    .bind(cell.strongest.as_str())
    .bind(shard)
    .bind(step)
    .execute(w)
    .await?;
    Ok(())
}

/// Forgets a person who is erased: their row, their count, their words.
pub async fn forget(w: &mut Writer, account: &AccountId) -> Result<(), Error> {
    let gone = sql!(
        "DELETE FROM enrolments WHERE account = $1
         RETURNING organisation, role, state, stage, strongest, number"
    )
    .bind(account.as_str())
    .optional(&mut *w)
    .await?;
    let Some(gone) = gone else { return Ok(()) };
    let number = gone.get::<i64>(5)?;
    count(w, &cell(&gone, 0)?, shard(number), -1).await?;
    super::name_words::forget(w, number).await
}

/// Accounts made before there were enrolments, a few at a time.
pub async fn without(store: &Store, limit: i64) -> Result<Vec<AccountId>, Error> {
    let rows = sql!(
        "SELECT a.id FROM accounts a LEFT JOIN enrolments e ON e.account = a.id WHERE e.account IS NULL LIMIT $1"
    )
    .bind(limit)
    .all(store)
    .await?;
    rows.iter().map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).collect()
}

/// People whose names are not findable yet.
pub async fn to_index(store: &Store, limit: i64) -> Result<Vec<AccountId>, Error> {
    let rows = sql!("SELECT account FROM enrolments WHERE indexed = FALSE ORDER BY number LIMIT $1")
        .bind(limit)
        .all(store)
        .await?;
    rows.iter().map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).collect()
}

/// A name was changed: it is to be indexed again.
pub async fn renamed(w: &mut Writer, account: &AccountId) -> Result<(), Error> {
    sql!("UPDATE enrolments SET indexed = FALSE WHERE account = $1")
        .bind(account.as_str())
        .execute(w)
        .await?;
    Ok(())
}

/// A person's way through the stages.
pub async fn progress(store: &Store, account: &AccountId) -> Result<Option<Progress>, Error> {
    let row = sql!(
        "SELECT number, stage, activated_at, factor_at, spare_at, ready_at, reminded_at
         FROM enrolments WHERE account = $1"
    )
    .bind(account.as_str())
    .optional(store)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Progress {
        number: row.get(0)?,
        stage: word(&row, 1, Stage::parse, "enrolment.stage")?,
        reached: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?],
        reminded_at: row.get(6)?,
    }))
}

/// Notes a reminder; `false` when there was one since `not_since`.
pub async fn remind(
    w: &mut Writer,
    account: &AccountId,
    not_since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let noted = sql!(
        "UPDATE enrolments SET reminded_at = $3
         WHERE account = $1 AND (reminded_at IS NULL OR reminded_at <= $2)"
    )
    .bind(account.as_str())
    .bind(not_since)
    .bind(now)
    .execute(w)
    .await?;
    Ok(noted == 1)
}

/// One statement a depth of the place; `$1` to `$4` are the same in all of them.
macro_rules! reminded {
    ($placed:literal) => {
        sql!(concat!(
            "SELECT account FROM enrolments WHERE stage = $1 AND COALESCE(reminded_at, 0) <= $2
             AND state <> 'disabled' AND ",
            $placed,
            " ORDER BY COALESCE(reminded_at, 0), number LIMIT $4"
        ))
    };
}

/// People at a stage whom nobody reminded since `since`, at and below a place: whoever waits longest first.
pub async fn to_remind(
    store: &Store,
    stage: Stage,
    place: &Path,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<AccountId>, Error> {
    let last = place.ids().last().map(|id| id.to_string()).unwrap_or_default();
    let statement = match place.depth() {
        0 => reminded!("$3 <> ''"),
        1 => reminded!("place_1 = $3"),
        2 => reminded!("place_2 = $3"),
        3 => reminded!("place_3 = $3"),
        _ => reminded!("place_4 = $3"),
    };
    let rows = statement.bind(stage.as_str()).bind(since).bind(last).bind(limit).all(store).await?;
    rows.iter().map(|row| Ok(AccountId::from_text(row.get::<String>(0)?))).collect()
}

/// How many people are in each cell of the organisations at and below a place.
pub async fn counts(store: &Store, place: &Path) -> Result<Vec<(Cell, i64)>, Error> {
    let rows = sql!(
        "SELECT c.organisation, c.role, c.state, c.stage, c.strongest, CAST(SUM(c.people) AS BIGINT)
         FROM enrolment_counts c JOIN organisations o ON o.id = c.organisation
         WHERE o.path LIKE $1
         GROUP BY c.organisation, c.role, c.state, c.stage, c.strongest"
    )
    .bind(format!("{}%", place.as_str()))
    .all(store)
    .await?;
    rows.iter().map(|row| Ok((cell(row, 0)?, row.get(5)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Entropy;

    #[test]
    fn later_accounts_have_greater_numbers() {
        let entropy = Entropy::system();
        let at = |ms: i64| number(&AccountId::new(Timestamp::from_micros(ms * 1000), &entropy));
        let now = 1_790_000_000_000;
        assert!(at(now) < at(now + 1) && at(now + 1) < at(now + 86_400_000));
        assert!(at(now) > 0);
        let same: std::collections::BTreeSet<i64> = (0..1000).map(|_| at(now)).collect();
        assert!(same.len() > 990, "{} of 1000 differ", same.len());
        assert_eq!(number(&AccountId::from_text("")), 0);
    }
}
