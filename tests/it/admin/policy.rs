//! A policy that asks less: one person asks, another puts it in force, on top of the version it was asked for.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::{Action, Duty, Reason};
use vouchsafe::flows::admin::{self, approvals};
use vouchsafe::flows::policies::{self, Approval};
use vouchsafe::policy::rules::Rules;

use super::{Admin, browser_of};
use crate::actors::Answer;
use crate::idp::{TestIdp, on_each_engine};

/// The rules with another idle limit for clinicians; 900 is the ready-made one.
fn idle(seconds: i64) -> String {
    let mut document = serde_json::to_value(Rules::default()).unwrap();
    *document.pointer_mut("/clinician/idle").unwrap() = Value::from(seconds);
    document.to_string()
}

async fn wishes(admin: &Admin, base: i64, document: &str) -> Answer {
    let base = base.to_string();
    let form = [("base", base.as_str()), ("document", document), ("reason", "longer shifts")];
    admin.posts("/admin/policies/weaken", &form).await
}

fn asked(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let to = answer.location().unwrap();
    assert!(to.ends_with("?done=asked"), "{to}");
    url::Url::parse(&to).unwrap().path().to_owned()
}

async fn decides(admin: &Admin, at: &str, decision: &str) -> Answer {
    admin.posts(&format!("{at}/decide"), &[("decision", decision)]).await
}

async fn version(idp: &TestIdp) -> i64 {
    let newest = policies::history(&idp.operator(), i64::MAX, 1).await.unwrap();
    newest.first().map_or(0, |version| version.number)
}

async fn reasons(idp: &TestIdp, mark: vouchsafe::base::Timestamp) -> Vec<(String, String)> {
    let events = idp.events_since(mark).await;
    let told = |e: &vouchsafe::audit::Event| (e.kind.to_string(), e.reason.clone().unwrap_or_default());
    events.iter().map(told).collect()
}

