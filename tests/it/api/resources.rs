//! What machines see and do of people, organisations, duties, policies and the trail.

use serde_json::json;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;

use super::{ALL, is_problem};
use crate::idp::on_each_engine;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_turned_page_by_page_and_its_cursors_are_good_for_nothing_else() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let machine = idp.machine(ALL, &root).await;
        let mut made = Vec::new();
        for i in 0..7 {
            made.push(idp.person(&format!("person-{i}")).await.account.to_string());
        }
        let mut seen: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = machine.gets(&format!("/people?limit=3{cursor}")).await;
            assert_eq!(page.status, 200, "{page:?}");
            let page = page.json();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 3);
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        made.sort();
        seen.sort();
        assert_eq!(seen, made);

        let first = machine.gets("/people?limit=3").await.json();
        let next = first["next"].as_str().unwrap();
        let colleague = idp.machine(ALL, &root).await;
        is_problem(&colleague.gets(&format!("/people?limit=3&cursor={next}")).await, 400, "VS-4002");
        is_problem(&machine.gets(&format!("/people?role=patient&cursor={next}")).await, 400, "VS-4002");
        is_problem(&machine.gets(&format!("/apps?cursor={next}")).await, 400, "VS-4002");
        is_problem(&machine.gets(&format!("/people?cursor={next}A")).await, 400, "VS-4002");
        for odd in ["/people?role=nurse", "/people?q=%00", "/people?q=a%20"] {
            let answer = machine.gets(odd).await;
            assert!([200, 400].contains(&answer.status), "{odd}: {answer:?}");
        }
        let found = machine.gets("/people?q=person").await.json();
        assert_eq!(found["items"].as_array().unwrap().len(), 7, "{found}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_suspended_and_let_in_again_with_a_reason_but_nobody_with_a_duty() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let machine = idp.machine(ALL, &root).await;
        let alice = idp.person("alice").await;
        let path = format!("/people/{}", alice.account);
        let seen = machine.gets(&path).await;
        assert_eq!((seen.status, seen.json()["state"].as_str()), (200, Some("active")), "{seen:?}");
        let same = machine.sends("GET", &path, &[("if-none-match", seen.header("etag"))], None).await;
        assert_eq!((same.status, same.body.as_str()), (304, ""));
        is_problem(
            &machine.posts(&format!("{path}/suspend"), &json!({ "reason": "no" })).await,
            400,
            "VS-4000",
        );
        let mark = idp.mark().await;
        let because = json!({ "reason": "left the practice" });
        assert_eq!(machine.posts(&format!("{path}/suspend"), &because).await.status, 204);
        assert_eq!(idp.kinds_since(mark).await, ["account.disabled"]);
        is_problem(&machine.posts(&format!("{path}/suspend"), &because).await, 409, "VS-4090");
        let changed = machine.sends("GET", &path, &[("if-none-match", seen.header("etag"))], None).await;
        assert_eq!((changed.status, changed.json()["state"].as_str()), (200, Some("disabled")));
        assert_eq!(machine.posts(&format!("{path}/enable"), &because).await.status, 204);
        assert_eq!(machine.sends("POST", &format!("{path}/end-sessions"), &[], None).await.status, 204);

        let held = idp.person("hugo").await;
        idp.grants(&held, Duty::HelpDesk, &root).await;
        let mark = idp.mark().await;
        let above = machine.posts(&format!("/people/{}/suspend", held.account), &because).await;
        is_problem(&above, 403, "VS-4031");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        assert_eq!(machine.gets(&format!("/people/{}", held.account)).await.json()["state"], "active");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_is_changed_from_the_version_that_was_looked_at() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let made = machine.posts("/organisations", &json!({ "name": "East" })).await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = made.header("location").trim_start_matches("/api/admin/v1").to_owned();
        let seen = machine.gets(&path).await;
        let tag = seen.header("etag").to_owned();
        let name = |name: &str| json!({ "name": name });
        is_problem(&machine.sends("PATCH", &path, &[], Some(&name("West"))).await, 428, "VS-4280");
        let odd = [("if-match", "\"AAAA\"")];
        is_problem(&machine.sends("PATCH", &path, &odd, Some(&name("West"))).await, 412, "VS-4120");
        let changed = machine.sends("PATCH", &path, &[("if-match", &tag)], Some(&name("West"))).await;
        assert_eq!((changed.status, changed.json()["name"].as_str()), (200, Some("West")), "{changed:?}");
        let late = machine.sends("PATCH", &path, &[("if-match", &tag)], Some(&name("South"))).await;
        is_problem(&late, 412, "VS-4120");
        let seen = machine.gets(&path).await;
        assert_eq!(
            (seen.json()["name"].as_str(), seen.header("etag")),
            (Some("West"), changed.header("etag"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duties_and_decisions_stay_with_people() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let machine = idp.machine(ALL, &root).await;
        let hugo = idp.person("hugo").await;
        let grant = idp.grants(&hugo, Duty::Auditor, &root).await;
        let listed = machine.gets("/organisations/root/grants").await.json();
        assert_eq!(listed["items"][0]["duty"], "auditor", "{listed}");
        let wish = json!({ "person": hugo.account, "duty": "owner", "reason": "because of it" });
        is_problem(&machine.posts("/organisations/root/grants", &wish).await, 403, "VS-4032");
        is_problem(&machine.sends("DELETE", &format!("/grants/{grant}"), &[], None).await, 403, "VS-4032");
        is_problem(&machine.posts("/approvals/x/decision", &json!({ "agrees": true })).await, 403, "VS-4032");
        let reset = format!("/people/{}/resets", hugo.account);
        is_problem(
            &machine.posts(&reset, &json!({ "kinds": ["totp"], "reason": "lost it" })).await,
            403,
            "VS-4032",
        );
        assert_eq!(machine.gets("/organisations/root/grants").await.json(), listed);
        assert_eq!(machine.gets("/approvals").await.json()["items"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_the_overview_and_the_trail_are_read_where_the_machine_stands() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let (high, low) = (idp.machine(ALL, &root).await, idp.machine(ALL, &north).await);
        let alice = idp.person("alice").await;
        assert_eq!(high.gets("/policies/current").await.json()["version"], 0);
        assert_eq!(high.gets("/policies/versions").await.json()["items"], json!([]));
        is_problem(&low.gets("/policies/versions").await, 404, "VS-4040");
        let tried = high.gets(&format!("/policies/simulation?person={}", alice.account)).await;
        assert_eq!((tried.status, tried.json()["first"]["step"].as_str()), (200, Some("prove")), "{tried:?}");
        let elsewhere = low.gets(&format!("/policies/simulation?person={}", alice.account)).await;
        is_problem(&elsewhere, 404, "VS-4040");

        let of = |answer: &crate::actors::Answer| answer.json()["funnel"][0]["reached"].as_i64().unwrap();
        assert_eq!((of(&high.gets("/overview").await), of(&low.gets("/overview").await)), (1, 0));

        let mark = idp.mark().await;
        let events = high.gets("/events?limit=2&kind=account.created").await;
        assert_eq!(events.json()["items"][0]["person"], json!(alice.account), "{events:?}");
        assert_eq!(idp.kinds_since(mark).await, ["audit.read"]);
        let id = events.json()["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(high.gets(&format!("/events/{id}")).await.status, 200);
        is_problem(&low.gets(&format!("/events/{id}")).await, 404, "VS-4040");
        let own = low.gets("/events?limit=200").await.json();
        let places: Vec<_> =
            own["items"].as_array().unwrap().iter().map(|e| e["organisation"].clone()).collect();
        assert!(!places.is_empty() && places.iter().all(|place| *place == json!(north)), "{places:?}");
        is_problem(&high.gets("/events?from=yesterday").await, 400, "VS-4000");
        let first = high.gets("/events?limit=2").await.json();
        let next = first["next"].as_str().unwrap();
        let second = high.gets(&format!("/events?limit=2&cursor={next}")).await.json();
        assert_ne!(first["items"], second["items"]);
    })
    .await;
}
