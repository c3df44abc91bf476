//! Invitations, activation, new passwords and recovery: what links, codes and waiting lead to, and what they do not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod activation;
mod cooling_off;
mod letter;
mod meanwhile;
mod password;
mod registration;
mod reset;
mod supervised;

use serde_json::json;
use vouchsafe::base::{AccountId, ClientId, Role, Timestamp};
use vouchsafe::flows::account::ways;
use vouchsafe::flows::invitations::{self, NewInvitation};
use vouchsafe::flows::{accounts, notify};
use vouchsafe::identity::{Account, State};
use vouchsafe::notifications::{Message, Notice};

use crate::actors::{Answer, Ask, Browser, Person};
use crate::idp::{PASSWORD, TestIdp};

/// A password nobody here has yet.
const FRESH: &str = "copper window 3 harbour";

/// Somebody invited by mail, who would be led to an app.
async fn invited(idp: &TestIdp, username: &str, role: Role, app: Option<&str>) -> Account {
    let new = NewInvitation {
        username: Some(username.to_owned()),
        email: Some(format!("{username}@riverside.example")),
        claims: json!({ "name": "Rose Adams" }).as_object().unwrap().clone(),
        client: app.map(ClientId::from_text),
        ..NewInvitation::of(role)
    };
    let account = invitations::invite(&idp.operator(), new).await.unwrap();
    idp.tick();
    account
}

/// Every message written so far, newest first.
async fn mails(idp: &TestIdp) -> Vec<Message> {
    notify::newest(&idp.operator(), 200).await.unwrap().into_iter().map(|(_, message)| message).collect()
}

/// Whom the messages of a kind went to, sorted.
async fn told(idp: &TestIdp, notice: Notice) -> Vec<String> {
    let mut to: Vec<_> = mails(idp).await.into_iter().filter(|m| m.notice == notice).map(|m| m.to).collect();
    to.sort();
    to
}

/// The link of the newest message of a kind.
async fn link(idp: &TestIdp, notice: Notice) -> String {
    let all = mails(idp).await;
    let newest = all.iter().find(|m| m.notice == notice).unwrap_or_else(|| panic!("no {notice} in {all:?}"));
    newest.link.clone().unwrap()
}

/// The state of an account.
async fn state(idp: &TestIdp, id: &AccountId) -> State {
    accounts::find(&idp.operator(), id.as_str()).await.unwrap().unwrap().state
}

/// The kinds of factors an account has, sorted.
async fn bound(idp: &TestIdp, id: &AccountId) -> Vec<&'static str> {
    let mut kinds: Vec<_> =
        ways(&idp.operator(), id).await.unwrap().iter().map(|way| way.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds
}

/// The path of a page, without the interaction's id.
#[track_caller]
fn place(page: &Answer) -> String {
    let path = url::Url::parse(&page.url).unwrap().path().to_owned();
    match path.strip_prefix("/i/") {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, step)| step).to_owned(),
        None => path,
    }
}

/// Opens a link and presses its button.
async fn follows(browser: &Browser, link: &str) -> Answer {
    let page = browser.open(link).await;
    assert_eq!(page.status, 200, "{page:?}");
    browser.submit(&page, "continue", &[]).await
}

/// Types a new password where one is asked for.
async fn sets(browser: &Browser, page: &Answer, password: &str) -> Answer {
    browser.submit(page, "password-submit", &[("password", password)]).await
}

/// The page after a name was typed.
async fn named(browser: &Browser, ask: &Ask, username: &str) -> Answer {
    let page = browser.open(&ask.url()).await;
    browser.submit(&page, "sign-in-submit", &[("username", username)]).await
}

/// The page after the right password.
async fn half_way(browser: &Browser, ask: &Ask, person: &Person) -> Answer {
    let page = named(browser, ask, &person.username).await;
    browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await
}

/// Asks for a link to a new password, and waits until the trail tells of it.
async fn forgets(idp: &TestIdp, browser: &Browser, ask: &Ask, username: &str) -> Answer {
    let mark = idp.mark().await;
    let page = named(browser, ask, username).await;
    let page = browser.open(&page.url.replace("/password", "/forgot")).await;
    let page = browser.submit(&page, "send-link", &[]).await;
    idp.hears(mark, "recovery.").await;
    page
}

/// Somebody who activated an account, as the tests know people.
fn person(idp: &TestIdp, account: &Account, password: &str) -> Person {
    Person::new(idp.clone(), account.id.clone(), &account.profile.username, password, None)
}

/// Whether a browser is signed in strongly enough for its own pages.
async fn is_home(idp: &TestIdp, browser: &Browser) -> bool {
    let page = browser.open(&idp.at("/account/")).await;
    page.status == 200 && place(&page) == "/account/"
}

impl TestIdp {
    /// Waits until an event whose kind begins so stands in the trail: what is done after an answer is.
    pub async fn hears(&self, mark: Timestamp, kind: &str) {
        for _ in 0..5_000 {
            if self.kinds_since(mark).await.iter().any(|known| known.starts_with(kind)) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no {kind} in {:?}", self.kinds_since(mark).await);
    }
}

/// The password of everybody the operator creates.
fn known() -> &'static str {
    PASSWORD
}
