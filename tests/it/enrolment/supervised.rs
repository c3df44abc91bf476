//! The supervised reset: what goes, what is handed over, and what the password alone is worth meanwhile.

use serde_json::json;
use vouchsafe::base::Role;
use vouchsafe::factors::FactorKind;
use vouchsafe::flows::accounts::Refused;
use vouchsafe::flows::reset::{Handover, reset_factors};
use vouchsafe::notifications::Notice;

use super::{FRESH, bound, follows, forgets, half_way, is_home, link, place, sets, told};
use crate::actors::{Answer, Browser};
use crate::idp::{TestIdp, on_each_engine};

const SECOND: &[FactorKind] = &[FactorKind::Totp, FactorKind::Passkey, FactorKind::SecurityKey];

async fn types(idp: &TestIdp, browser: &Browser, name: &str, code: &str) -> Answer {
    let page = browser.open(&idp.at("/activate")).await;
    browser.submit(&page, "letter-submit", &[("username", name), ("letter_code", code)]).await
}

#[tokio::test]
async fn after_a_reset_by_mail_the_password_alone_binds_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (carl, elsewhere) =
            (idp.person_as("carl", Role::Clinician, true, json!({})).await, idp.browser());
        let tokens = rp.signs_in(&carl, &elsewhere).await;
        let mark = idp.mark().await;
        let approval = json!({ "reason": "lost phone", "asked": "a", "approved": "b" });
        let code =
            reset_factors(&idp.operator(), &carl.account, SECOND, Handover::Mail, approval).await.unwrap();
        idp.tick();
        assert!(code.is_none());
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(
            (events[0].kind.as_str(), &events[0].account),
            ("factors.reset", &Some(carl.account.clone()))
        );
        assert_eq!(events[0].detail.as_ref().unwrap()["approval"]["approved"], "b");
        assert_eq!(bound(&idp, &carl.account).await, ["password"]);
        assert_eq!(told(&idp, Notice::FactorReset).await, ["carl@riverside.example"]);
        assert_eq!(told(&idp, Notice::FactorRemoved).await, ["carl@riverside.example"]);
        idp.advance(1);
        assert!(!is_home(&idp, &elsewhere).await);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        // Whoever has the password and not the link.
        let thief = idp.browser();
        let page = half_way(&thief, &rp.ask(), &carl).await;
        assert_eq!(place(&page), "help", "{}", page.body);
        for around in ["enrol", "enrol/totp", "enrol/passkey", "recovery-code"] {
            let answer = thief.open(&page.url.replace("/help", &format!("/{around}"))).await;
            assert_eq!(place(&answer), "help", "{around}");
        }
        // Link and password together.
        let browser = idp.browser();
        let url = link(&idp, Notice::FactorReset).await;
        let page = follows(&browser, &url).await;
        assert_eq!(place(&page), "password");
        let page = browser.submit(&page, "sign-in-submit", &[("password", &carl.password)]).await;
        assert_eq!(place(&page), "enrol");
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let mark = idp.mark().await;
        let page = carl.answer(&browser, &page).await.unwrap();
        assert_eq!(idp.kinds_since(mark).await, ["factor.added", "recovery.done", "recovery_codes.made"]);
        let home = browser.submit(&page, "continue", &[]).await;
        assert_eq!(place(&home), "/account/");
        assert_eq!(browser.get(&url).await.status, 410);
        let again = idp.browser();
        assert!(half_way(&again, &rp.ask(), &carl).await.has("code"), "as any other account");
    })
    .await;
}

