//! A request with a key is done once: by one node or two, by one call or 64.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::{Digest, OrganisationId};
use vouchsafe::duties::Action;
use vouchsafe::flows::once::{self, Standing};
use vouchsafe::flows::{Cx, admin, clients};

use super::{ALL, is_problem};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};

const KEY: &str = "idempotency-key";

async fn organisations(idp: &TestIdp) -> i64 {
    let machine = idp.machine("admin:read", &OrganisationId::root()).await;
    let all = machine.gets("/organisations?limit=200").await.json();
    i64::try_from(all["items"].as_array().unwrap().len()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gets_the_first_answer_and_another_one_none() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let machine = idp.machine(ALL, &root).await;
        let new = json!({ "registration": { "client_name": "Once", "redirect_uris": ["https://once.example/cb"] } });
        let first = machine.sends("POST", "/apps", &[(KEY, "a-key")], Some(&new)).await;
        assert_eq!(first.status, 201, "{first:?}");
        let apps = clients::list(&idp.operator()).await.unwrap().len();
        let again = machine.sends("POST", "/apps", &[(KEY, "a-key")], Some(&new)).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotency-replayed"), "true");
        for header in ["location", "etag", "content-type"] {
            assert_eq!(again.header(header), first.header(header), "{header}");
        }
        assert_eq!(clients::list(&idp.operator()).await.unwrap().len(), apps);

        // The secret in the answer is kept sealed.
        let secret = first.json()["client_secret"].as_str().unwrap().to_owned();
        let kept = vouchsafe::store::machine_requests::find(
            &idp.app.services.store,
            &machine.id,
            vouchsafe::base::Digest::of("a-key"),
        );
        let kept = kept.await.unwrap().unwrap().answer.unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains(&secret));

        let other = json!({ "registration": { "client_name": "Other", "redirect_uris": ["https://other.example/cb"] } });
        is_problem(&machine.sends("POST", "/apps", &[(KEY, "a-key")], Some(&other)).await, 422, "VS-4220");
        let place = json!({ "name": "East" });
        let elsewhere = machine.sends("POST", "/organisations", &[(KEY, "a-key")], Some(&place)).await;
        is_problem(&elsewhere, 422, "VS-4220");
        is_problem(&machine.sends("POST", "/apps", &[(KEY, "a key")], Some(&new)).await, 400, "VS-4000");

        // Another client's key is another key.
        let colleague = idp.machine(ALL, &root).await;
        let theirs = colleague.sends("POST", "/organisations", &[(KEY, "a-key")], Some(&place)).await;
        assert_eq!(theirs.status, 201, "{theirs:?}");

        // What was refused changed nothing, so the key is free.
        let bad = json!({ "name": "" });
        is_problem(&machine.sends("POST", "/organisations", &[(KEY, "free")], Some(&bad)).await, 400, "VS-4000");
        let good = machine.sends("POST", "/organisations", &[(KEY, "free")], Some(&json!({ "name": "West" }))).await;
        assert_eq!(good.status, 201, "{good:?}");

        // After a day nobody remembers.
        idp.advance(24 * 3600 + 1);
        let machine = super::Machine { token: machine.takes_token(ALL).await, ..machine };
        let late = machine.sends("POST", "/apps", &[(KEY, "a-key")], Some(&other)).await;
        assert_eq!(late.status, 201, "{late:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_over_two_nodes_one_is_done() {
    on_each_engine_with(&[("VOUCHSAFE__LIMITS__API_REQUESTS", "1000")], async |one| {
        let two = one.another().await;
        let machine = one.machine(ALL, &OrganisationId::root()).await;
        let before = organisations(&one).await;
        let mut all = JoinSet::new();
        for i in 0..64 {
            let machine = machine.at(if i % 2 == 0 { &one } else { &two });
            all.spawn(async move {
                machine
                    .sends("POST", "/organisations", &[(KEY, "many")], Some(&json!({ "name": "Once" })))
                    .await
            });
        }
        let answers = all.join_all().await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!made.is_empty());
        assert!(made.iter().all(|answer| answer.body == made[0].body), "two were made");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            is_problem(answer, 409, "VS-4091");
        }
        assert_eq!(organisations(&one).await, before + 1);
        two.stop().await;
    })
    .await;
}

