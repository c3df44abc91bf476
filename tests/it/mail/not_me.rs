//! “This was not me”: looking spends nothing, the button ends everything and signs nobody in.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::collections::BTreeMap;

use vouchsafe::base::Digest;
use vouchsafe::flows::notify;
use vouchsafe::identity::LinkKind;
use vouchsafe::notifications::Notice;
use vouchsafe::store::{Error, Stmt, accounts, links};

use crate::actors::{Browser, Callback, Person, Rp, Tokens};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};

/// Somebody signed in from a new place, and the link of the mail about it.
struct Told {
    rp: Rp,
    person: Person,
    /// The browser of the new place.
    browser: Browser,
    tokens: Tokens,
    link: String,
}

async fn told(idp: &TestIdp) -> Told {
    let rp = idp.rp().public().await;
    let person = idp.person("alice").await;
    // Within the first hour nobody is told of their own first device.
    idp.advance(2 * 3600);
    let browser = idp.browser();
    let tokens = rp.signs_in(&person, &browser).await;
    let link = links_of(idp, Notice::NewBrowser).await.remove(0);
    Told { rp, person, browser, tokens, link }
}

/// The links in mails of a notice, newest first.
async fn links_of(idp: &TestIdp, notice: Notice) -> Vec<String> {
    let mails = notify::newest(&idp.operator(), 100).await.unwrap();
    mails.into_iter().filter(|(_, mail)| mail.notice == notice).filter_map(|(_, mail)| mail.not_me).collect()
}

async fn count_of(idp: &TestIdp, notice: Notice) -> usize {
    let mails = notify::newest(&idp.operator(), 1000).await.unwrap();
    mails.into_iter().filter(|(_, mail)| mail.notice == notice).count()
}

impl Told {
    async fn is_signed_in(&self) -> bool {
        let silent = self.browser.open(&self.rp.ask().set("prompt", "none").url()).await;
        Callback::of(&silent).params.contains_key("code")
    }
}

