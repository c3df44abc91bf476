//! A store is away while people follow links, look after their account or help others: every page says so with words and a
//! code, nothing is granted, nothing is spent, and all of it works when the store is back.

use serde_json::json;
use vouchsafe::base::{OrganisationId, Role};
use vouchsafe::duties::Duty;
use vouchsafe::factors::FactorKind;
use vouchsafe::flows::invitations::{self, NewInvitation};
use vouchsafe::flows::reset::{Handover, reset_factors};
use vouchsafe::flows::{notify, upkeep};
use vouchsafe::notifications::Notice;

use super::{is_away, postgres_away, redis_away};
use crate::actors::{Answer, Browser, Form};
use crate::admin::Admin;
use crate::idp::TestIdp;
use crate::servers::{Proxy, Weather, in_five_seconds, soon};

/// Something somebody does: at a browser, a page or a form.
#[derive(Clone)]
struct Deed {
    name: String,
    browser: Browser,
    url: String,
    form: Option<Form>,
}

impl Deed {
    fn page(browser: &Browser, name: &str, url: &str) -> Self {
        Self { name: name.to_owned(), browser: browser.clone(), url: url.to_owned(), form: None }
    }

    fn form(browser: &Browser, name: &str, form: Form) -> Self {
        let url = form.action.clone();
        Self { name: name.to_owned(), browser: browser.clone(), url, form: Some(form) }
    }

    async fn done(&self) -> Answer {
        match &self.form {
            Some(form) => self.browser.post(&self.url, &form.fields).await,
            None => self.browser.get(&self.url).await,
        }
    }
}

/// The link of the newest mail of a kind.
pub(super) async fn link(idp: &TestIdp, notice: Notice) -> String {
    let mails = notify::newest(&idp.operator(), 200).await.unwrap();
    let mail = mails.into_iter().map(|(_, mail)| mail).find(|mail| mail.notice == notice);
    mail.unwrap_or_else(|| panic!("no {notice}")).link.unwrap()
}

/// The page of somebody half signed in, one step beside it.
async fn beside(
    idp: &TestIdp,
    browser: &Browser,
    username: &str,
    password: Option<&str>,
    step: &str,
) -> Answer {
    let rp = idp.rp().public().await;
    let page = browser.open(&rp.ask().url()).await;
    let mut page = browser.submit(&page, "sign-in-submit", &[("username", username)]).await;
    if let Some(password) = password {
        page = browser.submit(&page, "sign-in-submit", &[("password", password)]).await;
    }
    browser.open(&format!("{}/{step}", page.url.rsplit_once('/').unwrap().0)).await
}

/// The password of nobody yet.
pub(super) const FRESH: &str = "copper window 3 harbour";

/// Sends a link of every kind: an invitation, a new password, a reset, a recovery that waited; says the password of those who
/// have one.
pub(super) async fn links_are_sent(idp: &TestIdp) -> String {
    // A day passes for whoever waits, so this comes first.
    let (waits, browser) = (idp.person("wanda").await, idp.browser());
    let page = beside(idp, &browser, "wanda", Some(&waits.password), "recover").await;
    browser.submit(&page, "wait", &[]).await;
    idp.advance(24 * 3600);
    upkeep::sweep(&idp.operator()).await.unwrap();
    let new = NewInvitation {
        username: Some("ida".to_owned()),
        email: Some("ida@riverside.example".to_owned()),
        ..NewInvitation::of(Role::Patient)
    };
    invitations::invite(&idp.operator(), new).await.unwrap();
    let lost = idp.person("lora").await;
    let kinds = &[FactorKind::Totp];
    reset_factors(&idp.operator(), &lost.account, kinds, Handover::Mail, json!({})).await.unwrap();
    idp.person("fred").await;
    let forgetful = idp.browser();
    let page = beside(idp, &forgetful, "fred", None, "forgot").await;
    forgetful.submit(&page, "send-link", &[]).await;
    soon("a mail", async || {
        notify::newest(&idp.operator(), 200)
            .await
            .unwrap()
            .iter()
            .any(|(_, m)| m.notice == Notice::PasswordReset)
    })
    .await;
    lost.password
}

