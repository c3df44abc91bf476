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
        idp.browser().get(&rp.ask().set("scope", "profile").url()).await;
        idp.app.services.later.close();
        idp.app.services.later.wait().await;
        idp.app.services.later.reopen();
        let page = developer.get(&format!("{at}/watch")).await;
        assert!(page.body.contains("invalid_scope") && page.body.contains("Ask for the scope openid"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_changed_and_disabled_at_its_page() {
    on_each_engine(async |idp| {
        let developer = developer(&idp, "devi").await;
        let rp = idp.rp().public().await;
        let at = format!("/admin/apps/{}", rp.id);
        let wrong = [("name", "Renamed"), ("callbacks", "https://elsewhere.example/cb")];
        let refused = developer.posts(&at, &wrong).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.body.contains("sector") && refused.body.contains("elsewhere.example"),
            "{}",
            refused.body
        );
        let other = format!("{}/two", rp.redirect_uri);
        assert_eq!(developer.posts(&at, &[("name", "Renamed"), ("callbacks", &other)]).await.status, 303);
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
