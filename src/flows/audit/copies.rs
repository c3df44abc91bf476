//! Copies of the trail: what matches as JSON or CSV, or all of it as a file that proves itself. Taking one is an event.

use serde_json::{Value, json};

use super::asked;
use super::leave::Leave;
use crate::audit::export::{FORMAT, Line};
use crate::audit::sentence::{Names, sentence};
use crate::audit::{Event, Kind};
use crate::base::sheet;
use crate::duties::{Action, Path};
use crate::flows::admin::{AdminActor, Refused, record_refusal};
use crate::flows::{About, Cx};
use crate::store::audit::{self as rows, Filter};

/// How a copy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, one object a line.
    Ndjson,
    /// For spreadsheets; no cell is a formula.
    Csv,
}

/// Events read at once.
const PAGE: i64 = 500;

/// A copy of what matches, piece by piece, the newest first: as long as it is asked for more.
pub struct Copy {
    filter: Filter,
    format: Format,
    begun: bool,
    over: bool,
    leave: Leave,
}

impl Copy {
    /// Begins a copy; that it is taken, and of what, is recorded first.
    pub async fn begin(cx: &Cx, actor: &AdminActor, filter: Filter, format: Format) -> Result<Self, Refused> {
        actor.is_for(Action::AuditExport)?;
        let mut filter = super::bounded(actor, filter)?;
        let leave = Leave::take(cx, actor).await?;
        let mut detail = asked(&filter);
        if let Some(members) = detail.as_object_mut() {
            let word = if format == Format::Csv { "csv" } else { "ndjson" };
            members.insert("format".to_owned(), word.into());
        }
        cx.record(actor.event(cx, Kind::AuditExported).with(detail)).await?;
        // What comes meanwhile, this event first, is not in it.
        filter.until = Some(filter.until.map_or(cx.now, |until| until.min(cx.now)));
        Ok(Self { filter, format, begun: false, over: false, leave })
    }

    /// The next lines and how many events they are; `None` at the end. A refusal where whoever takes it may not any more.
    pub async fn next(&mut self, cx: &Cx) -> Result<Option<(String, usize)>, Refused> {
        if self.over {
            return Ok(None);
        }
        self.leave.holds(cx).await?;
        // Copies and searches take turns, piece by piece.
        let turn = super::READERS.acquire().await;
        let page = rows::list(&cx.store, &self.filter, PAGE).await?;
        drop(turn);
        self.over = i64::try_from(page.len()).unwrap_or(0) < PAGE;
        self.filter.after = page.last().map(|last| (last.at, last.id.clone()));
        let head = (self.format == Format::Csv && !std::mem::replace(&mut self.begun, true))
            .then(|| sheet::line(CSV_HEADS));
        let lines = page.iter().map(|event| match self.format {
            Format::Ndjson => format!("{}\n", json_of(event)),
            Format::Csv => csv_of(event),
        });
        Ok(Some((head.into_iter().chain(lines).collect(), page.len())))
    }
}

/// An event as JSON, with its sentence.
pub fn json_of(event: &Event) -> Value {
    json!({
        "id": event.id,
        "at": event.at.to_rfc3339(),
        "at_micros": event.at.micros(),
        "kind": event.kind,
        "severity": event.kind.severity(),
        "outcome": event.outcome,
        "organisation": event.organisation,
        "actor": event.actor.to_text(),
        "account": event.account,
        "client": event.client,
        "session": event.session,
        "network": event.network,
        "request": event.request,
        "reason": event.reason,
        "detail": event.detail,
        "sealed": event.sealed.is_some(),
        "sentence": sentence(event, &Names::default()),
    })
}

const CSV_HEADS: [&str; 15] = [
    "at",
    "kind",
    "severity",
    "outcome",
    "sentence",
    "actor",
    "account",
    "client",
    "session",
    "network",
    "request",
    "reason",
    "detail",
    "organisation",
    "id",
];

