//! Language and addresses: an address counts once it is proved, and is never somebody else's.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use tokio::task::JoinSet;
use vouchsafe::flows::{accounts, notify};
use vouchsafe::identity::Profile;

use super::{at_home, half, leads, posts, refusals};
use crate::actors::{Answer, Browser, Person};
use crate::idp::{TestIdp, on_each_engine};

const NEW: &str = "rose@new.example";

async fn profile(idp: &TestIdp, person: &Person) -> Profile {
    accounts::find(&idp.operator(), person.account.as_str()).await.unwrap().unwrap().profile
}

/// Gives an address on its page.
async fn gives(idp: &TestIdp, browser: &Browser, slot: &str, address: &str) -> Answer {
    let (at, page) = leads(idp, browser, &format!("/account/addresses/{slot}")).await;
    assert_eq!(at, format!("/account/addresses/{slot}"), "{}", page.body);
    browser.submit(&page, "continue", &[("address", address)]).await
}

/// The link of the newest mail that asks for a proof.
async fn link(idp: &TestIdp) -> String {
    let mails = notify::newest(&idp.operator(), 50).await.unwrap();
    let mail = mails.into_iter().find(|(_, mail)| mail.notice.as_str() == "address_verify").unwrap();
    mail.1.link.unwrap()
}

/// To whom the newest mails of a kind went.
async fn told(idp: &TestIdp, notice: &str) -> Vec<String> {
    let mails = notify::newest(&idp.operator(), 50).await.unwrap();
    let mut to: Vec<_> =
        mails.into_iter().filter(|(_, m)| m.notice.as_str() == notice).map(|(_, m)| m.to).collect();
    to.sort();
    to
}

/// Whether a name and the right password lead to the second step.
async fn is_named_by(idp: &TestIdp, person: &Person, name: &str) -> bool {
    let browser = idp.browser();
    let page = browser.open(&idp.at("/account/")).await;
    let page = browser.submit(&page, "sign-in-submit", &[("username", name)]).await;
    browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await.has("code")
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_proved_and_the_old_one_stays_until_then() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        let mark = idp.mark().await;
        let after = gives(&idp, &browser, "primary", NEW).await;
        assert_eq!((after.status, &after.url), (200, &idp.at("/account/details?done=link-sent")));
        assert!(after.body.contains(NEW) && after.body.contains("alice@riverside.example"), "{}", after.body);
        assert_eq!(idp.kinds_since(mark).await, ["address.added"]);
        assert_eq!(told(&idp, "address_verify").await, [NEW], "the link goes to the new address alone");
        assert!(told(&idp, "address_changed").await.is_empty());
        assert_eq!(profile(&idp, &alice).await.email.as_deref(), Some("alice@riverside.example"));
        assert!(!is_named_by(&idp, &alice, NEW).await);

        let link = link(&idp).await;
        let reader = idp.browser();
        let mark = idp.mark().await;
        for _ in 0..3 {
            let page = reader.get(&link).await;
            assert!(page.status == 200 && page.has("continue") && page.body.contains("alice"), "{page:?}");
        }
        assert!(idp.kinds_since(mark).await.is_empty(), "looking spends nothing");
        let page = reader.get(&link).await;
        let done = reader.submit(&page, "continue", &[]).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert_eq!(idp.kinds_since(mark).await, ["address.verified"]);
        assert_eq!(told(&idp, "address_changed").await, ["alice@riverside.example", NEW], "old and new");
        let now = profile(&idp, &alice).await;
        assert_eq!((now.email.as_deref(), now.email_verified), (Some(NEW), true));
        assert!(is_named_by(&idp, &alice, NEW).await);
        assert!(!is_named_by(&idp, &alice, "alice@riverside.example").await);
        let again = reader.submit(&page, "continue", &[]).await;
        assert_eq!(again.status, 404);
        assert_eq!(refusals(&idp, mark).await.last().unwrap(), &("link.refused", "spent".to_owned()));
        assert_eq!(leads(&idp, &reader, "/account/").await.0, "sign-in", "the link signs nobody in");
    })
    .await;
}

