//! A person as a SCIM resource (RFC 7643 §4.1), what a directory's documents say of one, and its patches.

use serde_json::{Map, Value, json};

use super::path::{self, ENTERPRISE, USER};
use super::say::Wrong;
use crate::base::{Digest, Role};
use crate::flows::Cx;
use crate::flows::admin::scim::{Fields, Kept};
use crate::web::paths;

/// Attributes of the schema that are accepted and not kept: directories send them whether asked or not.
const IGNORED: &[&str] = &[
    "addresses",
    "entitlements",
    "groups",
    "id",
    "ims",
    "meta",
    "name.honorificprefix",
    "name.honorificsuffix",
    "name.middlename",
    "nickname",
    "password",
    "phonenumbers",
    "photos",
    "profileurl",
    "roles",
    "schemas",
    "timezone",
    "title",
    "x509certificates",
];

/// Longest text of an attribute.
const LONGEST: usize = 1_024;

/// The address of a person's resource.
pub fn location(cx: &Cx, id: &str) -> String {
    cx.issuer.join(&format!("{}/{id}", paths::SCIM_USERS))
}

/// The resource.
pub fn resource(cx: &Cx, kept: &Kept) -> Value {
    let fields = Fields::of(kept);
    let mut user = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            user.insert(name.to_owned(), value);
        }
    };
    let id = kept.account.id.as_str();
    put("schemas", Some(json!([USER])));
    put("id", Some(id.into()));
    put("externalId", fields.external.clone().map(Value::from));
    put("userName", Some(fields.username.clone().into()));
    let mut name = Map::new();
    for (part, value) in
        [("formatted", &fields.name), ("givenName", &fields.given_name), ("familyName", &fields.family_name)]
    {
        if let Some(value) = value {
            name.insert(part.to_owned(), value.as_str().into());
        }
    }
    put("name", Some(Value::Object(name.clone())).filter(|_| !name.is_empty()));
    put("displayName", fields.name.clone().map(Value::from));
    put(
        "emails",
        fields.email.clone().map(|email| json!([{ "value": email, "type": "work", "primary": true }])),
    );
    put("locale", fields.locale.clone().map(Value::from));
    put("userType", Some(fields.role.as_str().into()));
    put("active", Some(fields.active.into()));
    let version = Digest::of(Value::Object(user.clone()).to_string()).to_base64url();
    let version = format!("W/\"{}\"", version.get(..22).unwrap_or_default());
    user.insert(
        "meta".to_owned(),
        json!({
            "resourceType": "User",
            "created": kept.account.created_at.to_rfc3339(),
            "location": location(cx, id),
            "version": version,
        }),
    );
    Value::Object(user)
}

/// The version of a resource.
pub fn version(resource: &Value) -> &str {
    resource.pointer("/meta/version").and_then(Value::as_str).unwrap_or_default()
}

/// What a document says, on top of nothing (POST) or of what cannot change (PUT).
pub fn fields(document: &Value, before: Option<&Fields>) -> Result<Fields, Wrong> {
    let members =
        document.as_object().ok_or_else(|| Wrong::bad("invalidSyntax", "The body is no object."))?;
    let mut wish = Fields {
        username: String::new(),
        external: None,
        email: None,
        name: None,
        given_name: None,
        family_name: None,
        locale: None,
        role: before.map_or(Role::Clinician, |before| before.role),
        active: before.is_none_or(|before| before.active),
    };
    merge(&mut wish, members)?;
    if wish.username.trim().is_empty() {
        return Err(Wrong::bad("invalidValue", "userName is missing."));
    }
    Ok(wish)
}

/// Sets whatever the members name; what nobody knows is left out, as RFC 7644 §3.3 allows.
fn merge(wish: &mut Fields, members: &Map<String, Value>) -> Result<(), Wrong> {
    // A shown name of its own wins over the formatted one.
    let last = |name: &str| path::plain(name) == "displayname";
    let (shown, first): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| last(name));
    for (name, value) in first.into_iter().chain(shown) {
        let name = path::plain(name);
        if value.is_null() || !is_kept(&name) {
            continue;
        }
        set(wish, &name, value)?;
    }
    Ok(())
}

