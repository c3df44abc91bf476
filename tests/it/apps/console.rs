//! `/admin/apps`: four questions, a secret once, a test run for one browser, and nothing of another organisation's.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use serde_json::json;
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::{Client, Stage};
use vouchsafe::duties::Duty;
use vouchsafe::flows::clients;

use crate::actors::{Answer, basic};
use crate::admin::Admin;
use crate::idp::{TestIdp, on_each_engine};

const QUESTIONS: [(&str, &str); 6] = [
    ("name", "Patient <script>alert(1)</script> portal"),
    ("kind", "server"),
    ("library", "openid-client"),
    ("callbacks", "https://portal.example/cb?x='onload='alert(1)"),
    ("who", "patients"),
    ("organisation", "root"),
];

async fn developer(idp: &TestIdp, name: &str) -> Admin {
    idp.admin(name, &[(Duty::AppDeveloper, &OrganisationId::root())]).await
}

async fn apps(idp: &TestIdp) -> Vec<Client> {
    clients::list(&idp.operator()).await.unwrap()
}

/// The text of the element with this id.
fn text(page: &Answer, id: &str) -> String {
    let from = page.body.split_once(&format!(" id=\"{id}\"")).unwrap().1;
    from.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_answers_register_an_app_whose_secret_is_shown_once_and_here() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let other = idp.admin("otto", &[(Duty::Owner, &OrganisationId::root())]).await;
        let mark = idp.mark().await;
        let made = developer.posts("/admin/apps/new", &QUESTIONS).await;
        assert_eq!(made.status, 303, "{made:?}");
        assert!(idp.kinds_since(mark).await.contains(&"client.created"));
        let shown = made.location().unwrap();
        let page = developer.browser.get(&shown).await;
        let secret = text(&page, "client-secret");
        assert!(page.body.contains(&format!("CLIENT_SECRET={secret}")) && !page.body.contains("<script>"));
        assert_eq!(text(&developer.browser.get(&shown).await, "client-secret"), secret, "a refresh loses it");
        let elsewhere = other.browser.get(&shown).await;
        assert!(elsewhere.status == 200 && !elsewhere.body.contains(&secret), "another browser reads it");

        let client = apps(&idp).await.remove(0);
        assert_eq!((client.stage, client.organisation.clone()), (Stage::Test, OrganisationId::root()));
        let header = basic(client.id.as_str(), &secret);
        let headers =
            [("authorization", header.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let asked = idp.http.send("POST", "/introspect", &headers, "token=x").await;
        assert_eq!(asked.json(), json!({ "active": false }));

        let ticket = shown.split("ticket=").nth(1).unwrap();
        let at = format!("/admin/apps/{}", client.id);
        let stranger = other.posts(&format!("{at}/code"), &[("ticket", ticket)]).await;
        assert_eq!(stranger.status, 400);
        let kept = developer.posts(&format!("{at}/code"), &[("ticket", ticket)]).await;
        assert_eq!(kept.status, 303);
        for url in [shown.clone(), idp.at(&at), idp.at(&format!("{at}/watch")), idp.at("/admin/apps")] {
            let page = developer.browser.get(&url).await;
            assert_eq!(page.status, 200, "{url}");
            assert!(!page.body.contains(&secret), "{url} shows the secret again");
            assert!(!page.body.contains("<script>alert") && !page.body.contains("'onload='"), "{url}");
        }

        let device = QUESTIONS.map(|(name, value)| match name {
            "kind" => (name, "device"),
            "library" => (name, "curl"),
            "callbacks" => (name, ""),
            _ => (name, value),
        });
        let made = developer.posts("/admin/apps/new", &device).await;
        assert_eq!(made.status, 303, "{made:?}");
        let code = developer.browser.get(&made.location().unwrap()).await;
        assert!(code.body.contains("sends device_authorization"), "{code:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_do_not_fit_register_nothing_and_are_kept() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let mark = idp.mark().await;
        for (field, value, said) in [
            ("kind", "", "kind of app"),
            ("kind", "device", "No browser comes back"),
            ("library", "oidc-client-ts", "does not run"),
            ("callbacks", "", "at least one"),
            ("callbacks", "http://portal.example/cb", "https"),
            ("callbacks", "https://a.example/\nhttps://b.example/", "several hosts"),
            ("who", "everybody", "who signs in"),
        ] {
            let form = QUESTIONS.map(|(name, old)| (name, if name == field { value } else { old }));
            let answer = developer.posts("/admin/apps/new", &form).await;
            assert_eq!(answer.status, 400, "{field}: {answer:?}");
            assert!(answer.body.contains(said), "{field}: {}", answer.body);
            assert!(answer.body.contains("portal"), "what was typed is lost");
        }
        assert!(apps(&idp).await.is_empty());
        assert!(idp.kinds_since(mark).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_the_own_organisations_apps_alone_page_by_page() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        for n in 0..60 {
            let document =
                json!({ "client_name": format!("App {n}."), "redirect_uris": ["https://a.example/"] });
            let place = if n % 2 == 0 { &north } else { &south };
            clients::register(&idp.operator(), &document, place.clone(), Stage::Live).await.unwrap();
            idp.tick();
        }
        let nora = idp.admin("nora", &[(Duty::Auditor, &north)]).await;
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let page = nora.get("/admin/apps").await;
        assert!(page.body.contains("App 58.") && page.body.contains("App 0."));
        assert!(!page.body.contains("App 59.") && !page.has("next-page") && !page.has("app-new"));
        let first = olga.get("/admin/apps").await;
        assert!(first.has("next-page") && first.body.contains("App 59.") && !first.body.contains("App 9."));
        let next = first.body.split("/admin/apps?after=").nth(1).unwrap().split('"').next().unwrap();
        let second = olga.get(&format!("/admin/apps?after={next}")).await;
        assert!(second.body.contains("App 9.") && second.body.contains("App 0.") && !second.has("next-page"));
        idp.advance(91 * 24 * 3600);
        let nora = nora.again().await;
        assert!(nora.get("/admin/apps").await.body.contains("Unused for 90 days"));
    })
    .await;
}

/// A developer, and an app that people sign in to.
async fn with_app(idp: &TestIdp) -> (Admin, ClientId, String) {
    let developer = developer(idp, "devi").await;
    let rp = idp.rp().basic().await;
    (developer, ClientId::from_text(rp.id.as_str()), format!("/admin/apps/{}/try", rp.id))
}

/// Begins a run and answers our consent page with a button, without following the answer.
async fn tries(admin: &Admin, at: &str, attempt: &str, button: &str) -> String {
    let begun = admin.posts(at, &[("attempt", attempt)]).await;
    let page = admin.browser.follow(begun).await;
    let form = page.form(button);
    admin.browser.post(&form.action, &form.fields).await.location().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_run_shows_what_the_app_would_get_and_leaves_nothing_valid() {
    on_each_engine(async |idp| {
        let (developer, id, at) = with_app(&idp).await;
        let before = apps(&idp).await.remove(0).metadata;
        let mark = idp.mark().await;
        let back = tries(&developer, &at, "sign_in", "consent-allow").await;
        assert!(back.starts_with(&idp.at(&at)), "{back}");
        let report = developer.browser.follow(developer.browser.get(&back).await).await;
        assert_eq!(report.status, 200);
        assert!(report.has("report-checks") && !report.body.contains("Wrong:"), "{}", report.body);
        for part in ["ID token", "Access token", "Userinfo", "devi Example"] {
            assert!(report.body.contains(part), "{part}");
        }
        let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
        assert!(!report.body.contains(code) && !report.url.contains(code), "the code stays to be seen");
        assert!(!report.body.contains("eyJ") && !report.body.contains("vsrt_"), "a token is shown");
        let kinds = idp.kinds_since(mark).await;
        for kind in ["authorize.granted", "code.redeemed", "token.revoked"] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
        assert_eq!(apps(&idp).await.remove(0).metadata, before);
        assert_eq!(clients::list::consents(&idp.operator(), &id).await.unwrap().people, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saying_no_and_an_unknown_scope_are_tried_as_well() {
    on_each_engine(async |idp| {
        let (developer, _, at) = with_app(&idp).await;
        let back = tries(&developer, &at, "deny", "consent-deny").await;
        let report = developer.browser.follow(developer.browser.get(&back).await).await;
        assert!(report.has("report-error") && report.body.contains("access_denied"), "{}", report.body);
        let back = tries(&developer, &at, "unknown_scope", "consent-allow").await;
        let report = developer.browser.follow(developer.browser.get(&back).await).await;
        assert!(report.body.contains("vouchsafe.no-such-scope") && !report.body.contains("Wrong:"));
        let page = developer.get(&at).await;
        for code in ["VS-1204", "invalid_scope", "unsupported_response_type"] {
            assert!(page.body.contains(code), "{code}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_run_is_nobody_elses_and_counts_once() {
    on_each_engine(async |idp| {
        let (developer, _, at) = with_app(&idp).await;
        let other = idp.admin("otto", &[(Duty::Owner, &OrganisationId::root())]).await;
        let begun = developer.posts(&at, &[("attempt", "sign_in")]).await.location().unwrap();
        let strange = other.browser.get(&begun).await;
        assert_eq!(strange.status, 400, "another browser signs in to it");
        assert!(strange.body.contains("VS-1204"));
        let page = developer.browser.open(&begun).await;
        let form = page.form("consent-allow");
        let back = developer.browser.post(&form.action, &form.fields).await.location().unwrap();
        let mark = idp.mark().await;
        assert_eq!(other.browser.get(&back).await.status, 404, "another administrator takes the answer");
        let forged = back.replace("state=", "state=x");
        assert_eq!(developer.browser.get(&forged).await.status, 404, "another state is taken");
        assert!(!idp.kinds_since(mark).await.contains(&"code.redeemed"));
        assert_eq!(developer.browser.get(&back).await.status, 303);
        assert_eq!(developer.browser.get(&back).await.status, 404, "the answer is taken twice");
        assert_eq!(developer.browser.get(&begun).await.status, 400, "the address outlives its run");
        assert_eq!(idp.counts_since(mark).await.get("code.redeemed"), Some(&1));
        assert!(
            !other
                .get(&format!("{at}?{}", back.split('?').nth(1).unwrap().split('&').next().unwrap()))
                .await
                .has("report-checks")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_page_asks_again_by_itself_but_not_for_ever() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let rp = idp.rp().public().await;
        let at = format!("/admin/apps/{}", rp.id);
        let refreshes = async |query: &str| {
            let page = developer.get(&format!("{at}/watch{query}")).await;
            page.headers.get("refresh").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(refreshes("").await, None, "a live app is watched by nobody");
        assert_eq!(developer.posts(&format!("{at}/watch"), &[("watch", "on")]).await.status, 303);
        idp.advance(1);
        assert_eq!(refreshes("").await, Some(format!("5; url={at}/watch?n=1")));
        assert_eq!(refreshes("?n=119").await, Some(format!("5; url={at}/watch?n=120")));
        assert_eq!((refreshes("?n=120").await, refreshes("?pause=1").await), (None, None));
        idp.browser().get(&rp.ask().set("scope", "unknown").url()).await;
        idp.app.services.later.close();
        idp.app.services.later.wait().await;
        idp.app.services.later.reopen();
        let page = developer.get(&format!("{at}/watch")).await;
        assert!(page.body.contains("invalid_scope") && page.body.contains("Ask for a registered scope"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_changed_and_disabled_at_its_page() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let rp = idp.rp().public().await;
        let at = format!("/admin/apps/{}", rp.id);
        let seen = version(&developer, &at).await;
        let wrong = [("name", "Renamed"), ("callbacks", "https://elsewhere.example/cb"), ("seen", &seen)];
        let refused = developer.posts(&at, &wrong).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.body.contains("sector") && refused.body.contains("elsewhere.example"),
            "{}",
            refused.body
        );
        let other = format!("{}/two", rp.redirect_uri);
        let right = [("name", "Renamed"), ("callbacks", &other), ("seen", &seen)];
        assert_eq!(developer.posts(&at, &right).await.status, 303);
        assert_eq!(apps(&idp).await[0].name, "Renamed");
        let asked = developer.get(&format!("{at}/state")).await;
        assert!(asked.has("app-state-submit"));
        let mark = idp.mark().await;
        assert_eq!(developer.posts(&format!("{at}/state"), &[("state", "disabled")]).await.status, 303);
        assert_eq!(idp.kinds_since(mark).await, ["client.disabled"]);
        idp.advance(1);
        assert_eq!(idp.browser().get(&rp.ask().set("redirect_uri", &other).url()).await.status, 400);
        assert_eq!(developer.posts(&format!("{at}/try"), &[("attempt", "sign_in")]).await.status, 400);
    })
    .await;
}

/// The version of the registration that an app's form changes.
async fn version(admin: &Admin, at: &str) -> String {
    admin.get(at).await.form("app-save").field("seen").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_forms_about_one_app_the_second_undoes_nothing() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let other = idp.admin("otto", &[(Duty::Owner, &OrganisationId::root())]).await;
        let rp = idp.rp().public().await;
        let at = format!("/admin/apps/{}", rp.id);
        let (one, two) = (version(&developer, &at).await, version(&other, &at).await);
        let more = format!("{}\n{}/two", rp.redirect_uri, rp.redirect_uri);
        let first = [("name", "Renamed"), ("callbacks", &more), ("seen", &one)];
        let mark = idp.mark().await;
        assert_eq!(developer.posts(&at, &first).await.status, 303);
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1, "{events:?}");
        let detail = events[0].detail.as_ref().unwrap();
        assert_eq!(
            detail["changed"],
            json!(["client_name", "post_logout_redirect_uris", "redirect_uris"]),
            "names, and no values"
        );
        assert!(!detail.to_string().contains("Renamed") && !detail.to_string().contains("http"));
        let mark = idp.mark().await;
        for seen in [two.as_str(), "", "x"] {
            let late = [("name", "Other"), ("callbacks", &rp.redirect_uri), ("seen", seen)];
            let refused = other.posts(&at, &late).await;
            assert_eq!(refused.status, 409, "{refused:?}");
            assert!(
                refused.body.contains("Somebody else changed this app")
                    || refused.body.contains("somebody else changed"),
                "{}",
                refused.body
            );
            assert!(refused.body.contains("Other"), "what was typed is lost");
        }
        assert!(idp.kinds_since(mark).await.is_empty());
        let now = apps(&idp).await.remove(0);
        assert_eq!((now.name.as_str(), now.metadata.redirect_uris.len()), ("Renamed", 2));
        let again = version(&other, &at).await;
        let right = [("name", "Other"), ("callbacks", &more), ("seen", &again)];
        assert_eq!(other.posts(&at, &right).await.status, 303);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_does_not_let_go_on_what_a_security_officer_stopped() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let developer = developer(&idp, "devi").await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let rp = idp.rp().public().await;
        let at = format!("/admin/apps/{}/state", rp.id);
        let enabled = async || apps(&idp).await.remove(0).is_enabled();
        // Their own stop they take back; one that somebody above makes theirs, they do not.
        for (stops, lets_go_on) in
            [(vec![&developer], true), (vec![&stella], false), (vec![&developer, &stella], false)]
        {
            for admin in &stops {
                assert_eq!(admin.posts(&at, &[("state", "disabled")]).await.status, 303);
            }
            assert!(!enabled().await);
            let mark = idp.mark().await;
            let answer = developer.posts(&at, &[("state", "enabled")]).await;
            assert_eq!(enabled().await, lets_go_on);
            if lets_go_on {
                assert_eq!((answer.status, idp.kinds_since(mark).await), (303, vec!["client.enabled"]));
                continue;
            }
            assert_eq!(answer.status, 403, "{answer:?}");
            assert!(
                answer.body.contains("a security officer or an owner stopped this app"),
                "{}",
                answer.body
            );
            let events = idp.events_since(mark).await;
            assert_eq!(events.len(), 1, "{events:?}");
            assert_eq!(events[0].kind.as_str(), "admin.refused");
            assert_eq!(events[0].reason.as_deref(), Some("above_own_level"));
            assert_eq!(events[0].client.as_ref().unwrap().as_str(), rp.id);
            idp.advance(1);
            assert_eq!(idp.browser().get(&rp.ask().url()).await.status, 400, "still stopped");
            assert_eq!(stella.posts(&at, &[("state", "enabled")]).await.status, 303);
            assert!(enabled().await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_page_of_the_list_begins_tells_of_no_foreign_app() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let mut ids = Vec::new();
        for (name, place) in [("Own one.", &north), ("Foreign.", &south), ("Own two.", &north)] {
            let document = json!({ "client_name": name, "redirect_uris": ["https://a.example/"] });
            let made =
                clients::register(&idp.operator(), &document, place.clone(), Stage::Live).await.unwrap();
            ids.push(made["client_id"].as_str().unwrap().to_owned());
            idp.tick();
        }
        let nora = idp.admin("nora", &[(Duty::Auditor, &north)]).await;
        let own = nora.get(&format!("/admin/apps?after={}", ids[2])).await;
        assert!(own.status == 200 && own.body.contains("Own one.") && !own.body.contains("Own two."));
        let foreign = nora.get(&format!("/admin/apps?after={}", ids[1])).await;
        let nobody = nora.get("/admin/apps?after=01997f3e-0000-7000-8000-000000000000").await;
        assert_eq!((foreign.status, nobody.status), (400, 400));
        for text in ["Own one.", "Own two."] {
            assert!(!foreign.body.contains(text), "{}", foreign.body);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_is_shown_to_whoever_made_it_in_that_session_alone() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let otto = idp.admin("otto", &[(Duty::Owner, &OrganisationId::root())]).await;
        let shown = developer.posts("/admin/apps/new", &QUESTIONS).await.location().unwrap();
        let secret = text(&developer.browser.get(&shown).await, "client-secret");
        // The next administrator at the same desk: the same browser, another session.
        let desk = developer.browser.cookies()["vouchsafe-browser"].clone();
        otto.browser.set_cookie("vouchsafe-browser", Some(&desk));
        let page = otto.browser.get(&shown).await;
        assert!(page.status == 200 && !page.body.contains(&secret), "another person reads it");
        let ticket = shown.split("ticket=").nth(1).unwrap().to_owned();
        let at = shown.split('?').next().unwrap().trim_start_matches(&idp.issuer).to_owned();
        assert_eq!(otto.posts(&at, &[("ticket", &ticket)]).await.status, 400, "and takes it away");
        assert_eq!(text(&developer.browser.get(&shown).await, "client-secret"), secret);
        // The same person in a later session of the same browser.
        let devi = developer.person.account.clone();
        idp.end_sessions(&devi).await;
        let developer = developer.again().await;
        developer.browser.set_cookie("vouchsafe-browser", Some(&desk));
        let page = developer.browser.get(&shown).await;
        assert!(page.status == 200 && !page.body.contains(&secret), "a later session reads it");
    })
    .await;
}
