//! Another program holds the SQLite file: changes are refused in time, reading goes on, nothing is lost.

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection};

use super::{Town, all_at_once, for_itself, is_answered, is_away};
use crate::actors::Callback;
use crate::idp::TestIdp;
use crate::installation::Installation;

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_holds_the_file_changes_wait_in_time_and_reading_goes_on() {
    let place = Arc::new(Installation::sqlite(&[]));
    let idp = TestIdp::start(place.clone()).await;
    let town = Town::of(&idp).await;
    idp.advance(2);
    let url = format!("sqlite://{}", place.database_file().unwrap().display());
    let mut holder = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();

    let reads = ["the account", "a sign-out", "the page of a sign-in", "claims", "an introspection"];
    let calls = town.calls_on_sessions().into_iter().chain(town.calls_on_facts()).collect();
    for (name, answer) in all_at_once(calls).await {
        match name {
            // Refused before anything is written, and counted in memory.
            "a script's request" => is_answered(name, &answer),
            name if reads.contains(&name) => assert!(answer.status < 400, "{name}: {answer:?}"),
            name => is_away(name, &answer),
        }
    }
    for (name, answer) in all_at_once(town.calls_on_nothing()).await {
        is_answered(name, &answer);
    }

    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    holder.close().await.unwrap();
    for (name, answer) in all_at_once(town.calls_on_facts()).await {
        is_answered(name, &answer);
    }
    town.app.redeem(&town.code).await.is_granted();
    for_itself(&town.keyed).await.is_granted();
    let (browser, form) = &town.half;
    let page = browser.post(&form.action, &form.fields).await;
    let page = browser.follow(page).await;
    Callback::of(&town.alice.answers(browser, page).await).code();
    idp.stop().await;
}
