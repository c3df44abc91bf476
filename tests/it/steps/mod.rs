//! The pages of a sign-in, `/i/{interaction}/…`: a file each, and what is true of them all.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod binding;
mod cancel;
mod code;
mod consent;
mod enrol;
mod half;
mod input;
mod interaction;
mod names;
mod order;
mod pages;
mod passkey;
mod password;
mod recovery_code;
mod security_key;
mod sign_in;

use serde_json::json;
use vouchsafe::base::Role;

use crate::actors::{Answer, Ask, Browser, Person, Rp};
use crate::authenticator::Authenticator;
use crate::idp::TestIdp;

/// Somebody with a password alone.
async fn newcomer(idp: &TestIdp, username: &str) -> Person {
    idp.person_as(username, Role::Patient, false, json!({})).await
}

/// The password page of somebody who said who they are.
async fn named(browser: &Browser, ask: &Ask, username: &str) -> Answer {
    let page = browser.open(&ask.url()).await;
    browser.submit(&page, "sign-in-submit", &[("username", username)]).await
}

/// The page after the right password.
async fn half_way(browser: &Browser, ask: &Ask, person: &Person) -> Answer {
    let page = named(browser, ask, &person.username).await;
    browser.submit(&page, "sign-in-submit", &[("password", &person.password)]).await
}

/// The page after a person's first sign-in with a passkey and nothing else but the password.
async fn with_passkey(rp: &Rp, person: &Person, browser: &Browser) -> Authenticator {
    let key = Authenticator::new(rp.idp());
    let page = half_way(browser, &rp.ask(), person).await;
    let page = browser.submit(&page, "enrol-passkey", &[]).await;
    let page = browser.binds(&page, &key).await;
    assert!(page.has("recovery-codes"), "{}", page.body);
    person.answers(browser, page).await;
    key
}

/// The recovery codes a page shows.
#[track_caller]
fn codes(page: &Answer) -> Vec<String> {
    let list = page.body.split(" id=\"recovery-codes\"").nth(1).unwrap().split("</ol>").next().unwrap();
    list.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap().to_owned()).collect()
}

/// The id of the interaction a page belongs to.
#[track_caller]
fn interaction(page: &Answer) -> String {
    let path = url::Url::parse(&page.url).unwrap().path().to_owned();
    path.strip_prefix("/i/")
        .unwrap_or_else(|| panic!("no step: {path}"))
        .split('/')
        .next()
        .unwrap()
        .to_owned()
}

/// The step a page is: what follows the interaction in its address.
#[track_caller]
fn step(page: &Answer) -> String {
    let path = url::Url::parse(&page.url).unwrap().path().to_owned();
    path.splitn(4, '/').nth(3).unwrap_or_else(|| panic!("no step: {path}: {page:?}")).to_owned()
}

/// An answer without what differs from one sign-in to the next: ids, anti-forgery values, the reference, the name.
pub fn plain(answer: &Answer, name: &str) -> Vec<String> {
    let reference = answer.header("x-request-id").to_owned();
    let path = url::Url::parse(&answer.url).unwrap().path().to_owned();
    let id = path.split('/').nth(2).unwrap().to_owned();
    let csrf = answer.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let csrf = csrf.unwrap_or("no csrf").to_owned();
    let strip = |text: &str| {
        text.replace(&id, "ID").replace(&reference, "REFERENCE").replace(&csrf, "CSRF").replace(name, "NAME")
    };
    let mut out: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| strip(&format!("{name}: {}", value.to_str().unwrap())))
        .collect();
    out.sort();
    out.push(answer.status.to_string());
    out.push(strip(&answer.body));
    out
}

/// A page's anti-forgery value.
#[track_caller]
fn csrf(page: &Answer) -> String {
    let rest = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

impl TestIdp {
    /// Waits until an event of this kind stands in the trail: refusals of known people are written after the answer.
    async fn sees(&self, mark: vouchsafe::base::Timestamp, kind: &str) {
        for _ in 0..2_000 {
            if self.kinds_since(mark).await.contains(&kind) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no {kind} in {:?}", self.kinds_since(mark).await);
    }
}
