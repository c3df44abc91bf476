//! Copies of the trail, policies that are changed, reminders and letters by machine.

use serde_json::{Value, json};
use vouchsafe::audit::Kind;
use vouchsafe::base::OrganisationId;

use super::{ALL, Machine, is_problem};
use crate::admin::refusal;
use crate::idp::{TestIdp, on_each_engine};

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_trail_holds_what_the_client_may_see_and_is_in_the_trail_itself() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let north = idp.organisation("North", &root).await;
        let (high, low) = (idp.machine("admin:audit", &root).await, idp.machine("admin:audit", &north).await);
        let alice = idp.person("alice").await;
        let mark = idp.mark().await;
        let copy = high.gets("/events/export?kind=account.created").await;
        assert_eq!((copy.status, copy.header("content-type")), (200, "application/x-ndjson"), "{copy:?}");
        let lines: Vec<Value> = copy.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["account"], json!(alice.account));
        let events = idp.events_since(mark).await;
        let [event] = &events[..] else { unreachable!("{events:?}") };
        assert_eq!(event.kind, Kind::AuditExported);
        assert_eq!(event.actor.to_text(), format!("client:{}", high.id));
        let detail = event.detail.as_ref().unwrap();
        assert_eq!((&detail["format"], &detail["kinds"]), (&json!("ndjson"), &json!(["account.created"])));

        let sheet = high.gets("/events/export?format=csv").await;
        assert_eq!(sheet.header("content-type"), "text/csv; charset=utf-8");
        assert!(sheet.body.lines().count() > 3 && sheet.body.contains("account.created"), "{sheet:?}");
        let own = low.gets("/events/export").await;
        assert!(own.status == 200 && !own.body.contains(alice.account.as_str()), "{own:?}");
        let whole = high.gets("/events/export?format=signed").await;
        assert!(whole.status == 200 && whole.body.lines().count() > 3, "{whole:?}");
        let mark = idp.mark().await;
        is_problem(&low.gets("/events/export?format=signed").await, 403, "VS-4031");
        assert_eq!(idp.kinds_since(mark).await, ["audit.exported"], "the refusal");
        is_problem(&low.gets(&format!("/events/export?organisation={root}&from=soon")).await, 400, "VS-4000");
        is_problem(&high.gets("/events/export?format=xml").await, 400, "VS-4000");
        let reading = idp.machine("admin:read", &root).await;
        let mark = idp.mark().await;
        is_problem(&reading.gets("/events/export").await, 403, "VS-4031");
        assert_eq!(refusal(&idp, mark).await.0, "missing_duty");
    })
    .await;
}

/// The rules in force, with one of them changed.
async fn rules(machine: &Machine, pointer: &str, value: Value) -> Value {
    let mut rules = machine.gets("/policies/current").await.json()["rules"].clone();
    *rules.pointer_mut(pointer).unwrap_or_else(|| unreachable!("{pointer}")) = value;
    rules
}

async fn versions(idp: &TestIdp) -> i64 {
    idp.place.count("SELECT COUNT(*) FROM policies").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_makes_a_policy_stricter_and_never_asks_less() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let machine = idp.machine(ALL, &root).await;
        let strict = rules(&machine, "/patient/idle", json!(600)).await;
        let wish = json!({ "base": 0, "rules": strict });
        let seen = machine.posts("/policies/preview", &wish).await;
        assert_eq!((seen.status, seen.json()["weaker"].as_bool()), (200, Some(false)), "{seen:?}");
        assert_eq!(versions(&idp).await, 0, "looking changes nothing");
        let new = json!({ "base": 0, "rules": strict, "reason": "shorter at shared desks" });
        let mark = idp.mark().await;
        let made = machine.sends("POST", "/policies/versions", &[("idempotency-key", "p")], Some(&new)).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("location"), "/api/admin/v1/policies/versions/1");
        let told = made.json();
        assert_eq!(
            (&told["version"], &told["changes"][0]["after"]),
            (&json!(1), &seen.json()["changes"][0]["after"])
        );
        assert_eq!(told["actor"], format!("client:{}", machine.id));
        assert_eq!(idp.kinds_since(mark).await, ["policy.changed"]);
        let again =
            machine.sends("POST", "/policies/versions", &[("idempotency-key", "p")], Some(&new)).await;
        assert_eq!((again.status, &again.body), (201, &made.body));
        idp.advance(1);
        assert_eq!(machine.gets("/policies/current").await.json()["version"], 1);

        // Looked at too early, unchanged, or no policy.
        is_problem(&machine.posts("/policies/versions", &new).await, 412, "VS-4120");
        let same = json!({ "base": 1, "rules": strict, "reason": "once more the same" });
        is_problem(&machine.posts("/policies/versions", &same).await, 409, "VS-4090");
        let odd = json!({ "base": 1, "rules": { "colour": "red" }, "reason": "no policy at all" });
        is_problem(&machine.posts("/policies/versions", &odd).await, 400, "VS-4000");

        // What asks less takes two people, and a machine is neither.
        let weak = rules(&machine, "/patient/idle", json!(1_200)).await;
        let seen = machine.posts("/policies/preview", &json!({ "base": 1, "rules": weak })).await;
        assert_eq!(seen.json()["weaker"], true, "{seen:?}");
        let mark = idp.mark().await;
        let new = json!({ "base": 1, "rules": weak, "reason": "longer for everybody" });
        let refused = machine.posts("/policies/versions", &new).await;
        is_problem(&refused, 403, "VS-4032");
        assert!(refused.json()["detail"].as_str().unwrap().contains("idle"), "{refused:?}");
        let events = idp.events_since(mark).await;
        let [event] = &events[..] else { unreachable!("{events:?}") };
        assert_eq!((event.kind, event.reason.as_deref()), (Kind::PolicyChanged, Some("weaker")));
        assert_eq!(versions(&idp).await, 1);
        assert_eq!(machine.gets("/approvals").await.json()["items"], json!([]));

        // The policy is the whole installation's.
        let north = idp.organisation("North", &root).await;
        let low = idp.machine(ALL, &north).await;
        let mark = idp.mark().await;
        is_problem(&low.posts("/policies/versions", &new).await, 404, "VS-4040");
        assert_eq!(refusal(&idp, mark).await.0, "other_organisation");
        is_problem(
            &low.posts("/policies/preview", &json!({ "base": 1, "rules": weak })).await,
            404,
            "VS-4040",
        );
    })
    .await;
}

