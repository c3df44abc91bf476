//! A store is away, or the program begins anew, while machines ask: every answer says so in the words of its interface, nothing
//! is half done, and the same requests are done once when it is over.

use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use vouchsafe::base::OrganisationId;
use vouchsafe::flows::once::LEASE;

use super::{ALL, is_problem};
use crate::actors::Answer;
use crate::faults::{postgres_away, redis_away};
use crate::idp::{TestIdp, on_each_engine};
use crate::scim::{Directory, is_error, user};
use crate::servers::{Proxy, Weather, in_five_seconds, soon};

/// A request of a machine.
#[derive(Clone)]
struct Call {
    machine: Directory,
    method: &'static str,
    path: String,
    key: Option<String>,
    body: Option<Value>,
}

impl Call {
    fn is_scim(&self) -> bool {
        self.path.starts_with("/scim/")
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    async fn asked(&self) -> Answer {
        let key: Vec<_> = self.key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
        let media = if self.is_scim() { "application/scim+json" } else { "application/json" };
        self.machine.asks(self.method, &self.path, &key, (media, self.body.as_ref())).await
    }

    fn at(&self, idp: &TestIdp) -> Self {
        Self { machine: self.machine.at(idp), ..self.clone() }
    }
}

/// What machines look at, and what they do.
struct Town {
    reads: Vec<Call>,
    deeds: Vec<Call>,
}

impl Town {
    async fn of(idp: &TestIdp) -> Self {
        let machine = idp.directory(ALL, &OrganisationId::root()).await;
        let paul = idp.person("paul").await.account;
        let joined = |answer: Answer| answer.member("id");
        let (here, leaves) =
            (joined(machine.joins(&user("here")).await), joined(machine.joins(&user("leaves")).await));
        let mut rules = machine.gets_at("/api/admin/v1/policies/current").await["rules"].clone();
        rules["patient"]["idle"] = json!(600);
        let call = |method, path: String, key: Option<&str>, body: Option<Value>| Call {
            machine: machine.clone(),
            method,
            path,
            key: key.map(str::to_owned),
            body,
        };
        let api = |path: &str| format!("/api/admin/v1/{path}");
        let read = |path: String| call("GET", path, None, None);
        let mut reads: Vec<Call> = [
            "overview",
            "organisations",
            "people",
            "approvals",
            "imports",
            "apps",
            "policies/current",
            "events",
            "events/export",
            "webhooks",
        ]
        .map(|path| read(api(path)))
        .into();
        reads.push(read(api(&format!("people/{paul}"))));
        reads.extend(
            ["ServiceProviderConfig", "Users", "Groups"].map(|path| read(format!("/scim/v2/{path}"))),
        );
        reads.push(read(format!("/scim/v2/Users/{here}")));
        let because = json!({ "reason": "left the practice" });
        let hook = json!({ "url": "https://203.0.114.1/", "topics": ["approval"] });
        let app = json!({ "registration": { "redirect_uris": ["https://once.example/cb"] } });
        let rose = json!({ "email": "rose@example.org", "role": "patient" });
        let policy = json!({ "base": 0, "rules": rules, "reason": "shorter at shared desks" });
        let made = |path: &str, body| call("POST", api(path), Some(path), Some(body));
        let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "displayName", "value": "Here Now" }] });
        let deeds = vec![
            made("organisations", json!({ "name": "East" })),
            made("people", rose),
            made("apps", app),
            made("webhooks", hook),
            made("policies/versions", policy),
            call("POST", api(&format!("people/{paul}/suspend")), None, Some(because)),
            call("POST", "/scim/v2/Users".to_owned(), None, Some(user("joins"))),
            call("PATCH", format!("/scim/v2/Users/{here}"), None, Some(patch)),
            call("DELETE", format!("/scim/v2/Users/{leaves}"), None, None),
        ];
        Self { reads, deeds }
    }
}

impl Directory {
    async fn gets_at(&self, path: &str) -> Value {
        self.asks("GET", path, &[], ("", None)).await.json()
    }
}

/// What the deeds change.
async fn facts(idp: &TestIdp) -> Vec<i64> {
    let mut facts = Vec::new();
    for query in [
        "SELECT COUNT(*) FROM organisations",
        "SELECT COUNT(*) FROM accounts",
        "SELECT COUNT(*) FROM clients",
        "SELECT COUNT(*) FROM webhooks",
        "SELECT COUNT(*) FROM policies",
        "SELECT COUNT(*) FROM accounts WHERE state = 'disabled'",
        "SELECT COUNT(*) FROM scim_people",
        "SELECT COUNT(*) FROM scim_people WHERE left_at IS NOT NULL",
        "SELECT COUNT(*) FROM outbox",
    ] {
        facts.push(idp.place.count(query).await);
    }
    facts
}

async fn all_at_once(calls: &[Call]) -> Vec<(Call, Answer)> {
    let mut running = tokio::task::JoinSet::new();
    for call in calls.iter().cloned() {
        running.spawn(async move { (in_five_seconds(&call.name(), call.asked()).await, call) });
    }
    running.join_all().await.into_iter().map(|(answer, call)| (call, answer)).collect()
}

