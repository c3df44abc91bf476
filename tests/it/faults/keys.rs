//! Signing keys on two nodes, many at once, across a restart and with the database away: each step of a rotation is done
//! once, and a key that was thrown away is believed by nobody.

use tokio::task::JoinSet;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::{Action, Reason};
use vouchsafe::flows::admin::{self, Refused};
use vouchsafe::flows::keys;
use vouchsafe::keys::{Change, Slot};

use super::postgres_away::behind_a_proxy;
use super::two_nodes::on_two_nodes;
use crate::actors::{Tokens, header};
use crate::idp::TestIdp;
use crate::servers::{Weather, soon};

const DAY: i64 = 24 * 3600;

fn kid(tokens: &Tokens) -> String {
    header(&tokens.access())["kid"].as_str().unwrap().to_owned()
}

/// Throws a key away at the host.
async fn throws_away(idp: &TestIdp, kid: &str) -> Result<Vec<Change>, Refused> {
    let cx = idp.operator();
    let who = admin::at_host(&cx);
    let actor = admin::authorise(&cx, &who, Action::KeyRevoke, &OrganisationId::root()).await?;
    keys::revoke(&cx, &actor, kid, &Reason::parse("a backup was lost").unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_rotations_over_two_nodes_each_step_is_done_once() {
    on_two_nodes(async |one, two| {
        let all = Slot::all().count();
        // The next keys are published, sign, and the old ones go.
        for (days, done) in [
            (89, vec![("key.created", all)]),
            (2, vec![("key.retired", all), ("key.rotated", all)]),
            (2, vec![("key.removed", all)]),
        ] {
            one.advance(days * DAY);
            let mark = one.mark().await;
            let mut tasks = JoinSet::new();
            for i in 0..64 {
                let cx = if i % 2 == 0 { one.operator() } else { two.operator() };
                tasks.spawn(async move { keys::rotate_by_schedule(&cx).await.unwrap().len() });
            }
            let changes: usize = tasks.join_all().await.into_iter().sum();
            assert_eq!(changes, done.iter().map(|(_, count)| count).sum::<usize>());
            assert_eq!(one.counts_since(mark).await.into_iter().collect::<Vec<_>>(), done);
        }
        let published = one.http.get("/jwks").await.body;
        let three = one.another().await;
        for node in [&two, &three] {
            assert_eq!(node.http.get("/jwks").await.body, published, "a restart rotates nothing");
        }
        three.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_who_throw_a_key_away_one_does_and_no_node_believes_it_any_more() {
    on_two_nodes(async |one, two| {
        let rp = one.rp().basic().await;
        let before = rp.signs_in(&one.person("alice").await, &one.browser()).await;
        for node in [&one, &two] {
            assert_eq!(rp.at(node).userinfo(&before.access()).await.status, 200, "both remember it");
        }
        let mark = one.mark().await;
        let mut tasks = JoinSet::new();
        for i in 0..64 {
            let (node, kid) = (if i % 2 == 0 { one.clone() } else { two.clone() }, kid(&before));
            tasks.spawn(async move { throws_away(&node, &kid).await });
        }
        let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|lost| matches!(lost, Err(Refused::Already | Refused::NotFound))));
        let counts: Vec<_> = one.counts_since(mark).await.into_iter().collect();
        assert_eq!(counts, [("key.created", 1), ("key.revoked", 1)]);

        one.advance(1);
        let after = rp.at(&two).refresh(&before.refresh()).await.is_granted();
        assert_ne!(kid(&after), kid(&before));
        let three = one.another().await;
        for node in [&one, &two, &three] {
            let rp = rp.at(node);
            assert!(!node.http.get("/jwks").await.body.contains(&kid(&before)));
            assert_eq!(rp.userinfo(&before.access()).await.status, 401);
            assert_eq!(rp.introspect(&before.access()).await.json()["active"], false);
            assert_eq!(rp.userinfo(&after.access()).await.status, 200);
        }
        three.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_no_key_changes() {
    behind_a_proxy(async |idp, proxy| {
        let rp = idp.rp().basic().await;
        let tokens = rp.signs_in(&idp.person("alice").await, &idp.browser()).await;
        let before = idp.http.get("/jwks").await.body;
        let mark = idp.mark().await;
        proxy.turns(Weather::Refusing);
        assert!(matches!(throws_away(&idp, &kid(&tokens)).await, Err(Refused::Unavailable)));
        idp.advance(89 * DAY);
        assert!(keys::rotate_by_schedule(&idp.operator()).await.is_err());
        assert_eq!(idp.http.get("/jwks").await.status, 503, "what may be old is not told");
        proxy.turns(Weather::Fair);
        soon("the keys", async || idp.http.get("/jwks").await.status == 200).await;
        assert_eq!(idp.http.get("/jwks").await.body, before);
        assert!(!idp.kinds_since(mark).await.iter().any(|kind| kind.starts_with("key.")));
        assert_eq!(throws_away(&idp, &kid(&tokens)).await.unwrap().len(), 2);
    })
    .await;
}
