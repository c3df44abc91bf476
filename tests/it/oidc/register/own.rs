//! An app at its own registration: read, replaced, removed; by its own key, within its terms, and only while it is its own.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::ClientState;
use vouchsafe::flows::clients;
use vouchsafe::flows::clients::settings::{self, Within};
use vouchsafe::keys::{Algorithm, SigningKey};

use super::{Made, app, is_unauthorized, with};
use crate::actors::{Callback, basic};
use crate::idp::{TestIdp, on_each_engine};

/// Whether the app proves itself with its secret.
async fn proves(idp: &TestIdp, id: &str, secret: &Value) -> bool {
    let header = basic(id, secret.as_str().unwrap());
    let typed = ("content-type", "application/x-www-form-urlencoded");
    let form = "grant_type=authorization_code&code=x&redirect_uri=x";
    let answer = idp.http.send("POST", "/token", &[typed, ("authorization", &header)], form).await;
    answer.member("error") == "invalid_grant"
}

#[tokio::test]
async fn an_app_reads_replaces_and_removes_its_registration() {
    on_each_engine(async |idp| {
        let made = Made::new(&idp, json!({}), &with(json!({ "tos_uri": "https://self.example/t" }))).await;
        let mark = idp.mark().await;
        let read = made.asks(&idp, "GET", None).await;
        assert_eq!((read.status, read.header("cache-control")), (200, "no-store"));
        let mut expected = made.answer.clone();
        for told_once in ["client_secret", "client_secret_expires_at"] {
            expected.as_object_mut().unwrap().remove(told_once);
        }
        assert_eq!(read.json(), expected);
        assert_eq!(idp.kinds_since(mark).await, ["client_registration.read"]);

        idp.tick();
        let mark = idp.mark().await;
        let document =
            made.again(json!({ "client_name": "Renamed", "client_secret": made.answer["client_secret"] }));
        let changed = made.asks(&idp, "PUT", Some(&document)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let changed = changed.json();
        assert_eq!((&changed["client_name"], changed.get("tos_uri")), (&json!("Renamed"), None));
        assert_eq!(changed["registration_access_token"], made.answer["registration_access_token"]);
        assert_eq!(changed.get("client_secret"), None, "no secret is replaced in silence");
        let events = idp.events_since(mark).await;
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (event.kind.as_str(), event.actor.to_text()),
            ("client.changed", format!("client:{}", made.id))
        );
        assert_eq!(event.detail.as_ref().unwrap()["changed"], json!(["client_name", "tos_uri"]));
        assert!(proves(&idp, &made.id, &made.answer["client_secret"]).await);

        // Whoever goes over to a key loses the secret, and whoever comes back gets another.
        let (key, _) = SigningKey::generate(Algorithm::Es256, idp.now()).unwrap();
        let by_key =
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] } });
        let by_key = made.asks(&idp, "PUT", Some(&made.again(by_key))).await;
        assert_eq!((by_key.status, by_key.json().get("client_secret")), (200, None));
        let back = made.asks(&idp, "PUT", Some(&made.again(json!({})))).await.json();
        idp.advance(1);
        assert!(proves(&idp, &made.id, &back["client_secret"]).await);
        assert!(!proves(&idp, &made.id, &made.answer["client_secret"]).await);

        idp.tick();
        let mark = idp.mark().await;
        let removed = made.asks(&idp, "DELETE", None).await;
        assert_eq!((removed.status, removed.body.as_str()), (204, ""));
        assert_eq!(idp.kinds_since(mark).await, ["client.deleted"]);
        assert!(idp.kept_client(&made.id).await.is_none());
        for method in ["GET", "DELETE"] {
            is_unauthorized(&made.asks(&idp, method, None).await);
        }
        is_unauthorized(&made.asks(&idp, "PUT", Some(&document)).await);
        idp.advance(1);
        assert!(!proves(&idp, &made.id, &back["client_secret"]).await);
    })
    .await;
}

/// What is registered, by an app that refreshes.
fn with_grants(mut more: Value) -> Value {
    more["grant_types"] = json!(["authorization_code", "refresh_token"]);
    more
}

