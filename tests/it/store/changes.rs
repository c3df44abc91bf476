//! Changes: what is committed, what is rolled back, who is told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use vouchsafe::store::{Error, Migration, Stmt, Store, Writer};

use crate::stacks::{self, Stack};

static THINGS: &[Migration] = &[Migration {
    name: "0001_things",
    sql: "CREATE TABLE things (id TEXT PRIMARY KEY, spent BOOLEAN NOT NULL);
          CREATE TABLE parts (id TEXT PRIMARY KEY, thing TEXT NOT NULL REFERENCES things(id));",
}];

async fn each_engine(test: impl AsyncFn(&Stack)) {
    stacks::each_empty_engine(async |stack| {
        stack.store.migrate(THINGS).await.unwrap();
        test(stack).await;
    })
    .await;
}

async fn insert(w: &mut Writer, id: &str) -> Result<(), Error> {
    Stmt::new("INSERT INTO things (id, spent) VALUES ($1, FALSE)").bind(id).execute(w).await.map(|_| ())
}

async fn add(store: &Store, id: &str) -> Result<(), Error> {
    store.write(id.to_owned(), |w, id| Box::pin(insert(w, id))).await
}

async fn ids(store: &Store) -> Vec<String> {
    let rows = Stmt::new("SELECT id FROM things ORDER BY id").all(store).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_update_has_one_winner_of_64() {
    each_engine(async |stack| {
        add(&stack.store, "a").await.unwrap();
        let tasks: Vec<_> = (0..64)
            .map(|i| if i % 2 == 0 { stack.store.clone() } else { stack.other.clone() })
            .map(|store| {
                tokio::spawn(async move {
                    let spent: Result<_, Error> = store.write((), |w, ()| Box::pin(async move {
                        let row = Stmt::new("UPDATE things SET spent = TRUE WHERE id = $1 AND spent = FALSE RETURNING id")
                            .bind("a").optional(w).await?;
                        Ok(row.is_some())
                    })).await;
                    spent.unwrap()
                })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            winners += usize::from(task.await.unwrap());
        }
        assert_eq!(winners, 1, "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_batch_one_failing_change_falls_alone() {
    each_engine(async |stack| {
        let tasks: Vec<_> = (0..64)
            .map(|i: i64| {
                let store = stack.store.clone();
                tokio::spawn(async move {
                    store
                        .write(i, |w, i| {
                            Box::pin(async move {
                                insert(&mut *w, &format!("{i:02}")).await?;
                                if i % 5 == 0 {
                                    return Err(Error::Corrupt("on purpose".to_owned()));
                                }
                                insert(w, &format!("{i:02} again")).await
                            })
                        })
                        .await
                })
            })
            .collect();
        let mut kept = 0;
        for (i, task) in tasks.into_iter().enumerate() {
            let done = task.await.unwrap();
            assert_eq!(done.is_err(), i % 5 == 0, "{i}");
            kept += if done.is_ok() { 2 } else { 0 };
        }
        assert_eq!(ids(&stack.other).await.len(), kept, "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_its_change_whole() {
    each_engine(async |stack| {
        for i in 0..40 {
            let change = stack.store.write(i, |w, i| {
                Box::pin(async move {
                    insert(&mut *w, &format!("{i:02} a")).await?;
                    insert(w, &format!("{i:02} b")).await
                })
            });
            tokio::time::timeout(Duration::from_micros(i * 150), change).await.ok();
        }
        // A later change is after all of them on SQLite; on PostgreSQL they may still run.
        add(&stack.store, "last").await.unwrap();
        for _ in 0..100 {
            if ids(&stack.other).await.len() == 81 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let found = ids(&stack.other).await;
        assert!(found.len() % 2 == 1, "{}: a half change: {found:?}", stack.engine);
        // The very first may have been dropped before it was handed over; all that were handed over are there.
        assert!(found.len() >= 75, "{}: {}", stack.engine, found.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_violation_is_a_conflict_and_dooms_its_change() {
    each_engine(async |stack| {
        add(&stack.store, "a").await.unwrap();
        assert_eq!(add(&stack.store, "a").await, Err(Error::Conflict));
        let stubborn: Result<(), Error> = stack
            .store
            .write((), |w, ()| {
                Box::pin(async move {
                    insert(&mut *w, "b").await?;
                    assert_eq!(insert(&mut *w, "a").await, Err(Error::Conflict));
                    Ok(())
                })
            })
            .await;
        assert_eq!(stubborn, Err(Error::Conflict), "{}", stack.engine);
        assert_eq!(ids(&stack.store).await, ["a"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_panics_is_an_error_and_the_next_one_works() {
    each_engine(async |stack| {
        let done: Result<(), Error> = stack
            .store
            .write((), |w, ()| {
                Box::pin(async move {
                    insert(&mut *w, "a").await?;
                    panic!("on purpose");
                })
            })
            .await;
        assert!(matches!(done, Err(Error::Corrupt(_))));
        add(&stack.store, "b").await.unwrap();
        assert_eq!(ids(&stack.store).await, ["b"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_connections_change_nothing() {
    each_engine(async |stack| {
        let done =
            Stmt::new("INSERT INTO things (id, spent) VALUES ('x', FALSE)").execute(&stack.store).await;
        assert!(done.is_err());
        assert!(ids(&stack.store).await.is_empty(), "{}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_kept() {
    each_engine(async |stack| {
        let done: Result<u64, Error> = stack
            .store
            .write((), |w, ()| Stmt::new("INSERT INTO parts (id, thing) VALUES ('p', 'none')").execute(w))
            .await;
        assert!(matches!(done, Err(Error::Corrupt(_))), "{}: {done:?}", stack.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_then_write_of_two_writers_is_never_refused() {
    each_engine(async |stack| {
        add(&stack.store, "0").await.unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|i: i64| {
                let store = if i % 2 == 0 { stack.store.clone() } else { stack.other.clone() };
                tokio::spawn(async move {
                    let done: Result<(), Error> = store
                        .write(i, |w, i| {
                            Box::pin(async move {
                                let row = Stmt::new("SELECT count(*) FROM things").one(&mut *w).await?;
                                let _: i64 = row.get(0)?;
                                insert(w, &format!("t{i}")).await
                            })
                        })
                        .await;
                    done
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_committed_before_the_store_closes() {
    let stack = stacks::sqlite().await;
    stack.store.migrate(THINGS).await.unwrap();
    let tasks: Vec<_> = (0..200)
        .map(|i| {
            let store = stack.store.clone();
            tokio::spawn(async move { add(&store, &format!("{i}")).await })
        })
        .collect();
    tokio::task::yield_now().await;
    stack.store.close().await;
    let mut kept = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => kept += 1,
            Err(error) => assert!(matches!(error, Error::Unavailable(_))),
        }
    }
    assert_eq!(ids(&stack.other).await.len(), kept);
    assert!(matches!(add(&stack.store, "late").await, Err(Error::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_away_database_answers_within_five_seconds() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let begun = Instant::now();
    let opened = Store::open(&format!("postgres://postgres@127.0.0.1:{port}/postgres")).await;
    assert!(matches!(opened, Err(Error::Unavailable(_))));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(matches!(Store::open("sqlite:/nonexistent/x.sqlite").await, Err(Error::Unavailable(_))));
    assert!(matches!(Store::open("mysql://x").await, Err(Error::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let stack = stacks::sqlite().await;
    stack.store.migrate(THINGS).await.unwrap();
    let path = stack.url.strip_prefix("sqlite:").unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{path}{suffix}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_in_the_url_is_used() {
    let Some(server) = stacks::server("VOUCHSAFE_TEST_POSTGRES") else { return };
    let url = format!("{server}?options=-c%20search_path%3Dpg_catalog");
    let store = Store::open(&url).await.unwrap();
    let row = Stmt::new("SELECT current_setting('search_path')").one(&store).await.unwrap();
    assert_eq!(row.get::<String>(0).unwrap(), "pg_catalog");
    let row = Stmt::new("SELECT current_setting('statement_timeout')").one(&store).await.unwrap();
    assert_eq!(row.get::<String>(0).unwrap(), "4s");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_run_again() {
    each_engine(async |stack| {
        if stack.engine == "sqlite" {
            return; // one writer: nothing can lock crosswise
        }
        add(&stack.store, "a").await.unwrap();
        add(&stack.store, "b").await.unwrap();
        let both = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let crosswise = |store: &Store, first: &'static str, second: &'static str| {
            let (store, both) = (store.clone(), both.clone());
            let runs = AtomicU32::new(0);
            tokio::spawn(async move {
                store
                    .write((first, second, both, runs), |w, (first, second, both, runs)| {
                        Box::pin(async move {
                            let spend =
                                |id: &str| Stmt::new("UPDATE things SET spent = TRUE WHERE id = $1").bind(id);
                            spend(first).execute(&mut *w).await?;
                            let run = runs.fetch_add(1, Ordering::SeqCst);
                            if run == 0 {
                                both.wait().await;
                            }
                            spend(second).execute(w).await?;
                            Ok::<_, Error>(run)
                        })
                    })
                    .await
                    .unwrap()
            })
        };
        let (one, two) = (crosswise(&stack.store, "a", "b"), crosswise(&stack.other, "b", "a"));
        assert_eq!(one.await.unwrap() + two.await.unwrap(), 1, "one of them ran twice");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_is_found_again_without_an_error() {
    each_engine(async |stack| {
        if stack.engine == "sqlite" {
            return;
        }
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        for round in 0..4usize {
            let reads: Vec<_> = (0..12)
                .map(|_| {
                    let store = stack.store.clone();
                    tokio::spawn(async move { ids(&store).await })
                })
                .collect();
            for read in reads {
                read.await.unwrap();
            }
            stack.tamper(end).await;
            match round % 2 {
                0 => add(&stack.store, &format!("{round}")).await.unwrap(),
                _ => assert_eq!(ids(&stack.store).await.len(), round.div_ceil(2)),
            }
        }
    })
    .await;
}