/// Links of every kind, in browsers that looked at them: the look, and the button.
async fn links(idp: &TestIdp) -> Vec<Deed> {
    links_are_sent(idp).await;
    let mut deeds = Vec::new();
    for (name, notice) in [
        ("/activate", Notice::Invitation),
        ("/reset", Notice::PasswordReset),
        ("/regain", Notice::FactorReset),
        ("/recover", Notice::RecoveryReady),
        ("/recover/cancel", Notice::RecoveryStarted),
    ] {
        let (browser, link) = (idp.browser(), link(idp, notice).await);
        let page = browser.open(&link).await;
        assert_eq!(page.status, 200, "{name}: {page:?}");
        deeds.push(Deed::page(&browser, name, &link));
        deeds.push(Deed::form(&browser, name, page.form("continue")));
    }
    let browser = idp.browser();
    let page = browser.open(&idp.at("/activate")).await;
    let form = page.form("letter-submit").with("username", "ida").with("letter_code", "0000-0000");
    deeds.push(Deed::form(&browser, "a code on paper", form));
    // Last, because the link it sends takes the place of the one above.
    let forgetful = idp.browser();
    let page = beside(idp, &forgetful, "fred", None, "forgot").await;
    deeds.push(Deed::form(&forgetful, "/forgot", page.form("send-link")));
    deeds
}

/// What a person sees and does at their own pages.
async fn account(idp: &TestIdp) -> Vec<Deed> {
    let (alice, browser) = (idp.person("alice").await, idp.browser());
    let page = browser.open(&idp.at("/account/")).await;
    let home = alice.answers(&browser, page).await;
    assert_eq!(home.status, 200);
    let mut deeds = Vec::new();
    for path in [
        "",
        "devices",
        "apps",
        "activity",
        "details",
        "addresses/primary",
        "addresses/second",
        "privacy",
        "privacy/copy",
        "privacy/close",
        "add/passkey",
        "password",
    ] {
        let path = format!("/account/{path}");
        deeds.push(Deed::page(&browser, &path, &idp.at(&path)));
    }
    deeds.push(Deed::page(&browser, "/ready", &idp.at("/ready")));
    let second = browser.open(&idp.at("/account/addresses/second")).await;
    let form = second.form("continue").with("address", "alice@elsewhere.example");
    deeds.push(Deed::form(&browser, "an address", form));
    let activity = browser.open(&idp.at("/account/activity")).await;
    deeds.push(Deed::form(&browser, "not me", activity.form("not-me")));
    let close = browser.open(&idp.at("/account/privacy/close")).await;
    deeds.push(Deed::form(&browser, "a closing", close.form("continue")));
    let password = browser.open(&idp.at("/account/password")).await;
    let form = password.form("password-submit").with("password", FRESH);
    deeds.push(Deed::form(&browser, "a new password", form));
    deeds
}

/// What an administrator sees and does.
async fn console(idp: &TestIdp) -> (Admin, Vec<Deed>) {
    let olga = idp.admin("olga", &[(Duty::Owner, &OrganisationId::root())]).await;
    let patient = idp.person("paul").await;
    let rp = idp.rp().basic().await;
    let (person, app) = (format!("people/{}", patient.account), format!("apps/{}", rp.id));
    let mut deeds = Vec::new();
    for path in [
        "",
        "people",
        "people?q=paul",
        "approvals",
        "organisations",
        "organisations/root",
        "policies",
        "apps",
        &person,
        &format!("{person}/suspend"),
        &format!("{person}/reset"),
        &app,
        &format!("{app}/code"),
        &format!("{app}/watch"),
        &format!("{app}/try"),
        &format!("{app}/state"),
    ] {
        let path = format!("/admin/{path}");
        deeds.push(Deed::page(&olga.browser, &path, &idp.at(&path)));
    }
    let forms = [
        (format!("{person}/suspend"), vec![("reason", "as the tests want it")]),
        (format!("{person}/end-sessions"), Vec::new()),
        (format!("{app}/state"), vec![("state", "disabled")]),
        ("organisations".to_owned(), vec![("name", "North"), ("parent", "root")]),
    ];
    for (path, fields) in forms {
        let action = idp.at(&format!("/admin/{path}"));
        let mut form = Form { action, fields: crate::actors::pairs(&fields) };
        form = form.with("csrf", &olga.csrf().await);
        deeds.push(Deed::form(&olga.browser, &path, form));
    }
    (olga, deeds)
}