async fn invited(machine: &Machine, new: &Value) -> String {
    let made = machine.posts("/people", new).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.header("location").trim_start_matches("/api/admin/v1").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_reminded_once_a_day_and_ready_ones_never() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let rose = invited(&machine, &json!({ "email": "rose@example.org", "role": "patient" })).await;
        let tom = invited(&machine, &json!({ "email": "tom@example.org", "role": "patient" })).await;
        let lone = invited(&machine, &json!({ "username": "lone", "role": "patient" })).await;
        idp.advance(100);
        let mails = async || idp.place.count("SELECT COUNT(*) FROM outbox").await;
        let before = mails().await;
        let remind = async |path: &str| machine.sends("POST", &format!("{path}/reminder"), &[], None).await;
        assert_eq!(remind(&rose).await.status, 204);
        is_problem(&remind(&rose).await, 409, "VS-4090");
        is_problem(&remind(&lone).await, 409, "VS-4090");
        assert_eq!(mails().await, before + 1);

        // The stage: whoever was not reminded, once for a key.
        let wish = json!({ "stage": "invited" });
        let key = [("idempotency-key", "round")];
        let done = machine.sends("POST", "/reminders", &key, Some(&wish)).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert_eq!(done.json(), json!({ "sent": 1, "without_address": 1, "more": false }));
        assert_eq!(machine.sends("POST", "/reminders", &key, Some(&wish)).await.body, done.body);
        assert_eq!(mails().await, before + 2);
        is_problem(&remind(&tom).await, 409, "VS-4090");
        is_problem(&machine.posts("/reminders", &json!({ "stage": "ready" })).await, 400, "VS-4000");
        let reading = idp.machine("admin:read", &OrganisationId::root()).await;
        let mark = idp.mark().await;
        is_problem(&reading.posts("/reminders", &wish).await, 403, "VS-4031");
        assert_eq!(refusal(&idp, mark).await.0, "missing_duty");
        assert_eq!(mails().await, before + 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_opens_the_account_until_the_next_one_is_made() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let ida = invited(&machine, &json!({ "username": "ida", "role": "patient" })).await;
        let first = machine.sends("POST", &format!("{ida}/letter"), &[], None).await;
        assert_eq!(first.status, 200, "{first:?}");
        let first = first.json();
        idp.tick();
        let page = [("accept", "text/html")];
        let printed = machine.sends("POST", &format!("{ida}/letter"), &page, None).await;
        assert_eq!(printed.header("content-type"), "text/html; charset=utf-8");
        let code = printed.body.split("<code dir=\"ltr\">").nth(1).unwrap().split('<').next().unwrap();
        idp.tick();
        let types = async |code: &str| {
            let browser = idp.browser();
            let page = browser.open(&idp.at("/activate")).await;
            browser.submit(&page, "letter-submit", &[("username", "ida"), ("letter_code", code)]).await
        };
        assert_eq!(first["reference"], "ida", "{first}");
        assert_eq!(types(first["code"].as_str().unwrap()).await.status, 400, "the one before is worthless");
        assert_eq!(types(code).await.status, 200, "the printed one opens");

        // Nobody gets the letter of somebody who is in, or of whoever stands above.
        let alice = idp.person("alice").await;
        let mark = idp.mark().await;
        let refused = machine.sends("POST", &format!("/people/{}/letter", alice.account), &[], None).await;
        is_problem(&refused, 409, "VS-4090");
        assert_eq!(idp.kinds_since(mark).await, Vec::<&str>::new());
        let olga = idp.admin("olga", &[(vouchsafe::duties::Duty::Owner, &OrganisationId::root())]).await;
        let mark = idp.mark().await;
        let above =
            machine.sends("POST", &format!("/people/{}/letter", olga.person.account), &[], None).await;
        is_problem(&above, 403, "VS-4031");
        assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_lists_is_turned_page_by_page() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let mut made = Vec::new();
        for n in 0..3 {
            let list = format!("username,email,role\np{n},p{n}@example.org,patient\n");
            let staged = machine.sends_list("/imports", &list).await;
            assert_eq!(staged.status, 201, "{staged:?}");
            made.push(staged.member("id"));
            idp.advance(1);
        }
        made.reverse();
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = machine.gets(&format!("/imports?limit=2{cursor}")).await.json();
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, made);
        is_problem(&machine.gets("/imports?cursor=AAAA").await, 400, "VS-4002");
    })
    .await;
}
