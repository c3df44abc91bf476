//! `vouchsafe import`: a CSV list of people, looked at, and brought with `--apply`.

use std::io::Read;
use std::path::PathBuf;

use serde_json::json;

use super::session::{changing, reading};
use super::text::{plain, table};
use super::{Around, Failure, Weight};
use crate::base::{ImportId, OrganisationId, Role};
use crate::duties::Action;
use crate::flows::Cx;
use crate::flows::admin::{self, AdminActor};
use crate::flows::imports::{self, Job, Preview, Refused};
use crate::identity::roster::{Fault, Limits};

/// The flags of `import`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A CSV list, or - for standard input; see docs/import.md for the columns
    file: PathBuf,
    /// Say what would happen, and change nothing (this is so without --apply)
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Create the people
    #[arg(long)]
    apply: bool,
    /// Where they belong
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// The role of whoever's line names none: patient, clinician or administrator
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// What a column of another name is: `--map Kennung=username`; `--map Notes=` leaves it out
    #[arg(long, value_name = "COL=NAME", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Write the lines that failed to this file, to be mended and brought again
    #[arg(long, value_name = "FILE", requires = "apply")]
    errors: Option<PathBuf>,
}

/// Faults shown to a person; with `--json` all are.
const SHOWN: usize = 50;

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "use patient, clinician or administrator".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (from, to) = text.split_once('=').ok_or_else(|| "write COL=NAME".to_owned())?;
    Ok((from.to_owned(), to.to_owned()))
}

/// Runs the command; the exit code is 1 where a line failed, or would.
pub async fn run(options: Options, around: &Around) -> Result<u8, Failure> {
    let how = imports::Options { role: options.role, map: options.map.clone(), limits: Limits::default() };
    let bytes = bytes(&options.file, how.limits.bytes)?;
    match options.apply {
        false => {
            reading(around, async |cx| look(cx, &actor(cx, &options).await?, &bytes, &how, around).await)
                .await
        }
        true => {
            let bring = async |cx: &Cx| {
                bring(cx, &actor(cx, &options).await?, &bytes, (&how, &options), around).await
            };
            changing(around, bring).await
        }
    }
}

/// Whoever runs the command, for the organisation the people will belong to.
async fn actor(cx: &Cx, options: &Options) -> Result<AdminActor, Failure> {
    let named = options.organisation.as_deref();
    let organisation = named.map_or_else(OrganisationId::root, OrganisationId::from_text);
    match admin::authorise(cx, &admin::at_host(cx), Action::ImportRun, &organisation).await {
        Ok(actor) => Ok(actor),
        Err(admin::Refused::NotFound) => {
            Err(Failure::failed(format!("there is no organisation `{organisation}`")))
        }
        Err(other) => Err(Failure::failed(other.to_string())),
    }
}

/// What the file holds, a byte more than may be at most: then it is refused unread.
fn bytes(path: &std::path::Path, limit: usize) -> Result<zeroize::Zeroizing<Vec<u8>>, Failure> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let read = match path.to_str() {
        Some("-") => std::io::stdin().take(limit).read_to_end(&mut bytes),
        _ => std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|why| Failure::failed(format!("cannot read {}: {why}", path.display())))?;
    Ok(bytes)
}

async fn look(
    cx: &Cx,
    actor: &AdminActor,
    bytes: &[u8],
    how: &imports::Options,
    around: &Around,
) -> Result<u8, Failure> {
    let preview = imports::preview(cx, actor, bytes, how).await.map_err(refused)?;
    if around.json {
        let mut line = json!(preview);
        if let Some(members) = line.as_object_mut() {
            members.insert("dry_run".to_owned(), true.into());
        }
        around.put(&line.to_string())?;
    } else {
        faults(&preview.faults, around)?;
    }
    say(&preview, around);
    around.say("Nothing was changed. With --apply the people are created.");
    Ok(u8::from(!preview.faults.is_empty()))
}

fn say(preview: &Preview, around: &Around) {
    around.say(&format!(
        "{} lines: {} people to create, {} here already and left as they are, {} conflicts, {} errors.",
        preview.total, preview.create, preview.unchanged, preview.conflicts, preview.errors
    ));
    around.say(&format!(
        "To create: {} with a proved address, {} with a password, {} with a code app, {} to invite, {} without a way in yet.",
        preview.with_proved_address,
        preview.with_password,
        preview.with_code_app, preview.to_invite, preview.without_a_way_in
    ));
}

async fn bring(
    cx: &Cx,
    actor: &AdminActor,
    bytes: &[u8],
    (how, options): (&imports::Options, &Options),
    around: &Around,
) -> Result<u8, Failure> {
    let (id, preview) = imports::stage(cx, actor, bytes, how).await.map_err(refused)?;
    say(&preview, around);
    if let Err(no) = around.confirm(Weight::Undoable, &format!("Create {} people?", preview.create)) {
        imports::cancel(cx, actor, &id).await.map_err(refused)?;
        return Err(no);
    }
    imports::apply(cx, actor, &id).await.map_err(refused)?;
    let tell = |job: &Job| around.progress(&format!("{} of {} lines", job.done, job.total));
    let job = follow(cx, &id, &tell).await?;
    around.progress("");
    let failed = imports::faults(cx, actor, &id, usize::MAX).await.map_err(refused)?;
    if let Some(path) = &options.errors {
        let sheet = imports::error_sheet(cx, actor, &id).await.map_err(refused)?;
        write_private(path, &sheet)?;
    }
    if around.json {
        let line = json!({
            "import": job.id,
            "state": job.state,
            "total": job.total,
            "created": job.created,
            "unchanged": job.skipped,
            "failed": job.failed,
            "faults": failed,
        });
        around.put(&line.to_string())?;
    } else {
        faults(&failed, around)?;
    }
    around.say(&format!(
        "{}: {} people created, {} here already, {} lines failed.",
        job.state, job.created, job.skipped, job.failed
    ));
    Ok(u8::from(job.failed > 0 || job.done < job.total))
}

/// Works the list off, or watches a server that took it first.
async fn follow(cx: &Cx, id: &ImportId, tell: &(dyn Fn(&Job) + Send + Sync)) -> Result<Job, Failure> {
    loop {
        let job = imports::finish_now(cx, id, tell).await.map_err(anyhow::Error::from)?;
        let job = job.ok_or_else(|| Failure::failed("the list is gone"))?;
        tell(&job);
        if job.state.is_over() {
            return Ok(job);
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

/// Names and addresses are for whoever runs the command alone.
fn write_private(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let wrong =
        |why: std::io::Error| Failure::failed(format!("--errors: cannot write {}: {why}", path.display()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)
}

fn faults(faults: &[Fault], around: &Around) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = faults
        .iter()
        .take(SHOWN)
        .map(|fault| {
            let column = fault.column.map(|column| column.as_str().to_owned()).unwrap_or_default();
            vec![fault.line.to_string(), column, plain(&fault.what), plain(&fault.fix)]
        })
        .collect();
    around.put(&table(&["LINE", "COLUMN", "WHAT IS WRONG", "HOW TO MEND IT"], &rows))?;
    if let Some(more) = faults.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        around.say(&format!("… and {more} more; --json shows all."));
    }
    Ok(())
}

fn refused(why: Refused) -> Failure {
    match why {
        Refused::Store(error) => anyhow::Error::from(error).into(),
        Refused::Unreadable(_) | Refused::Admin(_) | Refused::Unknown | Refused::TooMany => {
            Failure::failed(why.to_string())
        }
    }
}