fn is_kept(name: &str) -> bool {
    let attribute = name.split('.').next().unwrap_or_default();
    [
        "username",
        "externalid",
        "name",
        "displayname",
        "emails",
        "locale",
        "preferredlanguage",
        "usertype",
        "active",
    ]
    .contains(&attribute)
}

fn text(name: &str, value: &Value) -> Result<String, Wrong> {
    let wrong = || Wrong::bad("invalidValue", format!("{name} must be a text of at most {LONGEST} bytes."));
    let text = value.as_str().map(str::trim).filter(|text| text.len() <= LONGEST).ok_or_else(wrong)?;
    if text.chars().any(char::is_control) { Err(wrong()) } else { Ok(text.to_owned()) }
}

fn optional(name: &str, value: &Value) -> Result<Option<String>, Wrong> {
    Ok(Some(text(name, value)?).filter(|text| !text.is_empty()))
}

/// Sets one attribute.
fn set(wish: &mut Fields, name: &str, value: &Value) -> Result<(), Wrong> {
    match name {
        "username" => wish.username = text("userName", value)?,
        "externalid" => wish.external = optional("externalId", value)?,
        "displayname" | "name.formatted" => wish.name = optional(name, value)?.or(wish.name.take()),
        "name.givenname" => wish.given_name = optional(name, value)?,
        "name.familyname" => wish.family_name = optional(name, value)?,
        "name" => {
            let parts =
                value.as_object().ok_or_else(|| Wrong::bad("invalidValue", "name must be an object."))?;
            for (part, value) in parts.iter().filter(|(_, value)| !value.is_null()) {
                let part = format!("name.{}", part.to_ascii_lowercase());
                if !IGNORED.contains(&part.as_str()) {
                    set(wish, &part, value)?;
                }
            }
            if wish.name.is_none() {
                let both: Vec<&str> =
                    [&wish.given_name, &wish.family_name].into_iter().filter_map(|n| n.as_deref()).collect();
                wish.name = Some(both.join(" ")).filter(|name| !name.is_empty());
            }
        }
        "emails" => wish.email = email(value)?,
        "emails.value" => wish.email = optional("emails.value", value)?,
        "emails.type" | "emails.primary" | "emails.display" => {}
        "locale" | "preferredlanguage" => {
            wish.locale = optional(name, value)?.map(|tag| tag.replace('_', "-"))
        }
        "usertype" => {
            let word = text("userType", value)?.to_ascii_lowercase();
            wish.role = Role::parse(&word)
                .ok_or_else(|| Wrong::bad("invalidValue", "userType must be patient or clinician."))?;
        }
        "active" => wish.active = truth(value)?,
        other if IGNORED.contains(&other) || other.starts_with(&ENTERPRISE.to_ascii_lowercase()) => {}
        other => return Err(Wrong::bad("invalidPath", format!("{other} is no attribute of a User."))),
    }
    Ok(())
}

/// A truth value; some directories write it as a text.
fn truth(value: &Value) -> Result<bool, Wrong> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Wrong::bad("invalidValue", "active must be true or false.")),
    }
}

/// The primary address of a list, else the first; a text or an object alone passes too.
fn email(value: &Value) -> Result<Option<String>, Wrong> {
    let one = |value: &Value| match value {
        Value::Object(parts) => parts.get("value").map_or(Ok(None), |value| optional("emails.value", value)),
        other => optional("emails.value", other),
    };
    let Value::Array(all) = value else { return one(value) };
    let primary = all.iter().find(|one| one.get("primary").is_some_and(|it| truth(it).is_ok_and(|it| it)));
    primary.or(all.first()).map_or(Ok(None), one)
}

