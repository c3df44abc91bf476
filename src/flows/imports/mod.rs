//! People brought from elsewhere: a list is looked at ([`preview`]), staged ([`stage`]), begun ([`apply`]), and worked
//! off in batches by whichever node is free ([`work`]); how far it is stands in its [`Job`].
//!
//! An import creates people and changes nobody: whoever came before under the same id of the other system is left as
//! they are. Rows wait sealed with a key of the list's own, which is deleted with them.

mod check;
mod look;
mod run;

pub use crate::store::imports::Job;
pub use look::{Preview, preview};
pub use run::{finish_now, work};

use super::{About, Cx};
use crate::audit::{Event, Kind, Outcome};
use crate::base::{AccountId, EventId, ImportId, OrganisationId, Role, Seconds, Timestamp, sheet};
use crate::identity::roster::{Column, Fault, Limits, Row, State, Unreadable};
use crate::keys::seal::DataKey;
use crate::store::{self, imports};

/// How a list is read, and where its people belong.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where they belong.
    pub organisation: OrganisationId,
    /// The role of whoever's row names none.
    pub role: Option<Role>,
    /// What columns of other names are: (head, ours), ours empty to leave a column out.
    pub map: Vec<(String, String)>,
    /// How large it may be.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { organisation: OrganisationId::root(), role: None, map: Vec::new(), limits: Limits::default() }
    }
}

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// Its people would belong nowhere.
    #[error("there is no organisation `{0}`")]
    NoOrganisation(OrganisationId),
    /// There is no such list, or it is not where it would have to be.
    #[error("there is no such list, or it was begun or stopped before")]
    Unknown,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// How long a finished list and what failed of it is kept.
const KEPT: Seconds = 7 * 86_400;
/// How long a list waits for somebody to say go.
const STAGED: Seconds = 3_600;
/// Rows stored in one change.
const ROWS: usize = 100;

/// A row that failed, as it is sealed.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Failed {
    row: Row,
    faults: Vec<Fault>,
}

/// Whose key in the key store is the list's own.
fn keyholder(id: &ImportId) -> AccountId {
    AccountId::from_text(format!("import:{id}"))
}

fn sealed<T: serde::Serialize>(
    key: &DataKey,
    id: &ImportId,
    line: u64,
    what: &T,
) -> Result<Vec<u8>, store::Error> {
    let plain = serde_json::to_vec(what).map_err(|_| store::Error::corrupt("import.row"))?;
    let plain = zeroize::Zeroizing::new(plain);
    Ok(key.seal(&context(id, line), &plain))
}

fn opened<T: serde::de::DeserializeOwned>(
    key: &DataKey,
    id: &ImportId,
    line: i64,
    sealed: &[u8],
) -> Result<T, store::Error> {
    let strange = |_| store::Error::corrupt("import.row");
    let plain = key.open(&context(id, line.unsigned_abs()), sealed).map_err(strange)?;
    serde_json::from_slice(plain.expose()).map_err(|_| store::Error::corrupt("import.row"))
}

fn context(id: &ImportId, line: u64) -> String {
    format!("import.{id}.{line}")
}

/// Keeps a list until somebody says go; answers its id and what would happen. Rows that cannot be taken stand aside.
pub async fn stage(cx: &Cx, bytes: &[u8], options: &Options) -> Result<(ImportId, Preview), Refused> {
    let (rows, preview) = look::judged(cx, bytes, options).await?;
    let id = ImportId::new(cx.now, &cx.entropy);
    let key = cx.vault.create(&keyholder(&id), cx.now, &cx.entropy).await?;
    let failed =
        i64::try_from(rows.iter().filter(|(_, faults)| !faults.is_empty()).count()).unwrap_or(i64::MAX);
    let job = Job {
        id: id.clone(),
        organisation: options.organisation.clone(),
        actor: cx.actor.to_text(),
        state: State::Loading,
        total: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        done: failed,
        created: 0,
        skipped: 0,
        failed,
        created_at: cx.now,
        ended_at: None,
    };
    cx.store.write(job, |w, job| Box::pin(imports::insert(w, job))).await?;
    for some in rows.chunks(ROWS) {
        let some = some.iter().map(|(row, faults)| {
            let line = i64::try_from(row.line).unwrap_or(i64::MAX);
            let sealed = match faults.is_empty() {
                true => sealed(&key, &id, row.line, row)?,
                false => {
                    let failed = Failed { row: row.clone(), faults: faults.clone() };
                    sealed(&key, &id, row.line, &failed)?
                }
            };
            Ok((line, !faults.is_empty(), sealed))
        });
        let some = some.collect::<Result<Vec<_>, store::Error>>()?;
        cx.store
            .write((id.clone(), some), |w, (id, some)| {
                Box::pin(async move {
                    for (line, failed, sealed) in some {
                        imports::insert_row(w, id, *line, *failed, sealed).await?;
                    }
                    Ok::<_, store::Error>(())
                })
            })
            .await?;
    }
    if !advance(cx, &id, State::Loading, State::Ready).await? {
        return Err(Refused::Unknown);
    }
    Ok((id, preview))
}