#[tokio::test]
async fn what_a_removed_app_held_of_people_is_dead() {
    on_each_engine(async |idp| {
        let terms = json!({ "auth_methods": ["client_secret_basic"] });
        let made = Made::new(&idp, terms, &with(with_grants(json!({})))).await;
        let mut rp = idp.rp().basic().await;
        rp.id.clone_from(&made.id);
        rp.redirect_uri = "https://self.example/cb".to_owned();
        rp.auth = crate::actors::Auth::Basic(made.answer["client_secret"].as_str().unwrap().to_owned());
        let (alice, browser) = (idp.person("alice").await, idp.browser());
        let tokens = rp.signs_in(&alice, &browser).await;
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 200);
        assert!(browser.open(&idp.at("/account/apps")).await.body.contains("Self-made"));

        // Another address was never agreed to; a change of anything else is nobody's question.
        let silent = rp.ask().set("prompt", "none");
        let same = made.again(with_grants(json!({ "contacts": ["a@self.example"] })));
        assert_eq!(made.asks(&idp, "PUT", Some(&same)).await.status, 200);
        idp.advance(1);
        Callback::of(&browser.get(&silent.url()).await).code();
        let moved = json!({ "redirect_uris": ["https://self.example/cb", "https://self.example/elsewhere"] });
        assert_eq!(made.asks(&idp, "PUT", Some(&made.again(with_grants(moved)))).await.status, 200);
        idp.advance(1);
        Callback::of(&browser.get(&silent.url()).await).is_refused("consent_required");

        assert_eq!(made.asks(&idp, "DELETE", None).await.status, 204);
        idp.advance(1);
        assert_eq!(rp.userinfo(&tokens.access()).await.status, 401);
        rp.refresh(&tokens.refresh()).await.is_refused("invalid_client");
        let page = browser.get(&rp.ask().url()).await;
        assert_eq!((page.status, page.location()), (400, None));
        assert!(!browser.open(&idp.at("/account/apps")).await.body.contains("Self-made"));
    })
    .await;
}

#[tokio::test]
async fn another_apps_key_opens_nothing_and_a_bad_registration_changes_nothing() {
    on_each_engine(async |idp| {
        let (one, two) = (Made::new(&idp, json!({}), &app()).await, Made::new(&idp, json!({}), &app()).await);
        let before = made_as(&idp, &one).await;
        let mark = idp.mark().await;
        let document = one.again(json!({ "client_name": "Taken" }));
        for header in [Some(two.key.as_str()), Some("Bearer x"), Some("Basic eDp5"), Some(""), Some("Bearer")]
        {
            for (method, document) in [("GET", None), ("PUT", Some(&document)), ("DELETE", None)] {
                is_unauthorized(&idp.asks_register(method, &one.path, header, document).await);
            }
        }
        for (document, code) in [
            (app(), "invalid_client_metadata"),
            (two.again(json!({})), "invalid_client_metadata"),
            (one.again(json!({ "client_secret": two.answer["client_secret"] })), "invalid_client_metadata"),
            (one.again(json!({ "scope": "openid address" })), "invalid_client_metadata"),
            (one.again(json!({ "token_endpoint_auth_method": "none" })), "invalid_client_metadata"),
            (one.again(json!({ "redirect_uris": ["https://self.example/#x"] })), "invalid_redirect_uri"),
            // The sector of every sub stays.
            (one.again(json!({ "redirect_uris": ["https://other.example/cb"] })), "invalid_client_metadata"),
            (one.again(json!({ "software_statement": "a.b.c" })), "unapproved_software_statement"),
        ] {
            one.asks(&idp, "PUT", Some(&document)).await.is_refused(code);
        }
        assert_eq!(made_as(&idp, &one).await, before);
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.iter().all(|kind| *kind == "client_registration.refused"), "{kinds:?}");
        // Somebody who asks without end waits.
        let mut last = 200;
        for _ in 0..40 {
            last = one.asks(&idp, "GET", None).await.status;
        }
        assert_eq!(last, 429);
        assert_eq!(two.asks(&idp, "GET", None).await.status, 200);
    })
    .await;
}

async fn made_as(idp: &TestIdp, made: &Made) -> serde_json::Map<String, Value> {
    idp.kept_client(&made.id).await.unwrap().registered()
}

