//! Working a list off: a node claims it, makes people of its rows batch by batch, and lets go of it when it must end.
//! Another node goes on with a list whose holder is silent. Every batch is one change that counts itself first, so
//! that a row becomes one person however many nodes believe to hold the list, and is held against what whoever brought it may
//! do now.

use super::check::{self, Newcomer};
use super::{Bounds, Cx, Failed, Job, bringer, keyholder, look, opened, sealed};
use crate::audit::{Actor, Kind, Outcome};
use crate::base::{AccountId, Digest, EventId, FactorId, ImportId, Seconds};
use crate::factors::FactorKind;
use crate::flows::About;
use crate::flows::accounts::{self, Creation};
use crate::flows::invitations::{self, Sending};
use crate::flows::notify;
use crate::identity::roster::{Fault, Row, State};
use crate::identity::{self, Account};
use crate::keys::seal::DataKey;
use crate::notifications::{Draft, Notice};
use crate::store::imports::{self, Counts};
use crate::store::{self, Writer, factors};

/// Rows in one change: few enough that sign-ins do not wait for it.
const BATCH: i64 = 25;
/// A holder that was silent for so long is believed dead.
const SILENCE: Seconds = 30;

/// Works off whatever waits, until nothing does or `stop` says so.
pub async fn work(cx: &Cx, stop: &(dyn Fn() -> bool + Send + Sync)) -> Result<(), store::Error> {
    let holder = EventId::new(cx.now, &cx.entropy).to_string();
    while !stop() {
        let stale = again(cx).now.plus(-SILENCE);
        let mut worked = false;
        for id in imports::waiting(&cx.store, stale).await? {
            worked |= work_off(cx, &id, &holder, &|_| (), stop).await?;
        }
        if !worked {
            break;
        }
    }
    Ok(())
}

/// Works off one list here and now, as a command does; `tell` hears how far it is. `None` when another node has it.
pub async fn finish_now(
    cx: &Cx,
    id: &ImportId,
    tell: &(dyn Fn(&Job) + Send + Sync),
) -> Result<Option<Job>, store::Error> {
    let holder = EventId::new(cx.now, &cx.entropy).to_string();
    work_off(cx, id, &holder, tell, &|| false).await?;
    imports::find(&cx.store, id).await
}

/// The same operation, now.
fn again(cx: &Cx) -> Cx {
    Cx { now: cx.clock.now(), ..cx.clone() }
}

/// Claims a list and works it off; `false` when somebody else has it.
async fn work_off(
    cx: &Cx,
    id: &ImportId,
    holder: &str,
    tell: &(dyn Fn(&Job) + Send + Sync),
    stop: &(dyn Fn() -> bool + Send + Sync),
) -> Result<bool, store::Error> {
    let cx = &again(cx);
    let input = (id.clone(), holder.to_owned(), (cx.now, cx.now.plus(-SILENCE)));
    let claimed = cx
        .store
        .write(input, |w, (id, holder, times)| Box::pin(imports::claim(w, id, holder, *times)))
        .await?;
    let Some(job) = claimed else { return Ok(false) };
    let mut cx = again(cx);
    cx.actor = Actor::parse(&job.actor).unwrap_or(Actor::System);
    let key = cx.vault.key(&keyholder(id), cx.now).await?;
    loop {
        if stop() {
            let input = (id.clone(), holder.to_owned());
            cx.store.write(input, |w, (id, holder)| Box::pin(imports::release(w, id, holder))).await?;
            return Ok(true);
        }
        cx = again(&cx);
        let rows = imports::rows_waiting(&cx.store, id, BATCH).await?;
        let going_on = match rows.is_empty() {
            true => finish(&cx, &job).await.map(|()| false)?,
            false => match bringer::bounds_now(&cx, &job).await? {
                Ok(bounds) => batch(&cx, &job, &bounds, holder, &key, rows).await?,
                Err(why) => stop_for(&cx, &job, why).await.map(|()| false)?,
            },
        };
        if let Some(now) = imports::find(&cx.store, id).await? {
            tell(&now);
        }
        if !going_on {
            return Ok(true);
        }
    }
}

/// What becomes of a row.
enum Fate {
    Created { newcomer: Box<Newcomer>, row: Row },
    Skipped { line: i64 },
    Failed { line: i64, sealed: Vec<u8> },
}

