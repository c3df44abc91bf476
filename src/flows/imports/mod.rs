//! People brought from elsewhere: a list is looked at ([`preview`]), staged ([`stage`]), begun ([`apply`]), and worked
//! off in batches by whichever node is free ([`work`]); how far it is stands in its [`Job`].
//!
//! An import creates people and changes nobody: whoever came before under the same id of the other system is left as
//! they are. Whoever brings a list is an [`AdminActor`] for its organisation; a list elsewhere does not exist for them, and
//! it stops when they, or whoever said go, may not any more. Rows wait sealed with a key of the list's own, which is deleted with them.

mod bringer;
mod check;
mod look;
mod run;

pub use crate::store::imports::Job;
pub use look::{Preview, preview};
pub use run::{finish_now, work};

use super::admin::{self, AdminActor, Who};
use super::{About, Cx};
use crate::audit::{Event, Kind};
use crate::base::{AccountId, ImportId, OrganisationId, Role, Seconds, Timestamp, sheet};
use crate::duties::Action;
use crate::identity::roster::{Column, ERROR_HEADS, Fault, Limits, Row, State, Unreadable};
use crate::keys::seal::DataKey;
use crate::store::{self, imports};

/// How a list is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The role of whoever's row names none.
    pub role: Option<Role>,
    /// What columns of other names are: (head, ours), ours empty to leave a column out.
    pub map: Vec<(String, String)>,
    /// How large it may be.
    pub limits: Limits,
}

/// What every row is held against, whatever it says.
struct Bounds {
    organisation: OrganisationId,
    role: Option<Role>,
    /// Whether administrators may come by this list.
    administrators: bool,
    /// Whether whoever brings it answers for proved addresses and for ready-made ways to sign in.
    vouches: bool,
}

