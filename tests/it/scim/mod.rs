//! `/scim/v2/…`: a directory tells of joiners and leavers, and reaches no further than its organisation.

#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod table;
mod users;

use serde_json::{Value, json};
use vouchsafe::base::OrganisationId;

use crate::actors::Answer;
use crate::api::Machine;
use crate::idp::TestIdp;

/// What a directory's token is good for.
pub const SCOPES: &str = "admin:read admin:accounts";

/// A directory with a token.
#[derive(Clone)]
pub struct Directory(Machine);

impl std::ops::Deref for Directory {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.0
    }
}

impl TestIdp {
    /// A directory of an organisation, registered at the host.
    pub async fn directory(&self, scopes: &str, organisation: &OrganisationId) -> Directory {
        Directory(self.machine(scopes, organisation).await)
    }
}

impl Directory {
    /// The same directory, asking at another node.
    pub fn at(&self, idp: &TestIdp) -> Self {
        Self(self.0.at(idp))
    }

    /// A request, with a body where there is one.
    pub async fn sends(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.0.asks(method, &format!("/scim/v2{path}"), headers, ("application/scim+json", body)).await
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
