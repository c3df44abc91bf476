//! Token exchange (RFC 8693): a service calls another one for the person it was called for, and nobody gets more by it.

use serde_json::json;
use tokio::task::JoinSet;
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::duties::{Action, Reason};
use vouchsafe::flows::{admin, keys};
use vouchsafe::identity::State;

use super::verified;
use crate::actors::{Answer, DpopKey, Person, Rp, RpBuilder, claims, header};
use crate::faults::stores::{Asked, Rests, on_each_store};
use crate::idp::{TestIdp, on_each_engine};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const RECORDS: &str = "https://records.example/";
const LABS: &str = "https://labs.example/";
const BILLS: &str = "urn:example:bills";

/// An app that people sign in to, which calls the records.
async fn app(idp: &TestIdp) -> Rp {
    let grants = json!(["authorization_code", "refresh_token", GRANT]);
    let rp =
        idp.rp().with("grant_types", grants).with("scope", "openid profile email offline_access read write");
    rp.policy("resources", json!([RECORDS, LABS])).policy("exchange", true).basic().await
}

/// A service that is called with tokens for one name, and calls others.
async fn service(idp: &TestIdp, serves: &str, calls: &[&str]) -> Rp {
    serving(idp, serves, calls).basic().await
}

fn serving(idp: &TestIdp, serves: &str, calls: &[&str]) -> RpBuilder {
    let rp =
        idp.rp().with("grant_types", json!(["client_credentials", GRANT])).with("redirect_uris", json!([]));
    let rp = rp.with("post_logout_redirect_uris", json!([])).with("scope", "openid profile read audit");
    let rp = rp.policy("serves", json!([serves])).policy("resources", json!(calls));
    rp.policy("exchange", true)
}

/// A token of the person for these resources.
async fn token(app: &Rp, person: &Person, resources: &[&str]) -> String {
    let ask = app.ask().set("scope", "openid profile email read write offline_access");
    let ask = resources.iter().fold(ask, |ask, name| ask.add("resource", name));
    app.signs_in_with(person, &app.idp().browser(), &ask).await.access()
}

fn form<'a>(subject: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("grant_type", GRANT), ("subject_token", subject), ("subject_token_type", ACCESS)];
    form.extend(more);
    form
}

/// A form that says who acts.
fn acting(token: &str) -> [(&str, &str); 3] {
    [("resource", LABS), ("actor_token", token), ("actor_token_type", ACCESS)]
}

async fn exchanges(rp: &Rp, subject: &str, more: &[(&str, &str)]) -> Answer {
    rp.posts("/token", &form(subject, more)).await
}

/// Insists that a token is dead, for whoever may ask about it.
async fn is_dead(rp: &Rp, token: &str) {
    assert_eq!(rp.introspect(token).await.json(), json!({ "active": false }));
}

type Form<'f> = Vec<(&'f str, &'f str)>;

