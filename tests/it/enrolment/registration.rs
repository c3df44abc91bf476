//! `/i/{id}/register`: an account made by oneself, where the app allows it.

use vouchsafe::base::Role;
use vouchsafe::flows::invitations::{self, NewInvitation};
use vouchsafe::flows::{accounts, upkeep};
use vouchsafe::identity::State;
use vouchsafe::notifications::Notice;

use super::{FRESH, bound, follows, link, mails, place, sets, told};
use crate::actors::Answer;
use crate::idp::{TestIdp, on_each_engine};

async fn asks(idp: &TestIdp, url: &str, email: &str) -> Answer {
    let browser = idp.browser();
    let page = browser.open(url).await;
    let page = browser.open(&page.url.replace("/sign-in", "/register")).await;
    browser.submit(&page, "register-submit", &[("email", email)]).await
}

/// Waits until a mail of this kind went to this address.
async fn arrives(idp: &TestIdp, notice: Notice, to: &str) {
    for _ in 0..5_000 {
        if mails(idp).await.iter().any(|m| m.notice == notice && m.to == to) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no {notice} to {to}: {:?}", mails(idp).await);
}

#[tokio::test]
async fn only_where_the_app_allows_it() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let browser = idp.browser();
        let page = browser.open(&rp.ask().url()).await;
        assert!(!page.has("register"), "{}", page.body);
        let around = browser.open(&page.url.replace("/sign-in", "/register")).await;
        assert_eq!(place(&around), "sign-in");
        let csrf = page.form("sign-in-submit").field("csrf").unwrap().to_owned();
        let mark = idp.mark().await;
        let form = [("csrf".to_owned(), csrf), ("email".to_owned(), "mallory@riverside.example".to_owned())];
        browser.post(&page.url.replace("/sign-in", "/register"), &form).await;
        assert_eq!(idp.kinds_since(mark).await, ["interaction.refused"]);
        assert!(mails(&idp).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_new_and_a_known_address_get_the_same_page_and_different_mails() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("registration", "open").public().await;
        idp.person("alice").await;
        let page = idp.browser().open(&rp.ask().url()).await;
        assert!(page.has("register"), "{}", page.body);
        for (wrong, why) in [("", "Enter your mail address"), ("rose", "That is no mail address")] {
            let page = asks(&idp, &rp.ask().url(), wrong).await;
            assert!(page.body.contains(why), "{wrong}: {}", page.body);
        }
        let strip = |page: &Answer| {
            let csrf = page.form("register-submit").field("csrf").unwrap().to_owned();
            let id = page.url.split('/').nth(4).unwrap().to_owned();
            let time = page.body.split("<time").nth(1).and_then(|t| t.split("</time>").next()).unwrap_or("");
            page.body.replace(&csrf, "CSRF").replace(&id, "ID").replace(time, "TIME")
        };
        let known = asks(&idp, &rp.ask().url(), "alice@riverside.example").await;
        let new = asks(&idp, &rp.ask().url(), "Rose@riverside.example").await;
        assert_eq!(strip(&known), strip(&new));
        arrives(&idp, Notice::AccountExists, "alice@riverside.example").await;
        arrives(&idp, Notice::Invitation, "Rose@riverside.example").await;
        let rose = accounts::find(&idp.operator(), "rose@riverside.example").await.unwrap().unwrap();
        assert_eq!((rose.state, rose.role), (State::Invited, Role::Patient));
        let browser = idp.browser();
        let page = follows(&browser, &link(&idp, Notice::Invitation).await).await;
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(place(&page), "enrol");
        assert_eq!(bound(&idp, &rose.id).await, ["password"]);
        assert!(
            accounts::find(&idp.operator(), rose.id.as_str()).await.unwrap().unwrap().profile.email_verified
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_with_one_address_one_account_comes_and_all_are_answered_alike() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("registration", "open").public().await;
        let url = rp.ask().url();
        let before = idp.people().await;
        let mark = idp.mark().await;
        // Each at the form of its own, before any is sent.
        let mut forms = Vec::new();
        for _ in 0..8 {
            let browser = idp.browser();
            let page = browser.open(&url).await;
            let page = browser.open(&page.url.replace("/sign-in", "/register")).await;
            let id = page.url.split('/').nth(4).unwrap().to_owned();
            let form = page.form("register-submit").with("email", "rose@riverside.example");
            forms.push((browser, form, id));
        }
        let mut racers = tokio::task::JoinSet::new();
        for (browser, form, id) in forms {
            racers.spawn(async move {
                let answer = browser.post(&form.action, &form.fields).await;
                (answer.status, answer.location().map(|to| to.replace(&id, "ID")))
            });
        }
        let mut answers = racers.join_all().await;
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let later = &idp.app.services.later;
        later.close();
        later.wait().await;
        later.reopen();
        assert_eq!(idp.people().await, before + 1);
        let counts = idp.counts_since(mark).await;
        assert_eq!(counts["registration.begun"], 1, "{counts:?}");
        let sent = mails(&idp).await;
        assert!((1..=3).contains(&sent.len()), "as many as may be asked for one address: {sent:?}");
        assert!(sent.iter().all(|mail| mail.to == "rose@riverside.example"), "{sent:?}");
        // Nobody was left with a key and no account.
        let keys = "SELECT count(*) FROM data_keys WHERE person NOT LIKE 'import:%'";
        assert_eq!(usize::try_from(idp.place.count_keys(keys).await).unwrap(), before + 1);
        // And whichever mail was the last leads in.
        let mut open = 0;
        for mail in &sent {
            let page = idp.browser().open(mail.link.as_deref().unwrap()).await;
            open += usize::from(page.status == 200);
        }
        assert!(open >= 1, "{sent:?}");
    })
    .await;
}

#[tokio::test]
async fn nobody_keeps_an_address_that_is_not_theirs() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("registration", "open").public().await;
        asks(&idp, &rp.ask().url(), "rose@riverside.example").await;
        arrives(&idp, Notice::Invitation, "rose@riverside.example").await;
        idp.advance(14 * 24 * 3600 + 1);
        upkeep::sweep(&idp.operator()).await.unwrap();
        assert!(accounts::find(&idp.operator(), "rose@riverside.example").await.unwrap().is_none());
        assert!(told(&idp, Notice::Invitation).await.is_empty(), "with everything of theirs");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_or_stands_is_no_strangers_to_renew() {
    on_each_engine(async |idp| {
        let rp = idp.rp().policy("registration", "open").public().await;
        let email = "carl@riverside.example";
        let new = NewInvitation { email: Some(email.to_owned()), ..NewInvitation::of(Role::Clinician) };
        let carl = invitations::invite(&idp.operator(), new).await.unwrap();
        idp.tick();
        for taken_back in [false, true] {
            if taken_back {
                assert!(invitations::revoke(&idp.operator(), &carl.id).await.unwrap());
            }
            idp.tick();
            let before = mails(&idp).await.len();
            asks(&idp, &rp.ask().url(), email).await;
            let later = &idp.app.services.later;
            later.close();
            later.wait().await;
            later.reopen();
            assert_eq!(mails(&idp).await.len(), before, "taken back: {taken_back}");
            let opened = follows_status(&idp, &link(&idp, Notice::Invitation).await).await;
            assert_eq!(opened, if taken_back { 410 } else { 200 });
        }
    })
    .await;
}

async fn follows_status(idp: &TestIdp, url: &str) -> u16 {
    idp.browser().get(url).await.status
}
