//! The policy as data: what one version asks is asked at once, everywhere, and nothing slips below it.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use serde_json::{Value, json};
use vouchsafe::base::{ClientId, OrganisationId, Role};
use vouchsafe::duties::{Action, Reason};
use vouchsafe::factors::FactorKind;
use vouchsafe::flows::Cx;
use vouchsafe::flows::admin::{self, AdminActor};
use vouchsafe::flows::policies::{self, Approval, Refused};
use vouchsafe::policy::Need;
use vouchsafe::policy::rules::{Preset, Rules};
use vouchsafe::store::{Error, Stmt};

use crate::actors::Callback;
use crate::idp::{TestIdp, on_each_engine};

fn patched(patch: Value) -> String {
    let mut document = serde_json::to_value(Rules::default()).unwrap();
    for (pointer, value) in patch.as_object().unwrap() {
        *document.pointer_mut(pointer).unwrap() = value.clone();
    }
    document.to_string()
}

/// Somebody at the host, who may change the policy.
async fn actor(cx: &Cx) -> AdminActor {
    let who = admin::at_host(cx);
    admin::authorise(cx, &who, Action::PolicyChange, &OrganisationId::root()).await.unwrap()
}

async fn change(cx: &Cx, base: i64, document: &str, why: &str, approval: Approval) -> Result<i64, Refused> {
    let reason = Reason::parse(why).unwrap();
    policies::change(cx, &actor(cx).await, base, document, &reason, approval).await
}

/// Puts a document in force, with a second person's approval, and waits until every node must have seen it.
pub async fn ask(idp: &TestIdp, patch: Value) {
    let cx = idp.operator();
    let base = policies::history(&cx, i64::MAX, 1).await.unwrap().first().map_or(0, |version| version.number);
    change(&cx, base, &patched(patch), "for a test", Approval::Second).await.unwrap();
    idp.advance(1);
}

#[tokio::test]
async fn a_kind_of_factor_that_no_longer_counts_leads_into_one_that_does() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        rp.signs_in(&alice, &idp.browser()).await;
        let browser = idp.browser();
        rp.signs_in(&alice, &browser).await;
        ask(&idp, json!({"/patient/second_factors": ["passkey", "security_key"]})).await;
        // A session that rests on the code alone does not answer any more.
        let silent = rp.ask().set("prompt", "none");
        Callback::of(&browser.open(&silent.url()).await).is_refused("interaction_required");
        let fresh = idp.browser();
        let mut page = fresh.open(&rp.ask().url()).await;
        while !page.has("enrol-passkey") {
            page = alice.answer(&fresh, &page).await.expect("a page on the way to the set-up");
        }
        assert!(page.has("enrol-security-key") && !page.has("enrol-totp"), "{}", page.body);
        // What is not offered cannot be had by its address.
        let id = page.url.split("/i/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let form = page.form("enrol-passkey");
        let by_hand = fresh.post(&idp.at(&format!("/i/{id}/enrol/totp")), &form.fields).await;
        let back = fresh.follow(by_hand).await;
        assert!(back.has("enrol-passkey") && !back.has("totp-key"), "{}", back.body);
    })
    .await;
}

#[tokio::test]
async fn shorter_limits_hold_for_sessions_that_are_open() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        rp.signs_in(&alice, &browser).await;
        idp.advance(120);
        let silent = rp.ask().set("prompt", "none");
        Callback::of(&browser.open(&silent.url()).await).code();
        ask(&idp, json!({"/patient/idle": 60})).await;
        idp.advance(61);
        Callback::of(&browser.open(&silent.url()).await).is_refused("login_required");
        let page = browser.open(&rp.ask().url()).await;
        assert!(page.has("password"), "idle asks for the password: {}", page.body);
        ask(&idp, json!({"/patient/overall": 900, "/patient/idle": 900})).await;
        idp.advance(900);
        let page = browser.open(&idp.at("/account/")).await;
        assert!(page.has("username"), "over is over: {}", page.body);
    })
    .await;
}

#[tokio::test]
async fn an_app_with_a_rule_of_its_own_asks_again_and_others_do_not() {
    on_each_engine(async |idp| {
        let (prescribe, records) = (idp.rp().public().await, idp.rp().public().await);
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        prescribe.signs_in(&alice, &browser).await;
        records.signs_in(&alice, &browser).await;
        let rule = json!([{ "app": prescribe.id, "role": "patient", "max_age": 300 }]);
        ask(&idp, json!({"/apps": rule})).await;
        idp.advance(301);
        let silent = |rp: &crate::actors::Rp| rp.ask().set("prompt", "none").url();
        Callback::of(&browser.open(&silent(&prescribe)).await).is_refused("login_required");
        Callback::of(&browser.open(&silent(&records)).await).code();
        // A longer age of the request's own does not help.
        let longer = prescribe.ask().set("prompt", "none").set("max_age", "3600").url();
        Callback::of(&browser.open(&longer).await).is_refused("login_required");
    })
    .await;
}

