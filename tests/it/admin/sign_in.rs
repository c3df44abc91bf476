//! What the console demands of a sign-in, whatever the person's role, and what a session that falls short meets.

use serde_json::json;
use vouchsafe::base::{OrganisationId, Role};
use vouchsafe::clients::Stage;
use vouchsafe::duties::Duty;
use vouchsafe::flows::clients;

use super::{Admin, refusal};
use crate::actors::pairs;
use crate::authenticator::Authenticator;
use crate::idp::on_each_engine;

#[tokio::test]
async fn the_console_asks_for_a_passkey_and_comes_back_to_the_page_that_was_asked_for() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let browser = idp.browser();
        let page = browser.open(&idp.at("/admin/organisations/root?done=organisation-created")).await;
        assert!(page.url.ends_with("/sign-in"), "{}", page.url);
        let page = browser.submit(&page, "sign-in-submit", &[("username", "olga")]).await;
        let page = browser.uses(&page, &admin.key).await;
        assert_eq!(page.url, idp.at("/admin/organisations/root?done=organisation-created"));
        assert!(page.body.contains("The organisation was added."));
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(browser.get(&idp.at("/admin")).await.location(), Some(idp.at("/admin/")));
    })
    .await;
}

#[tokio::test]
async fn a_password_and_a_code_do_not_open_the_console() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let rp = idp.rp().public().await;
        let (amara, browser) =
            (idp.person_as("amara", Role::Clinician, true, json!({})).await, idp.browser());
        idp.grants(&amara, Duty::RegistrationOfficer, &root).await;
        rp.signs_in(&amara, &browser).await;
        assert_eq!(browser.open(&idp.at("/account/")).await.status, 200);
        let mark = idp.mark().await;
        let page = browser.open(&idp.at("/admin/")).await;
        assert!(page.url.contains("/i/") && page.has("enrol-passkey"), "{}", page.url);
        assert!(!page.has("enrol-totp"), "only what no phishing page can use");
        assert!(idp.kinds_since(mark).await.is_empty());
        let key = Authenticator::new(&idp);
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&page, &key).await;
        let page = browser.submit(&page, "continue", &[]).await;
        assert_eq!((page.status, page.url.as_str()), (200, idp.at("/admin/").as_str()));
    })
    .await;
}

#[tokio::test]
async fn somebody_without_a_duty_is_refused_and_asked_for_nothing() {
    on_each_engine(async |idp| {
        let rp = idp.rp().public().await;
        let (rose, browser) = (idp.person("rose").await, idp.browser());
        rp.signs_in(&rose, &browser).await;
        let mark = idp.mark().await;
        let answer = browser.get(&idp.at("/admin/")).await;
        assert_eq!(answer.status, 403);
        assert!(!answer.body.contains("admin.css"), "nothing of the console is shown");
        assert_eq!(refusal(&idp, mark).await.0, "no_duty");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
    })
    .await;
}

#[tokio::test]
async fn the_administrators_time_outs_hold_whatever_the_role() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let amara = idp.person_as("amara", Role::Clinician, false, json!({})).await;
        idp.grants(&amara, Duty::Auditor, &root).await;
        let (browser, key) = (idp.browser(), Authenticator::new(&idp));
        let page = browser.open(&idp.at("/admin/")).await;
        let page = browser.submit(&page, "sign-in-submit", &[("username", "amara")]).await;
        let page = browser.submit(&page, "sign-in-submit", &[("password", &amara.password)]).await;
        let page = browser.submit(&page, "enrol-passkey", &[]).await;
        let page = browser.binds(&page, &key).await;
        assert_eq!(browser.submit(&page, "continue", &[]).await.url, idp.at("/admin/"));

        idp.advance(599);
        assert_eq!(browser.get(&idp.at("/admin/")).await.status, 200);
        idp.advance(601);
        assert_eq!(browser.get(&idp.at("/account/")).await.status, 200, "a clinician may idle for longer");
        idp.advance(601);
        let page = browser.open(&idp.at("/admin/")).await;
        assert!(page.url.contains("/i/"), "ten minutes are over: {}", page.url);
        let page = browser.uses(&page, &key).await;
        assert_eq!((page.status, page.url.as_str()), (200, idp.at("/admin/").as_str()));

        for _ in 0..54 {
            idp.advance(540);
            let answer = browser.get(&idp.at("/admin/")).await;
            assert!([200, 303].contains(&answer.status));
            if answer.status == 303 {
                return;
            }
        }
        unreachable!("eight hours are over, and the console is open");
    })
    .await;
}

