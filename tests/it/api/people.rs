//! Joining by machine: somebody invited, again, no more; a list looked at, brought and begun.

use serde_json::json;
use vouchsafe::base::OrganisationId;
use vouchsafe::duties::Duty;

use super::{ALL, is_problem};
use crate::idp::on_each_engine;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_once_more_and_no_more() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let rose =
            json!({ "email": "rose@example.org", "role": "patient", "claims": { "name": "Rose Example" },
                "due_at": "2027-03-01T12:00:00Z" });
        let mark = idp.mark().await;
        let made = machine.posts("/people", &rose).await;
        assert_eq!(made.status, 201, "{made:?}");
        let told = made.json();
        assert_eq!((told["state"].as_str(), told["name"].as_str()), (Some("invited"), Some("Rose Example")));
        let kinds = idp.kinds_since(mark).await;
        assert!(kinds.contains(&"account.created") && kinds.contains(&"invitation.sent"), "{kinds:?}");
        is_problem(&machine.posts("/people", &rose).await, 409, "VS-4090");

        let path = made.header("location").trim_start_matches("/api/admin/v1").to_owned();
        assert_eq!(machine.gets(&path).await.json()["stage"], "invited");
        // Whoever helps them sees until when.
        let admin = idp.admin("rita", &[(Duty::RegistrationOfficer, &OrganisationId::root())]).await;
        let page = admin.get(&format!("/admin{path}")).await;
        assert!(page.body.contains("Expected to be ready by"), "{}", page.body);
        let invitation = format!("{path}/invitation");
        assert_eq!(machine.sends("POST", &invitation, &[], None).await.status, 204);
        assert_eq!(machine.sends("DELETE", &invitation, &[], None).await.status, 204);
        is_problem(&machine.sends("DELETE", &invitation, &[], None).await, 409, "VS-4090");

        // A machine has no level of its own: it makes nobody an administrator.
        let mark = idp.mark().await;
        let admin = json!({ "email": "adam@example.org", "role": "administrator" });
        is_problem(&machine.posts("/people", &admin).await, 403, "VS-4031");
        assert_eq!(idp.kinds_since(mark).await, ["admin.refused"]);
        for bad in [
            json!({ "email": "no address", "role": "patient" }),
            json!({ "email": "a@example.org", "role": "patient", "due_at": "soon" }),
        ] {
            is_problem(&machine.posts("/people", &bad).await, 400, "VS-4000");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_looked_at_brought_and_begun_once() {
    on_each_engine(async |idp| {
        let machine = idp.machine(ALL, &OrganisationId::root()).await;
        let list = "username,email,role\nlena,lena@example.org,patient\nmax,no address,patient\n";
        let seen = machine.sends_list("/imports/preview", list).await;
        assert_eq!(seen.status, 200, "{seen:?}");
        let told = seen.json();
        let counts = ["total", "create", "errors"].map(|name| told[name].as_i64().unwrap());
        assert_eq!(counts, [2, 1, 1]);
        assert_eq!(told["faults"][0]["line"], 3, "{told}");
        let staged = machine.sends_list("/imports?role=patient", list).await;
        assert_eq!((staged.status, staged.json()["state"].as_str()), (201, Some("ready")), "{staged:?}");
        let path = staged.header("location").trim_start_matches("/api/admin/v1").to_owned();
        let begun = machine.sends("POST", &format!("{path}/apply"), &[], None).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        is_problem(&machine.sends("POST", &format!("{path}/apply"), &[], None).await, 409, "VS-4090");
        let now = machine.gets(&path).await;
        assert_eq!((now.status, now.json()["faults"][0]["line"].as_i64()), (200, Some(3)), "{now:?}");
        assert_eq!(machine.gets("/imports").await.json()["items"].as_array().unwrap().len(), 1);
        is_problem(&machine.posts("/imports", &json!({})).await, 415, "VS-4150");
        is_problem(&machine.sends_list("/imports", "colour\nred\n").await, 400, "VS-4000");
    })
    .await;
}
