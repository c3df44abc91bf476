//! Rows as the text a database loads quickest: COPY's lines for PostgreSQL, the values of an INSERT for SQLite.

use vouchsafe::base::{Digest, Seconds};

/// Whose text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `COPY … FROM STDIN`.
    Copy,
    /// `INSERT … VALUES …`.
    Insert,
}

/// A row in the making.
pub struct Row {
    dialect: Dialect,
    text: String,
}

impl Row {
    /// An empty one.
    pub fn of(dialect: Dialect) -> Self {
        Self { dialect, text: String::with_capacity(512) }
    }

    fn cell(mut self, copied: impl FnOnce(&mut String), inserted: impl FnOnce(&mut String)) -> Self {
        if !self.text.is_empty() {
            self.text.push(if self.dialect == Dialect::Copy { '\t' } else { ',' });
        }
        match self.dialect {
            Dialect::Copy => copied(&mut self.text),
            Dialect::Insert => inserted(&mut self.text),
        }
        self
    }

    /// Text of our own making: ids and words, without quotes, tabs or backslashes.
    pub fn text(self, value: &str) -> Self {
        self.cell(|out| out.push_str(value), |out| out.extend(["'", value, "'"]))
    }

    /// A whole number.
    pub fn number(self, value: i64) -> Self {
        let digits = value.to_string();
        self.cell(|out| out.push_str(&digits), |out| out.push_str(&digits))
    }

    /// Bytes.
    pub fn bytes(self, value: &[u8]) -> Self {
        self.cell(
            |out| {
                out.push_str("\\\\x");
                hex(out, value);
            },
            |out| {
                out.push_str("X'");
                hex(out, value);
                out.push('\'');
            },
        )
    }

    /// Yes or no.
    pub fn truth(self, value: bool) -> Self {
        self.cell(
            |out| out.push(if value { 't' } else { 'f' }),
            |out| out.push_str(if value { "TRUE" } else { "FALSE" }),
        )
    }

    /// Nothing.
    pub fn null(self) -> Self {
        self.cell(|out| out.push_str("\\N"), |out| out.push_str("NULL"))
    }
}

fn hex(out: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// Rows of one table.
#[derive(Default)]
pub struct Table(pub String);

impl Table {
    /// Adds a row.
    pub fn push(&mut self, row: &Row) {
        match row.dialect {
            Dialect::Copy => {
                self.0.push_str(&row.text);
                self.0.push('\n');
            }
            Dialect::Insert => {
                self.0.push_str(if self.0.is_empty() { "(" } else { ",(" });
                self.0.push_str(&row.text);
                self.0.push(')');
            }
        }
    }
}

/// Rows of some people.
#[derive(Default)]
pub struct Chunk {
    /// Of the key store.
    pub data_keys: Table,
    /// One a person.
    pub accounts: Table,
    /// Two a person.
    pub identifiers: Table,
    /// Two a person.
    pub factors: Table,
    /// How far people have come, one a person.
    pub enrolments: Table,
    /// What people are found by.
    pub name_words: Table,
    /// What they did, one a person.
    pub events: Table,
    /// Sessions, where they are kept in the database.
    pub ephemeral: Table,
    /// Sessions, where they are kept in Redis: id, value, life.
    pub sessions: Vec<(Digest, Vec<u8>, Seconds)>,
}
