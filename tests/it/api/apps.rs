//! Apps: registered, changed from the version that was looked at, stopped, given and relieved of secrets.

use serde_json::{Value, json};
use vouchsafe::base::OrganisationId;

use super::{ALL, is_problem};
use crate::actors::basic;
use crate::idp::on_each_engine;

fn registration(name: &str) -> Value {
    json!({ "client_name": name, "redirect_uris": ["https://portal.example/cb"], "scope": "openid" })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_lives_its_life() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let made = machine.posts("/apps", &json!({ "registration": registration("Portal") })).await;
        assert_eq!(made.status, 201, "{made:?}");
        let app = made.json();
        assert_eq!((app["stage"].as_str(), app["name"].as_str()), (Some("test"), Some("Portal")));
        let (id, secret) = (made.member("id"), made.member("client_secret"));
        let path = format!("/apps/{id}");
        assert_eq!(made.header("location"), format!("/api/admin/v1{path}"));
        let seen = machine.gets(&path).await;
        assert_eq!(seen.header("etag"), made.header("etag"));
        assert!(!seen.body.contains(&secret));

        let tag = [("if-match", seen.header("etag"))];
        let new = registration("Portal of people");
        is_problem(
            &machine.sends("PUT", &format!("{path}/registration"), &[], Some(&new)).await,
            428,
            "VS-4280",
        );
        let changed = machine.sends("PUT", &format!("{path}/registration"), &tag, Some(&new)).await;
        assert_eq!(
            (changed.status, changed.json()["name"].as_str()),
            (200, Some("Portal of people")),
            "{changed:?}"
        );
        is_problem(
            &machine.sends("PUT", &format!("{path}/registration"), &tag, Some(&new)).await,
            412,
            "VS-4120",
        );

        let tag = [("if-match", changed.header("etag"))];
        let mut odd = new.clone();
        odd["nickname"] = json!("x");
        let refused = machine.sends("PUT", &format!("{path}/registration"), &tag, Some(&odd)).await;
        is_problem(&refused, 400, "VS-4000");
        assert!(refused.json()["detail"].as_str().unwrap().contains("nickname"), "{refused:?}");
        odd = new.clone();
        odd["policy"] = json!({ "consent": "skip" });
        is_problem(
            &machine.sends("PUT", &format!("{path}/registration"), &tag, Some(&odd)).await,
            403,
            "VS-4032",
        );
        is_problem(&machine.posts("/apps", &json!({ "registration": odd })).await, 403, "VS-4032");

        let live = machine.posts(&format!("{path}/stage"), &json!({ "stage": "live" })).await;
        assert_eq!((live.status, live.json()["stage"].as_str()), (200, Some("live")), "{live:?}");
        let second = machine.posts(&format!("{path}/secrets"), &json!({ "label": "next" })).await;
        assert_eq!(second.status, 201, "{second:?}");
        is_problem(&machine.posts(&format!("{path}/secrets"), &json!({})).await, 409, "VS-4090");
        let proof = basic(&id, &second.member("client_secret"));
        let headers =
            [("authorization", proof.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(idp.http.send("POST", "/introspect", &headers, "token=x").await.status, 200);
        let gone = format!("{path}/secrets/{}", second.member("id"));
        assert_eq!(machine.sends("DELETE", &gone, &[], None).await.status, 204);
        is_problem(&machine.sends("DELETE", &gone, &[], None).await, 404, "VS-4040");
        idp.advance(1);
        assert_eq!(idp.http.send("POST", "/introspect", &headers, "token=x").await.status, 401);

        let stopped = machine.sends("POST", &format!("{path}/disable"), &[], None).await;
        assert_eq!(
            (stopped.status, stopped.json()["state"].as_str()),
            (200, Some("disabled")),
            "{stopped:?}"
        );
        let again = machine.sends("POST", &format!("{path}/enable"), &[], None).await;
        assert_eq!((again.status, again.json()["state"].as_str()), (200, Some("enabled")), "{again:?}");
        let taken = json!({ "registration": {
            "client_id": id, "client_name": "Twin", "redirect_uris": ["https://twin.example/cb"],
        } });
        let refused = machine.posts("/apps", &taken).await;
        assert!([400, 409].contains(&refused.status), "{refused:?}");
        let listed = machine.gets("/apps?limit=1").await.json();
        assert_eq!(
            (listed["items"][0]["id"].as_str(), listed["next"].is_string()),
            (Some(id.as_str()), true)
        );
    })
    .await;
}
