//! `/activate/{token}`: from the invitation to an account that is ready.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::Role;
use vouchsafe::flows::invitations;
use vouchsafe::identity::State;
use vouchsafe::notifications::Notice;

use super::{FRESH, bound, follows, half_way, invited, is_home, link, named, person, place, sets, state};
use crate::authenticator::Authenticator;
use crate::idp::on_each_engine;

#[tokio::test]
async fn an_invited_person_sets_a_password_and_a_second_factor_and_is_ready() {
    on_each_engine(async |idp| {
        let rp = idp.rp().with("client_uri", "https://visits.example/").public().await;
        let rose = invited(&idp, "rose", Role::Patient, Some(&rp.id)).await;
        let url = link(&idp, Notice::Invitation).await;
        let browser = idp.browser();
        // Scanners open links, again and again, and spend nothing.
        for _ in 0..3 {
            let page = idp.http.get(&url).await;
            assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
            assert!(page.body.contains("Rose Adams") && page.body.len() < 30_000, "{}", page.body);
        }
        assert_eq!((state(&idp, &rose.id).await, bound(&idp, &rose.id).await.len()), (State::Invited, 0));
        let page = follows(&browser, &url).await;
        assert_eq!(place(&page), "new-password");
        for attribute in
            ["autocomplete=\"new-password\"", "passwordrules=\"minlength: 12;", "id=\"passkey-first\""]
        {
            assert!(page.body.contains(attribute), "{attribute}: {}", page.body);
        }
        for (weak, why) in [
            ("short", "too short"),
            ("", "Enter a new password"),
            ("passwordpassword", "lists that attackers use"),
            ("riverside-rose-adams", "mostly your name"),
            (&"x".repeat(1025), "too long"),
        ] {
            let again = sets(&browser, &page, weak).await;
            assert_eq!(place(&again), "new-password", "{weak}");
            assert!(again.body.contains(why), "{weak}: {}", again.body);
            assert_eq!(state(&idp, &rose.id).await, State::Invited, "{weak}");
        }
        let mark = idp.mark().await;
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(place(&page), "enrol");
        assert_eq!(
            idp.kinds_since(mark).await,
            ["address.verified", "factor.added", "invitation.accepted"],
            "the link is spent where the first way to sign in is set"
        );
        assert_eq!(
            (state(&idp, &rose.id).await, bound(&idp, &rose.id).await),
            (State::Active, vec!["password"])
        );
        assert!(!is_home(&idp, &browser.stolen()).await, "a password alone is not enough");
        let rose = person(&idp, &rose, FRESH);
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let page = rose.answer(&browser, &page).await.unwrap();
        assert_eq!(place(&page), "recovery-codes");
        let page = browser.submit(&page, "continue", &[]).await;
        assert_eq!(place(&page), "lesson");
        assert!(page.body.contains(&idp.issuer), "the true address is shown");
        let page = browser.submit(&page, "lesson-continue", &[]).await;
        assert_eq!(place(&page), "/ready");
        assert!(page.body.contains("href=\"https://visits.example/\""), "{}", page.body);
        assert!(is_home(&idp, &browser).await);
        // The mail proved the address: it signs in.
        let other = idp.browser();
        let page = named(&other, &rp.ask(), "rose@riverside.example").await;
        let page = other.submit(&page, "sign-in-submit", &[("password", FRESH)]).await;
        assert!(page.has("code"), "{}", page.body);
        let mark = idp.mark().await;
        let used = other.get(&url).await;
        assert_eq!(used.status, 410);
        assert!(used.body.contains("This link was used"), "{}", used.body);
        assert_eq!(idp.kinds_since(mark).await, ["link.refused"]);
    })
    .await;
}

