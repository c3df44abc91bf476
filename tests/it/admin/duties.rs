//! Granting duties and taking them back, and the last owner who stays.

use tokio::task::JoinSet;
use vouchsafe::audit::Kind;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::{Action, Duty};
use vouchsafe::flows::admin::{Refused, duties as granting, reason_context};
use vouchsafe::flows::{accounts, admin};
use vouchsafe::identity::State;

use super::{browser_of, reason, refusal};
use crate::idp::{TestIdp, on_each_engine};

async fn held(idp: &TestIdp, account: &vouchsafe::base::AccountId) -> Vec<&'static str> {
    let grants = granting::of(&idp.operator(), account).await.unwrap();
    grants.iter().map(|grant| grant.duty.as_str()).collect()
}

#[tokio::test]
async fn an_owner_grants_a_duty_and_takes_it_back_and_the_reason_is_sealed() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let rose = idp.person("rose").await;
        let form = "/admin/organisations/root/grant";
        let fields = [("person", "rose"), ("duty", "auditor"), ("reason", "stands in for Adam")];
        let mark = idp.mark().await;
        let done = owner.posts(form, &fields).await;
        assert_eq!(done.location(), Some(idp.at("/admin/organisations/root?done=duty-granted")), "{done:?}");
        assert_eq!(held(&idp, &rose.account).await, ["auditor"]);
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1);
        let event = &events[0];
        assert_eq!((event.kind, event.account.as_ref()), (Kind::DutyGranted, Some(&rose.account)));
        assert_eq!(event.actor.to_text(), format!("account:{}", owner.person.account));
        assert!(!format!("{event:?}").contains("Adam"), "a reason may name people");
        let cx = idp.operator();
        let key = cx.vault.find(&rose.account, cx.now).await.unwrap().unwrap();
        let opened = key.open(&reason_context(event), event.sealed.as_deref().unwrap()).unwrap();
        assert_eq!(opened.expose().as_slice(), b"stands in for Adam");

        let mark = idp.mark().await;
        let again = owner.posts(form, &fields).await;
        assert_eq!(again.status, 409, "{again:?}");
        assert!(again.body.contains("It is so already"));
        assert!(idp.kinds_since(mark).await.is_empty());
        let page = owner.get("/admin/organisations/root").await;
        let grants: Vec<_> = page.body.split("href=\"/admin/grants/").skip(1).collect();
        let id = grants[0].split('/').next().unwrap();
        let done = owner.posts(&format!("/admin/grants/{id}/revoke"), &[("reason", "is back again")]).await;
        assert_eq!(done.status, 303);
        assert_eq!(idp.kinds_since(mark).await, ["duty.revoked"]);
        assert!(held(&idp, &rose.account).await.is_empty());
        let gone = owner.posts(&format!("/admin/grants/{id}/revoke"), &[("reason", "is back again")]).await;
        assert_eq!(gone.status, 404);
    })
    .await;
}

