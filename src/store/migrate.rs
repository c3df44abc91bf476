//! Migrations: one folder, both engines, each file once and never edited.

use std::time::Duration;

use super::{Error, Store, Writer, sql};
use crate::base::Digest;

/// One file of `migrations/`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The file's name without its ending, e.g. `0001_accounts`; what `migrate` prints.
    pub name: &'static str,
    /// Its text: TEXT, BIGINT, BOOLEAN and BYTEA columns only, so that it runs on both engines.
    pub sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration { name: $name, sql: include_str!(concat!("../../migrations/", $name, ".sql")) }),*]
    };
}

/// Every migration, in the order they are applied. To add one: its file, and its name here.
#[rustfmt::skip]
pub static MIGRATIONS: &[Migration] = migrations![
    "0001_foundation",
    "0002_ephemeral",
    "0003_audit",
    "0004_links",
    "0005_mail",
    "0006_activation",
    "0007_account_home",
    "0008_organisations",
    "0009_enrolments",
    "0010_approvals",
    "0011_import",
    "0012_audit_search",
    "0013_policies",
    "0014_clients",
    "0015_machine_requests",
    "0016_webhooks",
    "0017_scim",
    "0018_people",
    "0020_guard",
    "0021_held",
    "0022_models",
    "0023_held_requests",
    "0024_places",
    "0025_keepers",
    "0027_registration",
    "0029_logouts",
    "0030_ciba",
    "0031_details",
    "0032_key_uses",
    "0033_settled",
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    name TEXT PRIMARY KEY,
    checksum BYTEA NOT NULL
)";
/// The schema the URL names as its `search_path` (the key store's, beside the database), where it is missing.
const SCHEMA: &str = "DO $$
DECLARE wanted TEXT := btrim(split_part(current_setting('search_path'), ',', 1), '\" ');
BEGIN
    IF current_schema() IS NULL AND wanted NOT IN ('', '$user') THEN
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', wanted);
    END IF;
END $$";
/// Two processes that migrate at once take turns; SQLite's BEGIN IMMEDIATE does the same.
const LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(7235421903485)";
/// A migration of many rows may take its time.
const DEADLINE: Duration = Duration::from_secs(3600);

impl Store {
    /// Applies what is missing, in one transaction, and answers the names applied. Refuses a database whose
    /// recorded checksum of a migration is another: such a file was edited after it was applied.
    pub async fn migrate(&self, migrations: &'static [Migration]) -> Result<Vec<&'static str>, Error> {
        self.write_within(DEADLINE, migrations, |w, migrations| Box::pin(apply(w, migrations))).await
    }

    /// The names `migrate` would apply; changes nothing.
    pub async fn pending(&self, migrations: &'static [Migration]) -> Result<Vec<&'static str>, Error> {
        if !self.has_table().await? {
            return Ok(migrations.iter().map(|m| m.name).collect());
        }
        let mut missing = Vec::new();
        for migration in migrations {
            let row = recorded(migration).optional(self).await?;
            match row {
                Some(row) => unedited(migration, row.get(0)?)?,
                None => missing.push(migration.name),
            }
        }
        Ok(missing)
    }

    async fn has_table(&self) -> Result<bool, Error> {
        match sql!("SELECT checksum FROM migrations LIMIT 1").optional(self).await {
            Ok(_) => Ok(true),
            Err(Error::Corrupt(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

async fn apply(w: &mut Writer, migrations: &'static [Migration]) -> Result<Vec<&'static str>, Error> {
    if w.is_postgres() {
        script(w, LOCK).await?;
        script(w, SCHEMA).await?;
    }
    script(w, TABLE).await?;
    let mut applied = Vec::new();
    for migration in migrations {
        if let Some(row) = recorded(migration).optional(&mut *w).await? {
            unedited(migration, row.get(0)?)?;
            continue;
        }
        script(w, migration.sql).await.map_err(|e| Error::Corrupt(format!("{}: {e}", migration.name)))?;
        sql!("INSERT INTO migrations (name, checksum) VALUES ($1, $2)")
            .bind(migration.name)
            .bind(Digest::of(migration.sql))
            .execute(&mut *w)
            .await?;
        applied.push(migration.name);
    }
    Ok(applied)
}

async fn script(w: &mut Writer, text: &'static str) -> Result<(), Error> {
    let done = w.script(text).await;
    done.map_err(|fault| w.fail(fault))
}

fn recorded(migration: &Migration) -> super::Stmt {
    sql!("SELECT checksum FROM migrations WHERE name = $1").bind(migration.name)
}

fn unedited(migration: &Migration, checksum: Digest) -> Result<(), Error> {
    if checksum == Digest::of(migration.sql) {
        return Ok(());
    }
    Err(Error::Corrupt(format!("migration {} was edited after it was applied", migration.name)))
}
