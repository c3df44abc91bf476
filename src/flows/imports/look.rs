//! What would happen: every row looked at, nothing written.

use std::collections::HashMap;

use super::check::{self, Newcomer};
use super::{AdminActor, Bounds, Cx, Options, Refused};
use crate::audit::{Event, Kind};
use crate::base::{Digest, ImportId};
use crate::duties::{Action, Path};
use crate::flows::{About, accounts, throttle};
use crate::identity::roster::{self, Column, Fault, Row};
use crate::store::{self, imports};

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Preview {
    /// The columns that were read, in the file's order.
    pub columns: Vec<Column>,
    /// Rows.
    pub total: usize,
    /// People who would be created.
    pub create: usize,
    /// Rows of people who came before under the same id of the other system; they are left as they are.
    pub unchanged: usize,
    /// Rows whose username or address somebody else has.
    pub conflicts: usize,
    /// Rows with something wrong in them.
    pub errors: usize,
    /// Of those to be created: with an address that counts as proved.
    pub with_proved_address: usize,
    /// Of those to be created: with a password.
    pub with_password: usize,
    /// Of those to be created: with a code app.
    pub with_code_app: usize,
    /// Of those to be created: to be sent a link.
    pub to_invite: usize,
    /// Of those to be created: with neither a password nor a link, so that they cannot sign in yet.
    pub without_a_way_in: usize,
    /// What is wrong, by line.
    pub faults: Vec<Fault>,
}

/// Looks at a list and says what would happen; nothing is kept.
pub async fn preview(
    cx: &Cx,
    actor: &AdminActor,
    bytes: &[u8],
    options: &Options,
) -> Result<Preview, Refused> {
    actor.is_for(Action::ImportRun)?;
    let (_, preview) = judged(cx, actor, bytes, options).await?;
    cx.record(looked_at(cx, actor, &preview, None)).await?;
    Ok(preview)
}

/// That somebody looked, and what for: whoever looks learns whose names are taken.
pub(super) fn looked_at(cx: &Cx, actor: &AdminActor, preview: &Preview, kept: Option<&ImportId>) -> Event {
    actor.event(cx, Kind::ImportLookedAt).with(serde_json::json!({
        "import": kept,
        "total": preview.total,
        "create": preview.create,
        "conflicts": preview.conflicts,
        "carries": preview.carries(),
    }))
}

impl Preview {
    /// How many of those to be created bring what nobody here proved, by column.
    pub(super) fn carries(&self) -> serde_json::Value {
        serde_json::json!({
            "email_verified": self.with_proved_address,
            "password_hash": self.with_password,
            "totp_secret": self.with_code_app,
        })
    }

    /// The counts as they are kept with a list: its faults stand with its rows.
    pub(super) fn without_faults(&self) -> Result<String, store::Error> {
        let counts = Self { faults: Vec::new(), ..self.clone() };
        serde_json::to_string(&counts).map_err(|_| store::Error::corrupt("import.foreseen"))
    }

    /// What was foreseen when a list was brought, without the faults; nothing for a list of an older program.
    pub fn kept(job: &super::Job) -> Option<Self> {
        serde_json::from_str(job.foreseen.as_deref()?).ok()
    }
}

type Judged = Vec<(Row, Vec<Fault>)>;

/// Every row with its faults, those that only the database shows included, and the sum.
pub(super) async fn judged(
    cx: &Cx,
    actor: &AdminActor,
    bytes: &[u8],
    options: &Options,
) -> Result<(Judged, Preview), Refused> {
    let bounds = &Bounds::of(actor, options);
    let roster = roster::read(bytes, &options.map, &options.limits)?;
    let mut preview = Preview { columns: roster.columns, total: roster.rows.len(), ..Preview::default() };
    let mut rows = roster.rows;
    let mut people = Vec::with_capacity(rows.len());
    let mut seen = Seen::default();
    for (row, faults) in &mut rows {
        // What the row leaves to the list is written into it, so that it stands for itself from here.
        if let (None, Some(role)) = (row.get(Column::Role), options.role) {
            row.cells.insert(Column::Role, role.as_str().to_owned());
        }
        let newcomer = match check::newcomer(cx, bounds, row) {
            Ok(newcomer) if faults.is_empty() => Some(newcomer),
            Ok(_) => None,
            Err(more) => {
                // A cell that was refused already is not missing.
                let known: Vec<_> = faults.iter().map(|fault| fault.column).collect();
                faults.extend(more.into_iter().filter(|fault| !known.contains(&fault.column)));
                None
            }
        };
        if let Some(newcomer) = &newcomer {
            faults.extend(seen.again(cx, newcomer));
        }
        people.push(newcomer.filter(|_| faults.is_empty()));
    }
    preview.errors = rows.iter().filter(|(_, faults)| !faults.is_empty()).count();
    // Whoever found too many names of people elsewhere learns nothing more for a while, from no list.
    let looking = throttle::looks_for_names(cx, actor).await?;
    let elsewhere = compare(cx, actor.place(), bounds, &mut rows, &people, &mut preview).await?;
    looking.found(cx, actor, elsewhere).await?;
    preview.faults = rows.iter().flat_map(|(_, faults)| faults.clone()).collect();
    Ok((rows, preview))
}

