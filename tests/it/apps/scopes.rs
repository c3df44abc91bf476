//! What a machine may administer, chosen at the console: by whoever may do all of it themselves, and nobody else.

use serde_json::json;
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::Stage;
use vouchsafe::duties::Duty;
use vouchsafe::flows::clients;

use crate::admin::Admin;
use crate::idp::{TestIdp, on_each_engine};

/// Registers an app, and answers its page.
async fn registered(idp: &TestIdp, document: serde_json::Value) -> String {
    let root = OrganisationId::root();
    let made = clients::register(&idp.operator(), &document, root, Stage::Live).await.unwrap();
    format!("/admin/apps/{}", made["client_id"].as_str().unwrap())
}

async fn scope(idp: &TestIdp, at: &str) -> String {
    let id = ClientId::from_text(at.rsplit('/').next().unwrap());
    clients::find(&idp.operator(), &id).await.unwrap().unwrap().metadata.scope.to_string()
}

/// Saves the choice as the page sends it, with the version another reader may see.
async fn chooses(admin: &Admin, at: &str, seen: &str, scopes: &[&str]) -> crate::actors::Answer {
    let mut form = vec![("seen", seen)];
    form.extend(scopes.iter().map(|scope| (*scope, "yes")));
    admin.posts(&format!("{at}/scopes"), &form).await
}

#[tokio::test]
async fn a_machines_scopes_are_chosen_by_whoever_may_do_as_much_themselves() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let olga = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let stella = idp.admin("stella", &[(Duty::SecurityOfficer, &root)]).await;
        let machine =
            json!({ "client_name": "Roster", "grant_types": ["client_credentials"], "scope": "beds.read" });
        let at = registered(&idp, machine).await;
        let version =
            async |admin: &Admin| admin.get(&at).await.form("scopes-save").field("seen").unwrap().to_owned();
        // A security officer registers no apps, so gives nothing that does.
        let page = stella.get(&at).await;
        assert!(page.has("admin-scope-audit") && !page.has("admin-scope-clients"), "{}", page.body);
        let seen = version(&stella).await;
        let mark = idp.mark().await;
        assert_eq!(chooses(&stella, &at, &seen, &["admin:clients"]).await.status, 403);
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        assert_eq!(scope(&idp, &at).await, "beds.read");
        let mark = idp.mark().await;
        let done = chooses(&stella, &at, &seen, &["admin:audit", "admin:nonsense"]).await;
        assert_eq!(done.location(), Some(idp.at(&format!("{at}?done=app-changed"))), "{done:?}");
        assert_eq!(idp.kinds_since(mark).await, ["client.changed"]);
        assert_eq!(scope(&idp, &at).await, "beds.read admin:audit", "what is not of the API stays");
        assert_eq!(chooses(&olga, &at, &seen, &["admin:read"]).await.status, 409, "somebody was faster");
        let seen = version(&olga).await;
        assert_eq!(chooses(&olga, &at, &seen, &["admin:clients", "admin:read"]).await.status, 303);
        assert_eq!(scope(&idp, &at).await, "beds.read admin:read admin:clients");
        // What is above somebody they do not take away either.
        let page = stella.get(&at).await;
        assert!(!page.has("scopes-save") && page.body.contains("Only an owner"), "{}", page.body);
        let seen = version(&olga).await;
        assert_eq!(chooses(&stella, &at, &seen, &[]).await.status, 403);
        assert_eq!(scope(&idp, &at).await, "beds.read admin:read admin:clients");
        // An app of people administers nothing.
        let app = registered(&idp, json!({ "redirect_uris": ["https://portal.example/cb"] })).await;
        assert!(!olga.get(&app).await.has("scopes-save"));
        assert_eq!(chooses(&olga, &app, &seen, &["admin:read"]).await.status, 404);
    })
    .await;
}
