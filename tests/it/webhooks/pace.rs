//! Each delivery at its own pace: what is slow, or cannot be read, keeps nothing from the others.

use vouchsafe::audit::Topic;
use vouchsafe::base::OrganisationId;
use vouchsafe::identity::State;
use vouchsafe::notifications::webhook::{Delivery, Standing, Webhook};
use vouchsafe::store::webhooks::due;

use super::NEAR;
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::outbound::receiver::{Manners, Receiver};
use crate::servers::soon;

fn root() -> OrganisationId {
    OrganisationId::root()
}

/// Whether a delivery is under way for the first time, and nothing was said of it.
fn hangs(delivery: &Delivery) -> bool {
    matches!(delivery.standing, Standing::Waits(_)) && delivery.attempts == 1 && delivery.failure.is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_keeps_nothing_from_the_others_nor_from_its_own_next() {
    on_each_engine_with(&NEAR, async |idp| {
        // A machine so slow that the time-out came first proves nothing, and is asked again.
        for n in 0..5 {
            if are_told_meanwhile(&idp, n).await {
                return;
            }
        }
        unreachable!("whatever is told waits for the time-out");
    })
    .await;
}

/// Whether others, and more for the same receiver, are told while one delivery to it hangs.
async fn are_told_meanwhile(idp: &TestIdp, n: usize) -> bool {
    let (slow, quick) = (Receiver::with(Manners::Hangs, None).await, Receiver::new().await);
    let (hook, _) = idp.hook(&slow.url(), &[Topic::Account], &root()).await;
    idp.hook(&quick.url(), &[Topic::App], &root()).await;
    let alice = idp.person(&format!("alice{n}")).await;
    // The node's own sweeper has it in its hand.
    soon("it is under way", async || slow.received().len() == 1).await;
    idp.rp().public().await;
    soon("the other is told", async || !quick.received().is_empty()).await;
    if !hangs(&idp.deliveries(&hook).await[0]) {
        return false;
    }
    // From now on it answers what is new; the first goes on hanging.
    slow.behave(Manners::status(204));
    for state in [State::Disabled, State::Active].iter().cycle().take(20) {
        idp.set_account(&alice.account, *state).await;
    }
    soon("all are told", async || slow.received().len() >= 21).await;
    hangs(&idp.deliveries(&hook).await[0])
}

/// A delivery of a hook that is due at a time, by hand.
async fn waits(idp: &TestIdp, hook: &Webhook, (event, kind): (&str, &str), (next, claimed): (i64, i64)) {
    let row = format!(
        "INSERT INTO webhook_deliveries (hook, event, kind, organisation, at, next_at, claimed_until)
         VALUES ('{}', '{event}', '{kind}', 'root', {next}, {next}, {claimed})",
        hook.id.0
    );
    idp.place.sql(&row).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_told_in_the_order_of_what_waits_longest() {
    on_each_engine(async |idp| {
        let url = |n: usize| format!("https://203.0.114.{n}/");
        let mut hooks = Vec::new();
        for n in 1..=3 {
            hooks.push(idp.hook(&url(n), &[Topic::Account], &root()).await.0);
        }
        hooks.sort_by(|a, b| a.id.cmp(&b.id));
        // Later than the node's own sweeper looks.
        let at = |seconds: i64| idp.now().plus(seconds).micros();
        let late = idp.now().plus(10_000);
        let order = async || {
            let due = due(&idp.app.services.store, late, 0).await.unwrap();
            due.iter().map(|hook| hooks.iter().position(|one| one.id == hook.id).unwrap()).collect::<Vec<_>>()
        };
        for (hook, next) in [(0, 3_000), (1, 2_000), (2, 1_000), (0, 1_500)] {
            waits(&idp, &hooks[hook], (&format!("e{next}"), "account.created"), (at(next), 0)).await;
        }
        assert_eq!(order().await, [2, 0, 1]);
        // What is in somebody's hand waits for nobody.
        idp.place
            .sql(&format!(
                "UPDATE webhook_deliveries SET claimed_until = {} WHERE event = 'e1500'",
                at(20_000)
            ))
            .await;
        assert_eq!(order().await, [2, 1, 0]);
        idp.place
            .sql(&format!("UPDATE webhook_deliveries SET done_at = {} WHERE event = 'e1000'", at(0)))
            .await;
        assert_eq!(order().await, [1, 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_cannot_be_read_keeps_nothing_from_the_others() {
    on_each_engine_with(&NEAR, async |idp| {
        let (one, other) = (Receiver::new().await, Receiver::new().await);
        let (odd, _) = idp.hook(&one.url(), &[Topic::Account], &root()).await;
        idp.hook(&other.url(), &[Topic::Account], &root()).await;
        // As a younger program would write it, before anything else that is due.
        let now = idp.now().micros();
        waits(&idp, &odd, ("e0", "account.transcended"), (now - 1, 0)).await;
        idp.person("alice").await;
        soon("both are told", async || one.received().len() == 1 && other.received().len() == 1).await;
        assert!(one.received()[0].body.contains("account.created"));
        let kept = "SELECT count(*) FROM webhook_deliveries WHERE event = 'e0' AND done_at IS NULL AND dead_at IS NULL";
        assert_eq!(idp.place.count(kept).await, 1, "another program may tell it");
        // Its page shows what can be read.
        let shown = idp.deliveries(&odd).await;
        assert_eq!(shown.len(), 1, "{shown:?}");
    })
    .await;
}
