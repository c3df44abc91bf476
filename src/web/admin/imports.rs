//! Bringing a list of people: the form, what would happen, how far it is, and the sheet of what failed.

use axum::extract::{Path, RawQuery};
use axum::http::HeaderName;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;
use zeroize::Zeroizing;

use super::upload::{AdminUpload, LARGEST};
use super::{Admin, AdminForm, shown};
use crate::base::{ImportId, OrganisationId, Role};
use crate::duties::{Action, Organisation};
use crate::flows::admin::{Refused, enrolments, may_make, organisations};
use crate::flows::imports::{self, Job, Options, Preview};
use crate::identity::roster::{Column, Fault, Limits, State, Unreadable};
use crate::oidc::authorize::RawRequest;
use crate::web::error::when;
use crate::web::pages::admin::Done;
use crate::web::pages::admin::imports::{
    FaultLine, Foreseen, ImportError, ImportLine, ImportNewPage, ImportPage, ImportWord, ImportsPage,
};
use crate::web::pages::render;
use crate::web::steps::show::role;
use crate::web::{answers, paths};

/// Lists shown.
const LISTS: i64 = 50;
/// Faulty lines shown; the sheet has them all.
const FAULTS: usize = 20;
/// How often a page asks again by itself, in seconds.
const EVERY: u32 = 3;
/// After how many times it stops: by itself it keeps nobody signed in for longer than ten minutes.
const TIMES: u32 = 200;

fn id(text: &str) -> ImportId {
    ImportId::from_text(shown::plain_id(text))
}

fn page_of(id: &ImportId) -> String {
    format!("{}/{id}", paths::ADMIN_IMPORTS)
}

// ---- the lists

pub(super) async fn list(admin: Admin) -> Response {
    let drawn = async {
        let mut lists = Vec::new();
        for job in imports::list(&admin.caller.cx, &admin.who, LISTS).await? {
            lists.push(line(&admin, &job).await?);
        }
        Ok::<_, Refused>(ImportsPage { frame: shown::frame(&admin, paths::ADMIN_PEOPLE), lists })
    };
    match drawn.await {
        Ok(page) => answers::page(200, render(&page), None),
        Err(why) => admin.refuse(why).await,
    }
}

async fn line(admin: &Admin, job: &Job) -> Result<ImportLine, Refused> {
    let cx = &admin.caller.cx;
    Ok(ImportLine {
        url: page_of(&job.id),
        at: when(job.created_at),
        organisation: enrolments::organisation_name(cx, &job.organisation).await?,
        by: shown::actor(admin, &job.actor).await?,
        state: match job.state {
            State::Loading => ImportWord::Loading,
            State::Ready => ImportWord::Ready,
            State::Running => ImportWord::Running,
            State::Done => ImportWord::Done,
            State::Cancelled => ImportWord::Cancelled,
            State::Stopped => ImportWord::Stopped,
        },
        total: job.total,
        created: job.created,
        failed: job.failed,
    })
}

// ---- the form

/// What was typed beside the file.
#[derive(Default)]
struct Wish {
    role: Option<Role>,
    organisation: Option<OrganisationId>,
    pasted: String,
    map: String,
}

impl Wish {
    fn read(form: &RawRequest) -> Self {
        Self {
            role: form.get("role").and_then(Role::parse),
            organisation: form.get("organisation").map(shown::organisation),
            pasted: form.get("pasted").unwrap_or_default().to_owned(),
            map: form.get("map").unwrap_or_default().to_owned(),
        }
    }

    fn options(&self) -> Result<Options, ImportError> {
        let lines = self.map.lines().filter(|line| !line.trim().is_empty());
        let pairs = lines.map(|line| match line.split_once('=') {
            Some((from, to)) => Ok((from.trim().to_owned(), to.trim().to_owned())),
            None => Err(wrong("map", format!("“{}”: write the column, =, and what it is", line.trim()))),
        });
        let map = pairs.collect::<Result<Vec<_>, _>>()?;
        Ok(Options { role: self.role, map, limits: Limits { bytes: LARGEST, ..Limits::default() } })
    }
}

fn wrong(field: &'static str, text: impl Into<String>) -> ImportError {
    ImportError { field, text: text.into() }
}

async fn places(admin: &Admin) -> Result<Vec<Organisation>, Refused> {
    organisations::visible(&admin.caller.cx, &admin.who, Action::ImportRun).await
}