impl Bounds {
    fn of(actor: &AdminActor, options: &Options) -> Self {
        Self {
            organisation: actor.organisation().clone(),
            role: options.role,
            administrators: admin::may_make(actor.rank(), Role::Administrator),
            vouches: actor.who().may_at(Action::ImportVouch, actor.place()),
        }
    }
}

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// Somebody may not do this.
    #[error(transparent)]
    Admin(#[from] admin::Refused),
    /// There is no such list, or it is not where it would have to be.
    #[error("there is no such list, or it was begun or stopped before")]
    Unknown,
    /// Others of the organisation wait, as many as may.
    #[error("other lists of this organisation wait; begin them or throw them away first")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// How long a finished list and what failed of it is kept.
const KEPT: Seconds = 7 * 86_400;
/// How long a list waits for somebody to say go.
const STAGED: Seconds = 3_600;
/// Lists of one organisation that may wait for somebody to say go.
const WAITING: i64 = 5;
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
pub async fn stage(
    cx: &Cx,
    actor: &AdminActor,
    bytes: &[u8],
    options: &Options,
) -> Result<(ImportId, Preview), Refused> {
    actor.is_for(Action::ImportRun)?;
    let (rows, preview) = look::judged(cx, actor, bytes, options).await?;
    let id = ImportId::new(cx.now, &cx.entropy);
    let key = cx.vault.create(&keyholder(&id), cx.now, &cx.entropy).await?;
    let failed =
        i64::try_from(rows.iter().filter(|(_, faults)| !faults.is_empty()).count()).unwrap_or(i64::MAX);
    let job = Job {
        id: id.clone(),
        organisation: actor.organisation().clone(),
        actor: actor.who().actor().to_text(),
        state: State::Loading,
        total: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        done: failed,
        created: 0,
        skipped: 0,
        failed,
        created_at: cx.now,
        ended_at: None,
        foreseen: Some(preview.without_faults()?),
        begun: None,
    };
    let looked_at = look::looked_at(cx, actor, &preview, Some(&id));
    let kept = cx.store.write((job, looked_at), |w, (job, event)| {
        Box::pin(async move {
            let kept = imports::insert(w, job, WAITING).await?;
            // Who looked has seen, whether it is kept or not.
            w.record(event).await?;
            Ok::<_, store::Error>(kept)
        })
    });
    if !kept.await? {
        cx.vault.forget_unused(&keyholder(&id)).await?;
        return Err(Refused::TooMany);
    }
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
    if !advance(cx, &id, (State::Loading, State::Ready), None).await? {
        return Err(Refused::Unknown);
    }
    Ok((id, preview))
}

/// The proof that somebody may do something with a list, and the list as it stands.
pub async fn authorise(
    cx: &Cx,
    who: &Who,
    action: Action,
    id: &ImportId,
) -> Result<(AdminActor, Job), admin::Refused> {
    admin::allow(cx, who, action).await?;
    let Some(job) = imports::find(&cx.store, id).await? else {
        return admin::unknown(cx, who, action).await;
    };
    let actor = admin::authorise(cx, who, action, &job.organisation).await?;
    Ok((actor, job))
}

/// A list of the actor's organisation.
async fn known(cx: &Cx, actor: &AdminActor, id: &ImportId) -> Result<Job, Refused> {
    let job = imports::find(&cx.store, id).await?;
    job.filter(|job| job.organisation == *actor.organisation()).ok_or(Refused::Unknown)
}

/// Looking is part of running.
fn sees(actor: &AdminActor) -> Result<(), admin::Refused> {
    actor.is_for(Action::ImportRead).or_else(|_| actor.is_for(Action::ImportRun))
}

/// Begins a staged list; the next free node works it off.
pub async fn apply(cx: &Cx, actor: &AdminActor, id: &ImportId) -> Result<(), Refused> {
    actor.is_for(Action::ImportRun)?;
    let job = known(cx, actor, id).await?;
    let event = actor.event(cx, Kind::ImportBegun);
    let carries = Preview::kept(&job).map(|seen| seen.carries());
    let total = job.total - job.failed;
    let event = event.with(serde_json::json!({ "import": job.id, "total": total, "carries": carries }));
    match advance(cx, id, (State::Ready, State::Running), Some(event)).await? {
        true => Ok(()),
        false => Err(Refused::Unknown),
    }
}

/// Stops a list; whoever was created stays. `false` when it was over.
pub async fn cancel(cx: &Cx, actor: &AdminActor, id: &ImportId) -> Result<bool, Refused> {
    actor.is_for(Action::ImportRun)?;
    let job = known(cx, actor, id).await?;
    if advance(cx, id, (State::Ready, State::Cancelled), None).await? {
        return Ok(true);
    }
    let event = done(&job, State::Cancelled, actor.event(cx, Kind::ImportDone));
    Ok(advance(cx, id, (State::Running, State::Cancelled), Some(event)).await?)
}

/// Moves a list on, once, and tells of it.
async fn advance(
    cx: &Cx,
    id: &ImportId,
    step: (State, State),
    event: Option<Event>,
) -> Result<bool, store::Error> {
    cx.store
        .write((id.clone(), step, event, cx.now), |w, (id, step, event, now)| {
            Box::pin(async move {
                let moved = imports::advance(w, id, *step, *now).await?;
                if moved && (*step == (State::Ready, State::Cancelled) || step.1 == State::Stopped) {
                    imports::drop_waiting(w, id).await?;
                }
                if let (true, Some(event)) = (moved, event) {
                    if *step == (State::Ready, State::Running) {
                        imports::begun_by(w, id, &event.actor.to_text(), *now).await?;
                    }
                    w.record(event).await?;
                }
                Ok::<_, store::Error>(moved)
            })
        })
        .await
}

/// Writes into an event that a list is over. Its counts are those known now.
fn done(job: &Job, state: State, event: Event) -> Event {
    event.within(&job.organisation).with(serde_json::json!({
        "import": job.id,
        "state": state,
        "total": job.total,
        "created": job.created,
        "skipped": job.skipped,
        "failed": job.failed,
    }))
}

/// How far a list has come.
pub async fn status(cx: &Cx, actor: &AdminActor, id: &ImportId) -> Result<Job, Refused> {
    sees(actor)?;
    known(cx, actor, id).await
}

/// The newest lists of the places where somebody may see them.
pub async fn list(cx: &Cx, who: &Who, limit: i64) -> Result<Vec<Job>, admin::Refused> {
    list_after(cx, who, None, limit).await
}

/// As [`list`], of those older than one that was brought at this moment under this id.
pub async fn list_after(
    cx: &Cx,
    who: &Who,
    after: Option<&(Timestamp, ImportId)>,
    limit: i64,
) -> Result<Vec<Job>, admin::Refused> {
    let mut lists = Vec::new();
    for place in who.places(Action::ImportRead) {
        lists.extend(imports::list(&cx.store, &place, after, limit).await?);
    }
    lists.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    lists.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(lists)
}

/// At most `most` rows' faults of a list, each with its line.
pub async fn faults(cx: &Cx, actor: &AdminActor, id: &ImportId, most: usize) -> Result<Vec<Fault>, Refused> {
    sees(actor)?;
    known(cx, actor, id).await?;
    let rows = failed(cx, id, most).await?;
    Ok(rows.into_iter().flat_map(|failed| failed.faults).collect())
}

/// What failed of a list as CSV, to be mended and brought again: line, column, what and how to mend it, then the row
/// without its secrets. No cell is a formula.
pub async fn error_sheet(cx: &Cx, actor: &AdminActor, id: &ImportId) -> Result<String, Refused> {
    sees(actor)?;
    known(cx, actor, id).await?;
    let rows = failed(cx, id, usize::MAX).await?;
    let shown: Vec<Column> = Column::ALL
        .iter()
        .copied()
        .filter(|column| !column.is_secret() && rows.iter().any(|failed| failed.row.get(*column).is_some()))
        .collect();
    let heads = ERROR_HEADS.into_iter();
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
    Ok(out)
}

async fn failed(cx: &Cx, id: &ImportId, most: usize) -> Result<Vec<Failed>, Refused> {
    let key = cx.vault.find(&keyholder(id), cx.now).await?.ok_or(Refused::Unknown)?;
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let limit = i64::try_from(most.saturating_sub(all.len()).min(500)).unwrap_or(500);
        let rows = imports::rows_failed(&cx.store, id, after, limit).await?;
        let Some((last, _)) = rows.last() else { return Ok(all) };
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