/// Applies a patch (RFC 7644 §3.5.2) to what is kept: as Entra ID and Okta write them.
pub fn patched(before: &Fields, document: &Value) -> Result<Fields, Wrong> {
    const MOST: usize = 100;
    let syntax = || Wrong::bad("invalidSyntax", "Send a PatchOp message with a list of Operations.");
    let member = |name: &str| {
        let members = document.as_object()?;
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let operations = member("Operations").and_then(Value::as_array).filter(|all| all.len() <= MOST);
    let mut wish = before.clone();
    for operation in operations.ok_or_else(syntax)? {
        let op = operation.get("op").and_then(Value::as_str).ok_or_else(syntax)?.to_ascii_lowercase();
        let path = match operation.get("path") {
            None | Some(Value::Null) => None,
            Some(path) => Some(path::target(path.as_str().ok_or_else(syntax)?)?),
        };
        match (op.as_str(), path, operation.get("value")) {
            ("add" | "replace", Some(path), Some(value)) => set(&mut wish, &path, value)?,
            ("add" | "replace", None, Some(Value::Object(members))) => merge(&mut wish, members)?,
            ("add" | "replace", ..) => {
                return Err(Wrong::bad("invalidValue", "The operation has no value that fits."));
            }
            ("remove", Some(path), _) => remove(&mut wish, &path)?,
            ("remove", None, _) => {
                return Err(Wrong::bad("noTarget", "A removal needs a path."));
            }
            _ => return Err(syntax()),
        }
    }
    Ok(wish)
}

fn remove(wish: &mut Fields, path: &str) -> Result<(), Wrong> {
    match path {
        "externalid" => wish.external = None,
        "displayname" | "name.formatted" => wish.name = None,
        "name.givenname" => wish.given_name = None,
        "name.familyname" => wish.family_name = None,
        "name" => (wish.name, wish.given_name, wish.family_name) = (None, None, None),
        "locale" | "preferredlanguage" => wish.locale = None,
        "username" | "active" | "usertype" | "emails" | "emails.value" => {
            return Err(Wrong::bad("mutability", format!("{path} cannot be removed.")));
        }
        other if IGNORED.contains(&other) || other.starts_with(&ENTERPRISE.to_ascii_lowercase()) => {}
        other => return Err(Wrong::bad("invalidPath", format!("{other} is no attribute of a User."))),
    }
    Ok(())
}

/// The resource with the attributes that were asked for (RFC 7644 §3.9); `schemas` and `id` stay.
pub fn projected(resource: Value, wanted: Option<&str>, unwanted: Option<&str>) -> Value {
    let names =
        |list: &str| list.split(',').map(path::plain).filter(|name| !name.is_empty()).collect::<Vec<_>>();
    let (wanted, unwanted) = (wanted.map(names), unwanted.map(names).unwrap_or_default());
    let Value::Object(members) = resource else { return resource };
    let mut out = Map::new();
    for (name, value) in members {
        let small = name.to_ascii_lowercase();
        let always = small == "schemas" || small == "id";
        let below = format!("{small}.");
        let parts: Vec<&str> =
            wanted.iter().flatten().filter_map(|asked| asked.strip_prefix(&below)).collect();
        let asked = wanted.as_ref().is_none_or(|all| all.contains(&small) || !parts.is_empty());
        if !always && (!asked || unwanted.contains(&small)) {
            continue;
        }
        let whole = wanted.as_ref().is_none_or(|all| all.contains(&small));
        let kept = match value {
            Value::Object(inner) if !whole && !always => {
                let part = |name: &String| parts.contains(&name.to_ascii_lowercase().as_str());
                Value::Object(inner.into_iter().filter(|(name, _)| part(name)).collect())
            }
            other => other,
        };
        out.insert(name, kept);
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rose() -> Fields {
        Fields {
            username: "rose".into(),
            external: Some("e1".into()),
            email: Some("rose@clinic.example".into()),
            name: Some("Rose Adams".into()),
            given_name: Some("Rose".into()),
            family_name: Some("Adams".into()),
            locale: None,
            role: Role::Clinician,
            active: true,
        }
    }

    fn patch(operations: Value) -> Result<Fields, Wrong> {
        patched(
            &rose(),
            &json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations }),
        )
    }

    #[test]
    fn a_document_is_read_whatever_else_it_holds() {
        let document = json!({
            "schemas": [USER, ENTERPRISE], "userName": "rose", "externalId": "e1", "active": "True",
            "name": { "givenName": "Rose", "familyName": "Adams", "honorificPrefix": "Dr" },
            "emails": [{ "value": "x@y.example" }, { "value": "rose@clinic.example", "primary": true }],
            "title": "Nurse", "phoneNumbers": [{ "value": "1" }], "locale": "de_AT", "madeUp": 1,
            ENTERPRISE: { "department": "Wards" }, "password": "t1meMa$heen",
        });
        let expected = Fields { locale: Some("de-AT".into()), ..rose() };
        assert_eq!(fields(&document, None), Ok(expected));
        let shown =
            json!({ "userName": "rose", "displayName": "Dr Rose", "name": { "formatted": "Rose A" } });
        assert_eq!(fields(&shown, None).unwrap().name.as_deref(), Some("Dr Rose"));
        for (bad, kind) in [
            (json!([]), "invalidSyntax"),
            (json!({}), "invalidValue"),
            (json!({ "userName": 1 }), "invalidValue"),
            (json!({ "userName": "a", "active": "maybe" }), "invalidValue"),
            (json!({ "userName": "a", "userType": "robot" }), "invalidValue"),
            (json!({ "userName": "a", "name": "x" }), "invalidValue"),
            (json!({ "userName": "x".repeat(2000) }), "invalidValue"),
        ] {
            assert_eq!(fields(&bad, None).unwrap_err().kind, Some(kind), "{bad}");
        }
    }

    #[test]
    fn patches_are_read_as_entra_id_and_okta_write_them() {
        let leaver = Fields { active: false, ..rose() };
        // Entra ID.
        assert_eq!(
            patch(json!([{ "op": "Replace", "path": "active", "value": "False" }])),
            Ok(leaver.clone())
        );
        // Okta.
        assert_eq!(patch(json!([{ "op": "replace", "value": { "active": false } }])), Ok(leaver));
        let renamed = patch(json!([
            { "op": "Add", "path": "name.familyName", "value": "Baker" },
            { "op": "Replace", "path": "displayName", "value": "Rose Baker" },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "rose@clinic.example" },
            { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
              "value": "Wards" },
        ]));
        let expected =
            Fields { family_name: Some("Baker".into()), name: Some("Rose Baker".into()), ..rose() };
        assert_eq!(renamed, Ok(expected.clone()));
        let dotted = patch(
            json!([{ "op": "replace", "value": { "name.familyName": "Baker", "displayName": "Rose Baker" } }]),
        );
        assert_eq!(dotted, Ok(expected));
        let removed = patch(json!([{ "op": "remove", "path": "externalId" }]));
        assert_eq!(removed, Ok(Fields { external: None, ..rose() }));
        for (bad, kind) in [
            (json!("x"), "invalidSyntax"),
            (json!([{ "path": "active" }]), "invalidSyntax"),
            (json!([{ "op": "move", "path": "active", "value": true }]), "invalidSyntax"),
            (json!([{ "op": "remove" }]), "noTarget"),
            (json!([{ "op": "remove", "path": "userName" }]), "mutability"),
            (json!([{ "op": "replace", "path": "shoeSize", "value": 1 }]), "invalidPath"),
            (json!([{ "op": "replace", "path": "a b", "value": 1 }]), "invalidPath"),
            (json!([{ "op": "replace", "path": "active", "value": 3 }]), "invalidValue"),
            (json!([{ "op": "replace", "value": "x" }]), "invalidValue"),
        ] {
            assert_eq!(patch(bad.clone()).unwrap_err().kind, Some(kind), "{bad}");
        }
    }

    #[test]
    fn attributes_are_chosen_and_left_out() {
        let whole = json!({ "schemas": [USER], "id": "1", "userName": "rose",
            "name": { "givenName": "Rose", "familyName": "Adams" }, "active": true });
        let only = projected(whole.clone(), Some("userName,name.givenName"), None);
        let expected =
            json!({ "schemas": [USER], "id": "1", "userName": "rose", "name": { "givenName": "Rose" } });
        assert_eq!(only, expected);
        let without = projected(whole.clone(), None, Some("name,id"));
        assert_eq!(without, json!({ "schemas": [USER], "id": "1", "userName": "rose", "active": true }));
        assert_eq!(projected(whole.clone(), None, None), whole);
    }
}
