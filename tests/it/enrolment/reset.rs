//! `/reset/{token}`: a forgotten password never replaces the second factor.

use tokio::task::JoinSet;
use vouchsafe::base::Role;
use vouchsafe::notifications::Notice;

use super::{
    FRESH, bound, follows, forgets, half_way, is_home, known, link, mails, named, place, sets, told,
};
use crate::authenticator::Authenticator;
use crate::idp::{on_each_engine, on_each_engine_with};

#[tokio::test]
async fn a_new_password_by_mail_still_needs_the_second_factor() {
    on_each_engine(async |idp| {
        let rp = idp.rp().private_key_jwt().await;
        let (alice, elsewhere) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &elsewhere).await;
        let first = idp.browser();
        let page = forgets(&idp, &first, &rp.ask(), "alice").await;
        assert!(page.body.contains("Check your mail"), "{}", page.body);
        let waiting = page.url.replace("/forgot", "/password");
        let url = link(&idp, Notice::PasswordReset).await;
        // Any browser, and looking spends nothing.
        let browser = idp.browser();
        assert_eq!(idp.http.get(&url).await.status, 200);
        let page = follows(&browser, &url).await;
        assert_eq!(place(&page), "new-password");
        assert!(!page.has("passkey-first"));
        let mark = idp.mark().await;
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(place(&page), "code", "the second factor is still asked for: {}", page.body);
        assert_eq!(idp.kinds_since(mark).await, ["password.changed"]);
        assert_eq!(told(&idp, Notice::PasswordChanged).await, ["alice@riverside.example"]);
        assert!(!is_home(&idp, &browser).await && !is_home(&idp, &elsewhere).await);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        for around in ["enrol", "enrol/totp", "enrol/passkey", "new-password", "recovery-codes"] {
            let answer = browser.open(&page.url.replace("/code", &format!("/{around}"))).await;
            assert_eq!(place(&answer), "code", "{around}");
        }
        let home = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert_eq!(place(&home), "/account/");
        let used = browser.get(&url).await;
        assert_eq!(used.status, 410);
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
        // The tab that asked goes on with the new password: nothing was proved there that could have ended.
        let page = first.open(&waiting).await;
        let page = first.submit(&page, "sign-in-submit", &[("password", FRESH)]).await;
        assert_eq!(place(&page), "code", "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn known_and_unknown_names_get_the_same_page_and_only_proved_addresses_a_mail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let known_page = forgets(&idp, &idp.browser(), &rp.ask(), "alice").await;
        let unknown = forgets(&idp, &idp.browser(), &rp.ask(), "nosuch").await;
        let strip = |page: &crate::actors::Answer, name: &str| {
            let csrf = page.form("send-link").field("csrf").unwrap().to_owned();
            let id = page.url.split('/').nth(4).unwrap().to_owned();
            let time = page.body.split("<time").nth(1).and_then(|t| t.split("</time>").next()).unwrap_or("");
            page.body.replace(&csrf, "CSRF").replace(&id, "ID").replace(name, "NAME").replace(time, "TIME")
        };
        assert_eq!(strip(&known_page, "alice"), strip(&unknown, "nosuch"));
        assert_eq!(told(&idp, Notice::PasswordReset).await, ["alice@riverside.example"]);
        // Somebody whose address was never proved gets none.
        let rose = super::invited(&idp, "rose", Role::Patient, None).await;
        let letter = vouchsafe::flows::invitations::letter(&idp.operator(), &rose.id).await.unwrap();
        idp.tick();
        let browser = idp.browser();
        let page = browser.open(&idp.at("/activate")).await;
        let typed = [("username", "rose"), ("letter_code", letter.code.expose().as_str())];
        let page = browser.submit(&page, "letter-submit", &typed).await;
        sets(&browser, &page, FRESH).await;
        let mark = idp.mark().await;
        forgets(&idp, &idp.browser(), &rp.ask(), "rose").await;
        let events = idp.events_since(mark).await;
        let refused = events.iter().find(|event| event.kind.as_str() == "recovery.refused").unwrap();
        assert_eq!(refused.reason.as_deref(), Some("no_verified_address"));
        assert_eq!(told(&idp, Notice::PasswordReset).await, ["alice@riverside.example"]);
        // Nobody gets a first password by mail.
        let kay = super::invited(&idp, "kay", Role::Patient, None).await;
        let browser = idp.browser();
        let page = follows(&browser, &link(&idp, Notice::Invitation).await).await;
        let page = browser.open(&page.url.replace("new-password", "enrol/passkey")).await;
        browser.binds(&page, &Authenticator::new(&idp)).await;
        forgets(&idp, &idp.browser(), &rp.ask(), "kay").await;
        assert_eq!(told(&idp, Notice::PasswordReset).await, ["alice@riverside.example"]);
        assert_eq!(bound(&idp, &kay.id).await, ["passkey", "recovery_codes"]);
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
    })
    .await;
}