/// What rows before have taken.
#[derive(Default)]
struct Seen(HashMap<Digest, u64>);

impl Seen {
    /// Whether a row before says the same of somebody.
    fn again(&mut self, cx: &Cx, newcomer: &Newcomer) -> Vec<Fault> {
        let names = accounts::identifiers(cx, &newcomer.profile)
            .into_iter()
            .map(|(digest, kind)| (digest, if kind == "email" { Column::Email } else { Column::Username }));
        let external = newcomer.external.map(|digest| (digest, Column::ExternalId));
        let mut faults = Vec::new();
        for (digest, column) in external.into_iter().chain(names) {
            match self.0.get(&digest) {
                Some(line) => faults.push(Fault::of(
                    newcomer.line,
                    column,
                    format!("the same as in line {line}"),
                    "remove one of the two lines, or correct it",
                )),
                None => {
                    self.0.insert(digest, newcomer.line);
                }
            }
        }
        faults
    }
}

/// Asks the database who is here already, many at once, and counts; answers how many rows have a name of somebody who is
/// not at `place`.
async fn compare(
    cx: &Cx,
    place: &Path,
    bounds: &Bounds,
    rows: &mut Judged,
    people: &[Option<Newcomer>],
    preview: &mut Preview,
) -> Result<usize, store::Error> {
    let mut elsewhere = 0;
    let places: Vec<usize> =
        people.iter().enumerate().filter(|(_, person)| person.is_some()).map(|(place, _)| place).collect();
    // Each has two names at most, so that the names of a half fit into one question.
    for some in places.chunks(imports::TOGETHER / 2) {
        let here: Vec<(usize, &Newcomer)> =
            some.iter().filter_map(|at| Some((*at, people.get(*at)?.as_ref()?))).collect();
        let externals: Vec<Digest> = here.iter().filter_map(|(_, person)| person.external).collect();
        let names: Vec<(usize, Digest, &'static str)> = here
            .iter()
            .flat_map(|(at, person)| {
                accounts::identifiers(cx, &person.profile).into_iter().map(|(name, kind)| (*at, name, kind))
            })
            .collect();
        let asked: Vec<Digest> = names.iter().map(|(_, name, _)| *name).collect();
        let came = imports::known_externals(&cx.store, &bounds.organisation, &externals).await?;
        let taken = imports::known_identifiers(&cx.store, place, &asked).await?;
        for (at, person) in here {
            if person.external.is_some_and(|external| came.contains(&external)) {
                preview.unchanged += 1;
                continue;
            }
            let mut own = names.iter().filter(|(of, ..)| *of == at);
            let conflict = own.find_map(|(_, name, kind)| {
                let (_, is_here) = taken.iter().find(|(known, _)| known == name)?;
                Some((kind, *is_here))
            });
            match (conflict, rows.get_mut(at)) {
                (Some((kind, is_here)), Some((row, faults))) => {
                    preview.conflicts += 1;
                    elsewhere += usize::from(!is_here);
                    faults.push(taken_name(row.line, kind));
                }
                _ => count(preview, person),
            }
        }
    }
    Ok(elsewhere)
}

/// That somebody else has a name.
pub(super) fn taken_name(line: u64, kind: &str) -> Fault {
    let column = if kind == "email" { Column::Email } else { Column::Username };
    let fix = "give another one; or remove the line, if it is the same person: an import changes nobody";
    Fault::of(line, column, "somebody has it already", fix)
}

fn count(preview: &mut Preview, person: &Newcomer) {
    preview.create += 1;
    preview.with_proved_address += usize::from(person.profile.email_verified);
    preview.with_password += usize::from(person.password.is_some());
    preview.with_code_app += usize::from(person.totp.is_some());
    preview.to_invite += usize::from(person.invite);
    preview.without_a_way_in += usize::from(person.password.is_none() && !person.invite);
}