/// Makes people of some rows; `false` when the list is not ours any more.
async fn batch(
    cx: &Cx,
    job: &Job,
    bounds: &Bounds,
    holder: &str,
    key: &DataKey,
    rows: Vec<(i64, Vec<u8>)>,
) -> Result<bool, store::Error> {
    let mut fates = Vec::new();
    for (line, waiting) in rows {
        let row: Row = opened(key, &job.id, line, &waiting)?;
        fates.push(fate(cx, bounds, key, job, row).await?);
    }
    match write(cx, (job, bounds), holder, fates).await? {
        Written::Done(ours) => return Ok(ours),
        Written::Taken(fates) => {
            // Somebody took a name or came meanwhile: one by one, so that it stops nobody else.
            for one in fates {
                let Fate::Created { newcomer, row } = one else {
                    if !matches!(write(cx, (job, bounds), holder, vec![one]).await?, Written::Done(true)) {
                        return Ok(false);
                    }
                    continue;
                };
                let alone = vec![Fate::Created { newcomer, row: row.clone() }];
                match write(cx, (job, bounds), holder, alone).await? {
                    Written::Done(true) => {}
                    Written::Done(false) => return Ok(false),
                    Written::Taken(_) => {
                        let fate = match fate(cx, bounds, key, job, row.clone()).await? {
                            Fate::Created { .. } => failed(key, job, row, taken_meanwhile)?,
                            other => other,
                        };
                        if !matches!(write(cx, (job, bounds), holder, vec![fate]).await?, Written::Done(true))
                        {
                            return Ok(false);
                        }
                    }
                }
            }
        }
    }
    Ok(true)
}

fn taken_meanwhile(line: u64) -> Vec<Fault> {
    vec![look::taken_name(line, "username")]
}

/// Looks at a row again: the world may have moved since the list was staged.
async fn fate(cx: &Cx, bounds: &Bounds, key: &DataKey, job: &Job, row: Row) -> Result<Fate, store::Error> {
    let line = i64::try_from(row.line).unwrap_or(i64::MAX);
    let newcomer = match check::newcomer(cx, bounds, &row) {
        Ok(newcomer) => newcomer,
        Err(faults) => return failed(key, job, row, |_| faults),
    };
    if let Some(external) = newcomer.external
        && imports::find_external(&cx.store, &job.organisation, external).await?.is_some()
    {
        return Ok(Fate::Skipped { line });
    }
    Ok(Fate::Created { newcomer: Box::new(newcomer), row })
}

fn failed(
    key: &DataKey,
    job: &Job,
    row: Row,
    faults: impl FnOnce(u64) -> Vec<Fault>,
) -> Result<Fate, store::Error> {
    let line = row.line;
    let faults = faults(line);
    let sealed = sealed(key, &job.id, line, &Failed { row, faults })?;
    Ok(Fate::Failed { line: i64::try_from(line).unwrap_or(i64::MAX), sealed })
}

/// What became of a batch.
enum Written {
    /// It was written; or nothing was, because the list is not ours.
    Done(bool),
    /// A name or an id was taken meanwhile; nothing was written.
    Taken(Vec<Fate>),
}

/// A new person of a batch.
struct Person {
    creation: Creation,
    /// The link, where one was asked for.
    sending: Option<Sending>,
    /// The mail to somebody who can sign in at once, with what they did not choose here.
    told: Vec<notify::Prepared>,
    /// The password that came from elsewhere, and a hash of its cost.
    cost: Option<(FactorId, String)>,
    /// Their id in the other system.
    external: Option<Digest>,
    line: i64,
}

/// A batch ready to be written.
struct Batch {
    id: ImportId,
    job: Job,
    /// What its rows were held against.
    held: bringer::Standing,
    holder: String,
    counts: Counts,
    people: Vec<Person>,
    skipped: Vec<i64>,
    failed: Vec<(i64, Vec<u8>)>,
    now: crate::base::Timestamp,
}

async fn write(
    cx: &Cx,
    (job, bounds): (&Job, &Bounds),
    holder: &str,
    fates: Vec<Fate>,
) -> Result<Written, store::Error> {
    let newcomers: Vec<&Newcomer> = fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Created { newcomer, .. } => Some(newcomer.as_ref()),
            Fate::Skipped { .. } | Fate::Failed { .. } => None,
        })
        .collect();
    let ids: Vec<AccountId> = newcomers.iter().map(|_| AccountId::new(cx.now, &cx.entropy)).collect();
    // The keys come first, as for one person: a crash in between leaves keys nobody has.
    let keys =
        if ids.is_empty() { Vec::new() } else { cx.vault.create_all(&ids, cx.now, &cx.entropy).await? };
    let mut people = Vec::new();
    for ((newcomer, id), key) in newcomers.iter().zip(&ids).zip(&keys) {
        people.push(person(cx, job, newcomer, id, key)?);
    }
    let (mut skipped, mut failed) = (Vec::new(), Vec::new());
    for fate in &fates {
        match fate {
            Fate::Created { .. } => {}
            Fate::Skipped { line } => skipped.push(*line),
            Fate::Failed { line, sealed } => failed.push((*line, sealed.clone())),
        }
    }
    let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let counts =
        Counts { created: count(people.len()), skipped: count(skipped.len()), failed: count(failed.len()) };
    let held = bringer::Standing { administrators: bounds.administrators, vouches: bounds.vouches };
    let (id, now, holder) = (job.id.clone(), cx.now, holder.to_owned());
    let batch = Batch { id, job: job.clone(), held, holder, counts, people, skipped, failed, now };
    let written = cx.store.write(batch, |w, batch| Box::pin(write_batch(w, batch))).await;
    if !matches!(written, Ok(Some(true))) {
        for id in &ids {
            cx.vault.forget_unused(id).await?;
        }
    }
    match written {
        // Nothing was written: the list is looked at again, and stops.
        Ok(None) => Ok(Written::Done(true)),
        Ok(Some(ours)) => Ok(Written::Done(ours)),
        Err(store::Error::Conflict) => Ok(Written::Taken(fates)),
        Err(other) => Err(other),
    }
}

