//! Models of passkeys and security keys: lists in the policy, and what the FIDO metadata say of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod grants;
mod lists;
pub mod publisher;

use std::sync::Arc;

use serde_json::{Value, json};
use vouchsafe::base::{OrganisationId, Role};
use vouchsafe::duties::{Action, Reason};
use vouchsafe::flows::models::{self, Trouble};
use vouchsafe::flows::policies::{self, Approval, Refused};
use vouchsafe::flows::{accounts, admin};
use vouchsafe::policy::rules::Rules;
use vouchsafe::store::factors::{self, FactorRow};

use self::publisher::{MODEL, Publisher, entry};
use crate::actors::{Answer, Ask, Browser, Callback, Person};
use crate::authenticator::Authenticator;
use crate::idp::{TestIdp, on_each_engine};
use crate::installation::each_installation;

/// Rules with something changed.
fn patched(patch: Value) -> String {
    let mut document = serde_json::to_value(Rules::default()).unwrap();
    for (member, value) in patch.as_object().unwrap() {
        let (role, member) = member.split_once('.').unwrap();
        document[role][member] = value.clone();
    }
    document.to_string()
}

/// Puts rules in force on top of whatever is, by a second person's approval where `approval` says so.
async fn rules(idp: &TestIdp, patch: Value, approval: Approval) -> Result<i64, Refused> {
    let cx = idp.operator();
    let base = policies::history(&cx, i64::MAX, 1).await.unwrap().first().map_or(0, |version| version.number);
    let who = admin::at_host(&cx);
    let actor = admin::authorise(&cx, &who, Action::PolicyChange, &OrganisationId::root()).await.unwrap();
    let reason = Reason::parse("for a test").unwrap();
    let done = policies::change(&cx, &actor, base, &patched(patch), &reason, approval).await;
    idp.advance(1);
    done
}

async fn asks(idp: &TestIdp, patch: Value) {
    rules(idp, patch, Approval::Second).await.unwrap();
}

/// The page after the right password.
async fn half_way(browser: &Browser, ask: &Ask, person: &Person) -> Answer {
    let page = browser.open(&ask.url()).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", &person.username)]).await;
    browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await
}

async fn newcomer(idp: &TestIdp, username: &str) -> Person {
    idp.person_as(username, Role::Patient, false, json!({})).await
}

async fn keys(idp: &TestIdp, person: &Person) -> Vec<FactorRow> {
    let rows = factors::of_account(&idp.operator().store, &person.account).await.unwrap();
    rows.into_iter().filter(|row| row.kind.is_webauthn()).collect()
}

/// Tries to bind a key at a page, is refused there, and nothing is bound.
async fn is_refused(
    idp: &TestIdp,
    (browser, page, person): (&Browser, &Answer, &Person),
    key: &Authenticator,
    (reason, words): (&str, &str),
) -> Answer {
    let (mark, before) = (idp.mark().await, keys(idp, person).await.len());
    let after = browser.binds(page, key).await;
    assert!(after.has("passkey-button") && after.body.contains(words), "{words}: {}", after.body);
    let events = idp.events_since(mark).await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.kind.as_str(), event.reason.as_deref()), ("passkey.refused", Some(reason)));
    assert_eq!(event.account.as_ref(), Some(&person.account));
    assert_eq!(keys(idp, person).await.len(), before, "nothing is bound");
    after
}

/// Runs a test with metadata that say of the model what `entries` say, number 1.
async fn with_metadata(entries: &[Value], test: impl AsyncFn(TestIdp, &Publisher)) {
    let publisher = Publisher::new();
    let settings = publisher.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    each_installation(&settings, async |place| {
        publisher.publishes(1, entries);
        let idp = TestIdp::start(Arc::clone(&place)).await;
        test(idp.clone(), &publisher).await;
        idp.stop().await;
    })
    .await;
}

const UNSAFE: &str = "A fault was found in this kind of key";

