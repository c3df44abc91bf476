//! Webhooks that machines keep: told of what they may see themselves, and whole addresses for whoever manages them.

use serde_json::json;
use vouchsafe::audit::Topic;
use vouchsafe::base::OrganisationId;
use vouchsafe::flows::upkeep;
use vouchsafe::notifications::webhook::Address;

use super::{ALL, is_problem};
use crate::idp::{on_each_engine, on_each_engine_with};
use crate::outbound::receiver::Receiver;
use crate::webhooks::{NEAR, is_signed_with};

/// An address that holds a secret in its path and query.
const URL: &str = "http://127.0.0.1:9/take/s3cret-path?key=s3cret-key";

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_keeps_a_hook_from_its_first_secret_to_its_end() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let new = json!({ "url": receiver.url(), "topics": ["account"] });
        let key = [("idempotency-key", "one-hook")];
        let made = machine.sends("POST", "/webhooks", &key, Some(&new)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let again = machine.sends("POST", "/webhooks", &key, Some(&new)).await;
        assert_eq!((again.status, &again.body), (201, &made.body));
        let told = made.json();
        let (first, id) = (told["secret"].as_str().unwrap(), told["secret_id"].as_str().unwrap());
        let path = made.header("location").trim_start_matches("/api/admin/v1").to_owned();
        idp.person("alice").await;
        idp.settles().await;
        let [request] = &receiver.received()[..] else { unreachable!("{:?}", receiver.received()) };
        assert!(is_signed_with(request, first));

        // Another secret beside it, and the first one goes.
        let second = machine.sends("POST", &format!("{path}/secrets"), &[], None).await;
        assert_eq!(second.status, 201, "{second:?}");
        let third = machine.sends("POST", &format!("{path}/secrets"), &[], None).await;
        is_problem(&third, 409, "VS-4090");
        let gone = machine.sends("DELETE", &format!("{path}/secrets/{id}"), &[], None).await;
        assert_eq!(gone.status, 204, "{gone:?}");
        let sent = machine.gets(&format!("{path}/deliveries")).await.json();
        let event = sent["items"][0]["event"].as_str().unwrap().to_owned();
        assert_eq!(sent["items"][0]["state"], "done", "{sent}");
        let again = machine.sends("POST", &format!("{path}/deliveries/{event}/send-again"), &[], None).await;
        assert_eq!(again.status, 204, "{again:?}");
        idp.settles().await;
        let received = receiver.received();
        assert!(is_signed_with(&received[1], second.json()["secret"].as_str().unwrap()));
        assert!(!is_signed_with(&received[1], first));

        // Changed from the version that was looked at, switched off and on, removed.
        let seen = machine.gets(&path).await;
        let change = json!({ "url": receiver.url(), "topics": ["account", "app"] });
        is_problem(&machine.sends("PUT", &path, &[], Some(&change)).await, 428, "VS-4280");
        let tag = [("if-match", seen.header("etag"))];
        let changed = machine.sends("PUT", &path, &tag, Some(&change)).await;
        assert_eq!((changed.status, &changed.json()["topics"]), (200, &json!(["account", "app"])));
        is_problem(&machine.sends("PUT", &path, &tag, Some(&change)).await, 412, "VS-4120");
        let off = machine.sends("POST", &format!("{path}/disable"), &[], None).await;
        assert_eq!((off.status, off.json()["state"].as_str()), (200, Some("off")), "{off:?}");
        is_problem(&machine.sends("POST", &format!("{path}/disable"), &[], None).await, 409, "VS-4090");
        assert_eq!(machine.sends("POST", &format!("{path}/enable"), &[], None).await.status, 200);
        assert_eq!(machine.sends("DELETE", &path, &[], None).await.status, 204);
        is_problem(&machine.gets(&path).await, 404, "VS-4040");
        assert_eq!(machine.gets("/webhooks").await.json()["items"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_has_nobody_told_of_what_it_may_not_see_itself() {
    on_each_engine_with(&NEAR, async |idp| {
        let root = OrganisationId::root();
        let apps = idp.machine("admin:clients", &root).await;
        let seeing = idp.machine("admin:clients admin:read", &root).await;
        let new = |topic: &str| json!({ "url": URL, "topics": [topic] });
        for (topic, scope) in [
            ("account", "admin:read"),
            ("factor", "admin:read"),
            ("duty", "admin:audit"),
            ("approval", "admin:read"),
            ("policy", "admin:policy"),
        ] {
            let mark = idp.mark().await;
            let refused = apps.posts("/webhooks", &new(topic)).await;
            is_problem(&refused, 403, "VS-4031");
            assert!(refused.header("www-authenticate").contains(scope), "{topic}: {refused:?}");
            let events = idp.events_since(mark).await;
            let [event] = &events[..] else { unreachable!("{events:?}") };
            assert_eq!(
                (event.kind.as_str(), event.reason.as_deref()),
                ("admin.refused", Some("topic_out_of_sight"))
            );
            assert_eq!(event.actor.to_text(), format!("client:{}", apps.id));
        }
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM webhooks").await, 0);
        assert_eq!(apps.posts("/webhooks", &new("app")).await.status, 201);
        let mixed = json!({ "url": URL, "topics": ["app", "account"] });
        is_problem(&apps.posts("/webhooks", &mixed).await, 403, "VS-4031");
        assert_eq!(seeing.posts("/webhooks", &mixed).await.status, 201);

        // Somebody else's hook about people is neither its to change nor to read of.
        let (hook, _) = idp.hook(URL, &[Topic::Account, Topic::App], &root).await;
        idp.person("alice").await;
        let path = format!("/webhooks/{}", hook.id.0);
        let tag = apps.gets(&path).await.header("etag").to_owned();
        let narrow = json!({ "url": "http://127.0.0.1:9/mine", "topics": ["app"] });
        let mark = idp.mark().await;
        for refused in [
            apps.sends("PUT", &path, &[("if-match", &tag)], Some(&narrow)).await,
            apps.sends("POST", &format!("{path}/secrets"), &[], None).await,
            apps.sends("POST", &format!("{path}/disable"), &[], None).await,
            apps.sends("DELETE", &path, &[], None).await,
        ] {
            is_problem(&refused, 403, "VS-4031");
        }
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"; 4]);
        let (of_apps, of_all) = (
            apps.gets(&format!("{path}/deliveries")).await.json(),
            seeing.gets(&format!("{path}/deliveries")).await.json(),
        );
        let kinds = |answer: &serde_json::Value| {
            let items = answer["items"].as_array().unwrap().clone();
            items.into_iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((kinds(&of_apps), kinds(&of_all)), (vec![], vec!["account.created".to_owned()]));
        let now = idp.hook_now(&hook).await;
        assert_eq!((now.address, now.topics, now.state), (hook.address, hook.topics, hook.state));
        let secrets = "SELECT COUNT(*) FROM webhook_secrets";
        assert_eq!(idp.place.count(secrets).await, 3, "one of each hook");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hooks_whole_address_is_for_whoever_manages_it_and_is_kept_sealed() {
    on_each_engine_with(&NEAR, async |idp| {
        let root = OrganisationId::root();
        let manages = idp.machine(ALL, &root).await;
        let reads = idp.machine("admin:clients", &root).await;
        let (hook, _) = idp.hook(URL, &[Topic::Account], &root).await;
        let path = format!("/webhooks/{}", hook.id.0);
        let of = async |machine: &super::Machine| {
            let one = machine.gets(&path).await.json()["url"].as_str().unwrap().to_owned();
            let listed = machine.gets("/webhooks").await.json()["items"][0]["url"].clone();
            assert_eq!(listed, json!(one));
            one
        };
        assert_eq!(of(&manages).await, URL);
        assert_eq!(of(&reads).await, "http://127.0.0.1:9/…");
        let developer = idp.admin("devi", &[(vouchsafe::duties::Duty::AppDeveloper, &root)]).await;
        let page = developer.get(&format!("/admin{path}")).await;
        assert!(page.status == 200 && page.body.contains("127.0.0.1"), "{page:?}");
        assert!(!page.body.contains("s3cret"), "{}", page.body);
        let Address::Sealed(sealed) = &hook.address else { unreachable!("{hook:?}") };
        assert!(!String::from_utf8_lossy(sealed).contains("s3cret"));
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM webhooks WHERE url <> ''").await, 0);

        // One from before is read, and sealed by the next sweep.
        let text = format!("UPDATE webhooks SET url = '{URL}', address = NULL");
        idp.place.sql(&text).await;
        assert_eq!(of(&manages).await, URL);
        assert_eq!(of(&reads).await, "http://127.0.0.1:9/…");
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM webhooks WHERE url <> ''").await, 0);
        assert_eq!(of(&manages).await, URL);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_at_an_address_that_is_not_called_is_refused() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let mark = idp.mark().await;
        for (url, topics) in [
            ("https://10.0.0.1/", vec!["app"]),
            ("none", vec!["app"]),
            ("https://hooks.example.org/", vec![]),
        ] {
            let refused = machine.posts("/webhooks", &json!({ "url": url, "topics": topics })).await;
            is_problem(&refused, 400, "VS-4000");
        }
        let unknown = json!({ "url": "https://hooks.example.org/", "topics": ["health"] });
        is_problem(&machine.posts("/webhooks", &unknown).await, 400, "VS-4001");
        assert!(idp.kinds_since(mark).await.iter().all(|kind| *kind != "webhook.changed"));
        assert_eq!(machine.gets("/webhooks").await.json()["items"], json!([]));
    })
    .await;
}
