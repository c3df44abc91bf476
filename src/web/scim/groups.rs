//! `/scim/v2/Groups`: what accounts are for, as groups to be read. Whom a group holds is chosen when somebody joins
//! (`userType`); duties are granted by people, because those who decide over others need a second person's agreement.

use axum::extract::{Path, RawQuery};
use axum::response::Response;
use serde_json::{Value, json};

use super::path::Filter;
use super::say::{self, Wrong};
use super::users::Asked;
use crate::base::Role;
use crate::flows::Cx;
use crate::web::api::Machine;
use crate::web::paths;

/// The schema of a group.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The groups: id, name.
const GROUPS: [(Role, &str); 2] = [(Role::Patient, "Patients"), (Role::Clinician, "Clinicians")];

fn resource(cx: &Cx, (role, name): (Role, &str)) -> Value {
    json!({
        "schemas": [GROUP],
        "id": role,
        "displayName": name,
        "meta": {
            "resourceType": "Group",
            "location": cx.issuer.join(&format!("{}/{role}", paths::SCIM_GROUPS)),
        },
    })
}

pub(super) async fn list(machine: Machine, RawQuery(query): RawQuery) -> Response {
    let read = Asked::parse(query.as_deref()).and_then(|asked| {
        let filter = asked.get("filter").map(Filter::parse).transpose()?;
        Ok((asked.place()?, asked, filter))
    });
    let ((skipped, most), asked, filter) = match read {
        Ok(read) => read,
        Err(wrong) => return wrong.say(),
    };
    let known = |filter: &Filter| ["displayname", "id"].contains(&filter.attribute.as_str());
    if filter.as_ref().is_some_and(|filter| !known(filter)) {
        return Wrong::bad("invalidFilter", "Only displayName and id can be compared.").say();
    }
    let fits = |(role, name): &&(Role, &str)| {
        filter.as_ref().is_none_or(|filter| {
            let wanted = filter.value.as_str().unwrap_or_default();
            let is = if filter.attribute == "id" { role.as_str() } else { *name };
            is.eq_ignore_ascii_case(wanted)
        })
    };
    let all: Vec<Value> =
        GROUPS.iter().filter(fits).map(|group| asked.project(resource(&machine.cx, *group))).collect();
    let total = i64::try_from(all.len()).unwrap_or_default();
    let (skip, take) = (usize::try_from(skipped).unwrap_or(usize::MAX), usize::try_from(most).unwrap_or(0));
    let page: Vec<Value> = all.into_iter().skip(skip).take(take).collect();
    say::list(&page, total, skipped.saturating_add(1))
}

pub(super) async fn get(machine: Machine, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::parse(query.as_deref()) {
        Ok(asked) => asked,
        Err(wrong) => return wrong.say(),
    };
    match GROUPS.iter().find(|(role, _)| role.as_str() == id) {
        Some(group) => say::resource(200, &asked.project(resource(&machine.cx, *group))),
        None => say::not_found(),
    }
}

/// Every change of a group.
pub(super) async fn refuse(_: Machine) -> Response {
    let detail = "Groups are read only. What an account is for is said when it is made (userType), and duties are \
                  granted by people at the console, some of them with a second person's agreement.";
    Wrong::plain(403, detail).say()
}
