//! Who answers for a hook: it goes on only while they may, and somebody who may takes it over.

use serde_json::json;
use vouchsafe::audit::{Actor, Kind, Outcome, Topic};
use vouchsafe::base::OrganisationId;
use vouchsafe::clients::ClientState;
use vouchsafe::duties::Duty;
use vouchsafe::flows::{accounts, clients};
use vouchsafe::identity::State;
use vouchsafe::notifications::webhook::{HookId, HookState, Stopped, Webhook};

use super::NEAR;
use crate::idp::{TestIdp, on_each_engine_with};
use crate::outbound::receiver::Receiver;

/// A hook as it is now, by the address of its page.
async fn at(idp: &TestIdp, path: &str) -> Webhook {
    let id = path.split('?').next().unwrap().rsplit('/').next().unwrap();
    let id = HookId(id.to_owned());
    vouchsafe::store::webhooks::find(&idp.app.services.store, &id).await.unwrap().unwrap()
}

/// Something that a hook is told of.
async fn happens(idp: &TestIdp, hook: &Webhook, name: &str) {
    match hook.topics[..] {
        [Topic::App] => drop(idp.rp().public().await),
        _ => drop(idp.person(name).await),
    }
}

/// Something happens that a hook would tell of, and nothing is told: it is off, and the trail says why.
async fn stops(idp: &TestIdp, (hook, receiver): (&Webhook, &Receiver), why: Stopped) {
    let (mark, before) = (idp.mark().await, receiver.received().len());
    happens(idp, hook, &format!("one-{why}")).await;
    idp.settles().await;
    assert_eq!(receiver.received().len(), before, "{why}: nothing is told");
    let now = idp.hook_now(hook).await;
    assert_eq!((now.state, now.stopped), (HookState::Off, Some(why)));
    let told: Vec<_> =
        idp.events_since(mark).await.into_iter().filter(|e| e.kind == Kind::WebhookChanged).collect();
    let [event] = &told[..] else { unreachable!("{told:?}") };
    assert_eq!((event.outcome, event.reason.as_deref()), (Outcome::Failed, Some(why.as_str())));
    assert_eq!((&event.actor, &event.organisation), (&Actor::System, &hook.organisation));
    // What happens from now on is not written down for it.
    happens(idp, hook, &format!("two-{why}")).await;
    assert_eq!(idp.deliveries(hook).await.iter().filter(|d| d.attempts == 0).count(), 1, "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_stops_with_the_right_of_the_person_who_keeps_it_until_another_takes_it_over() {
    on_each_engine_with(&NEAR, async |idp| {
        let root = OrganisationId::root();
        let otto = idp.admin("otto", &[(Duty::Owner, &root)]).await;
        for (name, why) in
            [("duty", Stopped::LostRight), ("suspended", Stopped::Gone), ("erased", Stopped::Gone)]
        {
            let receiver = Receiver::new().await;
            let keeper = idp.admin(name, &[(Duty::Owner, &root)]).await;
            let url = receiver.url();
            let form = [("url", url.as_str()), ("organisation", "root"), ("topic-app", "yes")];
            let made = keeper.posts("/admin/webhooks", &form).await;
            let hook = at(&idp, &made.location().unwrap()).await;
            let path = format!("/admin/webhooks/{}", hook.id.0);
            assert_eq!(hook.keeper, Actor::Account(keeper.person.account.clone()));
            happens(&idp, &hook, name).await;
            idp.settles().await;
            assert_eq!(receiver.received().len(), 1, "while they may it is told");
            match name {
                "duty" => keeper.loses_duties().await,
                "suspended" => idp.set_account(&keeper.person.account, State::Disabled).await,
                _ => {
                    keeper.loses_duties().await;
                    accounts::erase(&idp.operator(), &keeper.person.account).await.unwrap();
                }
            }
            stops(&idp, (&hook, &receiver), why).await;
            for page in ["/admin/webhooks", &path] {
                let page = otto.get(page).await;
                assert!(page.body.contains("Switched off: whoever kept it"), "{}", page.body);
            }
            assert!(otto.get(&path).await.body.contains("from then on you answer for it"));
            // Whoever may see those topics goes on with it, and what waited is told.
            let on = otto.posts(&format!("{path}/state"), &[("state", "on")]).await;
            assert_eq!(on.status, 303, "{on:?}");
            let now = idp.hook_now(&hook).await;
            let theirs = Actor::Account(otto.person.account.clone());
            assert_eq!((now.state, now.stopped, now.keeper), (HookState::On, None, theirs));
            idp.settles().await;
            assert_eq!(receiver.received().len(), 2, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_stops_with_the_scope_of_the_machine_that_keeps_it_and_the_hosts_goes_on() {
    on_each_engine_with(&NEAR, async |idp| {
        let root = OrganisationId::root();
        let receiver = Receiver::new().await;
        let other = idp.machine("admin:clients admin:read", &root).await;
        for (name, why) in [("scope", Stopped::LostRight), ("client", Stopped::Gone)] {
            let machine = idp.machine("admin:clients admin:read", &root).await;
            let new = json!({ "url": receiver.url(), "topics": ["account"] });
            let made = machine.posts("/webhooks", &new).await;
            let path = made.header("location").trim_start_matches("/api/admin/v1").to_owned();
            let hook = at(&idp, &path).await;
            assert_eq!(made.json()["keeper"], format!("client:{}", machine.id));
            if name == "scope" {
                let document = json!({ "grant_types": ["client_credentials"], "redirect_uris": [],
                    "scope": "admin:clients", "token_endpoint_auth_method": "client_secret_basic" });
                let all = clients::settings::Within::All;
                clients::settings::change(&idp.operator(), &all, &machine.id, &document).await.unwrap();
            } else {
                clients::set_state(&idp.operator(), &machine.id, ClientState::Disabled).await.unwrap();
            }
            // Clients are remembered for less than a second.
            idp.advance(1);
            stops(&idp, (&hook, &receiver), why).await;
            let shown = other.gets(&path).await.json();
            assert_eq!((&shown["state"], &shown["stopped"]), (&json!("off"), &json!(why)));
            let on = other.sends("POST", &format!("{path}/enable"), &[], None).await;
            let on = on.json();
            assert_eq!((&on["state"], &on["stopped"]), (&json!("on"), &json!(null)));
            assert_eq!(on["keeper"], format!("client:{}", other.id));
            let before = receiver.received().len();
            idp.settles().await;
            assert_eq!(receiver.received().len(), before + 1);
            assert_eq!(other.sends("DELETE", &path, &[], None).await.status, 204);
        }

        // Of a hook from before, the trail says who keeps it, and the host where it says nothing.
        let keeper = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let url = receiver.url();
        let form = [("url", url.as_str()), ("organisation", "root"), ("topic-account", "yes")];
        let path = keeper.posts("/admin/webhooks", &form).await.location().unwrap();
        let hook = at(&idp, &path).await;
        let (of_host, _) = idp.hook(&url, &[Topic::Account], &root).await;
        idp.place.sql("UPDATE webhooks SET keeper = NULL").await;
        assert!(matches!(idp.hook_now(&hook).await.keeper, Actor::Host(_)));
        let migration = include_str!("../../../migrations/0025_keepers.sql");
        idp.place.sql(&migration[migration.find("UPDATE").unwrap()..]).await;
        assert_eq!(idp.hook_now(&hook).await.keeper, hook.keeper);
        assert_eq!(idp.hook_now(&of_host).await.keeper, of_host.keeper);
        idp.place.sql("UPDATE webhooks SET keeper = NULL").await;
        let before = receiver.received().len();
        idp.person("wanda").await;
        idp.settles().await;
        assert_eq!(receiver.received().len(), before + 2);
    })
    .await;
}
