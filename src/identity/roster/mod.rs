//! Lists of people as other systems export them: CSV, read into rows of known columns. Pure: what a cell means, and
//! whether somebody has the name already, is asked elsewhere.
//!
//! A list that cannot be read at all is [`Unreadable`]; what is wrong with one row is a [`Fault`] of that row, and the
//! others are read on.

use std::collections::BTreeMap;

use crate::base::sheet;
use crate::base::words::words;

#[cfg(test)]
mod tests;

words! {
    /// What a list may say of a person; the word is the head of the column.
    Column {
        /// The person's id in the other system: the same list brings nobody twice.
        ExternalId = "external_id",
        /// What they type to sign in; the e-mail address where there is none.
        Username = "username",
        /// Where notices go.
        Email = "email",
        /// `yes` where the other system proved the address; only then it signs in.
        EmailVerified = "email_verified",
        /// Another address for notices.
        SecondEmail = "second_email",
        /// patient, clinician or administrator.
        Role = "role",
        /// The organisation's id.
        Organisation = "organisation",
        /// The whole name.
        Name = "name",
        /// First name.
        GivenName = "given_name",
        /// Last name.
        FamilyName = "family_name",
        /// Name in between.
        MiddleName = "middle_name",
        /// What friends say.
        Nickname = "nickname",
        /// 1950-02-01, or the year alone.
        Birthdate = "birthdate",
        /// As the person says.
        Gender = "gender",
        /// With the country: +44 20 7946 0123.
        PhoneNumber = "phone_number",
        /// The language of pages and notices: en, de-CH.
        Locale = "locale",
        /// Europe/London.
        Zoneinfo = "zoneinfo",
        /// A hash as the other system keeps it.
        PasswordHash = "password_hash",
        /// The key of a code app, in base 32.
        TotpSecret = "totp_secret",
        /// Digits of its codes.
        TotpDigits = "totp_digits",
        /// Seconds a code lasts.
        TotpPeriod = "totp_period",
        /// SHA1, SHA256 or SHA512.
        TotpAlgorithm = "totp_algorithm",
        /// `yes`: send the person a link to begin with.
        Invite = "invite",
    }
}

words! {
    /// What happens to a list.
    State {
        /// Its rows are being stored.
        Loading = "loading",
        /// It waits for somebody to say go.
        Ready = "ready",
        /// It is being worked off.
        Running = "running",
        /// Every row was looked at.
        Done = "done",
        /// Somebody stopped it; who was created stays.
        Cancelled = "cancelled",
        /// It stopped, because whoever brought it, or said go, may not any more; who was created stays.
        Stopped = "stopped",
    }
}

impl State {
    /// Whether nothing more happens.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Stopped)
    }
}

impl Column {
    /// Whether the cell is a person's name, where no formula stands.
    pub const fn is_name(self) -> bool {
        use Column::*;
        matches!(self, Username | Name | GivenName | FamilyName | MiddleName | Nickname)
    }

    /// Whether the cell is never written down again.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::PasswordHash | Self::TotpSecret)
    }
}

/// The columns an error sheet has before the row itself: left out when the mended sheet is brought.
pub const ERROR_HEADS: [&str; 4] = ["error_line", "error_column", "error", "how_to_mend_it"];

/// Heads other systems use, folded.
const ALIASES: &[(&str, Column)] = &[
    ("e_mail", Column::Email),
    ("mail", Column::Email),
    ("email_address", Column::Email),
    ("user", Column::Username),
    ("user_name", Column::Username),
    ("login", Column::Username),
    ("first_name", Column::GivenName),
    ("last_name", Column::FamilyName),
    ("surname", Column::FamilyName),
    ("full_name", Column::Name),
    ("date_of_birth", Column::Birthdate),
    ("phone", Column::PhoneNumber),
    ("language", Column::Locale),
    ("password", Column::PasswordHash),
    ("staff_number", Column::ExternalId),
];

/// How large a list may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows under the head.
    pub rows: usize,
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes of one cell.
    pub cell: usize,
}

