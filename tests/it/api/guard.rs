//! Who gets in: a living token of a machine, with the scope, seldom enough. Nothing else opens anything.

use serde_json::json;
use vouchsafe::audit::Kind;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;
use vouchsafe::flows::clients::settings::{self, Within};

use super::{ALL, is_problem};
use crate::actors::DpopKey;
use crate::admin::refusal;
use crate::idp::{TestIdp, on_each_engine, on_each_engine_with};

const PLACE: &str = "/api/admin/v1/organisations";

async fn asks(idp: &TestIdp, headers: &[(&str, &str)]) -> crate::actors::Answer {
    idp.http.send("GET", PLACE, headers, "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_opens_and_cookies_are_not_looked_at() {
    on_each_engine(async |idp| {
        let owner = idp.admin("olga", &[(Duty::Owner, &OrganisationId::root())]).await;
        let cookies: Vec<_> =
            owner.browser.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mark = idp.mark().await;
        let strange = "Bearer not-a-token".to_owned();
        for (headers, code) in [
            (vec![], "VS-4010"),
            (vec![("cookie", cookies.as_str())], "VS-4010"),
            (vec![("authorization", "Basic eDp5")], "VS-4010"),
            (vec![("authorization", strange.as_str()), ("authorization", strange.as_str())], "VS-4010"),
            (vec![("authorization", strange.as_str()), ("cookie", cookies.as_str())], "VS-4011"),
        ] {
            let answer = asks(&idp, &headers).await;
            is_problem(&answer, 401, code);
            assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{answer:?}");
            assert!(answer.header("set-cookie").is_empty(), "{answer:?}");
        }
        let events = idp.events_since(mark).await;
        assert!(!events.is_empty() && events.iter().all(|event| event.kind == Kind::AdminRefused));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_refused_when_its_token_scope_client_or_organisation_is_gone() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let fine = idp.machine(ALL, &root).await;
        assert_eq!(fine.gets("/organisations").await.status, 200);

        // A person's token, and a machine's without such a scope, are none.
        let rp = idp.rp().public().await;
        let alice = idp.person("alice").await;
        let tokens = rp.signs_in(&alice, &idp.browser()).await;
        let mark = idp.mark().await;
        let header = format!("Bearer {}", tokens.access());
        is_problem(&asks(&idp, &[("authorization", header.as_str())]).await, 401, "VS-4011");
        let rooms = idp.machine("rooms:read", &root).await;
        is_problem(&rooms.gets("/organisations").await, 401, "VS-4011");

        // Taken back.
        let revoked = idp.machine(ALL, &root).await;
        let proof = crate::actors::basic(revoked.id.as_str(), &revoked.secret);
        let headers =
            [("authorization", proof.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let form = format!("token={}", revoked.token);
        assert_eq!(idp.http.send("POST", "/revoke", &headers, form).await.status, 200);
        is_problem(&revoked.gets("/organisations").await, 401, "VS-4011");

        // Stopped.
        let stopped = idp.machine(ALL, &root).await;
        idp.disable_client(stopped.id.as_str()).await;
        is_problem(&stopped.gets("/organisations").await, 401, "VS-4011");

        // What the client is registered for no more is worth nothing in a token that was issued before.
        let narrowed = idp.machine("admin:read admin:audit", &root).await;
        let document = json!({
            "grant_types": ["client_credentials"], "redirect_uris": [], "scope": "admin:audit",
            "token_endpoint_auth_method": "client_secret_basic",
        });
        settings::change(&idp.operator(), &Within::All, &narrowed.id, &document).await.unwrap();
        idp.advance(1);
        is_problem(&narrowed.gets("/organisations").await, 403, "VS-4031");
        assert_eq!(narrowed.gets("/events").await.status, 200);

        // Over.
        idp.advance(301);
        is_problem(&fine.gets("/organisations").await, 401, "VS-4011");
        assert!(idp.counts_since(mark).await["admin.refused"] >= 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_a_key_opens_nothing_however_it_is_shown() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let key = DpopKey::new(&idp).await;
        let secret = crate::actors::basic(machine.id.as_str(), &machine.secret);
        let proof = key.proof("POST", "/token", &json!({}));
        let headers = [
            ("authorization", secret.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("dpop", proof.as_str()),
        ];
        let form = "grant_type=client_credentials&scope=admin%3Aread";
        let tokens = idp.http.send("POST", "/token", &headers, form).await.is_granted();
        assert_eq!(tokens.0["token_type"], "DPoP");
        let token = tokens.access();
        for (scheme, proves, code) in
            [("Bearer", false, "VS-4011"), ("Bearer", true, "VS-4011"), ("DPoP", true, "VS-4010")]
        {
            let shown = format!("{scheme} {token}");
            let proof = key.proof_of(&token, "GET", PLACE);
            let mut headers = vec![("authorization", shown.as_str())];
            headers.extend(proves.then_some(("dpop", proof.as_str())));
            let mark = idp.mark().await;
            is_problem(&asks(&idp, &headers).await, 401, code);
            assert_eq!(idp.kinds_since(mark).await, ["admin.refused"], "{scheme}");
        }
        // One that is bound to nothing opens as much as before.
        assert_eq!(machine.gets("/organisations").await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisation_is_not_there() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let machine = idp.machine(ALL, &north).await;
        let listed = machine.gets("/organisations").await.json();
        let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["North"], "{listed}");
        let mark = idp.mark().await;
        is_problem(&machine.gets(&format!("/organisations/{south}")).await, 404, "VS-4040");
        let (reason, place, actor) = refusal(&idp, mark).await;
        assert_eq!((reason.as_str(), place), ("other_organisation", north.to_string()));
        assert_eq!(actor, format!("client:{}", machine.id));
        is_problem(&machine.gets(&format!("/organisations/{root}")).await, 404, "VS-4040");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_asks_too_often_waits_and_another_does_not() {
    on_each_engine_with(&[("VOUCHSAFE__LIMITS__API_REQUESTS", "10")], async |idp| {
        let root = OrganisationId::root();
        let (busy, calm) = (idp.machine(ALL, &root).await, idp.machine(ALL, &root).await);
        // The minute of the clock begins anew, so that none of what follows falls into the next.
        idp.advance(60 - idp.now().seconds().rem_euclid(60));
        let mark = idp.mark().await;
        for _ in 0..10 {
            assert_eq!(busy.gets("/organisations").await.status, 200);
        }
        for _ in 0..30 {
            let answer = busy.gets("/organisations").await;
            is_problem(&answer, 429, "VS-4290");
            let wait: i64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{answer:?}");
        }
        assert_eq!(calm.gets("/organisations").await.status, 200);
        let told = idp.counts_since(mark).await;
        assert_eq!(told.get("machine.throttled"), Some(&1), "{told:?}");
        idp.advance(60);
        assert_eq!(busy.gets("/organisations").await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refusals_is_counted() {
    on_each_engine(async |idp| {
        let machine = idp.machine("admin:read", &OrganisationId::root()).await;
        idp.advance(60 - idp.now().seconds().rem_euclid(60));
        let mark = idp.mark().await;
        for _ in 0..60 {
            is_problem(&machine.gets("/events").await, 403, "VS-4031");
        }
        let events = idp.events_since(mark).await;
        let of = |reason: Option<&str>| {
            events.iter().filter(|event| event.reason.as_deref() == reason).collect::<Vec<_>>()
        };
        assert_eq!(of(Some("missing_duty")).len(), 20, "{events:?}");
        let counted: Vec<_> = of(None).iter().map(|e| e.detail.as_ref().unwrap()["count"].clone()).collect();
        assert_eq!(counted, [json!(40)], "{events:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_there_or_not_so_is_a_problem() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        for path in ["/api", "/api/", "/api/nothing", "/api/admin/v1/nothing", "/api/admin/v2/people"] {
            is_problem(&idp.http.get(path).await, 404, "VS-4040");
        }
        let other = machine.sends("DELETE", "/organisations", &[], None).await;
        is_problem(&other, 405, "VS-4050");
        let allowed = other.header("allow");
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{other:?}");
        let media = [("content-type", "text/plain")];
        is_problem(&machine.sends("POST", "/organisations", &media, None).await, 415, "VS-4150");
        let odd = json!({ "name": "East", "colour": "red" });
        let refused = machine.posts("/organisations", &odd).await;
        is_problem(&refused, 400, "VS-4001");
        assert!(refused.json()["detail"].as_str().unwrap().contains("colour"), "{refused:?}");
        let refused = machine.posts("/organisations", &json!({ "name": 7 })).await;
        is_problem(&refused, 400, "VS-4001");
        assert!(refused.json()["detail"].as_str().unwrap().starts_with("name"), "{refused:?}");
        let large = json!({ "name": "x".repeat(70_000) });
        is_problem(&machine.posts("/organisations", &large).await, 413, "VS-4130");
        for query in ["limit=0", "limit=201", "limit=x", "cursor=AAAA", "cursor=", "nme=1", "limit=1&limit=2"]
        {
            let answer = machine.gets(&format!("/organisations?{query}")).await;
            let code = if query.starts_with("cursor") { "VS-4002" } else { "VS-4000" };
            is_problem(&answer, 400, code);
        }
    })
    .await;
}
