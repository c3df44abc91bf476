//! Where everything that must not be lost is kept.

use super::locations::DatabaseUrl;
use super::section::section;

section! {
    /// Where everything that must not be lost is kept.
    Database in "database" {
        /// `sqlite:path` or `postgres://user:password@host/database`. One SQLite file serves one node; PostgreSQL serves many.
        url: DatabaseUrl = "sqlite:vouchsafe.sqlite" example "postgres://vouchsafe@db.internal/vouchsafe";
    }
}