#[tokio::test]
async fn a_model_that_is_reported_compromised_is_out_of_use_at_once() {
    with_metadata(&[entry(&[], "FIDO_CERTIFIED")], async |idp, publisher| {
        let rp = idp.rp().public().await;
        let (rose, key, browser) =
            (newcomer(&idp, "rose").await, Authenticator::of_model(&idp), idp.browser());
        let page = half_way(&browser, &rp.ask(), &rose).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let done = rose.answers(&browser, browser.binds(&page, &key).await).await;
        Callback::of(&done).code();
        let home = browser.open(&idp.at("/account/")).await;
        assert!(home.body.contains("Soft &#60;Token&#62; 1"), "{}", home.body);
        rp.signs_in_by(&idp.browser(), &key).await;

        publisher.publishes(2, &[entry(&[], "USER_KEY_REMOTE_COMPROMISE")]);
        models::refresh(&idp.operator()).await.unwrap();
        // The session rests on that key alone.
        let silent = browser.open(&rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).is_refused("login_required");
        let (fresh, mark) = (idp.browser(), idp.mark().await);
        let page = fresh.open(&rp.ask().url()).await;
        let page = fresh.uses(&page, &key).await;
        assert!(page.has("username") && page.body.contains(UNSAFE), "{}", page.body);
        assert!(!fresh.cookies().contains_key("vouchsafe-session"));
        let events = idp.events_since(mark).await;
        let told: Vec<_> = events.iter().map(|e| (e.kind.as_str(), e.reason.as_deref())).collect();
        assert_eq!(told, [("passkey.refused", Some("model_out_of_use"))]);
        assert_eq!(events[0].detail.as_ref().unwrap()["reported"], "USER_KEY_REMOTE_COMPROMISE");
        assert_eq!(events[0].detail.as_ref().unwrap()["aaguid"], MODEL);
        // The password alone binds no other: as after a way that was switched off, a code or somebody must help.
        let page = half_way(&idp.browser(), &rp.ask(), &rose).await;
        assert!(page.has("recovery-code") && !page.has("enrol-passkey"), "{}", page.body);

        // Nobody binds that model any more.
        let (kim, browser) = (newcomer(&idp, "kim").await, idp.browser());
        let page = half_way(&browser, &rp.ask(), &kim).await;
        for id in ["enrol-passkey", "enrol-security-key"] {
            let page = browser.submit(&page, id, &[]).await;
            let fresh = Authenticator::of_model(&idp);
            is_refused(&idp, (&browser, &page, &kim), &fresh, ("model_out_of_use", UNSAFE)).await;
        }
        let found = policies::simulate(&idp.operator(), &rose.account, None, None).await.unwrap().unwrap();
        assert_eq!(found.unfit.len(), 1);
        assert_eq!(found.unfit[0].0.as_deref(), Some("Soft <Token> 1"));
        assert_eq!(found.unfit[0].1.as_str(), "model_out_of_use");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_out_of_use_is_no_reason_to_let_the_last_way_go() {
    with_metadata(&[entry(&[], "FIDO_CERTIFIED")], async |idp, publisher| {
        let rp = idp.rp().public().await;
        let (rose, key, browser) =
            (newcomer(&idp, "rose").await, Authenticator::of_model(&idp), idp.browser());
        let page = half_way(&browser, &rp.ask(), &rose).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        Callback::of(&rose.answers(&browser, browser.binds(&page, &key).await).await).code();
        let page = browser.open(&idp.at("/account/add/passkey")).await;
        let page = rose.answers(&browser, page).await;
        browser.binds(&page, &Authenticator::new(&idp)).await;
        idp.place.sql("DELETE FROM factors WHERE kind = 'password'").await;
        let held = keys(&idp, &rose).await;
        let other = held.iter().find(|row| row.model.aaguid.is_none()).unwrap();
        assert_eq!(held.len(), 2);
        publisher.publishes(2, &[entry(&[], "REVOKED")]);
        models::refresh(&idp.operator()).await.unwrap();
        let mark = idp.mark().await;
        let refused = accounts::remove_factor(&idp.operator(), &rose.account, &other.id).await;
        assert!(matches!(refused, Err(accounts::Refused::LastFactor)), "{refused:?}");
        assert!(idp.kinds_since(mark).await.is_empty());
        assert_eq!(keys(&idp, &rose).await.len(), 2);
        publisher.publishes(3, &[]);
        models::refresh(&idp.operator()).await.unwrap();
        accounts::remove_factor(&idp.operator(), &rose.account, &other.id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_that_will_not_do_leaves_the_last_good_one_in_force() {
    with_metadata(&[entry(&[], "FIDO_CERTIFIED")], async |idp, publisher| {
        let cx = idp.operator();
        let number = || cx.models.metadata().unwrap().number;
        publisher.publishes(7, &[entry(&[], "REVOKED")]);
        models::refresh(&cx).await.unwrap();
        assert_eq!(number(), 7);
        // Looked at once more without a change, nothing happens.
        models::refresh(&cx).await.unwrap();
        publisher.publishes(6, &[]);
        let older = models::refresh(&cx).await.unwrap_err();
        assert!(matches!(older, Trouble::RolledBack { number: 6, seen: 7, .. }), "{older}");
        publisher.puts("a.b.c");
        let broken = models::refresh(&cx).await.unwrap_err();
        assert!(broken.to_string().contains("mds3.fidoalliance.org"), "{broken}");
        let strange = Publisher::new();
        strange.publishes(8, &[]);
        publisher.puts(&std::fs::read_to_string(strange.file()).unwrap());
        let another = models::refresh(&cx).await.unwrap_err();
        assert!(another.to_string().contains("webauthn.metadata_root_file"), "{another}");
        assert_eq!(number(), 7);
        assert_eq!(cx.models.metadata().unwrap().models.len(), 1);
        // A node that starts takes none of them: it would begin with less than was known.
        publisher.publishes(6, &[]);
        let app = vouchsafe::app::App::compose_beside(
            idp.place.config(),
            vouchsafe::app::open_stores(&idp.place.config()).await.unwrap(),
        );
        let app = app.unwrap();
        let refused = app.start().await.unwrap_err();
        app.close().await;
        assert!(format!("{refused:#}").contains("number 7 was read before"), "{refused:#}");
    })
    .await;
}