#[tokio::test]
async fn mails_are_limited_and_the_newest_link_alone_works() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        idp.person("alice").await;
        let browser = idp.browser();
        let page = forgets(&idp, &browser, &rp.ask(), "alice").await;
        let soon = browser.submit(&page, "send-link", &[]).await;
        assert!(soon.body.contains("Wait one minute"), "{}", soon.body);
        let first = link(&idp, Notice::PasswordReset).await;
        for _ in 0..4 {
            idp.advance(61);
            forgets(&idp, &idp.browser(), &rp.ask(), "alice").await;
        }
        assert_eq!(told(&idp, Notice::PasswordReset).await.len(), 3, "three an hour");
        assert_eq!(browser.get(&first).await.status, 410);
        let newest = link(&idp, Notice::PasswordReset).await;
        assert_eq!(browser.get(&newest).await.status, 200);
        idp.advance(3601);
        assert_eq!(browser.get(&newest).await.status, 410, "an hour");
        forgets(&idp, &idp.browser(), &rp.ask(), "alice").await;
        assert_eq!(told(&idp, Notice::PasswordReset).await.len(), 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_16_resets_with_one_link_at_once_one_wins() {
    on_each_engine(async |idp| {
        let other = idp.another().await;
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        forgets(&idp, &idp.browser(), &rp.ask(), "alice").await;
        let url = link(&idp, Notice::PasswordReset).await;
        let mut pages = Vec::new();
        for i in 0..16 {
            let browser = idp.browser().at(if i % 2 == 0 { &idp } else { &other });
            pages.push((follows(&browser, &url).await, browser));
        }
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for (i, (page, browser)) in pages.into_iter().enumerate() {
            tries.spawn(async move { sets(&browser, &page, &format!("{FRESH} {i}")).await });
        }
        let answers = tries.join_all().await;
        let won = answers.iter().filter(|page| page.status == 200 && place(page) == "code").count();
        let lost = answers.iter().filter(|page| page.status == 410).count();
        assert_eq!(
            (won, lost),
            (1, 15),
            "{:?}",
            answers.iter().map(|a| (a.status, place(a))).collect::<Vec<_>>()
        );
        assert_eq!(idp.counts_since(mark).await["password.changed"], 1);
        assert_eq!(bound(&idp, &alice.account).await, ["password", "totp"]);
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_password_switched_off_after_a_hundred_failures_is_replaced_by_mail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let mut last = None;
        for _ in 0..101 {
            let browser = idp.browser();
            let page = named(&browser, &rp.ask(), "alice").await;
            last = Some(browser.submit(&page, "sign-in-submit", &[("password", "wrong wrong wrong")]).await);
            idp.advance(3601);
        }
        let locked = last.unwrap();
        assert_eq!(locked.status, 429, "{locked:?}");
        assert!(locked.has("recover"), "there is a way out: {}", locked.body);
        let right = half_way(&idp.browser(), &rp.ask(), &alice).await;
        assert_eq!(right.status, 429, "the right password is worth nothing: {right:?}");
        forgets(&idp, &idp.browser(), &rp.ask(), "alice").await;
        let browser = idp.browser();
        let page = follows(&browser, &link(&idp, Notice::PasswordReset).await).await;
        let page = sets(&browser, &page, FRESH).await;
        let home = browser.submit(&page, "code-submit", &[("code", &alice.next_code())]).await;
        assert_eq!(place(&home), "/account/", "{}", home.body);
        assert_ne!(FRESH, known());
        assert!(mails(&idp).await.iter().any(|m| m.notice == Notice::FactorDisabled));
    })
    .await;
}

#[tokio::test]
async fn neither_an_open_session_nor_a_passkey_makes_a_mailed_password_ones_own() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser, key) = (idp.person("alice").await, idp.browser(), Authenticator::new(&idp));
        let page = browser.open(&idp.at("/account/add/passkey")).await;
        let page = alice.answers(&browser, page).await;
        let page = browser.binds(&page, &key).await;
        alice.answers(&browser, page).await;
        assert!(is_home(&idp, &browser).await);
        // In the browser whose session is open, behind the link: the second factor is asked for all the same.
        forgets(&idp, &idp.browser(), &rp.ask(), "alice").await;
        let page = follows(&browser, &link(&idp, Notice::PasswordReset).await).await;
        let page = sets(&browser, &page, FRESH).await;
        assert!(["code", "security-key"].contains(&place(&page).as_str()), "{}", page.body);
        assert!(!is_home(&idp, &browser.stolen()).await);
        // The person goes on with the passkey and never typed that password.
        let own = idp.browser();
        let page = own.open(&idp.at("/account/")).await;
        own.uses(&page, &key).await;
        assert!(is_home(&idp, &own).await);
        let rows =
            vouchsafe::store::factors::of_account(&idp.operator().store, &alice.account).await.unwrap();
        let password = rows.iter().find(|row| row.kind.as_str() == "password").unwrap();
        assert!(password.mailed_at.is_some(), "it is still what a mail has set");
    })
    .await;
}

