//! The words people's names are found by, as keyed digests, and the lists that use them.
//!
//! A list is driven by whatever narrows it most, each with an index that holds the order; the other filters are looked
//! at on the way. Which one that is, is the caller's choice: it knows the counts.

use super::accounts::SealedAccount;
use super::{Error, Row, Stmt, Store, Writer, sql};
use crate::base::{AccountId, Role, Timestamp};
use crate::identity::State;
use crate::policy::enrolment::{Stage, Strongest};

/// Most words of one person that are written in one statement.
const AT_ONCE: usize = 24;

/// A line of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands.
    pub number: i64,
    /// Who it is, sealed.
    pub account: SealedAccount,
    /// How far they have come.
    pub stage: Stage,
    /// Their strongest way.
    pub strongest: Strongest,
}

/// What a list is narrowed to. Absent means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// How far people have come.
    pub stage: Option<Stage>,
    /// What their accounts are for.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub state: Option<State>,
    /// Their strongest way.
    pub strongest: Option<Strongest>,
    /// The organisation at or below which they are, and how deep below the root it stands; nothing is everywhere.
    pub place: Option<(String, usize)>,
}

/// What a list is driven by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// Nothing: newest first.
    Number,
    /// The stage.
    Stage,
    /// The role.
    Role,
    /// The state.
    State,
    /// The strongest way.
    Strongest,
    /// The organisation.
    Place,
}

/// One statement a driver; `$1` to `$10` are the same in all of them.
macro_rules! listed {
    ($driven:literal) => {
        sql!(concat!(
            "SELECT e.number, e.stage, e.strongest, a.id, a.organisation, a.role, a.state, a.sealed, a.valid_after,
                    a.created_at, a.reset_at
             FROM (SELECT * FROM enrolments d WHERE ",
            $driven,
            " AND d.number < $1
               AND ($2 = '' OR d.stage = $2) AND ($3 = '' OR d.role = $3) AND ($4 = '' OR d.state = $4)
               AND ($5 = '' OR d.strongest = $5)
               AND ($6 = '' OR d.place_1 = $6) AND ($7 = '' OR d.place_2 = $7)
               AND ($8 = '' OR d.place_3 = $8) AND ($9 = '' OR d.place_4 = $9)
             ORDER BY d.number DESC LIMIT $10) e
             JOIN accounts a ON a.id = e.account ORDER BY e.number DESC"
        ))
    };
}

fn place_at(narrowed: &Narrowed, depth: usize) -> String {
    narrowed.place.as_ref().filter(|(_, at)| *at == depth).map(|(id, _)| id.clone()).unwrap_or_default()
}

