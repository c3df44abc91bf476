//! One person at the console: what is seen, what is done for them, and what is refused.

use serde_json::json;
use vouchsafe::base::{OrganisationId, Role};
use vouchsafe::duties::Duty;
use vouchsafe::identity::State;

use super::refusal;
use crate::idp::on_each_engine;

#[tokio::test]
async fn a_person_is_suspended_and_let_in_again_with_a_reason_and_their_sessions_end() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let rp = idp.rp().public().await;
        let (rose, browser) = (idp.person("rose").await, idp.browser());
        let tokens = rp.signs_in(&rose, &browser).await;
        let at = format!("/admin/people/{}", rose.account);
        let page = admin.get(&at).await;
        assert!(page.body.contains("Why not ready") && page.body.contains("if the phone is lost"));
        for secret in [rose.password.as_str(), "otpauth", "sealed"] {
            assert!(!page.body.contains(secret), "{secret}");
        }
        let mark = idp.mark().await;
        let bare = admin.posts(&format!("{at}/suspend"), &[("reason", "no")]).await;
        assert_eq!(bare.status, 400);
        assert!(bare.body.contains("Write a reason") && idp.kinds_since(mark).await.is_empty());
        let done = admin.posts(&format!("{at}/suspend"), &[("reason", "left the clinic")]).await;
        assert_eq!(done.location(), Some(idp.at(&format!("{at}?done=suspended"))), "{done:?}");
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].kind.as_str(), "account.disabled");
        assert_eq!(events[0].actor.to_text(), format!("account:{}", admin.person.account));
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        let page = browser.open(&idp.at("/account/")).await;
        assert!(page.url.contains("/i/"), "{}", page.url);
        let again = admin.posts(&format!("{at}/suspend"), &[("reason", "left the clinic")]).await;
        assert_eq!(again.status, 409);

        let done = admin.posts(&format!("{at}/enable"), &[("reason", "is back again")]).await;
        assert_eq!(done.status, 303, "{done:?}");
        idp.advance(1);
        let tokens = rp.signs_in(&rose, &idp.browser()).await;
        let done = admin.posts(&format!("{at}/end-sessions"), &[]).await;
        assert_eq!(done.location(), Some(idp.at(&format!("{at}?done=sessions-ended"))));
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn nobody_suspends_somebody_above_them_or_themselves_or_the_last_owner() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let officer = idp.admin("rita", &[(Duty::RegistrationOfficer, &root)]).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let guard = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let why = [("reason", "we disagree about this")];
        for (admin, on, word) in [
            (&officer, &owner, "above_own_level"),
            (&officer, &guard, "above_own_level"),
            (&guard, &owner, "above_own_level"),
            (&officer, &officer, "oneself"),
            (&owner, &owner, "oneself"),
        ] {
            let mark = idp.mark().await;
            let at = format!("/admin/people/{}/suspend", on.person.account);
            let answer = admin.posts(&at, &why).await;
            assert_eq!(answer.status, 403, "{word}: {answer:?}");
            assert_eq!(refusal(&idp, mark).await.0, word);
            assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        }
        let cx = idp.operator();
        let still = vouchsafe::flows::accounts::find_by_id(&cx, &owner.person.account).await.unwrap();
        assert_eq!(still.unwrap().state, State::Active);
    })
    .await;
}

#[tokio::test]
async fn names_are_escaped_wherever_the_console_shows_them() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let evil = "<script>alert(1)</script>";
        let person = idp.person_as("mallory", Role::Patient, true, json!({ "name": evil })).await;
        let made = admin.posts("/admin/organisations", &[("name", evil), ("parent", "root")]).await;
        assert_eq!(made.status, 303, "{made:?}");
        for path in ["/admin/people", "/admin/organisations", &format!("/admin/people/{}", person.account)] {
            let page = admin.get(path).await;
            assert_eq!(page.status, 200);
            assert!(!page.body.contains("<script>alert"), "{path}");
            assert!(page.body.contains("&#60;script&#62;alert"), "{path}");
        }
    })
    .await;
}