#[tokio::test]
async fn what_weighs_more_takes_a_proof_of_the_last_five_minutes() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let form = "/admin/organisations/root/grant";
        assert_eq!(admin.get(form).await.status, 200);
        idp.advance(301);
        assert_eq!(admin.get("/admin/organisations/root").await.status, 200);
        let mark = idp.mark().await;
        let stale = admin.get(form).await;
        assert!(stale.location().unwrap().contains("/i/"), "{stale:?}");
        let page = admin.browser.follow(stale).await;
        let page = admin.browser.uses(&page, &admin.key).await;
        assert_eq!((page.status, page.url.as_str()), (200, idp.at(form).as_str()));
        assert_eq!(idp.kinds_since(mark).await, ["passkey.accepted", "session.signed_in"]);
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_too_late_is_kept_through_the_fresh_proof_for_this_session_alone() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let other = idp.admin("oscar", &[(Duty::Owner, &root)]).await;
        let document = json!({ "redirect_uris": ["https://portal.example/cb"] });
        let made = clients::register(&idp.operator(), &document, root.clone(), Stage::Test).await.unwrap();
        let app = format!("/admin/apps/{}", made["client_id"].as_str().unwrap());
        let two = idp.another().await;
        for (late, node) in [(301, &idp), (601, &two)] {
            // What one node kept, another shows. Too late for this change, and too late for any.
            idp.advance(late);
            let mark = idp.mark().await;
            let csrf = admin.csrf().await;
            let sent = [("stage", if late == 301 { "live" } else { "test" }), ("csrf", csrf.as_str())];
            let sent = admin.browser.post(&idp.at(&format!("{app}/stage")), &pairs(&sent)).await;
            let (own, foreign) = (admin.browser.at(node), other.browser.at(node));
            let page = own.follow(sent).await;
            let page = own.uses(&page, &admin.key).await;
            assert!(page.url.contains("/admin/again?ticket="), "{}", page.url);
            assert!(page.has("again-submit") && page.body.contains(&format!("href=\"{app}\"")));
            assert_eq!(idp.kinds_since(mark).await, ["passkey.accepted", "session.signed_in"]);
            let strangers = foreign.open(&page.url).await;
            assert!(!strangers.has("again-submit"), "{}", strangers.body);
            let mark = idp.mark().await;
            let done = own.submit(&page, "again-submit", &[]).await;
            assert_eq!(done.url, idp.at(&format!("{app}?done=app-changed")));
            assert_eq!(idp.kinds_since(mark).await, ["client.changed"]);
        }
        two.stop().await;
        // A forged form is kept for nobody.
        idp.advance(301);
        for csrf in ["", "x", &other.csrf().await] {
            let form = pairs(&[("stage", "live"), ("csrf", csrf)]);
            let sent = admin.browser.post(&idp.at(&format!("{app}/stage")), &form).await;
            let page = admin.browser.follow(sent).await;
            let page = admin.browser.uses(&page, &admin.key).await;
            assert_eq!(page.url, idp.at(&app));
            idp.advance(301);
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_that_stood_open_is_ones_own_until_the_session_ends() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let other = idp.admin("oscar", &[(Duty::Owner, &root)]).await;
        let (path, csrf) = (idp.at("/admin/organisations"), admin.csrf().await);
        let names = async |admin: &Admin, name: &str| {
            let form = pairs(&[("name", name), ("parent", "root"), ("csrf", &csrf)]);
            admin.browser.post(&path, &form).await
        };
        let cookie = admin.browser.cookies()["vouchsafe-session"].clone();
        idp.advance(301);
        let page = admin.browser.open(&idp.at("/admin/organisations/root/grant")).await;
        admin.browser.uses(&page, &admin.key).await;
        assert_ne!(admin.browser.cookies()["vouchsafe-session"], cookie, "the session rose");
        assert_eq!(names(&admin, "North").await.status, 303, "the form was open before");

        let refused = async |admin: &Admin| {
            let mark = idp.mark().await;
            let answer = names(admin, "South").await;
            assert_eq!(answer.status, 403, "{answer:?}");
            assert!(answer.body.contains("This page is from an earlier sign-in"), "{}", answer.body);
            assert!(answer.body.contains("href=\"/admin/organisations\""), "the way back: {}", answer.body);
            assert_eq!(idp.kinds_since(mark).await, ["input.refused"]);
        };
        refused(&other).await;
        let form = pairs(&[("csrf", &csrf)]);
        assert_eq!(admin.browser.post(&idp.at("/account/sign-out"), &form).await.status, 200);
        let page = admin.browser.open(&idp.at("/admin/")).await;
        let page = admin.browser.submit(&page, "sign-in-submit", &[("username", "olga")]).await;
        assert_eq!(admin.browser.uses(&page, &admin.key).await.status, 200);
        refused(&admin).await;
        // What comes from elsewhere is told nothing of it.
        let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
        let media = ("content-type", "application/x-www-form-urlencoded");
        for header in elsewhere {
            let body = format!("csrf={}&name=South&parent=root", admin.csrf().await);
            let answer = admin.browser.send("POST", &path, &[media, header], body).await;
            assert_eq!(answer.status, 403);
            assert!(answer.body.contains("VS-4030"), "{}", answer.body);
        }
        let places = admin.get("/admin/organisations").await.body;
        assert!(places.contains("North") && !places.contains("South"));
    })
    .await;
}

#[tokio::test]
async fn a_duty_that_was_taken_back_opens_nothing_any_more() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let admin = idp.admin("adam", &[(Duty::Auditor, &root), (Duty::HelpDesk, &root)]).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let page = owner.get("/admin/organisations/root").await;
        let grants: Vec<_> = page.body.split("href=\"/admin/grants/").skip(1).collect();
        assert_eq!(grants.len(), 2, "one's own is not there");
        let id = grants[0].split('/').next().unwrap();
        let done = owner.posts(&format!("/admin/grants/{id}/revoke"), &[("reason", "moved away")]).await;
        assert_eq!(done.location(), Some(idp.at("/admin/organisations/root?done=duty-revoked")), "{done:?}");
        let mark = idp.mark().await;
        assert_eq!(admin.get("/admin/organisations/root").await.status, 200);
        assert!(!admin.get("/admin/organisations/root").await.body.contains("Who holds a duty"));
        assert!(idp.kinds_since(mark).await.is_empty());
    })
    .await;
}
