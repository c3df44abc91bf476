//! Values: what is bound is read back, on each engine alike.

use vouchsafe::base::{AccountId, Digest, Role, Timestamp};
use vouchsafe::store::{Error, Json, Migration, Row, Stmt};

use crate::stacks::each_empty_engine;

static VALUES: &[Migration] = &[Migration {
    name: "0001_values",
    sql: "CREATE TABLE v (id TEXT PRIMARY KEY, t TEXT, i BIGINT, b BOOLEAN, y BYTEA, j TEXT);",
}];

#[tokio::test(flavor = "multi_thread")]
async fn values_and_nulls_are_read_back() {
    each_empty_engine(async |stack| {
        stack.store.migrate(VALUES).await.unwrap();
        let digest = Digest::of("x");
        let done: Result<(), Error> = stack
            .store
            .write((AccountId::from_text("a"), digest), |w, (id, digest)| {
                Box::pin(async move {
                    let insert =
                        || Stmt::new("INSERT INTO v (id, t, i, b, y, j) VALUES ($1, $2, $3, $4, $5, $6)");
                    let json = Json(vec![("k".to_owned(), 1)]);
                    let full = insert().bind(id).bind(Some("12")).bind(Timestamp::from_micros(-7)).bind(true);
                    full.bind(digest).bind(json).execute(&mut *w).await?;
                    let empty = insert().bind("none").bind(None::<&str>).bind(None::<i64>).bind(None::<bool>);
                    empty.bind(None::<Vec<u8>>).bind(&None::<String>).execute(w).await?;
                    Ok(())
                })
            })
            .await;
        done.unwrap();
        let read = |id: &'static str| Stmt::new("SELECT id, t, i, b, y, j FROM v WHERE id = $1").bind(id);
        let row = read("a").one(&stack.store).await.unwrap();
        assert_eq!(row.get::<AccountId>(0).unwrap(), AccountId::from_text("a"));
        assert_eq!(row.get::<String>(1).unwrap(), "12");
        assert_eq!(row.get::<Timestamp>(2).unwrap(), Timestamp::from_micros(-7));
        assert!(row.get::<bool>(3).unwrap());
        assert_eq!(row.get::<Digest>(4).unwrap(), digest);
        assert_eq!(row.get::<Json<Vec<(String, i64)>>>(5).unwrap().0, [("k".to_owned(), 1)]);
        let row = read("none").one(&stack.store).await.unwrap();
        assert_eq!(row.get::<Option<String>>(1).unwrap(), None);
        assert_eq!(row.get::<Option<Timestamp>>(2).unwrap(), None);
        assert_eq!(row.get::<Option<bool>>(3).unwrap(), None);
        assert_eq!(row.get::<Option<Digest>>(4).unwrap(), None);
        assert_eq!(row.get::<Option<Json<String>>>(5).unwrap(), None);
        misread(&row);
        assert!(read("absent").optional(&stack.store).await.unwrap().is_none());
        assert!(matches!(read("absent").one(&stack.store).await, Err(Error::Corrupt(_))));
    })
    .await;
}

fn misread(row: &Row) {
    assert!(matches!(row.get::<String>(1), Err(Error::Corrupt(_))), "NULL is no text");
    assert!(matches!(row.get::<i64>(0), Err(Error::Corrupt(_))), "text is no number");
    assert!(matches!(row.get::<String>(9), Err(Error::Corrupt(_))), "no such column");
    assert!(matches!(row.parse(0, Role::parse), Err(Error::Corrupt(_))), "no such word");
}