#[tokio::test]
async fn a_passkey_first_needs_no_password() {
    on_each_engine(async |idp| {
        for role in [Role::Patient, Role::Administrator] {
            let name = format!("pat-{role}");
            let account = invited(&idp, &name, role, None).await;
            let browser = idp.browser();
            let page = follows(&browser, &link(&idp, Notice::Invitation).await).await;
            let page = browser.open(&page.url.replace("new-password", "enrol/passkey")).await;
            assert_eq!(place(&page), "enrol/passkey");
            let mark = idp.mark().await;
            let page = browser.binds(&page, &Authenticator::new(&idp)).await;
            assert_eq!(place(&page), "recovery-codes", "{}", page.body);
            let kinds = idp.kinds_since(mark).await;
            assert!(kinds.contains(&"invitation.accepted") && kinds.contains(&"factor.added"), "{kinds:?}");
            assert_eq!(bound(&idp, &account.id).await, ["passkey", "recovery_codes"]);
            let page = browser.submit(&page, "continue", &[]).await;
            let page = browser.submit(&page, "lesson-continue", &[]).await;
            assert_eq!(place(&page), "/ready");
            assert!(is_home(&idp, &browser).await, "{role}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_closed_tab_after_the_password_loses_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let account = invited(&idp, "rose", Role::Clinician, None).await;
        let page = follows(&idp.browser(), &link(&idp, Notice::Invitation).await).await;
        // Before the password the link stays good: another browser, another day.
        idp.advance(3 * 24 * 3600);
        let url = link(&idp, Notice::Invitation).await;
        assert_eq!(place(&page), "new-password");
        let browser = idp.browser();
        let page = follows(&browser, &url).await;
        sets(&browser, &page, FRESH).await;
        let rose = person(&idp, &account, FRESH);
        let elsewhere = idp.browser();
        let page = half_way(&elsewhere, &rp.ask(), &rose).await;
        assert_eq!(place(&page), "enrol", "led into what is missing");
        let page = elsewhere.submit(&page, "enrol-totp", &[]).await;
        rose.answers(&elsewhere, page).await;
        assert_eq!(bound(&idp, &account.id).await, ["password", "recovery_codes", "totp"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_activations_at_once_on_two_nodes_one_wins() {
    on_each_engine(async |idp| {
        let other = idp.another().await;
        let account = invited(&idp, "rose", Role::Patient, None).await;
        let url = link(&idp, Notice::Invitation).await;
        let mut pages = Vec::new();
        for i in 0..64 {
            let browser = idp.browser().at(if i % 2 == 0 { &idp } else { &other });
            let page = follows(&browser, &url).await;
            assert_eq!(place(&page), "new-password");
            pages.push((browser, page));
        }
        let mark = idp.mark().await;
        let mut tries = JoinSet::new();
        for (i, (browser, page)) in pages.into_iter().enumerate() {
            tries.spawn(async move {
                let form = page.form("password-submit").with("password", &format!("{FRESH} {i}"));
                let mut answer = browser.post(&form.action, &form.fields).await;
                while answer.status == 503 {
                    answer = browser.post(&form.action, &form.fields).await;
                }
                let mut page = browser.follow(answer).await;
                let hub = form.action.replace("/new-password", "");
                while page.status == 503 {
                    page = browser.open(&hub).await;
                }
                page
            });
        }
        let (mut won, mut lost) = (0, 0);
        for page in tries.join_all().await {
            match place(&page).as_str() {
                // The winner committed between two looks: told that the link was used.
                "new-password" if page.status == 410 => lost += 1,
                "enrol" => won += 1,
                "password" => lost += 1,
                other => panic!("{other}: {page:?}"),
            }
        }
        // A request that took too long on a busy machine was answered 503 after its change: its tab signs in, too.
        assert!(won <= 1 && won + lost == 64, "{won} {lost}");
        let counts = idp.counts_since(mark).await;
        assert_eq!(counts["invitation.accepted"], 1, "{counts:?}");
        assert_eq!(bound(&idp, &account.id).await, ["password"]);
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_or_is_too_old_activates_nothing() {
    on_each_engine(async |idp| {
        let account = invited(&idp, "rose", Role::Patient, None).await;
        let url = link(&idp, Notice::Invitation).await;
        let browser = idp.browser();
        let page = follows(&browser, &url).await;
        assert!(invitations::revoke(&idp.operator(), &account.id).await.unwrap());
        let mark = idp.mark().await;
        // Half-way in when it was taken back: the form is refused, and the link as well.
        let refused = sets(&browser, &page, FRESH).await;
        assert_eq!(refused.status, 410, "{refused:?}");
        assert!(refused.body.contains("does not work any more"), "{}", refused.body);
        idp.hears(mark, "link.refused").await;
        let mark = idp.mark().await;
        assert_eq!(browser.get(&url).await.status, 410);
        assert_eq!(idp.kinds_since(mark).await, ["link.refused"]);
        assert_eq!(
            (state(&idp, &account.id).await, bound(&idp, &account.id).await.len()),
            (State::Invited, 0)
        );
        // Sent again, to the same address: the new one works, the old one does not.
        invitations::resend(&idp.operator(), &account.id).await.unwrap();
        idp.tick();
        let newer = link(&idp, Notice::InvitationReminder).await;
        assert_eq!(browser.get(&url).await.status, 410);
        idp.advance(15 * 24 * 3600);
        let page = browser.open(&newer).await;
        assert_eq!(page.status, 410);
        assert!(page.has("ask-again"), "{}", page.body);
        let answer = browser.submit(&page, "ask-again", &[]).await;
        assert!(answer.body.contains("Check your mail"), "{}", answer.body);
        let newest = link(&idp, Notice::InvitationReminder).await;
        assert_ne!(newest, newer);
        let page = follows(&browser, &newest).await;
        assert_eq!(place(&sets(&browser, &page, FRESH).await), "enrol");
        let last =
            super::mails(&idp).await.into_iter().find(|m| m.notice == Notice::InvitationReminder).unwrap();
        assert_eq!(last.to, "rose@riverside.example");
    })
    .await;
}

#[tokio::test]
async fn links_that_are_none_are_told_apart_from_nobody() {
    on_each_engine(async |idp| {
        let account = invited(&idp, "rose", Role::Patient, None).await;
        let url = link(&idp, Notice::Invitation).await;
        let token = url.rsplit('/').next().unwrap();
        let mark = idp.mark().await;
        for wrong in [
            format!("/activate/{}", &token[..token.len() - 1]),
            "/activate/vsln_x".to_owned(),
            format!("/reset/{token}"),
            format!("/regain/{token}"),
            format!("/recover/{token}"),
            format!("/recover/cancel/{token}"),
        ] {
            let answer = idp.http.get(&idp.at(&wrong)).await;
            assert_eq!(answer.status, 404, "{wrong}");
            assert!(answer.body.contains("We do not know this link"), "{wrong}");
            assert!(!answer.body.contains(token), "{wrong} is not repeated");
        }
        let counted: u64 = idp
            .events_since(mark)
            .await
            .iter()
            .map(|event| event.detail.as_ref().and_then(|d| d["count"].as_u64()).unwrap_or(1))
            .sum();
        assert_eq!(counted, 6);
        // A form that is not ours begins nothing.
        let browser = idp.browser();
        browser.open(&url).await;
        let forged = browser.post(&url, &[("csrf".to_owned(), "x".to_owned())]).await;
        assert_eq!(forged.status, 403);
        let bare = idp.browser().post(&url, &[]).await;
        assert_eq!(bare.status, 400, "a browser without our cookie is told what it needs");
        assert_eq!(bound(&idp, &account.id).await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn somebody_else_who_is_signed_in_leaves_first() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (alice, browser) = (
            idp.person_as("alice", Role::Patient, true, json!({"name": "Alice Moore"})).await,
            idp.browser(),
        );
        rp.signs_in(&alice, &browser).await;
        let rose = invited(&idp, "rose", Role::Patient, None).await;
        let url = link(&idp, Notice::Invitation).await;
        let page = browser.open(&url).await;
        assert_eq!(page.status, 409);
        assert!(page.body.contains("Alice Moore") && page.body.contains("Rose Adams"), "{}", page.body);
        assert!(page.has("switch") && page.has("stay"));
        // Whoever posts past the page is brought back to it.
        let csrf = page.form("switch").field("csrf").unwrap().to_owned();
        let mark = idp.mark().await;
        let answer = browser.post(&url, &[("csrf".to_owned(), csrf)]).await;
        assert_eq!(answer.location().as_deref(), Some(url.as_str()));
        assert_eq!(idp.kinds_since(mark).await, ["link.refused"]);
        assert!(is_home(&idp, &browser).await, "alice stays signed in");
        let page = browser.submit(&page, "switch", &[]).await;
        assert!(page.has("continue"), "{}", page.body);
        assert!(!is_home(&idp, &browser).await, "alice is signed out");
        let page = follows(&browser, &url).await;
        assert_eq!(place(&sets(&browser, &page, FRESH).await), "enrol");
        assert_eq!(bound(&idp, &rose.id).await, ["password"]);
    })
    .await;
}

#[tokio::test]
async fn an_invited_account_signs_in_nowhere_and_no_step_is_skipped() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let rose = invited(&idp, "rose", Role::Patient, None).await;
        let url = link(&idp, Notice::Invitation).await;
        let browser = idp.browser();
        let page = named(&browser, &rp.ask(), "rose").await;
        assert_eq!(place(&page), "password", "as for a name nobody has");
        let page = browser.submit(&page, "sign-in-submit", &[("password", FRESH)]).await;
        assert_eq!(place(&page), "password");
        for step in ["new-password", "lesson", "enrol/passkey", "enrol"] {
            let around = browser.open(&page.url.replace("/password", &format!("/{step}"))).await;
            assert_eq!(place(&around), "password", "{step}");
        }
        let page = follows(&browser, &url).await;
        for step in ["enrol/totp", "enrol", "recovery-codes", "lesson", "password", "code"] {
            let around = browser.open(&page.url.replace("/new-password", &format!("/{step}"))).await;
            assert_eq!(place(&around), "new-password", "{step}");
        }
        let csrf = page.form("password-submit").field("csrf").unwrap().to_owned();
        for (step, field) in
            [("lesson", ""), ("enrol/totp", "code"), ("sign-in", "username"), ("not-you", "")]
        {
            let at = page.url.replace("/new-password", &format!("/{step}"));
            let form = [("csrf".to_owned(), csrf.clone()), (field.to_owned(), "alice".to_owned())];
            let answer = browser.post(&at, &form).await;
            let answer = browser.follow(answer).await;
            assert_eq!(place(&answer), "new-password", "{step}");
        }
        // Another browser with the address of the page has nothing.
        let foreign = idp.browser().open(&page.url).await;
        assert_eq!(foreign.status, 400);
        // A disabled account's invitation rests with it.
        idp.set_account(&rose.id, State::Disabled).await;
        assert_eq!(browser.get(&url).await.status, 410);
        assert_eq!(browser.open(&page.url).await.status, 400);
        idp.set_account(&rose.id, State::Active).await;
        assert_eq!(state(&idp, &rose.id).await, State::Invited, "nobody acts without a way to sign in");
        let page = follows(&browser, &url).await;
        assert_eq!(place(&sets(&browser, &page, FRESH).await), "enrol");
    })
    .await;
}