async fn hooks(idp: &TestIdp) -> i64 {
    idp.place.count("SELECT COUNT(*) FROM webhooks").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_broke_off_with_nothing_done_is_done_once_by_64_who_try_again() {
    on_each_engine_with(&[("VOUCHSAFE__LIMITS__API_REQUESTS", "1000")], async |one| {
        let two = one.another().await;
        let machine = one.machine(ALL, &OrganisationId::root()).await;
        let new = json!({ "url": "https://203.0.114.1/", "topics": ["approval"] });
        let key = [(KEY, "broke-off")];
        // In the middle of the change a part of the database is away.
        one.place.sql("ALTER TABLE webhook_secrets RENAME TO webhook_secrets_away").await;
        let broken = machine.sends("POST", "/webhooks", &key, Some(&new)).await;
        is_problem(&broken, 503, "VS-5030");
        assert!(!broken.header("retry-after").is_empty(), "{broken:?}");
        one.place.sql("ALTER TABLE webhook_secrets_away RENAME TO webhook_secrets").await;
        assert_eq!(hooks(&one).await, 0, "nothing half done");
        let mut all = JoinSet::new();
        for i in 0..64 {
            let (machine, new) = (machine.at(if i % 2 == 0 { &one } else { &two }), new.clone());
            all.spawn(async move { machine.sends("POST", "/webhooks", &key, Some(&new)).await });
        }
        let answers = all.join_all().await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!made.is_empty() && made.iter().all(|answer| answer.body == made[0].body), "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            is_problem(answer, 409, "VS-4091");
            assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
        }
        assert_eq!(hooks(&one).await, 1);
        two.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_broke_off_after_it_was_done_is_never_done_twice() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let bearer = format!("Bearer {}", machine.token);
        let brings = async || {
            let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv"), (KEY, "half")];
            let list = "username,email,role\nlena,lena@example.org,patient\n";
            idp.http.send("POST", "/api/admin/v1/imports", &headers, list).await
        };
        // The list is begun, and its rows cannot be written.
        idp.place.sql("ALTER TABLE import_rows RENAME TO import_rows_away").await;
        is_problem(&brings().await, 503, "VS-5030");
        idp.place.sql("ALTER TABLE import_rows_away RENAME TO import_rows").await;
        for wait in [0, once::LEASE] {
            idp.advance(wait);
            is_problem(&brings().await, 409, "VS-4091");
        }
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM imports").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_left_lying_goes_to_one_of_64_and_its_old_holder_changes_nothing() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let body = Digest::of("what was sent");
        let begins = async |cx: &Cx| once::begin(cx, &machine.id, "left", body).await.unwrap();
        let Standing::Fresh(old) = begins(&idp.operator()).await else { unreachable!() };
        assert!(matches!(begins(&idp.operator()).await, Standing::UnderWay));
        idp.advance(once::LEASE);
        let mut all = JoinSet::new();
        for _ in 0..64 {
            let (cx, id) = (idp.operator(), machine.id.clone());
            all.spawn(async move { once::begin(&cx, &id, "left", body).await.unwrap() });
        }
        let mut fresh = Vec::new();
        for standing in all.join_all().await {
            match standing {
                Standing::Fresh(claim) => fresh.push(claim),
                other => assert!(matches!(other, Standing::UnderWay), "{other:?}"),
            }
        }
        let [new] = &fresh[..] else { unreachable!("{fresh:?}") };
        let cx = idp.operator();
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::OrganisationCreate, &OrganisationId::root()).await;
        let actor = actor.unwrap();
        let makes = async |claim, name| {
            once::work(&cx, claim, admin::organisations::create(&cx, &actor, name)).await.is_ok()
        };
        let of = async |name: &str| {
            idp.place.count(&format!("SELECT COUNT(*) FROM organisations WHERE name = '{name}'")).await
        };
        assert!(!makes(&old, "Late").await);
        assert!(makes(new, "Now").await);
        assert_eq!((of("Late").await, of("Now").await), (0, 1));
        // Something was done for it, so nobody begins it again.
        idp.advance(once::LEASE);
        assert!(matches!(begins(&idp.operator()).await, Standing::UnderWay));
    })
    .await;
}
