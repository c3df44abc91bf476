//! The description: every route is in it and nothing else, with its scope and its refusals.

use std::collections::BTreeSet;

use vouchsafe::web::Web;
use vouchsafe::web::api::mounts;

use crate::idp::on_each_engine;

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described_and_every_description_is_a_route() {
    on_each_engine(async |idp| {
        let answer = idp.http.get("/api/admin/v1/openapi.json").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let document = answer.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        let mounted = mounts(Web::new(idp.app.services.clone(), None));
        let routes: BTreeSet<_> =
            mounted.list().iter().map(|mount| (mount.path.clone(), mount.method.to_lowercase())).collect();
        let mut described = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                described.insert((path.clone(), method.clone()));
                let told = format!("{method} {path}");
                assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{told}");
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{told}");
                let responses = operation["responses"].as_object().unwrap();
                for status in ["401", "403", "429", "503"] {
                    let refusal = &responses[status];
                    assert!(refusal["content"]["application/problem+json"].is_object(), "{told} {status}");
                    assert!(!refusal["description"].as_str().unwrap().is_empty(), "{told} {status}");
                }
                assert!(
                    !path.contains('{')
                        || responses.contains_key("404")
                        || !operation["security"][0]["bearer"][0].is_string(),
                    "{told}"
                );
                let mount = mounted
                    .list()
                    .iter()
                    .find(|mount| mount.path == *path && mount.method.to_lowercase() == *method)
                    .unwrap();
                let scopes = operation["security"][0]["bearer"].as_array().unwrap();
                let wanted: Vec<_> = mount.action.scope().iter().map(|scope| scope.as_str()).collect();
                assert_eq!(
                    scopes.iter().map(|scope| scope.as_str().unwrap()).collect::<Vec<_>>(),
                    wanted,
                    "{told}"
                );
            }
        }
        assert_eq!(described, routes);
        let text = answer.body.clone();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document["components"]["schemas"][name].is_object(), "{name} is not described");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_every_operation_and_every_code_without_a_foreign_script() {
    on_each_engine(async |idp| {
        let page = idp.http.get("/developers/api").await;
        assert_eq!(page.status, 200);
        let mounted = mounts(Web::new(idp.app.services.clone(), None));
        for mount in mounted.list() {
            assert!(page.body.contains(&mount.path), "{}", mount.path);
        }
        for (code, ..) in vouchsafe::web::api::problem::CODES {
            assert!(page.body.contains(&format!("id=\"{code}\"")), "{code}");
        }
        assert!(!page.body.contains("<script src=\"http") && !page.body.contains("//cdn"));
    })
    .await;
}