#[tokio::test]
async fn a_dead_link_that_is_pressed_again_and_again_fills_no_trail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let browser = idp.browser();
        forgets(&idp, &browser, &rp.ask(), "alice").await;
        let url = link(&idp, Notice::PasswordReset).await;
        let looked = browser.open(&url).await;
        idp.advance(24 * 3600);
        let mark = idp.mark().await;
        for _ in 0..20 {
            assert_eq!(browser.get(&url).await.status, 410);
            let form = looked.form("continue");
            assert_eq!(browser.post(&form.action, &form.fields).await.status, 410);
        }
        let events = idp.events_since(mark).await;
        let told: Vec<_> =
            events.iter().filter(|event| event.account.as_ref() == Some(&alice.account)).collect();
        assert_eq!(told.len(), 1, "{events:?}");
        assert_eq!((told[0].kind.as_str(), told[0].reason.as_deref()), ("link.refused", Some("expired")));
        assert!(events.len() <= 3, "and the rest counted: {events:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_tries_links_without_end_is_sent_away_for_a_while() {
    on_each_engine_with(&[("VOUCHSAFE__LIMITS__NETWORK_BEGINNINGS", "100")], async |idp| {
        let browser = idp.browser().from_network("203.0.113.9");
        let token = "vsln_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for path in ["/activate", "/reset", "/regain", "/recover", "/recover/cancel"] {
            let mut answers = Vec::new();
            for _ in 0..101 {
                answers.push(browser.get(&idp.at(&format!("{path}/{token}"))).await.status);
            }
            assert_eq!(answers.last(), Some(&429), "{path}: {answers:?}");
            let other =
                idp.browser().from_network("203.0.113.77").get(&idp.at(&format!("{path}/{token}"))).await;
            assert_eq!(other.status, 404, "{path}: nobody else waits");
            idp.advance(600);
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_password_and_a_proved_address_end_the_other_links_that_are_open() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, home, thief) = (idp.person("alice").await, idp.browser(), idp.browser());
        rp.signs_in(&alice, &home).await;
        // Somebody at her desk gave an address of theirs, and asked for a new password.
        let page = home.open(&idp.at("/account/addresses/second")).await;
        home.submit(&page, "continue", &[("address", "thief@elsewhere.example")]).await;
        let address = link(&idp, Notice::AddressVerify).await;
        forgets(&idp, &thief, &rp.ask(), "alice").await;
        let reset = link(&idp, Notice::PasswordReset).await;
        for url in [&address, &reset] {
            assert_eq!(idp.http.get(url).await.status, 200);
        }
        let page = home.open(&idp.at("/account/password")).await;
        assert!(sets(&home, &page, FRESH).await.url.contains("/account/"));
        assert_eq!(idp.http.get(&address).await.status, 404, "as one that was never sent");
        assert_eq!(idp.http.get(&reset).await.status, 410);
    })
    .await;
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (anna, home, thief) = (idp.person("anna").await, idp.browser(), idp.browser());
        rp.signs_in(&anna, &home).await;
        forgets(&idp, &thief, &rp.ask(), "anna").await;
        let reset = link(&idp, Notice::PasswordReset).await;
        let page = home.open(&idp.at("/account/addresses/second")).await;
        home.submit(&page, "continue", &[("address", "anna@elsewhere.example")]).await;
        let proof = link(&idp, Notice::AddressVerify).await;
        let page = home.open(&proof).await;
        let mark = idp.mark().await;
        assert_eq!(home.submit(&page, "continue", &[]).await.status, 200);
        assert!(idp.kinds_since(mark).await.contains(&"address.verified"));
        assert_eq!(idp.http.get(&reset).await.status, 410, "what was mailed to the old one is over");
    })
    .await;
}