#[tokio::test]
async fn what_asks_less_needs_a_second_person_and_every_change_a_reason() {
    on_each_engine(async |idp| {
        let mark = idp.mark().await;
        let cx = idp.operator();
        let weaker = patched(json!({"/clinician/idle": 3600}));
        let refused = change(&cx, 0, &weaker, "longer shifts", Approval::None).await;
        assert!(matches!(&refused, Err(Refused::Weaker(changes)) if changes.len() == 1), "{refused:?}");
        let stronger = patched(json!({"/clinician/idle": 600}));
        let same = change(&cx, 0, &patched(json!({})), "nothing", Approval::Second).await;
        assert!(matches!(same, Err(Refused::Unchanged)), "{same:?}");
        let refused = idp.events_since(mark).await;
        let told: Vec<_> = refused.iter().map(|e| (e.kind.as_str(), e.reason.as_deref())).collect();
        assert_eq!(told, [("policy.changed", Some("weaker"))]);
        assert_eq!(change(&cx, 0, &stronger, "shared desks", Approval::None).await.unwrap(), 1);
        let stale = change(&cx, 0, &weaker, "longer shifts", Approval::Second).await;
        assert!(matches!(stale, Err(Refused::Stale(1))), "{stale:?}");
        let before = policies::again(&cx, 0).await.unwrap().unwrap();
        // Going back is a change like any other: it asks less, so somebody must agree.
        let back = change(&cx, 1, &before, "as before", Approval::None).await;
        assert!(matches!(back, Err(Refused::Weaker(_))), "{back:?}");
        assert_eq!(change(&cx, 1, &before, "as before", Approval::Second).await.unwrap(), 2);
        let history = policies::history(&cx, i64::MAX, 10).await.unwrap();
        let told: Vec<_> = history.iter().map(|v| (v.number, v.reason.as_str(), v.changes.len())).collect();
        assert_eq!(told, [(2, "as before", 1), (1, "shared desks", 1)]);
        assert_eq!(policies::version(&cx, 2).await.unwrap(), Some(Rules::default()));
        assert_eq!(policies::version(&cx, 3).await.unwrap(), None);
        let done = idp.events_since(mark).await;
        assert_eq!(done.iter().filter(|e| e.reason.is_none()).count(), 2);
        assert_eq!(done.len(), 4, "{done:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_changes_at_once_one_becomes_the_next_version() {
    on_each_engine(async |idp| {
        let tasks: Vec<_> = (0..64)
            .map(|i| {
                let cx = idp.operator();
                let document = patched(json!({"/clinician/idle": 300 + i}));
                tokio::spawn(async move { change(&cx, 0, &document, "a race", Approval::Second).await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(version) => {
                    assert_eq!(version, 1);
                    won += 1;
                }
                Err(Refused::Stale(1)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(won, 1);
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_grants_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        rp.signs_in(&alice, &browser).await;
        let broken = Stmt::new(
            "INSERT INTO policies (version, document, actor, reason, created_at) VALUES (1, $1, 'x', 'x', 0)",
        )
        .bind("{\"patient\":{}}");
        let written: Result<_, Error> =
            idp.operator().store.write(broken, |w, s| Box::pin(s.clone().execute(w))).await;
        written.unwrap();
        idp.advance(1);
        let silent = rp.ask().set("prompt", "none");
        let answer = browser.open(&silent.url()).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        let page = idp.browser().open(&rp.ask().url()).await;
        assert_eq!(page.status, 503, "{page:?}");
    })
    .await;
}

#[tokio::test]
async fn a_simulation_says_what_would_be_asked_and_changes_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let okafor = idp.person_as("okafor", Role::Clinician, true, json!({})).await;
        let app = ClientId::from_text(rp.id.clone());
        let cx = idp.operator();
        let mark = idp.mark().await;
        let now = policies::simulate(&cx, &okafor.account, Some(&app), None).await.unwrap().unwrap();
        assert_eq!(now.first, Need::Prove(vec![FactorKind::Password]));
        assert!(matches!(now.then, Need::Met(_)), "{now:?}");
        let mut rules = Rules::default();
        rules.apps.push(Preset::Prescribers.app_rule(app.clone(), Some(Role::Clinician)));
        let then = policies::simulate(&cx, &okafor.account, Some(&app), Some(&rules)).await.unwrap().unwrap();
        assert_eq!(then.rule.max_age, Some(300));
        assert_eq!(then.then, Need::Enrol(vec![FactorKind::Passkey, FactorKind::SecurityKey]));
        let stranger = vouchsafe::base::AccountId::from_text("nobody");
        assert!(policies::simulate(&cx, &stranger, Some(&app), None).await.unwrap().is_none());
        let unknown = ClientId::from_text("no app");
        assert!(policies::simulate(&cx, &okafor.account, Some(&unknown), None).await.unwrap().is_none());
        assert!(idp.kinds_since(mark).await.is_empty());
        assert!(policies::version(&cx, 1).await.unwrap().is_none());
    })
    .await;
}