#[tokio::test]
async fn a_policy_that_asks_less_takes_a_second_person_who_sees_what_changes() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let rita = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        // The form that shows what would change leads to a second person.
        let form = [
            ("floor", "urn:vouchsafe:acr:aal2"),
            ("overall", "720"),
            ("idle", "60"),
            ("passkey", "yes"),
            ("security_key", "yes"),
            ("totp", "yes"),
        ];
        let page = olga.posts("/admin/policies/roles/clinician", &form).await;
        assert!(page.body.contains("action=\"/admin/policies/weaken\""), "{page:?}");
        assert!(!page.body.contains("policy-apply"), "{}", page.body);

        let mark = idp.mark().await;
        let bare = olga.posts("/admin/policies/weaken", &[("base", "0"), ("document", &idle(3600))]).await;
        assert_eq!(bare.status, 400, "no reason: {bare:?}");
        assert_eq!(wishes(&olga, 7, &idle(3600)).await.status, 409, "another version");
        assert_eq!(wishes(&olga, 0, "{}").await.status, 400, "no rules");
        assert_eq!(wishes(&rita, 0, &idle(3600)).await.status, 403, "no duty of hers");
        assert_eq!(reasons(&idp, mark).await, [("admin.refused".to_owned(), "missing_duty".to_owned())]);
        let mark = idp.mark().await;
        let at = asked(&wishes(&olga, 0, &idle(3600)).await);
        let told = idp.events_since(mark).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((told[0].kind.as_str(), told[0].account.as_ref()), ("approval.asked", None));
        assert_eq!(version(&idp).await, 0);
        assert_eq!(wishes(&stella, 0, &idle(1800)).await.status, 409, "one at a time");
        assert!(stella.get("/admin/").await.body.contains("1 waiting"));
        assert!(!olga.get("/admin/").await.body.contains("waiting"));

        for page in [stella.get(&at).await, stella.get(&format!("{at}/decide")).await] {
            for word in
                ["clinician.idle", "<del>900</del>", "<ins>3600</ins>", "longer shifts", "olga Example"]
            {
                assert!(page.body.contains(word), "{word}: {}", page.body);
            }
        }
        let mark = idp.mark().await;
        assert_eq!(decides(&olga, &at, "approve").await.status, 403);
        assert_eq!(decides(&rita, &at, "approve").await.status, 403);
        let refused = |why: &str| ("approval.refused".to_owned(), why.to_owned());
        assert_eq!(reasons(&idp, mark).await, [refused("requester"), refused("above_own_level")]);
        assert_eq!(version(&idp).await, 0);

        // It waits through a restart.
        let next = idp.another().await;
        let id = at.rsplit('/').next().unwrap();
        let mark = idp.mark().await;
        let cx = next.operator();
        let who = admin::at_browser(&cx, &browser_of(&stella)).await.unwrap();
        let (actor, seen) = approvals::see(&cx, &who, Action::ApprovalDecide, id).await.unwrap();
        let done = approvals::decide(&cx, &actor, &seen.approval, true).await.unwrap();
        assert_eq!(done, approvals::Decided::Done);
        next.stop().await;
        assert_eq!(idp.kinds_since(mark).await, ["approval.granted", "policy.changed"]);
        assert_eq!(decides(&stella, &at, "approve").await.status, 409, "decided is decided");
        let newest = policies::history(&idp.operator(), i64::MAX, 2).await.unwrap();
        assert_eq!(newest.len(), 1);
        assert_eq!((newest[0].number, newest[0].reason.as_str()), (1, "longer shifts"));
        assert_eq!(newest[0].actor, format!("account:{}", olga.person.account));
        assert!(newest[0].changes.iter().all(|change| change.weaker));
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_of_a_version_that_is_gone_is_not_put_in_force() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let at = asked(&wishes(&olga, 0, &idle(3600)).await);
        let stricter = idle(600);
        let form = [("base", "0"), ("document", stricter.as_str()), ("reason", "shared desks")];
        assert_eq!(stella.posts("/admin/policies", &form).await.status, 303);
        idp.advance(1);
        let page = stella.get(&format!("{at}/decide")).await;
        assert!(page.body.contains("It cannot be approved any more"), "{}", page.body);
        assert!(!page.body.contains("approval-approve"), "{}", page.body);
        let mark = idp.mark().await;
        let answer = decides(&stella, &at, "approve").await;
        assert!(answer.location().unwrap().ends_with("?done=stale"), "{answer:?}");
        assert_eq!(reasons(&idp, mark).await, [("approval.refused".to_owned(), "stale".to_owned())]);
        assert_eq!(version(&idp).await, 1);
        assert_eq!(decides(&stella, &at, "approve").await.status, 409);
        // Asked again, on top of what is in force, it may be.
        let at = asked(&wishes(&olga, 1, &idle(3600)).await);
        assert_eq!(decides(&stella, &at, "refuse").await.status, 303);
        assert_eq!(version(&idp).await, 1);
        asked(&wishes(&olga, 1, &idle(3600)).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_decisions_at_once_on_two_nodes_one_puts_it_in_force() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let deciders = [
            idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await,
            idp.admin("otto", &[(Duty::Owner, &root)]).await,
        ];
        let at = asked(&wishes(&olga, 0, &idle(3600)).await);
        let id = at.rsplit('/').next().unwrap().to_owned();
        let nodes = [idp.clone(), idp.another().await];
        let mut racers = JoinSet::new();
        for i in 0..64 {
            let (node, id, browser) = (nodes[i % 2].clone(), id.clone(), browser_of(&deciders[i / 2 % 2]));
            racers.spawn(async move {
                let cx = node.operator();
                let who = admin::at_browser(&cx, &browser).await.unwrap();
                let (actor, seen) = approvals::see(&cx, &who, Action::ApprovalDecide, &id).await.unwrap();
                matches!(
                    approvals::decide(&cx, &actor, &seen.approval, true).await,
                    Ok(approvals::Decided::Done)
                )
            });
        }
        let won = racers.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
        let counts = idp.counts_since(crate::stacks::NOW).await;
        assert_eq!((counts["approval.granted"], counts["policy.changed"]), (1, 1), "{counts:?}");
        assert_eq!(version(&idp).await, 1);
        nodes[1].stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_policy_is_asked_for_at_the_root_alone() {
    on_each_engine(async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let nora = idp.admin("nora", &[(Duty::Owner, &north)]).await;
        let mark = idp.mark().await;
        assert_eq!(wishes(&nora, 0, &idle(3600)).await.status, 404);
        let told = idp.events_since(mark).await;
        assert_eq!(told[0].reason.as_deref(), Some("other_organisation"), "{told:?}");
        assert_eq!(told[0].detail, Some(json!({ "action": "policy.weaken" })));
        assert_eq!(version(&idp).await, 0);
    })
    .await;
}

#[tokio::test]
async fn nobody_makes_rules_under_which_no_key_of_their_own_opens_the_console() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let cx = idp.operator();
        let who = admin::at_browser(&cx, &browser_of(&stella)).await.unwrap();
        let actor = admin::authorise(&cx, &who, Action::PolicyChange, &root).await.unwrap();
        let reason = Reason::parse("only keys of one maker").unwrap();
        let other = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
        let listing = |role: &str, allow: &[&str], deny: &[&str]| {
            let mut document = serde_json::to_value(Rules::default()).unwrap();
            document[role]["authenticators"] = json!({ "allow": allow, "deny": deny });
            document.to_string()
        };
        for (role, named) in
            [("administrator", "administrator.authenticators"), ("clinician", "webauthn.metadata_file")]
        {
            let rules = listing(role, &[other], &[]);
            let shut = policies::change(&cx, &actor, 0, &rules, &reason, Approval::None).await;
            let named_it = matches!(&shut, Err(policies::Refused::Rules(why)) if why.member == named);
            assert!(named_it, "{role}: {shut:?}");
            assert_eq!(version(&idp).await, 0);
        }
        let rules = listing("administrator", &[], &[other]);
        let open = policies::change(&cx, &actor, 0, &rules, &reason, Approval::None).await;
        assert_eq!(open.unwrap(), 1);
        assert_eq!(stella.get("/admin/").await.status, 200);
    })
    .await;
}
