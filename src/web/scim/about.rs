//! What this SCIM server can do: its configuration, the types of its resources, their schemas (RFC 7643 §5 to §7).

use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};

use super::groups::GROUP;
use super::path::USER;
use super::say;
use super::users::MOST;
use crate::flows::Cx;
use crate::web::api::Machine;
use crate::web::paths;

fn meta(cx: &Cx, kind: &str, path: &str) -> Value {
    json!({ "resourceType": kind, "location": cx.issuer.join(path) })
}

pub(super) async fn config(machine: Machine) -> Response {
    let no = json!({ "supported": false });
    say::document(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST },
        "changePassword": no,
        "sort": no,
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth 2.0 bearer token",
            "description": "A token of the client_credentials grant with the scopes admin:read and admin:accounts.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": meta(&machine.cx, "ServiceProviderConfig", paths::SCIM_CONFIG),
    }))
}

fn types(cx: &Cx) -> Vec<Value> {
    let one = |id: &str, endpoint: &str, schema: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": id,
            "name": id,
            "endpoint": endpoint,
            "schema": schema,
            "meta": meta(cx, "ResourceType", &format!("{}/{id}", paths::SCIM_TYPES)),
        })
    };
    vec![one("User", "/Users", USER), one("Group", "/Groups", GROUP)]
}

fn attribute(name: &str, kind: &str, mutability: &str, more: Value) -> Value {
    let mut whole = json!({
        "name": name, "type": kind, "multiValued": false, "description": name, "required": false,
        "caseExact": false, "mutability": mutability, "returned": "default", "uniqueness": "none",
    });
    if let (Some(members), Value::Object(more)) = (whole.as_object_mut(), more) {
        members.extend(more);
    }
    whole
}

fn schemas(cx: &Cx) -> Vec<Value> {
    let text = |name: &str| attribute(name, "string", "readWrite", json!({}));
    let server = json!({ "required": true, "uniqueness": "server" });
    let emails = json!({ "multiValued": true, "subAttributes": [
        attribute("value", "string", "immutable", json!({})),
        attribute("type", "string", "readOnly", json!({ "canonicalValues": ["work"] })),
        attribute("primary", "boolean", "readOnly", json!({})),
    ] });
    let user = vec![
        attribute("userName", "string", "immutable", server),
        attribute(
            "name",
            "complex",
            "readWrite",
            json!({ "subAttributes": [text("formatted"), text("givenName"), text("familyName")] }),
        ),
        text("displayName"),
        attribute("emails", "complex", "immutable", emails),
        text("locale"),
        attribute("userType", "string", "immutable", json!({ "canonicalValues": ["patient", "clinician"] })),
        attribute("active", "boolean", "readWrite", json!({})),
    ];
    let group = vec![attribute("displayName", "string", "readOnly", json!({ "required": true }))];
    let one = |id: &str, name: &str, attributes: Vec<Value>| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": id,
            "name": name,
            "description": name,
            "attributes": attributes,
            "meta": meta(cx, "Schema", &format!("{}/{id}", paths::SCIM_SCHEMAS)),
        })
    };
    vec![one(USER, "User", user), one(GROUP, "Group", group)]
}

fn all(found: &[Value]) -> Response {
    say::list(found, i64::try_from(found.len()).unwrap_or_default(), 1)
}

fn one(found: &[Value], id: &str) -> Response {
    match found.iter().find(|one| one.get("id").and_then(Value::as_str) == Some(id)) {
        Some(found) => say::document(found),
        None => say::not_found(),
    }
}

pub(super) async fn all_types(machine: Machine) -> Response {
    all(&types(&machine.cx))
}

pub(super) async fn one_type(machine: Machine, Path(id): Path<String>) -> Response {
    one(&types(&machine.cx), &id)
}

pub(super) async fn all_schemas(machine: Machine) -> Response {
    all(&schemas(&machine.cx))
}

pub(super) async fn one_schema(machine: Machine, Path(id): Path<String>) -> Response {
    one(&schemas(&machine.cx), &id)
}