fn csv_of(event: &Event) -> String {
    let text = |id: Option<&dyn std::fmt::Display>| id.map(ToString::to_string).unwrap_or_default();
    sheet::line([
        event.at.to_rfc3339(),
        event.kind.to_string(),
        event.kind.severity().to_string(),
        event.outcome.to_string(),
        sentence(event, &Names::default()),
        event.actor.to_text(),
        text(event.account.as_ref().map(|id| id as _)),
        text(event.client.as_ref().map(|id| id as _)),
        text(event.session.as_ref().map(|id| id as _)),
        text(event.network.as_ref().map(|id| id as _)),
        text(event.request.as_ref().map(|id| id as _)),
        text(event.reason.as_ref().map(|id| id as _)),
        text(event.detail.as_ref().map(|id| id as _)),
        event.organisation.to_string(),
        event.id.to_string(),
    ])
}

/// The whole trail as a file that proves itself, piece by piece: checkpoints, then every chain's rows. Events that are
/// not linked yet are left out.
pub struct Signed {
    at: Stage,
    checkpoints: u64,
    events: u64,
    leave: Leave,
}

/// What comes next of a signed copy.
enum Stage {
    Header,
    /// Checkpoints behind this one.
    Checkpoints(i64),
    /// Rows of the last of these chains, behind this one.
    Rows(Vec<String>, i64),
    Over,
}

impl Signed {
    /// Begins a copy; that it is taken is recorded first. It holds every clinic's rows, because a chain with holes
    /// proves nothing: so it is for the root alone.
    pub async fn begin(cx: &Cx, actor: &AdminActor) -> Result<Self, Refused> {
        actor.is_for(Action::AuditExport)?;
        let detail = json!({ "format": "signed" });
        if *actor.place() != Path::root() {
            let event = actor.refusal(cx, Kind::AuditExported, "whole_trail_only");
            record_refusal(cx, actor.who(), event.with(detail)).await?;
            return Err(Refused::Forbidden);
        }
        let leave = Leave::take(cx, actor).await?;
        cx.record(actor.event(cx, Kind::AuditExported).with(detail)).await?;
        Ok(Self { at: Stage::Header, checkpoints: 0, events: 0, leave })
    }

    /// Events written so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The next lines; `None` at the end. A refusal where whoever takes it may not any more.
    pub async fn next(&mut self, cx: &Cx) -> Result<Option<String>, Refused> {
        let mut lines: Vec<Line> = Vec::new();
        self.leave.holds(cx).await?;
        match &mut self.at {
            Stage::Over => return Ok(None),
            Stage::Header => {
                let (format, issuer) = (FORMAT.to_owned(), cx.issuer.as_str().to_owned());
                lines.push(Line::Header { format, issuer, at: cx.now.to_rfc3339() });
                self.at = Stage::Checkpoints(0);
            }
            Stage::Checkpoints(last) => {
                let page = rows::checkpoints(&cx.store, *last, PAGE).await?;
                match page.last() {
                    Some((seq, ..)) => *last = *seq,
                    // Behind the checkpoints, so that every row they name is there.
                    None => self.at = Stage::Rows(rows::chains(&cx.store).await?, 0),
                }
                self.checkpoints += u64::try_from(page.len()).unwrap_or(0);
                let line =
                    |(seq, body, kid, signature): rows::Signed| Line::checkpoint(seq, body, kid, &signature);
                lines.extend(page.into_iter().map(line));
            }
            Stage::Rows(chains, last) => match chains.last().cloned() {
                None => {
                    lines.push(Line::End { checkpoints: self.checkpoints, events: self.events });
                    self.at = Stage::Over;
                }
                Some(chain) => {
                    let page = rows::linked(&cx.store, &chain, *last, PAGE).await?;
                    match page.last() {
                        Some((seq, ..)) => *last = *seq,
                        None => {
                            chains.pop();
                            *last = 0;
                        }
                    }
                    self.events += u64::try_from(page.len()).unwrap_or(0);
                    lines.extend(page.into_iter().map(|(seq, hash, row)| Line::Event {
                        chain: chain.clone(),
                        seq,
                        hash: hash.to_base64url(),
                        row: Box::new(row),
                    }));
                }
            },
        }
        Ok(Some(lines.iter().map(|line| line.to_text() + "\n").collect()))
    }
}