#[tokio::test]
async fn a_second_address_is_told_everything_and_signs_nobody_in() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        gives(&idp, &browser, "second", NEW).await;
        let page = browser.get(&link(&idp).await).await;
        assert_eq!(browser.submit(&page, "continue", &[]).await.status, 200);
        let now = profile(&idp, &alice).await;
        assert_eq!((now.second_email.as_deref(), now.second_email_verified), (Some(NEW), true));
        assert_eq!(now.email.as_deref(), Some("alice@riverside.example"));
        assert!(!is_named_by(&idp, &alice, NEW).await);
        idp.advance(61);
        let (_, page) = leads(&idp, &browser, "/account/addresses/second/remove").await;
        let mark = idp.mark().await;
        let after = browser.submit(&page, "continue", &[]).await;
        assert_eq!(after.url, idp.at("/account/details?done=address-removed"));
        assert_eq!(idp.kinds_since(mark).await, ["address.removed"]);
        assert_eq!(told(&idp, "address_changed").await.iter().filter(|to| *to == NEW).count(), 2);
        assert_eq!(profile(&idp, &alice).await.second_email, None);
        let mark = idp.mark().await;
        assert_eq!(posts(&idp, &browser, "/account/addresses/second/remove", &[]).await.status, 404);
        assert_eq!(refusals(&idp, mark).await, [("address.removed", "unknown".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn an_address_of_somebody_else_names_nobody_new() {
    on_each_engine(async |idp| {
        let (alice, bob) = (idp.person("alice").await, idp.person("bob").await);
        let browser = at_home(&idp, &alice).await;
        gives(&idp, &browser, "primary", "BOB@riverside.example").await;
        let page = browser.get(&link(&idp).await).await;
        let mark = idp.mark().await;
        let answer = browser.submit(&page, "continue", &[]).await;
        assert_eq!(answer.status, 409, "{answer:?}");
        assert_eq!(refusals(&idp, mark).await, [("address.verified", "taken".to_owned())]);
        assert_eq!(idp.kinds_since(mark).await.len(), 1);
        assert_eq!(profile(&idp, &alice).await.email.as_deref(), Some("alice@riverside.example"));
        for (person, name) in [(&alice, "alice@riverside.example"), (&bob, "bob@riverside.example")] {
            let found = accounts::find(&idp.operator(), name).await.unwrap().unwrap();
            assert_eq!(found.id, person.account, "{name}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_pressed_many_times_at_once_proves_once() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        gives(&idp, &browser, "primary", NEW).await;
        let form = browser.get(&link(&idp).await).await.form("continue");
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for _ in 0..16 {
            let (browser, form) = (idp.browser(), form.clone());
            tries.spawn(async move { browser.post(&form.action, &form.fields).await.status });
        }
        let done = tries.join_all().await.into_iter().filter(|status| *status == 200).count();
        assert_eq!(done, 1);
        assert_eq!(idp.counts_since(mark).await["address.verified"], 1);
        assert_eq!(told(&idp, "address_changed").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_was_replaced_or_is_too_old_or_made_up_proves_nothing() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        gives(&idp, &browser, "primary", "first@new.example").await;
        let replaced = link(&idp).await;
        let soon = gives(&idp, &browser, "primary", NEW).await;
        assert!(soon.status == 400 && soon.body.contains("Wait a minute"), "{soon:?}");
        idp.advance(61);
        gives(&idp, &browser, "primary", NEW).await;
        let newest = link(&idp).await;
        assert_eq!(browser.get(&replaced).await.status, 404);
        let (forged, mark) = (idp.at("/account/address/canary"), idp.mark().await);
        let page = browser.get(&forged).await;
        assert!(page.status == 404 && !page.body.contains("canary"), "{page:?}");
        assert_eq!(idp.kinds_since(mark).await, ["link.refused"]);
        let unbound = browser.post(&newest, &[("csrf".to_owned(), "x".to_owned())]).await;
        assert_eq!(unbound.status, 403);
        idp.advance(24 * 3600);
        let mark = idp.mark().await;
        assert_eq!(browser.get(&newest).await.status, 404);
        assert_eq!(refusals(&idp, mark).await, [("link.refused", "expired".to_owned())]);
        assert_eq!(profile(&idp, &alice).await.email.as_deref(), Some("alice@riverside.example"));
    })
    .await;
}

#[tokio::test]
async fn addresses_change_behind_a_fresh_proof_alone() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        for (typed, words) in [
            ("rose", "not an email address"),
            ("a@b@c.d", "not an email address"),
            ("", "not an email address"),
            ("ALICE@riverside.example ", "already"),
        ] {
            let page = gives(&idp, &browser, "second", typed).await;
            assert!(page.status == 400 && page.body.contains(words), "{typed}: {}", page.body);
        }
        idp.advance(301);
        let thief = half(&idp, &alice).await;
        for browser in [&browser, &thief] {
            for (path, kind) in [
                ("/account/addresses/primary", "address.added"),
                ("/account/addresses/second/remove", "address.removed"),
            ] {
                let mark = idp.mark().await;
                let answer = posts(&idp, browser, path, &[("address", NEW)]).await;
                assert_eq!(answer.status, 303);
                assert!(answer.location().unwrap().contains("/i/"), "{answer:?}");
                assert_eq!(refusals(&idp, mark).await, [(kind, "not_fresh".to_owned())]);
            }
        }
        assert!(told(&idp, "address_verify").await.is_empty());
        assert_eq!(browser.get(&idp.at("/account/addresses/third")).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn the_language_is_kept_for_pages_and_messages() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let browser = at_home(&idp, &alice).await;
        let (_, page) = leads(&idp, &browser, "/account/details").await;
        let mark = idp.mark().await;
        let after = browser.submit(&page, "speak-de", &[]).await;
        assert!(after.body.contains("Ihre Sprache ist gespeichert"), "{}", after.body);
        assert_eq!(idp.kinds_since(mark).await, ["account.changed"]);
        assert_eq!(profile(&idp, &alice).await.locale.as_deref(), Some("de"));
        let other = at_home(&idp, &alice).await;
        other.set_cookie("vouchsafe-locale", None);
        assert!(leads(&idp, &other, "/account/").await.1.body.contains("<html lang=\"de\""));
        assert_eq!(posts(&idp, &browser, "/account/details/language", &[("locale", "xx")]).await.status, 400);
        assert_eq!(profile(&idp, &alice).await.locale.as_deref(), Some("de"));
    })
    .await;
}

#[tokio::test]
async fn a_page_sends_three_mails_an_hour_to_new_addresses_and_no_more() {
    on_each_engine(async |idp| {
        let (alice, browser) = (idp.person("alice").await, at_home(&idp, &idp.person("anna").await).await);
        for n in 0..3 {
            assert_eq!(gives(&idp, &browser, "second", &format!("n{n}@new.example")).await.status, 200);
            idp.advance(61);
        }
        let mark = idp.mark().await;
        let page = gives(&idp, &browser, "second", "n3@new.example").await;
        assert!(page.has("address"), "the form again: {}", page.body);
        assert_eq!(refusals(&idp, mark).await, [("address.added", "too_many_mails".to_owned())]);
        assert_eq!(told(&idp, "address_verify").await.len(), 3);
        assert_eq!(idp.place.count("SELECT COUNT(*) FROM pending_addresses").await, 1);
        // Somebody else's mails are theirs, and so are links to a new password.
        let other = at_home(&idp, &alice).await;
        assert_eq!(gives(&idp, &other, "second", "alice@new.example").await.status, 200);
        assert_eq!(told(&idp, "address_verify").await.len(), 4);
    })
    .await;
}
