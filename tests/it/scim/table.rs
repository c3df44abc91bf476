//! Scope × endpoint: every route, asked without a token, with the wrong scope, with the right one, and about somebody
//! elsewhere. The routes come from the router itself.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use serde_json::json;
use vouchsafe::base::OrganisationId;
use vouchsafe::web::Web;
use vouchsafe::web::scim::{Mount, mounts};

use super::{SCOPES, is_error, user};
use crate::admin::refusal;
use crate::idp::{TestIdp, on_each_engine};

fn routes(idp: &TestIdp) -> Vec<Mount> {
    let routes = mounts(Web::new(idp.app.services.clone(), None)).list().to_vec();
    assert_eq!(routes.len(), 17);
    routes
}

/// The address of a route below `/scim/v2`, about this person.
fn path(mount: &Mount, person: &str) -> String {
    let id = match mount.path.trim_start_matches("/scim/v2/").split('/').next().unwrap() {
        "Users" => person,
        "Groups" => "clinician",
        "ResourceTypes" => "User",
        "Schemas" => "urn:ietf:params:scim:schemas:core:2.0:Group",
        _ => "",
    };
    mount.path.trim_start_matches("/scim/v2").replace("{id}", id)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_takes_its_own_scope_and_sees_its_own_organisation_alone() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let (north, south) = (idp.organisation("North", &root).await, idp.organisation("South", &root).await);
        let (here, there) = (idp.person("nora").await, idp.person("silas").await);
        idp.moves(&here, &north).await;
        idp.moves(&there, &south).await;
        let reading = idp.directory("admin:read", &north).await;
        let writing = idp.directory("admin:accounts", &north).await;
        let both = idp.directory(SCOPES, &north).await;
        let apps = idp.directory("admin:clients", &north).await;
        for mount in routes(&idp) {
            let told = format!("{} {}", mount.method, mount.path);
            let at = path(&mount, here.account.as_str());
            let body = (mount.method != "GET" && mount.method != "DELETE").then(|| json!({}));
            let answer = idp.http.send(mount.method, &format!("/scim/v2{at}"), &[], "").await;
            is_error(&answer, 401, None);
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{told}");
            let other =
                if mount.action.scope().unwrap().as_str() == "admin:read" { &writing } else { &reading };
            for refused in [other, &apps] {
                let mark = idp.mark().await;
                is_error(&refused.sends(mount.method, &at, &[], body.as_ref()).await, 403, None);
                assert_eq!(refusal(&idp, mark).await.0, "missing_duty", "{told}");
            }
            let elsewhere = path(&mount, there.account.as_str());
            if elsewhere != at {
                let mark = idp.mark().await;
                is_error(&both.sends(mount.method, &elsewhere, &[], body.as_ref()).await, 404, None);
                let (reason, place, _) = refusal(&idp, mark).await;
                assert_eq!((reason.as_str(), place), ("other_organisation", north.to_string()), "{told}");
                is_error(&both.sends(mount.method, "/Users/no-such", &[], body.as_ref()).await, 404, None);
            }
            let answer = both.sends(mount.method, &at, &[], body.as_ref()).await;
            let fine: &[u16] = match (mount.method, mount.path.contains("Groups")) {
                ("GET", _) => &[200],
                (_, true) => &[403],
                ("DELETE", false) => &[204],
                (_, false) => &[400],
            };
            assert!(fine.contains(&answer.status), "{told}: {answer:?}");
        }
        is_error(&both.gets("/Bulk").await, 404, None);
        is_error(&both.sends("DELETE", "/Users", &[], None).await, 405, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_what_accounts_are_for_and_are_read_only() {
    on_each_engine(async |idp| {
        let directory = idp.directory(SCOPES, &OrganisationId::root()).await;
        let all = directory.gets("/Groups").await.json();
        assert_eq!((&all["totalResults"], &all["Resources"][1]["displayName"]), (&json!(2), &json!("Clinicians")));
        let one = directory.gets("/Groups?filter=displayName+eq+%22clinicians%22&excludedAttributes=members").await;
        assert_eq!(one.json()["Resources"][0]["id"], "clinician");
        is_error(&directory.gets("/Groups?filter=members+eq+%22x%22").await, 400, Some("invalidFilter"));
        is_error(&directory.gets("/Groups/owner").await, 404, None);
        let joined = directory.joins(&user("rose")).await.json();
        assert_eq!(joined["userType"], "clinician");
        let body = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": joined["id"] }] }] });
        is_error(&directory.sends("PATCH", "/Groups/clinician", &[], Some(&body)).await, 403, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_can_do() {
    on_each_engine(async |idp| {
        let directory = idp.directory("admin:read", &OrganisationId::root()).await;
        let config = directory.gets("/ServiceProviderConfig").await;
        assert_eq!(config.header("content-type"), "application/scim+json");
        let can = config.json();
        let of = |name: &str| can[name]["supported"].as_bool().unwrap();
        assert!(of("patch") && of("filter") && of("etag"));
        assert!(!of("bulk") && !of("sort") && !of("changePassword"));
        for (list, ids) in [
            ("/ResourceTypes", ["User", "Group"]),
            (
                "/Schemas",
                ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"],
            ),
        ] {
            let all = directory.gets(list).await.json();
            for (at, id) in ids.iter().enumerate() {
                assert_eq!(all["Resources"][at]["id"], *id);
                assert_eq!(directory.gets(&format!("{list}/{id}")).await.json(), all["Resources"][at]);
            }
        }
    })
    .await;
}
