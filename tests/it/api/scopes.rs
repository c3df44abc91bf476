//! Nobody makes a machine an administrator beyond their own level: neither by scopes, nor by a secret or key beside them,
//! nor by bringing one back to life.

use serde_json::json;
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::{ClientState, Stage};
use vouchsafe::duties::{Action, Duty};
use vouchsafe::flows::admin;
use vouchsafe::flows::clients::settings::{self, Unchanged, Within};
use vouchsafe::flows::clients::{self, NotRegistered};

use super::{ALL, is_problem};
use crate::admin::{Admin, browser_of, refusal};
use crate::idp::{TestIdp, on_each_engine};

fn document(scope: &str) -> serde_json::Value {
    json!({
        "client_name": "A machine", "grant_types": ["client_credentials"], "redirect_uris": [],
        "scope": scope, "token_endpoint_auth_method": "client_secret_basic",
    })
}

async fn actor(idp: &TestIdp, admin: &Admin, action: Action) -> admin::AdminActor {
    let cx = idp.operator();
    let who = admin::at_browser(&cx, &browser_of(admin)).await.unwrap();
    admin::authorise(&cx, &who, action, &OrganisationId::root()).await.unwrap()
}

async fn of(idp: &TestIdp, id: &ClientId) -> (usize, String, ClientState) {
    let client = clients::find(&idp.operator(), id).await.unwrap().unwrap();
    (client.secrets.len(), client.metadata.scope.to_string(), client.state)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_makes_no_machine_an_administrator() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let developer = idp.admin("devi", &[(Duty::AppDeveloper, &root)]).await;
        let cx = idp.operator();
        let apps = clients::list(&cx).await.unwrap().len();
        let creates = actor(&idp, &developer, Action::ClientCreate).await;
        for scope in ["admin:read", "rooms:read admin:policy"] {
            let refused = clients::enlist(&cx, &creates, &document(scope), Stage::Test).await;
            assert!(matches!(refused, Err(NotRegistered::Beyond(Unchanged::Empowers(_)))), "{refused:?}");
        }
        assert_eq!(clients::list(&cx).await.unwrap().len(), apps);

        let plain = idp.machine("rooms:read", &root).await;
        let within = Within::of(&actor(&idp, &developer, Action::ClientChange).await);
        let wider = settings::change(&cx, &within, &plain.id, &document("rooms:read admin:read")).await;
        assert!(matches!(wider, Err(Unchanged::Empowers(_))), "{wider:?}");

        // One that has such a scope is out of their hands as a whole.
        let strong = idp.machine("admin:accounts", &root).await;
        let before = of(&idp, &strong.id).await;
        for document in [document("rooms:read"), document("admin:accounts rooms:read")] {
            let changed = settings::change(&cx, &within, &strong.id, &document).await;
            assert!(matches!(changed, Err(Unchanged::Empowers(_))), "{changed:?}");
        }
        let mark = idp.mark().await;
        let path = format!("/admin/apps/{}/secrets", strong.id);
        let answer = developer.posts(&path, &[("label", "mine")]).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(refusal(&idp, mark).await.0, "missing_duty");
        assert_eq!(of(&idp, &strong.id).await, before);

        // Stopping it they may; bringing it back is as much as making it.
        let path = format!("/admin/apps/{}/state", strong.id);
        assert_eq!(developer.posts(&path, &[("state", "disabled")]).await.status, 303);
        assert_eq!(developer.posts(&path, &[("state", "enabled")]).await.status, 403);
        assert_eq!(of(&idp, &strong.id).await.2, ClientState::Disabled);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_security_officer_hands_out_what_they_may_do_themselves_and_only_freshly() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let duties = [(Duty::SecurityOfficer, &root), (Duty::AppDeveloper, &root)];
        let officer = idp.admin("sven", &duties).await;
        let owner = idp.admin("olga", &[(Duty::Owner, &root)]).await;
        let cx = idp.operator();
        let allowed = async |admin: &Admin, scope: &str| {
            let creates = actor(&idp, admin, Action::ClientCreate).await;
            clients::enlist(&cx, &creates, &document(scope), Stage::Live).await.is_ok()
        };
        for scope in ["admin:read", "admin:audit", "admin:policy"] {
            assert!(allowed(&officer, scope).await, "{scope}");
        }
        // They invite nobody, so no machine of theirs does.
        for scope in ["admin:accounts", "admin:import"] {
            assert!(!allowed(&officer, scope).await, "{scope}");
        }
        assert!(allowed(&owner, ALL).await);
        let machine = idp.machine("admin:audit", &root).await;
        let path = format!("/admin/apps/{}/secrets", machine.id);
        assert_eq!(officer.posts(&path, &[("label", "next")]).await.status, 303);
        assert_eq!(of(&idp, &machine.id).await.0, 2);
        idp.advance(301);
        assert!(!allowed(&officer, "admin:read").await, "an old proof is none");
        assert_eq!(of(&idp, &machine.id).await.0, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_machine_makes_another_an_administrator_nor_itself_more_of_one() {
    on_each_engine(async |idp| {
        let root = OrganisationId::root();
        let machine = idp.machine("admin:clients", &root).await;
        let mark = idp.mark().await;
        let new = json!({ "registration": document("admin:read") });
        is_problem(&machine.posts("/apps", &new).await, 403, "VS-4032");
        assert_eq!(refusal(&idp, mark).await.0, "missing_duty");

        let made = machine.posts("/apps", &json!({ "registration": document("rooms:read") })).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.member("id");
        let seen = machine.gets(&format!("/apps/{id}")).await;
        let tag = [("if-match", seen.header("etag"))];
        let path = format!("/apps/{id}/registration");
        let wider = document("rooms:read admin:read");
        is_problem(&machine.sends("PUT", &path, &tag, Some(&wider)).await, 403, "VS-4032");

        let own = format!("/apps/{}", machine.id);
        let seen = machine.gets(&own).await;
        let tag = [("if-match", seen.header("etag"))];
        let all = document(ALL);
        let path = format!("{own}/registration");
        is_problem(&machine.sends("PUT", &path, &tag, Some(&all)).await, 403, "VS-4032");
        is_problem(&machine.posts(&format!("{own}/secrets"), &json!({})).await, 403, "VS-4032");
        assert_eq!(of(&idp, &machine.id).await, (1, "admin:clients".to_owned(), ClientState::Enabled));
    })
    .await;
}