/// Insists on a 503 in the words of the interface.
#[track_caller]
fn is_away(call: &Call, answer: &Answer) {
    match call.is_scim() {
        true => is_error(answer, 503, None),
        false => is_problem(answer, 503, "VS-5030"),
    }
    let wait: i64 = answer.header("retry-after").parse().unwrap_or_default();
    assert!(wait >= 1, "{}: {answer:?}", call.name());
    for word in ["127.0.0.1", "redis:", "postgres", "sqlite", "timed out", "connection"] {
        assert!(
            !answer.body.to_lowercase().contains(word),
            "{} tells of the inside: {answer:?}",
            call.name()
        );
    }
}

/// What was asked for in the dark is done once now, however often it is repeated.
async fn all_of_it_is_done_once(idp: &TestIdp, town: &Town, before: &[i64]) {
    for (call, answer) in all_at_once(&town.reads).await {
        assert_eq!(answer.status, 200, "{}: {answer:?}", call.name());
    }
    let mut firsts = Vec::new();
    for call in &town.deeds {
        let answer = call.asked().await;
        assert!((200..300).contains(&answer.status), "{}: {answer:?}", call.name());
        firsts.push(answer);
    }
    let after = facts(idp).await;
    let changes: Vec<i64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    // Two join, two may sign in no more, one left, two are written to.
    assert_eq!(changes, [1, 2, 1, 1, 1, 2, 1, 1, 2]);
    for (call, first) in town.deeds.iter().zip(&firsts).filter(|(call, _)| call.key.is_some()) {
        let again = call.asked().await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{}", call.name());
        assert_eq!(again.header("idempotency-replayed"), "true");
    }
    assert_eq!(facts(idp).await, after);
}

async fn every_answer_says_so_and_nothing_happens(idp: TestIdp, proxy: &Proxy) {
    let town = Town::of(&idp).await;
    let (before, mark) = (facts(&idp).await, idp.mark().await);
    for weather in [Weather::Refusing, Weather::Silent] {
        proxy.turns(weather);
        // Nothing that is remembered for a second counts any more.
        idp.advance(2);
        for some in town.reads.iter().chain(&town.deeds).cloned().collect::<Vec<_>>().chunks(8) {
            for (call, answer) in all_at_once(some).await {
                is_away(&call, &answer);
            }
        }
        proxy.turns(Weather::Fair);
        soon("an answer", async || town.reads[0].asked().await.status == 200).await;
    }
    assert_eq!(facts(&idp).await, before);
    let done =
        ["organisation.created", "account.created", "account.disabled", "webhook.changed", "policy.changed"];
    let kinds = idp.kinds_since(mark).await;
    assert!(kinds.iter().all(|kind| !done.contains(kind)), "{kinds:?}");
    // A key that was begun in the dark is free by now.
    idp.advance(LEASE);
    all_of_it_is_done_once(&idp, &town, &before).await;
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_session_store_is_away_machines_are_told_and_nothing_happens() {
    let Some((idp, proxy)) = redis_away::behind_a_proxy().await else { return };
    every_answer_says_so_and_nothing_happens(idp, &proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_machines_are_told_and_nothing_happens() {
    postgres_away::behind_a_proxy(async |idp, proxy| {
        every_answer_says_so_and_nothing_happens(idp, proxy).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_holds_the_file_machines_are_told_and_nothing_happens() {
    let place = std::sync::Arc::new(crate::installation::Installation::sqlite(&[]));
    let idp = TestIdp::start(place.clone()).await;
    let town = Town::of(&idp).await;
    let before = facts(&idp).await;
    idp.advance(2);
    let url = format!("sqlite://{}", place.database_file().unwrap().display());
    let mut holder = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    for (call, answer) in all_at_once(&town.deeds).await {
        is_away(&call, &answer);
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    holder.close().await.unwrap();
    assert_eq!(facts(&idp).await, before);
    all_of_it_is_done_once(&idp, &town, &before).await;
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_a_restart_is_not_done_again_after_it() {
    on_each_engine(async |idp| {
        let town = Town::of(&idp).await;
        let mut firsts = Vec::new();
        for call in &town.deeds {
            let answer = call.asked().await;
            assert!((200..300).contains(&answer.status), "{}: {answer:?}", call.name());
            firsts.push(answer);
        }
        let done = facts(&idp).await;
        let next = idp.another().await;
        idp.stop().await;
        for (call, first) in town.deeds.iter().zip(&firsts) {
            let again = call.at(&next).asked().await;
            match (call.method, call.key.is_some()) {
                (_, true) => assert_eq!((again.status, &again.body), (first.status, &first.body)),
                ("PATCH", _) => assert_eq!(again.status, 200, "{again:?}"),
                ("DELETE", _) => is_error(&again, 404, None),
                _ if call.is_scim() => is_error(&again, 409, Some("uniqueness")),
                _ => is_problem(&again, 409, "VS-4090"),
            }
        }
        assert_eq!(facts(&next).await, done);
        next.stop().await;
    })
    .await;
}