#[tokio::test]
async fn whoever_reads_the_mailbox_alone_gains_nothing_by_a_reset_by_mail() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let carl = idp.person("carl").await;
        let both = [SECOND, &[FactorKind::Password]].concat();
        let refused = reset_factors(&idp.operator(), &carl.account, &both, Handover::Mail, json!({})).await;
        assert!(refused.is_err(), "a link alone would open everything");
        assert_eq!(bound(&idp, &carl.account).await.len(), 2);
        reset_factors(&idp.operator(), &carl.account, SECOND, Handover::Mail, json!({})).await.unwrap();
        idp.tick();
        let thief = idp.browser();
        forgets(&idp, &thief, &rp.ask(), "carl").await;
        let page = follows(&thief, &link(&idp, Notice::PasswordReset).await).await;
        let page = sets(&thief, &page, FRESH).await;
        assert_eq!(place(&page), "help", "{}", page.body);
        // A password set by one mail beside the link of another: both are the mailbox.
        let page = follows(&thief, &link(&idp, Notice::FactorReset).await).await;
        assert_eq!(place(&page), "password", "{}", page.body);
        let page = thief.submit(&page, "sign-in-submit", &[("password", FRESH)]).await;
        assert_eq!(place(&page), "help", "{}", page.body);
        for around in ["enrol", "enrol/totp", "new-password"] {
            let answer = thief.open(&page.url.replace("/help", &format!("/{around}"))).await;
            assert_eq!(place(&answer), "help", "{around}");
        }
        assert_eq!(bound(&idp, &carl.account).await, ["password"]);
    })
    .await;
}

#[tokio::test]
async fn a_code_shown_face_to_face_sets_a_new_password_too_where_that_was_reset() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let kinds = [SECOND, &[FactorKind::Password]].concat();
        let code = reset_factors(&idp.operator(), &alice.account, &kinds, Handover::FaceToFace, json!({}))
            .await
            .unwrap()
            .unwrap();
        idp.tick();
        assert!(bound(&idp, &alice.account).await.is_empty());
        assert!(told(&idp, Notice::FactorReset).await.is_empty(), "nothing by mail");
        let browser = idp.browser();
        assert_eq!(types(&idp, &browser, "alice", "0000-0000").await.status, 400);
        let page = types(&idp, &browser, "alice", code.expose()).await;
        assert_eq!(place(&page), "new-password", "{}", page.body);
        let page = sets(&browser, &page, FRESH).await;
        assert_eq!(place(&page), "enrol", "{}", page.body);
        // The tab is closed here; the code is good until a factor is bound.
        let browser = idp.browser();
        let page = types(&idp, &browser, "alice", code.expose()).await;
        assert_eq!(place(&page), "password");
        let page = browser.submit(&page, "sign-in-submit", &[("password", FRESH)]).await;
        let page = browser.submit(&page, "enrol-totp", &[]).await;
        let page = alice.answer(&browser, &page).await.unwrap();
        assert_eq!(place(&browser.submit(&page, "continue", &[]).await), "/account/");
        assert_eq!(bound(&idp, &alice.account).await, ["password", "recovery_codes", "totp"]);
        assert_eq!(types(&idp, &browser, "alice", code.expose()).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn a_second_reset_replaces_the_first_and_needs_a_proved_address_for_a_mail() {
    on_each_engine(async |idp| {
        let alice = idp.person("alice").await;
        let first = reset_factors(&idp.operator(), &alice.account, SECOND, Handover::FaceToFace, json!({}))
            .await
            .unwrap()
            .unwrap();
        idp.tick();
        reset_factors(&idp.operator(), &alice.account, SECOND, Handover::Mail, json!({})).await.unwrap();
        idp.tick();
        assert_eq!(types(&idp, &idp.browser(), "alice", first.expose()).await.status, 400);
        let url = link(&idp, Notice::FactorReset).await;
        idp.advance(24 * 3600);
        assert_eq!(idp.http.get(&url).await.status, 410, "a day");
        let rose = super::invited(&idp, "rose", Role::Patient, None).await;
        let mark = idp.mark().await;
        let refused = reset_factors(&idp.operator(), &rose.id, SECOND, Handover::Mail, json!({})).await;
        assert!(matches!(refused, Err(Refused::Unknown)), "nobody has anything to reset before activating");
        assert!(idp.kinds_since(mark).await.is_empty());
    })
    .await;
}