/// Begins a staged list; the next free node works it off.
pub async fn apply(cx: &Cx, id: &ImportId) -> Result<(), Refused> {
    match advance(cx, id, State::Ready, State::Running).await? {
        true => Ok(()),
        false => Err(Refused::Unknown),
    }
}

/// Stops a list; whoever was created stays. `false` when it was over, or is not known.
pub async fn cancel(cx: &Cx, id: &ImportId) -> Result<bool, store::Error> {
    let Some(job) = imports::find(&cx.store, id).await? else { return Ok(false) };
    if advance(cx, id, State::Ready, State::Cancelled).await? {
        return Ok(true);
    }
    let Some(event) = done(cx, &job, State::Cancelled) else { return Ok(false) };
    let input = (id.clone(), event, cx.now);
    cx.store
        .write(input, |w, (id, event, now)| {
            Box::pin(async move {
                let stopped = imports::advance(w, id, (State::Running, State::Cancelled), *now).await?;
                if stopped {
                    w.record(event).await?;
                }
                Ok::<_, store::Error>(stopped)
            })
        })
        .await
}

async fn advance(cx: &Cx, id: &ImportId, from: State, to: State) -> Result<bool, store::Error> {
    let input = (id.clone(), (from, to), cx.now);
    cx.store.write(input, |w, (id, step, now)| Box::pin(imports::advance(w, id, *step, *now))).await
}

/// The event that a list is over. Its counts are those known now.
fn done(cx: &Cx, job: &Job, state: State) -> Option<Event> {
    let mut event = cx.event(Kind::ImportDone, Outcome::Ok).with(serde_json::json!({
        "import": job.id,
        "state": state,
        "total": job.total,
        "created": job.created,
        "skipped": job.skipped,
        "failed": job.failed,
    }));
    event.organisation = job.organisation.clone();
    event.id = EventId::new(cx.now, &cx.entropy);
    state.is_over().then_some(event)
}

/// How far a list has come.
pub async fn status(cx: &Cx, id: &ImportId) -> Result<Option<Job>, store::Error> {
    imports::find(&cx.store, id).await
}

/// The newest lists of an organisation.
pub async fn list(cx: &Cx, organisation: &OrganisationId, limit: i64) -> Result<Vec<Job>, store::Error> {
    imports::list(&cx.store, organisation, limit).await
}

/// What failed of a list, each fault with its line; `None` when the list is gone.
pub async fn faults(cx: &Cx, id: &ImportId) -> Result<Option<Vec<Fault>>, store::Error> {
    Ok(failed(cx, id).await?.map(|rows| rows.into_iter().flat_map(|failed| failed.faults).collect()))
}

/// What failed of a list as CSV, to be mended and brought again: line, column, what and how to mend it, then the row
/// without its secrets. No cell is a formula. `None` when the list is gone.
pub async fn error_sheet(cx: &Cx, id: &ImportId) -> Result<Option<String>, store::Error> {
    let Some(rows) = failed(cx, id).await? else { return Ok(None) };
    let shown: Vec<Column> = Column::ALL
        .iter()
        .copied()
        .filter(|column| !column.is_secret() && rows.iter().any(|failed| failed.row.get(*column).is_some()))
        .collect();
    let heads = ["error_line", "error_column", "error", "how_to_mend_it"].into_iter();
    let mut out = sheet::line(heads.chain(shown.iter().map(|column| column.as_str())));
    for Failed { row, faults } in &rows {
        let all = |part: &dyn Fn(&Fault) -> String| {
            let mut parts: Vec<String> = faults.iter().map(part).collect();
            parts.dedup();
            parts.join("; ")
        };
        let about = [
            row.line.to_string(),
            all(&|fault| fault.column.map(Column::as_str).unwrap_or_default().to_owned()),
            all(&|fault| fault.what.clone()),
            all(&|fault| fault.fix.clone()),
        ];
        let cells = shown.iter().map(|column| row.get(*column).unwrap_or_default().to_owned());
        out += &sheet::line(about.into_iter().chain(cells));
    }
    Ok(Some(out))
}

async fn failed(cx: &Cx, id: &ImportId) -> Result<Option<Vec<Failed>>, store::Error> {
    let Some(key) = cx.vault.find(&keyholder(id), cx.now).await? else { return Ok(None) };
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let rows = imports::rows_failed(&cx.store, id, after, 500).await?;
        let Some((last, _)) = rows.last() else { return Ok(Some(all)) };
        after = *last;
        for (line, sealed) in &rows {
            all.push(opened(&key, id, *line, sealed)?);
        }
    }
}

/// Deletes lists whose time is over: the key first, then the rows. Says how many went.
pub async fn sweep(cx: &Cx) -> Result<u64, store::Error> {
    let gone = imports::expired(&cx.store, cx.now.plus(-KEPT), cx.now.plus(-STAGED)).await?;
    for id in &gone {
        cx.vault.forget_unused(&keyholder(id)).await?;
        cx.store.write(id.clone(), |w, id| Box::pin(imports::remove(w, id))).await?;
    }
    Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
}

/// When what failed of a list is deleted.
pub fn kept_until(job: &Job) -> Option<Timestamp> {
    job.ended_at.map(|ended| ended.plus(KEPT))
}
