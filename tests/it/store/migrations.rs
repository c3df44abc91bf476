//! Migrations: once, in order, unedited, by however many processes.

use vouchsafe::store::vault::VAULT_MIGRATIONS;
use vouchsafe::store::{Error, MIGRATIONS, Migration, Store};

use crate::stacks::{each_empty_engine, each_engine};

static ONE: &[Migration] = &[Migration { name: "0001_a", sql: "CREATE TABLE a (x TEXT);" }];
static TWO: &[Migration] = &[
    Migration { name: "0001_a", sql: "CREATE TABLE a (x TEXT);" },
    Migration { name: "0002_b", sql: "CREATE TABLE b (x TEXT); CREATE INDEX b_by_x ON b (x);" },
];
static EDITED: &[Migration] = &[Migration { name: "0001_a", sql: "CREATE TABLE a (x TEXT, y TEXT);" }];
static BROKEN: &[Migration] = &[
    Migration { name: "0001_a", sql: "CREATE TABLE a (x TEXT);" },
    Migration { name: "0002_c", sql: "CREATE TABLE c (x TEXT); CREATE TABLE oops;" },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_migration_is_applied_once() {
    each_empty_engine(async |stack| {
        assert_eq!(stack.store.pending(TWO).await.unwrap(), ["0001_a", "0002_b"]);
        assert_eq!(stack.store.migrate(ONE).await.unwrap(), ["0001_a"]);
        assert_eq!(stack.store.pending(TWO).await.unwrap(), ["0002_b"]);
        assert_eq!(stack.other.migrate(TWO).await.unwrap(), ["0002_b"]);
        assert!(stack.store.migrate(TWO).await.unwrap().is_empty());
        assert!(stack.store.pending(TWO).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_migrate_at_once() {
    each_empty_engine(async |stack| {
        let stores: Vec<Store> = [&stack.store, &stack.other].into_iter().cycle().take(8).cloned().collect();
        let tasks: Vec<_> = stores
            .into_iter()
            .map(|store| tokio::spawn(async move { store.migrate(TWO).await.unwrap().len() }))
            .collect();
        let mut applied = 0;
        for task in tasks {
            applied += task.await.unwrap();
        }
        assert_eq!(applied, 2, "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_or_broken_migration_changes_nothing() {
    each_empty_engine(async |stack| {
        stack.store.migrate(ONE).await.unwrap();
        for outcome in [stack.store.migrate(EDITED).await, stack.store.pending(EDITED).await] {
            assert!(matches!(outcome, Err(Error::Corrupt(text)) if text.contains("0001_a was edited")));
        }
        let broken = stack.store.migrate(BROKEN).await;
        assert!(matches!(broken, Err(Error::Corrupt(text)) if text.contains("0002_c")));
        assert_eq!(stack.store.pending(BROKEN).await.unwrap(), ["0002_c"]);
        assert_eq!(stack.store.migrate(TWO).await.unwrap(), ["0002_b"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_prepares() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let written: usize = sources(&root.join("src/store"))
        .iter()
        .filter(|(path, _)| !path.ends_with("statement.rs"))
        .map(|(_, text)| text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<String>())
        .map(|text| text.matches("sql!(").count())
        .sum();
    let registered = vouchsafe::store::STATEMENTS.len();
    assert!(registered >= written, "{registered} statements are registered, {written} are written");
    each_engine(async |stack| {
        assert!(stack.store.pending(MIGRATIONS).await.unwrap().is_empty());
        // The key store's statements too; its tables may stand beside the others.
        stack.store.migrate(VAULT_MIGRATIONS).await.unwrap();
        assert_eq!(stack.store.unpreparable().await, [], "{}", stack.engine);
    })
    .await;
}

fn sources(directory: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![(path.clone(), std::fs::read_to_string(path).unwrap())],
        })
        .collect()
}

/// The key store beside a PostgreSQL database lies in a schema of its own that nobody made by hand.
#[tokio::test]
async fn a_schema_the_url_names_is_made_by_its_migration() {
    each_empty_engine(async |stack| {
        let url = match stack.engine {
            "postgres" => format!("{}?options[search_path]=vouchsafe_keys", stack.url),
            _ => return,
        };
        let keys = Store::open(&url).await.unwrap();
        assert_eq!(keys.pending(MIGRATIONS).await.unwrap().len(), MIGRATIONS.len());
        keys.migrate(MIGRATIONS).await.unwrap();
        assert!(keys.pending(MIGRATIONS).await.unwrap().is_empty());
        assert!(!stack.store.pending(MIGRATIONS).await.unwrap().is_empty(), "the other schema stays empty");
        keys.close().await;
    })
    .await;
}
