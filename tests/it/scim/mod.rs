//! `/scim/v2/…`: a directory tells of joiners and leavers, and reaches no further than its organisation.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod table;
mod users;

use serde_json::{Value, json};
use vouchsafe::base::{ClientId, OrganisationId};
use vouchsafe::clients::Stage;
use vouchsafe::flows::clients;

use crate::actors::{Answer, basic};
use crate::idp::TestIdp;

/// What a directory's token is good for.
pub const SCOPES: &str = "admin:read admin:accounts";

/// A directory with a token.
#[derive(Clone)]
pub struct Directory {
    /// Its client.
    pub id: ClientId,
    token: String,
    idp: TestIdp,
}

impl TestIdp {
    /// A directory of an organisation, registered at the host.
    pub async fn directory(&self, scopes: &str, organisation: &OrganisationId) -> Directory {
        let document = json!({
            "client_name": "A directory",
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "scope": scopes,
            "token_endpoint_auth_method": "client_secret_basic",
        });
        let made = clients::register(&self.operator(), &document, organisation.clone(), Stage::Live).await;
        let made = made.unwrap();
        self.tick();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let header = basic(&text("client_id"), &text("client_secret"));
        let headers =
            [("authorization", header.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let form = format!("grant_type=client_credentials&scope={}", scopes.replace(' ', "+"));
        let answer = self.http.send("POST", "/token", &headers, form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        Directory { id: ClientId::from_text(text("client_id")), token, idp: self.clone() }
    }
}

impl Directory {
    /// A request, with a body where there is one.
    pub async fn sends(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            all.push(("content-type", "application/scim+json"));
        }
        all.extend(headers);
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.idp.http.send(method, &format!("/scim/v2{path}"), &all, body).await
    }

    /// GET.
    pub async fn gets(&self, path: &str) -> Answer {
        self.sends("GET", path, &[], None).await
    }

    /// POST of a person.
    pub async fn joins(&self, user: &Value) -> Answer {
        self.sends("POST", "/Users", &[], Some(user)).await
    }

    /// PATCH with these operations.
    pub async fn patches(&self, id: &str, operations: Value) -> Answer {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations });
        self.sends("PATCH", &format!("/Users/{id}"), &[], Some(&body)).await
    }
}

/// A person as a directory describes them.
pub fn user(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": format!("{name}@clinic.example"),
        "externalId": format!("e-{name}"),
        "name": { "givenName": name, "familyName": "Example" },
        "displayName": format!("{name} Example"),
        "emails": [{ "value": format!("{name}@clinic.example"), "type": "work", "primary": true }],
        "active": true,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Wards" },
    })
}

/// Insists on a SCIM error.
#[track_caller]
pub fn is_error(answer: &Answer, status: u16, kind: Option<&str>) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/scim+json", "{answer:?}");
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{answer:?}");
    assert_eq!(body["status"], status.to_string(), "{answer:?}");
    assert_eq!(body["scimType"].as_str(), kind, "{answer:?}");
    assert!(body["detail"].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
}
