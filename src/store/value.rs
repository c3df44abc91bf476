//! What goes into a statement and comes out of a row: the few column types both engines share.

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

use super::Error;
use crate::base::{
    AccountId, ClientId, Digest, EventId, FactorId, FamilyId, ImportId, InteractionId, OrganisationId,
    SessionId, Timestamp,
};

/// One bound argument; a NULL keeps its type, because PostgreSQL wants to know it.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A TEXT column.
    Text(Option<String>),
    /// A BIGINT column.
    Int(Option<i64>),
    /// A BOOLEAN column.
    Bool(Option<bool>),
    /// A BYTEA column.
    Bytes(Option<Vec<u8>>),
    /// A value that could not be written down; the statement fails with `Corrupt`.
    Unwritable(String),
}

/// Something that can be bound to a statement.
pub trait Value {
    /// The argument it becomes.
    fn arg(self) -> Arg;
    /// NULL of the same type.
    fn null() -> Arg;
}

/// Something a column can be read as.
pub trait Column: Sized {
    /// Reads column `index`; `None` for NULL.
    fn read(row: &Row, index: usize) -> Result<Option<Self>, Error>;
}

/// JSON kept as TEXT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// One row of an answer.
pub struct Row(AnyRow);

enum AnyRow {
    Sqlite(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// Column `index` (from 0) as `T`, or as `Option<T>` where it may be NULL.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, Error> {
        T::from_column(self, index)
    }

    /// A TEXT column through a parser such as `Role::parse`; a word it does not know is `Corrupt`.
    pub fn parse<T>(&self, index: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        let text: String = self.get(index)?;
        parse(&text).ok_or_else(|| Error::Corrupt(format!("column {index} holds `{text}`")))
    }

    pub(super) fn sqlite(row: sqlx::sqlite::SqliteRow) -> Self {
        Self(AnyRow::Sqlite(row))
    }

    pub(super) fn postgres(row: sqlx::postgres::PgRow) -> Self {
        Self(AnyRow::Postgres(row))
    }
}

/// A `Column`, or an `Option` of one.
pub trait FromColumn: Sized {
    /// Reads it; NULL is an error unless the type is an `Option`.
    fn from_column(row: &Row, index: usize) -> Result<Self, Error>;
}

impl<T: Column> FromColumn for T {
    fn from_column(row: &Row, index: usize) -> Result<Self, Error> {
        T::read(row, index)?.ok_or_else(|| Error::Corrupt(format!("column {index} is NULL")))
    }
}

impl<T: Column> FromColumn for Option<T> {
    fn from_column(row: &Row, index: usize) -> Result<Self, Error> {
        T::read(row, index)
    }
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row, index: usize) -> Result<Option<Self>, Error> {
                Ok(match &row.0 {
                    AnyRow::Sqlite(row) => row.try_get(index)?,
                    AnyRow::Postgres(row) => row.try_get(index)?,
                })
            }
        }
    )*};
}

plain!(String, bool, Vec<u8>);

impl Column for i64 {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, Error> {
        Ok(match &row.0 {
            AnyRow::Sqlite(row) => row.try_get(index)?,
            // A literal `1` is INT4 there.
            AnyRow::Postgres(row) if row.try_get_raw(index)?.type_info().name() == "INT4" => {
                row.try_get::<Option<i32>, _>(index)?.map(i64::from)
            }
            AnyRow::Postgres(row) => row.try_get(index)?,
        })
    }
}

impl Column for Timestamp {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, Error> {
        Ok(i64::read(row, index)?.map(Self::from_micros))
    }
}

impl Column for Digest {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, Error> {
        let Some(bytes) = Vec::<u8>::read(row, index)? else { return Ok(None) };
        let digest = Self::from_slice(&bytes);
        digest.map(Some).ok_or_else(|| Error::Corrupt(format!("column {index} is no digest")))
    }
}

impl<T: DeserializeOwned> Column for Json<T> {
    fn read(row: &Row, index: usize) -> Result<Option<Self>, Error> {
        let Some(text) = String::read(row, index)? else { return Ok(None) };
        let value = serde_json::from_str(&text);
        // serde's message quotes what it read, which may be personal: only its place is told.
        value.map(|v| Some(Self(v))).map_err(|e| {
            Error::Corrupt(format!(
                "column {index} is not the JSON expected (at {}:{})",
                e.line(),
                e.column()
            ))
        })
    }
}

macro_rules! value {
    ($($type:ty => $arm:ident, $convert:expr;)*) => {$(
        impl Value for $type {
            fn arg(self) -> Arg {
                let convert: fn($type) -> _ = $convert;
                Arg::$arm(Some(convert(self)))
            }
            fn null() -> Arg {
                Arg::$arm(None)
            }
        }
    )*};
}

value! {
    &str => Text, str::to_owned;
    String => Text, std::convert::identity;
    i64 => Int, std::convert::identity;
    i32 => Int, i64::from;
    u32 => Int, i64::from;
    bool => Bool, std::convert::identity;
    &[u8] => Bytes, <[u8]>::to_vec;
    Vec<u8> => Bytes, std::convert::identity;
    Timestamp => Int, Timestamp::micros;
    Digest => Bytes, |digest| digest.to_vec();
}

impl<T: Value> Value for Option<T> {
    fn arg(self) -> Arg {
        self.map_or_else(T::null, T::arg)
    }
    fn null() -> Arg {
        T::null()
    }
}

impl<T: Value + Clone> Value for &T {
    fn arg(self) -> Arg {
        self.clone().arg()
    }
    fn null() -> Arg {
        T::null()
    }
}

impl<T: Serialize> Value for Json<T> {
    fn arg(self) -> Arg {
        match serde_json::to_string(&self.0) {
            Ok(text) => Arg::Text(Some(text)),
            Err(error) => Arg::Unwritable(error.to_string()),
        }
    }
    fn null() -> Arg {
        Arg::Text(None)
    }
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl Value for $id {
            fn arg(self) -> Arg {
                Arg::Text(Some(self.as_str().to_owned()))
            }
            fn null() -> Arg {
                Arg::Text(None)
            }
        }

        impl Column for $id {
            fn read(row: &Row, index: usize) -> Result<Option<Self>, Error> {
                Ok(String::read(row, index)?.map(Self::from_text))
            }
        }
    )*};
}

ids!(AccountId, ClientId, EventId, FactorId, FamilyId, ImportId, InteractionId, OrganisationId, SessionId);