impl Limits {
    /// What a list may be unless somebody says otherwise.
    pub const USUAL: Self = Self { rows: 10_000, bytes: 16 << 20, cell: 1024 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::USUAL
    }
}

/// A list that cannot be read; says how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More bytes than [`Limits::bytes`].
    #[error("the file is larger than {0} MiB; split it")]
    TooLarge(usize),
    /// More rows than [`Limits::rows`].
    #[error("the file has more than {0} rows; split it")]
    TooManyRows(usize),
    /// Not UTF-8.
    #[error("line {line}: byte {byte} of the file is no UTF-8; save it as “CSV UTF-8”")]
    Encoding {
        /// Counted from 1.
        byte: usize,
        /// Counted from 1.
        line: usize,
    },
    /// UTF-16, as some spreadsheets write “Unicode text”.
    #[error("the file is UTF-16; save it as “CSV UTF-8”")]
    Utf16,
    /// No rows.
    #[error("the file holds no rows; its first line names the columns, every other line is a person")]
    Empty,
    /// A head nobody knows.
    #[error("column `{0}` is not known; say what it is (`{0}=email`), or leave it out (`{0}=`)")]
    UnknownColumn(String),
    /// Two columns of one meaning.
    #[error("two columns are `{0}`; leave one of them out")]
    Twice(Column),
    /// A column that was mapped and is not there.
    #[error("there is no column `{0}` to map; the file's first line names the columns")]
    NotThere(String),
    /// A mapping to what is no column.
    #[error("`{0}` is no column; the columns are {all}", all = names())]
    NoColumn(String),
    /// Neither a username nor an e-mail address.
    #[error("the file needs a column `username` or `email`")]
    Nobody,
}

fn names() -> String {
    Column::ALL.iter().map(|column| column.as_str()).collect::<Vec<_>>().join(", ")
}

/// What is wrong with a row, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column, where it is one cell's.
    pub column: Option<Column>,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub fix: String,
}

impl Fault {
    /// A fault of one cell.
    pub fn of(line: u64, column: Column, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { line, column: Some(column), what: what.into(), fix: fix.into() }
    }
}

/// One person of a list; cells that are empty are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// The line of the file, from 1.
    pub line: u64,
    /// What it says.
    pub cells: BTreeMap<Column, String>,
}

impl Row {
    /// A cell, unless it is empty.
    pub fn get(&self, column: Column) -> Option<&str> {
        self.cells.get(&column).map(String::as_str)
    }
}

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The columns, in the file's order.
    pub columns: Vec<Column>,
    /// Every row in its place, with what is wrong with it.
    pub rows: Vec<(Row, Vec<Fault>)>,
}

/// Reads a list. `map` names what columns of other names are: (head, ours), ours empty to leave the column out.
pub fn read(bytes: &[u8], map: &[(String, String)], limits: &Limits) -> Result<Roster, Unreadable> {
    if bytes.len() > limits.bytes {
        return Err(Unreadable::TooLarge(limits.bytes >> 20));
    }
    let text = text_of(bytes)?;
    let separator = separator(text);
    let mut reader = reader(text, separator);
    let mut record = csv::StringRecord::new();
    if !matches!(reader.read_record(&mut record), Ok(true)) {
        return Err(Unreadable::Empty);
    }
    let columns = columns(&record, map)?;
    // Counted before anything is kept, so that a list of a million costs nothing.
    let mut count = 0;
    while matches!(reader.read_record(&mut record), Ok(true)) {
        count += 1;
        if count > limits.rows {
            return Err(Unreadable::TooManyRows(limits.rows));
        }
    }
    if count == 0 {
        return Err(Unreadable::Empty);
    }
    Ok(rows(text, separator, &columns, limits))
}

/// The text without its byte order mark.
fn text_of(bytes: &[u8]) -> Result<&str, Unreadable> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unreadable::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        Unreadable::Encoding { byte: good.len() + 1, line: lines(good) + 1 }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Comma, semicolon or tab: what the first line holds most of, quoted cells aside.
fn separator(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(sign, _)| *sign == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equals: a comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| *sign)
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes())
}