pub(super) async fn ask(admin: Admin) -> Response {
    form(&admin, Wish::default(), None).await
}

async fn form(admin: &Admin, wish: Wish, error: Option<(u16, ImportError)>) -> Response {
    let places = match places(admin).await {
        Ok(places) => places,
        Err(why) => return admin.refuse(why).await,
    };
    let rank = admin.who.rank(Action::ImportRun);
    let (status, error) = error.map_or((200, None), |(status, error)| (status, Some(error)));
    let page = ImportNewPage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        roles: Role::ALL
            .iter()
            .filter(|one| may_make(rank, **one))
            .map(|one| (one.as_str(), role(*one), wish.role == Some(*one)))
            .collect(),
        places: places
            .into_iter()
            .map(|o| (o.id.to_string(), o.name, wish.organisation.as_ref() == Some(&o.id)))
            .collect(),
        pasted: wish.pasted,
        map: wish.map,
        columns: Column::ALL.iter().map(|column| column.as_str()).collect(),
        error,
    };
    answers::page(status, render(&page), None)
}

pub(super) async fn bring(AdminUpload { admin, form: typed, file }: AdminUpload) -> Response {
    let mut wish = Wish::read(&typed);
    match staged(&admin, &mut wish, file).await {
        Ok(Ok(id)) => answers::redirect(&page_of(&id)),
        Ok(Err(error)) => form(&admin, wish, Some(error)).await,
        Err(why) => admin.refuse(why).await,
    }
}

/// Keeps the list until somebody says go; or what is wrong with it, and the status that says so.
async fn staged(
    admin: &Admin,
    wish: &mut Wish,
    file: Option<Zeroizing<Vec<u8>>>,
) -> Result<Result<ImportId, (u16, ImportError)>, Refused> {
    let Some(file) = file else {
        let why = Unreadable::TooLarge(LARGEST >> 20);
        return Ok(Err((413, wrong("file", sentence(&why.to_string())))));
    };
    let (field, bytes) = match file.is_empty() {
        true => ("pasted", wish.pasted.as_bytes()),
        false => ("file", file.as_slice()),
    };
    if bytes.is_empty() {
        return Ok(Err((400, wrong("file", "Choose a file, or paste the list below."))));
    }
    let organisation = match (&wish.organisation, places(admin).await?.as_slice()) {
        (Some(named), _) => named.clone(),
        (None, [only]) => only.id.clone(),
        (None, _) => return Ok(Err((400, wrong("organisation", "Choose where they belong.")))),
    };
    let options = match wish.options() {
        Ok(options) => options,
        Err(error) => return Ok(Err((400, error))),
    };
    let actor = admin.at(&organisation).await?;
    match imports::stage(&admin.caller.cx, &actor, bytes, &options).await {
        Ok((id, _)) => Ok(Ok(id)),
        Err(imports::Refused::Unreadable(why)) => {
            let field = match why {
                Unreadable::UnknownColumn(_) | Unreadable::NotThere(_) | Unreadable::NoColumn(_) => "map",
                _ => field,
            };
            let status = match why {
                Unreadable::TooLarge(_) | Unreadable::TooManyRows(_) => 413,
                _ => 400,
            };
            Ok(Err((status, wrong(field, sentence(&why.to_string())))))
        }
        Err(why @ imports::Refused::TooMany) => Ok(Err((409, wrong(field, sentence(&why.to_string()))))),
        Err(other) => Err(refused(other)),
    }
}

/// Words of a flow as a sentence.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn refused(why: imports::Refused) -> Refused {
    match why {
        imports::Refused::Admin(why) => why,
        imports::Refused::Store(error) => error.into(),
        imports::Refused::Unknown | imports::Refused::TooMany => Refused::Already,
        imports::Refused::Unreadable(_) => Refused::Bad("list"),
    }
}

// ---- one list