fn word(value: Option<&'static str>) -> &'static str {
    value.unwrap_or_default()
}

/// `$1` to `$10`: where a page begins, what it is narrowed to, and how long it is.
fn narrow(statement: Stmt, narrowed: &Narrowed, before: i64, limit: i64) -> Stmt {
    statement
        .bind(before)
        .bind(word(narrowed.stage.map(Stage::as_str)))
        .bind(word(narrowed.role.map(Role::as_str)))
        .bind(word(narrowed.state.map(State::as_str)))
        .bind(word(narrowed.strongest.map(Strongest::as_str)))
        .bind(place_at(narrowed, 1))
        .bind(place_at(narrowed, 2))
        .bind(place_at(narrowed, 3))
        .bind(place_at(narrowed, 4))
        .bind(limit)
}

/// Up to `limit` people before a number, newest first.
pub async fn list(
    store: &Store,
    narrowed: &Narrowed,
    driver: Driver,
    before: i64,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let statement = match (driver, narrowed.place.as_ref().map(|(_, depth)| *depth)) {
        (Driver::Stage, _) => listed!("d.stage = $2"),
        (Driver::Role, _) => listed!("d.role = $3"),
        (Driver::State, _) => listed!("d.state = $4"),
        (Driver::Strongest, _) => listed!("d.strongest = $5"),
        (Driver::Place, Some(1)) => listed!("d.place_1 = $6"),
        (Driver::Place, Some(2)) => listed!("d.place_2 = $7"),
        (Driver::Place, Some(3)) => listed!("d.place_3 = $8"),
        (Driver::Place, Some(_)) => listed!("d.place_4 = $9"),
        (Driver::Number | Driver::Place, _) => listed!("d.number >= 0"),
    };
    let rows = narrow(statement, narrowed, before, limit).all(store).await?;
    rows.iter().map(line).collect()
}

/// Up to `limit` people before a number whose names hold all of these words (four at most), newest first.
pub async fn search(
    store: &Store,
    words: &[i64],
    narrowed: &Narrowed,
    before: i64,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let Some(first) = words.first().copied() else { return Ok(Vec::new()) };
    // A word that is not there is the first one again.
    let nth = |n: usize| words.get(n).copied().unwrap_or(first);
    let statement = sql!(
        "SELECT e.number, e.stage, e.strongest, a.id, a.organisation, a.role, a.state, a.sealed, a.valid_after,
                a.created_at, a.reset_at
         FROM name_words f JOIN enrolments e ON e.number = f.number JOIN accounts a ON a.id = e.account
         WHERE f.word = $11 AND f.number < $1
           AND ($12 = $11 OR EXISTS (SELECT 1 FROM name_words o WHERE o.word = $12 AND o.number = f.number))
           AND ($13 = $11 OR EXISTS (SELECT 1 FROM name_words o WHERE o.word = $13 AND o.number = f.number))
           AND ($14 = $11 OR EXISTS (SELECT 1 FROM name_words o WHERE o.word = $14 AND o.number = f.number))
           AND ($2 = '' OR e.stage = $2) AND ($3 = '' OR e.role = $3) AND ($4 = '' OR e.state = $4)
           AND ($5 = '' OR e.strongest = $5)
           AND ($6 = '' OR e.place_1 = $6) AND ($7 = '' OR e.place_2 = $7)
           AND ($8 = '' OR e.place_3 = $8) AND ($9 = '' OR e.place_4 = $9)
         ORDER BY f.number DESC LIMIT $10"
    );
    let statement = narrow(statement, narrowed, before, limit);
    let rows = statement.bind(first).bind(nth(1)).bind(nth(2)).bind(nth(3)).all(store).await?;
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line, Error> {
    let stage = Stage::parse(&row.get::<String>(1)?);
    let strongest = Strongest::parse(&row.get::<String>(2)?);
    Ok(Line {
        number: row.get(0)?,
        stage: stage.ok_or_else(|| Error::corrupt("enrolment.stage"))?,
        strongest: strongest.ok_or_else(|| Error::corrupt("enrolment.strongest"))?,
        account: SealedAccount::read_from(row, 3)?,
    })
}

/// Writes the words a person is found by, in place of those before.
pub async fn write(w: &mut Writer, account: &AccountId, words: &[i64], now: Timestamp) -> Result<(), Error> {
    let row =
        sql!("UPDATE enrolments SET indexed = TRUE, updated_at = $2 WHERE account = $1 RETURNING number")
            .bind(account.as_str())
            .bind(now)
            .optional(&mut *w)
            .await?;
    let Some(row) = row else { return Ok(()) };
    let number = row.get::<i64>(0)?;
    forget(w, number).await?;
    for some in words.chunks(AT_ONCE) {
        let Some(first) = some.first().copied() else { continue };
        let mut statement = sql!(
            "INSERT INTO name_words (word, number) VALUES
             ($2, $1), ($3, $1), ($4, $1), ($5, $1), ($6, $1), ($7, $1), ($8, $1), ($9, $1), ($10, $1), ($11, $1),
             ($12, $1), ($13, $1), ($14, $1), ($15, $1), ($16, $1), ($17, $1), ($18, $1), ($19, $1), ($20, $1),
             ($21, $1), ($22, $1), ($23, $1), ($24, $1), ($25, $1)
             ON CONFLICT (word, number) DO NOTHING"
        )
        .bind(number);
        for at in 0..AT_ONCE {
            statement = statement.bind(some.get(at).copied().unwrap_or(first));
        }
        statement.execute(&mut *w).await?;
    }
    Ok(())
}

/// Forgets the words of a person.
pub async fn forget(w: &mut Writer, number: i64) -> Result<(), Error> {
    sql!("DELETE FROM name_words WHERE number = $1").bind(number).execute(w).await?;
    Ok(())
}