#[tokio::test]
async fn a_service_calls_another_for_a_person_and_is_named_with_those_before_it() {
    on_each_engine(async |idp| {
        let app = app(&idp).await;
        let records = service(&idp, RECORDS, &[LABS, BILLS]).await;
        let labs = service(&idp, LABS, &[BILLS]).await;
        let bills = service(&idp, BILLS, &[]).await;
        let alice = idp.person("alice").await;
        let subject = token(&app, &alice, &[RECORDS]).await;
        idp.advance(100);
        let mark = idp.mark().await;
        let answer = exchanges(&records, &subject, &[("resource", LABS)]).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let got = answer.is_granted();
        assert_eq!(idp.kinds_since(mark).await, ["token.exchanged"]);
        let event = idp.events_since(mark).await.remove(0);
        assert_eq!(
            (event.account, event.client),
            (Some(alice.account.clone()), Some(ClientId::from_text(&*records.id)))
        );
        assert_eq!((&got.0["issued_token_type"], &got.0["token_type"]), (&json!(ACCESS), &json!("Bearer")));
        assert_eq!(got.0["scope"], "openid profile read", "what it is not registered for is left behind");
        assert!(got.0.get("refresh_token").is_none() && got.0.get("id_token").is_none());
        let (new, old) = (verified(&idp, &got.access()).await, claims(&subject));
        for name in ["acr", "amr", "auth_time", "exp", "iss", "vs_fam"] {
            assert_eq!(new[name], old[name], "{name}");
        }
        assert!(got.0["expires_in"].as_i64().unwrap() <= 200, "{}", got.0);
        assert_eq!((&new["aud"], &new["client_id"]), (&json!(LABS), &json!(records.id)));
        assert_eq!(new["act"], json!({ "sub": records.id }));
        // Each knows the person by a name of its own, the same one each time.
        let again = exchanges(&records, &subject, &[("audience", BILLS)]).await.is_granted();
        assert_eq!(claims(&again.access())["sub"], new["sub"]);
        assert_ne!(new["sub"], old["sub"]);

        // The next one calls for the same person, and who acted before is not forgotten.
        let next =
            exchanges(&labs, &got.access(), &[("resource", BILLS), ("scope", "read")]).await.is_granted();
        let told = bills.introspect(&next.access()).await.json();
        assert_eq!(told["act"], json!({ "sub": labs.id, "act": { "sub": records.id } }));
        assert_eq!(
            (&told["active"], &told["scope"], &told["acr"]),
            (&json!(true), &json!("read"), &old["acr"])
        );
        is_dead(&bills, &got.access()).await;

        // A service's own token says what none says; that of whoever called it is nobody's to show here.
        let machine = [("grant_type", "client_credentials"), ("scope", "audit"), ("resource", RECORDS)];
        let nightly = service(&idp, "urn:example:nightly", &[RECORDS]).await;
        let actor = nightly.posts("/token", &machine).await.is_granted().access();
        let mark = idp.mark().await;
        exchanges(&records, &subject, &acting(&actor)).await.is_refused("invalid_request");
        let refused = idp.events_since(mark).await.remove(0);
        assert_eq!(
            (refused.kind.as_str(), refused.reason.as_deref()),
            ("token.refused", Some("actor_another"))
        );
        let machine = [("grant_type", "client_credentials"), ("scope", "audit"), ("resource", LABS)];
        let actor = records.posts("/token", &machine).await.is_granted().access();
        let named = exchanges(&records, &subject, &acting(&actor)).await.is_granted().access();
        let named = claims(&named);
        assert_eq!((&named["act"], &named["client_id"]), (&json!({ "sub": records.id }), &json!(records.id)));

        // Given back, it is dead, and so is what was made of it; what it was made of is not.
        assert_eq!(records.revoke(&got.access()).await.status, 200);
        is_dead(&labs, &got.access()).await;
        is_dead(&bills, &next.access()).await;
        assert_eq!(records.introspect(&subject).await.json()["active"], true);
    })
    .await;
}