/// What each place of a row is; `None` for what is left out.
fn columns(heads: &csv::StringRecord, map: &[(String, String)]) -> Result<Vec<Option<Column>>, Unreadable> {
    for (from, _) in map {
        if !heads.iter().any(|head| same_head(head, from)) {
            return Err(Unreadable::NotThere(from.clone()));
        }
    }
    let mut columns = Vec::new();
    for head in heads {
        let column = match map.iter().find(|(from, _)| same_head(head, from)) {
            Some((_, to)) if to.trim().is_empty() => None,
            Some((_, to)) => {
                Some(Column::parse(to.trim()).ok_or_else(|| Unreadable::NoColumn(to.trim().to_owned()))?)
            }
            None if head.trim().is_empty() || ERROR_HEADS.contains(&head.trim()) => None,
            None => Some(known(head).ok_or_else(|| Unreadable::UnknownColumn(head.trim().to_owned()))?),
        };
        if let Some(column) = column.filter(|_| columns.contains(&column)) {
            return Err(Unreadable::Twice(column));
        }
        columns.push(column);
    }
    let names_people = [Column::Username, Column::Email].iter().any(|one| columns.contains(&Some(*one)));
    if names_people { Ok(columns) } else { Err(Unreadable::Nobody) }
}

fn same_head(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

fn known(head: &str) -> Option<Column> {
    let folded = head.trim().to_lowercase().replace([' ', '-', '.'], "_");
    let alias = || ALIASES.iter().find(|(name, _)| *name == folded).map(|(_, column)| *column);
    Column::parse(&folded).or_else(alias)
}

fn rows(text: &str, separator: u8, columns: &[Option<Column>], limits: &Limits) -> Roster {
    let mut roster = Roster { columns: columns.iter().flatten().copied().collect(), rows: Vec::new() };
    let mut reader = reader(text, separator);
    let mut record = csv::StringRecord::new();
    let (mut counted, mut line) = (0, 1);
    let mut head = true;
    while matches!(reader.read_record(&mut record), Ok(true)) {
        let begin = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(usize::MAX));
        let blank = text.as_bytes().get(begin..).unwrap_or_default();
        let begin = begin + blank.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += u64::try_from(lines(text.as_bytes().get(counted..begin).unwrap_or_default())).unwrap_or(0);
        counted = begin;
        if !std::mem::take(&mut head) {
            roster.rows.push(row(line, &record, columns, limits));
        }
    }
    roster
}

fn row(
    line: u64,
    record: &csv::StringRecord,
    columns: &[Option<Column>],
    limits: &Limits,
) -> (Row, Vec<Fault>) {
    let mut row = Row { line, cells: BTreeMap::new() };
    let mut faults = Vec::new();
    if record.len() != columns.len() {
        faults.push(Fault {
            line,
            column: None,
            what: format!("the line has {} cells, the first line has {}", record.len(), columns.len()),
            fix: "put cells that hold a separator or a line break in double quotes".to_owned(),
        });
    }
    for (cell, column) in record.iter().zip(columns) {
        let Some(column) = *column else { continue };
        let cell = sheet::plain(cell.trim());
        if cell.len() > limits.cell {
            let what = format!("longer than {} bytes", limits.cell);
            faults.push(Fault::of(line, column, what, "shorten it, or look for a missing double quote"));
        } else if cell.chars().any(char::is_control) {
            let what = "holds a line break or another control character";
            faults.push(Fault::of(line, column, what, "remove it, or look for a missing double quote"));
        } else if column.is_name() && sheet::is_formula(cell) {
            let what = "begins with =, +, - or @, which a spreadsheet takes for a formula";
            faults.push(Fault::of(line, column, what, "write the name without it"));
        } else if !cell.is_empty() {
            row.cells.insert(column, cell.to_owned());
        }
    }
    (row, faults)
}