pub(super) async fn show(admin: Admin, Path(text): Path<String>, RawQuery(query): RawQuery) -> Response {
    let query = RawRequest::parse(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let times = query.get("n").and_then(|n| n.parse::<u32>().ok()).unwrap_or_default();
    let paused = query.get("pause").is_some() || times >= TIMES;
    let page = match draw(&admin, &text, paused).await {
        Ok(mut page) => {
            page.frame.done = Done::ALL.iter().copied().find(|done| query.get("done") == Some(done.word()));
            page
        }
        Err(why) => return admin.refuse(why).await,
    };
    let mut response = answers::page(200, render(&page), None);
    if page.line.state == ImportWord::Running && !paused {
        let again = format!("{EVERY}; url={}?n={}", page.url, times.saturating_add(1));
        answers::put(&mut response, HeaderName::from_static("refresh"), &again);
    }
    response
}

async fn draw(admin: &Admin, text: &str, paused: bool) -> Result<ImportPage, Refused> {
    let cx = &admin.caller.cx;
    let (actor, job) = imports::authorise(cx, &admin.who, Action::ImportRead, &id(text)).await?;
    let faults = match job.failed {
        0 => Vec::new(),
        _ => imports::faults(cx, &actor, &job.id, FAULTS).await.map_err(refused)?,
    };
    let url = page_of(&job.id);
    let may = admin.who.may_at(Action::ImportRun, actor.place());
    let ready = job.state == State::Ready;
    let to = |fits: bool, rest: &str| (may && fits).then(|| format!("{url}/{rest}"));
    let foreseen = Preview::kept(&job).filter(|_| ready);
    Ok(ImportPage {
        frame: shown::frame(admin, paths::ADMIN_PEOPLE),
        line: line(admin, &job).await?,
        done: job.done,
        skipped: job.skipped,
        apply: to(ready && job.done < job.total, "apply"),
        cancel: to(ready || job.state == State::Running, "cancel"),
        sheet: (!faults.is_empty()).then(|| format!("{url}/errors")),
        foreseen: foreseen.as_ref().map(counts),
        faults: faults.iter().map(fault).collect(),
        paused,
        kept: imports::kept_until(&job).map(when),
        url,
    })
}

fn counts(seen: &Preview) -> Foreseen {
    Foreseen {
        create: seen.create,
        with_proved_address: seen.with_proved_address,
        with_password: seen.with_password,
        with_code_app: seen.with_code_app,
        to_invite: seen.to_invite,
        without_a_way_in: seen.without_a_way_in,
        unchanged: seen.unchanged,
    }
}

fn fault(fault: &Fault) -> FaultLine {
    FaultLine {
        line: fault.line,
        column: fault.column.map(Column::as_str).unwrap_or_default().to_owned(),
        what: fault.what.clone(),
        fix: fault.fix.clone(),
    }
}

/// The sheet of what failed, to be mended and brought again.
pub(super) async fn errors(admin: Admin, Path(text): Path<String>) -> Response {
    let sheet = async {
        let cx = &admin.caller.cx;
        let (actor, job) = imports::authorise(cx, &admin.who, Action::ImportRead, &id(&text)).await?;
        imports::error_sheet(cx, &actor, &job.id).await.map_err(refused)
    };
    match sheet.await {
        Ok(sheet) => {
            let mut response = answers::plain(200, "text/csv; charset=utf-8", sheet);
            answers::put(&mut response, CONTENT_DISPOSITION, "attachment; filename=\"to-mend.csv\"");
            answers::put(&mut response, axum::http::header::CACHE_CONTROL, "no-store");
            response
        }
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn apply(Path(text): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let begun = async {
        let cx = &admin.caller.cx;
        let (actor, job) = imports::authorise(cx, &admin.who, admin.action, &id(&text)).await?;
        match imports::apply(cx, &actor, &job.id).await {
            // Pressed twice: it is under way, and the page says how far.
            Err(imports::Refused::Unknown) if job.state == State::Running => Ok(job.id),
            Err(why) => Err(refused(why)),
            Ok(()) => Ok(job.id),
        }
    };
    match begun.await {
        Ok(id) => answers::redirect(&format!("{}?done={}", page_of(&id), Done::ImportBegun.word())),
        Err(why) => admin.refuse(why).await,
    }
}

pub(super) async fn cancel(Path(text): Path<String>, AdminForm { admin, .. }: AdminForm) -> Response {
    let stopped = async {
        let cx = &admin.caller.cx;
        let (actor, job) = imports::authorise(cx, &admin.who, admin.action, &id(&text)).await?;
        match imports::cancel(cx, &actor, &job.id).await.map_err(refused)? {
            true => Ok(job.id),
            false => Err(Refused::Already),
        }
    };
    match stopped.await {
        Ok(id) => answers::redirect(&format!("{}?done={}", page_of(&id), Done::ImportStopped.word())),
        Err(why) => admin.refuse(why).await,
    }
}