#[tokio::test]
async fn an_exchanged_token_shows_here_what_its_own_client_may_see() {
    on_each_engine(async |idp| {
        let app = app(&idp).await;
        let records = service(&idp, RECORDS, &[LABS]).await;
        let alice =
            idp.person_as("alice", vouchsafe::base::Role::Patient, true, json!({ "name": "Alice" })).await;
        let issuer = idp.issuer.as_str();
        let both = token(&app, &alice, &[RECORDS, issuer]).await;
        let got = exchanges(&records, &both, &[("resource", issuer)]).await.is_granted().access();
        let seen = records.userinfo(&got).await.json();
        assert_eq!(
            seen,
            json!({ "sub": claims(&got)["sub"], "name": "Alice", "preferred_username": "alice" })
        );
        // What an API alone was called with gives it nothing here.
        let subject = token(&app, &alice, &[RECORDS]).await;
        let mark = idp.mark().await;
        exchanges(&records, &subject, &[("resource", issuer)]).await.is_refused("invalid_target");
        assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
        let labs = exchanges(&records, &subject, &[("resource", LABS)]).await.is_granted().access();
        assert_eq!(records.userinfo(&labs).await.status, 401);
        assert_eq!(
            idp.http
                .send("GET", "/api/admin/v1/people", &[("authorization", &format!("Bearer {got}"))], "")
                .await
                .status,
            401
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_more_by_an_exchange() {
    on_each_engine(async |idp| {
        let app = app(&idp).await;
        let records = service(&idp, RECORDS, &[LABS]).await;
        let labs = service(&idp, LABS, &[BILLS]).await;
        let alice = idp.person("alice").await;
        let tokens = app
            .signs_in_with(
                &alice,
                &idp.browser(),
                &app.ask().set("scope", "openid read write").add("resource", RECORDS),
            )
            .await;
        let (subject, id_token) = (tokens.access(), tokens.id());
        let own = [("grant_type", "client_credentials"), ("scope", "audit"), ("resource", LABS)];
        let own = records.posts("/token", &own).await.is_granted().access();
        let foreign = token(&app, &alice, &[LABS]).await;
        let broken = format!("{}x", &subject[..subject.len() - 1]);
        let (target, id_type) = (("resource", LABS), "urn:ietf:params:oauth:token-type:id_token");
        let with = |more: &[(&'static str, &'static str)]| [&[target], more].concat();
        let cases: Vec<(&str, Form<'_>, &str)> = vec![
            (&subject, vec![], "invalid_request"),
            (&subject, vec![("resource", BILLS)], "invalid_target"),
            (&subject, vec![("audience", "https://evil.example/")], "invalid_target"),
            (&subject, vec![("resource", LABS), ("audience", RECORDS)], "invalid_target"),
            (&subject, with(&[("scope", "write")]), "invalid_scope"),
            (&subject, with(&[("scope", "read audit")]), "invalid_scope"),
            (&subject, with(&[("scope", "offline_access")]), "invalid_scope"),
            (
                &subject,
                with(&[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")]),
                "invalid_request",
            ),
            (&subject, with(&[("subject_token", "x")]), "invalid_request"),
            (&foreign, vec![target], "invalid_request"),
            (&own, vec![target], "invalid_request"),
            (&id_token, vec![target], "invalid_request"),
            (&broken, vec![target], "invalid_request"),
            ("x", vec![target], "invalid_request"),
        ];
        for (subject, more, code) in &cases {
            let mark = idp.mark().await;
            exchanges(&records, subject, more).await.is_refused(code);
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"], "{more:?}");
        }
        for token in [subject.as_str(), foreign.as_str(), "x"] {
            let more = [target, ("actor_token", token), ("actor_token_type", ACCESS)];
            let mark = idp.mark().await;
            exchanges(&records, &subject, &more).await.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"], "{token}");
        }
        let typed =
            [("grant_type", GRANT), ("subject_token", &id_token), ("subject_token_type", id_type), target];
        records.posts("/token", &typed).await.is_refused("invalid_request");
        // Who is not its audience gets nothing for a token, nor does whom nobody allowed it.
        exchanges(&labs, &subject, &[("resource", BILLS)]).await.is_refused("invalid_request");
        let plain =
            idp.rp().policy("serves", json!([RECORDS])).policy("resources", json!([LABS])).basic().await;
        exchanges(&plain, &subject, &[target]).await.is_refused("unauthorized_client");
        let stolen = records.by(crate::actors::Auth::Public);
        exchanges(&stolen, &subject, &[target]).await.is_refused("invalid_client");
        // The chain of those who act for each other ends.
        let mut last = token(&app, &alice, &[LABS]).await;
        for _ in 0..4 {
            last = exchanges(&app, &last, &[target]).await.is_granted().access();
        }
        let mark = idp.mark().await;
        exchanges(&app, &last, &[target]).await.is_refused("invalid_request");
        assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
        // A service whose people must prove more gets nothing for less.
        let strict = idp
            .rp()
            .with("grant_types", json!([GRANT]))
            .with("redirect_uris", json!([]))
            .with("scope", "read");
        let strict = strict.with("post_logout_redirect_uris", json!([])).policy("serves", json!([RECORDS]));
        let strict = strict.policy("resources", json!([LABS])).policy("exchange", true);
        let strict = strict.policy("min_acr", "urn:vouchsafe:acr:aal2-phr").basic().await;
        exchanges(&strict, &subject, &[target]).await.is_refused("invalid_request");
        exchanges(&records, &subject, &[target]).await.is_granted();
    })
    .await;
}

#[tokio::test]
async fn a_service_gets_nothing_for_less_than_a_sign_in_at_it_takes() {
    on_each_engine(async |idp| {
        let lowered = |rp: RpBuilder| {
            rp.policy("min_acr", "urn:vouchsafe:acr:aal1").policy("lower_role_floor", true).basic()
        };
        let rp = idp.rp().with("scope", "openid read").policy("resources", json!([RECORDS]));
        let low = lowered(rp).await;
        let records = service(&idp, RECORDS, &[LABS]).await;
        let open = lowered(serving(&idp, RECORDS, &[LABS])).await;
        let recent = serving(&idp, RECORDS, &[LABS]).with("default_max_age", 60).basic().await;
        let alice = idp.person("alice").await;
        let ask = low.ask().set("scope", "openid read").add("resource", RECORDS);
        let half = low.signs_in_with(&alice, &idp.browser(), &ask).await.access();
        assert_eq!(claims(&half)["acr"], "urn:vouchsafe:acr:aal1");
        let target = [("resource", LABS)];
        let is_too_low = async |rp: &Rp, subject: &str| {
            let mark = idp.mark().await;
            exchanges(rp, subject, &target).await.is_refused("invalid_request");
            let events = idp.events_since(mark).await;
            let told: Vec<_> = events.iter().map(|e| (e.kind.as_str(), e.reason.as_deref())).collect();
            assert_eq!(told, [("token.refused", Some("subject_level"))]);
        };
        // The floor of the role holds wherever the service did not lower it.
        is_too_low(&records, &half).await;
        exchanges(&open, &half, &target).await.is_granted();
        // So does the age that the service asks of a sign-in.
        let whole = token(&app(&idp).await, &alice, &[RECORDS]).await;
        exchanges(&recent, &whole, &target).await.is_granted();
        idp.advance(61);
        is_too_low(&recent, &whole).await;
        exchanges(&records, &whole, &target).await.is_granted();
        // And whatever the policy says of it.
        let rule = json!([{ "app": records.id, "floor": "urn:vouchsafe:acr:aal2-phr" }]);
        crate::policies::ask(&idp, json!({ "/apps": rule })).await;
        is_too_low(&records, &whole).await;
        crate::policies::ask(&idp, json!({ "/apps": [{ "app": records.id, "max_age": 60 }] })).await;
        is_too_low(&records, &whole).await;
        let keys = json!([{ "app": records.id, "second_factors": ["passkey"] }]);
        crate::policies::ask(&idp, json!({ "/apps": keys })).await;
        is_too_low(&records, &whole).await;
        exchanges(&open, &whole, &target).await.is_granted();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_exchanges_over_two_nodes_none_outlives_the_first_token_or_the_key_that_signed_it() {
    on_each_engine(async |idp| {
        let app = app(&idp).await;
        let records = service(&idp, RECORDS, &[LABS]).await;
        let labs = service(&idp, LABS, &[]).await;
        let node = idp.another().await;
        let subject = token(&app, &idp.person("alice").await, &[RECORDS]).await;
        let mark = idp.mark().await;
        let mut all = JoinSet::new();
        for i in 0..64 {
            let rp = records.at(if i % 2 == 0 { &idp } else { &node });
            let (app, subject) = ((i == 32).then(|| app.at(&node)), subject.clone());
            all.spawn(async move {
                if let Some(app) = app {
                    assert_eq!(app.revoke(&subject).await.status, 200);
                }
                exchanges(&rp, &subject, &[("resource", LABS)]).await
            });
        }
        let answers = all.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        for answer in lost {
            answer.is_refused("invalid_request");
        }
        let counts = idp.counts_since(mark).await;
        assert_eq!(counts.get("token.exchanged").copied().unwrap_or(0), won.len());
        let restarted = idp.another().await;
        for answer in won {
            for place in [&idp, &node, &restarted] {
                is_dead(&labs.at(place), &answer.is_granted().access()).await;
            }
        }
        restarted.stop().await;

        let subject = token(&app, &idp.person("bob").await, &[RECORDS]).await;
        let got = exchanges(&records.at(&node), &subject, &[("resource", LABS)]).await.is_granted().access();
        let cx = idp.operator();
        let who = admin::at_host(&cx);
        let actor = admin::authorise(&cx, &who, Action::KeyRevoke, &OrganisationId::root()).await.unwrap();
        let kid = header(&subject)["kid"].as_str().unwrap().to_owned();
        keys::revoke(&cx, &actor, &kid, &Reason::parse("a backup was lost").unwrap()).await.unwrap();
        idp.advance(1);
        for place in [&idp, &node] {
            is_dead(&labs.at(place), &got).await;
            let again = exchanges(&records.at(place), &subject, &[("resource", LABS)]).await;
            again.is_refused("invalid_request");
        }
        node.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whatever_ends_the_first_token_ends_those_that_were_made_of_it() {
    on_each_engine(async |idp| {
        let app = app(&idp).await;
        let records = service(&idp, RECORDS, &[LABS]).await;
        let labs = service(&idp, LABS, &[]).await;
        let issued = async |name: &str| {
            let person = idp.person(name).await;
            let subject = token(&app, &person, &[RECORDS]).await;
            let got = exchanges(&records, &subject, &[("resource", LABS)]).await.is_granted().access();
            assert_eq!(labs.introspect(&got).await.json()["active"], true);
            (person, subject, got)
        };
        let dead = async |subject: &str, got: &str| {
            is_dead(&labs, got).await;
            let mark = idp.mark().await;
            exchanges(&records, subject, &[("resource", LABS)]).await.is_refused("invalid_request");
            assert_eq!(idp.kinds_since(mark).await, ["token.refused"]);
        };
        let (alice, subject, got) = issued("alice").await;
        idp.end_sessions(&alice.account).await;
        dead(&subject, &got).await;
        let (bob, subject, got) = issued("bob").await;
        idp.set_account(&bob.account, State::Disabled).await;
        dead(&subject, &got).await;
        let (_, subject, got) = issued("carol").await;
        assert_eq!(app.revoke(&subject).await.status, 200);
        dead(&subject, &got).await;
        let (_, subject, got) = issued("dora").await;
        idp.advance(300);
        dead(&subject, &got).await;
        let (gina, browser) = (idp.person("gina").await, idp.browser());
        let ask = app.ask().set("scope", "openid read").add("resource", RECORDS);
        let subject = app.signs_in_with(&gina, &browser, &ask).await.access();
        let got = exchanges(&records, &subject, &[("resource", LABS)]).await.is_granted().access();
        let stop = browser.open(&idp.at("/account/apps")).await.form("stop-1");
        assert_eq!(browser.post(&stop.action, &stop.fields).await.status, 303);
        dead(&subject, &got).await;
        // Another node knows it as well, and so does a service that was stopped.
        let (_, subject, got) = issued("erin").await;
        let node = idp.another().await;
        assert_eq!(labs.at(&node).introspect(&got).await.json()["active"], true);
        idp.disable_client(&records.id).await;
        is_dead(&labs.at(&node), &got).await;
        node.stop().await;
        exchanges(&records, &subject, &[("resource", LABS)]).await.is_refused("invalid_client");
        let (_, subject, own) = {
            let person = idp.person("frank").await;
            let subject = token(&app, &person, &[LABS]).await;
            let own = exchanges(&app, &subject, &[("resource", LABS)]).await.is_granted().access();
            (person, subject, own)
        };
        idp.disable_client(&app.id).await;
        is_dead(&labs, &subject).await;
        is_dead(&labs, &own).await;
    })
    .await;
}

#[tokio::test]
async fn a_bound_token_is_exchanged_for_a_bound_one_alone() {
    on_each_engine(async |idp| {
        let app = app(&idp).await;
        let records = service(&idp, RECORDS, &[LABS]).await;
        let alice = idp.person("alice").await;
        let (key, other) = (DpopKey::new(&idp).await, DpopKey::new(&idp).await);
        let ask = app.ask().set("scope", "openid read").add("resource", RECORDS).add("resource", LABS);
        let code = alice.authorizes(&idp.browser(), &ask).await.code();
        let subject = app.redeem_proving(&code, &key).await.is_granted().access();
        let proving = async |rp: &Rp, key: &DpopKey| {
            let proof = key.proof("POST", "/token", &json!({}));
            rp.posts_with("/token", &form(&subject, &[("resource", LABS)]), &[&proof]).await
        };
        let mark = idp.mark().await;
        exchanges(&records, &subject, &[("resource", LABS)]).await.is_refused("invalid_request");
        exchanges(&app, &subject, &[("resource", LABS)]).await.is_refused("invalid_request");
        proving(&app, &other).await.is_refused("invalid_dpop_proof");
        assert_eq!(idp.kinds_since(mark).await, ["token.refused"; 3]);
        // Its own client shows the same key; whoever was called with it, a key of its own.
        for (rp, key) in [(&app, &key), (&records, &other)] {
            let got = proving(rp, key).await.is_granted();
            assert_eq!(got.0["token_type"], "DPoP");
            assert_eq!(claims(&got.access())["cnf"], json!({ "jkt": key.thumbprint() }));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_store_is_away_nothing_is_exchanged_that_needs_it() {
    on_each_store(&[], async |idp, store| {
        let (app, records) = (app(&idp).await, service(&idp, RECORDS, &[LABS]).await);
        let keyed = serving(&idp, RECORDS, &[LABS]).private_key_jwt().await;
        let labs = service(&idp, LABS, &[]).await;
        let key = DpopKey::new(&idp).await;
        let subject = token(&app, &idp.person("alice").await, &[RECORDS]).await;
        let first = exchanges(&records, &subject, &[("resource", LABS)]).await.is_granted().access();
        let look = "a look at what came of one";
        let asks = || {
            let by = |rp: &Rp| (rp.clone(), subject.clone());
            let (plain, signing, proving, stranger) = (by(&records), by(&keyed), by(&records), by(&labs));
            let (labs, first) = (labs.clone(), first.clone());
            let proof = key.proof("POST", "/token", &json!({}));
            vec![
                Asked::new("an exchange", Rests::Change, async move {
                    exchanges(&plain.0, &plain.1, &[("resource", LABS)]).await
                })
                .telling("token.exchanged"),
                Asked::new("one by an assertion", Rests::Both, async move {
                    exchanges(&signing.0, &signing.1, &[("resource", LABS)]).await
                }),
                Asked::new("one for a key", Rests::Both, async move {
                    let form = form(&proving.1, &[("resource", LABS)]);
                    proving.0.posts_with("/token", &form, &[&proof]).await
                }),
                Asked::new("one by another", Rests::Change, async move {
                    exchanges(&stranger.0, &stranger.1, &[("resource", LABS)]).await
                })
                .answered(400)
                .telling("token.refused"),
                Asked::new(look, Rests::Facts, async move { labs.introspect(&first).await }),
            ]
        };
        for (name, answer) in store.away(&idp, asks).await {
            match name {
                "an exchange" => assert_eq!(claims(&answer.is_granted().access())["aud"], LABS),
                name if name == look => assert_eq!(answer.json()["active"], true),
                _ => drop(answer.is_refused("invalid_request")),
            }
        }
        for rp in [&records, &keyed] {
            let mark = idp.mark().await;
            let got = exchanges(rp, &subject, &[("resource", LABS)]).await.is_granted().access();
            assert_eq!(idp.kinds_since(mark).await, ["token.exchanged"]);
            assert_eq!(labs.introspect(&got).await.json()["active"], true);
        }
        let form = form(&subject, &[("resource", LABS)]);
        let got = records.posts_with("/token", &form, &[&key.proof("POST", "/token", &json!({}))]).await;
        assert_eq!(claims(&got.is_granted().access())["cnf"]["jkt"], key.thumbprint());
    })
    .await;
}
