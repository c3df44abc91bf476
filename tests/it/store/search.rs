//! How the trail is searched: by the index that leaves other organisations' events unread.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use vouchsafe::audit::Kind;
use vouchsafe::base::{OrganisationId, Timestamp};
use vouchsafe::store::STATEMENTS;
use vouchsafe::store::audit::{Filter, list};

use crate::stacks::{Stack, each_engine};

/// Events of a kind: many of another clinic, and a few of ours among them.
const MANY: &str = "
    INSERT INTO events (id, at, kind, outcome, organisation, actor, process)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
    SELECT 'many-' || i, 1000000 + i, CASE WHEN i % 2 = 0 THEN 'password.refused' ELSE 'session.signed_in' END, 'ok',
        CASE WHEN i % 500 = 0 THEN 'ours' ELSE 'theirs' END, 'system', '' FROM n";

/// How the engine would run a statement of the program for our clinic and a kind.
async fn plan(stack: &Stack, text: &str) -> String {
    let rows: Vec<String> = match stack.url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut connection = SqliteConnection::connect(&format!("sqlite://{path}")).await.unwrap();
            let asked = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
            let rows = sqlx::raw_sql(asked).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get("detail")).collect()
        }
        None => {
            let mut connection = PgConnection::connect(&stack.url).await.unwrap();
            // By a plan that knows no values: as good as any later run of the prepared statement gets.
            let generic = "SET plan_cache_mode = force_generic_plan;";
            let asked = AssertSqlSafe(format!(
                "{generic} PREPARE asked AS {text}; EXPLAIN EXECUTE asked(NULL, 'password.refused', 'ours', 0, 9000000000,
                     9000000000, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 50)"
            ));
            let rows = sqlx::raw_sql(asked).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
    };
    rows.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisations_events_of_a_kind_are_found_without_reading_others() {
    each_engine(async |stack| {
        stack.tamper(MANY).await;
        stack.tamper("ANALYZE").await;
        let led: Vec<_> =
            STATEMENTS.iter().filter(|text| text.contains("organisation = $3 AND kind = $2")).collect();
        assert_eq!(led.len(), 2, "one for each direction");
        for text in led {
            let plan = plan(stack, text).await;
            assert!(plan.contains("events_by_place_and_kind"), "{}: {plan}", stack.engine);
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{}: {plan}", stack.engine);
        }
        let filter = Filter {
            organisation: Some(OrganisationId::from_text("ours")),
            kinds: vec![Kind::PasswordRefused],
            ..Filter::default()
        };
        let found = list(&stack.store, &filter, 5).await.unwrap();
        let times: Vec<_> = found.iter().map(|event| event.at).collect();
        let newest = [4000, 3500, 3000, 2500, 2000].map(|i| Timestamp::from_micros(1_000_000 + i));
        assert_eq!(times, newest);
    })
    .await;
}