/// What must be as it was: rows that any of the deeds would change.
async fn facts(idp: &TestIdp) -> Vec<i64> {
    let mut facts = Vec::new();
    for query in [
        "SELECT COUNT(*) FROM accounts WHERE state = 'active'",
        "SELECT COUNT(*) FROM factors",
        "SELECT COUNT(*) FROM links WHERE spent_at IS NOT NULL OR revoked_at IS NOT NULL",
        "SELECT COUNT(*) FROM recoveries WHERE ended_at IS NULL",
        "SELECT COUNT(*) FROM pending_addresses",
        "SELECT COUNT(*) FROM closings",
        "SELECT COUNT(*) FROM organisations",
        "SELECT COUNT(*) FROM ended_sessions",
        "SELECT COUNT(*) FROM clients WHERE state = 'enabled'",
        "SELECT COUNT(*) FROM outbox",
    ] {
        facts.push(idp.place.count(query).await);
    }
    facts
}

async fn nobody_gets_anything_and_nothing_is_lost(idp: TestIdp, proxy: &Proxy) {
    let mut deeds = links(&idp).await;
    deeds.extend(account(&idp).await);
    let (olga, more) = console(&idp).await;
    deeds.extend(more);
    let (before, mark) = (facts(&idp).await, idp.mark().await);
    for weather in [Weather::Refusing, Weather::Silent] {
        proxy.turns(weather);
        // Nothing that is remembered for a second counts any more.
        idp.advance(2);
        for some in deeds.chunks(8) {
            let mut running = tokio::task::JoinSet::new();
            for deed in some.iter().cloned() {
                running.spawn(async move { (in_five_seconds(&deed.name, deed.done()).await, deed.name) });
            }
            for (answer, name) in running.join_all().await {
                is_away(&format!("{name} ({weather:?})"), &answer);
                assert!(answer.header("content-type").starts_with("text/html"), "{name}");
            }
        }
        proxy.turns(Weather::Fair);
        soon("a page", async || olga.get("/admin/").await.status == 200).await;
    }
    assert_eq!(facts(&idp).await, before);
    let kinds = idp.kinds_since(mark).await;
    let granted =
        ["session.signed_in", "password.changed", "factor.added", "recovery.done", "account.disabled"];
    assert!(kinds.iter().all(|kind| !granted.contains(kind)), "{kinds:?}");
    // And all of it works again: no link is spent, no form is lost.
    for deed in &deeds {
        let answer = deed.done().await;
        let ended_by_another = answer.status == 403 && deed.url.contains("/account/");
        assert!(
            answer.status < 400 || ended_by_another || deed.name == "a code on paper",
            "{}: {answer:?}",
            deed.name
        );
    }
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_session_store_is_away_every_page_says_so_and_nothing_happens() {
    let Some((idp, proxy)) = redis_away::behind_a_proxy().await else { return };
    nobody_gets_anything_and_nothing_is_lost(idp, &proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_every_page_says_so_and_nothing_happens() {
    postgres_away::behind_a_proxy(async |idp, proxy| {
        nobody_gets_anything_and_nothing_is_lost(idp, proxy).await;
    })
    .await;
}
