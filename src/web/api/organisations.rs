//! Organisations: the tree below the client's own, one of them, a new one, another name.

use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Machine;
use super::input::{Id, Json, Query};
use super::page::{Asked, List, Page, stale, tagged, unchanged, version};
use super::shown::{created, organisation};
use crate::duties::Organisation as Found;
use crate::flows::admin::{Refused, organisations};
use crate::web::answers;

/// An organisation.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Organisation {
    /// Its id.
    id: String,
    /// The organisation above it; none above the root.
    parent: Option<String>,
    /// Its name.
    name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A new organisation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganisation {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The organisation above it; the client's own where nothing is said.
    parent: Option<String>,
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationChange {
    /// The name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

impl From<&Found> for Organisation {
    fn from(found: &Found) -> Self {
        Self {
            id: found.id.to_string(),
            parent: found.parent.as_ref().map(ToString::to_string),
            name: found.name.clone(),
            created_at: found.created_at.to_rfc3339(),
        }
    }
}

/// The organisations the client reaches, parents before their children.
#[utoipa::path(
    get,
    path = "/api/admin/v1/organisations",
    tag = "organisations",
    operation_id = "list_organisations",
    params(Asked),
    responses((status = 200, description = "A page.", body = Page<Organisation>))
)]
pub(super) async fn list(machine: Machine, Query(asked): Query<Asked>) -> Result<Response, Response> {
    let mut all = machine.done(organisations::visible(&machine.cx, &machine.who, machine.action).await)?;
    // The databases sort by other rules than we compare by.
    all.sort_by(|a, b| a.path.as_str().cmp(b.path.as_str()));
    let list = List::of("organisations", &());
    let after = list.place(&machine, asked.cursor.as_deref())?;
    let rest = all.iter().filter(|one| after.as_deref().is_none_or(|after| one.path.as_str() > after));
    let found: Vec<&Found> = rest.take(asked.limit.items() + 1).collect();
    let last = found.get(asked.limit.items() - 1).filter(|_| found.len() > asked.limit.items());
    let page = Page {
        next: last.map(|last| list.cursor(&machine, last.path.as_str())),
        items: found.iter().take(asked.limit.items()).map(|one| Organisation::from(*one)).collect(),
    };
    Ok(answers::json(200, &page))
}

/// One organisation.
#[utoipa::path(
    get,
    path = "/api/admin/v1/organisations/{id}",
    tag = "organisations",
    operation_id = "get_organisation",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The organisation.", body = Organisation, headers(("ETag" = String))),
        (status = 304, description = "The client has this version.")
    )
)]
pub(super) async fn get(machine: Machine, headers: HeaderMap, Id(id): Id) -> Result<Response, Response> {
    let actor = machine.at(&organisation(&id)).await?;
    let found = machine.done(organisations::get(&machine.cx, &actor).await)?;
    let shown = Organisation::from(&found);
    Ok(tagged(&headers, &version(&shown), &shown))
}

/// Make an organisation.
#[utoipa::path(
    post,
    path = "/api/admin/v1/organisations",
    tag = "organisations",
    operation_id = "create_organisation",
    request_body = NewOrganisation,
    responses((status = 201, description = "It is made.", body = Organisation, headers(("Location" = String))))
)]
pub(super) async fn create(machine: Machine, Json(new): Json<NewOrganisation>) -> Result<Response, Response> {
    let actor = machine.at(&machine.place_of(new.parent.as_deref())).await?;
    let made = machine.done(organisations::create(&machine.cx, &actor, &new.name).await)?;
    Ok(created(&format!("organisations/{}", made.id), &Organisation::from(&made)))
}

/// Give an organisation another name.
#[utoipa::path(
    patch,
    path = "/api/admin/v1/organisations/{id}",
    tag = "organisations",
    operation_id = "change_organisation",
    params(("id" = String, Path, description = "Its id.")),
    request_body = OrganisationChange,
    responses(
        (status = 200, description = "It has this name.", body = Organisation, headers(("ETag" = String))),
        (status = 409), (status = 412), (status = 428)
    )
)]
pub(super) async fn change(
    machine: Machine,
    headers: HeaderMap,
    Id(id): Id,
    Json(change): Json<OrganisationChange>,
) -> Result<Response, Response> {
    let actor = machine.at(&organisation(&id)).await?;
    let before = machine.done(organisations::get(&machine.cx, &actor).await)?;
    unchanged(&machine, &headers, &version(&Organisation::from(&before)))?;
    match organisations::rename_from(&machine.cx, &actor, &before.name, &change.name).await {
        Ok(()) => {}
        // Either it has this name, or somebody gave it another one since it was looked at.
        Err(Refused::Already) => {
            let now = machine.done(organisations::get(&machine.cx, &actor).await)?;
            if now.name != before.name {
                return Err(stale(&machine));
            }
        }
        Err(why) => return Err(machine.refuse(&why)),
    }
    let after = machine.done(organisations::get(&machine.cx, &actor).await)?;
    let shown = Organisation::from(&after);
    Ok(tagged(&HeaderMap::new(), &version(&shown), &shown))
}
