//! What each link allows, asked the six questions: by another browser, by another person, with a restart in between, at several
//! nodes at once, and again.

use tokio::task::JoinSet;
use vouchsafe::notifications::Notice;

use super::pages_away::{FRESH, link, links_are_sent};
use crate::actors::{Answer, Browser, Form};
use crate::idp::{TestIdp, on_each_engine};

/// A link, how it is followed to the form that spends it, and what is done once.
struct Row {
    notice: Notice,
    /// Whether the password comes first.
    password: bool,
    done: &'static str,
    /// How many press at once: a regained account hashes ten codes for each.
    at_once: usize,
}

const ROWS: [Row; 4] = [
    Row { notice: Notice::Invitation, password: false, done: "invitation.accepted", at_once: 16 },
    Row { notice: Notice::PasswordReset, password: false, done: "password.changed", at_once: 16 },
    Row { notice: Notice::FactorReset, password: true, done: "recovery.done", at_once: 4 },
    Row { notice: Notice::RecoveryReady, password: true, done: "recovery.done", at_once: 4 },
];

/// The form that spends the link, filled in, and the page it stands on.
async fn last_form(row: &Row, browser: &Browser, link: &str, passwords: &str) -> (Answer, Form) {
    let page = browser.open(link).await;
    assert_eq!(page.status, 200, "{}: {page:?}", row.notice);
    let page = browser.submit(&page, "continue", &[]).await;
    if !row.password {
        let form = page.form("password-submit").with("password", FRESH);
        return (page, form);
    }
    let page = browser.submit(&page, "sign-in-submit", &[("password", passwords)]).await;
    let page = browser.submit(&page, "enrol-totp", &[]).await;
    let shown = page.body.split(" id=\"totp-key\"").nth(1).unwrap();
    let key = shown.split_once('>').unwrap().1.split('<').next().unwrap().to_owned();
    let form = page.form("code-submit").with("key", &key);
    (page, form)
}

/// A form whose code is made now, where it wants one.
fn fresh(idp: &TestIdp, form: &Form) -> Form {
    let Some(key) = form.field("key").map(str::to_owned) else { return form.clone() };
    let person = crate::actors::Person::new(
        idp.clone(),
        vouchsafe::base::AccountId::from_text("nobody"),
        "nobody",
        "",
        None,
    );
    person.link(&key);
    let mut form = form.clone().with("code", &person.next_code());
    form.fields.retain(|(name, _)| name != "key");
    form
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_is_one_persons_in_one_browser_once_whatever_is_restarted_between() {
    on_each_engine(async |idp| {
        let passwords = links_are_sent(&idp).await;
        let (bob, desk) = (idp.person("bob").await, idp.browser());
        let page = desk.open(&idp.at("/account/")).await;
        assert_eq!(bob.answers(&desk, page).await.status, 200);
        let mut ready = Vec::new();
        for row in &ROWS {
            let url = link(&idp, row.notice).await;
            // Another person, signed in: nothing begins.
            let page = desk.open(&url).await;
            assert_eq!(page.status, 409, "{}: {page:?}", row.notice);
            let browser = idp.browser();
            let (page, form) = last_form(row, &browser, &url, &passwords).await;
            // Another browser.
            let mark = idp.mark().await;
            let stranger = idp.browser();
            assert_eq!(stranger.get(&page.url).await.status, 400, "{}", row.notice);
            let form_now = fresh(&idp, &form);
            assert_eq!(stranger.post(&form_now.action, &form_now.fields).await.status, 400, "{}", row.notice);
            let kinds = idp.kinds_since(mark).await;
            assert!(kinds.iter().all(|kind| *kind == "interaction.refused"), "{}: {kinds:?}", row.notice);
            ready.push((row, url, browser, form));
        }
        // A restart, and two nodes after it.
        let one = idp.another().await;
        idp.stop().await;
        let two = one.another().await;
        for (row, url, browser, form) in ready {
            let mark = one.mark().await;
            let form = fresh(&one, &form);
            let mut tries = JoinSet::new();
            for n in 0..row.at_once {
                let (browser, form) = (browser.at(if n % 2 == 0 { &one } else { &two }), form.clone());
                tries.spawn(async move { browser.post(&form.action, &form.fields).await });
            }
            for answer in tries.join_all().await {
                assert!([200, 303, 400].contains(&answer.status), "{}: {answer:?}", row.notice);
            }
            let counts = one.counts_since(mark).await;
            assert_eq!(counts.get(row.done), Some(&1), "{}: {counts:?}", row.notice);
            // Again: the link, and the form behind it, in whichever browser.
            let mark = one.mark().await;
            for again in [browser.at(&two), two.browser()] {
                assert_eq!(again.get(&url).await.status, 410, "{}", row.notice);
                again.post(&form.action, &form.fields).await;
            }
            let kinds = one.kinds_since(mark).await;
            let grants = [row.done, "factor.added", "password.changed", "session.signed_in"];
            assert!(kinds.iter().all(|kind| !grants.contains(kind)), "{}: {kinds:?}", row.notice);
        }
        one.stop().await;
        two.stop().await;
    })
    .await;
}