#[tokio::test]
async fn looking_at_the_link_spends_nothing_whoever_looks() {
    on_each_engine(async |idp| {
        let told = told(&idp).await;
        assert!(told.link.starts_with(&format!("{}/not-me/", idp.issuer)), "{}", told.link);
        let mark = idp.mark().await;
        for method in ["GET", "HEAD", "GET"] {
            // A mail scanner keeps no cookies and follows every link.
            for _ in 0..10 {
                let scanner = idp.browser();
                let page = scanner.send(method, &told.link, &[], String::new()).await;
                assert_eq!(page.status, 200, "{page:?}");
                assert!(method == "HEAD" || page.has("not-me-confirm"));
            }
        }
        assert_eq!(idp.kinds_since(mark).await, [""; 0]);
        assert!(told.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn the_button_ends_everything_in_any_browser_and_signs_nobody_in() {
    on_each_engine(async |idp| {
        let told = told(&idp).await;
        // A sign-in that waits for its second factor, and a link that was asked for.
        let half = idp.browser();
        let page = half.open(&told.rp.ask().url()).await;
        let page = half.submit(&page, "sign-in-submit", &[("username", "alice")]).await;
        let page = half.submit(&page, "sign-in-submit", &[("password", &told.person.password)]).await;
        assert!(page.has("code"), "{}", page.body);
        let reset = keep_link(&idp, &told.person, LinkKind::PasswordReset).await;
        idp.tick();
        let mark = idp.mark().await;

        // Another browser, which forgets its cookies between the page and the button.
        let (opens, presses) = (idp.browser(), idp.browser());
        let question = opens.get(&told.link).await;
        let form = question.form("not-me-confirm");
        let done = presses.post(&form.action, &form.fields).await;
        assert_eq!(done.status, 200, "{done:?}");
        assert!(done.body.contains("You are signed out everywhere"), "{}", done.body);
        assert_eq!(idp.kinds_since(mark).await, ["account.repudiated"]);
        idp.advance(1);

        assert!(!presses.cookies().contains_key("vouchsafe-session"), "nobody is signed in by it");
        assert_eq!(presses.get(&idp.at("/account/")).await.status, 303);
        assert!(!told.is_signed_in().await);
        told.rp.refresh(&told.tokens.refresh()).await.is_refused("invalid_grant");
        assert_eq!(told.rp.userinfo(&told.tokens.access()).await.status, 401);
        let late = half.submit(&page, "code-submit", &[("code", &told.person.next_code())]).await;
        assert!(late.location().is_none_or(|to| !to.contains("code=")), "{late:?}");
        assert!(!late.has("consent-allow"), "{}", late.body);
        let store = &idp.app.services.store;
        let found = links::find(store, reset, LinkKind::PasswordReset, idp.now()).await.unwrap().unwrap();
        assert_eq!(found.standing, vouchsafe::identity::LinkStanding::Revoked);

        // Every address is told; the person gets in again, and that is told too: no browser is known any more.
        assert_eq!(count_of(&idp, Notice::Repudiated).await, 1);
        let before = count_of(&idp, Notice::NewBrowser).await;
        told.rp.signs_in(&told.person, &told.browser).await;
        assert_eq!(count_of(&idp, Notice::NewBrowser).await, before + 1);
    })
    .await;
}

async fn keep_link(idp: &TestIdp, person: &Person, kind: LinkKind) -> Digest {
    let digest = Digest::of("a link that was asked for");
    let kept: Result<(), Error> = idp
        .app
        .services
        .store
        .write((digest, kind, person.account.clone(), idp.now()), |w, (digest, kind, account, now)| {
            Box::pin(links::insert(w, *digest, *kind, account, None, *now))
        })
        .await;
    kept.unwrap();
    digest
}

#[tokio::test]
async fn a_link_used_twice_says_so_kindly_and_does_nothing_more() {
    on_each_engine(async |idp| {
        let told = told(&idp).await;
        let browser = idp.browser();
        let question = browser.get(&told.link).await;
        browser.submit(&question, "not-me-confirm", &[]).await;
        idp.advance(1);
        told.rp.signs_in(&told.person, &told.browser).await;
        let mark = idp.mark().await;
        let again = browser.get(&told.link).await;
        assert_eq!(again.status, 200);
        assert!(again.body.contains("You pressed the button before") && !again.has("not-me-confirm"));
        let again = browser.submit(&question, "not-me-confirm", &[]).await;
        assert_eq!((again.status, again.body.contains("You pressed the button before")), (200, true));
        assert_eq!(idp.kinds_since(mark).await, ["link.refused", "link.refused"]);
        assert!(told.is_signed_in().await, "who signed in since stays signed in");
        assert_eq!(count_of(&idp, Notice::Repudiated).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_one_ends_everything_and_tells() {
    on_each_engine(async |idp| {
        let told = told(&idp).await;
        let form = idp.browser().get(&told.link).await.form("not-me-confirm");
        let mark = idp.mark().await;
        let tasks: Vec<_> = (0..64)
            .map(|_| (idp.browser(), form.action.clone(), form.fields.clone()))
            .map(|(browser, action, fields)| {
                tokio::spawn(async move { browser.post(&action, &fields).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().status, 200);
        }
        assert_eq!(idp.counts_since(mark).await["account.repudiated"], 1);
        assert_eq!(count_of(&idp, Notice::Repudiated).await, 1);
        idp.advance(1);
        assert!(!told.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_too_old_garbled_or_of_another_kind_ends_nothing() {
    on_each_engine(async |idp| {
        let told = told(&idp).await;
        let form = idp.browser().get(&told.link).await.form("not-me-confirm");
        let mark = idp.mark().await;
        let mut tried = BTreeMap::new();
        let half = &told.link[..told.link.len() - 4];
        for link in
            [half, &idp.at("/not-me/x"), &idp.at("/not-me/..%2Faccount"), &idp.at("/not-me/%01%0d%0a")]
        {
            let page = idp.browser().get(link).await;
            tried.insert(link.to_owned(), page.status);
            assert!(!page.has("not-me-confirm"), "{page:?}");
            let posted = idp.browser().post(link, &form.fields).await;
            assert_eq!(posted.status, 403, "the form was of another link: {posted:?}");
        }
        assert!(tried.values().all(|status| *status == 404), "{tried:?}");
        assert!(told.is_signed_in().await);
        idp.advance(30 * 24 * 3600 + 1);
        let page = idp.browser().get(&told.link).await;
        assert_eq!((page.status, page.has("not-me-confirm")), (404, false));
        let posted = idp.browser().post(&form.action, &form.fields).await;
        assert_eq!(posted.status, 404, "{posted:?}");
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.contains(&"link.refused") && !kinds.contains(&"account.repudiated"), "{kinds:?}");
    })
    .await;
}

#[tokio::test]
async fn a_post_that_did_not_come_from_the_page_ends_nothing() {
    on_each_engine(async |idp| {
        let told = told(&idp).await;
        let form = idp.browser().get(&told.link).await.form("not-me-confirm");
        let mark = idp.mark().await;
        let posted = idp.browser().post(&told.link, &[]).await;
        assert_eq!(posted.status, 403);
        let elsewhere =
            [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
        let body = crate::actors::encoded(&form.fields);
        let posted = idp.browser().send("POST", &told.link, &elsewhere, body).await;
        assert_eq!(posted.status, 403);
        assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
        assert!(told.is_signed_in().await);
    })
    .await;
}

#[tokio::test]
async fn looks_and_buttons_are_counted_per_network() {
    let settings = [
        ("VOUCHSAFE__LIMITS__NETWORK_BEGINNINGS", "100"),
        ("VOUCHSAFE__SERVER__TRUSTED_PROXIES", "127.0.0.1"),
    ];
    on_each_engine_with(&settings, async |idp| {
        let told = told(&idp).await;
        let form = idp.browser().get(&told.link).await.form("not-me-confirm");
        let stranger = idp.browser().from_network("203.0.113.9");
        for _ in 0..100 {
            assert_eq!(stranger.get(&idp.at("/not-me/x")).await.status, 404);
        }
        let mark = idp.mark().await;
        assert_eq!(stranger.get(&told.link).await.status, 429);
        assert_eq!(stranger.post(&form.action, &form.fields).await.status, 429);
        assert_eq!(idp.kinds_since(mark).await, ["network.throttled"]);
        assert!(told.is_signed_in().await);
        let elsewhere = idp.browser().from_network("198.51.100.4");
        assert_eq!(elsewhere.post(&form.action, &form.fields).await.status, 200);
    })
    .await;
}

/// Gives a person a second address, as the account page does.
async fn second_address(idp: &TestIdp, person: &Person) {
    let services = &idp.app.services;
    let key = services.vault.key(&person.account, idp.now()).await.unwrap();
    let mut account =
        accounts::find(&services.store, &person.account).await.unwrap().unwrap().open(&key).unwrap();
    account.profile.second_email = Some("alice@home.example".to_owned());
    let sealed = accounts::sealed_profile(&account, &key).unwrap();
    let update = Stmt::new("UPDATE accounts SET sealed = $2 WHERE id = $1");
    let update = update.bind(person.account.as_str()).bind(sealed);
    services.store.write(update, |w, update| Box::pin(update.clone().execute(w))).await.unwrap();
}

#[tokio::test]
async fn every_mail_of_an_event_has_the_same_link_and_asking_mails_have_none() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        second_address(&idp, &alice).await;
        let cx = idp.operator();
        for notice in [Notice::PasswordChanged, Notice::PasswordReset] {
            let prepared = notify::prepare(&cx, &alice.account, notice, None).await.unwrap();
            assert_eq!(prepared.len(), 2, "both addresses");
            cx.store.write(prepared, |w, prepared| Box::pin(notify::write(w, prepared))).await.unwrap();
        }
        let links = links_of(&idp, Notice::PasswordChanged).await;
        assert_eq!((links.len(), &links[0]), (2, &links[1]));
        assert!(links_of(&idp, Notice::PasswordReset).await.is_empty());
        let kept = idp.place.count("SELECT count(*) FROM links WHERE kind = 'not_me'").await;
        assert_eq!(kept, 1);
    })
    .await;
}