fn person(
    cx: &Cx,
    job: &Job,
    newcomer: &Newcomer,
    id: &AccountId,
    key: &DataKey,
) -> Result<Person, store::Error> {
    // Whoever has nothing to sign in with waits for a link or a letter.
    let begun = newcomer.password.is_some() || newcomer.totp.is_some();
    let account = Account {
        id: id.clone(),
        organisation: job.organisation.clone(),
        role: newcomer.role,
        state: if begun { identity::State::Active } else { identity::State::Invited },
        profile: newcomer.profile.clone(),
        valid_after: cx.now,
        created_at: cx.now,
        reset_at: None,
    };
    let mut bound = Vec::new();
    let mut cost = None;
    if let Some((hash, foreign)) = &newcomer.password {
        let factor = accounts::sealed_factor(cx, FactorKind::Password, hash, key)?;
        cost = foreign.clone().map(|foreign| (factor.id.clone(), foreign));
        bound.push(factor);
    }
    if let Some(totp) = &newcomer.totp {
        bound.push(accounts::sealed_factor(cx, FactorKind::Totp, totp, key)?);
    }
    let mut event = cx.event(Kind::AccountCreated, Outcome::Ok).person(id);
    event.organisation = job.organisation.clone();
    event.detail = Some(serde_json::json!({ "import": job.id, "carries": newcomer.carried().words() }));
    let sending = match newcomer.invite && !begun {
        true => invitations::sending(cx, &account, key, Notice::Invitation, None)?,
        false => None,
    };
    let told = match begun {
        true => notify::seal(cx, &account, key, &Draft::of(Notice::Activated))?,
        false => Vec::new(),
    };
    let creation = accounts::creation(cx, account, bound, key, event)?;
    let line = i64::try_from(newcomer.line).unwrap_or(i64::MAX);
    Ok(Person { creation, sending, told, cost, external: newcomer.external, line })
}

/// Writes a batch: `false` when the list is somebody else's, `None` when whoever answers for it may not do as much any more.
async fn write_batch(w: &mut Writer, batch: &Batch) -> Result<Option<bool>, store::Error> {
    let Batch { id, job, held, holder, counts, people, skipped, failed, now } = batch;
    if !bringer::hold(w, job, *held).await? {
        return Ok(None);
    }
    if !imports::count(w, id, holder, *counts, *now).await? {
        return Ok(Some(false));
    }
    for Person { creation, sending, told, cost, external, line } in people {
        imports::take_row(w, id, *line).await?;
        accounts::write_creation(w, creation).await?;
        notify::write(w, told).await?;
        if let Some((factor, cost)) = cost {
            factors::came_from_elsewhere(w, factor, cost).await?;
        }
        if let Some(external) = external {
            imports::link(w, (&job.organisation, *external), creation.account(), id).await?;
        }
        if let Some(sending) = sending {
            invitations::send(w, creation.account(), sending, *now).await?;
        }
    }
    for line in skipped {
        imports::take_row(w, id, *line).await?;
    }
    for (line, sealed) in failed {
        imports::fail_row(w, id, *line, sealed).await?;
    }
    Ok(Some(true))
}

/// Whoever brought the list, or said go, may not any more: nobody else comes by it, and what waits is forgotten.
async fn stop_for(cx: &Cx, job: &Job, why: &'static str) -> Result<(), store::Error> {
    let Some(job) = imports::find(&cx.store, &job.id).await? else { return Ok(()) };
    let mut event = super::done(&job, State::Stopped, cx.refusal(Kind::ImportStopped, why));
    event.actor = Actor::System;
    super::advance(cx, &job.id, (State::Running, State::Stopped), Some(event)).await.map(|_| ())
}

/// Nothing waits any more.
async fn finish(cx: &Cx, job: &Job) -> Result<(), store::Error> {
    let Some(job) = imports::find(&cx.store, &job.id).await? else { return Ok(()) };
    let event = super::done(&job, State::Done, cx.event(Kind::ImportDone, Outcome::Ok));
    super::advance(cx, &job.id, (State::Running, State::Done), Some(event)).await.map(|_| ())
}
