//! Signing keys on two nodes, many at once, across a restart and with the database away: each step of a rotation is done
//! once, and a key that was thrown away is believed by nobody.

use tokio::task::JoinSet;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::{Action, Duty, Reason};
use vouchsafe::flows::admin::{self, Refused};
use vouchsafe::flows::keys;
use vouchsafe::keys::{Algorithm, Change, KeyState, Slot};
use vouchsafe::store::signing_keys;

use super::is_away;
use super::postgres_away::behind_a_proxy;
use super::stores::{Asked, Rests, on_each_store};
use super::two_nodes::on_two_nodes;
use crate::actors::{Tokens, header, pairs};
use crate::idp::TestIdp;
use crate::servers::{Weather, in_five_seconds, soon};

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

/// Every key as it is kept, and what is published.
async fn standing(idp: &TestIdp) -> (Vec<(String, KeyState)>, String) {
    let kept = signing_keys::list(&idp.app.services.store).await.unwrap();
    let mut kept: Vec<_> = kept.into_iter().map(|row| (row.kid, row.state)).collect();
    kept.sort_by(|one, other| one.0.cmp(&other.0));
    (kept, idp.http.get("/jwks").await.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_the_console_throws_no_key_away_and_none_is_rotated_by_halves() {
    on_each_store(&[], async |idp, store| {
        let officer = idp.admin("olga", &[(Duty::SecurityOfficer, &OrganisationId::root())]).await;
        let rp = idp.rp().basic().await;
        let tokens = rp.signs_in(&idp.person("alice").await, &idp.browser()).await;
        let (list, kid) = (idp.at("/admin/keys"), kid(&tokens));
        let form = idp.at(&format!("/admin/keys/{kid}/revoke"));
        let sent = pairs(&[("reason", "A backup was lost"), ("csrf", &officer.csrf().await)]);
        let (before, mark) = (standing(&idp).await, idp.mark().await);
        let asks = || {
            let [lists, opens, sends] = [(); 3].map(|()| officer.browser.clone());
            let (list, opened, form, sent) = (list.clone(), form.clone(), form.clone(), sent.clone());
            vec![
                Asked::new("the keys", Rests::Session, async move { lists.get(&list).await }),
                Asked::new("the form", Rests::Session, async move { opens.get(&opened).await }),
                Asked::new("a key that is lost", Rests::Both, async move { sends.post(&form, &sent).await }),
            ]
        };
        store.away(&idp, asks).await;
        assert_eq!(standing(&idp).await, before);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        assert!(idp.kinds_since(mark).await.is_empty(), "nothing was done, and nobody did anything wrong");

        // Keys rest on the database alone: where that answers, they are replaced, and otherwise none of them is.
        let mark = idp.mark().await;
        let cx = idp.operator();
        let rotates = async || keys::rotate_now(&cx, None, Some(Algorithm::Es256)).await;
        let after = store.refuses(&idp, rotates).await;
        assert_eq!(after.is_err(), store.stops(Rests::Change), "{after:?}");
        let counts: Vec<_> = idp.counts_since(mark).await.into_iter().collect();
        match after {
            Ok(_) => assert_eq!(counts, [("key.created", 3), ("key.retired", 3)]),
            Err(_) => assert_eq!((standing(&idp).await, counts), (before, Vec::new())),
        }

        let mark = idp.mark().await;
        let done = officer.browser.post(&form, &sent).await;
        assert_eq!(done.location(), Some(idp.at("/admin/keys?done=key-revoked")), "{done:?}");
        assert_eq!(idp.counts_since(mark).await.get("key.revoked"), Some(&1));
        assert!(!idp.http.get("/jwks").await.body.contains(&kid));
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        let next = rp.refresh(&tokens.refresh()).await.is_granted();
        assert_eq!(rp.userinfo(&next.access()).await.status, 200);
    })
    .await;
}

/// The console hears nothing of what became of it: the key is as it was, or gone with everything that belongs to that.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_end_was_not_heard_of_is_whole_or_gone() {
    behind_a_proxy(async |idp, proxy| {
        let officer = idp.admin("olga", &[(Duty::SecurityOfficer, &OrganisationId::root())]).await;
        let rp = idp.rp().basic().await;
        let tokens = rp.signs_in(&idp.person("alice").await, &idp.browser()).await;
        let kid = kid(&tokens);
        let form = idp.at(&format!("/admin/keys/{kid}/revoke"));
        let sent = pairs(&[("reason", "A backup was lost"), ("csrf", &officer.csrf().await)]);
        let before = standing(&idp).await;
        let found_again = async || {
            soon("the keys", async || idp.http.get("/jwks").await.status == 200).await;
            soon("the console", async || officer.get("/admin/keys").await.status == 200).await;
        };

        let mark = idp.mark().await;
        proxy.falls_silent_after(&["DELETE FROM signing_keys"]);
        is_away("a change", &in_five_seconds("a change", officer.browser.post(&form, &sent)).await);
        proxy.turns(Weather::Fair);
        found_again().await;
        assert_eq!(standing(&idp).await, before, "nobody agreed to it");
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);

        proxy.falls_silent_after(&["DELETE FROM signing_keys", "COMMIT"]);
        is_away("its end", &in_five_seconds("its end", officer.browser.post(&form, &sent)).await);
        proxy.fair_for_new_connections();
        // As long as any outage: this node hears of it as the others do, within a second.
        idp.advance(1);
        found_again().await;
        soon("the trail", async || !idp.kinds_since(mark).await.is_empty()).await;
        let counts: Vec<_> = idp.counts_since(mark).await.into_iter().collect();
        assert_eq!(counts, [("key.created", 1), ("key.revoked", 1)], "the commit had arrived");
        let (kept, published) = standing(&idp).await;
        assert_eq!(kept.len(), before.0.len());
        assert!(kept.iter().all(|(known, _)| *known != kid) && !published.contains(&kid));
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        assert_eq!(rp.introspect(&tokens.access()).await.json()["active"], false);
        // Whoever tries again finds it done; and the one that follows signs.
        assert_eq!(officer.browser.post(&form, &sent).await.status, 404);
        let next = rp.refresh(&tokens.refresh()).await.is_granted();
        assert!(published.contains(header(&next.access())["kid"].as_str().unwrap()));
        assert_eq!(rp.userinfo(&next.access()).await.status, 200);
    })
    .await;
}