#[tokio::test]
async fn a_stopped_app_does_not_let_itself_go_on_and_one_that_was_taken_over_stays_as_it_was_made() {
    on_each_engine(async |idp| {
        let made = Made::new(&idp, json!({}), &app()).await;
        idp.disable_client(&made.id).await;
        let document = made.again(json!({}));
        for (method, document) in [("GET", None), ("PUT", Some(&document)), ("DELETE", None)] {
            let answer = made.asks(&idp, method, document).await;
            assert_eq!((answer.status, answer.member("error").as_str()), (403, "access_denied"), "{method}");
        }
        assert_eq!(idp.kept_client(&made.id).await.unwrap().state, ClientState::Disabled);
        let id = ClientId::from_text(&made.id);
        assert!(clients::set_state(&idp.operator(), &id, ClientState::Enabled).await.unwrap());

        // Administrators took a scope away: the app does not take it back.
        let mut narrowed = Value::Object(made_as(&idp, &made).await);
        narrowed["scope"] = json!("openid");
        settings::change(&idp.operator(), &Within::All, &id, &narrowed).await.unwrap();
        for (method, document) in [("PUT", Some(&document)), ("DELETE", None)] {
            let answer = made.asks(&idp, method, document).await;
            assert_eq!((answer.status, answer.member("error").as_str()), (403, "access_denied"), "{method}");
        }
        assert_eq!(made.asks(&idp, "GET", None).await.member("scope"), "openid");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_removals_over_two_nodes_one_removes_and_a_restart_changes_nothing() {
    on_each_engine(async |one| {
        let (made, kept) =
            (Made::new(&one, json!({}), &app()).await, Made::new(&one, json!({}), &app()).await);
        let two = one.another().await;
        let mark = one.mark().await;
        let mut all = JoinSet::new();
        for i in 0..64 {
            let node = if i % 2 == 0 { one.clone() } else { two.clone() };
            let (path, key) = (made.path.clone(), made.key.clone());
            // Of one minute only so many are let in.
            all.spawn(async move { node.asks_register("DELETE", &path, Some(&key), None).await.status });
        }
        let answers = all.join_all().await;
        assert_eq!(answers.iter().filter(|status| **status == 204).count(), 1);
        assert!(answers.iter().all(|status| [204, 401, 429].contains(status)), "{answers:?}");
        assert_eq!(one.counts_since(mark).await["client.deleted"], 1);
        one.stop().await;
        is_unauthorized(&made.asks(&two, "GET", None).await);
        assert_eq!(kept.asks(&two, "GET", None).await.status, 200);
        let document = kept.again(json!({ "client_name": "After a restart" }));
        assert_eq!(kept.asks(&two, "PUT", Some(&document)).await.status, 200);
        two.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_app_takes_no_hosts_names_for_people_without_being_that_hosts() {
    on_each_engine(async |idp| {
        let device = "urn:ietf:params:oauth:grant-type:device_code";
        let terms = json!({ "grant_types": ["authorization_code", device] });
        // As one whose subs are the same for everybody it may mix addresses; that does not make it the host's.
        let mixed = json!({ "redirect_uris": ["https://other.example/cb", "com.self.app:/cb"], "subject_type": "public" });
        let made = Made::new(&idp, terms.clone(), &with(mixed)).await;
        let pairwise = json!({ "redirect_uris": ["https://other.example/cb", "com.self.app:/cb"], "subject_type": "pairwise" });
        let mark = idp.mark().await;
        made.asks(&idp, "PUT", Some(&made.again(pairwise))).await.is_refused("invalid_redirect_uri");
        assert_eq!(idp.kinds_since(mark).await, ["client_registration.refused"]);
        assert_eq!(made.asks(&idp, "GET", None).await.json()["subject_type"], "public");

        // To a device nothing is sent, so it proves no host.
        let (_, token) = idp.client_token_for(&OrganisationId::root(), 1, terms).await;
        let before = idp.apps().await;
        for named in [
            json!({ "grant_types": [device], "redirect_uris": ["https://other.example/cb"] }),
            json!({ "grant_types": [device], "redirect_uris": [], "sector_identifier_uri": "https://other.example/s" }),
        ] {
            idp.registers(Some(&token), &with(named)).await.is_refused("invalid_client_metadata");
        }
        assert_eq!(idp.apps().await, before);
        let own = with(json!({ "grant_types": [device], "redirect_uris": [] }));
        Made::of(&idp, &idp.registers(Some(&token), &own).await);
    })
    .await;
}

#[tokio::test]
async fn whoever_shows_no_key_draws_no_app_into_the_trail() {
    on_each_engine(async |idp| {
        let made = Made::new(&idp, json!({}), &app()).await;
        let mark = idp.mark().await;
        for path in [made.path.as_str(), "/register/nobody", "/register/somebody"] {
            let answer = idp.asks_register("GET", path, Some("Bearer vsrk_guess"), None).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        let events = idp.events_since(mark).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0].client.is_none(), "{events:?}");
    })
    .await;
}