#[tokio::test]
async fn nobody_grants_above_their_level_or_to_themselves_or_alone_what_takes_two() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let officer = idp.admin("stella", &[(Duty::SecurityOfficer, &north)]).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let rose = idp.person("rose").await;
        let form = format!("/admin/organisations/{north}/grant");
        let owners = "/admin/organisations/root/grant";
        let why = ("reason", "stands in for Adam");

        // Rose belongs to the root, which the officer does not cover: as if there were no Rose.
        for person in ["rose", "nobody-at-all", ""] {
            let answer = officer.posts(&form, &[("person", person), ("duty", "auditor"), why]).await;
            assert_eq!(answer.status, 400, "{person}");
            assert!(answer.body.contains("Nobody here is known by that name"), "{person}");
        }
        for (field, text) in [("duty", "Choose a duty"), ("reason", "Write a reason")] {
            let fields = [("person", "rose"), ("duty", "auditor"), why];
            let fields: Vec<_> = fields.into_iter().filter(|(name, _)| *name != field).collect();
            let answer = owner.posts(owners, &fields).await;
            assert_eq!(answer.status, 400, "{field}");
            assert!(answer.body.contains(text) && answer.body.contains("<title>Error: "), "{field}");
            assert!(answer.body.contains("value=\"rose\""), "what was typed stays");
        }
        let mark = idp.mark().await;
        let answer = owner.posts(owners, &[("person", "rose"), ("duty", "owner"), why]).await;
        assert!(answer.location().unwrap().ends_with("?done=asked"), "{answer:?}");
        assert_eq!(idp.kinds_since(mark).await, ["approval.asked"]);
        let answer = owner.posts(owners, &[("person", "rose"), ("duty", "security_officer"), why]).await;
        assert_eq!(answer.status, 409, "one request about a person at a time");
        let answer = owner.posts(owners, &[("person", "olga"), ("duty", "auditor"), why]).await;
        assert_eq!(answer.status, 403);
        assert_eq!(refusal(&idp, mark).await.0, "oneself");

        let mark = idp.mark().await;
        let cx = idp.operator();
        let who = admin::at_browser(&cx, &browser_of(&officer)).await.unwrap();
        let actor = admin::authorise(&cx, &who, Action::DutyGrant, &north).await.unwrap();
        let refused = granting::grant(&cx, &actor, &rose.account, Duty::Owner, &reason()).await;
        assert!(matches!(refused, Err(Refused::Forbidden)), "{refused:?}");
        assert_eq!(refusal(&idp, mark).await.0, "above_own_level");
        assert!(admin::authorise(&cx, &who, Action::DutyGrant, &south).await.is_err());
        assert!(held(&idp, &rose.account).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_last_owner_is_not_suspended_demoted_or_erased() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (olga, otto) = (idp.person("olga").await, idp.person("otto").await);
        let grant = idp.grants(&olga, Duty::Owner, &root).await;
        let cx = idp.operator();
        let mark = idp.mark().await;
        let suspended = accounts::set_state(&cx, &olga.account, State::Disabled).await;
        assert!(matches!(suspended, Err(accounts::Refused::LastOwner)), "{suspended:?}");
        let erased = accounts::erase(&cx, &olga.account).await;
        assert!(matches!(erased, Err(accounts::Refused::LastOwner)), "{erased:?}");
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::DutyRevoke, &root).await.unwrap();
        let found = granting::find(&cx, &grant).await.unwrap().unwrap();
        let demoted = granting::revoke(&cx, &actor, &found, &reason()).await;
        assert!(matches!(demoted, Err(Refused::LastOwner)), "{demoted:?}");
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(held(&idp, &olga.account).await, ["owner"]);
        assert_eq!(accounts::find_by_id(&cx, &olga.account).await.unwrap().unwrap().state, State::Active);

        // A second owner who is suspended is none.
        idp.grants(&otto, Duty::Owner, &root).await;
        assert!(accounts::set_state(&idp.operator(), &otto.account, State::Disabled).await.unwrap());
        let suspended = accounts::set_state(&idp.operator(), &olga.account, State::Disabled).await;
        assert!(matches!(suspended, Err(accounts::Refused::LastOwner)), "{suspended:?}");
        assert!(accounts::set_state(&idp.operator(), &otto.account, State::Active).await.unwrap());
        assert!(accounts::set_state(&idp.operator(), &olga.account, State::Disabled).await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_owners_who_remove_each_other_at_once_on_two_nodes_one_stays() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (olga, otto) = (idp.person("olga").await, idp.person("otto").await);
        let grants =
            [idp.grants(&olga, Duty::Owner, &root).await, idp.grants(&otto, Duty::Owner, &root).await];
        let nodes = [idp.clone(), idp.another().await];
        let mut racers = JoinSet::new();
        for i in 0..64 {
            let (node, grant) = (nodes[i % 2].clone(), grants[i / 2 % 2].clone());
            let account = [&olga, &otto][i / 2 % 2].account.clone();
            racers.spawn(async move {
                let cx = node.operator();
                match i % 3 {
                    0 => accounts::set_state(&cx, &account, State::Disabled).await.is_ok_and(|done| done),
                    1 => accounts::erase(&cx, &account).await.is_ok(),
                    _ => {
                        let who = admin::at_host(&cx);
                        let root = OrganisationId::root();
                        let actor = admin::authorise(&cx, &who, Action::DutyRevoke, &root).await.unwrap();
                        match granting::find(&cx, &grant).await.unwrap() {
                            Some(found) => granting::revoke(&cx, &actor, &found, &reason()).await.is_ok(),
                            None => false,
                        }
                    }
                }
            });
        }
        racers.join_all().await;
        let left = vouchsafe::store::grants::owners(&idp.app.services.store).await.unwrap();
        assert_eq!(left, 1);
        nodes[1].stop().await;
    })
    .await;
}
