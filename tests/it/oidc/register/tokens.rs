//! By whose leave an app registers: a token that works, as often as it may, and nothing else.

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use vouchsafe::base::OrganisationId;
use vouchsafe::clients::{Origin, Stage};
use vouchsafe::duties::{Action, Duty};
use vouchsafe::flows::admin::{self, client_tokens};
use vouchsafe::identity::State;
use vouchsafe::store::client_tokens as rows;

use super::{Made, OPEN, app, is_unauthorized, with};
use crate::admin::browser_of;
use crate::faults::{postgres_away, redis_away};
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};
use crate::servers::{Proxy, Weather, soon};
use crate::webhooks::NEAR;

#[tokio::test]
async fn a_token_registers_an_app_of_its_organisation_and_the_answer_says_everything() {
    on_each_engine(async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let (token, shown) = idp.client_token(&north).await;
        let mark = idp.mark().await;
        let document =
            with(json!({ "contacts": ["it@self.example"], "no_such_member": 7, "client_id": "wished",
            "client_secret": "wished", "policy": { "require_pkce": false }, "software_id": "x" }));
        let answer = idp.registers(Some(&shown), &document).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        let made = answer.json();
        for (member, value) in [
            ("redirect_uris", json!(["https://self.example/cb"])),
            ("contacts", json!(["it@self.example"])),
            ("client_secret_expires_at", json!(0)),
            (
                "client_id_issued_at",
                json!(
                    idp.kept_client(made["client_id"].as_str().unwrap()).await.unwrap().created_at.seconds()
                ),
            ),
            ("grant_types", json!(["authorization_code"])),
            ("response_types", json!(["code"])),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("id_token_signed_response_alg", json!("RS256")),
            ("scope", json!("openid profile email")),
            ("subject_type", json!("pairwise")),
            ("no_such_member", json!(null)),
        ] {
            assert_eq!(made[member], value, "{member}");
        }
        assert_eq!(made["policy"]["require_pkce"], true);
        let uri = format!("{}/register/{}", idp.issuer, made["client_id"].as_str().unwrap());
        assert_eq!(made["registration_client_uri"], uri.as_str());
        let client = idp.kept_client(made["client_id"].as_str().unwrap()).await.unwrap();
        assert_eq!((client.organisation, client.origin, client.stage), (north, Origin::Token, Stage::Live));
        let events = idp.events_since(mark).await;
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!((event.kind.as_str(), event.client.as_ref().unwrap()), ("client.created", &client.id));
        assert_eq!(event.detail.as_ref().unwrap()["token"], token.id.as_str());
        let told = format!("{events:?}");
        for secret in ["client_secret", "registration_access_token"] {
            let secret = made[secret].as_str().unwrap();
            assert!(secret.len() > 40 && secret != "wished" && !told.contains(secret));
        }

        // It signs people in.
        let id = made["client_id"].as_str().unwrap();
        let basic = crate::actors::basic(id, made["client_secret"].as_str().unwrap());
        let form = "grant_type=authorization_code&code=x&redirect_uri=x";
        let typed = ("content-type", "application/x-www-form-urlencoded");
        let answer = idp.http.send("POST", "/token", &[typed, ("authorization", &basic)], form).await;
        answer.is_refused("invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_token_that_works_registers_nothing() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (_, used) = idp.client_token(&root).await;
        let made = Made::of(&idp, &idp.registers(Some(&used), &app()).await);
        let (revoked, taken_back) = idp.client_token(&root).await;
        let cx = idp.operator();
        let actor = admin::authorise(&cx, &admin::at_host(&cx), Action::ClientToken, &root).await.unwrap();
        client_tokens::revoke(&cx, &actor, &revoked).await.unwrap();
        let (_, old) = idp.client_token(&root).await;
        let tampered = format!("Bearer {}x", old.expose());
        let before = idp.apps().await;
        let mark = idp.mark().await;
        let bearer = |token: &vouchsafe::base::Token| format!("Bearer {}", token.expose());
        let headers = [
            None,
            Some(String::new()),
            Some("Bearer".to_owned()),
            Some("Bearer ".to_owned()),
            Some("Bearer \u{e9}".to_owned()),
            Some(format!("Basic {}", old.expose())),
            Some(format!("Bearer {}", "x".repeat(9_000))),
            Some(made.key.clone()),
            Some(tampered),
            Some(bearer(&used)),
            Some(bearer(&taken_back)),
        ];
        for header in &headers {
            let answer = idp.asks_register("POST", "/register", header.as_deref(), Some(&app())).await;
            match header {
                None => assert_eq!((answer.status, answer.member("error").as_str()), (401, "invalid_token")),
                Some(_) => is_unauthorized(&answer),
            }
        }
        assert_eq!(idp.counts_since(mark).await["client_registration.refused"], 1, "counted within a second");
        idp.advance(7 * 24 * 3600);
        is_unauthorized(&idp.registers(Some(&old), &app()).await);
        assert_eq!(idp.apps().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_registers_nothing_any_more_when_its_maker_is_suspended_meanwhile() {
    on_each_engine_with(&NEAR, async |idp| {
        let north = idp.organisation("North", &OrganisationId::root()).await;
        let olga = idp.admin("olga", &[(Duty::Owner, &north)]).await;
        let who = admin::at_browser(&idp.operator(), &browser_of(&olga)).await.unwrap();
        let actor = admin::authorise(&idp.operator(), &who, Action::ClientToken, &north).await.unwrap();
        let (token, shown) = idp.client_token_by(&actor, 2, json!({})).await;
        // The token was looked at by the time its app's logo is asked for.
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let logo = format!("http://{}/logo.gif", server.local_addr().unwrap());
        for suspended in [false, true] {
            let (before, mark) = (idp.apps().await, idp.mark().await);
            let (node, shown, logo) = (idp.clone(), shown.clone(), logo.clone());
            let registering = tokio::spawn(async move {
                node.registers(Some(&shown), &with(json!({ "logo_uri": logo }))).await
            });
            let mut asked = BufReader::new(server.accept().await.unwrap().0);
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                assert!(asked.read_line(&mut line).await.unwrap() > 0);
            }
            if suspended {
                idp.set_account(&olga.person.account, State::Disabled).await;
            }
            let gif = "HTTP/1.1 200 OK\r\ncontent-type: image/gif\r\ncontent-length: 10\r\n\r\nGIF89a one";
            asked.write_all(gif.as_bytes()).await.unwrap();
            let answer = registering.await.unwrap();
            let kinds = idp.kinds_since(mark).await;
            if suspended {
                is_unauthorized(&answer);
                assert!(kinds.contains(&"client_registration.refused") && !kinds.contains(&"client.created"));
                assert_eq!(idp.apps().await, before);
            } else {
                assert_eq!((answer.status, idp.apps().await), (201, before + 1), "{answer:?}");
            }
        }
        let kept = rows::find(&idp.app.services.store, &token.id).await.unwrap().unwrap();
        assert_eq!(kept.used, 1, "what was refused costs no use");
    })
    .await;
}

/// What came of 64 registrations over these nodes with a token for one.
async fn races(idp: &TestIdp, nodes: &[TestIdp]) {
    let (token, shown) = idp.client_token(&OrganisationId::root()).await;
    let mark = idp.mark().await;
    let mut all = JoinSet::new();
    for i in 0..64 {
        let (node, shown) = (nodes[i % nodes.len()].clone(), shown.clone());
        all.spawn(async move { node.registers(Some(&shown), &app()).await.status });
    }
    let mut answers = all.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers[0], 201);
    assert!(answers[1..].iter().all(|status| *status == 401), "{answers:?}");
    assert_eq!(idp.apps().await, 1);
    assert_eq!(idp.counts_since(mark).await["client.created"], 1);
    let cx = idp.operator();
    let listed = client_tokens::visible(&cx, &admin::at_host(&cx)).await.unwrap();
    assert_eq!(listed.iter().find(|one| one.id == token.id).unwrap().used, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_apps_over_two_nodes_a_token_for_one_registers_one() {
    let many = [("VOUCHSAFE__LIMITS__NETWORK_REGISTRATIONS", "1000")];
    on_each_engine_with(&many, async |one| {
        let two = one.another().await;
        races(&one, &[one.clone(), two.clone()]).await;
        two.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_costs_no_use_of_the_token() {
    on_each_engine(async |idp| {
        let (_, token) = idp.client_token(&OrganisationId::root()).await;
        let mark = idp.mark().await;
        // Nobody sees certificates here.
        let certified = json!({
            "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://self.example/k",
        });
        for (document, code) in [
            (with(certified), "invalid_client_metadata"),
            (with(json!({ "redirect_uris": ["https://self.example/cb#x"] })), "invalid_redirect_uri"),
            (with(json!({ "redirect_uris": ["http://self.example/cb"] })), "invalid_redirect_uri"),
            (with(json!({ "redirect_uris": ["javascript:alert(1)"] })), "invalid_redirect_uri"),
            (with(json!({ "redirect_uris": [] })), "invalid_redirect_uri"),
            (with(json!({ "initiate_login_uri": "http://localhost:9/in" })), "invalid_client_metadata"),
            (with(json!({ "initiate_login_uri": "http://self.example/in" })), "invalid_client_metadata"),
            (with(json!({ "grant_types": ["implicit"] })), "invalid_client_metadata"),
            (with(json!({ "response_types": ["id_token"] })), "invalid_client_metadata"),
            (with(json!({ "jwks": {}, "jwks_uri": "https://self.example/k" })), "invalid_client_metadata"),
            (with(json!({ "client_name": "a\u{202e}b" })), "invalid_client_metadata"),
            (with(json!({ "software_statement": "a.b.c" })), "unapproved_software_statement"),
            (with(json!({ "software_statement": "abc" })), "invalid_software_statement"),
            (with(json!({ "software_statement": {} })), "invalid_software_statement"),
            (json!({}), "invalid_redirect_uri"),
        ] {
            let answer = idp.registers(Some(&token), &document).await;
            answer.is_refused(code);
        }
        let header = format!("Bearer {}", token.expose());
        for (media, body, status) in [
            ("application/json", "{", 400),
            ("application/json", "[]", 400),
            ("application/json", "", 400),
            ("text/plain", "{}", 400),
            ("application/x-www-form-urlencoded", "redirect_uris=x", 400),
            ("application/json", &"x".repeat(70_000), 413),
        ] {
            let headers = [("content-type", media), ("authorization", header.as_str())];
            let answer = idp.http.send("POST", "/register", &headers, body).await;
            assert_eq!((answer.status, answer.member("error").as_str()), (status, "invalid_client_metadata"));
        }
        assert_eq!(idp.apps().await, 0);
        let kinds = idp.kinds_since(mark).await;
        assert!(
            kinds.iter().all(|kind| ["client_registration.refused", "input.refused"].contains(kind)),
            "{kinds:?}"
        );
        assert_eq!(idp.registers(Some(&token), &app()).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn a_network_registers_no_more_than_its_limit() {
    let few = [OPEN[0], ("VOUCHSAFE__LIMITS__NETWORK_REGISTRATIONS", "2")];
    on_each_engine_with(&few, async |idp| {
        for _ in 0..2 {
            assert_eq!(idp.registers(None, &app()).await.status, 201);
        }
        let mark = idp.mark().await;
        let answer = idp.registers(None, &app()).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "600"));
        assert_eq!(idp.kinds_since(mark).await, ["network.throttled"]);
        assert_eq!(idp.apps().await, 2);
        idp.advance(600);
        assert_eq!(idp.registers(None, &app()).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn discovery_names_the_endpoint_where_it_can_be_used_and_off_is_off() {
    on_each_engine_with(&[("VOUCHSAFE__REGISTRATION__MODE", "off")], async |idp| {
        let (_, token) = idp.client_token(&OrganisationId::root()).await;
        let discovery = idp.http.get("/.well-known/openid-configuration").await.json();
        assert_eq!(discovery.get("registration_endpoint"), None);
        let answer = idp.registers(Some(&token), &app()).await;
        assert_eq!((answer.status, answer.member("error").as_str()), (404, "access_denied"));
        assert_eq!(idp.asks_register("GET", "/register/x", Some("Bearer x"), None).await.status, 404);
        assert_eq!(idp.apps().await, 0);
    })
    .await;
}

/// A store goes and comes back: nothing is registered meanwhile, and the token's one use is left.
async fn waits_for_its_store(idp: TestIdp, proxy: &Proxy) {
    let (_, token) = idp.client_token(&OrganisationId::root()).await;
    let made = Made::new(&idp, json!({}), &app()).await;
    proxy.turns(Weather::Refusing);
    idp.advance(2);
    for answer in [idp.registers(Some(&token), &app()).await, made.asks(&idp, "DELETE", None).await] {
        assert_eq!((answer.status, answer.member("error").as_str()), (503, "temporarily_unavailable"));
    }
    proxy.turns(Weather::Fair);
    soon("an answer", async || made.asks(&idp, "GET", None).await.status == 200).await;
    assert_eq!(idp.apps().await, 1);
    assert_eq!(idp.registers(Some(&token), &app()).await.status, 201);
    idp.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_session_store_is_away_nothing_is_registered_and_no_use_is_spent() {
    let Some((idp, proxy)) = redis_away::behind_a_proxy().await else { return };
    waits_for_its_store(idp, &proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_nothing_is_registered_and_no_use_is_spent() {
    postgres_away::behind_a_proxy(async |idp, proxy| waits_for_its_store(idp, proxy).await).await;
}
