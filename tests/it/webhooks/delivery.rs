//! Deliveries: signed, once, kept until somebody listens, given up in the end.
use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use vouchsafe::audit::{Kind, Outcome, Topic};
use vouchsafe::base::OrganisationId;
use vouchsafe::flows::admin::Refused;
use vouchsafe::flows::admin::webhooks;
use vouchsafe::identity::State;
use vouchsafe::notifications::webhook::{HookId, HookState, Standing};

use super::{NEAR, is_signed_with};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};

const HOUR: i64 = 3600;

fn root() -> OrganisationId {
    OrganisationId::root()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_told_by_a_signed_request_that_holds_ids_and_nothing_else() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let alice = idp.person("alice").await;
        let (hook, new) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        let mark = idp.mark().await;
        idp.set_account(&alice.account, State::Disabled).await;
        idp.settles().await;
        let event = idp.events_since(mark).await.into_iter().find(|e| e.kind == Kind::AccountDisabled);
        let event = event.unwrap();
        let [request] = &receiver.received()[..] else { unreachable!("{:?}", receiver.received()) };
        assert_eq!(request.line, "POST /hook HTTP/1.1");
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.header("webhook-id"), event.id.as_str());
        let sent: i64 = request.header("webhook-timestamp").parse().unwrap();
        assert!((event.at.seconds()..=idp.now().seconds()).contains(&sent));
        assert!(is_signed_with(request, new.secret.expose()));
        assert!(!is_signed_with(request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let expected = json!({ "type": "account.disabled", "id": event.id, "timestamp": event.at.to_rfc3339(),
            "data": { "organisation": "root", "account": alice.account } });
        assert_eq!(body, expected);
        let [delivery] = &idp.deliveries(&hook).await[..] else { unreachable!() };
        assert!(matches!(delivery.standing, Standing::Done(_)), "{delivery:?}");
        assert_eq!((delivery.attempts, delivery.status), (1, Some(204)));
        idp.settles().await;
        assert_eq!(receiver.received().len(), 1, "it is told once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_success_is_tried_again_with_the_same_id() {
    on_each_engine_with(&NEAR, async |idp| {
        let (receiver, elsewhere) = (Receiver::new().await, Receiver::new().await);
        let alice = idp.person("alice").await;
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        idp.set_account(&alice.account, State::Disabled).await;
        let away = format!("location: {}\r\n", elsewhere.url());
        let bad = [
            (Manners::status(500), Some(500), "status"),
            (Manners::status(404), Some(404), "status"),
            (Manners::Says(302, away, String::new()), Some(302), "status"),
            (Manners::Babbles, None, "broken"),
            (Manners::Says(200, String::new(), "x".repeat(100_000)), None, "too_long"),
        ];
        for (tries, (manners, status, failure)) in bad.into_iter().enumerate() {
            receiver.behave(manners);
            idp.settles().await;
            let [delivery] = &idp.deliveries(&hook).await[..] else { unreachable!() };
            assert_eq!((delivery.status, delivery.failure.as_deref()), (status, Some(failure)));
            assert_eq!(delivery.attempts, i64::try_from(tries + 1).unwrap());
            let pause = 60 << tries;
            let Standing::Waits(next) = delivery.standing else { unreachable!("{delivery:?}") };
            assert!((pause - 2..=pause).contains(&next.since(idp.now())), "{delivery:?}");
            assert!(idp.hook_now(&hook).await.failing_since.is_some());
            idp.advance(HOUR);
        }
        receiver.behave(Manners::status(200));
        idp.settles().await;
        let ids: BTreeSet<_> =
            receiver.received().iter().map(|r| r.header("webhook-id").to_owned()).collect();
        assert_eq!((ids.len(), receiver.received().len()), (1, 6));
        assert_eq!(elsewhere.connections(), 0, "a redirect is not followed");
        assert_eq!(idp.hook_now(&hook).await.failing_since, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_away_for_an_hour_misses_nothing() {
    on_each_engine_with(&NEAR, async |idp| {
        let gone = Receiver::new().await;
        let (port, url) = (gone.port, gone.url());
        drop(gone);
        let (hook, new) = idp.hook(&url, &[Topic::Account], &root()).await;
        let mut expected = BTreeSet::new();
        for name in ["alice", "bob", "carol"] {
            expected.insert(idp.person(name).await.account.to_string());
        }
        for _ in 0..60 {
            idp.settles().await;
            idp.advance(60);
        }
        let waiting = idp.deliveries(&hook).await;
        assert!(waiting.iter().all(|d| matches!(d.standing, Standing::Waits(_)) && d.attempts == 6));
        let receiver = Receiver::on(TcpListener::bind(("127.0.0.1", port)).await.unwrap());
        for _ in 0..60 {
            idp.settles().await;
            idp.advance(60);
        }
        let told: BTreeSet<String> = receiver
            .received()
            .iter()
            .map(|request| {
                assert!(is_signed_with(request, new.secret.expose()));
                let body: Value = serde_json::from_str(&request.body).unwrap();
                assert_eq!(body["type"], "account.created");
                body["data"]["account"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!((told, receiver.received().len()), (expected, 3));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_told_after_a_restart() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        receiver.behave(Manners::status(503));
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        idp.person("alice").await;
        idp.settles().await;
        let before = receiver.received().len();
        receiver.behave(Manners::status(204));
        let next = idp.another().await;
        idp.stop().await;
        next.advance(HOUR);
        next.settles().await;
        assert_eq!(receiver.received().len(), before + 1);
        let [delivery] = &next.deliveries(&hook).await[..] else { unreachable!() };
        assert!(matches!(delivery.standing, Standing::Done(_)));
        next.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_died_with_a_delivery_in_its_hand_leaves_it_to_the_others() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        let actor = idp.hooks_at(&root()).await;
        webhooks::set_on(&idp.operator(), &actor, &hook, false).await.unwrap();
        idp.place.sql(&format!("UPDATE webhooks SET state = 'on' WHERE id = '{}'", hook.id.0)).await;
        // As if another node had claimed it in the moment it was written.
        let until = idp.now().plus(120).micros();
        let claimed = format!(
            "INSERT INTO webhook_deliveries (hook, event, kind, organisation, at, next_at, claimed_until, attempts)
             VALUES ('{}', 'e1', 'account.created', 'root', {now}, {now}, {until}, 1)",
            hook.id.0,
            now = idp.now().micros()
        );
        idp.place.sql(&claimed).await;
        assert_eq!(idp.sweeps().await.sent, 0, "another node may be at it");
        assert_eq!(receiver.connections(), 0);
        idp.advance(121);
        while receiver.received().is_empty() {
            idp.sweeps().await;
        }
        idp.settles().await;
        let [delivery] = &idp.deliveries(&hook).await[..] else { unreachable!() };
        assert_eq!((receiver.received().len(), delivery.attempts), (1, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_tell_each_event_once() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        let alice = idp.person("alice").await;
        let other = idp.another().await;
        for _ in 0..63 {
            idp.end_sessions(&alice.account).await;
        }
        tokio::join!(idp.settles(), other.settles(), idp.settles(), other.settles());
        let ids: BTreeSet<_> =
            receiver.received().iter().map(|r| r.header("webhook-id").to_owned()).collect();
        assert_eq!((ids.len(), receiver.received().len()), (64, 64));
        other.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_undone_tells_nobody() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        let event = idp.operator().event(Kind::AccountCreated, Outcome::Ok);
        let undone = idp.app.services.store.write(event, |w, event| {
            Box::pin(async move {
                w.record(event).await?;
                Err::<(), _>(vouchsafe::store::Error::Conflict)
            })
        });
        assert!(undone.await.is_err());
        let refused = idp.operator().event(Kind::AccountCreated, Outcome::Refused);
        idp.operator().record(refused).await.unwrap();
        idp.settles().await;
        assert!(idp.deliveries(&hook).await.is_empty(), "nor does a refusal");
        assert_eq!(receiver.connections(), 0);
    })
    .await;
}

async fn until_switched_off(idp: &TestIdp, hook: &vouchsafe::notifications::webhook::Webhook) {
    while idp.hook_now(hook).await.state == HookState::On {
        idp.settles().await;
        idp.advance(HOUR / 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_fails_for_three_days_is_switched_off_and_told_again_when_it_is_mended() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        receiver.behave(Manners::status(500));
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        idp.person("alice").await;
        let (mark, begun) = (idp.mark().await, idp.now());
        until_switched_off(&idp, &hook).await;
        let failed_for = idp.now().since(begun);
        assert!((71 * HOUR..77 * HOUR).contains(&failed_for), "{failed_for}");
        let events = idp.events_since(mark).await;
        let told: Vec<_> = events.iter().filter(|e| e.kind == Kind::WebhookChanged).collect();
        let [event] = &told[..] else { unreachable!("{events:?}") };
        assert_eq!((event.outcome, event.reason.as_deref()), (Outcome::Failed, Some("failing")));
        assert_eq!(event.detail.as_ref().unwrap()["webhook"], hook.id.0.as_str());
        let tried = receiver.received().len();
        idp.person("bob").await;
        idp.advance(HOUR);
        idp.settles().await;
        assert_eq!(receiver.received().len(), tried, "nothing is sent to it any more");

        receiver.behave(Manners::status(200));
        let actor = idp.hooks_at(&root()).await;
        let first = idp.deliveries(&hook).await.remove(0);
        webhooks::set_on(&idp.operator(), &actor, &hook, true).await.unwrap();
        let again = webhooks::send_again(&idp.operator(), &actor, &hook, first.told.event.as_str()).await;
        assert!(matches!(again, Ok(()) | Err(Refused::Already)), "{again:?}");
        idp.settles().await;
        let [delivery] = &idp.deliveries(&hook).await[..] else { unreachable!() };
        assert!(matches!(delivery.standing, Standing::Done(_)), "{delivery:?}");
        assert_eq!(receiver.received().len(), tried + 1, "what happened while it was off is not told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_says_it_is_gone_is_switched_off_at_once() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        receiver.behave(Manners::status(410));
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        let mark = idp.mark().await;
        idp.person("alice").await;
        idp.settles().await;
        assert_eq!(idp.hook_now(&hook).await.state, HookState::Failing);
        let events = idp.events_since(mark).await;
        let event = events.iter().find(|e| e.kind == Kind::WebhookChanged).unwrap();
        assert_eq!(event.reason.as_deref(), Some("gone"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_signed_with_both_secrets_until_the_old_one_goes() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let (hook, old) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        let actor = idp.hooks_at(&root()).await;
        let cx = idp.operator();
        let last = webhooks::remove_secret(&cx, &actor, &hook, &old.id).await;
        assert!(matches!(last, Err(Refused::Bad("last_secret"))), "{last:?}");
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (cx, actor, hook) = (cx.clone(), actor.clone(), hook.clone());
            running.spawn(async move { webhooks::add_secret(&cx, &actor, &hook).await });
        }
        let mut made: Vec<_> = running.join_all().await.into_iter().filter_map(Result::ok).collect();
        assert_eq!(made.len(), 1, "two at most");
        let new = made.remove(0);
        idp.person("alice").await;
        idp.settles().await;
        webhooks::remove_secret(&cx, &actor, &hook, &old.id).await.unwrap();
        idp.person("bob").await;
        idp.settles().await;
        let received = receiver.received();
        let signed =
            |n: usize| [&old, &new].map(|secret| is_signed_with(&received[n], secret.secret.expose()));
        assert_eq!((received.len(), signed(0), signed(1)), (2, [true, true], [false, true]));
        let kept = idp.place.count("SELECT count(*) FROM webhook_secrets").await;
        assert_eq!(kept, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_registers_an_address_that_is_not_public_and_a_kept_one_is_not_called() {
    on_each_engine(async |idp| {
        let receiver = Receiver::new().await;
        let actor = idp.hooks_at(&root()).await;
        let mark = idp.mark().await;
        for host in ["127.0.0.1", "localhost", "[::ffff:10.0.0.1]", "169.254.169.254", "0x7f.1"] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{host}:{}/", receiver.port);
                let made = webhooks::create(&idp.operator(), &actor, &url, &[Topic::Account]).await;
                assert!(matches!(made, Err(Refused::Bad("not_allowed"))), "{url}");
            }
        }
        for url in ["", "hook", "ftp://hooks.example/", "https://u:p@hooks.example/"] {
            let made = webhooks::create(&idp.operator(), &actor, url, &[Topic::Account]).await;
            assert!(matches!(made, Err(Refused::Bad("url"))), "{url}");
        }
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(idp.place.count("SELECT count(*) FROM webhooks").await, 0);

        let (hook, _) = idp.hook("https://203.0.114.1/", &[Topic::Account], &root()).await;
        let row = "UPDATE webhooks SET address = NULL, url";
        idp.place.sql(&format!("{row} = '{}' WHERE id = '{}'", receiver.url(), hook.id.0)).await;
        idp.person("alice").await;
        idp.settles().await;
        let [delivery] = &idp.deliveries(&hook).await[..] else { unreachable!() };
        assert_eq!((delivery.status, delivery.failure.as_deref()), (None, Some("not_allowed")));
        assert_eq!(receiver.connections(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_forgotten_after_thirty_days_and_a_removed_hook_with_all_it_had() {
    on_each_engine_with(&NEAR, async |idp| {
        let receiver = Receiver::new().await;
        let (hook, _) = idp.hook(&receiver.url(), &[Topic::Account], &root()).await;
        idp.person("alice").await;
        idp.settles().await;
        for (days, left) in [(29, 1), (2, 0)] {
            idp.advance(days * 24 * HOUR);
            vouchsafe::flows::upkeep::sweep(&idp.operator()).await.unwrap();
            assert_eq!(idp.deliveries(&hook).await.len(), left);
        }
        receiver.behave(Manners::status(500));
        idp.person("bob").await;
        idp.settles().await;
        let actor = idp.hooks_at(&root()).await;
        webhooks::remove(&idp.operator(), &actor, &hook).await.unwrap();
        for table in ["webhooks", "webhook_secrets", "webhook_deliveries"] {
            assert_eq!(idp.place.count(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
        let gone = webhooks::remove(&idp.operator(), &actor, &hook).await;
        assert!(matches!(gone, Err(Refused::NotFound)));
        assert_eq!(webhooks::deliveries(&idp.operator(), &actor, &HookId("no".into())).await.unwrap(), []);
    })
    .await;
}
